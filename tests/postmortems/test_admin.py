import pytest
from django.urls import reverse

from postmortems.models import RetrospectiveTemplate
from tests.factories import make_incident, make_postmortem, make_user

pytestmark = pytest.mark.django_db
TEMPLATES = reverse("admin:postmortems_retrospectivetemplate_changelist")


@pytest.fixture
def operator(client):
    user = make_user("root", role="admin", is_staff=True, is_superuser=True)
    client.force_login(user)
    return client


@pytest.mark.parametrize("name", ["retrospectivetemplate", "postmortem", "actionitem", "revision"])
def test_lists_load(operator, alice, name):
    make_postmortem(alice)
    assert operator.get(reverse(f"admin:postmortems_{name}_changelist")).status_code == 200


def test_a_template_is_edited_with_its_sections_and_previewed(operator):
    template = RetrospectiveTemplate.objects.get(key="quick_retro")
    page = operator.get(reverse("admin:postmortems_retrospectivetemplate_change", args=[template.pk])).content.decode()
    assert "In one line" in page and "{{ incident.severity }}" in page
    assert "What would you say about this in the lift?" in operator.get(reverse("postmortems:template_preview", args=["quick_retro"])).content.decode()


def test_saving_a_template_keeps_the_order_the_administrator_gives(operator):
    template = RetrospectiveTemplate.objects.get(key="quick_retro")
    page = operator.get(reverse("admin:postmortems_retrospectivetemplate_change", args=[template.pk]))
    form = dict(page.context["adminform"].form.initial)
    formset = page.context["inline_admin_formsets"][0].formset
    form |= {f"{formset.management_form.prefix}-{name}": value for name, value in formset.management_form.initial.items()}
    form[f"{formset.prefix}-TOTAL_FORMS"] = len(formset.initial_forms)  # without the empty one for another section
    for number, one in enumerate(formset.initial_forms):
        form |= {f"{one.prefix}-{name}": value for name, value in one.initial.items()}
        form |= {
            f"{one.prefix}-id": one.instance.pk,
            f"{one.prefix}-template": template.pk,
            f"{one.prefix}-position": 10 - number,
            f"{one.prefix}-title": f"Title {number}",
        }
    form = {name: value for name, value in form.items() if value not in (None, False)}
    assert operator.post(page.request["PATH_INFO"], form).status_code == 302
    assert list(template.sections.values_list("title", flat=True)) == [f"Title {number}" for number in (4, 3, 2, 1, 0)]


def test_duplicating_copies_every_section_and_switches_the_copy_off(operator):
    template = RetrospectiveTemplate.objects.get(key="standard_blameless")
    for _ in range(2):
        operator.post(TEMPLATES, {"action": "duplicate", "_selected_action": [template.pk]})
    copy = RetrospectiveTemplate.objects.get(key="standard_blameless_2")
    assert RetrospectiveTemplate.objects.filter(key="standard_blameless_3").exists()
    assert not copy.is_active and not copy.is_default
    texts = ["key", "position", "title", "guidance", "prompts", "kind", "required", "audience"]
    assert list(copy.sections.values_list(*texts)) == list(template.sections.values_list(*texts))


def test_a_built_in_template_is_switched_off_not_deleted(operator):
    template = RetrospectiveTemplate.objects.get(key="near_miss")
    assert operator.post(reverse("admin:postmortems_retrospectivetemplate_delete", args=[template.pk]), {"post": "yes"}).status_code == 403


def test_the_admin_shows_no_private_incident_to_an_outsider(operator, alice):
    make_postmortem(alice, incident=make_incident("A secret", is_private=True, members=[alice]))
    assert "A secret" not in operator.get(reverse("admin:postmortems_postmortem_changelist")).content.decode()
