"""The filters of every list: in a row where there is room; on a phone folded behind one button, so that the first screen shows results."""

import pytest
from playwright.sync_api import expect

from tests.factories import make_action_item, make_event, make_incident, make_team, make_user

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 390, "height": 844}
SCREEN = {"width": 1280, "height": 900}
#: Each list, and a field of its filters.
LISTS = {"/incidents/": "Severity", "/postmortems/": "Owner", "/actions/": "Priority", "/knowledge/": "Tag", "/incidents/INC-{}/": "Who"}


@pytest.fixture
def world(db):
    incident = make_incident("Checkout returns errors", team=make_team())
    make_event(incident, text="First sign")
    make_action_item("Alert on the age of the oldest job", incident)
    return incident


def test_every_list_folds_its_filters_on_a_phone_alone(page, sign_in, alice, world, no_sideways_scroll):
    sign_in(page, alice)
    for path, label in LISTS.items():
        page.set_viewport_size(PHONE)
        page.goto(path.format(world.pk))
        summary, field = page.locator("details.filters > summary"), page.locator("details.filters").get_by_label(label, exact=True)
        expect(summary).to_have_text("Filters")
        expect(field).to_be_hidden()
        summary.click()
        expect(field).to_be_visible()
        no_sideways_scroll(page)
        summary.click()
        page.set_viewport_size(SCREEN)
        expect(field).to_be_visible()
        expect(summary).to_be_hidden()


def test_the_first_screen_of_a_phone_shows_results_and_how_many_filters_are_in_use(page, sign_in, alice, world):
    page.set_viewport_size(PHONE)
    sign_in(page, alice).goto("/incidents/?q=Checkout&status=open&since=2020-01-01")
    expect(page.locator("details.filters summary")).to_have_text("Filters (2 in use)")
    expect(page.get_by_role("link", name="Checkout returns errors")).to_be_in_viewport()


def test_the_knowledge_base_counts_again_when_the_results_alone_are_new(page, sign_in, alice, world):
    page.set_viewport_size(PHONE)
    sign_in(page, alice).goto("/knowledge/")
    page.locator("details.filters summary").click()
    page.get_by_label("What", exact=True).select_option("near")
    expect(page.locator("details.filters summary")).to_have_text("Filters (1 in use)")


def test_without_javascript_a_phone_opens_them_and_a_screen_shows_them(browser, browser_context_args, sign_in, alice, world):
    for size, folded in ((PHONE, True), (SCREEN, False)):
        context = browser.new_context(**browser_context_args | {"java_script_enabled": False, "viewport": size})
        page = sign_in(context.new_page(), alice)
        page.goto("/actions/")
        if folded:
            page.locator("details.filters summary").click()
        expect(page.get_by_label("Priority", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Filter", exact=True)).to_be_visible()
        context.close()


def test_lists_of_the_administration_fold_theirs_too(page, sign_in, world):
    page.set_viewport_size(PHONE)
    boss = make_user("boss", role="admin", is_staff=True, is_superuser=True)
    sign_in(page, boss).goto("/admin/postmortems/actionitem/?status__exact=proposed")
    expect(page.locator("details.filters > summary")).to_have_text("Filters (1 in use)")
    expect(page.get_by_role("link", name="Accepted")).to_be_hidden()
    page.locator("details.filters > summary").click()
    expect(page.get_by_role("link", name="Accepted")).to_be_visible()
