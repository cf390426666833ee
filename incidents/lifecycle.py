"""Writes. Declare, edit, restrict, curate: every change a person makes to an incident.

Each function compares and sets: it takes the version that the person saw and raises `Conflict` when that is no longer
the current one, so that nobody's words are lost in silence. Text is cleaned here, whoever calls.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents import custom_field_values, custom_fields, fusing
from incidents.access import Actor
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line, clean_text
from incidents.lib.timestamps import impossible
from incidents.measuring import announce, begin, remeasure
from incidents.models import (
    AuditEvent,
    Curation,
    CustomField,
    FieldValue,
    Incident,
    IncidentMember,
    IncidentType,
    Kind,
    Precision,
    Salience,
    Service,
    SourceClock,
    Tag,
    TimelineEvent,
    User,
)

MANUAL = "manual"  # the source of entries that people add
FIELDS = ("kind", "title", "summary", "type", "severity", "team", "lead", "time_zone", "status")
CURATION_FIELDS = ("is_hidden", "salience", "kind", "title", "note", "corrected_at")
TOLD_AGAIN = {"is_hidden", "kind", "corrected_at"}  # what makes an entry the same fact as another, or no longer


@transaction.atomic
def declare(
    *,
    actor: Actor,
    title: str,
    services: Iterable[Service] = (),
    tags: Iterable[str] = (),
    is_private: bool = False,
    members: Iterable[User] = (),
    values: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Incident:
    """Make an incident. The declaring person is on it from the start, so a private one is never lost to everybody.

    `values` are those of custom fields, by key; none is ever required.
    """
    person = actor if isinstance(actor, User) else None
    incident = Incident(title=clean_line(title), is_private=is_private, created_by=person, **cleaned(fields))
    incident.started_at = fields.get("started_at") or timezone.now()
    offered(incident.type, before=None)
    incident.full_clean(exclude=["severity", "type", "team", "lead", "created_by"])  # rows at hand; the database checks them again
    said = take_values(incident, values or {})
    incident.save()
    if said:
        index_values(incident)
    incident.services.add(*services)
    incident.tags.add(*tags_named(tags))
    people = list(dict.fromkeys([*([person] if person else []), *members]))
    IncidentMember.objects.bulk_create(IncidentMember(incident=incident, user=user) for user in people)
    AuditEvent.record(actor, "incident declared", incident.reference, title=incident.title, private=is_private)
    if incident.has_happened:
        begin(incident=incident)
    return incident


@transaction.atomic
def edit(
    *,
    actor: Actor,
    incident: Incident,
    version: int,
    services: Iterable[Service] | None = None,
    tags: Iterable[str] | None = None,
    values: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Incident:
    """Change what the incident says about itself; `values` are those of custom fields that change, None takes one back.

    Raises Conflict when somebody else saved since `version`.
    """
    current = Incident.objects.select_for_update().get(pk=incident.pk)
    if current.version != version:
        raise Conflict(current)
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"Not a field of an incident that people edit: {', '.join(sorted(unknown))}")
    if "type" in fields:
        offered(fields["type"], before=current.type)
    changed: dict[str, Any] = {}
    for name, value in cleaned(fields).items():
        if getattr(current, name) != value:
            changed[name] = [str(getattr(current, name) or ""), str(value or "")]
            setattr(current, name, value)
    current.full_clean()
    updates = {name: getattr(current, name) for name in changed}
    if said := take_values(current, values or {}):
        changed["fields"], updates["field_values"] = said, current.field_values
    if not Incident.objects.filter(pk=current.pk, version=version).update(version=F("version") + 1, updated_at=timezone.now(), **updates):
        raise Conflict(Incident.objects.get(pk=current.pk))
    if said:
        index_values(current)
    if services is not None and set(current.services.all()) != set(services := list(services)):
        changed["services"] = [names(current.services.all()), names(services)]
        current.services.set(services)
    if tags is not None and set(current.tags.all()) != set(rows := tags_named(tags)):
        changed["tags"] = [names(current.tags.all()), names(rows)]
        current.tags.set(rows)
    if "summary" in changed:
        changed["summary"] = ["…", "…"]  # the log says that it changed; the words are not repeated there
    AuditEvent.record(actor, "incident edited", current.reference, changed=changed)
    if "time_zone" in changed or "kind" in changed:
        remeasure(incident=current)  # findings name times of day
    announce(current.pk)
    current.refresh_from_db()
    return current


@transaction.atomic
def restrict(*, actor: Actor, incident: Incident, version: int, is_private: bool, members: Iterable[User]) -> Incident:
    """Set who is on the incident and whether only they may see it. The acting person stays on it."""
    current = Incident.objects.select_for_update().get(pk=incident.pk)
    if current.version != version:
        raise Conflict(current)
    people = {user.pk: user for user in members}
    if is_private and isinstance(actor, User):
        people[actor.pk] = actor
    if is_private and not people:
        raise ValidationError("A private incident needs at least one member.")
    Incident.objects.filter(pk=current.pk, version=version).update(version=F("version") + 1, is_private=is_private, updated_at=timezone.now())
    had = {member.user_id: member.user for member in current.members.select_related("user")}
    current.members.exclude(user__in=people).delete()
    IncidentMember.objects.bulk_create(IncidentMember(incident=current, user=user) for pk, user in sorted(people.items()) if pk not in had)
    added = names(user.username for pk, user in people.items() if pk not in had)
    removed = names(user.username for pk, user in had.items() if pk not in people)
    AuditEvent.record(actor, "access changed", current.reference, private=[current.is_private, is_private], added=added, removed=removed)
    announce(current.pk)
    current.refresh_from_db()
    return current


@transaction.atomic
def curate(*, actor: Actor, event: TimelineEvent, version: int, **fields: Any) -> Curation:
    """Say something about an event without changing it. `version` is 0 while nobody has said anything yet."""
    unknown = set(fields) - set(CURATION_FIELDS)
    if unknown:
        raise TypeError(f"Not a field of a curation: {', '.join(sorted(unknown))}")
    Incident.objects.select_for_update().filter(pk=event.incident_id).first()
    current = Curation.objects.filter(event=event).first()
    if (current.version if current else 0) != version:
        raise Conflict(current)
    row = current or Curation(event=event, version=0)
    changed = {}
    for name, value in clean_curation(fields).items():
        if getattr(row, name) != value:
            changed[name] = value.isoformat() if isinstance(value, datetime) else value
            setattr(row, name, value)
    row.version, row.updated_by = version + 1, actor if isinstance(actor, User) else None
    row.full_clean(validate_unique=False)
    row.save()
    if "corrected_at" in changed:
        offset = SourceClock.objects.offset_of(event.incident_id, event.source)
        TimelineEvent.objects.filter(pk=event.pk).update(at=row.corrected_at or F("occurred_at") + offset)
    if said := {f"curated_{name}": getattr(row, name) for name in ("kind", "salience") if name in changed}:
        TimelineEvent.objects.filter(pk=event.pk).update(**said)
    if "note" in changed:
        changed["note"] = "…"
    AuditEvent.record(actor, "entry curated", f"INC-{event.incident_id}", event=event.pk, changed=changed)
    incident = Incident.objects.get(pk=event.incident_id)
    if changed.keys() & TOLD_AGAIN:
        fusing.refresh(incident=incident)
    remeasure(incident=incident)
    return row


@transaction.atomic
def add_entry(
    *,
    actor: Actor,
    incident: Incident,
    at: datetime,
    text: str,
    kind: str = Kind.NOTE,
    who: str = "",
    salience: int = Salience.NORMAL,
    precision: str = Precision.MINUTE,
    url: str = "",
) -> TimelineEvent:
    """Add an entry that a person writes. It is evidence like any other: later changes are curations of it."""
    if wrong := impossible(at, timezone.now()):
        raise ValidationError({"at": wrong})
    person = actor if isinstance(actor, User) else None
    entry = TimelineEvent(
        incident=incident,
        source=MANUAL,
        external_key=secrets.token_hex(16),
        at=at,
        occurred_at=at,
        zone=incident.time_zone,
        precision=precision,
        kind=kind,
        salience=salience,
        rule="written by hand",
        actor=clean_line(who or str(person or ""), limit=200),
        text=clean_text(text, limit=20_000).strip(),
        url=clean_line(url, limit=1000),
        created_by=person,
    )
    if not entry.text:
        raise ValidationError({"text": "Say what happened."})
    entry.full_clean(exclude=["delivery", "created_by"])
    entry.save()
    AuditEvent.record(actor, "entry added", incident.reference, event=entry.pk)
    fusing.refresh(incident=incident)
    remeasure(incident=incident)
    return entry


def take_values(incident: Incident, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give the incident these values of custom fields, unsaved, and return what that changes, as the audit log keeps it."""
    if not values:
        return {}
    fields, before, zone = CustomField.objects.definitions(), incident.field_values, ZoneInfo(incident.time_zone)
    try:
        incident.field_values = custom_field_values.merged(fields, before, values, zone)
    except custom_field_values.FieldErrors as wrong:
        raise ValidationError({"fields": list(wrong.errors.values())}) from None
    return custom_fields.changes(fields, before, incident.field_values, zone)


def index_values(incident: Incident) -> None:
    """Write the values that incidents are found by anew, in the transaction that saves them."""
    rows = custom_fields.found_by(CustomField.objects.definitions(), incident.field_values)
    FieldValue.objects.filter(incident=incident).delete()
    FieldValue.objects.bulk_create(FieldValue(incident=incident, key=key, value=value) for key, value in rows)


def offered(chosen: IncidentType | None, *, before: IncidentType | None) -> None:
    """Raise ValidationError for a type that was retired, unless the incident has it already."""
    if chosen is not None and not chosen.is_active and chosen != before:
        raise ValidationError({"type": f"The type “{chosen}” is no longer offered. Choose another."})


def cleaned(fields: dict[str, Any]) -> dict[str, Any]:
    result = dict(fields)
    if "title" in result:
        result["title"] = clean_line(result["title"])
    if "summary" in result:
        result["summary"] = clean_text(result["summary"], limit=20_000).strip()
    return result


def clean_curation(fields: dict[str, Any]) -> dict[str, Any]:
    result = dict(fields)
    if "title" in result:
        result["title"] = clean_line(result["title"])
    if "note" in result:
        result["note"] = clean_text(result["note"], limit=20_000).strip()
    if result.get("corrected_at") is not None and (wrong := impossible(result["corrected_at"], timezone.now())):
        raise ValidationError({"corrected_at": wrong})
    return result


def tags_named(tags: Iterable[str]) -> list[Tag]:
    """Return the tags of these names, made where they are new."""
    return [Tag.objects.get_or_create(name=name)[0] for name in dict.fromkeys(str(tag) for tag in tags)]


def names(rows: Iterable[Any]) -> str:
    return ", ".join(sorted(str(row) for row in rows))
