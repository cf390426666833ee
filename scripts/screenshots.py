"""The pictures of README.md and docs/, taken from the example organisation in a Debrief of its own.

`make screenshots` takes all of them; `make screenshots ARGS="incident pdf"` those whose name begins so. Needs Chromium and, for pages of the
PDF, pdftoppm (Debian: chromium, poppler-utils). The demo's dates follow the calendar, so the pictures change with the day."""

from __future__ import annotations

import io
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, Page, StorageState, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "screenshots"
LIMIT = 200_000
CHROMIUM = os.environ.get("DEBRIEF_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DESK: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}

NOTES = """# Checkout outage

- 14:02 Alert fired for checkout
- 14:05 Ann looks into it
- 14:40 Rolled back to 2.40.3, errors are gone
"""

FACTORS = """vocabulary,term,statement
sre_causes,software,"The old table had three spellings of “never”, which meant that the migration left one of them empty."
fishbone,people,"Each team took the other to have told legal, because the handover says nothing of it."
incident_io,mitigator,Campaigns have one switch for all.
hfacs,unsafe acts,The count was not compared.
"""


@dataclass(frozen=True)
class Shot:
    """One picture: where it is taken and what is done on the page before."""

    name: str
    path: str
    before: Callable[[Page], None] = lambda page: None
    phone: bool = False
    dark: bool = False


def paste_notes(page: Page) -> None:
    """Paste a timeline without a date, so that the page asks for one."""
    page.get_by_label("Or paste a timeline").fill(NOTES)
    page.get_by_role("button", name="Import", exact=True).click()
    page.locator('[data-delivery="needs_answer"]').evaluate("element => element.scrollIntoView({block: 'center'})")


def paste_factors(page: Page) -> None:
    page.get_by_label("Or its text").fill(FACTORS)
    page.get_by_role("button", name="See what would come in").click()
    page.locator("#foreseen").wait_for()


def open_fields(page: Page) -> None:
    page.get_by_role("link", name="Edit type and fields").click()
    page.get_by_role("dialog", name="Entry").get_by_label("Type").wait_for()


def open_talk(page: Page) -> None:
    page.locator("#talks").get_by_role("link", name="Ravi Menon").click()
    page.get_by_role("heading", level=1).wait_for()


def save_twice(page: Page) -> None:
    """Save a section behind the back of its open page, and then from the page too: both change the last sentence."""
    page.evaluate(
        """() => {
        const data = new FormData(document.getElementById('section-form'));
        data.set('body', data.get('body').trimEnd().replace(/\\.$/, ', and by reading the notes of the release.'));
        return fetch(location.href, {method: 'POST', body: data});
        }"""
    )
    field = page.locator("#id_body")
    field.fill(re.sub(r"\.$", " within minutes.", field.input_value().rstrip()))
    field.press("Control+s")
    page.get_by_role("link", name="Compare and merge them").click()
    page.get_by_role("heading", level=1, name="Two people saved").wait_for()


def renew_template(page: Page) -> None:
    """Change a template, and look at what is different for a post-mortem that was started before."""
    page.locator("#id_sections-0-minimum").evaluate("field => { field.closest('details').open = true; }")
    page.locator("#id_sections-0-guidance").fill("Tell it in three sentences that a colleague from another department can follow. Write it last.")
    page.locator("#id_sections-0-minimum").fill("30-120 words; mentions impact and duration")
    page.locator("#id_note").fill("Ours were read in full when they were shorter.")
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.goto("/postmortems/PM-9/template/")


def ask_the_coach(page: Page) -> None:
    page.locator("#id_body").fill("The engineer should have read the notes. The migration was done carelessly, and 2,900 people got a push.")
    page.locator("#coach").get_by_text("passages to look at").wait_for()


def park_ideas(page: Page) -> None:
    for idea, person in (("Ask the mail provider for the list of refusals every night", "Priya Raman"), ("Let one switch stop every campaign", "")):
        page.get_by_label("Another idea").fill(idea)
        page.get_by_label("Whose idea").fill(person)
        page.get_by_role("button", name="Park this").click()
        page.get_by_role("link", name=idea).wait_for()


def care(page: Page) -> None:
    """Take part as a facilitator: nobody else sees whom the facilitators spoke to."""
    page.locator("#id_role").evaluate("field => { field.closest('details').open = true; }")
    page.locator("#id_role").select_option("facilitator")
    page.locator("#id_user").select_option(label="Alex Admin")
    page.locator("form", has=page.locator("#id_role")).get_by_role("button").first.click()
    page.wait_for_load_state("networkidle")
    page.goto("/postmortems/PM-9/welfare/")


def to(selector: str) -> Callable[[Page], None]:
    return lambda page: page.locator(selector).first.evaluate("element => element.scrollIntoView({block: 'start'})")


SHOTS = [
    Shot("incident", "/incidents/INC-1/"),
    Shot("incident-dark", "/incidents/INC-1/", dark=True),
    Shot("timeline", "/incidents/INC-1/", to("#timeline")),
    Shot("fields", "/incidents/INC-3/", open_fields),
    Shot("fields-admin", "/admin/incidents/customfield/2/change/", to(".field-types")),
    Shot("postmortem", "/postmortems/PM-1/"),
    Shot("section", "/postmortems/PM-1/sections/factors/"),
    Shot("start", "/postmortems/start/INC-11/"),
    Shot("process", "/postmortems/PM-1/process/"),
    Shot("meeting", "/postmortems/PM-1/meeting/"),
    Shot("meeting-run", "/postmortems/PM-1/meeting/run/"),
    Shot("perspectives", "/postmortems/PM-1/perspectives/"),
    Shot("chain", "/postmortems/PM-1/sections/why_tree/"),
    Shot("factors", "/postmortems/PM-1/factors/"),
    Shot("from-elsewhere", "/postmortems/PM-9/factors/import/", paste_factors),
    Shot("evidence", "/postmortems/PM-1/evidence/"),
    Shot("comments", "/postmortems/PM-9/comments/"),
    Shot("review", "/postmortems/PM-10/review/"),
    Shot("calibrate", "/postmortems/PM-9/calibrate/"),
    Shot("conversations", "/postmortems/PM-9/meeting/", to("#talks")),
    Shot("conversation", "/postmortems/PM-9/meeting/", open_talk),
    Shot("survey", "/postmortems/PM-10/survey/"),
    Shot("survey-held", "/postmortems/PM-3/survey/"),
    Shot("survey-list", "/postmortems/surveys/"),
    Shot("look-back", "/postmortems/PM-1/look-back/"),
    Shot("coding", "/postmortems/coding/"),
    Shot("near-miss", "/postmortems/near-miss/"),
    Shot("templates", "/postmortems/templates/"),
    Shot("template-import", "/postmortems/template-import/"),
    Shot("template-versions", "/postmortems/templates/standard_blameless/versions/"),
    Shot("template-preview", "/postmortems/templates/quick_retro/"),
    Shot("template-rules", "/postmortems/template-rules/"),
    Shot("account", "/postmortems/PM-9/account/"),
    Shot("agenda", "/postmortems/PM-9/meeting/agenda/"),
    Shot("versions", "/postmortems/PM-1/sections/response/versions/"),
    Shot("pictures", "/postmortems/PM-1/pictures/"),
    Shot("approval-rule", "/admin/postmortems/approvalrule/add/"),
    Shot("step-plan", "/admin/postmortems/stepplan/2/change/"),
    Shot("work-calendar", "/admin/postmortems/workcalendar/1/change/"),
    Shot("coach-switches", "/admin/postmortems/coachswitch/"),
    Shot("publish", "/postmortems/PM-1/publish/"),
    Shot("published", "/knowledge/PM-1/"),
    Shot("published-phone", "/knowledge/PM-1/", phone=True),
    Shot("knowledge", "/knowledge/?q=certificate+OR+rollback"),
    Shot("actions", "/actions/"),
    Shot("action", "/actions/ACT-1/"),
    Shot("settings", "/settings/"),
    Shot("admin", "/admin/"),
    Shot("import", "/incidents/new/import/", paste_notes),
    # What changes the example comes last.
    Shot("afterwards", "/postmortems/PM-9/meeting/afterwards/", park_ideas),
    Shot("welfare", "/postmortems/PM-9/process/", care),
    Shot("coach", "/postmortems/PM-9/sections/difficulties/", ask_the_coach),
    Shot("merge", "/postmortems/PM-9/sections/detection/", save_twice),
    Shot("template-move", "/admin/postmortems/retrospectivetemplate/1/change/", renew_template),
]
PDF_PAGE = 3


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def debrief() -> Iterator[tuple[str, str, str]]:
    """Serve a new Debrief with the example organisation; yield its address and the login."""
    with tempfile.TemporaryDirectory(prefix="debrief-pictures-") as data:
        port = free_port()
        # What is set for the person's own Debrief must not reach this one.
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("DEBRIEF_", "DATABASE_", "CELERY_", "EMAIL_"))}
        environment |= {"DEBRIEF_DATA_DIR": data, "DEBRIEF_DEMO": "1", "PORT": str(port)}
        server = subprocess.Popen([sys.executable, "manage.py", "serve", "--prepare"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz", server)
            user, _, password = (Path(data) / "demo_login").read_text(encoding="utf-8").strip().partition(" ")
            yield f"http://127.0.0.1:{port}", user, password
        finally:
            server.terminate()
            server.wait(40)


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        if server.poll() is not None:
            sys.exit("The server stopped; its message is above.")
        try:
            with urlopen(address):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.5)
    sys.exit("The server did not become ready within two minutes.")


def sign_in(browser: Browser, base: str, user: str, password: str) -> StorageState:
    page = browser.new_page()
    page.goto(f"{base}/account/login/")
    page.get_by_label("User name or e-mail").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="What needs you").wait_for()
    state = page.context.storage_state()
    page.close()
    return state


def take(browser: Browser, base: str, state: StorageState, shot: Shot) -> bytes:
    """Return the picture of one page."""
    context = browser.new_context(
        base_url=base,
        storage_state=state,
        viewport=PHONE if shot.phone else DESK,
        color_scheme="dark" if shot.dark else "light",
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="Europe/London",
    )
    page = context.new_page()
    answer = page.goto(shot.path)
    if answer is None or answer.status != 200:
        sys.exit(f"{shot.path} answers {answer and answer.status}")
    shot.before(page)
    page.wait_for_load_state("networkidle")
    picture = page.screenshot()
    context.close()
    return picture


def pdf_pages(browser: Browser, base: str, state: StorageState) -> Iterator[tuple[str, bytes]]:
    """Yield a page of the published PDF as a picture; it is printed in the background, so wait for it."""
    if not shutil.which("pdftoppm"):
        tell("pdftoppm is not here; no pictures of the PDF. Debian: apt-get install poppler-utils")
        return
    context = browser.new_context(base_url=base, storage_state=state)
    for _ in range(60):
        answer = context.request.get("/knowledge/PM-1.pdf")
        if answer.body().startswith(b"%PDF"):
            break
        time.sleep(1)
    else:
        sys.exit("The PDF was not printed within a minute.")
    with tempfile.TemporaryDirectory() as folder:
        command = ["pdftoppm", "-png", "-r", "70", "-f", str(PDF_PAGE), "-l", str(PDF_PAGE), "-", f"{folder}/page"]
        subprocess.run(command, input=answer.body(), check=True)  # noqa: S603 - a fixed command
        for file in Path(folder).iterdir():
            yield f"pdf-{PDF_PAGE}", file.read_bytes()
    context.close()


def save(name: str, picture: bytes) -> None:
    """Write a PNG of 256 colours: the exact ones of what fills areas, and some of what is small and bright."""
    with Image.open(io.BytesIO(picture)) as image:
        full = image.convert("RGB")
    counted = sorted(full.getcolors(full.width * full.height) or [], reverse=True)[:192]
    rare = full.quantize(64, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for _, colour in counted for channel in cast("tuple[int, ...]", colour)] + rare)
    small = full.quantize(palette=palette, dither=Image.Dither.NONE)
    target = PICTURES / f"{name}.png"
    small.save(target, optimize=True)
    size = target.stat().st_size
    tell(f"{name}.png  {size // 1024} kB")
    if size > LIMIT:
        sys.exit(f"{name}.png is larger than {LIMIT // 1000} kB.")


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(wanted: list[str]) -> None:
    if not CHROMIUM:
        sys.exit("Chromium is needed. Debian: apt-get install chromium; elsewhere set DEBRIEF_CHROMIUM.")
    PICTURES.mkdir(parents=True, exist_ok=True)
    chosen = [shot for shot in SHOTS if not wanted or shot.name.startswith(tuple(wanted))]
    with debrief() as (base, user, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        state = sign_in(browser, base, user, password)
        for shot in chosen:
            save(shot.name, take(browser, base, state, shot))
        if not wanted or any("pdf".startswith(name) or name.startswith("pdf") for name in wanted):
            for name, picture in pdf_pages(browser, base, state):
                save(name, picture)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
