"""Reads. A meeting and who takes part in it -> the invitation that calendars read."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import validate_email
from django.forms import ValidationError
from django.urls import reverse

from incidents.access import Actor
from incidents.lib.text import clean_line
from incidents.models import User
from postmortems.facilitation import agendas
from postmortems.facilitation.invitation import Guest, Invitation, request
from postmortems.models import Meeting, Participant


def guest(user: User, *, is_optional: bool = False) -> Guest | None:
    """Return a person as calendars address them; None without a mail address that could be one."""
    try:
        validate_email(user.email)
    except ValidationError:
        return None
    return Guest(clean_line(str(user), limit=100), user.email, is_optional)


def calendar_file(*, actor: Actor, meeting: Meeting, now: datetime) -> bytes:
    """Return the invitation as a file. The meeting has a time."""
    assert meeting.starts_at  # noqa: S101 - the callers answer 404 without
    postmortem = meeting.postmortem
    rows = list(Participant.objects.filter(postmortem=postmortem).exclude(state=Participant.State.DECLINED).select_related("user"))
    people: dict[str, Guest] = {}
    for row in rows:
        if row.user and (one := guest(row.user, is_optional=row.role == Participant.Role.OBSERVER)):
            before = people.get(one.email)
            people[one.email] = Guest(one.name, one.email, one.is_optional and (before is None or before.is_optional))
    zone = ZoneInfo(postmortem.incident.time_zone)
    host = urlsplit(settings.BASE_URL).hostname or "debrief"
    url = settings.BASE_URL + reverse("postmortems:meeting", args=[postmortem.reference])
    invitation = Invitation(
        uid=f"{meeting.uid}@{host}",
        sequence=meeting.sequence,
        title=clean_line(f"Retrospective: {postmortem.title}"),
        starts_at=meeting.starts_at,
        minutes=meeting.minutes,
        zone=postmortem.incident.time_zone,
        organizer=organizer(actor, rows, postmortem.owner),
        guests=list(people.values()),
        description=description(meeting, zone, [row.name for row in rows if not (row.user and guest(row.user))], url),
        place=meeting.place,
        link=meeting.link,
        url=url,
        is_private=postmortem.incident.is_private,
        is_cancelled=meeting.waived_at is not None,
    )
    return request(invitation, now)


def organizer(actor: Actor, rows: list[Participant], owner: User | None) -> Guest:
    """The facilitator, else who owns the document, else who asks for the file; and where none of them has an address, the product's own."""
    leading = [row.user for row in rows if row.role == Participant.Role.FACILITATOR]
    for user in [*leading, owner, actor]:
        if isinstance(user, User) and (one := guest(user)):
            return one
    return Guest("Debrief", settings.DEFAULT_FROM_EMAIL)


def description(meeting: Meeting, zone: ZoneInfo, without_address: list[str], url: str) -> str:
    lines = ["We want to understand how this came about and get better at our work. Nobody is judged on what they say.", ""]
    lines += ["Agenda"]
    for slot in agendas.slots(meeting.blocks.all(), meeting.starts_at, None, None, meeting.starts_at or meeting.updated_at):
        begins = f"{slot.begins.astimezone(zone):%H:%M} " if slot.begins else ""
        lines.append(f"{begins}{slot.block.title} ({slot.block.minutes} min)")
    if meeting.link:
        lines += ["", f"Call: {meeting.link}"]
    if without_address:
        lines += ["", f"Also to be asked, without a mail address here: {', '.join(sorted(set(without_address)))}"]
    return "\n".join([*lines, "", f"Timeline, draft and your account: {url}"])
