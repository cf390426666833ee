"""Findings, pairs, clocks and the view of an earlier moment, as a person uses them: by mouse, by keys, on a phone and without scripts."""

import re

import pytest
from playwright.sync_api import expect

from incidents import fusing, measuring
from tests.factories import make_incident
from tests.incidents.test_fusing import LINK, skewed, tell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def outage(transactional_db):
    incident = make_incident(time_zone="Europe/Paris")
    tell(incident, "alertmanager", 0, "Alert: DiskFull: Disk almost full on db-1", kind="alert", milestone="detected", salience=2)
    tell(incident, "pagerduty", 10, "Triggered: DiskFull: Disk almost full on db-1", kind="alert", milestone="detected", url=LINK)
    tell(incident, "slack", 11, f"Triggered #4521 {LINK}", kind="message", actor="PagerDuty")
    tell(incident, "slack", 420, "is it the disk? @Maria Lopez", actor="Ana", salience=2)
    skewed(incident, 184)
    return incident


@pytest.fixture
def opened(page, sign_in, bob, outage):
    sign_in(page, bob).goto(outage.get_absolute_url())
    return page


def row(page, text):
    return page.locator(".tl-row", has_text=text)


def test_a_fact_told_three_times_becomes_one_entry_and_comes_apart_again(opened, outage):
    opened.get_by_role("link", name="Compare and fuse").click()
    opened.wait_for_load_state()  # with its scripts: without them it works too, but moves no focus
    pair = opened.locator(".pair", has_text="Alert: DiskFull")
    pair.get_by_role("button", name=re.compile("^Fuse")).press("Enter")
    expect(opened.locator(".pairs[aria-label=Proposed] .pair", has_text="Alert: DiskFull")).to_have_count(0)
    expect(opened.locator(".pair button:focus")).to_have_count(1)  # the next one
    opened.get_by_role("link", name="Timeline", exact=True).click()
    entry = row(opened, "Alert: DiskFull")
    expect(entry.locator(".tl-row__piece")).to_have_text([re.compile("PagerDuty"), re.compile("Slack")])
    entry.locator(".tl-row__piece").last.click()
    sheet = opened.locator("#sheet")
    expect(sheet).to_contain_text("The same fact as")
    sheet.get_by_role("button", name="Separate this one").click()
    expect(row(opened, "Triggered #4521")).to_be_focused()
    opened.get_by_role("link", name="From the beginning").click()
    expect(row(opened, "Alert: DiskFull").locator(".tl-row__piece")).to_have_count(1)


def test_findings_are_accepted_in_place_and_clocks_moved(opened):
    opened.get_by_role("link", name=re.compile("Quality")).click()
    finding = opened.locator(".finding", has_text="Maria Lopez is named")
    finding.locator("summary").click()
    finding.get_by_label("It is fine because").fill("On leave")
    finding.get_by_role("button", name=re.compile("That is fine")).click()
    expect(opened.get_by_text("1 left as it is")).to_be_visible()
    opened.get_by_role("button", name=re.compile("Move Slack")).click()
    expect(opened.locator(".clock", has_text="Slack")).to_contain_text("Moved by")
    opened.get_by_role("button", name="Undo for Slack").click()
    expect(opened.locator(".clock", has_text="Slack")).to_contain_text("It looks")


def test_the_page_steps_through_what_was_known(opened):
    opened.locator(".lookback summary").press("Enter")
    opened.get_by_label("As known at (Europe/Paris)").fill("2026-03-02T15:00:05")
    opened.get_by_role("button", name="Show", exact=True).click()
    banner = opened.locator(".known")
    expect(banner).to_contain_text("As known at 15:00:05")
    expect(opened.locator(".tl-row")).to_have_count(2)
    banner.get_by_role("link", name=re.compile("Next key moment")).click()
    expect(banner).to_contain_text("As known at 15:00:10")
    expect(opened.locator(".tl-row")).to_have_count(3)
    opened.get_by_role("link", name="All that is known now").click()
    expect(banner).to_have_count(0)


def test_without_scripts_the_same_is_done(browser, browser_context_args, live_server, sign_in, bob, outage):
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    page = sign_in(context.new_page(), bob)
    page.goto(f"{outage.get_absolute_url()}fusions/")
    page.get_by_role("button", name=re.compile("Fuse all")).click()
    expect(page.get_by_text("Nothing is told twice")).to_be_visible()
    page.goto(f"{outage.get_absolute_url()}quality/")
    finding = page.locator(".finding", has_text="Maria Lopez is named")
    finding.get_by_role("button", name=re.compile("That is fine")).click()
    expect(page.get_by_text("1 left as it is")).to_be_visible()
    page.goto(f"{outage.get_absolute_url()}?known=2026-03-02T15:00:05")
    expect(page.locator(".known")).to_contain_text("later entries hidden")
    context.close()


def test_the_pages_fit_a_phone(page, sign_in, bob, outage, no_sideways_scroll):
    page.set_viewport_size({"width": 390, "height": 844})
    fusing.refresh(incident=outage)
    measuring.remeasure(incident=outage)
    for path in ("", "quality/", "fusions/", "clocks/", "?known=2026-03-02T15:07"):
        sign_in(page, bob).goto(f"{outage.get_absolute_url()}{path}")
        for summary in page.locator(".finding__accept summary, .settled summary, .lookback summary").all()[:3]:
            summary.click()
        no_sideways_scroll(page)
