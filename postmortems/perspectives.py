"""Writes. Accounts of people: what each saw and knew at a moment, the short written account, and the note for the facilitator alone.

Each is its author's: they say who reads it and may withdraw it, and then it is gone. The audit log hears of what is shared
with the review only; what is private leaves no trace there. Also of an archived review people take back what is theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from incidents.access import Actor, may
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line, clean_text
from incidents.models import AuditEvent, TimelineEvent, User
from postmortems import overview, stepping
from postmortems.access import check_open, may_know
from postmortems.facilitation.texts import ACCOUNT, PERSPECTIVE
from postmortems.models import Difference, Participant, Perspective, Postmortem, PrivateNote, Shared, WrittenAccount
from postmortems.signals import tell_changed

TEXT_LIMIT = 5_000
MOST_EVENTS = 30


def facilitators_of(postmortem: Postmortem) -> list[User]:
    """Return who facilitates, without those who declined: to them private words are addressed."""
    rows = Participant.objects.filter(postmortem=postmortem, role=Participant.Role.FACILITATOR, user__isnull=False)
    return [row.user for row in rows.exclude(state=Participant.State.DECLINED).select_related("user") if row.user]


def is_asked(actor: Actor, postmortem: Postmortem) -> bool:
    """Whether the actor takes part, whatever their role in the product: a viewer from support has an account to give, too."""
    taking_part = Participant.objects.filter(postmortem=postmortem).exclude(state=Participant.State.DECLINED)
    return isinstance(actor, User) and taking_part.filter(user=actor).exists()


def require_voice(actor: Actor, postmortem: Postmortem) -> User:
    """Return the actor as a person. Raises PermissionDenied for whoever neither drafts nor takes part, or may not know the incident."""
    visible = isinstance(actor, User) and may_know(actor, postmortem)
    if not isinstance(actor, User) or not visible or not (may(actor, "draft") or is_asked(actor, postmortem)):
        raise PermissionDenied("Only people who take part in the review give an account in it.")
    return actor


def texts_of(fields: Iterable[str], given: dict[str, Any]) -> dict[str, str]:
    return {name: clean_text(str(given.get(name, "")), limit=TEXT_LIMIT).strip() for name in fields}


def moved_on(row: Any, version: int, **values: Any) -> None:
    """Store on top of `version`. Raises Conflict when that is not the newest."""
    model = type(row)
    if not model.objects.filter(pk=row.pk, version=version).update(version=F("version") + 1, updated_at=timezone.now(), **values):
        current = model.objects.filter(pk=row.pk).first()
        if current is None:
            raise ValidationError("It was withdrawn meanwhile.")
        raise Conflict(current)


def keep_own(model: Any, postmortem: Postmortem, author: User, version: int | None, **values: Any) -> Any:
    """Store the one row that a person has of a post-mortem, and who reads it: the first time with `version` None, then on top of it. Raises Conflict."""
    row = model.objects.filter(postmortem=postmortem, author=author).first()
    if row is None:
        row = model.objects.create(postmortem=postmortem, author=author, **values)
    elif version is None:
        raise Conflict(row)
    else:
        moved_on(row, version, **values)
        row = model.objects.get(pk=row.pk)
    address(row, postmortem)
    return row


def address(row: Any, postmortem: Postmortem) -> None:
    """Say who reads what is private: those who facilitate now. Whoever comes later reads it once the author saves it again."""
    row.readers.set(facilitators_of(postmortem) if row.state == Shared.PRIVATE else [])


# The written account --------------------------------------------------------------------------------------


@transaction.atomic
def save_account(*, actor: Actor, postmortem: Postmortem, version: int | None, state: str, **answers: str) -> WrittenAccount:
    """Keep the actor's own account; `version` is None for the first save. Raises Conflict, or ValidationError when nothing is said."""
    person = require_voice(actor, postmortem)
    check_open(postmortem)
    texts = texts_of(ACCOUNT, answers)
    if not any(texts.values()):
        raise ValidationError("Answer one of the questions at least.")
    row: WrittenAccount = keep_own(WrittenAccount, postmortem, person, version, state=state, **texts)
    if row.state == Shared.REVIEW:
        AuditEvent.record(actor, "account.given", postmortem.reference)
    stepping.follow(postmortem.pk, "accounts")
    return row


@transaction.atomic
def confide(*, actor: Actor, postmortem: Postmortem, text: str) -> PrivateNote | None:
    """Keep the actor's note to the facilitators of now, or take it back when there are no words. Nobody else hears of it."""
    person = require_voice(actor, postmortem)
    text = clean_text(text, limit=TEXT_LIMIT).strip()
    mine = PrivateNote.objects.filter(postmortem=postmortem, author=person)
    if not text:
        mine.delete()
        return None
    check_open(postmortem)
    note = mine.first() or PrivateNote(postmortem=postmortem, author=person, state=Shared.PRIVATE)
    note.text, note.version = text, note.version + (1 if note.pk else 0)
    note.save()
    address(note, postmortem)
    return note


@transaction.atomic
def withdraw_account(*, actor: Actor, postmortem: Postmortem) -> None:
    """Take back the actor's own account and note. Nothing of them is kept."""
    person = require_voice(actor, postmortem)
    account = WrittenAccount.objects.filter(postmortem=postmortem, author=person)
    shared = account.filter(state=Shared.REVIEW).exists()
    account.delete()
    PrivateNote.objects.filter(postmortem=postmortem, author=person).delete()
    if shared:
        AuditEvent.record(actor, "account.withdrawn", postmortem.reference)


# Perspectives ---------------------------------------------------------------------------------------------


@transaction.atomic
def save_perspective(
    *,
    actor: Actor,
    postmortem: Postmortem,
    perspective: Perspective | None = None,
    version: int | None = None,
    at: datetime,
    until: datetime | None = None,
    user: User | None = None,
    name: str = "",
    role: str = "",
    state: str = Shared.REVIEW,
    events: Iterable[int] = (),
    **texts: str,
) -> Perspective:
    """Write down what one person saw, knew, believed, expected or did at a moment. Raises Conflict or ValidationError.

    Somebody who drafts may do so for another person, as after a conversation; whoever only takes part speaks for themselves.
    """
    person = require_voice(actor, postmortem)
    check_open(postmortem)
    if not may(actor, "draft") and (user != person or (perspective and not is_own(actor, perspective))):
        raise PermissionDenied("Speak for yourself; the facilitator writes down what others say.")
    if perspective and not may_change(actor, perspective):
        raise PermissionDenied("Only the person it is about, who wrote it down or a facilitator of this review changes it.")
    check_person(postmortem, user)
    words = texts_of(PERSPECTIVE, texts)
    name = clean_line(name or (str(user) if user else ""), limit=150)
    if not name:
        raise ValidationError({"name": "Say whose perspective it is: a name, or a role such as “support”."})
    if not any(words.values()):
        raise ValidationError("Fill in one of the five: what they saw, knew, believed, expected or did.")
    if until and until < at:
        raise ValidationError({"until": "That is before the moment it begins."})
    values: dict[str, Any] = {"at": at, "until": until, "user": user, "name": name, "role": clean_line(role, limit=60), **words}
    if perspective is None:
        row = Perspective.objects.create(postmortem=postmortem, author=person, state=state, **values)
    else:
        # Who reads it is for the person alone to say: nobody opens what another gave in private.
        if state != perspective.state and not is_own(actor, perspective):
            raise PermissionDenied("Only its author says who may read it.")
        moved_on(perspective, version or 0, state=state, **values)
        row = Perspective.objects.get(pk=perspective.pk)
    row.events.set(own_events(postmortem, events))
    tell_changed(postmortem.pk)
    if perspective is None or is_own(actor, perspective):
        address(row, postmortem)
    if row.state == Shared.REVIEW:
        AuditEvent.record(actor, "perspective.written" if perspective is None else "perspective.changed", postmortem.reference)
    return row


def check_person(postmortem: Postmortem, user: User | None) -> None:
    if user and not may_know(user, postmortem):
        raise ValidationError({"user": "This person cannot see the incident; add them to it first."})


def own_events(postmortem: Postmortem, events: Iterable[int]) -> models.QuerySet[TimelineEvent]:
    """Return those of the given entries that are in the timeline of this incident."""
    wanted = [pk for pk in events if 0 < pk < 2**62][:MOST_EVENTS]
    return overview.entries_of(postmortem).exclude(curation__is_hidden=True).filter(pk__in=wanted)


def is_own(actor: Actor, perspective: Perspective) -> bool:
    return isinstance(actor, User) and actor.pk in (perspective.author_id, perspective.user_id)


def may_change(actor: Actor, perspective: Perspective) -> bool:
    """Whether the actor may edit the words: they are theirs, or they facilitate this review and the words are shared with it."""
    if is_own(actor, perspective):
        return True
    return perspective.state == Shared.REVIEW and isinstance(actor, User) and actor in facilitators_of(perspective.postmortem)


@transaction.atomic
def withdraw_perspective(*, actor: Actor, perspective: Perspective) -> None:
    """Take it back: it is gone, with the marks of what it differed from. Revisions published before keep what they say."""
    if not is_own(actor, perspective):
        raise PermissionDenied("Only the person it is about or who wrote it down withdraws it.")
    postmortem, shared = perspective.postmortem, perspective.state == Shared.REVIEW
    perspective.delete()
    tell_changed(postmortem.pk)
    if shared:
        AuditEvent.record(actor, "perspective.withdrawn", postmortem.reference)


@transaction.atomic
def mark_difference(*, actor: Actor, one: Perspective, other: Perspective, note: str = "") -> Difference:
    """Say that two accounts differ, and in what. Both stay as they are. The caller has fetched both as readable by the actor."""
    require_voice(actor, one.postmortem)
    check_open(one.postmortem)
    if one.postmortem_id != other.postmortem_id or one.pk == other.pk:
        raise ValidationError("Choose another account of this review.")
    first, second = sorted((one, other), key=lambda row: row.pk)
    values = {"note": clean_line(note), "marked_by": actor if isinstance(actor, User) else None}
    difference, _ = Difference.objects.update_or_create(first=first, second=second, defaults=values)
    tell_changed(one.postmortem_id)
    return difference


@transaction.atomic
def clear_difference(*, actor: Actor, difference: Difference) -> None:
    """Take back that two accounts differ."""
    require_voice(actor, difference.first.postmortem)
    check_open(difference.first.postmortem)
    difference.delete()
    tell_changed(difference.first.postmortem_id)
