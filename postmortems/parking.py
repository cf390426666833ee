"""Writes. The parking lot: ideas written down at once, decided on after the soak time."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents.access import Actor
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line
from incidents.models import AuditEvent, User
from postmortems import action_items, console
from postmortems.access import require_open
from postmortems.models import ActionItem, Meeting, ParkedIdea, Postmortem

MOST = 500


@transaction.atomic
def park(*, actor: Actor, postmortem: Postmortem, text: str, said_by: str = "") -> ParkedIdea:
    """Write an idea down. While the meeting runs it is one of the meeting. Raises ValidationError for no words, or too many ideas."""
    require_open(actor, postmortem)
    text = clean_line(text, limit=500)
    if not text:
        raise ValidationError({"text": "Write the idea down in a few words."})
    if postmortem.parked_ideas.count() >= MOST:
        raise ValidationError(f"There are {MOST} ideas already; decide on some first.")
    meeting = Meeting.objects.filter(postmortem=postmortem).first()
    running = bool(meeting and meeting.began_at and not meeting.met_at)
    person = actor if isinstance(actor, User) else None
    return ParkedIdea.objects.create(postmortem=postmortem, text=text, said_by=clean_line(said_by, limit=150), in_meeting=running, added_by=person)


def decided(actor: Actor, idea: ParkedIdea, version: int, state: str, **values: Any) -> ParkedIdea:
    person = actor if isinstance(actor, User) else None
    values |= {"state": state, "version": F("version") + 1, "decided_at": timezone.now(), "decided_by": person}
    if not ParkedIdea.objects.filter(pk=idea.pk, version=version).update(**values):
        raise Conflict(ParkedIdea.objects.get(pk=idea.pk))
    AuditEvent.record(actor, f"idea.{state}", idea.postmortem.reference)
    return ParkedIdea.objects.select_related("postmortem", "action_item", "added_by", "decided_by").get(pk=idea.pk)


@transaction.atomic
def leave(*, actor: Actor, idea: ParkedIdea, version: int, reason: str) -> ParkedIdea:
    """Decide not to do it. Deciding against an idea needs no soak time, but a reason. Raises Conflict or ValidationError."""
    require_open(actor, idea.postmortem_id)
    reason = clean_line(reason)
    if idea.state == ParkedIdea.State.ACTION:
        raise ValidationError("It is an action item already: decline that one.")
    if not reason:
        raise ValidationError({"reason": "Say why it is left: whoever has the same idea next will want to know."})
    return decided(actor, idea, version, ParkedIdea.State.LEFT, reason=reason)


@transaction.atomic
def bring_back(*, actor: Actor, idea: ParkedIdea, version: int) -> ParkedIdea:
    """Park an idea again that was left."""
    require_open(actor, idea.postmortem_id)
    if idea.state != ParkedIdea.State.LEFT:
        raise ValidationError("Only an idea that was left comes back.")
    return decided(actor, idea, version, ParkedIdea.State.PARKED, reason="")


@transaction.atomic
def act(*, actor: Actor, idea: ParkedIdea, version: int, **fields: Any) -> ActionItem:
    """Turn an idea into an action item, once it has soaked. Raises Conflict, or ValidationError before then."""
    require_open(actor, idea.postmortem_id)
    if idea.state != ParkedIdea.State.PARKED:
        raise ValidationError("This idea was decided on already.")
    postmortem = idea.postmortem
    zone = ZoneInfo(postmortem.incident.time_zone)
    soak = console.soak_of(console.meeting_of(postmortem), timezone.now())
    if not soak.is_over:
        ends = soak.ends_at.astimezone(zone) if soak.ends_at else None
        until = f"until {ends.day} {ends:%B, %H:%M}" if ends else "until the meeting was held, and two business days more"
        raise ValidationError(f"Ideas soak {until}: what still convinces then is worth doing. If it cannot wait, end the soak time with a reason.")
    item = action_items.add(actor=actor, incident=postmortem.incident, postmortem=postmortem, **fields)
    decided(actor, idea, version, ParkedIdea.State.ACTION, action_item=item)
    return item
