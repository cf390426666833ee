"""The frame of every page: signing in, the bar on top, themes, the phone, error pages."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def test_signing_in_and_out_by_the_form(page, alice):
    page.goto("/")
    page.get_by_label("User name or e-mail").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="What needs you")).to_be_visible()
    page.get_by_label("Account of alice").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_told_in_place(page, alice):
    page.goto("/account/login/")
    page.get_by_label("User name or e-mail").fill("alice")
    page.get_by_label("Password").fill("not the pass phrase")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not correct")


def test_the_first_tab_stop_skips_to_the_content(page, sign_in, alice):
    sign_in(page, alice).goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_slash_goes_to_search_and_search_goes_to_knowledge(page, sign_in, alice):
    sign_in(page, alice).goto("/")
    page.keyboard.press("/")
    page.keyboard.type("failover")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/knowledge/\?q=failover"))


def test_the_theme_is_chosen_kept_and_applied_before_paint(page, sign_in, alice):
    sign_in(page, alice).goto("/")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_label("Account of alice").click()
    page.get_by_role("button", name="Theme: system").click()
    page.get_by_role("button", name="Theme: light").click()
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_the_reading_font_is_ours(page, sign_in, alice):
    sign_in(page, alice).goto("/")
    page.evaluate("document.fonts.ready")
    assert page.evaluate("[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)").count("Source Sans Pro") >= 2


def test_on_a_phone_the_menu_opens_and_nothing_is_too_wide_or_too_small(page, sign_in, alice, no_sideways_scroll):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, alice).goto("/")
    no_sideways_scroll(page)
    expect(page.get_by_role("link", name="Incidents")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Incidents")).to_be_visible()
    for target in page.locator("header a:visible, header button:visible, header summary:visible").all():
        assert target.bounding_box()["height"] >= 44, target.inner_text()
    page.goto("/settings/")
    no_sideways_scroll(page)


def test_a_token_is_shown_once_and_revoked_after_a_question(page, sign_in, alice):
    sign_in(page, alice).goto("/settings/")
    page.get_by_label("Name", exact=True).fill("Deploy bot")
    page.get_by_role("button", name="Make a token").click()
    assert page.get_by_label("The token").input_value().startswith("pm_")
    page.goto("/settings/")
    expect(page.get_by_label("The token")).to_have_count(0)
    page.get_by_role("button", name="Revoke Deploy bot").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("is revoked")).to_be_visible()
    assert not alice.api_tokens.exists()


def test_an_unknown_page_says_so(page, sign_in, alice, expected_errors):
    expected_errors.append("404")
    sign_in(page, alice).goto("/no/such/page/")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    expect(page.locator("body")).to_have_css("font-family", re.compile("Source Sans Pro"))
