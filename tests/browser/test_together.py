"""Writing together in a real browser: comments on selected words, mentions, who is here, citations and pictures."""

import re

import pytest
from playwright.sync_api import expect

from postmortems import drafting
from postmortems.models import Comment, Mention, Section
from tests.factories import make_event, make_postmortem

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "The alert fired at noon. Nobody saw it for ten minutes."


@pytest.fixture
def postmortem(alice):
    postmortem = make_postmortem(alice)
    drafting.save_section(actor=alice, section=postmortem.sections.get(key="response"), version=1, body=TEXT, values={})
    return postmortem


def address(postmortem, key="response"):
    return f"/postmortems/{postmortem.reference}/sections/{key}/"


def select(page, words):
    page.locator("#id_body").evaluate(
        "(area, words) => { area.focus(); const at = area.value.indexOf(words); area.setSelectionRange(at, at + words.length); }", words
    )


def test_two_people_talk_about_a_passage(page, browser, browser_context_args, sign_in, alice, bob, postmortem):
    sign_in(page, alice).goto(address(postmortem))
    other = sign_in(browser.new_context(**browser_context_args).new_page(), bob)
    other.goto(address(postmortem))
    expect(other.locator(".presence")).to_contain_text("alice is reading How the response unfolded")
    page.locator("#id_body").press_sequentially("At first. ")
    select(page, "Nobody saw it")
    page.get_by_role("button", name="Comment on the selected words").click()
    expect(page.locator("#new-comment-quote")).to_have_value("Nobody saw it")
    page.locator("#new-comment-body").press_sequentially("Who could have, @bo")
    expect(page.get_by_role("option")).to_have_text("bob")
    page.keyboard.press("Enter")
    page.keyboard.type("?")
    page.get_by_role("button", name="Add the comment").click()
    expect(page.locator(".thread q")).to_have_text("Nobody saw it")
    expect(page.locator(".thread time").first).to_have_text("just now")  # as in a page that is loaded
    assert Section.objects.get(postmortem=postmortem, key="response").body.startswith("At first. ")  # it was saved on the way
    assert Mention.objects.get().user == bob
    other.goto("/")
    other.get_by_role("link", name="Who could have, @bob ?").click()
    expect(other.locator(".presence")).to_contain_text("alice is editing How the response unfolded")
    thread = other.locator(".thread")
    thread.get_by_role("button", name=re.compile("^Show")).click()
    assert other.locator("#id_body").evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)") == "Nobody saw it"
    thread.get_by_placeholder("Answer…").fill("Me, had I looked.")
    thread.get_by_role("button", name="Answer").click()
    expect(other.locator(".said")).to_have_count(2)
    other.locator(".thread").get_by_role("button", name="Resolve").click()
    expect(other.get_by_text("No open comments here.")).to_be_visible()
    assert Comment.objects.threads().get().resolved_by == bob
    other.context.close()


def test_a_comment_that_cannot_be_taken_keeps_its_words(page, sign_in, alice, charlie, postmortem, expected_errors):
    expected_errors.append("422")
    sign_in(page, alice).goto(address(postmortem))
    page.locator("summary", has_text="Comment").click()
    page.locator("#new-comment-body").fill("What does @charlie say?")
    page.get_by_role("button", name="Add the comment").click()
    expect(page.get_by_role("alert")).to_contain_text("@charlie may not read this working text")
    expect(page.locator("#new-comment-body")).to_have_value("What does @charlie say?")


def test_citing_by_keyboard_and_reading_what_is_cited(page, sign_in, alice, postmortem):
    make_event(postmortem.incident, 1, "Alert fired", salience=2, actor="Alertmanager")
    event = make_event(postmortem.incident, 5, "Rolled back")
    sign_in(page, alice).goto(address(postmortem))
    area = page.locator("#id_body")
    area.click()
    area.evaluate("area => area.setSelectionRange(area.value.length, area.value.length)")
    page.keyboard.press("Control+Shift+E")
    expect(page.get_by_role("option")).to_have_count(2)
    page.keyboard.type("rolled")
    expect(page.get_by_role("option")).to_have_count(1)
    expect(page.get_by_text("1 entry", exact=True)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(area).to_have_value(f"{TEXT} [[E{event.pk}]]")
    expect(area).to_be_focused()
    page.get_by_role("button", name="Preview").click()
    mark = page.locator(".cite__mark")
    expect(mark).to_have_text("[1]")
    mark.focus()
    expect(page.locator(".cite__note")).to_contain_text("Rolled back")
    page.keyboard.press("Escape")
    expect(page.locator(".cite__note")).to_be_hidden()
    page.goto(f"/postmortems/{postmortem.reference}/evidence/")
    expect(page.locator("[aria-labelledby=unused-title]")).to_contain_text("Alert fired")
    expect(page.locator("[aria-labelledby=unused-title]")).not_to_contain_text("Rolled back")


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_is_wider_than_the_window(page, sign_in, alice, no_sideways_scroll, postmortem, width):
    from postmortems import commenting

    section = postmortem.sections.get(key="response")
    commenting.comment(actor=alice, section=section, body="w" * 200, quote="Nobody saw it")
    make_event(postmortem.incident, salience=2, text="x" * 300)
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(page, alice)
    for path in (address(postmortem), *(f"/postmortems/{postmortem.reference}/{face}/" for face in ("comments", "evidence"))):
        page.goto(path)
        no_sideways_scroll(page)


def test_without_javascript_one_can_comment_too(browser, browser_context_args, sign_in, alice, postmortem):
    page = sign_in(browser.new_context(**browser_context_args, java_script_enabled=False).new_page(), alice)
    page.goto(address(postmortem))
    page.locator("summary", has_text="Comment").click()
    page.locator("#new-comment-quote").fill("at noon")
    page.locator("#new-comment-body").fill("Which zone?")
    page.get_by_role("button", name="Add the comment").click()
    expect(page.locator(".thread q")).to_have_text("at noon")
    page.locator(".thread").get_by_role("button", name="Resolve").click()
    expect(page.get_by_text("No open comments here.")).to_be_visible()
    page.context.close()


def test_a_picture_is_described_and_put_in(page, sign_in, alice, postmortem, tmp_path):
    from PIL import Image

    Image.new("RGB", (40, 20), "red").save(tmp_path / "graph.png")
    sign_in(page, alice).goto(address(postmortem))
    page.get_by_role("button", name="Picture", exact=True).click()
    page.locator("#picture-file").set_input_files(tmp_path / "graph.png")
    page.locator("#picture-alt").fill("The error rate")
    page.get_by_role("button", name="Put it in").click()
    expect(page.locator("#id_body")).to_have_value(re.compile(r"!\[The error rate\]\(/media/a/[0-9a-f-]{36}\.png\)"))
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("img", name="The error rate")).to_be_visible()
    expect(page.get_by_role("img", name="The error rate")).to_have_js_property("naturalWidth", 40)


def test_the_keys_are_listed_and_work(page, sign_in, alice, postmortem):
    sign_in(page, alice).goto(address(postmortem))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    area = page.locator("#id_body")
    area.fill("dashboard")
    area.select_text()
    page.keyboard.press("Control+k")
    expect(area).to_have_value("[dashboard](https://)")
    page.keyboard.type("?")  # while writing it is a letter
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("Alt+PageDown")
    page.wait_for_url("**/sections/*/")
    expect(page.locator("#id_body")).not_to_have_value(re.compile("dashboard"))
    assert "dashboard" in Section.objects.get(postmortem=postmortem, key="response").body
