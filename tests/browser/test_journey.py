"""The main job in a browser, from two exports to a printed, searchable post-mortem and its second revision."""

import io
import re

import pikepdf
import pytest
from playwright.sync_api import expect

from incidents.models import Incident
from postmortems.models import Postmortem, Revision
from tests.browser.conftest import PASSWORD
from tests.journeys.test_by_api import own_exports

pytestmark = pytest.mark.django_db(transaction=True)

SUMMARY = "The worker of release 1.10 stopped reading the flamingo queue. Rolling it back let orders flow again."


def sign_in_by_form(page):
    page.goto("/")
    page.get_by_label("User name or e-mail").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="What needs you")).to_be_visible()


def upload(page):
    """Two exports become a new incident."""
    page.get_by_role("link", name="Import a timeline").click()
    page.get_by_label("Title").fill("Orders hang in the queue")
    files = [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in own_exports().items()]
    page.get_by_label("Files").set_input_files(files)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator('[data-delivery="imported"]')).to_have_count(2)
    page.get_by_role("link", name=re.compile("timeline", re.IGNORECASE)).first.click()
    expect(page.get_by_role("heading", name="Orders hang in the queue", level=1)).to_be_visible()
    page.wait_for_load_state()  # before its scripts, hiding answers with another page


def curate(page):
    """One entry is no part of the story, one is its turning point."""
    aside = page.locator(".tl-row", has_text="Notified by push")
    aside.get_by_label(re.compile("^Hide")).click()
    expect(aside).to_have_class(re.compile("tl-row--hidden"))
    turn = page.locator(".tl-row", has_text="Rolled back the worker")
    if "tl-row--key" not in (turn.get_attribute("class") or ""):
        turn.get_by_label(re.compile("Key moment")).click()
    expect(turn).to_have_class(re.compile("tl-row--key"))


def confirm(page):
    page.get_by_role("button", name=re.compile("Confirm all")).click()
    expect(page.locator("#milestone-detected")).to_contain_text("Confirmed")
    acknowledge = page.locator(".measure", has_text="Time to acknowledge")
    expect(acknowledge).to_contain_text("recorded")
    expect(acknowledge.locator(".stat__value")).to_have_text(re.compile(r"\d+ (min|s)"))


def write(page):
    page.get_by_role("link", name="Start post-mortem").click()
    page.get_by_role("button", name="Start the post-mortem").click()
    page.get_by_role("link", name="Summary").first.click()
    page.locator("#id_body").fill("")
    page.locator("#id_body").click()
    page.keyboard.insert_text(SUMMARY)
    expect(page.locator("[data-savestate]")).to_contain_text(re.compile(r"^Saved \d\d:\d\d$"))
    postmortem = Postmortem.objects.get()
    assert postmortem.sections.get(key="summary").body == SUMMARY
    page.goto(f"/actions/new/{postmortem.reference}/")
    page.get_by_label("What will change").fill("Alert on the age of the oldest order")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("Alert on the age of the oldest order").first).to_be_visible()
    return postmortem


def publish(page, postmortem, number, note=""):
    page.goto(postmortem.get_absolute_url())
    page.get_by_role("link", name="Publish").click()
    page.get_by_label("What changed").fill(note)
    page.get_by_role("button", name=f"Publish revision {number}").click()
    expect(page.get_by_text(f"Revision {number} · Internal")).to_be_visible()
    expect(page.get_by_text("flamingo").first).to_be_visible()


def pages_of_pdf(page, postmortem):
    answer = page.request.get(f"/knowledge/{postmortem.reference}.pdf")
    assert answer.status == 200
    assert answer.body().startswith(b"%PDF-1.7")
    with pikepdf.open(io.BytesIO(answer.body())) as pdf:
        return len(pdf.pages)


def test_from_exports_to_the_knowledge_base(page, alice, no_sideways_scroll):
    sign_in_by_form(page)
    upload(page)
    curate(page)
    confirm(page)
    no_sideways_scroll(page)
    postmortem = write(page)
    publish(page, postmortem, 1)
    expect(page.get_by_text("Rolled back the worker to 1.9").first).to_be_visible()
    expect(page.get_by_text("Notified by push")).to_have_count(0)
    expect(page.get_by_text("Alert on the age of the oldest order").first).to_be_visible()
    assert pages_of_pdf(page, postmortem) >= 3

    page.goto(f"/postmortems/{postmortem.reference}/sections/summary/")
    page.locator("#id_body").fill(SUMMARY + " No order was lost.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("is saved.")).to_be_visible()
    publish(page, postmortem, 2, "Lost orders were counted: none")
    page.get_by_role("link", name="Compare with 1").click()
    expect(page.locator("ins", has_text="No order was lost.")).to_be_visible()
    first, second = Revision.objects.order_by("number")
    assert second.previous_sha256 == first.sha256
    assert "No order was lost" not in first.html

    page.goto("/")
    page.get_by_placeholder("Search knowledge").fill("flamingo")
    page.keyboard.press("Enter")
    expect(page.locator("#results mark").first).to_have_text("flamingo")
    page.get_by_role("link", name="Orders hang in the queue").click()
    expect(page.get_by_text("Revision 2 · Internal")).to_be_visible()
    assert Incident.objects.get().reference in page.content()
