"""Contributing factors in a real browser: the catalogue is searched, a kind suggested, the order changed from the keyboard."""

import pytest
from playwright.sync_api import expect

from tests.factories import make_event, make_factor, make_postmortem

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_factor_is_written_classified_and_moved(page, sign_in, alice, no_sideways_scroll):
    postmortem = make_postmortem(alice)
    for minute in range(9):
        make_event(postmortem.incident, minute, "Rollback started" if minute == 4 else f"Errors at minute {minute}")
    make_factor(postmortem)
    sign_in(page, alice).goto(f"/postmortems/{postmortem.reference}/factors/")
    page.get_by_role("link", name="Add a factor").click()
    page.get_by_label("The condition and its effect").fill("The rollback needed a certificate that had expired, which made going back slow.")
    page.get_by_role("button", name="Time, expiry and ordering").click()
    expect(page.get_by_label("Kind of condition")).to_have_value("technical.time_expiry")
    expect(page.get_by_text("What was counting down, and where was it visible?")).to_be_visible()
    page.get_by_label("Search the catalogue").fill("undo path")
    expect(page.get_by_text("2 kinds below")).to_be_visible()  # the one that is chosen stays
    page.get_by_label("Kind of condition").select_option("Undo path")
    page.get_by_label("Search the entries").fill("rollback")
    expect(page.locator(".picker__rows .picker__row:visible")).to_have_count(1)
    page.get_by_label("Rollback started").check()
    expect(page.get_by_text("1 chosen")).to_be_visible()
    page.get_by_label("Prolonger").check()
    page.get_by_label("When it took part").select_option("Recovery")
    page.get_by_label("Settings went to all regions").select_option("made last longer")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("img", name="Graph of 2 contributing factors")).to_be_visible()
    up = page.get_by_role("button", name="Move factor 2 up")
    up.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Moved to place 1.")).to_be_attached()
    expect(page.locator(".factorrow__statement").first).to_contain_text("The rollback needed")
    assert page.evaluate("document.activeElement.id") == f"up-{postmortem.factors.first().pk}"
    assert postmortem.factors.first().leaf.key == "change.reversal"
    page.set_viewport_size({"width": 390, "height": 844})
    no_sideways_scroll(page)
    page.locator(".factorrow__statement").first.click()
    no_sideways_scroll(page)


def test_removing_asks_first(page, sign_in, alice):
    factor = make_factor(make_postmortem(alice))
    sign_in(page, alice).goto(factor.get_absolute_url())
    page.get_by_role("button", name="Remove…").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No factors yet")).to_be_visible()
