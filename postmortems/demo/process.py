"""Writes. People and steps of the example retrospectives: asked, answered, and settled about when they were due."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from incidents.models import User
from postmortems import looking_back, participating, step_facts, stepping
from postmortems.facilitation.texts import LOOK_BACK
from postmortems.models import Participant, Postmortem, Step, StepEvent
from postmortems.steps import LATER, MEETING

Role = Participant.Role
#: What two retrospectives came to, by a word of their title. Others wait for their owner to look back.
LOOK_BACKS = {
    "spring sale": (
        "Yes. Two sales since began with the cache warm, and nobody sat in a room for them.",
        "The load test with a cold cache found a slow query in the basket, which has nothing to do with sales.",
        "Keep the test in the checklist. Marketing may move the switch into the day again.",
    ),
    "wrong currency": (
        "Two refunds in another currency were refused, both typed by hand.",
        "The page that shows who uses a setting is opened daily, mostly for settings that nobody asked about.",
        "Rolling settings out step by step still waits; look again in summer.",
    ),
}
BEFORE_THE_MEETING = {"evidence", "invite", "welfare", "timeline", "accounts"}


def go(postmortem: Postmortem, facilitator: User, author: User, *, with_interviews: bool) -> None:
    """Ask everyone as a team would; a published retrospective has been through all steps, another is on its way to the meeting."""
    ask_facilitator(postmortem, facilitator, author)
    participating.invite_everyone(actor=author, postmortem=postmortem)
    for one in postmortem.participants.filter(role=Role.PARTICIPANT).select_related("user"):
        if one.user is None or one.user.role == User.Role.VIEWER:
            continue
        participating.answer(actor=one.user, participant=one, version=one.version, accept=True)
    if postmortem.status == Postmortem.Status.PUBLISHED:
        look_back(postmortem, author)
        for step in Step.objects.filter(postmortem=postmortem).exclude(rule__in=LATER):
            settle(step, author)
        return
    for step in Step.objects.filter(postmortem=postmortem, key__in=BEFORE_THE_MEETING):
        settle(step, author)
    prepare_meeting(postmortem, facilitator, with_interviews=with_interviews)


def prepare_meeting(postmortem: Postmortem, facilitator: User, *, with_interviews: bool) -> None:
    """Leave the interviews out unless there are some, and set a day for the meeting."""
    steps = {step.key: step for step in Step.objects.filter(postmortem=postmortem, state=Step.State.OPEN)}
    if (interviews := steps.get("interviews")) and not with_interviews:
        stepping.skip(actor=facilitator, step=interviews, version=interviews.version, reason="The written accounts agree and leave little open.")
    if meeting := steps.get(MEETING):
        meeting.refresh_from_db()
        due_on = step_facts.calendar_of(postmortem.incident).add(timezone.localdate(), 2)
        stepping.change(actor=facilitator, step=meeting, version=meeting.version, due_on=due_on, owner=None)


def ask_facilitator(postmortem: Postmortem, facilitator: User, author: User) -> None:
    try:
        row = participating.invite(actor=author, postmortem=postmortem, role=Role.FACILITATOR, user=facilitator)
    except ValidationError:  # she was part of the response
        why = "Nobody else was free that week; the scribe watches over the ground rules."
        row = participating.invite(actor=author, postmortem=postmortem, role=Role.FACILITATOR, user=facilitator, reason=why)
    declared: dict[str, Any] = {"was_no_responder": not row.reason, "manages_nobody": True, "has_the_hours": True}
    participating.answer(actor=facilitator, participant=row, version=row.version, accept=True, **declared)


def look_back(postmortem: Postmortem, author: User) -> None:
    """Write down what came of some whose day has come; the others wait for somebody."""
    lines = next((texts for word, texts in LOOK_BACKS.items() if word in postmortem.title.lower()), None)
    step = Step.objects.filter(postmortem=postmortem, rule__in=LATER, due_on__lt=timezone.localdate()).first()
    if lines and step:
        words: dict[str, Any] = dict(zip(LOOK_BACK, lines, strict=True))
        looking_back.write(actor=author, postmortem=postmortem, version=None, **words)


def settle(step: Step, author: User) -> None:
    """Let a step be done on the day it was due, also one that was done by itself."""
    current = Step.objects.get(pk=step.pk)
    at = datetime.combine(current.due_on or timezone.localdate(), time(11), UTC)
    if current.is_open:
        stepping.complete(actor=author, step=current, version=current.version, now=at)
    elif at < timezone.now():
        Step.objects.filter(pk=current.pk).update(settled_at=at)
    StepEvent.objects.filter(step=current, verb=StepEvent.Verb.DONE).update(at=at)
