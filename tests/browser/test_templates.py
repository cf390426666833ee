"""Templates in a real browser: the checklist that suggests one, sections moved in the admin, a post-mortem moved to the newer version."""

import pytest
from playwright.sync_api import expect

from incidents.access import SYSTEM
from postmortems import authoring
from postmortems.models import LearningAssessment, Postmortem, RetrospectiveTemplate, TemplateSection
from tests.factories import make_incident, make_postmortem, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_ticking_what_applies_brings_the_suggestion(page, sign_in, alice, no_sideways_scroll):
    incident = make_incident()
    sign_in(page, alice).goto(f"/postmortems/start/{incident.reference}/")
    suggestion = page.locator("[data-suggestion]")
    expect(suggestion).to_contain_text("Standard blameless review")
    for line in ("It nearly became much worse", "Accounts of what happened differ", "The recovery was unusually good"):
        page.get_by_label(line).check()
    expect(suggestion).to_contain_text("3 of the lines are ticked, which suggests a deep one")
    expect(page.get_by_role("radio", name="Learning review")).to_be_checked()
    page.set_viewport_size({"width": 390, "height": 844})
    no_sideways_scroll(page)
    page.get_by_role("button", name="Start the post-mortem").click()
    expect(page.get_by_text("What is still missing")).to_be_visible()
    assert Postmortem.objects.get().template.key == "learning_review"
    assert LearningAssessment.objects.get().ticks == ["nearly", "accounts", "recovery"]


def test_a_template_chosen_by_hand_stays_chosen(page, sign_in, alice):
    incident = make_incident()
    sign_in(page, alice).goto(f"/postmortems/start/{incident.reference}/")
    page.get_by_text("SRE-style postmortem").click()
    page.get_by_label("It nearly became much worse").check()
    expect(page.locator("[data-suggestion]")).to_contain_text("One of the lines is ticked")
    expect(page.get_by_role("radio", name="SRE-style postmortem")).to_be_checked()


def test_no_review_is_recorded_with_its_reason(page, sign_in, alice):
    incident = make_incident(status="resolved")
    sign_in(page, alice).goto(f"/postmortems/start/{incident.reference}/")
    page.get_by_text("No review for this one").click()
    page.get_by_label("Why not").fill("The one before covers it.")
    page.get_by_role("button", name="Record: no review").click()
    expect(page.locator("#postmortems")).to_contain_text("No review: The one before covers it.")


def test_an_administrator_moves_a_section_and_a_writer_takes_the_newer_version(page, sign_in, alice):
    root = make_user("root", role="admin", is_staff=True, is_superuser=True)
    postmortem = make_postmortem(alice, "quick_retro")
    template = RetrospectiveTemplate.objects.get(key="quick_retro")
    sign_in(page, root).goto(f"/admin/postmortems/retrospectivetemplate/{template.pk}/change/")
    page.get_by_role("button", name="Move down: In one line").press("Enter")
    expect(page.get_by_text("In one line is number 2 of")).to_be_attached()
    expect(page.get_by_role("button", name="Move down: In one line")).to_be_focused()
    page.locator("#sections-0 summary").press("Enter")
    page.locator("#id_sections-0-guidance").fill("One line that a stranger understands.")
    page.get_by_label("What changed, and why").fill("Strangers read it first.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Version 2 is kept.")).to_be_visible()
    assert list(TemplateSection.objects.filter(template=template).values_list("key", flat=True))[:2] == ["milestones", "q_line"]
    sign_in(page, alice).goto(postmortem.get_absolute_url())
    page.get_by_role("link", name="Compare and take over what you like").click()
    expect(page.get_by_text("Strangers read it first.")).to_be_visible()
    page.get_by_label("Take the order of the sections").check()
    page.get_by_role("button", name="Take over what is ticked").click()
    expect(page.get_by_text("follows version 2")).to_be_visible()
    assert list(postmortem.sections.values_list("key", flat=True))[:2] == ["milestones", "q_line"]
    assert postmortem.sections.get(key="q_line").guidance == "One line that a stranger understands."


def test_an_administrator_adds_a_section_from_the_top_of_the_page(page, sign_in):
    root = make_user("root", role="admin", is_staff=True, is_superuser=True)
    template = RetrospectiveTemplate.objects.get(key="quick_retro")
    number = template.sections.count()
    sign_in(page, root).goto(f"/admin/postmortems/retrospectivetemplate/{template.pk}/change/")
    for place, key in ((number, "glance"), (number + 1, "more")):
        page.get_by_role("link", name="Add a section").click()
        expect(page.locator(f"#id_sections-{place}-key")).to_be_focused()
        page.keyboard.type(key)
        page.locator(f"#id_sections-{place}-title").fill(key.title())
        page.locator(f"#id_sections-{place}-kind").select_option(label="Custom fields")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Version 2 is kept.")).to_be_visible()
    assert list(template.sections.values_list("key", "kind"))[-2:] == [("glance", "fields"), ("more", "fields")]


def test_pages_of_templates_fit_a_phone(page, sign_in, no_sideways_scroll):
    sign_in(page, make_user("root", role="admin")).set_viewport_size({"width": 390, "height": 844})
    template = RetrospectiveTemplate.objects.get(key="near_miss")
    TemplateSection.objects.filter(template=template, key="nm_what").update(guidance="What nearly happened.")
    authoring.keep(actor=SYSTEM, template=template)
    make_incident()
    for path in ("templates/", "templates/near_miss/", "templates/near_miss/versions/", "template-import/", "template-rules/"):
        page.goto(f"/postmortems/{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        no_sideways_scroll(page)
