"""A real Chromium on a live server. A test fails on any console error, uncaught exception or CSP violation."""

import os
import shutil
import time
from pathlib import Path

import pytest

# Playwright's loop runs in this thread; Django takes that for async code and would refuse the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = os.environ.get("DEBRIEF_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""
PASSWORD = "a long pass phrase"  # what tests.factories.make_user sets

from playwright.sync_api import expect  # noqa: E402

# A busy machine takes its time; what never comes still fails.
expect.set_options(timeout=40_000)


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine; install it or set DEBRIEF_CHROMIUM"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": args}


#: Seconds by which every deferred script comes late. Tests that act before it has come are found by `DEBRIEF_TEST_SLOW_SCRIPTS=1.5 pytest tests/browser`.
LATE = float(os.environ.get("DEBRIEF_TEST_SLOW_SCRIPTS", 0))


@pytest.fixture(autouse=LATE > 0)
def _slow_scripts(monkeypatch):
    from django.contrib.staticfiles.handlers import StaticFilesHandler

    serve = StaticFilesHandler.serve

    def late(self, request):
        if request.path.endswith(".js") and not request.path.endswith(("/theme.js", "/early.js")):
            time.sleep(LATE)
        return serve(self, request)

    monkeypatch.setattr(StaticFilesHandler, "serve", late)


@pytest.fixture
def browser_context_args(browser_context_args, live_server):
    """Relative addresses work: `page.goto("/incidents/")`."""
    return {**browser_context_args, "base_url": live_server.url, "viewport": {"width": 1280, "height": 900}, "locale": "en-GB", "timezone_id": "UTC"}


@pytest.fixture
def expected_errors():
    """Append a part of a console message that the test provokes on purpose, such as "409"."""
    return []


@pytest.fixture
def page(page, expected_errors):
    seen = []
    page.on("console", lambda message: seen.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: seen.append(f"uncaught: {error}"))
    page.add_init_script("document.addEventListener('securitypolicyviolation', (e) => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI}`))")
    page.add_init_script("navigator.sendBeacon = () => true")  # a page that is closed with its test would still write while the tables are emptied
    page.set_default_timeout(30_000)
    yield page
    wrong = [text for text in seen if not any(part in text for part in expected_errors)]
    assert not wrong, f"errors in the browser's console: {wrong}"


@pytest.fixture
def sign_in(live_server):
    """`sign_in(page, user)`: as by the form, but without its time; `test_shell.py` tries the form itself."""

    def signed_in(page, user):
        from django.conf import settings
        from django.test import Client

        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        return page

    return signed_in


@pytest.fixture
def no_sideways_scroll():
    """`no_sideways_scroll(page)`: fails when the page is wider than the window."""

    def check(page):
        wide = page.evaluate(
            """() => { const limit = document.documentElement.clientWidth;
            return document.documentElement.scrollWidth > limit
                ? [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > limit + 1).slice(0, 5).map((e) => e.outerHTML.slice(0, 120))
                : []; }"""
        )
        assert not wide, f"{page.url} is wider than the window: {wide}"

    return check
