"""Writes. Contributing factors: added, changed on top of a version, moved, linked, removed; and the trigger of a post-mortem."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from incidents.access import Actor
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line, clean_text
from incidents.models import AuditEvent, TimelineEvent, User
from postmortems import commenting, covering, parts
from postmortems.access import require_open
from postmortems.models import ActionItem, Factor, FactorLink, Postmortem, Trigger
from postmortems.signals import tell_changed

EDITABLE = ("statement", "mechanism", "leaf", "kind", "stage", "confidence", "from_account", "evidence_link")
LIMITS = {"statement": 1000, "mechanism": 4000}
MOST_FACTORS = 60
MOST_EVIDENCE = 200


@transaction.atomic
def add(
    *,
    actor: Actor,
    postmortem: Postmortem,
    events: Iterable[TimelineEvent] = (),
    actions: Iterable[ActionItem] = (),
    links: Mapping[int, str] | None = None,
    **fields: Any,
) -> Factor:
    """Add a factor at the end. `fields` are those of `EDITABLE`, `links` maps the ids of other factors to what this one did to them.

    Raises ValidationError when they do not hold together.
    """
    require_open(actor, postmortem)
    person = actor if isinstance(actor, User) else None
    Postmortem.objects.select_for_update().filter(pk=postmortem.pk).first()  # so that two at once get places of their own
    if postmortem.factors.count() >= MOST_FACTORS:
        raise ValidationError(f"There are {MOST_FACTORS} factors already. Some of them may be facts of the timeline, or actions.")
    last = postmortem.factors.aggregate(last=Max("position"))["last"]
    factor = Factor(postmortem=postmortem, position=0 if last is None else last + 1, created_by=person, updated_by=person, **cleaned(fields))
    check(factor)
    factor.save()
    attach(factor, events=events, actions=actions, links=links)
    touch(postmortem)
    AuditEvent.record(actor, "factor.added", postmortem.reference, factor=factor.pk)
    return factor


@transaction.atomic
def change(
    *,
    actor: Actor,
    factor: Factor,
    version: int,
    events: Iterable[TimelineEvent] | None = None,
    actions: Iterable[ActionItem] | None = None,
    links: Mapping[int, str] | None = None,
    **fields: Any,
) -> Factor:
    """Change some of `EDITABLE`, and of events, actions and links those that are given, on top of `version`.

    Raises Conflict when that is not the newest, ValidationError for what does not hold together.
    """
    require_open(actor, factor.postmortem_id)
    current = Factor.objects.select_related("postmortem").filter(pk=factor.pk).first()
    if current is None or current.version != version:
        raise Conflict(current)
    wanted = cleaned(fields)
    for name, value in wanted.items():
        setattr(current, name, value)
    check(current)
    person = actor if isinstance(actor, User) else None
    won = Factor.objects.filter(pk=current.pk, version=version).update(version=F("version") + 1, updated_at=timezone.now(), updated_by=person, **wanted)
    if not won:
        raise Conflict(Factor.objects.filter(pk=current.pk).first())
    attach(current, events=events, actions=actions, links=links)
    touch(current.postmortem)
    AuditEvent.record(actor, "factor.changed", current.postmortem.reference, factor=current.pk)
    return Factor.objects.select_related("leaf__group", "postmortem").get(pk=current.pk)


@transaction.atomic
def remove(*, actor: Actor, factor: Factor, version: int) -> None:
    """Remove a factor on top of `version`; its words stay in the audit log. Raises Conflict when that is not the newest."""
    require_open(actor, factor.postmortem_id)
    current = Factor.objects.filter(pk=factor.pk).first()
    if current is None or current.version != version or not Factor.objects.filter(pk=factor.pk, version=version).delete()[0]:
        raise Conflict(current)
    commenting.release("factors", f"{parts.FACTOR}:{factor.pk}", factor.postmortem_id, current.statement)
    touch(factor.postmortem)
    AuditEvent.record(actor, "factor.removed", factor.postmortem.reference, factor=factor.pk, statement=current.statement)


@transaction.atomic
def move(*, actor: Actor, factor: Factor, place: int) -> int:
    """Put a factor at `place` (from 1) in the list and return where it stands. Places beyond the ends mean the ends."""
    require_open(actor, factor.postmortem_id)
    Postmortem.objects.select_for_update().filter(pk=factor.postmortem_id).first()
    rows = list(Factor.objects.filter(postmortem_id=factor.postmortem_id).only("pk", "position"))
    moving = next((row for row in rows if row.pk == factor.pk), None)
    if moving is None:
        raise Conflict(None)
    rows.remove(moving)
    place = min(max(place, 1), len(rows) + 1)
    rows.insert(place - 1, moving)
    for position, row in enumerate(rows):
        row.position = position
    Factor.objects.bulk_update(rows, ["position"])
    touch(factor.postmortem)
    AuditEvent.record(actor, "factor.moved", factor.postmortem.reference, factor=factor.pk, place=place)
    return place


@transaction.atomic
def set_trigger(*, actor: Actor, postmortem: Postmortem, version: int, trigger: str) -> Postmortem:
    """Say what set it off, on top of the post-mortem's `version`. Raises Conflict when that is not the newest."""
    require_open(actor, postmortem)
    if trigger and trigger not in Trigger.values:
        raise ValidationError({"trigger": "Choose one of the list."})
    changes = {"trigger": trigger, "updated_at": timezone.now()}
    if not Postmortem.objects.filter(pk=postmortem.pk, version=version).update(version=F("version") + 1, **changes):
        raise Conflict(Postmortem.objects.get(pk=postmortem.pk))
    tell_changed(postmortem.pk)
    AuditEvent.record(actor, "postmortem.trigger", postmortem.reference, trigger=trigger)
    return Postmortem.objects.get(pk=postmortem.pk)


def link_actions(*, actor: Actor, item: ActionItem, factors: Iterable[Factor]) -> None:
    """Say which factors of its post-mortem an action item acts on. Called in the transaction that saves the item."""
    require_open(actor, item.postmortem_id)
    chosen = list(factors)
    if any(factor.postmortem_id != item.postmortem_id for factor in chosen):
        raise ValidationError({"factors": "These factors belong to another post-mortem."})
    item.factors.set(chosen)


def cleaned(fields: dict[str, Any]) -> dict[str, Any]:
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise TypeError(f"Not fields of a factor: {', '.join(sorted(unknown))}")
    texts = {name: clean_text(fields[name], limit=limit).strip() for name, limit in LIMITS.items() if name in fields}
    lines = {"evidence_link": clean_line(fields["evidence_link"], limit=500)} if "evidence_link" in fields else {}
    return fields | texts | lines


def check(factor: Factor) -> None:
    """Raise ValidationError unless the row holds together. What makes a good factor is advice, and lives in `factors.py`."""
    factor.full_clean(exclude=["postmortem", "created_by", "updated_by"])
    if factor.evidence_link and not factor.evidence_link.lower().startswith(("https://", "http://")):
        raise ValidationError({"evidence_link": "A link begins with https:// or http://."})


def attach(factor: Factor, *, events: Iterable[TimelineEvent] | None, actions: Iterable[ActionItem] | None, links: Mapping[int, str] | None) -> None:
    """Set what is given; None leaves it as it is. Raises ValidationError for rows of another incident or post-mortem."""
    incidents = set(covering.keys_of(factor.postmortem))
    if events is not None:
        chosen = list(events)
        if any(event.incident_id not in incidents for event in chosen) or len(chosen) > MOST_EVIDENCE:
            raise ValidationError({"events": f"Choose up to {MOST_EVIDENCE} entries of the timeline of an incident that is covered."})
        factor.events.set(chosen)
    if actions is not None:
        items = list(actions)
        if any(item.incident_id not in incidents for item in items):
            raise ValidationError({"actions": "Choose action items of an incident that is covered."})
        factor.actions.set(items)
    if links is not None:
        relink(factor, links)


def relink(factor: Factor, links: Mapping[int, str]) -> None:
    others = set(Factor.objects.filter(postmortem_id=factor.postmortem_id, pk__in=links).exclude(pk=factor.pk).values_list("pk", flat=True))
    if others != set(links) or not set(links.values()) <= set(FactorLink.Relation.values):
        raise ValidationError({"links": "Link it to other factors of this post-mortem."})
    factor.links.exclude(target__in=others).delete()
    for target, relation in sorted(links.items()):
        FactorLink.objects.update_or_create(source=factor, target_id=target, defaults={"relation": relation})


def touch(postmortem: Postmortem) -> None:
    tell_changed(postmortem.pk)
    Postmortem.objects.filter(pk=postmortem.pk).update(updated_at=timezone.now())
