"""Writes. Who is at which section: a sign every twenty seconds while a page is open, forgotten soon after the last one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from incidents.access import Actor
from incidents.models import User
from postmortems.models import Postmortem, Presence, Section

#: After the last sign somebody counts as gone; pages give one every twenty seconds.
GONE = timedelta(seconds=50)
#: After the last key somebody counts as reading.
TYPING = timedelta(seconds=60)
CLEARED = timedelta(minutes=10)


@dataclass(frozen=True)
class Here:
    """One person at one section."""

    name: str
    section_id: int
    section_key: str
    section_title: str
    is_editing: bool

    @property
    def words(self) -> str:
        return f"{self.name} is {'editing' if self.is_editing else 'reading'} {self.section_title}"


@transaction.atomic
def sign(*, actor: Actor, section: Section, is_typing: bool, now: datetime) -> None:
    """Say that a person is at a section, and clear away those who left."""
    if not isinstance(actor, User):
        return
    values = {"seen_at": now, "typed_at": now} if is_typing else {"seen_at": now}
    if not Presence.objects.filter(section=section, user=actor).update(**values):
        Presence.objects.update_or_create(section=section, user=actor, defaults=values)
        Presence.objects.filter(seen_at__lt=now - CLEARED).delete()


def leave(*, actor: Actor, section: Section) -> None:
    """Say that a person closed the page of a section."""
    Presence.objects.filter(section=section, user_id=actor.pk).delete()


def others(actor: Actor, postmortem: Postmortem, now: datetime) -> list[Here]:
    """Return who else is at the sections of a post-mortem, those who edit first. The caller may read its working text."""
    rows = Presence.objects.filter(section__postmortem=postmortem, seen_at__gte=now - GONE).exclude(user_id=actor.pk)
    here = [
        Here(str(row.user), row.section_id, row.section.key, row.section.title, bool(row.typed_at and row.typed_at >= now - TYPING))
        for row in rows.select_related("user", "section").filter(user__is_active=True).order_by("section__position", "pk")[:50]
    ]
    return sorted(here, key=lambda one: not one.is_editing)


def at_section(people: Iterable[Here], section: Section) -> list[Here]:
    return [one for one in people if one.section_id == section.pk]
