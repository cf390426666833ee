"""Writes. Action items: added in the flow of a post-mortem or an incident, changed by compare-and-set, closed with a note."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents.access import Actor, require
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line, clean_text
from incidents.models import AuditEvent, Incident, User
from postmortems import factoring, stepping
from postmortems.access import check_open, require_open
from postmortems.models import ActionItem, Factor, Postmortem
from postmortems.signals import tell_changed

EDITABLE = ("title", "description", "kind", "strength", "done_when", "side_effects", "priority", "status", "owner", "due_on", "closing_note")
LIMITS = {"description": 20_000, "closing_note": 20_000, "done_when": 2_000, "side_effects": 2_000}
#: How it goes on. The rest is what was decided, and part of the document; also of an archived one the work is followed to the end.
FOLLOWED = frozenset({"status", "owner", "due_on", "closing_note", "priority"})
CLOSED = {ActionItem.Status.DONE, ActionItem.Status.DECLINED}
NOTE_WANTED = {
    ActionItem.Status.DONE: "Say how one can tell that it is done.",
    ActionItem.Status.DECLINED: "Say why it will not be done.",
}


@transaction.atomic
def add(*, actor: Actor, incident: Incident, postmortem: Postmortem | None = None, factors: Iterable[Factor] | None = None, **fields: Any) -> ActionItem:
    """Add an action item. `fields` are those of `EDITABLE`, `factors` of its post-mortem what it acts on. Raises ValidationError when they do not hold together."""
    require_open(actor, postmortem)
    person = actor if isinstance(actor, User) else None
    item = ActionItem(incident=incident, postmortem=postmortem, created_by=person, **cleaned(fields))
    item.completed_at = timezone.now() if item.status == ActionItem.Status.DONE else None
    check(item)
    item.save()
    if factors is not None:
        factoring.link_actions(actor=actor, item=item, factors=factors)
    follow(item)
    AuditEvent.record(actor, "action_item.added", item.reference, incident=incident.reference)
    return item


@transaction.atomic
def change(*, actor: Actor, item: ActionItem, version: int, factors: Iterable[Factor] | None = None, **fields: Any) -> ActionItem:
    """Change some of `EDITABLE`, and the factors it acts on where they are given, on top of `version`. Raises Conflict when that is not the newest, ValidationError for what does not hold together."""
    require(actor, "draft")
    wanted, factors = cleaned(fields), None if factors is None else list(factors)
    item = ActionItem.objects.get(pk=item.pk)
    if item.version != version:
        raise Conflict(item)
    linked = factors is not None and {factor.pk for factor in factors} != set(item.factors.values_list("pk", flat=True))
    if linked or any(getattr(item, name) != value for name, value in wanted.items() if name not in FOLLOWED):
        check_open(item.postmortem_id)
    before = item.status
    for name, value in wanted.items():
        setattr(item, name, value)
    check(item)
    now = timezone.now()
    completed_at = (item.completed_at if before == item.status else now) if item.status == ActionItem.Status.DONE else None
    won = ActionItem.objects.filter(pk=item.pk, version=version).update(version=F("version") + 1, updated_at=now, completed_at=completed_at, **wanted)
    if not won:
        raise Conflict(ActionItem.objects.get(pk=item.pk))
    if factors is not None and linked:
        factoring.link_actions(actor=actor, item=item, factors=factors)
    follow(item)
    AuditEvent.record(actor, "action_item.changed", item.reference, status=item.status)
    return ActionItem.objects.select_related("incident", "postmortem", "owner").get(pk=item.pk)


def follow(item: ActionItem) -> None:
    tell_changed(item.postmortem_id)
    if item.postmortem_id:
        stepping.follow(item.postmortem_id, "actions", "draft")


def cleaned(fields: dict[str, Any]) -> dict[str, Any]:
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise TypeError(f"Not fields of an action item: {', '.join(sorted(unknown))}")
    lines = {name: clean_line(fields[name]) for name in ("title",) if name in fields}
    texts = {name: clean_text(fields[name], limit=limit) for name, limit in LIMITS.items() if name in fields}
    return fields | lines | texts


def check(item: ActionItem) -> None:
    """Raise ValidationError unless the row holds together; whoever closes it says how one can tell."""
    item.full_clean(exclude=["incident", "postmortem", "owner", "created_by"])
    status = ActionItem.Status(item.status)
    if status in CLOSED and not item.closing_note.strip():
        raise ValidationError({"closing_note": NOTE_WANTED[status]})
    private = [item.incident, *(item.postmortem.related_incidents.filter(is_private=True) if item.postmortem else ())] if item.owner else []
    if any(incident.is_private and not incident.members.filter(user=item.owner).exists() for incident in private):
        raise ValidationError({"owner": "This person cannot see the incident; add them to it first."})
