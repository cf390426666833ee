"""Writes. The check on how people are: the facilitators tick whom they spoke to in person.

A list of ticks that the facilitators of this review alone can open. Nothing of what was said is kept, no audit entry is
made, and the step that it completes says no name and no number.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F

from incidents.access import Actor
from incidents.lib.conflict import Conflict
from incidents.models import User
from postmortems import stepping
from postmortems.models import Participant, Postmortem, WelfareCheck
from postmortems.perspectives import facilitators_of


def may_look(actor: Actor, postmortem: Postmortem) -> bool:
    """Whether the actor facilitates this review. No role opens the list, and neither does the system."""
    return isinstance(actor, User) and actor in facilitators_of(postmortem)


def people_of(postmortem: Postmortem) -> list[Participant]:
    """Return those who were there, also by name only: those whom somebody may want to speak to."""
    return list(Participant.objects.filter(postmortem=postmortem, role=Participant.Role.PARTICIPANT).select_related("user"))


def check_of(postmortem: Postmortem) -> WelfareCheck:
    return WelfareCheck.objects.filter(postmortem=postmortem).first() or WelfareCheck(postmortem=postmortem)


@transaction.atomic
def tick(*, actor: Actor, postmortem: Postmortem, version: int, reached: Iterable[int], is_done: bool) -> WelfareCheck:
    """Keep who was spoken to (ids of participants), and whether that is everybody who was close to it. Raises Conflict."""
    if not may_look(actor, postmortem):
        raise PermissionDenied("The facilitators of this review keep this list.")
    check, _ = WelfareCheck.objects.get_or_create(postmortem=postmortem)
    if not WelfareCheck.objects.filter(pk=check.pk, version=version).update(version=F("version") + 1, is_done=is_done):
        raise Conflict(WelfareCheck.objects.get(pk=check.pk))
    wanted = set(reached)
    check.reached.set(one for one in people_of(postmortem) if one.pk in wanted)
    stepping.follow(postmortem.pk, "welfare")
    return WelfareCheck.objects.get(pk=check.pk)
