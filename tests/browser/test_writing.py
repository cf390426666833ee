"""Writing a post-mortem in a real browser: autosave, a lost connection, two people at once, action items."""

import re

import pytest
from playwright.sync_api import expect

from postmortems.models import ActionItem, Postmortem, Section
from tests.factories import make_action_item, make_event, make_incident, make_postmortem

pytestmark = pytest.mark.django_db(transaction=True)


def address(postmortem, key="response"):
    return f"/postmortems/{postmortem.reference}/sections/{key}/"


def body_of(postmortem, key="response"):
    return Section.objects.get(postmortem=postmortem, key=key).body


def state(page):
    return page.locator("[data-savestate]")


def write(page, text):
    page.locator("#id_body").click()
    page.keyboard.type(text)


def test_from_the_incident_to_the_first_section(page, sign_in, alice):
    incident = make_incident(summary="People could not pay.")
    make_event(incident, salience=2)
    sign_in(page, alice).goto(incident.get_absolute_url())
    page.get_by_role("link", name="Start post-mortem").click()
    page.get_by_text("Quick 15-minute retro").click()
    page.get_by_role("button", name="Start the post-mortem").click()
    expect(page.get_by_text("What is still missing")).to_be_visible()
    page.get_by_role("link", name="In one line").first.click()
    expect(page.locator("#id_body")).to_have_value("People could not pay.")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", name="Key moments and intervals")).to_be_visible()
    assert Postmortem.objects.get().template.key == "quick_retro"


def test_it_saves_by_itself(page, sign_in, alice):
    postmortem = make_postmortem(alice)
    sign_in(page, alice).goto(address(postmortem))
    write(page, "The first explanation was the deploy.")
    expect(state(page)).to_contain_text(re.compile(r"^Saved \d\d:\d\d$"))
    assert body_of(postmortem) == "The first explanation was the deploy."
    expect(page.locator("[data-gaps]")).to_contain_text("6 of at least 60 words.")
    write(page, " It was dropped.")
    page.keyboard.press("Tab")  # leaving the field saves at once
    expect(page.locator('[name="version"]').first).to_have_value("3")
    assert body_of(postmortem).endswith("It was dropped.")


def test_a_question_that_helps_is_put_into_the_text(page, sign_in, alice):
    postmortem = make_postmortem(alice)
    sign_in(page, alice).goto(address(postmortem))
    write(page, "It began at noon.")
    page.get_by_role("button", name="Put “What trade-offs were made while under way?” into the text").click()
    page.keyboard.type("None.")
    expect(page.locator("#id_body")).to_have_value("It began at noon.\n\n### What trade-offs were made while under way?\n\nNone.")
    expect(page.locator("[data-gaps]")).to_contain_text("5 of at least 60 words.")
    page.reload()
    page.get_by_role("button", name="Put “How were people found and brought up to speed?” into the text").click()
    expect(page.locator("#id_body")).to_have_value(re.compile(r"None\.\n\n### How were people found and brought up to speed\?\n\n$"))


def test_words_typed_before_the_script_arrives_are_saved_too(page, sign_in, alice):
    postmortem = make_postmortem(alice)
    held = []
    page.route("**/js/section*.js", lambda route: held.append(route))
    sign_in(page, alice).goto(address(postmortem), wait_until="commit")
    page.locator("#id_body").fill("Typed on a slow line.")
    expect(page.locator("#id_body")).to_have_value("Typed on a slow line.")
    assert len(held) == 1
    held[0].continue_()
    expect(state(page)).to_contain_text(re.compile(r"^Saved \d\d:\d\d$"))
    assert body_of(postmortem) == "Typed on a slow line."


def test_the_toolbar_lists_and_the_preview(page, sign_in, alice):
    postmortem = make_postmortem(alice)
    sign_in(page, alice).goto(address(postmortem, "helped"))
    write(page, "- The dashboard\nThe drill")
    expect(page.locator("#id_body")).to_have_value("- The dashboard\n- The drill")
    page.locator("#id_body").select_text()
    page.keyboard.press("Control+b")
    expect(page.locator("#id_body")).to_have_value("**- The dashboard\n- The drill**")
    page.locator("#id_body").fill("- The **dashboard**")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("[data-preview-pane] li strong")).to_have_text("dashboard")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#id_body")).to_be_visible()


def test_a_lost_connection_loses_no_word(page, sign_in, alice, expected_errors):
    expected_errors.append("ERR_INTERNET_DISCONNECTED")
    postmortem = make_postmortem(alice)
    sign_in(page, alice).goto(address(postmortem))
    write(page, "Before. ")
    expect(state(page)).to_contain_text("Saved")
    page.context.set_offline(True)
    write(page, "While offline. ")
    expect(state(page)).to_contain_text("Not saved: you are offline")
    write(page, "Still offline.")
    assert body_of(postmortem) == "Before. "
    page.context.set_offline(False)
    expect(state(page)).to_contain_text(re.compile(r"^Saved"))
    expect(page.locator('[name="version"]').first).to_have_value("4")
    assert body_of(postmortem) == "Before. While offline. Still offline."
    assert not Section.objects.get(postmortem=postmortem, key="response").versions.filter(is_lost=True).exists()


def test_words_that_never_reached_the_server_come_back_after_a_reload(page, sign_in, alice, expected_errors):
    expected_errors += ["ERR_INTERNET_DISCONNECTED", "ERR_FAILED"]
    postmortem = make_postmortem(alice)
    sign_in(page, alice).goto(address(postmortem))
    page.route("**/sections/response/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    write(page, "Written in vain?")
    expect(state(page)).to_contain_text("Not saved")
    page.on("dialog", lambda dialog: dialog.accept())  # "leave with unsaved changes?"
    page.reload()
    expect(page.locator("#id_body")).to_have_value("")
    page.unroute_all()
    page.get_by_role("button", name="Bring them back").click()
    expect(page.locator("#id_body")).to_have_value("Written in vain?")
    expect(state(page)).to_contain_text(re.compile(r"^Saved"))
    assert body_of(postmortem) == "Written in vain?"


def test_pressing_save_while_it_saves_by_itself_is_no_race(page, sign_in, alice):
    postmortem = make_postmortem(alice)
    sign_in(page, alice).goto(address(postmortem))
    held = []
    page.route("**/sections/response/", lambda route: held.append(route) if "x-autosave" in route.request.headers and not held else route.continue_())
    write(page, "First. ")
    expect(state(page)).to_contain_text("Saving")
    write(page, "Second.")
    page.get_by_role("button", name="Save", exact=True).click()
    held[0].continue_()
    expect(page.get_by_text("is saved.")).to_be_visible()
    assert body_of(postmortem) == "First. Second."
    assert not Section.objects.get(postmortem=postmortem, key="response").versions.filter(is_lost=True).exists()
    expect(page.locator("[data-recovered]")).to_be_hidden()


def test_what_is_not_valid_stays_in_the_form_and_is_not_called_saved(page, sign_in, alice, expected_errors):
    expected_errors.append("422")
    postmortem = make_postmortem(alice)
    sign_in(page, alice).goto(address(postmortem, "impact"))
    page.get_by_role("spinbutton", name="Share of people affected").fill("140")
    page.keyboard.press("Control+s")
    expect(state(page)).to_contain_text("Not saved: Share of people affected: Ensure this value is less than or equal to 100.")
    page.get_by_role("spinbutton", name="Share of people affected").fill("14")
    expect(state(page)).to_contain_text(re.compile(r"^Saved"))
    assert Section.objects.get(postmortem=postmortem, key="impact").values["users_affected_pct"] == "14"


def test_two_browsers_save_and_merge(page, browser, browser_context_args, sign_in, alice, bob, expected_errors):
    expected_errors.append("409")
    postmortem = make_postmortem(alice)
    sign_in(page, alice).goto(address(postmortem))
    other = sign_in(browser.new_context(**browser_context_args).new_page(), bob)
    other.goto(address(postmortem))
    write(other, "Bob writes that the pool was empty.")
    expect(state(other)).to_contain_text(re.compile(r"^Saved"))
    write(page, "Alice writes that the job held it.")
    notice = page.locator("[data-conflict]")
    expect(notice).to_contain_text("bob saved this section")
    write(page, " And more.")
    notice.get_by_role("link", name="Compare and merge them").click()
    expect(page.get_by_role("heading", name=re.compile("Two people saved"))).to_be_visible()
    expect(page.locator(".overlap")).to_contain_text("pool was empty")
    expect(page.locator("#id_body")).to_have_value("Bob writes that the pool was empty. Alice writes that the job held it. And more.")
    page.get_by_role("radio", name=re.compile("^Yours")).check()
    expect(page.locator("#id_body")).to_have_value("Alice writes that the job held it. And more.")
    page.get_by_role("link", name="Both", exact=True).click()
    expect(page.locator("#id_body")).to_have_value(re.compile("Bob writes(.|\n)*And more\\."))
    page.get_by_role("button", name="Save this text").click()
    expect(page.get_by_text("is saved.")).to_be_visible()
    body = body_of(postmortem)
    assert "Bob writes that the pool was empty." in body and "Alice writes that the job held it. And more." in body
    other.context.close()


def test_action_items_are_added_and_completed_in_the_flow(page, sign_in, alice):
    postmortem = make_postmortem(alice)
    sign_in(page, alice).goto(address(postmortem, "actions"))
    page.get_by_label("What will change").fill("Alert on queue age")
    page.get_by_label("Owner").select_option("alice")
    page.get_by_label("Due").fill("2030-01-31")
    page.get_by_role("button", name="Add", exact=True).press("Enter")
    row = page.locator(".actionrow", has_text="Alert on queue age")
    expect(row).to_contain_text("due 31 Jan 2030")
    expect(page.locator("#actions :focus")).to_have_count(1)
    row.get_by_role("button", name="Complete").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("The alert fired in the drill.")
    dialog.get_by_role("button", name="Complete").click()
    expect(row).to_contain_text("Done")
    item = ActionItem.objects.get()
    assert (item.owner, item.status, item.closing_note) == (alice, "done", "The alert fired in the drill.")
    page.goto("/actions/?status=done")
    expect(page.get_by_role("link", name="Alert on queue age")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_the_window(page, sign_in, alice, no_sideways_scroll, width):
    postmortem = make_postmortem(alice)
    make_event(postmortem.incident, salience=2, text="x" * 300)
    for row in (make_postmortem(alice), make_action_item(), make_incident()):  # by a list's side, where columns share the width
        row.title = "Timeout_of_" + "x" * 180
        row.save()
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, alice)
    start = f"/postmortems/start/{postmortem.incident.reference}/"
    for path in [
        "/postmortems/",
        postmortem.get_absolute_url(),
        "/actions/",
        "/incidents/",
        start,
        *(address(postmortem, key) for key in ("summary", "impact", "timeline", "actions")),
    ]:
        assert page.goto(path).ok
        no_sideways_scroll(page)


def test_without_javascript_it_is_a_form(browser, browser_context_args, sign_in, alice):
    postmortem = make_postmortem(alice)
    page = sign_in(browser.new_context(**browser_context_args, java_script_enabled=False).new_page(), alice)
    page.goto(address(postmortem))
    page.locator("#id_body").fill("Plain words.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("is saved.")).to_be_visible()
    assert body_of(postmortem) == "Plain words."
    page.context.close()
