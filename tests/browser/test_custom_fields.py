"""Custom fields in a real browser: an administrator adds one, a responder fills it in, a rule picks the template by it, and the published page shows it."""

import pytest
from playwright.sync_api import expect

from incidents.models import CustomField, Incident
from postmortems.models import Postmortem, RetrospectiveTemplate, TemplateRule, TemplateSection
from tests.factories import make_field, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_administrator_to_the_published_page(page, sign_in, alice, bob, no_sideways_scroll, expected_errors):
    expected_errors.append("422")  # a value that is none
    make_field("people", "People notified", "number").types.set([])
    root = make_user("root", role="admin", is_staff=True, is_superuser=True)
    template = RetrospectiveTemplate.objects.get(key="quick_retro")
    TemplateSection.objects.create(template=template, key="glance", title="At a glance", kind="fields", position=90, fields="region(incident)")

    # The administrator adds a field, and a rule that asks it.
    sign_in(page, root).goto("/admin/incidents/customfield/add/")
    page.get_by_label("Name:").fill("Region hit")
    page.get_by_label("Name:").press("Tab")
    expect(page.get_by_label("Key:", exact=True).first).to_have_value("region-hit")
    page.locator("#id_key").fill("region")
    page.get_by_label("Kind:").select_option(label="One of several options")
    for number, label in enumerate(("Europe", "Asia")):
        page.locator(f"#id_options-{number}-label").fill(label)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    page.goto("/admin/postmortems/templaterule/add/")
    page.get_by_label("Name:").fill("European ones")
    page.get_by_label("Priority:").fill("1")
    page.get_by_label("Template:").select_option(label=template.name)
    for number, (bracket, field, value) in enumerate((("A", "Region hit", "Europe"), ("A", "Type", "security"))):
        page.locator(f"#id_conditions-{number}-bracket").select_option(bracket)
        page.locator(f"#id_conditions-{number}-field").select_option(label=field)
        page.locator(f"#id_conditions-{number}-value").fill(value)
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("Region hit is “Europe” or type is “security”")).to_be_visible()

    # A responder declares, and fills it in on the page, in place.
    sign_in(page, bob).goto("/incidents/new/")
    page.get_by_label("Title").fill("Checkout fails in Europe")
    page.get_by_label("Type").select_option(label="Data")
    page.get_by_role("button", name="Make incident").click()
    page.get_by_role("link", name="Edit type and fields").click()
    sheet = page.get_by_role("dialog", name="Entry")
    sheet.get_by_label("People notified").fill("many")
    sheet.get_by_label("Region hit").select_option(label="Europe")
    sheet.get_by_role("button", name="Save").click()
    expect(sheet.get_by_text("takes a number, such as 1200")).to_be_visible()
    sheet.get_by_label("People notified").fill("1200")
    sheet.get_by_role("button", name="Save").click()
    expect(page.locator(".facts")).to_contain_text("1,200")
    assert Incident.objects.get().field_values == {"region": "europe", "people": 1200}
    page.set_viewport_size({"width": 390, "height": 844})
    no_sideways_scroll(page)
    page.goto("/incidents/?field.region=europe")
    expect(page.get_by_label("Region hit")).to_have_value("europe")
    no_sideways_scroll(page)
    page.set_viewport_size({"width": 1280, "height": 900})

    # The rule picks the template and says why; a facilitator mends the field in the section and publishes.
    sign_in(page, alice).goto(f"/postmortems/start/{Incident.objects.get().reference}/")
    expect(page.locator("[data-suggestion]")).to_contain_text("The rule “European ones” holds: Region hit is “Europe”.")
    page.get_by_role("button", name="Start the post-mortem").click()
    page.get_by_role("link", name="At a glance").first.click()
    page.get_by_label("Region hit").select_option(label="Asia")
    page.get_by_role("button", name="Save to the incident").click()
    expect(page.get_by_label("Region hit")).to_have_value("asia")
    assert Incident.objects.get().field_values["region"] == "asia"
    postmortem = Postmortem.objects.get()
    assert postmortem.template == template and TemplateRule.objects.filter(name="European ones").exists()
    page.goto(f"{postmortem.get_absolute_url()}publish/")
    page.get_by_role("button", name="Publish").first.click()
    expect(page.locator(".doc__fields")).to_contain_text("Region hit")
    expect(page.locator(".doc__fields")).to_contain_text("Asia")


def test_fields_of_other_types_step_aside(page, sign_in, bob):
    from incidents.models import IncidentType

    make_field("leaked", "What leaked").types.set(IncidentType.objects.filter(key="security"))
    assert CustomField.objects.get().types.count() == 1
    sign_in(page, bob).goto("/incidents/new/")
    page.get_by_text("More fields").click()
    expect(page.get_by_label("What leaked")).to_be_hidden()
    page.get_by_label("Type").select_option(label="Security")
    page.get_by_label("What leaked").fill("A key")
    page.get_by_label("Type").select_option(label="Data")
    expect(page.get_by_label("What leaked")).to_be_visible()  # it holds something
