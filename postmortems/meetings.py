"""Writes. The meeting of a post-mortem: planned, invited to, run by the clock, held or waived, and the soak time after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents.access import Actor
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line, clean_text
from incidents.models import AuditEvent, User
from postmortems import console, stepping, surveying
from postmortems.access import require_open
from postmortems.facilitation import agendas
from postmortems.models import AgendaBlock, Meeting, Postmortem

NOTES_LIMIT = 20_000
MOST_BLOCKS = 30
SENT = ("starts_at", "minutes", "place", "link")  # what a calendar shows: a change of it is sent anew


def ensure(postmortem: Postmortem) -> Meeting:
    """Return the stored meeting; the first time it is made, with the run sheet of the template."""
    planned = console.meeting_of(postmortem)
    if planned.pk:
        return planned
    with transaction.atomic():
        meeting, made = Meeting.objects.get_or_create(postmortem=postmortem, defaults={"minutes": planned.minutes})
        if made:
            blocks = console.blocks_of(planned)
            for block in blocks:
                block.meeting = meeting
            AgendaBlock.objects.bulk_create(blocks)
    return meeting


def changed(actor: Actor, meeting: Meeting, version: int, **changes: Any) -> Meeting:
    """Store changes on top of `version`. Raises Conflict when that is not the newest."""
    person = actor if isinstance(actor, User) else None
    rows = Meeting.objects.filter(pk=meeting.pk, version=version)
    if not rows.update(version=F("version") + 1, updated_at=timezone.now(), updated_by=person, **changes):
        raise Conflict(Meeting.objects.select_related("updated_by").get(pk=meeting.pk))
    return Meeting.objects.select_related("postmortem__incident", "updated_by").get(pk=meeting.pk)


@transaction.atomic
def plan(*, actor: Actor, postmortem: Postmortem, version: int, starts_at: datetime | None, minutes: int, place: str = "", link: str = "") -> Meeting:
    """Say when, how long and where. Raises Conflict, or ValidationError for what a meeting cannot be."""
    require_open(actor, postmortem)
    meeting = ensure(postmortem)
    values = {"starts_at": starts_at, "minutes": minutes, "place": clean_line(place, limit=200), "link": clean_line(link, limit=500)}
    Meeting(postmortem=postmortem, **values).clean_fields(exclude=["postmortem"])
    differs = any(getattr(meeting, name) != values[name] for name in SENT)
    was_sent = meeting.starts_at is not None
    blocks = list(meeting.blocks.all())
    planned = sum(block.minutes for block in blocks)
    if minutes != meeting.minutes and planned == meeting.minutes and meeting.began_at is None:
        refit(blocks, minutes)
    meeting = changed(actor, meeting, version, sequence=F("sequence") + (1 if differs and was_sent else 0), **values)
    AuditEvent.record(actor, "meeting.planned", postmortem.reference, starts_at=starts_at.isoformat() if starts_at else "", minutes=minutes)
    stepping.follow(postmortem.pk, "meeting")  # dates count from its day
    return meeting


def refit(blocks: Sequence[AgendaBlock], minutes: int) -> None:
    """A run sheet that filled the meeting keeps filling it."""
    for block, (_, each) in zip(blocks, agendas.fitted([(block.title, block.minutes) for block in blocks], minutes), strict=True):
        block.minutes = each
    AgendaBlock.objects.bulk_update(blocks, ["minutes"])


@transaction.atomic
def set_agenda(*, actor: Actor, postmortem: Postmortem, version: int, rows: Sequence[tuple[int | None, str, int]]) -> Meeting:
    """Replace the run sheet by `rows` (id of a block or None, title, minutes), in order. What has notes or was spent time on is not taken away."""
    require_open(actor, postmortem)
    meeting = ensure(postmortem)
    if not 0 < len(rows) <= MOST_BLOCKS:
        raise ValidationError(f"A run sheet has 1 to {MOST_BLOCKS} blocks.")
    blocks = {block.pk: block for block in meeting.blocks.all()}
    kept = {pk for pk, _, _ in rows if pk in blocks}
    for block in blocks.values():
        if block.pk not in kept and (block.notes.strip() or block.spent or block.pk == meeting.block_id):
            raise ValidationError(f"“{block.title}” has notes or was begun already: it stays. Rename it if you like.")
    meeting = changed(actor, meeting, version, sequence=F("sequence") + (1 if meeting.starts_at else 0))
    meeting.blocks.exclude(pk__in=kept).delete()
    for place, (pk, title, minutes) in enumerate(rows, 1):
        values = {"position": place, "title": clean_line(title, limit=200), "minutes": minutes}
        block = blocks[pk] if pk in kept and pk else AgendaBlock(meeting=meeting)
        for name, value in values.items():
            setattr(block, name, value)
        block.clean_fields(exclude=["meeting"])
        block.save()
    AuditEvent.record(actor, "meeting.agenda", postmortem.reference, blocks=len(rows))
    return meeting


def use_agenda(*, actor: Actor, postmortem: Postmortem, version: int, key: str) -> Meeting:
    """Begin the run sheet anew from one of `agendas.AGENDAS`, fitted to the meeting's length."""
    meeting = ensure(postmortem)
    rows = [(None, title, minutes) for title, minutes in agendas.fitted(agendas.BY_KEY[key].blocks, meeting.minutes)]
    return set_agenda(actor=actor, postmortem=postmortem, version=version, rows=rows)


# The clock ------------------------------------------------------------------------------------------------


@transaction.atomic
def run_clock(*, actor: Actor, postmortem: Postmortem, do: str, seen: int | None, to: int | None = None, now: datetime) -> tuple[Meeting, bool]:
    """Start, pause or move on: `do` is start, pause, next or go (then `to` a block). `seen` is the block that was current for who asks.

    Returns the meeting, and whether anything was done: a button pressed twice, or by two people at once, moves one block only.
    """
    require_open(actor, postmortem)
    meeting = Meeting.objects.select_for_update().get(pk=ensure(postmortem).pk)
    if meeting.met_at:
        raise ValidationError("The meeting is over. To run the clock again, say that it is still to come.")
    if meeting.block_id != seen or (do == "start") == bool(meeting.block_since) and do in ("start", "pause"):
        return meeting, False
    blocks = list(meeting.blocks.all())
    was_running = meeting.block_since is not None
    if meeting.block_since and meeting.block_id:
        passed = max(timedelta(0), now - meeting.block_since)
        AgendaBlock.objects.filter(pk=meeting.block_id).update(spent=F("spent") + int(passed.total_seconds()))
    after = following(blocks, meeting.block_id) if do in ("next", "start") and (do == "next" or meeting.block_id is None) else meeting.block_id
    if do == "go":
        after = next((block.pk for block in blocks if block.pk == to), meeting.block_id)
    meeting.block_id = after
    runs = after is not None and (do == "start" or (do in ("next", "go") and was_running))
    meeting.block_since = now if runs else None
    if runs and meeting.began_at is None:
        meeting.began_at = now
        stepping.follow(postmortem.pk, "calibrated")
    meeting.save(update_fields=["block", "block_since", "began_at"])
    return meeting, True


def following(blocks: Sequence[AgendaBlock], current: int | None) -> int | None:
    """Return the block after the current one, the first where there is none yet, and none after the last."""
    ids = [block.pk for block in blocks]
    place = ids.index(current) + 1 if current in ids else 0
    return ids[place] if place < len(ids) else None


@transaction.atomic
def write_notes(*, actor: Actor, block: AgendaBlock, version: int, notes: str) -> AgendaBlock:
    """Save the notes of a block on top of `version`. Raises Conflict when that is not the newest; saving what is stored already is none."""
    require_open(actor, block.meeting.postmortem_id)
    notes = clean_text(notes, limit=NOTES_LIMIT)
    person = actor if isinstance(actor, User) else None
    won = AgendaBlock.objects.filter(pk=block.pk, version=version).update(version=F("version") + 1, notes=notes, updated_by=person)
    current = AgendaBlock.objects.select_related("updated_by").get(pk=block.pk)
    if not won and current.notes != notes:
        raise Conflict(current)
    return current


@transaction.atomic
def tick(*, actor: Actor, postmortem: Postmortem, asked: Iterable[str], offered: Iterable[str]) -> Meeting:
    """Keep which of the `offered` questions of the close were asked; others keep their mark."""
    require_open(actor, postmortem)
    meeting = Meeting.objects.select_for_update().get(pk=ensure(postmortem).pk)
    meeting.asked = sorted((set(meeting.asked) - set(offered)) | (set(asked) & set(offered)))
    meeting.save(update_fields=["asked"])
    return meeting


# Held, waived, soaked ----------------------------------------------------------------------------------------


@transaction.atomic
def settle(*, actor: Actor, postmortem: Postmortem, version: int, outcome: str, at: datetime | None = None, reason: str = "") -> Meeting:
    """Say that the meeting was held (`at`, else now), is waived (with a reason) or is still planned. Raises Conflict or ValidationError."""
    require_open(actor, postmortem)
    meeting, now = ensure(postmortem), timezone.now()
    reason = clean_line(reason)
    if outcome == "waived" and not reason:
        raise ValidationError({"reason": "Say why no meeting is needed."})
    if outcome == "held" and at and at > now:
        raise ValidationError({"at": "That is still to come."})
    values: dict[str, Any] = {"held_at": None, "waived_at": None, "reason": "", "soak_ended_at": None, "soak_reason": ""}
    if outcome == "held":
        values["held_at"] = at or now
    elif outcome == "waived":
        values |= {"waived_at": now, "reason": reason}
    if outcome != "planned":
        stop_clock(meeting, now)
        values["block_since"] = None
    cancels = "waived" in (outcome, meeting.outcome) and outcome != meeting.outcome and meeting.starts_at is not None
    meeting = changed(actor, meeting, version, sequence=F("sequence") + int(cancels), **values)
    AuditEvent.record(actor, f"meeting.{outcome}", postmortem.reference, reason=reason)
    if outcome == "held":
        surveying.open_for(postmortem, now)
    stepping.follow(postmortem.pk, "meeting", "soak", "actions", "calibrated", "surveyed")
    return meeting


def stop_clock(meeting: Meeting, now: datetime) -> None:
    if meeting.block_since and meeting.block_id:
        spent = int((now - meeting.block_since).total_seconds())
        AgendaBlock.objects.filter(pk=meeting.block_id).update(spent=F("spent") + max(0, spent))


@transaction.atomic
def end_soak(*, actor: Actor, postmortem: Postmortem, version: int, reason: str) -> Meeting:
    """Let ideas become action items before the soak time is over, for a reason."""
    require_open(actor, postmortem)
    meeting, reason = ensure(postmortem), clean_line(reason)
    if meeting.met_at is None:
        raise ValidationError("The soak time begins with the meeting. Say first that it was held, or is waived.")
    if not reason:
        raise ValidationError({"reason": "Say why the ideas need not wait."})
    meeting = changed(actor, meeting, version, soak_ended_at=timezone.now(), soak_reason=reason)
    AuditEvent.record(actor, "meeting.soak_ended", postmortem.reference, reason=reason)
    return meeting
