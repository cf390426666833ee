"""Every answer carries the headers: pages, redirects, errors, static files, the API."""

import subprocess
import sys

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import Client
from django.urls import include, path

from tests.factories import make_user
from tests.installation import ROOT

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def forbidden(request):
    raise PermissionDenied("No.")


def absent(request):
    raise Http404


def broken(request):
    raise RuntimeError("broken on purpose")


urlpatterns = [
    path("test/forbidden", forbidden),
    path("test/absent", absent),
    path("test/broken", broken),
    path("test/api/", lambda request: HttpResponse("ok")),
    path("", include("config.urls")),
]
handler400, handler403, handler404, handler500 = (f"config.views.{name}" for name in ("bad_request", "permission_denied", "page_not_found", "server_error"))


def assert_headers(response):
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS
    assert "camera=()" in response.headers["Permissions-Policy"]
    policy = dict(part.strip().split(" ", 1) for part in response.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in response.headers["Content-Security-Policy"]


@pytest.mark.django_db
@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("url", "status"),
    [("/account/login/", 200), ("/", 302), ("/test/forbidden", 403), ("/test/absent", 404), ("/nothing/here", 404), ("/test/broken", 500)]
    + [("/livez", 200), ("/readyz", 200), ("/api/v1/incidents/", 401), ("/api/v1/nothing/", 404)],
)
def test_every_kind_of_answer(url, status):
    response = Client(raise_request_exception=False).get(url)
    assert response.status_code == status
    assert_headers(response)


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/", "/incidents/", "/postmortems/", "/actions/", "/knowledge/", "/settings/", "/api/v1/incidents/", "/api/v1/schema/"])
def test_pages_of_somebody_signed_in(url, alice, client):
    client.force_login(alice)
    response = client.get(url)
    assert response.status_code == 200
    assert_headers(response)


@pytest.mark.django_db
def test_errors_show_nothing_of_the_inside(settings):
    settings.ROOT_URLCONF = __name__
    response = Client(raise_request_exception=False).get("/test/broken")
    assert b"broken on purpose" not in response.content and b"Traceback" not in response.content


def test_static_files_carry_them_too(tmp_path, settings):
    (tmp_path / "site.css").write_text("body { color: black }")
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_AUTOREFRESH = True
    response = Client().get("/static/site.css")
    assert response.status_code == 200
    assert_headers(response)


SECURE = """
import os
os.environ |= {"DEBRIEF_BASE_URL": "https://debrief.example.org", "DEBRIEF_DATA_DIR": %r, "DEBRIEF_BEHIND_PROXY": "1"}
import django
from django.conf import settings
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
from django.test import Client
plain = Client(SERVER_NAME="debrief.example.org").get("/account/login/")
assert (plain.status_code, plain["Location"]) == (301, "https://debrief.example.org/account/login/")
assert Client(SERVER_NAME="127.0.0.1").get("/livez").status_code == 200
secure = Client(SERVER_NAME="debrief.example.org").get("/livez", headers={"X-Forwarded-Proto": "https"})
assert "max-age=31536000" in secure["Strict-Transport-Security"], secure.headers
assert settings.SESSION_COOKIE_NAME.startswith("__Host-") and settings.CSRF_COOKIE_NAME.startswith("__Host-")
assert settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE and settings.SESSION_COOKIE_HTTPONLY
print("secure")
"""


def test_an_https_address_makes_everything_secure(tmp_path):
    result = subprocess.run([sys.executable, "-c", SECURE % str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert result.stdout.strip() == "secure", result.stderr


@pytest.mark.django_db
def test_cookies_over_http_are_still_kept_from_scripts(client):
    make_user("erin")
    sign_in = client.get("/account/login/")
    assert sign_in.cookies["debrief_csrf"]["httponly"] and sign_in.cookies["debrief_csrf"]["samesite"] == "Lax"
    signed_in = client.post("/account/login/", {"login": "erin", "password": "a long pass phrase"})
    assert signed_in.cookies["debrief_session"]["httponly"] and signed_in.cookies["debrief_session"]["samesite"] == "Lax"
