"""The blameless coach while somebody writes, with mouse and with keys."""

import pytest
from playwright.sync_api import expect

from postmortems.models import Dismissal, Section
from tests.factories import make_postmortem

pytestmark = pytest.mark.django_db(transaction=True)


def test_notes_come_while_writing_and_can_be_applied_kept_and_undone(page, sign_in, alice):
    postmortem = make_postmortem(alice)
    sign_in(page, alice).goto(f"/postmortems/{postmortem.reference}/sections/response/")
    area, panel = page.locator("#id_body"), page.locator("[data-coach]")
    expect(panel).to_contain_text("No listed phrases found.")
    area.click()
    page.keyboard.type("😀 Obviously the limit was low. Marco broke the checkout.")
    note = panel.locator(".note", has_text="Marco broke")
    expect(note).to_contain_text("A verdict on someone")
    expect(panel.get_by_role("status")).to_contain_text("2 passages to look at")

    note.get_by_role("button", name="Show").click()
    assert (
        page.evaluate("document.getSelection().toString() || (({value, selectionStart: a, selectionEnd: b}) => value.slice(a, b))(document.activeElement)")
        == "Marco broke"
    )

    panel.get_by_text("1 hint on habits of wording").click()
    panel.get_by_role("button", name="Leave it out").click()
    expect(area).to_have_value("😀 The limit was low. Marco broke the checkout.")
    expect(panel.get_by_role("status")).to_contain_text("1 passage to look at")

    summary = note.locator(".note__keep summary")  # by keys alone
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(panel).to_contain_text("1 kept as it is")
    expect(panel.locator("h2")).to_be_focused()
    assert Dismissal.objects.get().reason == "quote"
    expect(page.locator("[data-savestate]")).to_contain_text("Saved")
    assert Section.objects.get(postmortem=postmortem, key="response").body == "😀 The limit was low. Marco broke the checkout."

    page.reload()
    expect(panel).to_contain_text("No listed phrases found.")
    panel.get_by_text("1 kept as it is").click()
    panel.get_by_role("button", name="Undo").click()
    expect(panel.locator(".note")).to_contain_text("Marco broke")
    assert not Dismissal.objects.exists()
