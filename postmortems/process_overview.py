"""Reads. How retrospectives are getting on: one in full for its page, many in short for lists, and what waits for one person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F
from django.urls import reverse

from incidents.access import Actor, may
from incidents.models import User
from postmortems import steps
from postmortems.models import Participant, Postmortem, Step, StepEvent
from postmortems.workdays import Calendar, in_words

NOBODY = "nobody yet"
MOST_EVENTS = 100

#: Rule -> where one does what it asks: a page of the incident or of the post-mortem, and what stands on the link.
PLACES = {
    "facilitator": ("postmortems:process", "People", "people"),
    "invited": ("postmortems:process", "People", "people"),
    "evidence": ("incidents:import", "Import files", ""),
    "accounts": ("postmortems:perspectives", "Accounts", ""),
    "talks": ("postmortems:meeting", "Conversations", "talks"),
    "welfare": ("postmortems:welfare", "The facilitator's list", ""),
    "calibrated": ("postmortems:calibrate", "The shared draft", ""),
    "meeting": ("postmortems:meeting", "Meeting", ""),
    "soak": ("postmortems:meeting_after", "Ideas", ""),
    "surveyed": ("postmortems:survey", "The survey", ""),
    "timeline": ("incidents:quality", "Quality report", ""),
    "draft": ("postmortems:postmortem", "Sections", ""),
    "actions": ("postmortems:action_add", "Action items", ""),
    "approved": ("postmortems:review", "Review", ""),
    "looked_back": ("postmortems:look_back", "Look back", ""),
    "published": ("postmortems:publish", "Preview", ""),
}


@dataclass(frozen=True)
class Shown:
    """One step as it is shown: who, and when in words."""

    step: Step
    who: str
    is_mine: bool
    due: str
    is_late: bool
    is_next: bool
    asks: bool
    link: tuple[str, str] | None = None
    history: Sequence[StepEvent] = ()


def rows_of(postmortem: Postmortem, actor: Actor, calendar: Calendar, today: date, participants: Iterable[Participant]) -> list[Shown]:
    """Return every step of a retrospective in order, with its history."""
    found = list(postmortem.steps.select_related("owner", "settled_by"))
    history: dict[int, list[StepEvent]] = defaultdict(list)
    events = StepEvent.objects.filter(step__postmortem=postmortem).select_related("actor").order_by("-pk")[:MOST_EVENTS]
    for event in events:
        history[event.step_id].append(event)
    holders = holders_of(postmortem, participants)
    following = steps.next_of(found, postmortem.status, today)
    return [shown(step, postmortem, actor, holders, calendar, today, step is following, history[step.pk]) for step in found]


def shown(
    step: Step,
    postmortem: Postmortem,
    actor: Actor,
    holders: dict[str, list[Any]],
    calendar: Calendar,
    today: date,
    is_next: bool,
    history: Sequence[StepEvent] = (),
) -> Shown:
    held = holders.get(step.role, [])
    who = str(step.owner) if step.owner else named(held, step.role)
    is_mine = step.owner_id == actor.pk if step.owner_id else any(user_id == actor.pk for _, user_id in held)
    due = in_words(step.due_on, today, calendar) if step.due_on else "no date"
    asks = steps.nudges(step, postmortem.status)
    late = asks and step.due_on is not None and step.due_on < today
    facilitates = any(user_id == actor.pk for _, user_id in holders.get(Step.Role.FACILITATOR, []))
    link = link_of(step, postmortem, actor, facilitates) if asks else None
    return Shown(step, who, bool(is_mine and asks), due, late, is_next, asks, link, history)


def link_of(step: Step, postmortem: Postmortem, actor: Actor, facilitates: bool) -> tuple[str, str] | None:
    """Return address and words of the page on which this step is done, where it is the actor's to do."""
    if step.rule not in PLACES or (step.rule == "published" and not may(actor, "publish")) or (step.rule == "welfare" and not facilitates):
        return None
    view, words, anchor = PLACES[step.rule]
    reference = postmortem.incident.reference if view.startswith("incidents:") else postmortem.reference
    return reverse(view, args=[reference]) + (f"#{anchor}" if anchor else ""), words


def holders_of(postmortem: Postmortem, participants: Iterable[Participant]) -> dict[str, list[tuple[str, int | None]]]:
    """Return role -> who accepted it, as (name, account id)."""
    holders: dict[str, list[tuple[str, int | None]]] = defaultdict(list)
    if postmortem.owner:
        holders[Step.Role.OWNER].append((str(postmortem.owner), postmortem.owner.pk))
    for one in participants:
        if one.state == Participant.State.ACCEPTED:
            holders[one.role].append((one.name, one.user_id))
    return holders


def named(held: Sequence[tuple[str, int | None]], role: str) -> str:
    label = Step.Role(role).label
    if role == Step.Role.PARTICIPANT:
        return label
    if not held:
        return f"{label} ({NOBODY})"
    names = [name for name, _ in held]
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def progress_by_id(postmortems: Sequence[Postmortem], today: date) -> dict[int, steps.Progress]:
    """Return how far each of a page of retrospectives is, in one query."""
    rows: dict[int, list[Step]] = defaultdict(list)
    for step in Step.objects.filter(postmortem__in=postmortems).order_by("position", "pk"):
        rows[step.postmortem_id].append(step)
    return {one.pk: steps.progress_of(rows[one.pk], one.status, today) for one in postmortems}


def waiting_for(person: User, today: date, limit: int) -> list[Step]:
    """Return the open steps that this person is to do: of each retrospective the next one and those whose date has come, the most pressing first."""
    mine = Step.objects.visible_to(person).asking(today).of(person)
    rows = list(mine.select_related("postmortem__incident").order_by(F("due_on").asc(nulls_last=True), "position")[: limit * 10])
    seen: set[int] = set()
    kept = []
    for step in rows:
        if step.postmortem_id not in seen or (step.due_on is not None and step.due_on <= today):
            kept.append(step)
        seen.add(step.postmortem_id)
    return kept[:limit]


def invitations(person: User, limit: int) -> list[Participant]:
    """Return what this person was asked and has not answered, of retrospectives they may open."""
    visible = Postmortem.objects.visible_to(person).exclude(status=Postmortem.Status.ARCHIVED)
    asked = Participant.objects.filter(user=person, state=Participant.State.INVITED, postmortem__in=visible)
    return list(asked.select_related("postmortem__incident", "created_by").order_by("-pk")[:limit])
