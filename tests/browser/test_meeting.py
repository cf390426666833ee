"""The facilitator's console in a real browser: a meeting from planning to the first action item, and a participant's account."""

import re
import time

import pytest
from playwright.sync_api import expect

from incidents.models import IncidentMember
from postmortems import participating
from postmortems.models import ActionItem, AgendaBlock, ParkedIdea, Participant, Perspective
from tests.factories import make_event, make_postmortem

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_facilitator_prepares_runs_and_closes_a_meeting(page, sign_in, alice, bob, no_sideways_scroll):
    postmortem = make_postmortem(alice)
    IncidentMember.objects.create(incident=postmortem.incident, user=bob, role="Database on-call")
    make_event(postmortem.incident, 3, "Rolled back to 2.40.3 " + "x" * 200, kind="action", actor="bob", salience=2)
    sign_in(page, alice).goto(postmortem.get_absolute_url())
    page.get_by_role("link", name="Meeting", exact=True).click()
    page.get_by_role("button", name=re.compile("Ask to take part.*bob")).click()
    expect(page.get_by_text("bob is asked to take part.")).to_be_visible()
    page.get_by_label("Starts").fill("2030-03-04T15:00")
    page.get_by_role("button", name="Save", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Invitation (.ics)").click()
    assert download.value.suggested_filename == f"{postmortem.reference}-meeting.ics"

    page.get_by_role("link", name="Run", exact=True).click()
    page.get_by_role("button", name="Start the meeting").click()
    timer = page.get_by_role("timer")
    expect(timer).to_have_text(re.compile(r"^0:0[1-9]$"))  # it runs
    page.reload()
    expect(timer).to_have_text(re.compile(r"^0:\d\d$"))
    notes = page.get_by_label("Notes on Welcome, ground rules, goal")
    notes.fill("Everybody is here.")
    notes.blur()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    notes.fill("Everybody is here but Ravi.")
    notes.blur()
    expect(page.locator("form[data-notes] input[name=version]").first).to_have_value("3")
    assert AgendaBlock.objects.filter(meeting__postmortem=postmortem).first().notes == "Everybody is here but Ravi."
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_role("button", name="Pause").click()
    other.close()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as a return to the window, sooner than the next look
    page.get_by_role("link", name="Show where the room is").click()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Idea", exact=True).fill("Alert on the age of the queue")
    page.get_by_role("button", name="Park this").click()
    expect(page.locator("#parking .parked")).to_contain_text("Alert on the age of the queue")
    assert ParkedIdea.objects.get().in_meeting
    page.get_by_text("“It was human error.”").click()
    expect(page.get_by_text("what made that action look right?")).to_be_visible()
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 850})
        no_sideways_scroll(page)
    page.route("**/meeting/notes/**", lambda route: (time.sleep(0.5), route.continue_()))
    notes.fill("Everybody is here, Ravi too.")
    page.get_by_role("button", name=re.compile("^Next: Check-in")).press("Enter")  # at once: the words are still on their way
    expect(page.locator("[aria-current=step]")).to_contain_text("Check-in")
    assert AgendaBlock.objects.filter(meeting__postmortem=postmortem).first().notes == "Everybody is here, Ravi too."

    page.get_by_role("button", name="The meeting was held").click()
    expect(page.get_by_text("Soaking")).to_be_visible()
    page.get_by_text("It cannot wait").click()
    page.get_by_label("Why the ideas need not soak").fill("The vendor asks today.")
    page.get_by_role("button", name="End the soak time").click()
    page.get_by_role("link", name="Alert on the age of the queue").click()
    expect(page.get_by_label("What will change")).to_have_value("Alert on the age of the queue")
    page.get_by_role("button", name="Add the action item").click()
    expect(page.get_by_text(re.compile(r"ACT-\d+ is added"))).to_be_visible()
    assert ActionItem.objects.get().postmortem == postmortem


def test_a_participant_gives_an_account_and_a_moment(page, sign_in, alice, charlie, no_sideways_scroll):
    postmortem = make_postmortem(alice)
    make_event(postmortem.incident, 3, "Tickets came in", salience=2)
    Participant.objects.create(postmortem=postmortem, user=alice, name="alice", role="facilitator", state="accepted")
    participating.invite_all(actor=alice, postmortem=postmortem, guests=[("charlie", charlie)])
    page.set_viewport_size({"width": 390, "height": 850})
    sign_in(page, charlie).goto("/")
    page.locator("section", has_text="You are asked for your account").get_by_role("link").click()
    page.get_by_label("What surprised you?").fill("How quiet it was.")
    page.get_by_label("Anything you would rather tell the facilitator privately?").fill("I was new.")
    expect(page.get_by_text("read by alice and you")).to_be_visible()
    no_sideways_scroll(page)
    page.get_by_role("button", name="Hand in").click()
    page.get_by_role("link", name="Add", exact=True).click()
    page.get_by_role("link", name=re.compile("Tickets came in")).click()
    page.get_by_label("Saw").fill("Forty tickets.")
    no_sideways_scroll(page)
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Forty tickets.")).to_be_visible()
    assert Perspective.objects.get().events.count() == 1

    sign_in(page, alice).goto(f"/postmortems/{postmortem.reference}/perspectives/")
    expect(page.get_by_text("Forty tickets.")).to_be_visible()
    no_sideways_scroll(page)
    page.goto(f"/postmortems/{postmortem.reference}/meeting/")
    expect(page.get_by_text("I was new.")).to_be_visible()
    no_sideways_scroll(page)
