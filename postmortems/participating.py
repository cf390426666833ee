"""Writes. Who takes part in a retrospective: asked, answered, taken off. Answers and changes compare and set by `version`.

A facilitator who was a responder is pointed out and not forbidden: whoever asks or accepts all the same says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents.access import Actor, may
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line
from incidents.models import AuditEvent, User
from postmortems import invitees, stepping
from postmortems.access import require_open
from postmortems.models import Participant, Postmortem
from postmortems.people import LONGEST_NAME
from postmortems.signals import tell_changed

MOST = 200
Role, State = Participant.Role, Participant.State

#: What a facilitator declares when accepting, as a question that "yes" answers well.
DECLARATIONS = {
    "was_no_responder": "I was not a responder in this incident",
    "manages_nobody": "I do not manage any of the main participants",
    "has_the_hours": "I have the hours this takes",
}
#: These answer for themselves; what others said in passing may be noted for the rest.
IN_PERSON = {Role.FACILITATOR, Role.REVIEWER, Role.APPROVER}


@transaction.atomic
def invite(
    *, actor: Actor, postmortem: Postmortem, role: str, user: User | None = None, name: str = "", reason: str = "", unnamed: bool = False
) -> Participant:
    """Ask somebody, by account or by name only. Raises ValidationError for a role they hold, an incident they cannot see, or a conflict without a reason."""
    require_open(actor, postmortem)
    Postmortem.objects.select_for_update().get(pk=postmortem.pk)
    row = add(actor, postmortem, role, user, name, clean_line(reason), unnamed)
    AuditEvent.record(actor, "participant asked", postmortem.reference, role=role, participant=row.pk)
    stepping.refresh(postmortem.pk)
    return row


def add(actor: Actor, postmortem: Postmortem, role: str, user: User | None, name: str, reason: str = "", unnamed: bool = False) -> Participant:
    if role not in Role:
        raise ValidationError({"role": "This is no role."})
    name = clean_line(str(user) if user else name, limit=LONGEST_NAME)
    if not name:
        raise ValidationError({"name": "Choose a person or give a name."})
    there = list(postmortem.participants.filter(role=role))
    if any(one.user_id == user.pk if user else one.name.casefold() == name.casefold() for one in there):
        raise ValidationError({"name": f"{name} is {Role(role).label.lower()} here already."})
    if postmortem.participants.count() >= MOST:
        raise ValidationError({"name": f"At most {MOST} people take part."})
    if user is not None:
        check_account(postmortem, role, user, reason)
        if any(one.name == name for one in there):  # two people of one name
            name = clean_line(f"{name[:100]} ({user.username})", limit=LONGEST_NAME)
    elif role in IN_PERSON:
        raise ValidationError({"name": f"A {Role(role).label.lower()} needs an account."})
    asking = actor if isinstance(actor, User) else None
    row = Participant(postmortem=postmortem, role=role, user=user, name=name, reason=reason, asks_to_be_unnamed=unnamed, created_by=asking)
    if user is not None and user == asking and role != Role.FACILITATOR:  # nobody waits for their own answer; a facilitator still declares
        row.state, row.answered_at, row.answered_by = State.ACCEPTED, timezone.now(), asking
    row.save()
    return row


def check_account(postmortem: Postmortem, role: str, user: User, reason: str) -> None:
    if not user.is_active or not invitees.visible_in(postmortem, user):
        raise ValidationError({"user": "This person cannot see the incident; add them to it first."})
    if role in IN_PERSON and not may(user, "draft"):
        raise ValidationError({"user": f"{user} may read only; a {Role(role).label.lower()} works on the draft."})
    if role == Role.FACILITATOR and not reason:
        why = invitees.conflicts(invitees.people_of(postmortem)).get(user.pk)
        if why:
            raise ValidationError({"reason": f"{user} {why}. Ask somebody else, or say why it should be them all the same."})


@transaction.atomic
def invite_all(*, actor: Actor, postmortem: Postmortem, guests: Iterable[tuple[str, User | None]]) -> list[Participant]:
    """Ask people to take part, by name and account where they have one; whoever has a part already keeps it. Returns who is new.

    Raises ValidationError for an account that cannot see the incident.
    """
    require_open(actor, postmortem)
    Postmortem.objects.select_for_update().get(pk=postmortem.pk)
    there = list(postmortem.participants.all())
    accounts, names = {one.user_id for one in there}, {one.name.casefold() for one in there}
    rows: list[Participant] = []
    for name, user in guests:
        known = user.pk in accounts if user else name.casefold() in names
        if known or len(there) + len(rows) >= MOST:
            continue
        row = add(actor, postmortem, Role.PARTICIPANT, user, name)
        accounts.add(row.user_id)
        names.add(row.name.casefold())
        rows.append(row)
    if rows:
        AuditEvent.record(actor, "participants asked", postmortem.reference, number=len(rows))
        stepping.refresh(postmortem.pk)
    return rows


def invite_everyone(*, actor: Actor, postmortem: Postmortem) -> int:
    """Ask everyone found on the incident who has no part yet, and return how many that were."""
    waiting = invitees.not_asked(invitees.people_of(postmortem), postmortem.participants.all())
    accounts = User.objects.in_bulk([part.user_id for part in waiting if part.user_id])
    guests = [(part.name, accounts.get(part.user_id) if part.user_id else None) for part in waiting]
    return len(invite_all(actor=actor, postmortem=postmortem, guests=guests))


def may_answer(actor: Actor, participant: Participant) -> bool:
    """People answer for themselves; for somebody by name, and for parts that need no word in person, whoever may draft may note the answer."""
    if participant.user_id is not None and participant.user_id == getattr(actor, "pk", None):
        return True
    return may(actor, "draft") and (participant.user_id is None or participant.role not in IN_PERSON)


@transaction.atomic
def answer(*, actor: Actor, participant: Participant, version: int, accept: bool, reason: str = "", **declarations: bool) -> Participant:
    """Accept or decline. A facilitator declares what `DECLARATIONS` ask; with a "no" among them accepting wants a reason, and so does declining.

    Raises PermissionDenied for somebody else's word, Conflict when it changed since `version`, ValidationError for a missing reason.
    """
    require_open(actor, participant.postmortem_id)
    if not may_answer(actor, participant):
        raise PermissionDenied("This person answers in person.")
    if set(declarations) - set(DECLARATIONS):
        raise TypeError("Not a declaration: " + ", ".join(sorted(set(declarations) - set(DECLARATIONS))))
    reason = clean_line(reason)
    declared = {name: bool(declarations.get(name)) for name in DECLARATIONS} if accept and participant.role == Role.FACILITATOR else {}
    if not accept and not reason and participant.role in IN_PERSON:
        raise ValidationError({"reason": "Say in a few words why, so that the next person can be chosen well."})
    reason = reason or (participant.reason if accept else "")
    if declared and not all(declared.values()) and not reason:
        said_no = "; ".join(text[0].lower() + text[1:] if not text.startswith("I ") else text for name, text in DECLARATIONS.items() if not declared[name])
        raise ValidationError({"reason": f"You did not tick: {said_no}. Decline, so that somebody else is asked, or say why it is fine all the same."})
    changed = {name: declared.get(name) for name in DECLARATIONS} | {"state": State.ACCEPTED if accept else State.DECLINED, "reason": reason}
    put(participant, version, changed | {"answered_at": timezone.now(), "answered_by": actor if isinstance(actor, User) else None})
    tell_changed(participant.postmortem_id)
    AuditEvent.record(actor, "participant answered", f"PM-{participant.postmortem_id}", participant=participant.pk, accepted=accept)
    stepping.refresh(participant.postmortem_id)
    return fresh(participant)


@transaction.atomic
def set_unnamed(*, actor: Actor, participant: Participant, version: int, unnamed: bool) -> Participant:
    """Let published texts speak of the person's role, or of the person again. What is published already stays as it is."""
    require_open(actor, participant.postmortem_id)
    same = Participant.objects.filter(postmortem=participant.postmortem_id, user=participant.user_id) if participant.user_id else Participant.objects.none()
    put(participant, version, {"asks_to_be_unnamed": unnamed})
    same.exclude(pk=participant.pk).exclude(asks_to_be_unnamed=unnamed).update(asks_to_be_unnamed=unnamed, version=F("version") + 1)
    tell_changed(participant.postmortem_id)  # the document tells of a role instead, or of a name again
    AuditEvent.record(actor, "participant unnamed" if unnamed else "participant named", f"PM-{participant.postmortem_id}", participant=participant.pk)
    return fresh(participant)


@transaction.atomic
def remove(*, actor: Actor, participant: Participant, version: int) -> None:
    """Take somebody off a role. Raises Conflict when it changed since `version`."""
    require_open(actor, participant.postmortem_id)
    current = Participant.objects.filter(pk=participant.pk).first()
    if current is None:
        return
    if not Participant.objects.filter(pk=participant.pk, version=version).delete()[0]:
        raise Conflict(fresh(current))
    tell_changed(participant.postmortem_id)
    AuditEvent.record(actor, "participant removed", f"PM-{participant.postmortem_id}", role=participant.role, participant=participant.pk)
    stepping.refresh(participant.postmortem_id)


def put(participant: Participant, version: int, changed: dict[str, Any]) -> None:
    if not Participant.objects.filter(pk=participant.pk, version=version).update(version=F("version") + 1, **changed):
        raise Conflict(fresh(participant))


def fresh(participant: Participant) -> Participant:
    return Participant.objects.select_related("user", "answered_by", "postmortem__incident").get(pk=participant.pk)
