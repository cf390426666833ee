"""The people of a retrospective in a real browser: a draft shared and answered, notes confirmed, a survey, looking back."""

import re

import pytest
from playwright.sync_api import expect

from incidents.models import IncidentMember
from postmortems import meetings, participating
from postmortems.models import Conversation, LookBack, Reading, Survey, WelfareCheck
from tests.factories import make_postmortem

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_facilitator_hears_people_before_the_meeting_and_after_it(page, sign_in, alice, bob, no_sideways_scroll):
    postmortem = make_postmortem(alice)
    IncidentMember.objects.create(incident=postmortem.incident, user=bob, role="Database on-call")
    base = f"/postmortems/{postmortem.reference}/"
    lead = participating.invite(actor=alice, postmortem=postmortem, role="facilitator", user=alice)
    participating.answer(actor=alice, participant=lead, version=1, accept=True, was_no_responder=True, manages_nobody=True, has_the_hours=True)
    participating.invite(actor=alice, postmortem=postmortem, role="participant", user=bob)

    sign_in(page, alice).goto(f"{base}process/")
    page.get_by_role("link", name="The facilitator's list").click()
    page.get_by_label("bob").check()
    page.get_by_label("Everybody who was close to it has been reached").check()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Kept, for the facilitators alone.")).to_be_visible()
    assert WelfareCheck.objects.get().is_done
    page.goto(f"{base}meeting/")
    page.get_by_role("link", name="Note one").click()
    page.get_by_label("Whom you talked to").select_option("bob")
    page.get_by_label("What they told you").fill("The graph was flat.")
    page.get_by_role("button", name="Keep the notes").click()
    expect(page.get_by_text("Not confirmed yet")).to_be_visible()
    page.goto(f"{base}calibrate/")
    page.get_by_role("button", name="Share the draft").click()
    expect(page.get_by_text("0 of 1 answered")).to_be_visible()

    page.set_viewport_size({"width": 390, "height": 850})
    sign_in(page, bob).goto("/")
    page.get_by_role("link", name="Notes of a conversation with you").click()
    page.get_by_label("What you told").fill("The graph looked flat to me.")
    no_sideways_scroll(page)
    page.get_by_role("button", name="This is how I meant it").click()
    expect(page.get_by_text("Confirmed", exact=True)).to_be_visible()
    page.goto(f"{base}calibrate/")
    page.get_by_label("Something is to be changed or added").check()
    page.get_by_label(re.compile("^What is to be changed")).fill("It was 14:03.")
    page.get_by_label("Leave my name out of what is published").check()
    no_sideways_scroll(page)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Your answer is kept.")).to_be_visible()
    assert (Conversation.objects.get().notes, Reading.objects.get().words) == ("The graph looked flat to me.", "It was 14:03.")

    meetings.settle(actor=alice, postmortem=postmortem, version=meetings.ensure(postmortem).version, outcome="held")
    page.goto("/")
    page.get_by_role("link", name="How was the meeting?").click()
    page.get_by_role("group", name="I could say what I wanted").get_by_label("5 Fully").check()
    no_sideways_scroll(page)
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_text("Nobody can tell which one is yours")).to_be_visible()
    assert Survey.objects.get().counts["said"] == [0, 0, 0, 0, 1]

    page.set_viewport_size({"width": 1280, "height": 850})
    sign_in(page, alice).goto(f"{base}calibrate/")
    page.get_by_role("button", name=re.compile("The draft follows it.*bob")).click()
    expect(page.get_by_text("Taken up")).to_be_visible()
    page.goto(f"{base}process/")
    for said in ("Those closest to it were spoken to in person.", "everyone who was asked has answered", "The survey is over."):
        expect(page.locator(".step__note", has_text=said)).to_be_visible()
    page.get_by_role("link", name="Look back", exact=True).click()
    page.get_by_label("Did it help?").fill("Twice it stopped by itself.")
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Twice it stopped by itself.")).to_be_visible()
    assert LookBack.objects.get().written_by == alice
