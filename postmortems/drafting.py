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
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line, clean_text
from incidents.models import AuditEvent, Incident, User
from postmortems import commenting
from postmortems.fields import parse_fields
from postmortems.models import Postmortem, RetrospectiveTemplate, Section, SectionVersion
from postmortems.prefill import Facts, fill, prefill

BODY_LIMIT = 100_000
VALUE_LIMIT = 2_000
COPIED = ("key", "position", "kind", "fields", "minimum", "required", "audience")


class SectionConflict(Conflict):
    """Somebody saved first. `current` is what is stored now, `lost` the text that came too late, kept as a version."""

    def __init__(self, current: Section, lost: SectionVersion) -> None:
        super().__init__(current)
        self.lost = lost


def facts_of(incident: Incident) -> Facts:
    """What is on record of an incident; milestones count once a person decided them."""
    decided = incident.milestones.filter(at__isnull=False).values_list("kind__key", "at")
    return Facts(
        reference=incident.reference,
        title=incident.title,
        summary=incident.summary,
        severity=incident.severity.name if incident.severity else "",
        services=list(incident.services.values_list("name", flat=True)),
        team=str(incident.team or ""),
        lead=str(incident.lead or ""),
        zone=ZoneInfo(incident.time_zone),
        milestones={key: at for key, at in decided if at},
    )


@transaction.atomic
def start(*, actor: Actor, incident: Incident, template: RetrospectiveTemplate) -> Postmortem:
    """Make a draft with a copy of the template's sections, filled with what is known."""
    require(actor, "draft")
    person = actor if isinstance(actor, User) else None
    postmortem = Postmortem.objects.create(incident=incident, template=template, title=clean_line(incident.title), owner=person, created_by=person)
    facts = facts_of(incident)
    sections = []
    for text in template.sections.all():
        first = prefill(text.kind, text.key, [field.name for field in parse_fields(text.fields)], text.starting_text, facts)
        texts = {name: fill(getattr(text, name), facts) for name in ("title", "guidance", "prompts")}
        copied = {name: getattr(text, name) for name in COPIED}
        body = clean_text(first.body, limit=BODY_LIMIT)
        sections.append(Section(postmortem=postmortem, body=body, values=dict(first.values), **copied, **texts))
    sections = Section.objects.bulk_create(sections)
    SectionVersion.objects.bulk_create(SectionVersion(section=section, number=1, body=section.body, values=section.values) for section in sections)
    AuditEvent.record(actor, "postmortem.started", postmortem.reference, incident=incident.reference, template=template.key)
    return postmortem


def save_section(*, actor: Actor, section: Section, version: int, body: str, values: dict[str, Any]) -> Section:
    """Save on top of `version` and return the section as stored.

    Raises SectionConflict when `version` is not the newest, after keeping the text. Sending again what is already stored is no
    conflict: a client whose answer got lost on the way may simply repeat itself.
    """
    require(actor, "draft")
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
            commenting.follow(section, body)
        current = Section.objects.select_related("updated_by").get(pk=section.pk)
        if won or (current.body, current.values) == (body, values):
            return current
        lost = keep_lost(current, version, body, values, person)
    raise SectionConflict(current, lost)


def keep_lost(section: Section, version: int, body: str, values: dict[str, str], person: User | None) -> SectionVersion:
    """Keep a text that came too late; the same text of the same person once."""
    kept = SectionVersion.objects.filter(section=section, number=version, is_lost=True, body=body, saved_by=person).first()
    if kept and kept.values == values:
        return kept
    return SectionVersion.objects.create(section=section, number=version, is_lost=True, body=body, values=values, saved_by=person)


def accepted(section: Section, values: dict[str, Any]) -> dict[str, str]:
    """Return the values that the section's kind has a place for, as clean strings."""
    names = {field.name for field in parse_fields(section.fields)} | ({"show"} if section.kind == "timeline" else set())
    return {name: clean_text(str(value), limit=VALUE_LIMIT) for name, value in values.items() if name in names and value not in (None, "")}


@transaction.atomic
def save_details(*, actor: Actor, postmortem: Postmortem, version: int, title: str, owner: User | None, status: str) -> Postmortem:
    """Change title, owner and status on top of `version`. Raises Conflict when that is not the newest."""
    require(actor, "draft")
    changes = {"title": clean_line(title), "owner": owner, "status": status, "updated_at": timezone.now()}
    if not Postmortem.objects.filter(pk=postmortem.pk, version=version).update(version=F("version") + 1, **changes):
        raise Conflict(Postmortem.objects.get(pk=postmortem.pk))
    AuditEvent.record(actor, "postmortem.edited", postmortem.reference, status=status)
    return Postmortem.objects.get(pk=postmortem.pk)
