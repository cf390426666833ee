"""Reads. Who was heard before the meeting, in numbers: written accounts, conversations, answers to the draft.

Numbers and never names: that somebody did not answer is nobody's business, and some answers are private.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from incidents.models import User
from postmortems.models import Conversation, Meeting, Participant, Postmortem, Reading, SharedDraft, WrittenAccount


@dataclass(frozen=True)
class Heard:
    """How many were asked, and how many answered."""

    asked: int = 0
    answered: int = 0

    @property
    def is_half(self) -> bool:
        return bool(self.asked) and 2 * self.answered >= self.asked

    @property
    def is_all(self) -> bool:
        return bool(self.asked) and self.answered >= self.asked


def asked_of(participants: Iterable[Participant]) -> set[int]:
    """Return the accounts of those who were there and are asked for their word; who declined is left in peace."""
    return {one.user_id for one in participants if one.user_id and one.role == Participant.Role.PARTICIPANT and one.state != Participant.State.DECLINED}


def accounts(postmortem: Postmortem, participants: Iterable[Participant]) -> Heard:
    asked = asked_of(participants)
    return Heard(len(asked), WrittenAccount.objects.filter(postmortem=postmortem, author__in=asked).count())


def conversations(postmortem: Postmortem) -> Heard:
    """Return how many were held, and of how many the notes are confirmed."""
    confirmed = list(Conversation.objects.filter(postmortem=postmortem).values_list("confirmed_at", flat=True))
    return Heard(len(confirmed), sum(at is not None for at in confirmed))


def readers(postmortem: Postmortem, participants: Iterable[Participant], shared: SharedDraft | None) -> Heard:
    """Return how many are asked about the draft, and how many have answered since it was shared last."""
    asked = asked_of(participants)
    if shared is None:
        return Heard(len(asked))
    return Heard(len(asked), Reading.objects.filter(postmortem=postmortem, author__in=asked, answered_at__gte=shared.shared_at).count())


def has_met(postmortem: Postmortem) -> bool:
    """Whether the meeting is behind us, or waived."""
    meeting = Meeting.objects.filter(postmortem=postmortem).first()
    return bool(meeting and meeting.met_at)


def is_asked(person: User, postmortem: Postmortem) -> bool:
    return person.pk in asked_of(Participant.objects.filter(postmortem=postmortem, user=person))
