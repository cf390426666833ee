"""A review as three people go through it: the writer submits, the approver reads and signs, a change makes the approval lapse."""

import pytest
from playwright.sync_api import expect

from tests.factories import make_user, make_written

pytestmark = pytest.mark.django_db(transaction=True)


def test_submit_approve_lapse_and_approve_again(page, sign_in, alice, no_sideways_scroll):
    from postmortems import drafting
    from postmortems.models import ApprovalRule

    ana = make_user("ana", first_name="Ana")
    postmortem = make_written(alice)
    ApprovalRule.objects.create(name="Legal", reason="The law asks for it.", who="people").people.add(ana)
    review = f"/postmortems/{postmortem.reference}/review/"

    sign_in(page, alice).goto(f"/postmortems/{postmortem.reference}/")
    page.get_by_role("link", name="Submit for review").click()
    expect(page.get_by_text("Needed because every post-mortem needs it.")).to_be_visible()
    no_sideways_scroll(page)
    page.get_by_label("For the reviewers").fill("Please read the impact")
    page.get_by_role("button", name="Submit for review").click()
    expect(page.get_by_text("It is in review; 1 person was asked.")).to_be_visible()

    sign_in(page, ana).goto("/")
    waiting = page.get_by_role("region", name="Waiting for your review")
    waiting.get_by_role("link", name=postmortem.title).click()
    page.get_by_label("Approve", exact=True).check()
    page.keyboard.press("Tab")
    page.get_by_label("Comment").fill("Clear and kind")
    page.get_by_role("button", name="Send the decision").press("Enter")
    expect(page.get_by_text("Your approval is kept.")).to_be_visible()
    expect(page.get_by_text("Ana approved", exact=False).first).to_be_visible()

    section = postmortem.sections.get(key="impact")
    drafting.save_section(actor=alice, section=section, version=section.version, body="Nobody could pay for an hour.", values={})
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(review)
    expect(page.get_by_text("Impact has changed since")).to_be_visible()
    no_sideways_scroll(page)
    page.get_by_role("link", name="see the difference").click()
    expect(page.get_by_text("Nobody could pay for an hour.")).to_be_visible()
    no_sideways_scroll(page)
    page.go_back()
    page.get_by_label("Approve", exact=True).check()
    page.get_by_role("button", name="Send the decision").click()
    expect(page.get_by_role("region", name="Approvals").get_by_text("Approved", exact=True)).to_be_visible()

    sign_in(page, alice).goto(f"/postmortems/{postmortem.reference}/publish/")
    page.get_by_role("button", name="Publish revision 1").click()
    expect(page.get_by_role("heading", name="Checkout returns errors", level=1)).to_be_visible()


def test_what_is_laid_by_can_be_taken_out_again(page, sign_in, alice):
    postmortem = make_written(alice)
    base = f"/postmortems/{postmortem.reference}/"
    sign_in(page, alice).goto(f"{base}review/")
    page.locator("summary", has_text="Archive").click()
    page.get_by_label("Why").fill("Told elsewhere")
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("button", name="Take out of the archive")).to_be_visible()
    page.goto(f"{base}sections/impact/")
    expect(page.get_by_role("heading", name="Impact", level=1)).to_be_visible()
    expect(page.locator("#id_body")).to_have_count(0)
    page.goto(f"{base}review/")
    page.get_by_role("button", name="Take out of the archive").click()
    expect(page.locator("summary", has_text="Archive")).to_be_visible()
    page.goto(f"{base}sections/impact/")
    expect(page.locator("#id_body")).to_be_editable()
