"""Writes. What people of the example organisation say around a meeting: in conversations before it, and without their names after it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from incidents.models import User
from postmortems import meetings, participating, surveying, talking
from postmortems.facilitation.texts import SURVEY
from postmortems.models import Postmortem, Shared

People = dict[str, User]


def talk(postmortem: Postmortem, rows: list[dict[str, Any]], people: People) -> None:
    """Note conversations; some were confirmed and opened to the review by who was asked."""
    for row in rows:
        held_on, asked = timezone.localdate() - timedelta(days=row["days_ago"]), people[row["with"]]
        noted = talking.note(actor=people[row["by"]], postmortem=postmortem, held_on=held_on, notes=row["notes"], user=asked)
        if row.get("confirmed"):
            current = talking.fresh(noted)
            talking.confirm(actor=asked, conversation=current, version=current.version, notes=current.notes, state=Shared.REVIEW)


def meet(postmortem: Postmortem, row: dict[str, Any], people: People) -> None:
    """Hold the meeting with who else was in the room, and answer what is asked after it. With answers of all the survey is over."""
    facilitator = people["ana"]
    for name, role in row["others"].items():
        asked = participating.invite(actor=facilitator, postmortem=postmortem, role=role, user=people[name])
        participating.answer(actor=people[name], participant=asked, version=asked.version, accept=True)
    version = meetings.ensure(postmortem).version
    meetings.settle(actor=facilitator, postmortem=postmortem, version=version, outcome="held", at=timezone.now() - timedelta(days=row["days_ago"]))
    for name, said in row["answers"].items():
        scores = dict(zip(SURVEY, said["points"], strict=True))
        surveying.answer(actor=people[name], postmortem=postmortem, scores=scores, words=said.get("words", ""))
