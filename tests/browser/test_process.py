"""The process in a real browser: ask, accept, and see steps complete themselves."""

import pytest
from playwright.sync_api import expect

from tests.factories import make_event, make_postmortem

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_first_question_to_a_settled_step(page, sign_in, alice, bob, no_sideways_scroll):
    postmortem = make_postmortem(bob)
    make_event(postmortem.incident, actor="Vera Vendor", kind="message")
    sign_in(page, bob).goto(postmortem.get_absolute_url())
    page.get_by_role("link", name="Steps and people").click()
    page.get_by_role("button", name="Ask alice to facilitate").click()
    page.get_by_role("button", name="Ask all 1").click()
    expect(page.locator("#step-invite")).to_contain_text("Everyone found in the timeline is asked")
    page.locator("#step-meeting").get_by_role("button", name="Done").click()
    expect(page.locator("#step-meeting")).to_contain_text("bob")
    draft = page.locator("#step-draft")
    draft.locator("summary").click()
    draft.get_by_label("Leave it out, because").fill("It is written elsewhere")
    draft.get_by_role("button", name="Leave out").click()
    expect(draft).to_contain_text("Left out by bob")
    draft.locator("summary").click()
    draft.get_by_role("button", name="Open again").click()
    expect(draft.get_by_role("button", name="Done")).to_be_visible()

    sign_in(page, alice).goto("/")
    page.get_by_role("link", name="bob asks you to facilitate").click()
    for label in ("I was not a responder", "I do not manage", "I have the hours"):
        page.get_by_label(label).check()
    page.get_by_role("button", name="Accept").click()
    expect(page.locator("#step-facilitator")).to_contain_text("alice accepted to facilitate")
    expect(page.locator(".card__progress").first).to_contain_text("3 of 17")
    page.set_viewport_size({"width": 390, "height": 844})
    no_sideways_scroll(page)
