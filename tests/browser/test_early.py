"""What a quick hand does before the scripts have come is not lost."""

import re

import pytest
from playwright.sync_api import expect

from postmortems import drafting, meetings
from postmortems.models import AgendaBlock
from tests.factories import make_incident, make_postmortem

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def early(page, sign_in, alice):
    """`early(address)`: the page as it is before its scripts; `early.come()` lets them come."""
    held = []
    sign_in(page, alice)

    def opened(address):
        page.route(re.compile(r"/(htmx[\w.]*|js/(?!theme|early)\w+)\.js"), lambda route: held.append(route))
        page.goto(address, wait_until="commit")
        expect(page.locator("main")).to_be_visible()

    def come():
        while held:
            held.pop().continue_()
        page.unroute_all()
        page.wait_for_load_state()

    opened.come = come
    return opened


def test_a_menu_and_a_question_open(page, early, alice):
    page.set_viewport_size({"width": 390, "height": 844})
    early(make_postmortem(alice).get_absolute_url())
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Title and owner").click()
    early.come()
    expect(page.get_by_role("button", name="Menu", include_hidden=True)).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("dialog", name="Title and owner")).to_be_visible()


def test_a_filter_is_applied(page, early):
    make_incident("Checkout returns errors", severity_id=None)
    early("/incidents/")
    page.get_by_label("Status").select_option(index=1)
    early.come()
    expect(page).to_have_url(re.compile(r"\?.+="))


def test_notes_of_a_meeting_are_saved(page, early, alice):
    postmortem = make_postmortem(alice)
    meetings.plan(actor=alice, postmortem=postmortem, version=meetings.ensure(postmortem).version, starts_at=None, minutes=60)
    early(f"/postmortems/{postmortem.reference}/meeting/run/")
    page.locator("summary", has_text="Notes").first.click()
    page.get_by_label(re.compile("^Notes on")).first.fill("Everybody is here.")
    early.come()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert AgendaBlock.objects.filter(notes="Everybody is here.").count() == 1


def test_a_tick_brings_its_suggestion(page, early):
    early(f"/postmortems/start/{make_incident().reference}/")
    page.get_by_role("checkbox").first.check()
    with page.expect_response("**/depth/"):
        early.come()
    expect(page.get_by_role("button", name="Update the suggestion")).to_be_hidden()


def test_the_coach_and_the_merge_see_what_is_there(page, early, alice, bob):
    postmortem = make_postmortem(alice)
    section = postmortem.sections.get(key="response")
    address = f"/postmortems/{postmortem.reference}/sections/response/"
    early(address)
    page.locator("#id_body").fill("It was human error.")
    early.come()
    expect(page.locator("[data-coach-notes]")).to_contain_text("human error")
    expect(page.locator("[data-savestate]")).to_contain_text(re.compile(r"^Saved \d"))

    section.refresh_from_db()
    drafting.save_section(actor=bob, section=section, version=section.version, body="Bob was first.", values={})
    with pytest.raises(drafting.SectionConflict) as lost:
        drafting.save_section(actor=alice, section=section, version=section.version, body="Alice was first.", values={})
    early(f"{address}conflict/{lost.value.lost.pk}/")
    page.get_by_role("radio", name=re.compile("^Yours")).check()
    early.come()
    expect(page.locator("#id_body")).to_have_value("Alice was first.")


def test_a_row_is_added(page, early, alice):
    postmortem = make_postmortem(alice)
    early(f"/postmortems/{postmortem.reference}/sections/difficulties/")
    page.get_by_role("textbox", name="In words", exact=True).fill("Nobody could see the queue.")
    page.get_by_role("button", name="Add a point").click()
    expect(page.get_by_role("textbox", name="In words", exact=True)).to_have_count(2)
    early.come()
    page.get_by_role("textbox", name="In words", exact=True).nth(1).fill("The alert was for another team.")
    expect(page.locator("[data-savestate]")).to_contain_text(re.compile(r"^Saved \d"))
    rows = postmortem.sections.get(key="difficulties").values["rows"]
    assert [row["statement"] for row in rows] == ["Nobody could see the queue.", "The alert was for another team."]
