"""Writes. Conversations before the meeting: noted by who held them, confirmed by who was asked.

The words belong to the person who was asked. They alone say who reads the notes, may change every word of them, and may
withdraw them. Until they open them, the notes are read by the two who talked and by the facilitators.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from incidents.access import Actor
from incidents.lib.text import clean_line, clean_text
from incidents.models import AuditEvent, User
from postmortems import stepping
from postmortems.access import require_open
from postmortems.models import Conversation, Postmortem, Shared
from postmortems.perspectives import address, check_person, facilitators_of, is_asked, moved_on

NOTES_LIMIT = 20_000
EARLIEST = date(2000, 1, 1)


@transaction.atomic
def note(*, actor: Actor, postmortem: Postmortem, held_on: date, notes: str, user: User | None = None, name: str = "") -> Conversation:
    """Record that a conversation was held. `user` where the person has an account, else `name`. Raises ValidationError.

    Nobody notes a conversation with themselves: what one saw is a perspective or a written account.
    """
    require_open(actor, postmortem)
    check_person(postmortem, user)
    if user is not None and user == actor:
        raise ValidationError({"person": "This is you. Write your own account, or add a perspective."})
    if user is not None and not is_asked(user, postmortem):
        raise ValidationError({"person": f"Ask {user} to take part first, so that they can read your notes."})
    values = checked(held_on, notes, name or str(user or ""))
    author = actor if isinstance(actor, User) else None
    row = Conversation.objects.create(postmortem=postmortem, author=author, user=user, state=Shared.PRIVATE, **values)
    address(row, postmortem)
    return row


@transaction.atomic
def change(*, actor: Actor, conversation: Conversation, version: int, held_on: date, notes: str, name: str = "") -> Conversation:
    """Change the notes on top of `version`; the person confirms them anew. Raises Conflict or ValidationError."""
    require_open(actor, conversation.postmortem_id)
    if not may_change(actor, conversation):
        raise PermissionDenied("Only who held the conversation or a facilitator of this review changes the notes.")
    values = checked(held_on, notes, name or conversation.name)
    # What the person confirmed and opened to others were the words of before.
    anew = {} if values["notes"] == conversation.notes else {"confirmed_at": None, "confirmed_by": None, "state": Shared.PRIVATE}
    moved_on(conversation, version, **values, **anew)
    row = fresh(conversation)
    address(row, row.postmortem)
    return row


@transaction.atomic
def confirm(*, actor: Actor, conversation: Conversation, version: int, notes: str, state: str = Shared.PRIVATE) -> Conversation:
    """Say that the notes are right as `notes` has them, and who may read them: for the person who was asked.

    For somebody without an account whoever holds the notes records their word. Raises Conflict or ValidationError.
    """
    if not may_confirm(actor, conversation):
        raise PermissionDenied("The person who was asked confirms the notes.")
    if state not in Shared:
        raise ValidationError({"state": "Say who may read it."})
    values = checked(conversation.held_on, notes, conversation.name)
    moved_on(conversation, version, notes=values["notes"], state=state, confirmed_at=timezone.now(), confirmed_by=actor)
    row = fresh(conversation)
    address(row, row.postmortem)
    if row.state == Shared.REVIEW:
        AuditEvent.record(actor, "conversation.shared", row.postmortem.reference)
    stepping.follow(row.postmortem_id, "talks")
    return row


@transaction.atomic
def withdraw(*, actor: Actor, conversation: Conversation) -> None:
    """Delete the notes: for the person who was asked, and for who wrote them."""
    if not is_own(actor, conversation):
        raise PermissionDenied("Only the two who talked withdraw the notes.")
    conversation.delete()


def checked(held_on: date, notes: str, name: str) -> dict[str, object]:
    notes, name = clean_text(notes, limit=NOTES_LIMIT).strip(), clean_line(name, limit=150)
    if not name:
        raise ValidationError({"name": "Say whom you talked to: a name, or a role such as “support”."})
    if not notes:
        raise ValidationError({"notes": "Write down what was said, in their words where you can."})
    if not EARLIEST <= held_on <= timezone.localdate() + timedelta(days=1):
        raise ValidationError({"held_on": "Give the day on which you talked."})
    return {"held_on": held_on, "notes": notes, "name": name}


def is_own(actor: Actor, conversation: Conversation) -> bool:
    return isinstance(actor, User) and actor.pk in (conversation.author_id, conversation.user_id)


def is_theirs(actor: Actor, conversation: Conversation) -> bool:
    return isinstance(actor, User) and actor.pk == conversation.user_id


def may_change(actor: Actor, conversation: Conversation) -> bool:
    """Who held it edits the notes until they are opened to others, and so does a facilitator who may read them."""
    return (
        isinstance(actor, User)
        and not is_theirs(actor, conversation)
        and (actor.pk == conversation.author_id or actor in facilitators_of(conversation.postmortem))
    )


def may_confirm(actor: Actor, conversation: Conversation) -> bool:
    if conversation.user_id is not None:
        return is_theirs(actor, conversation)
    return may_change(actor, conversation)


def fresh(conversation: Conversation) -> Conversation:
    return Conversation.objects.select_related("user", "author", "confirmed_by", "postmortem__incident").get(pk=conversation.pk)
