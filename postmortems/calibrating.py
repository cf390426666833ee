"""Writes. The draft is shown to those who were there; each says that it is right, asks for a change, or asks to be unnamed.

Nobody has to answer. Whoever reads the answers is named on the form, as with every word that people give.
"""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents.access import Actor
from incidents.lib.text import clean_text
from incidents.models import AuditEvent, User
from postmortems import hearing, stepping
from postmortems.access import check_open, require_open
from postmortems.models import Participant, Postmortem, Reading, Shared, SharedDraft
from postmortems.perspectives import keep_own, moved_on

WORDS_LIMIT = 5_000


@transaction.atomic
def share(*, actor: Actor, postmortem: Postmortem, now: datetime | None = None) -> SharedDraft:
    """Show the draft to those who take part, or ask them again because it has changed much."""
    require_open(actor, postmortem)
    shared_by = actor if isinstance(actor, User) else None
    shared, _ = SharedDraft.objects.update_or_create(postmortem=postmortem, defaults={"shared_at": now or timezone.now(), "shared_by": shared_by})
    AuditEvent.record(actor, "draft.shared", postmortem.reference)
    stepping.follow(postmortem.pk, "calibrated")
    return shared


@transaction.atomic
def answer(
    *, actor: Actor, postmortem: Postmortem, version: int | None, verdict: str, words: str = "", state: str = Shared.REVIEW, unnamed: bool = False
) -> Reading:
    """Keep what the actor says of the draft; `version` is None for the first time. Raises Conflict or ValidationError."""
    if not isinstance(actor, User) or not hearing.is_asked(actor, postmortem):
        raise PermissionDenied("Only people who take part in the review are asked about its draft.")
    if not SharedDraft.objects.filter(postmortem=postmortem).exists():
        raise ValidationError("The draft is not shared yet.")
    check_open(postmortem)
    words = clean_text(words, limit=WORDS_LIMIT).strip()
    if verdict not in Reading.Verdict or state not in Shared:
        raise ValidationError({"verdict": "Choose one of the two."})
    if verdict == Reading.Verdict.CHANGE and not words:
        raise ValidationError({"words": "Say in a few words what is to be changed or added."})
    values = {"verdict": verdict, "words": words, "answered_at": timezone.now(), "taken_up_at": None, "taken_up_by": None}
    row: Reading = keep_own(Reading, postmortem, actor, version, state=state, **values)
    ask_unnamed(actor, postmortem, unnamed)
    if row.state == Shared.REVIEW:
        AuditEvent.record(actor, "draft.answered", postmortem.reference)
    stepping.follow(postmortem.pk, "calibrated")
    return row


def ask_unnamed(actor: User, postmortem: Postmortem, unnamed: bool) -> None:
    """Let published texts speak of the person's role, or of the person: their own wish, whatever their role in the product."""
    own = Participant.objects.filter(postmortem=postmortem, user=actor).exclude(asks_to_be_unnamed=unnamed)
    if own.update(asks_to_be_unnamed=unnamed, version=F("version") + 1):
        AuditEvent.record(actor, "participant unnamed" if unnamed else "participant named", postmortem.reference)


def is_unnamed(actor: User, postmortem: Postmortem) -> bool:
    return Participant.objects.filter(postmortem=postmortem, user=actor, asks_to_be_unnamed=True).exists()


@transaction.atomic
def take_up(*, actor: Actor, reading: Reading, version: int, done: bool) -> Reading:
    """Say that the draft follows what was asked, or no longer. The caller fetched the reading as readable by the actor. Raises Conflict."""
    require_open(actor, reading.postmortem_id)
    person = actor if isinstance(actor, User) else None
    moved_on(reading, version, taken_up_at=timezone.now() if done else None, taken_up_by=person if done else None)
    reading.refresh_from_db()
    return reading
