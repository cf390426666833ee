"""Moving a post-mortem to a newer version of its template: what differs is shown, what is chosen is taken, no word is lost."""

from dataclasses import replace

import pytest
from django.urls import reverse

from incidents.access import SYSTEM
from incidents.lib.conflict import Conflict
from incidents.models import Incident
from postmortems import authoring, drafting, moving
from postmortems.models import Dismissal, RetrospectiveTemplate, Section
from postmortems.template_content import SectionContent, TemplateContent
from postmortems.template_moves import arranged, fits, is_filled_in, steps
from tests.factories import make_incident, make_postmortem, make_user

db = pytest.mark.django_db


@pytest.fixture
def template(db):
    """A template of our own: three sections, the first with placeholders."""
    content = TemplateContent(
        "ours",
        "Ours",
        sections=(
            SectionContent("what", "What happened to {{ incident.services }}", guidance="Say it."),
            SectionContent("effect", "Effect", kind="impact", fields=("users_affected_n", "data_effect(none|lost)")),
            SectionContent("thanks", "Thanks"),
        ),
    )
    return authoring.write(actor=SYSTEM, content=content, origin="edited", offer={"is_active": True})


def renewed(template, **sections):
    """Write the next version: each named section changed, None for gone, a SectionContent for new."""
    content = authoring.content_of(RetrospectiveTemplate.objects.get(pk=template.pk))
    rows = {section.key: section for section in content.sections}
    for key, change in sections.items():
        if change is None:
            del rows[key]
        else:
            rows[key] = change if isinstance(change, SectionContent) else replace(rows[key], **change)
    authoring.write(actor=SYSTEM, content=replace(content, sections=tuple(rows.values())), origin="edited")
    return template.versions.first()


def states(move):
    return {step.key: step.state for step in move.steps}


def take(postmortem, version, *keys, **options):
    return moving.move(actor=SYSTEM, postmortem=postmortem, version=version, seen=postmortem.version, take=keys, **options)


def test_order_puts_new_sections_behind_their_predecessor():
    assert arranged(["a", "c", "old"], ["b", "a", "c", "d"], take_order=False) == ["b", "a", "c", "d", "old"]
    assert arranged(["a", "old", "c"], ["c", "a"], take_order=True) == ["c", "a", "old"]
    assert arranged([], ["a"], take_order=False) == ["a"]


@pytest.mark.parametrize(
    ("text", "filled", "expected"),
    [
        ("Say it.", "Say it.", True),
        ("Say it.", "Say it in one line.", False),
        ("Of {{ incident.services }}, a {{ incident.severity }}", "Of Till, a SEV1", True),
        ("Of {{ incident.services }}, a {{ incident.severity }}", "Of Till: a SEV1", False),
        ("{{ incident.title }}{{ incident.title }}", "", True),
        ("ab{{ incident.title }}bc", "abc", False),  # the same letter is not both
        ("a{{ incident.title }}b{{ incident.title }}c", "a-c", False),
    ],
)
def test_what_stands_for_a_placeholder_is_no_difference(text, filled, expected):
    assert fits(text, filled) is expected


def test_a_question_that_is_gone_does_not_hide_behind_a_placeholder():
    assert is_filled_in(("Of {{ incident.title }}", "And?"), ("Of the till", "And?"))
    assert not is_filled_in(("Of {{ incident.title }}", "And?"), ("Of the till", "Who?", "And?"))


def test_a_wider_audience_is_pointed_out():
    mine = [SectionContent("a", "A", audience="internal")]
    new = SectionContent("a", "A", audience="public")
    assert steps(mine, TemplateContent("t", "T", sections=(new,)), {"a": new})[0].widens


@db
def test_a_post_mortem_keeps_the_version_it_started_with(template, alice):
    postmortem = make_postmortem(alice, "ours")
    renewed(template, what={"guidance": "Say it in one line."})
    assert postmortem.template_version == 1
    assert postmortem.sections.get(key="what").guidance == "Say it."


@db
def test_only_what_the_template_changed_is_a_difference(template, alice):
    postmortem = make_postmortem(alice, "ours")
    version = renewed(template, what={"guidance": "Say it in one line."}, effect={"required": True})
    Incident.objects.get(pk=postmortem.incident_id).services.create(key="till", name="Till")  # the title would be filled in differently now
    move = moving.plan(postmortem, version)
    assert states(move) == {"what": "changed", "effect": "changed", "thanks": "same"}
    assert [(part.name, part.mine, part.theirs) for step in move.steps for part in step.parts] == [
        ("guidance", "Say it.", "Say it in one line."),
        ("required", "no", "yes"),
    ]


@db
def test_what_is_chosen_is_taken_and_the_rest_stays(template, alice):
    postmortem = make_postmortem(alice, "ours")
    drafting.save_section(actor=alice, section=postmortem.sections.get(key="what"), version=1, body="Our words.", values={})
    version = renewed(template, what={"guidance": "Shorter."}, effect={"title": "Impact"}, more=SectionContent("more", "More"))
    moved = take(postmortem, version, "what", "more")
    assert moved.template_version == 2
    rows = list(postmortem.sections.values_list("key", "title", "guidance", "body"))
    assert rows == [
        ("what", "What happened to –", "Shorter.", "Our words."),
        ("effect", "Effect", "", ""),
        ("thanks", "Thanks", "", ""),
        ("more", "More", "", ""),
    ]
    assert postmortem.sections.get(key="more").versions.count() == 1


@db
def test_what_was_not_taken_can_be_taken_later(client, template, alice):
    postmortem = make_postmortem(alice, "ours")
    version = renewed(template, what={"guidance": "Shorter."}, effect={"title": "Impact"})
    moved = take(postmortem, version, "what")
    assert states(moving.plan(moved, version)) == {"what": "same", "effect": "changed", "thanks": "same"}
    client.force_login(alice)
    page = client.get(reverse("postmortems:template_move", args=[moved.reference])).content.decode()
    assert "What is different from version 2" in page
    assert 'value="effect">' in page, "not ticked: somebody left it"
    assert reverse("postmortems:template_move", args=[moved.reference]) in client.get(moved.get_absolute_url()).content.decode()
    take(moved, version, "effect")
    assert postmortem.sections.get(key="effect").title == "Impact"


@db
def test_a_section_in_which_somebody_wrote_is_never_removed(template, alice):
    postmortem = make_postmortem(alice, "ours")
    section = postmortem.sections.get(key="thanks")
    drafting.save_section(actor=alice, section=section, version=1, body="To Noor.", values={})
    version = renewed(template, thanks=None)
    assert moving.plan(postmortem, version).stays == {"thanks"}
    take(postmortem, version, "thanks")
    assert postmortem.sections.get(key="thanks").body == "To Noor."


@db
def test_a_section_with_something_hung_on_it_stays_too_and_an_untouched_one_goes(template, alice):
    postmortem = make_postmortem(alice, "ours")
    dismissal = Dismissal.objects.create(section=postmortem.sections.get(key="effect"), category="verdict", words="bad", passage="bad", digest="x")
    version = renewed(template, effect=None, thanks=None)
    take(postmortem, version, "effect", "thanks")
    assert list(postmortem.sections.values_list("key", flat=True)) == ["what", "effect"]
    assert Dismissal.objects.filter(pk=dismissal.pk).exists()


@db
def test_values_of_fields_that_are_gone_go_into_the_text(template, alice):
    postmortem = make_postmortem(alice, "ours")
    section = postmortem.sections.get(key="effect")
    drafting.save_section(actor=alice, section=section, version=1, body="Many.", values={"users_affected_n": "120", "data_effect": "lost"})
    version = renewed(template, effect={"fields": ("data_effect(none|lost)",)})
    take(postmortem, version, "effect")
    section.refresh_from_db()
    assert (section.body, section.values, section.version) == ("Many.\n\n- People affected: 120", {"data_effect": "lost"}, 3)
    assert section.versions.first().body == section.body


@db
def test_the_order_is_taken_when_asked_for(template, alice):
    postmortem = make_postmortem(alice, "ours")
    content = authoring.content_of(template)
    authoring.write(actor=SYSTEM, content=replace(content, sections=content.sections[::-1]), origin="edited")
    version = template.versions.first()
    assert moving.plan(postmortem, version).is_reordered
    take(postmortem, version, take_order=True)
    assert list(postmortem.sections.values_list("key", flat=True)) == ["thanks", "effect", "what"]


@db
def test_a_lost_race_takes_nothing(template, alice):
    postmortem = make_postmortem(alice, "ours")
    version = renewed(template, what={"guidance": "Shorter."})
    drafting.save_details(actor=alice, postmortem=postmortem, version=1, title="Other", owner=None)
    with pytest.raises(Conflict):
        take(postmortem, version, "what")
    assert postmortem.sections.get(key="what").guidance == "Say it."


@db
def test_the_page_compares_and_takes(client, alice, template):
    postmortem = make_postmortem(alice, "ours")
    renewed(template, what={"guidance": "Say less."}, effect={"audience": "public"})
    client.force_login(alice)
    address = reverse("postmortems:template_move", args=[postmortem.reference])
    assert "There is version 2." in client.get(postmortem.get_absolute_url()).content.decode()
    page = client.get(address)
    assert [(row["step"].key, row["checked"]) for row in page.context["rows"]] == [("what", True), ("effect", False)]
    assert "lets more people read this section" in page.content.decode()
    assert client.post(address, {"version": 9, "to": "2", "take": "what"}).status_code == 409
    assert client.post(address, {"version": 1, "to": "2", "take": "what"}).status_code == 302
    assert Section.objects.get(postmortem=postmortem, key="what").guidance == "Say less."
    assert "There is version" not in client.get(postmortem.get_absolute_url()).content.decode()
    assert client.get(address, {"to": "7"}).status_code == client.get(address, {"to": "x"}).status_code == 404


@db
def test_others_do_not_get_to_see_it(client, alice, charlie, template):
    postmortem = make_postmortem(alice, "ours", incident=make_incident(is_private=True, members=[alice]))
    address = reverse("postmortems:template_move", args=[postmortem.reference])
    for person in (charlie, make_user("mallory", role="facilitator")):
        client.force_login(person)
        assert client.get(address).status_code == client.post(address, {"version": 1}).status_code == 404


@db
def test_a_post_mortem_from_before_versions_is_compared_as_it_is(template, alice):
    postmortem = make_postmortem(alice, "ours")
    postmortem.template_version = None
    postmortem.save()
    assert not moving.plan(postmortem, template.versions.first()).differs
