"""A near miss from the report to the thanks, and a post-mortem that covers two incidents."""

import os

import pytest

from incidents.models import Severity
from tests.factories import make_event, make_incident, make_postmortem, make_service, make_user

pytestmark = pytest.mark.django_db(transaction=True)
SHOTS = os.environ.get("SCOPE_SHOTS", "")


def shot(page, name):
    if SHOTS:
        for width, scheme in ((1280, "light"), (390, "light"), (1280, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(300)
            page.screenshot(path=f"{SHOTS}/{name}-{width}-{scheme}.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")


def test_a_near_miss_from_report_to_thanks(page, sign_in, no_sideways_scroll):
    make_service()
    reporter, other = make_user("ana", first_name="Ana", last_name="Lima"), make_user("ben", role="facilitator", first_name="Ben")
    sign_in(page, reporter)
    page.goto("/")
    page.get_by_role("link", name="Report a near miss").click()
    shot(page, "report")
    page.get_by_label("Somebody caught it").check()
    page.get_by_label("In one line").fill("Backup job pointed at the live bucket")
    page.get_by_label("What was noticed").fill("The dry run listed production objects before anything was written.")
    page.get_by_label("What stopped it").fill("The dry run that the runbook asks for")
    page.get_by_label("Whom to thank").fill("Grace from storage")
    page.set_viewport_size({"width": 390, "height": 800})
    no_sideways_scroll(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Send the report").click()
    page.wait_for_url("**/postmortems/PM-*/")
    page.get_by_text("ask before naming them").wait_for()
    sign_in(page, other)
    page.goto("/")
    shot(page, "home")
    page.get_by_role("link", name="Backup job pointed at the live bucket").first.click()
    page.get_by_label("A word of thanks").fill("That spared us a bad weekend.")
    shot(page, "near-miss")
    page.get_by_role("button", name="Say thank you").click()
    page.get_by_text("by Ben").wait_for()
    no_sideways_scroll(page)
    page.goto("/incidents/?kind=near")
    shot(page, "list")
    page.get_by_role("link", name="Backup job pointed at the live bucket").click()
    shot(page, "near-incident")


def test_a_post_mortem_over_two_incidents(page, sign_in, no_sideways_scroll):
    lead = make_user("lead", role="facilitator")
    first = make_incident("Checkout returns errors", severity=Severity.objects.first())
    second = make_incident("Ledger entries arrive late")
    for incident in (first, second):
        make_event(incident, 3, "Replica lag above 5 minutes", salience=2)
    make_postmortem(lead, incident=first)
    sign_in(page, lead)
    page.goto(first.get_absolute_url())
    page.get_by_role("link", name="Write another, for a different audience").click()
    page.get_by_text("There is one already").wait_for()
    page.get_by_text("Title, and further incidents").click()
    page.get_by_label(second.title).check()
    shot(page, "start")
    page.set_viewport_size({"width": 390, "height": 800})
    no_sideways_scroll(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Start the post-mortem").click()
    page.get_by_text("Covers 2 incidents").wait_for()
    shot(page, "overview")
    page.get_by_role("button", name=f"Take {second.reference} out").click()
    page.get_by_text("is no longer part of it").wait_for()
    page.get_by_text("Cover another incident").click()
    page.get_by_label("Also covers").fill(second.reference)
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Covers 2 incidents").wait_for()
    if SHOTS:
        reference = page.url.rstrip("/").split("/")[-1]
        for key in ("timeline", "milestones"):
            page.goto(f"/postmortems/{reference}/sections/{key}/")
            shot(page, f"section-{key}")
        page.goto(f"/postmortems/{reference}/publish/")
        shot(page, "publish")
        page.goto(second.get_absolute_url())
        shot(page, "second-incident")


def test_the_coach_asks_about_an_action_item_while_it_is_typed(page, sign_in, alice):
    incident = make_incident("Checkout returns errors")
    sign_in(page, alice)
    page.goto(f"/actions/new/{incident.reference}/")
    page.get_by_label("What will change").fill("Improve monitoring")
    page.get_by_text("Nobody could tell when it is done").wait_for()
    shot(page, "action")
    page.get_by_label("What will change").fill("Alert when the oldest job is older than 5 minutes")
    page.get_by_text("Nobody could tell when it is done").wait_for(state="detached")
    page.get_by_text("Who sees to it?").wait_for()
