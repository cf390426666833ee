"""An incident's page as a person uses it: filter, hide, highlight, correct, add, confirm, by mouse and by keys alone."""

import re

import pytest
from playwright.sync_api import expect

from incidents import measuring
from tests.factories import make_event, make_incident

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def outage(transactional_db):
    incident = make_incident(time_zone="Europe/Paris")
    make_event(incident, 0, "Error rate high", kind="alert", source="alertmanager", milestone="detected", salience=2)
    make_event(incident, 2, "Ana acknowledged", kind="acknowledgement", source="pagerduty", actor="Ana", milestone="acknowledged")
    for minute in range(3, 8):
        make_event(incident, minute, f"joined the channel {minute}", source="slack", salience=0)
    make_event(incident, 20, "Rolled back", kind="mitigation", source="slack", actor="Ana", raw='{"text": "Rolled back"}')
    measuring.remeasure(incident=incident)
    return incident


@pytest.fixture
def opened(page, sign_in, bob, outage):
    sign_in(page, bob).goto(outage.get_absolute_url())
    return page


def row(page, text):
    return page.locator(".tl-row", has_text=text)


def test_confirming_milestones_makes_the_measure_appear(opened):
    opened.get_by_role("button", name="Confirm Detected").click()
    opened.get_by_role("button", name="Confirm Acknowledged").click()  # at once: the first answer is still on its way
    measure = opened.locator(".measure", has_text="Time to acknowledge")
    expect(measure).to_contain_text("2 min")
    expect(measure).to_contain_text("recorded")


def test_a_correction_reaches_the_measure(opened, outage):
    opened.get_by_role("button", name=re.compile("Confirm all")).click()
    expect(opened.locator(".measure", has_text="Time to acknowledge")).to_contain_text("2 min")
    row(opened, "Ana acknowledged").get_by_label(re.compile("Correct or retitle")).click()
    sheet = opened.locator("#sheet")
    sheet.get_by_label("Corrected time").fill("2026-03-02T15:12:00")
    sheet.get_by_role("button", name="Save").click()
    expect(opened.locator(".measure", has_text="Time to acknowledge")).to_contain_text("12 min")


def test_marks_work_in_place(opened):
    entry = row(opened, "Rolled back")
    entry.get_by_label(re.compile("Key moment")).click()
    expect(entry).to_have_class(re.compile("tl-row--key"))
    entry.get_by_label(re.compile("^Hide")).click()
    expect(entry).to_have_class(re.compile("tl-row--hidden"))
    expect(opened.locator("#milestone-mitigated")).to_contain_text("No evidence")
    entry.get_by_label(re.compile("^Show")).click()
    expect(opened.locator("#milestone-mitigated")).to_contain_text("Proposed")


def test_the_keys_stay_where_they_were_after_an_answer(opened):
    opened.wait_for_load_state()  # with its scripts: without them a new page begins at its top
    opened.get_by_role("button", name="Confirm Detected").press("Enter")
    expect(opened.locator("#milestone-detected summary")).to_be_focused()
    opened.get_by_role("button", name=re.compile("Confirm all")).press("Enter")
    expect(opened.locator("#milestones :focus")).to_have_count(1)
    entry = row(opened, "Rolled back")
    entry.get_by_label(re.compile("^Hide")).press("Enter")
    expect(entry.get_by_label(re.compile("^Show"))).to_be_focused()
    opened.keyboard.press("Enter")  # the same key takes it back
    expect(entry.get_by_label(re.compile("^Hide"))).to_be_focused()
    entry.get_by_label(re.compile("Key moment")).press("Enter")
    expect(entry).to_have_class(re.compile("tl-row--key"))
    expect(entry.get_by_label(re.compile("Key moment"))).to_be_focused()


def test_noise_opens_in_place_and_filters_narrow(opened):
    expect(opened.get_by_text("joined the channel 4")).to_be_hidden()
    opened.get_by_text("5 more of little weight").click()
    expect(opened.get_by_text("joined the channel 4")).to_be_visible()
    opened.get_by_label("Words in the timeline").fill("rolled")
    opened.get_by_role("button", name="Filter").click()
    expect(opened.locator(".tl-row")).to_have_count(1)


def test_the_evidence_is_one_click_away(opened):
    row(opened, "Rolled back").get_by_label(re.compile("Evidence")).click()
    expect(opened.locator("#sheet pre")).to_contain_text('"text": "Rolled back"')
    opened.keyboard.press("Escape")
    expect(opened.locator("#sheet")).to_be_hidden()


def test_an_entry_is_added_by_keys_alone(opened, outage):
    opened.get_by_role("link", name="Add entry").focus()
    opened.keyboard.press("Enter")
    expect(opened.locator("#sheet").get_by_label("What happened")).to_be_focused()
    opened.keyboard.type("Called the vendor")
    opened.locator("#sheet").get_by_label(re.compile("^When")).fill("2026-03-02T15:01:00")
    opened.locator("#sheet").get_by_role("button", name="Add entry").press("Enter")
    expect(row(opened, "Called the vendor")).to_be_focused()
    assert outage.events.filter(text="Called the vendor", source="manual").exists()


def test_a_form_with_a_mistake_stays_open_and_says_so(opened, expected_errors):
    expected_errors.append("422")
    opened.get_by_role("link", name="Add entry").click()
    opened.locator("#sheet").get_by_role("button", name="Add entry").click()
    expect(opened.locator("#sheet")).to_contain_text("This field is required")
    expect(opened.locator("#sheet").get_by_label("What happened")).to_be_focused()


def test_further_windows_load_while_scrolling(page, sign_in, bob, outage):
    for number in range(150):
        make_event(outage, 30 + number, f"entry {number}")
    sign_in(page, bob).goto(outage.get_absolute_url())
    expect(page.get_by_text("entry 149", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Load more").scroll_into_view_if_needed()
    expect(page.get_by_text("entry 149", exact=True)).to_have_count(1)
    expect(page.locator(".tl-day__head")).to_have_count(1)


def test_without_scripts_the_forms_do_the_same(browser, browser_context_args, live_server, sign_in, bob, outage):
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = sign_in(context.new_page(), bob)
    page.goto(outage.get_absolute_url())
    page.get_by_role("button", name="Confirm Detected").click()
    expect(page.locator("#milestone-detected")).to_contain_text("Confirmed")
    row(page, "Rolled back").get_by_label(re.compile("^Hide")).click()
    page.goto(outage.get_absolute_url())
    expect(row(page, "Rolled back")).to_have_count(0)
    context.close()


def test_the_page_fits_a_phone(page, sign_in, bob, outage, no_sideways_scroll):
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/incidents/", outage.get_absolute_url(), f"{outage.get_absolute_url()}history/", "/incidents/new/"):
        sign_in(page, bob).goto(path)
        no_sideways_scroll(page)
