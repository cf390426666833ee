"""Importing as a person does it: drop files, watch them, answer what is asked."""

import re

import pytest
from playwright.sync_api import expect

from incidents.models import Incident, TimelineEvent
from tests.factories import make_incident

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS = "time,message,user\n2026-03-02T14:00:00Z,Alert fired,bot\n2026-03-02T14:05:00Z,I am looking,ann\n"
PASTED = "# Checkout outage\n\n- 14:02 Alert fired for checkout\n- 14:05 Ann looks into it\n- 14:40 Rolled back, errors are gone\n"

DROP = """([zone, files]) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name, { type: "text/plain" }));
  for (const kind of ["dragenter", "dragover", "drop"]) zone.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


def drop(page, *files):
    page.evaluate(DROP, [page.locator("[data-drop]").element_handle(), [list(file) for file in files]])


def test_dropped_files_become_an_incident(page, sign_in, bob, no_sideways_scroll):
    sign_in(page, bob).goto("/incidents/new/import/")
    no_sideways_scroll(page)
    drop(page, ("checkout_outage.csv", EVENTS), ("more.jsonl", '{"timestamp": "2026-03-02T15:00:00Z", "message": "All clear"}\n'))
    expect(page.locator('[data-delivery="imported"]')).to_have_count(2)
    expect(page.get_by_text("2 new")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/incidents/INC-\d+/import/$"))
    no_sideways_scroll(page)
    page.get_by_role("link", name="Open the timeline").click()
    expect(page.get_by_role("heading", name="checkout outage", level=1)).to_be_visible()
    expect(page.get_by_text("Alert fired").first).to_be_visible()
    assert Incident.objects.count() == 1


def test_a_file_that_is_no_timeline_is_told_beside_its_name(page, sign_in, bob, expected_errors):
    expected_errors.append("422")
    incident = make_incident()
    sign_in(page, bob).goto(f"/incidents/{incident.reference}/import/")
    drop(page, ("picture.png", "\u0001\u0002 no timeline"), ("a.csv", EVENTS))
    expect(page.get_by_role("alert")).to_contain_text("picture.png")
    expect(page.locator('[data-delivery="imported"]')).to_have_count(1)


def test_a_pasted_timeline_without_dates_asks_for_the_date(page, sign_in, bob, expected_errors):
    expected_errors.append("422")
    incident = make_incident()
    sign_in(page, bob).goto(f"/incidents/{incident.reference}/import/")
    page.get_by_label("Or paste a timeline").fill(PASTED)
    page.get_by_role("button", name="Import", exact=True).click()
    card = page.locator('[data-delivery="needs_answer"]')
    expect(card).to_contain_text("Nothing of this is on the timeline yet")
    expect(card).to_contain_text("Alert fired for checkout")
    card.get_by_label("Date of the first time").fill("2026-03-02")
    card.get_by_label("Time zone").fill("Middle/Earth")
    card.get_by_role("button", name="Read again with this").press("Enter")
    expect(card.get_by_label("Time zone")).to_be_focused()  # what is to be mended
    card.get_by_label("Time zone").fill("Europe/Berlin")
    card.get_by_role("button", name="Read again with this").press("Enter")
    expect(page.locator('[data-delivery="imported"]')).to_contain_text("3 new")
    expect(page.locator('[data-delivery="imported"]:focus, [data-delivery="imported"] :focus')).to_have_count(1)
    assert TimelineEvent.objects.order_by("at").first().at.isoformat() == "2026-03-02T13:02:00+00:00"
    page.get_by_role("link", name="Open the timeline").click()
    expect(page.get_by_text("Rolled back, errors are gone").first).to_be_visible()


def test_files_chosen_before_the_script_arrives_are_sent_by_the_button(page, sign_in, bob):
    held = []
    page.route("**/js/upload*.js", lambda route: held.append(route))
    sign_in(page, bob).goto("/incidents/new/import/", wait_until="commit")
    page.get_by_label("Files").set_input_files([{"name": "checkout outage.csv", "mimeType": "text/csv", "buffer": EVENTS.encode()}])
    held[0].continue_()
    expect(page.get_by_text("Drop files here, or choose them")).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator('[data-delivery="imported"]')).to_contain_text("2 new")
    assert Incident.objects.count() == 1


def test_a_running_import_is_followed(page, sign_in, bob):
    from incidents import intake
    from incidents.models import Delivery

    incident = make_incident()
    sign_in(page, bob).goto(f"/incidents/{incident.reference}/import/")
    drop(page, ("a.csv", EVENTS))
    expect(page.locator('[data-delivery="imported"]')).to_have_count(1)
    delivery = Delivery.objects.get()
    TimelineEvent.objects.all().delete()
    Delivery.objects.update(state="importing", progress=1234)
    page.reload()
    expect(page.get_by_text("1,234 events read")).to_be_visible()
    intake.import_delivery(delivery.pk)
    expect(page.get_by_text("2 new")).to_be_visible()


def test_without_javascript_the_form_does_the_same(browser, browser_context_args, live_server, bob, sign_in):
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = sign_in(context.new_page(), bob)
    page.goto("/incidents/new/import/")
    page.get_by_label("Files").set_input_files([{"name": "outage.csv", "mimeType": "text/csv", "buffer": EVENTS.encode()}])
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("2 new")).to_be_visible()
    context.close()
