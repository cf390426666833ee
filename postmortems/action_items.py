"""Writes. Action items: added in the flow of a post-mortem or an incident, agreed to by their owner, changed by compare-and-set, closed with a note.

Nobody is volunteered in absence: who gives an item to somebody proposes it, and the owner accepts it in person. Another
owner is asked anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents.access import SYSTEM, Actor, require
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line, clean_text
from incidents.models import AuditEvent, Incident, User
from postmortems import factoring, stepping
from postmortems.access import check_open, require_open
from postmortems.models import ActionItem, Factor, Postmortem
from postmortems.signals import tell_changed

EDITABLE = (
    "title",
    "description",
    "kind",
    "strength",
    "done_when",
    "side_effects",
    "expected_effect",
    "trade_off",
    "tracked_in",
    "priority",
    "status",
    "owner",
    "due_on",
    "closing_note",
)
LIMITS = {"description": 20_000, "closing_note": 20_000, "done_when": 2_000, "side_effects": 2_000, "expected_effect": 2_000}
LINES = {"title": 300, "trade_off": 500, "tracked_in": 500}
#: How it goes on. The rest is what was decided, and part of the document; also of an archived one the work is followed to the end.
FOLLOWED = frozenset({"status", "owner", "due_on", "closing_note", "priority", "tracked_in"})
Status = ActionItem.Status
NOTE_WANTED = {
    Status.DONE: "Say how one can tell that it is done.",
    Status.VERIFIED: "Say how one can tell that it is done.",
    Status.DECLINED: "Say why it will not be done.",
    Status.SUPERSEDED: "Say what takes its place.",
}


@transaction.atomic
def add(*, actor: Actor, incident: Incident, postmortem: Postmortem | None = None, factors: Iterable[Factor] | None = None, **fields: Any) -> ActionItem:
    """Add an action item. `fields` are those of `EDITABLE`, `factors` of its post-mortem what it acts on. Raises ValidationError when they do not hold together."""
    require_open(actor, postmortem)
    person = actor if isinstance(actor, User) else None
    item = ActionItem(incident=incident, postmortem=postmortem, created_by=person, **cleaned(fields))
    now = timezone.now()
    agree(actor, item, None, now)
    item.completed_at = now if item.status in ActionItem.FINISHED else None
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
    before = copy(item)
    for name, value in wanted.items():
        setattr(item, name, value)
    now = timezone.now()
    agree(actor, item, before, now)
    verify(actor, item, before)
    check(item)
    completed_at = (before.completed_at or now) if item.status in ActionItem.FINISHED else None
    changed = wanted | {"status": item.status, "accepted_at": item.accepted_at, "completed_at": completed_at, "updated_at": now}
    won = ActionItem.objects.filter(pk=item.pk, version=version).update(version=F("version") + 1, **changed)
    if not won:
        raise Conflict(ActionItem.objects.get(pk=item.pk))
    if factors is not None and linked:
        factoring.link_actions(actor=actor, item=item, factors=factors)
    follow(item)
    AuditEvent.record(actor, "action_item.changed", item.reference, status=item.status)
    return ActionItem.objects.select_related("incident", "postmortem", "owner").get(pk=item.pk)


def agree(actor: Actor, item: ActionItem, before: ActionItem | None, now: datetime) -> None:
    """Keep when the owner agreed. Taking it oneself and working on it is agreeing; another owner has not yet. Raises ValidationError for somebody else's word."""
    owner_changed = before is None or before.owner_id != item.owner_id
    status_changed = before is None or before.status != item.status
    is_own = item.owner_id is not None and item.owner_id == getattr(actor, "pk", None)
    if owner_changed:
        item.accepted_at = None
        item.status = Status.OPEN if item.status == Status.ACCEPTED and not status_changed else item.status
    trusted = actor is SYSTEM and item.owner_id is not None and item.status != Status.OPEN
    if (is_own or trusted) and (owner_changed or status_changed) and item.status in (Status.OPEN, Status.ACCEPTED, Status.IN_PROGRESS, *ActionItem.FINISHED):
        item.accepted_at = item.accepted_at or now
        item.status = Status.ACCEPTED if item.status == Status.OPEN else item.status
    elif item.status == Status.OPEN and status_changed and item.accepted_at:  # opened again: the owner's word still stands
        item.status = Status.ACCEPTED
    if item.status == Status.ACCEPTED and item.accepted_at is None:
        if item.owner_id is None:
            raise ValidationError({"status": "Somebody owns what is accepted. Choose an owner, or leave it proposed."})
        raise ValidationError({"status": f"{item.owner} accepts it in person. Until then it is proposed."})


def verify(actor: Actor, item: ActionItem, before: ActionItem) -> None:
    """Raise ValidationError unless what is verified was done, and somebody else than its owner looked."""
    if item.status != Status.VERIFIED or before.status == Status.VERIFIED:
        return
    if before.status != Status.DONE:
        raise ValidationError({"status": "Say first that it is done. Then somebody else verifies it."})
    if item.owner_id is not None and item.owner_id == getattr(actor, "pk", None):
        raise ValidationError({"status": "Somebody else than its owner verifies it, by what stands under “done when”."})


def follow(item: ActionItem) -> None:
    tell_changed(item.postmortem_id)
    if item.postmortem_id:
        stepping.follow(item.postmortem_id, "actions", "draft")


def cleaned(fields: dict[str, Any]) -> dict[str, Any]:
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise TypeError(f"Not fields of an action item: {', '.join(sorted(unknown))}")
    lines = {name: clean_line(fields[name], limit=limit) for name, limit in LINES.items() if name in fields}
    texts = {name: clean_text(fields[name], limit=limit) for name, limit in LIMITS.items() if name in fields}
    return fields | lines | texts


def check(item: ActionItem) -> None:
    """Raise ValidationError unless the row holds together; whoever closes it says how one can tell."""
    item.full_clean(exclude=["incident", "postmortem", "owner", "created_by"])
    status = Status(item.status)
    if status in NOTE_WANTED and not item.closing_note.strip():
        raise ValidationError({"closing_note": NOTE_WANTED[status]})
    if "://" in item.tracked_in and not item.tracked_at:
        raise ValidationError({"tracked_in": "Give an address that begins with https://, or a key such as OPS-12."})
    private = [item.incident, *(item.postmortem.related_incidents.filter(is_private=True) if item.postmortem else ())] if item.owner else []
    if any(incident.is_private and not incident.members.filter(user=item.owner).exists() for incident in private):
        raise ValidationError({"owner": "This person cannot see the incident; add them to it first."})
