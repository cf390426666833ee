"""Type and custom fields of incidents in rules, placeholders, sections, documents and the knowledge base."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents import conditions, lifecycle
from incidents.access import SYSTEM
from incidents.conditions import Condition, Group, bracketed
from incidents.models import AuditEvent, IncidentType, Tag
from postmortems import drafting, kinds, learning, overview, prefill, publishing, search, template_content
from postmortems.document import build
from postmortems.forms.template_admin import ConditionForm
from postmortems.models import RetrospectiveTemplate, RuleCondition, Section, TemplateRule, TemplateSection
from postmortems.rendering import html
from postmortems.rendering.markdown import markdown
from postmortems.template_content import SectionContent
from tests.factories import T0, make_field, make_incident, make_postmortem, make_user

db = pytest.mark.django_db
NOW = T0 + timedelta(days=1)
A, B, C, D = (Condition("tag", "is", letter) for letter in "abcd")


def has(*letters):
    return {"tag": letters}


# Pure -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("match", "rows", "words", "yes", "no"),
    [
        ("all", [("", A), ("", B)], "tag is “a” and tag is “b”", "ab", "a"),
        ("any", [("", A), ("", B)], "tag is “a” or tag is “b”", "b", "c"),
        ("all", [("", A), ("A", B), ("A", C)], "tag is “a” and (tag is “b” or tag is “c”)", "ac", "bc"),
        ("any", [("A", A), ("", D), ("A", B)], "(tag is “a” and tag is “b”) or tag is “d”", "d", "a"),
        ("all", [("A", A), ("A", B), ("B", C), ("B", D)], "(tag is “a” or tag is “b”) and (tag is “c” or tag is “d”)", "bd", "ab"),
        ("all", [("A", A)], "tag is “a”", "a", "b"),
        ("any", [], "always", "", None),
    ],
)
def test_conditions_in_brackets(match, rows, words, yes, no):
    group = bracketed(rows, match=match)
    assert str(group) == words
    assert group.holds(has(*yes))
    assert no is None or not group.holds(has(*no))


def test_why_names_what_holds_and_nothing_else():
    group = bracketed([("", A), ("A", B), ("A", C), ("A", D)], match="all")
    assert group.held(has("a", "c")) == "tag is “a” and tag is “c”"
    assert group.held(has("a", "c", "d")) == "tag is “a” and (tag is “c” or tag is “d”)"
    assert Group("any", (A, B)).held(has("b")) == "tag is “b”"


@pytest.mark.parametrize(
    ("operator", "value", "found", "holds"),
    [
        ("at_least", "100", ["100"], True),
        ("at_least", "100", ["99.5"], False),
        ("at_most", "1,000", ["20"], True),
        ("at_least", "100", [], False),
        ("at_least", "100", ["many"], False),
        ("at_least", "2026-03-02", ["2026-03-02t10:00:00z"], True),
        ("at_most", "2026-03-02", ["2026-03-02t10:00:00z"], True),
        ("at_most", "2026-03-02", ["2026-03-03"], False),
        ("is_not", "eu", [], True),
    ],
)
def test_numbers_and_days_are_compared(operator, value, found, holds):
    assert Condition("fields.x", operator, value).holds({"fields.x": found}) is holds


def test_a_condition_on_a_custom_field_is_named_as_people_know_it():
    named = {"fields.region": "Region"}
    assert str(conditions.parse({"field": "fields.region", "operator": "is", "value": "EU"}, named)) == "Region is “EU”"
    with pytest.raises(conditions.ConditionError):
        conditions.parse({"field": "fields.regoin", "operator": "is", "value": "EU"}, named)


def test_a_template_may_name_fields_of_the_incident_where_they_are_shown():
    def said(**fields):
        return [problem.message for problem in template_content.section_problems(SectionContent("a", "A", **fields), ["fields", "markdown"])]

    assert said(kind="fields", fields=("region(incident)", "told_on(date)")) == []
    assert "of the kind “Custom fields” only" in said(kind="markdown", fields=("region(incident)",))[0]
    assert said(starting_text="In {{ incident.fields.region }}, {{ incident.type }}.") == []
    assert "There is no placeholder" in said(starting_text="{{ incident.fields.Region! }}")[0]
    named = SectionContent("a", "{{ incident.fields.x }}", kind="fields", fields=("region(incident)",))
    assert template_content.custom_fields_named(named) == {"region", "x"}


@pytest.mark.parametrize(
    ("kind", "lines", "shown"),
    [("fields", "", []), ("fields", "b(incident)\na(incident)\nown(date)", ["b", "a"]), ("fields", "own(date)", None), ("markdown", "", None)],
)
def test_a_section_shows_what_it_names_or_all(kind, lines, shown):
    section = TemplateSection(kind=kind, fields=lines)
    assert kinds.fields_of_incident(section) == shown
    assert "a" not in [field.name for field in kinds.facts_of(section)]


# Rules ----------------------------------------------------------------------------------------------


@pytest.fixture
def fields(db):
    make_field("region", "Region", "choices", options={"eu": "Europe", "us": "United States"}, is_required=True)
    make_field("people", "People notified", "number")
    make_field("told_by", "Told by", "person")
    make_field("facing", "Customer-facing", "switch")


def rule_of(*rows, match="all", **fields):
    rule = TemplateRule.objects.create(name="Ours", priority=1, template=RetrospectiveTemplate.objects.get(key="coe_style"), match=match, **fields)
    for bracket, field, operator, value in rows:
        RuleCondition.objects.create(rule=rule, bracket=bracket, field=field, operator=operator, value=value)
    return rule


@db
def test_a_rule_asks_type_and_fields_and_says_which_conditions_held(fields):
    rule_of(("", "type", "is", "Data"), ("A", "fields.region", "is", "europe"), ("A", "fields.people", "at_least", "100"), ("A", "fields.facing", "is", "yes"))
    data = IncidentType.objects.get(key="data")
    wanted = make_incident(type=data, field_values={"region": ["us", "eu"], "people": 12, "facing": True})
    suggestion = learning.suggest(SYSTEM, wanted)
    assert suggestion.template.key == "coe_style"
    assert suggestion.choice.why == "The rule “Ours” holds: type is “Data” and (Region is “europe” or Customer-facing is “yes”)."
    for other in (
        make_incident(type=data),
        make_incident(field_values={"region": ["eu"]}),
        make_incident(type=data, field_values={"people": 99, "region": ["us"]}),
    ):
        assert learning.suggest(SYSTEM, other).choice.rule == ""


@db
def test_rules_from_before_brackets_read_as_they_did():
    rule = rule_of(("", "severity", "is", "sev1"), ("", "tag", "is", "x"), match="any")
    assert str(learning.when(rule, [])) == "severity is “sev1” or tag is “x”"
    rule.match = "all"
    assert str(learning.when(rule, [])) == "severity is “sev1” and tag is “x”"


@db
def test_the_seeded_rule_takes_tag_or_type():
    tagged = make_incident()
    tagged.tags.add(Tag.objects.create(name="breach"))
    typed = make_incident(type=IncidentType.objects.get(key="security"))
    assert "tag is one of" in learning.suggest(SYSTEM, tagged).choice.why and "type" not in learning.suggest(SYSTEM, tagged).choice.why
    assert learning.suggest(SYSTEM, typed).choice.why == "The rule “Security incidents” holds: type is “security”."


@db
@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"field": "type", "operator": "is", "value": "Security"}, ""),
        ({"field": "type", "operator": "is", "value": "secruity"}, "Did you mean"),
        ({"field": "fields.region", "operator": "is", "value": "Europe"}, ""),
        ({"field": "fields.region", "operator": "any_of", "value": "eu, mars"}, "There is no region “mars”"),
        ({"field": "fields.facing", "operator": "is", "value": "perhaps"}, "There is no customer-facing"),
        ({"field": "fields.people", "operator": "at_least", "value": "many"}, "compare numbers and days"),
        ({"field": "fields.nope", "operator": "is", "value": "x"}, "Select a valid choice"),
        ({"field": "fields.people", "operator": "is", "value": "x", "bracket": "Z"}, "Select a valid choice"),
    ],
)
def test_the_admin_refuses_conditions_that_can_never_hold(fields, row, said):
    form = ConditionForm(row)
    assert form.is_valid() is not bool(said)
    assert said in str(form.errors)


@db
def test_the_admin_and_the_dry_run_take_the_same_queries_however_many(client, fields):
    client.force_login(make_user("root", role="admin", is_staff=True, is_superuser=True))
    rule = rule_of(("", "type", "is", "Data"), ("A", "fields.region", "is", "europe"))
    paths = [
        reverse("admin:postmortems_templaterule_changelist"),
        reverse("admin:postmortems_templaterule_change", args=[rule.pk]),
        reverse("postmortems:template_rules"),
    ]
    make_incident(type=IncidentType.objects.first())

    def queries(path):
        with CaptureQueriesContext(connection) as captured:
            page = client.get(path)
        assert "ype is “Data” and Region is “europe”" in page.content.decode()
        return len(captured)

    [queries(path) for path in paths]
    few = [queries(path) for path in paths]
    for number in range(6):
        RuleCondition.objects.create(rule=rule_of(("", "type", "is", "Data"), is_active=False), field="fields.people", operator="at_least", value="1")
        make_field(f"more{number}", f"More {number}", "choice", options={"a": "A"})
        make_incident(type=IncidentType.objects.last(), field_values={"more1": "a"})
    assert [queries(path) for path in paths] == few


# Placeholders ---------------------------------------------------------------------------------------


@db
def test_placeholders_are_filled_and_unknown_ones_stay(fields):
    incident = make_incident(type=IncidentType.objects.get(key="data"), field_values={"region": ["eu", "us"], "facing": False})
    text = "{{ incident.type }}: {{ incident.fields.region }}, {{incident.fields.facing}}, {{ incident.fields.people }}, {{ incident.fields.gone }}"
    assert prefill.fill(text, drafting.facts_of(incident)) == "Data: Europe, United States, No, –, {{ incident.fields.gone }}"


@db
def test_the_admin_lists_placeholders_and_points_at_unknown_ones(client, fields):
    client.force_login(make_user("root", role="admin", is_staff=True, is_superuser=True))
    template = RetrospectiveTemplate.objects.get(key="quick_retro")
    TemplateSection.objects.filter(template=template, key="q_line").update(guidance="See {{ incident.fields.regoin }} and {{ incident.fields.region }}")
    address = reverse("admin:postmortems_retrospectivetemplate_change", args=[template.pk])
    page = client.get(address)
    assert "{{ incident.fields.region }}" in page.content.decode() and "{{ incident.type }}" in page.content.decode()
    assert "Europe" in client.get(reverse("postmortems:template_preview", args=["quick_retro"])).content.decode()
    from postmortems.template_admin import unknown_fields

    assert unknown_fields(template) == ["regoin"]


# Sections -------------------------------------------------------------------------------------------


@pytest.fixture
def postmortem(alice, fields):
    """With a section that shows what the incident says with its fields, for anybody to read."""
    values = {"region": ["eu"], "told_by": "Noor Haddad", "facing": True}
    postmortem = make_postmortem(alice, "quick_retro", incident=make_incident(type=IncidentType.objects.get(key="data"), field_values=values))
    Section.objects.create(postmortem=postmortem, key="glance", title="At a glance", kind="fields", audience="public", required=True)
    return postmortem


def section_of(document):
    return next((row for row in document["sections"] if row["key"] == "glance"), None)


@db
def test_a_section_is_filled_with_the_incident_and_logged(client, alice, postmortem):
    client.force_login(alice)
    here = reverse("postmortems:section", args=[postmortem.reference, "glance"])
    page = client.get(here).content.decode()
    assert "From the incident" in page and "field-region" in page and 'name="type"' in page
    address = reverse("incidents:incident_fields", args=[postmortem.incident.reference])
    assert f"{address}?only=&amp;next={here}%23fields-{postmortem.incident.reference}" in page
    sent = {"version": "1", "type": "data", "field-region": ["eu", "us"], "field-people": "212", "field-facing": "yes", "field-told_by": "Noor Haddad"}
    answer = client.post(f"{address}?only=&next={here}", sent)
    assert (answer.status_code, answer.url) == (302, here)
    changed = AuditEvent.objects.get(verb="incident edited").detail["changed"]["fields"]
    assert changed == {"Region": ["Europe", "Europe, United States"], "People notified": ["", "212"]}
    assert client.post(f"{address}?only=&next={here}", sent).status_code == 409


@db
def test_a_section_that_names_fields_shows_those_and_keeps_its_own(client, alice, postmortem):
    section = postmortem.sections.get(key="glance")
    Section.objects.filter(pk=section.pk).update(fields="people(incident)\nregion(incident)\ntold_on(date)", values={"told_on": "2026-03-03"})
    client.force_login(alice)
    page = client.get(reverse("postmortems:section", args=[postmortem.reference, "glance"])).content.decode()
    assert "field-region" in page and "field-facing" not in page and "value-told_on" in page and 'name="type"' not in page
    row = section_of(build(postmortem, "internal", NOW))
    assert [(one["label"], one["value"]) for one in row["fields"]] == [("Region", "Europe"), ("Told on", "3 Mar 2026")]


@db
def test_what_is_wanted_and_empty_is_missing(postmortem):
    assert overview.completeness_of(postmortem).of("glance").state == "done"
    lifecycle.edit(actor=SYSTEM, incident=postmortem.incident, version=1, values={"region": None})
    assert overview.completeness_of(postmortem).of("glance").gaps == ("“Region” is not filled in.",)
    lifecycle.edit(actor=SYSTEM, incident=postmortem.incident, version=2, values={"told_by": None, "facing": None})
    assert overview.completeness_of(postmortem).of("glance").state == "missing"


@db
def test_the_document_freezes_them_in_every_form_and_names_nobody_outside(alice, postmortem):
    inside, outside = (build(postmortem, audience, NOW) for audience in ("internal", "public"))
    assert [one["label"] for one in section_of(inside)["fields"]] == ["Customer-facing", "Region", "Told by"]
    assert [one["label"] for one in section_of(outside)["fields"]] == ["Customer-facing", "Region"]
    assert "Noor Haddad" not in str(outside)
    assert inside["incident"]["type"] == {"key": "data", "name": "Data"}
    for told in (html.body(inside), markdown(inside), html.printable(inside, url="", base_url="")):
        assert "Region" in told and "Europe" in told
    assert "Data" in markdown(inside)
    revision = publishing.publish(actor=alice, postmortem=postmortem, audience="internal", now=NOW)
    lifecycle.edit(actor=SYSTEM, incident=postmortem.incident, version=1, values={"region": ["us"]})
    revision.refresh_from_db()
    assert section_of(revision.document)["fields"][1]["value"] == "Europe"


@db
def test_a_section_inside_stays_inside_and_an_empty_one_is_left_out(postmortem):
    Section.objects.filter(key="glance").update(audience="internal")
    assert section_of(build(postmortem, "public", NOW)) is None
    lifecycle.edit(actor=SYSTEM, incident=postmortem.incident, version=1, values={"region": None, "told_by": None, "facing": None})
    assert section_of(build(postmortem, "internal", NOW)) is None


@db
def test_several_incidents_are_told_apart(alice, postmortem):
    from postmortems import covering

    other = make_incident("Another", field_values={"region": ["us"]})
    covering.cover(actor=alice, postmortem=postmortem, incidents=[other])
    lifecycle.edit(actor=SYSTEM, incident=other, version=1, values={"region": None, "told_by": "Ines"})
    assert overview.completeness_of(postmortem).of("glance").gaps == (f"{other.reference}: “Region” is not filled in.",)
    lifecycle.edit(actor=SYSTEM, incident=other, version=2, values={"region": ["us"]})
    labels = [one["label"] for one in section_of(build(postmortem, "internal", NOW))["fields"]]
    assert f"Region ({postmortem.incident.reference})" in labels and f"Region ({other.reference})" in labels


@db
def test_each_incident_is_filled_in_on_top_of_its_own_version(client, alice, postmortem):
    from postmortems import covering

    other = make_incident("Another", field_values={"region": ["us"]})
    covering.cover(actor=alice, postmortem=postmortem, incidents=[other])
    client.force_login(alice)
    here = reverse("postmortems:section", args=[postmortem.reference, "glance"])
    page = client.get(here).content.decode()
    both = (postmortem.incident.reference, other.reference)
    assert all(f'id="fields-{one}"' in page and f'id="id_{one}_field-people"' in page and f"Save to {one}" in page for one in both)
    assert page.index(f'id="fields-{both[0]}"') < page.index(f'id="fields-{both[1]}"') and page.count('<datalist id="people">') == 1
    address = f"{reverse('incidents:incident_fields', args=[other.reference])}?only=&next={here}%23fields-{other.reference}"
    sent = {"version": "1", "field-region": ["eu"], "field-people": "3"}
    assert client.post(address, sent).url == f"{here}#fields-{other.reference}"
    other.refresh_from_db()
    postmortem.incident.refresh_from_db()
    assert (other.field_values, other.version) == ({"region": ["eu"], "people": 3}, 2) and postmortem.incident.version == 1
    assert client.post(address, sent | {"field-people": "4"}).status_code == 409
    assert client.post(address, {"version": "2", "field-people": "many"}).status_code == 422


@db
def test_the_section_takes_the_same_queries_however_many_incidents(client, alice, postmortem):
    from postmortems import covering

    client.force_login(alice)
    here = reverse("postmortems:section", args=[postmortem.reference, "glance"])

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(here)
        return len(captured)

    covering.cover(actor=alice, postmortem=postmortem, incidents=[make_incident()])
    queries()
    few = queries()
    covering.cover(actor=alice, postmortem=postmortem, incidents=[make_incident(type=IncidentType.objects.get(key="data")) for _ in range(6)])
    assert queries() == few


@db
def test_hostile_values_are_text_everywhere(alice, postmortem, client):
    evil = "<img src=x onerror=alert(1)>|[a](javascript:alert(1))"
    make_field("note", evil)
    lifecycle.edit(actor=SYSTEM, incident=postmortem.incident, version=1, values={"note": evil})
    document = build(postmortem, "internal", NOW)
    assert "<img" not in html.body(document) and "<img" not in html.printable(document, url="", base_url="")
    assert "<img" not in markdown(document).replace("\\<", "") and "[a](" not in markdown(document)
    client.force_login(alice)
    page = client.get(reverse("postmortems:section", args=[postmortem.reference, "glance"])).content.decode()
    assert "<img src=x" not in page
    preview = client.post(reverse("postmortems:section_preview", args=[postmortem.reference, "glance"]), {"body": "Words"}).content.decode()
    assert "Europe" in preview and "<img" not in preview


@db
def test_a_change_of_the_incident_shows_in_what_was_approved(postmortem):
    from postmortems.approvals import seals_of

    sections = list(postmortem.sections.all())
    before = seals_of(postmortem, sections)
    lifecycle.edit(actor=SYSTEM, incident=postmortem.incident, version=1, values={"region": ["us"]})
    after = seals_of(postmortem, sections)
    assert [key for key in before if before[key] != after[key]] == ["glance"]


@db
def test_lists_of_postmortems_take_the_same_queries_however_many(client, alice, postmortem):
    client.force_login(alice)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get("/postmortems/")
        return len(captured)

    few = queries()
    for number in range(5):
        more = make_postmortem(alice, "quick_retro", incident=make_incident(f"More {number}", field_values={"region": ["eu"]}))
        Section.objects.create(postmortem=more, key="glance", title="At a glance", kind="fields")
    assert queries() == few


# The knowledge base ---------------------------------------------------------------------------------


@db
def test_the_knowledge_base_is_narrowed_by_type(alice, client, postmortem):
    publishing.publish(actor=alice, postmortem=postmortem, audience="internal", now=NOW)
    publishing.publish(actor=alice, postmortem=make_postmortem(alice, "quick_retro"), audience="internal", now=NOW)
    assert [hit.subject.reference for hit in search.find(alice, "", search.Filters(type="data")).hits] == [postmortem.reference]
    assert search.find(alice, "europe", search.Filters(type="data")).total == 1
    client.force_login(alice)
    assert client.get("/knowledge/?type=data").content.decode().count('class="hit"') == 1
    assert client.get("/knowledge/?type=nope").status_code == 422
