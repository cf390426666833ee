"""Pure. A meeting as an iCalendar request: what mail programs show as an invitation (RFC 5545, RFC 5546)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vText

from incidents.lib.zones import clock_changes

PRODUCT = "-//Debrief//Retrospectives//EN"


@dataclass(frozen=True)
class Guest:
    name: str
    email: str
    is_optional: bool = False


@dataclass(frozen=True)
class Invitation:
    """All that the calendar entry says. `starts_at` is shown in `zone`, an IANA name."""

    uid: str
    sequence: int
    title: str
    starts_at: datetime
    minutes: int
    zone: str
    organizer: Guest
    guests: Sequence[Guest]
    description: str
    place: str = ""
    link: str = ""
    url: str = ""
    is_private: bool = False
    is_cancelled: bool = False


def request(invitation: Invitation, now: datetime) -> bytes:
    """Return the file. A waived meeting is sent as a cancellation of the same entry."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "CANCEL" if invitation.is_cancelled else "REQUEST")
    starts, ends = invitation.starts_at, invitation.starts_at + timedelta(minutes=invitation.minutes)
    zone = ZoneInfo(invitation.zone)
    if is_utc(invitation.zone) or any(comes_twice(at.astimezone(zone)) for at in (starts, ends)):
        # In the hour that clocks show twice a local time means the first one; UTC says which.
        starts, ends = starts.astimezone(UTC), ends.astimezone(UTC)
    else:
        calendar.add_component(rules_of(invitation.zone, starts))
        starts, ends = starts.astimezone(zone), ends.astimezone(zone)
    event = Event()
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", starts.replace(microsecond=0))
    event.add("dtend", ends.replace(microsecond=0))
    event.add("summary", invitation.title)
    event.add("description", invitation.description)
    if where := ", ".join(part for part in (invitation.place, invitation.link) if part):
        event.add("location", where)
    if invitation.url:
        event.add("url", invitation.url)
    event.add("status", "CANCELLED" if invitation.is_cancelled else "CONFIRMED")
    event.add("class", "PRIVATE" if invitation.is_private else "PUBLIC")
    event.add("transp", "OPAQUE")
    event.add("organizer", address(invitation.organizer))
    for guest in invitation.guests or [invitation.organizer]:  # a request has one attendee at least
        event.add("attendee", attendee(guest))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def is_utc(zone: str) -> bool:
    return zone in {"UTC", "Etc/UTC", "Zulu", "Etc/Zulu", "UCT", "Etc/UCT", "Universal", "Etc/Universal"}


def comes_twice(local: datetime) -> bool:
    return local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()


def rules_of(name: str, at: datetime) -> Timezone:
    """Return the zone's offsets around `at`: they travel with the event, for a reader that knows the zone under another name or not at all."""
    zone = ZoneInfo(name)
    first = at - timedelta(days=400)
    result = Timezone()
    result.add("tzid", name)
    moments = [
        (first, offset(first, zone)),
        *((change.at, offset(change.at - timedelta(minutes=1), zone)) for change in clock_changes(name, first, at + timedelta(days=300))),
    ]
    for moment, before in moments:
        here = moment.astimezone(zone)
        rule = TimezoneDaylight() if here.dst() else TimezoneStandard()
        rule.add("dtstart", (moment.astimezone(UTC) + before).replace(tzinfo=None, microsecond=0))  # on the clock as it ran until then
        rule.add("tzoffsetfrom", before)
        rule.add("tzoffsetto", offset(moment, zone))
        rule.add("tzname", here.tzname())
        result.add_component(rule)
    return result


def offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


def address(guest: Guest) -> vCalAddress:
    result = vCalAddress(f"mailto:{guest.email}")
    result.params["CN"] = vText(guest.name.replace('"', "'"))
    return result


def attendee(guest: Guest) -> vCalAddress:
    result = address(guest)
    result.params["CUTYPE"] = vText("INDIVIDUAL")
    result.params["ROLE"] = vText("OPT-PARTICIPANT" if guest.is_optional else "REQ-PARTICIPANT")
    result.params["PARTSTAT"] = vText("NEEDS-ACTION")
    result.params["RSVP"] = vText("TRUE")
    return result
