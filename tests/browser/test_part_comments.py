"""Comments beside rows in a real browser: said on a row that is moved before it is sent, found again, and shown from the list."""

import os

import pytest
from playwright.sync_api import expect

from postmortems import commenting, drafting
from postmortems.models import Comment
from tests.factories import make_postmortem

pytestmark = pytest.mark.django_db(transaction=True)
SHOTS = os.environ.get("DEBRIEF_SHOTS")


def shoot(page, name):
    """Keep what the page looks like in three ways, where somebody asked for it."""
    if not SHOTS:
        return
    page.screenshot(path=f"{SHOTS}/{name}_1280.png", full_page=True)
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=f"{SHOTS}/{name}_390.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(400)  # colours change slowly
    page.screenshot(path=f"{SHOTS}/{name}_dark.png", full_page=True)
    page.emulate_media(color_scheme="light")


def test_a_comment_on_a_row(page, sign_in, alice, no_sideways_scroll):
    postmortem = make_postmortem(alice)
    section = postmortem.sections.get(key="helped")
    rows = [{"statement": "The alert fired within a minute"}, {"statement": "The pager went to nobody"}]
    section = drafting.save_section(actor=alice, section=section, version=section.version, body="", values={"rows": rows})
    commenting.comment(actor=alice, section=section, body="Which alert?", part="row:0")
    sign_in(page, alice).goto(f"/postmortems/{postmortem.reference}/sections/helped/")
    items = page.locator("[data-rows-list] > li")
    expect(items.nth(0).locator("[data-part-number]")).to_have_text("1")
    expect(items.nth(1).locator("[data-part-count]")).to_be_hidden()

    items.nth(1).get_by_role("button", name="Comment on this row").click()
    page.get_by_label("Comment", exact=True).fill("Who was on call?")
    items.nth(1).get_by_role("button", name="Move up").click()
    page.get_by_role("button", name="Add the comment").click()
    expect(page.locator("[data-thread]")).to_have_count(2)
    assert Comment.objects.get(body="Who was on call?").quote == "The pager went to nobody"
    expect(items.nth(0).locator("textarea")).to_have_value("The pager went to nobody")
    expect(items.nth(0).locator("[data-part-number]")).to_have_text("1")

    thread = page.locator("[data-thread]", has_text="Who was on call?")
    thread.get_by_role("button", name="Show").click()
    expect(items.nth(0).locator("textarea")).to_be_focused()
    shoot(page, "part_comments")
    items.nth(0).get_by_role("button", name="Remove").click()
    thread.get_by_role("button", name="Resolve").click()
    expect(page.locator("[data-thread]")).to_have_count(1)
    no_sideways_scroll(page)


def test_an_end_of_a_chain_becomes_a_factor(page, sign_in, alice, no_sideways_scroll):
    postmortem = make_postmortem(alice)
    sign_in(page, alice).goto(f"/postmortems/{postmortem.reference}/sections/why_tree/")
    items = page.locator("[data-rows-list] > li")
    items.nth(0).get_by_label("Question").fill("How did it come about that payments stopped?")
    items.nth(0).get_by_label("Answer").fill("Rules apply to all regions at once, because stages are defined per service.")
    items.nth(0).get_by_role("button", name="Make it a factor").click()
    expect(page.get_by_text("A contributing factor is made of it")).to_be_visible()
    made = postmortem.factors.get()
    expect(items.nth(0).get_by_label("Factor")).to_have_value(f"factor:{made.pk}")
    shoot(page, "chain")
    items.nth(0).get_by_role("link", name="Open the factor").click()
    expect(page.get_by_text("The chain it came from")).to_be_visible()
    expect(page.get_by_text("How did it come about that payments stopped?")).to_be_visible()
    shoot(page, "chain_factor")
    no_sideways_scroll(page)
