import pytest

from incidents import seeding
from postmortems.models import RetrospectiveTemplate, TemplateSection
from postmortems.seeding import builtin_keys, widest

pytestmark = pytest.mark.django_db


def section(template, key):
    return TemplateSection.objects.get(template__key=template, key=key)


def test_every_built_in_template_is_there_with_its_sections():
    assert set(RetrospectiveTemplate.objects.values_list("key", flat=True)) == builtin_keys()
    standard = RetrospectiveTemplate.objects.get(is_default=True)
    assert standard.key == "standard_blameless"
    assert list(standard.sections.values_list("key", flat=True))[:5] == ["summary", "impact", "milestones", "background", "timeline"]
    assert not RetrospectiveTemplate.objects.filter(sections=None).exists()


def test_a_section_has_questions_fields_and_the_widest_audience():
    impact = section("standard_blameless", "impact")
    assert impact.required and impact.audience == "public" and impact.kind == "impact"
    assert len(impact.questions) == 7
    assert impact.fields.splitlines()[0] == "impact_start"


def test_a_template_overrides_title_audience_and_adds_its_note():
    assert section("sre_style", "factors").title == "Contributing causes"
    assert section("security_incident", "summary").audience == "internal"
    assert section("sre_style", "impact").minimum.endswith("error_budget_spent_pct is required here")


def test_seeding_again_leaves_what_administrators_changed():
    RetrospectiveTemplate.objects.filter(key="near_miss").update(name="Good catch")
    section("near_miss", "nm_thanks").delete()
    assert seeding.seed_all() == 0
    template = RetrospectiveTemplate.objects.get(key="near_miss")
    assert template.name == "Good catch"
    assert not template.sections.filter(key="nm_thanks").exists()


@pytest.mark.parametrize(("letters", "audience"), [(["I"], "internal"), (["S", "I"], "stakeholder"), (["I", "S", "P"], "public")])
def test_the_widest_audience_wins(letters, audience):
    assert widest(letters) == audience
