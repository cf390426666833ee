"""Writes. From an incident and a template to a post-mortem, and every save of its sections.

Saving is compare-and-set: who saves on top of a version that is no longer the newest gets a `SectionConflict`, and the text
that lost the race is kept as a version too, so that no word is ever lost.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents.access import Actor, require
from incidents.custom_fields import Told, words
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line, clean_text
from incidents.models import AuditEvent, CustomField, Incident, User
from postmortems import chains, commenting, kinds, reviewing, rows, stepping
from postmortems.access import require_open
from postmortems.fields import parse_fields
from postmortems.models import Factor, Postmortem, RetrospectiveTemplate, Section, SectionText, SectionVersion, TemplateSection
from postmortems.prefill import Facts, fill, prefill

BODY_LIMIT = 100_000
VALUE_LIMIT = 2_000
COPIED = ("key", "position", "kind", "fields", "minimum", "required", "audience")
TITLE_LIMIT = 200


class SectionConflict(Conflict):
    """Somebody saved first. `current` is what is stored now, `lost` the text that came too late, kept as a version."""

    def __init__(self, current: Section, lost: SectionVersion) -> None:
        super().__init__(current)
        self.lost = lost


def facts_of(incident: Incident) -> Facts:
    """What is on record of an incident; milestones count once a person decided them."""
    decided = incident.milestones.filter(at__isnull=False).values_list("kind__key", "at")
    zone = ZoneInfo(incident.time_zone)
    return Facts(
        reference=incident.reference,
        title=incident.title,
        summary=incident.summary,
        type=incident.type.name if incident.type else "",
        severity=incident.severity.name if incident.severity else "",
        services=list(incident.services.values_list("name", flat=True)),
        team=str(incident.team or ""),
        lead=str(incident.lead or ""),
        zone=zone,
        milestones={key: at for key, at in decided if at},
        fields=[Told(one, value := incident.field_values.get(one.key), words(one, value, zone)) for one in CustomField.objects.definitions()],
    )


@transaction.atomic
def start(*, actor: Actor, incident: Incident, template: RetrospectiveTemplate, title: str = "") -> Postmortem:
    """Make a draft with a copy of the template's sections, filled with what is known; without a title, with the suggested one."""
    require(actor, "draft")
    person = actor if isinstance(actor, User) else None
    title = clean_line(title) or suggested_title(actor, incident, template)
    named = {"title": title, "owner": person, "created_by": person}
    postmortem = Postmortem.objects.create(incident=incident, template=template, template_version=template.version or None, **named)
    facts = facts_of(incident)
    add_sections([first_section(postmortem, text, facts) for text in template.sections.all()])
    stepping.begin(postmortem=postmortem)
    AuditEvent.record(actor, "postmortem.started", postmortem.reference, incident=incident.reference, template=template.key)
    return postmortem


def suggested_title(actor: Actor, incident: Incident, template: RetrospectiveTemplate) -> str:
    """The incident's title; where there is a document already, with the template's name, so that the two can be told apart."""
    if not Postmortem.objects.visible_to(actor).filter(incident=incident).exists():
        return clean_line(incident.title)
    return clean_line(f"{clean_line(incident.title, limit=190)} – {template.name}")


def first_section(postmortem: Postmortem | None, text: TemplateSection, facts: Facts) -> Section:
    """Return an unsaved section as it begins: the template's texts, and what is known filled in."""
    first = prefill(text.kind, text.key, [field.name for field in parse_fields(text.fields)], text.starting_text, facts)
    copied = {name: getattr(text, name) for name in COPIED}
    body = clean_text(first.body, limit=BODY_LIMIT)
    return Section(postmortem=postmortem, body=body, values=dict(first.values), **copied, **filled_texts(text, facts))


def filled_texts(text: SectionText, facts: Facts) -> dict[str, str]:
    """Return title, guidance and questions of a template with their placeholders replaced."""
    return {"title": fill(text.title, facts)[:TITLE_LIMIT], "guidance": fill(text.guidance, facts), "prompts": fill_lines(text.prompts, facts)}


def fill_lines(text: str, facts: Facts) -> str:
    """Replace placeholders line by line: what is filled in may have lines of its own."""
    return "\n".join(" ".join(fill(line, facts).split()) for line in text.splitlines())


def add_sections(sections: list[Section]) -> list[Section]:
    sections = Section.objects.bulk_create(sections)
    SectionVersion.objects.bulk_create(SectionVersion(section=section, number=1, body=section.body, values=section.values) for section in sections)
    return sections


def save_section(*, actor: Actor, section: Section, version: int, body: str, values: dict[str, Any]) -> Section:
    """Save on top of `version` and return the section as stored.

    Raises SectionConflict when `version` is not the newest, after keeping the text. Sending again what is already stored is no
    conflict: a client whose answer got lost on the way may simply repeat itself.
    """
    require_open(actor, section.postmortem_id)
    body = clean_text(body, limit=BODY_LIMIT)
    values = accepted(section, values)
    person = actor if isinstance(actor, User) else None
    with transaction.atomic():
        now = timezone.now()
        won = Section.objects.filter(pk=section.pk, version=version).update(
            version=F("version") + 1, body=body, values=values, updated_at=now, updated_by=person
        )
        if won:
            SectionVersion.objects.create(section_id=section.pk, number=version + 1, body=body, values=values, saved_by=person)
            Postmortem.objects.filter(pk=section.postmortem_id).update(updated_at=now)
            commenting.follow(section, version, body, values)
            reviewing.follow_edit(actor, section.postmortem_id, section.title)
            stepping.follow(section.postmortem_id, "draft")
        current = Section.objects.select_related("updated_by").get(pk=section.pk)
        if won or (current.body, current.values) == (body, values):
            return current
        lost = keep_lost(current, version, body, values, person)
    raise SectionConflict(current, lost)


def keep_lost(section: Section, version: int, body: str, values: dict[str, Any], person: User | None) -> SectionVersion:
    """Keep a text that came too late; the same text of the same person once."""
    kept = SectionVersion.objects.filter(section=section, number=version, is_lost=True, body=body, saved_by=person).first()
    if kept and kept.values == values:
        return kept
    return SectionVersion.objects.create(section=section, number=version, is_lost=True, body=body, values=values, saved_by=person)


def accepted(section: Section, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values that the section's kind has a place for, as clean strings, and its rows."""
    facts = kinds.facts_of(section)
    limits = {field.name: field.limit for field in facts}
    limits |= {field.name + kinds.SOURCE: VALUE_LIMIT for field in facts if kinds.has_sources(section, field)}
    limits |= {field.name + kinds.QUALITY: VALUE_LIMIT for field in facts if kinds.has_sources(section, field)}
    limits |= {"show": VALUE_LIMIT} if section.kind == "timeline" else {}
    kept = {name: clean_text(str(value), limit=limits[name]) for name, value in values.items() if name in limits and value not in (None, "")}
    return kept | rows_accepted(section, values)


def rows_accepted(section: Section, values: dict[str, Any]) -> dict[str, Any]:
    columns, given = kinds.columns_of(section), values.get("rows")
    if not columns or not isinstance(given, list):
        return {}
    kept = rows.cleaned(given, columns, is_tree=kinds.shape_of(section) == "tree", most=kinds.most_rows(columns))
    if kinds.shape_of(section) == "questions":
        kept = [row for row in kept if row.keys() - {"question"}]
    if named := chains.factors_named({"rows": kept}) if chains.is_chain(section) else set():
        kept = chains.renamed(kept, dict(Factor.objects.filter(postmortem=section.postmortem_id, pk__in=named).values_list("pk", "statement")))
    return {"rows": kept} if kept else {}


@transaction.atomic
def save_details(*, actor: Actor, postmortem: Postmortem, version: int, title: str, owner: User | None) -> Postmortem:
    """Change title and owner on top of `version`. Raises Conflict when that is not the newest. The state has moves of its own, in `reviewing.py`."""
    require_open(actor, postmortem)
    title = clean_line(title)
    before = Postmortem.objects.filter(pk=postmortem.pk, version=version).first()
    changes = {"title": title, "owner": owner, "updated_at": timezone.now()}
    if before is None or not Postmortem.objects.filter(pk=postmortem.pk, version=version).update(version=F("version") + 1, **changes):
        raise Conflict(Postmortem.objects.get(pk=postmortem.pk))
    stepping.follow(postmortem.pk)
    AuditEvent.record(actor, "postmortem.edited", postmortem.reference, owner=owner.username if owner else None)
    if title != before.title:
        reviewing.follow_edit(actor, postmortem.pk, "The title")
    return Postmortem.objects.get(pk=postmortem.pk)
