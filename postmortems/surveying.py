"""Writes. The three questions after a meeting: opened when it was held, answered once by each, closed by the clock or once all answered.

An answer leaves no trace of its own: no row, no time, no audit entry. It cannot be changed, since nobody could say which it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from incidents.access import Actor, may
from incidents.lib.text import clean_text
from incidents.models import User
from postmortems import step_facts, stepping
from postmortems.facilitation.texts import SURVEY
from postmortems.models import Participant, Postmortem, Survey
from postmortems.perspectives import facilitators_of
from postmortems.survey_results import POINTS, Results, results_of, with_answer

OPEN_DAYS = 5  # working days after the meeting
WORDS_LIMIT = 1_000
PRESENT = (Participant.Role.PARTICIPANT, Participant.Role.SCRIBE, Participant.Role.OBSERVER)


def today_at(postmortem: Postmortem, now: datetime | None = None) -> date:
    return step_facts.calendar_of(postmortem.incident).day_of(now or timezone.now())


@transaction.atomic
def open_for(postmortem: Postmortem, now: datetime) -> Survey:
    """Begin to ask, from the day on which somebody said that the meeting was held. One that is there stays as it is."""
    calendar = step_facts.calendar_of(postmortem.incident)
    closes_on = calendar.add(calendar.day_of(now), OPEN_DAYS)
    return Survey.objects.get_or_create(postmortem=postmortem, defaults={"closes_on": closes_on})[0]


def asked_of(postmortem: Postmortem) -> set[int]:
    """Return the accounts of those who were in the room, but for who facilitated: their meeting it is."""
    rows = Participant.objects.filter(postmortem=postmortem, user__isnull=False).exclude(state=Participant.State.DECLINED)
    parts = list(rows.values_list("user_id", "role"))
    leading = {user for user, role in parts if role == Participant.Role.FACILITATOR}
    return {user for user, role in parts if user and role in PRESENT} - leading


def is_open(survey: Survey, today: date) -> bool:
    return not survey.is_closed and today <= survey.closes_on


def may_answer(actor: Actor, survey: Survey, today: date) -> bool:
    return isinstance(actor, User) and is_open(survey, today) and actor.pk in asked_of(survey.postmortem) and actor.pk not in survey.answered


def may_read(actor: Actor, postmortem: Postmortem) -> bool:
    """Whether the actor reads what was answered: who facilitates this review, or facilitates at all."""
    return may(actor, "publish") or (isinstance(actor, User) and actor in facilitators_of(postmortem))


def results(survey: Survey, today: date) -> Results | None:
    """Return what may be shown: nothing while answers are taken, nothing with too few."""
    return None if is_open(survey, today) else results_of(survey.counts, survey.words, len(survey.answered))


def read_by(actor: Actor, postmortem: Postmortem) -> Results | None:
    """Return the results of a review as far as the actor may read them now."""
    survey = Survey.objects.filter(postmortem=postmortem).first() if may_read(actor, postmortem) else None
    return results(survey, today_at(postmortem)) if survey else None


@transaction.atomic
def answer(*, actor: Actor, postmortem: Postmortem, scores: Mapping[str, int | None], words: str = "", now: datetime | None = None) -> None:
    """Add one answer, of which any part may be left out. Raises PermissionDenied for who is not asked, ValidationError for a second one or none at all."""
    survey = Survey.objects.select_for_update().filter(postmortem=postmortem).first()
    asked = asked_of(postmortem)
    if not isinstance(actor, User) or actor.pk not in asked:
        raise PermissionDenied("Only those who were in the meeting are asked about it.")
    if survey is None or not is_open(survey, today_at(postmortem, now)):
        raise ValidationError("No answers are taken now.")
    if actor.pk in survey.answered:
        raise ValidationError("You have answered already. Nobody can say which answer was yours, so it cannot be changed.")
    words = clean_text(words, limit=WORDS_LIMIT).strip()
    given = {key: scores.get(key) for key in SURVEY}
    if any(score is not None and not 1 <= score <= POINTS for score in given.values()):
        raise ValidationError(f"Give 1 to {POINTS} points.")
    if not words and not any(given.values()):
        raise ValidationError("Answer one of the questions at least.")
    survey.answered = sorted({*survey.answered, actor.pk})
    survey.counts = with_answer(survey.counts, given)
    survey.words = sorted([*survey.words, words]) if words else survey.words
    survey.is_closed = asked <= set(survey.answered)
    survey.save(update_fields=["answered", "counts", "words", "is_closed"])
    stepping.follow(postmortem.pk, "surveyed")
