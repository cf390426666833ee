"""Rows of a section in a real browser: by mouse and by keyboard, saved by themselves, brought back, and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from postmortems.models import Section
from tests.factories import make_postmortem

pytestmark = pytest.mark.django_db(transaction=True)


def address(postmortem, key):
    return f"/postmortems/{postmortem.reference}/sections/{key}/"


def rows_of(postmortem, key):
    return Section.objects.get(postmortem=postmortem, key=key).values.get("rows", [])


def saved(page):
    expect(page.locator("[data-savestate]")).to_contain_text(re.compile(r"^Saved \d\d:\d\d$"))


def test_a_chain_of_questions_by_keyboard(page, sign_in, alice, no_sideways_scroll):
    postmortem = make_postmortem(alice)
    sign_in(page, alice).goto(address(postmortem, "why_tree"))
    page.get_by_label("Question").first.focus()
    page.keyboard.type("How did it come about?")
    page.keyboard.press("Control+Enter")
    page.keyboard.type("What else had to be true?")
    page.keyboard.press("Alt+Shift+ArrowRight")
    page.keyboard.press("Control+Enter")
    page.keyboard.type("And how was that?")
    expect(page.locator("[data-rows-said]")).to_contain_text("Question 3 of 3")
    page.keyboard.press("Alt+Shift+ArrowUp")
    expect(page.get_by_label("Question").nth(1)).to_be_focused()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("is saved.")).to_be_visible()
    assert [(row["question"], row["depth"]) for row in rows_of(postmortem, "why_tree")] == [
        ("How did it come about?", "0"),
        ("And how was that?", "1"),
        ("What else had to be true?", "1"),
    ]
    page.get_by_role("button", name="Remove").nth(1).click()
    expect(page.locator("[data-rows-said]")).to_contain_text("removed")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator("[data-rows-list] > li")).to_have_count(3)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("[data-preview-pane] .doc__tree .doc__tree li")).to_have_count(2)
    page.get_by_role("button", name="Preview").click()
    page.set_viewport_size({"width": 390, "height": 800})
    no_sideways_scroll(page)


def test_an_empty_row_is_not_saved_and_advice_points_into_a_cell(page, sign_in, alice):
    postmortem = make_postmortem(alice)
    sign_in(page, alice).goto(address(postmortem, "difficulties"))
    page.get_by_role("button", name="Add a point").click()
    page.locator("#id_body").focus()
    page.get_by_role("textbox", name="In words", exact=True).nth(1).fill("Marco carelessly broke the checkout.")
    saved(page)
    assert rows_of(postmortem, "difficulties") == [{"statement": "Marco carelessly broke the checkout."}]
    assert Section.objects.get(postmortem=postmortem, key="difficulties").version == 2
    note = page.locator("[data-note]").first
    expect(note).to_contain_text("Point 2, In words")
    note.get_by_role("button", name=re.compile("^Show")).click()
    expect(page.get_by_role("textbox", name="In words", exact=True).nth(1)).to_be_focused()


def test_rows_that_never_reached_the_server_come_back(page, sign_in, alice, expected_errors):
    expected_errors.append("ERR_FAILED")
    postmortem = make_postmortem(alice)
    sign_in(page, alice).goto(address(postmortem, "luck"))
    page.route("**/sections/luck/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.get_by_role("textbox", name="In words", exact=True).fill("One")
    page.keyboard.press("Control+Enter")
    page.keyboard.type("Two")
    expect(page.locator("[data-savestate]")).to_contain_text("Not saved")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute_all()
    page.get_by_role("button", name="Bring them back").click()
    saved(page)
    assert rows_of(postmortem, "luck") == [{"statement": "One"}, {"statement": "Two"}]


def test_without_javascript_rows_are_added_and_moved(browser, browser_context_args, sign_in, alice):
    postmortem = make_postmortem(alice)
    page = sign_in(browser.new_context(**browser_context_args, java_script_enabled=False).new_page(), alice)
    page.goto(address(postmortem, "luck"))
    page.get_by_role("textbox", name="In words", exact=True).fill("One")
    page.get_by_role("button", name="Add a point").click()
    page.get_by_role("textbox", name="In words", exact=True).nth(1).fill("Two")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Move up").nth(1).click()
    expect(page.get_by_role("textbox", name="In words", exact=True).first).to_have_value("Two")
    assert rows_of(postmortem, "luck") == [{"statement": "Two"}, {"statement": "One"}]
    page.context.close()
