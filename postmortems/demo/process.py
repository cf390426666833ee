"""Writes. People and steps of the example retrospectives: asked, answered, and settled about when they were due."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from incidents.models import User
from postmortems import participating, step_facts, stepping
from postmortems.models import Participant, Postmortem, Step, StepEvent
from postmortems.steps import MEETING

Role = Participant.Role
BEFORE_THE_MEETING = {"evidence", "invite", "welfare", "timeline", "accounts"}


def go(postmortem: Postmortem, facilitator: User, author: User) -> None:
    """Ask everyone as a team would; a published retrospective has been through all steps, another is on its way to the meeting."""
    ask_facilitator(postmortem, facilitator, author)
    participating.invite_everyone(actor=author, postmortem=postmortem)
    for one in postmortem.participants.filter(role=Role.PARTICIPANT).select_related("user"):
        if one.user is None or one.user.role == User.Role.VIEWER:
            continue
        participating.answer(actor=one.user, participant=one, version=one.version, accept=True)
    if postmortem.status == Postmortem.Status.PUBLISHED:
        for step in Step.objects.filter(postmortem=postmortem):
            settle(step, author)
        return
    for step in Step.objects.filter(postmortem=postmortem, key__in=BEFORE_THE_MEETING):
        settle(step, author)
    prepare_meeting(postmortem, facilitator)


def prepare_meeting(postmortem: Postmortem, facilitator: User) -> None:
    """Leave the interviews out, and set a day for the meeting."""
    steps = {step.key: step for step in Step.objects.filter(postmortem=postmortem, state=Step.State.OPEN)}
    if interviews := steps.get("interviews"):
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


def settle(step: Step, author: User) -> None:
    """Let a step be done on the day it was due, also one that was done by itself."""
    current = Step.objects.get(pk=step.pk)
    at = datetime.combine(current.due_on or timezone.localdate(), time(11), UTC)
    if current.is_open:
        stepping.complete(actor=author, step=current, version=current.version, now=at)
    elif at < timezone.now():
        Step.objects.filter(pk=current.pk).update(settled_at=at)
    StepEvent.objects.filter(step=current, verb=StepEvent.Verb.DONE).update(at=at)
