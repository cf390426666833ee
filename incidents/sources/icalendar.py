"""Pure. iCalendar files (.ics): maintenance calendars, on-call rotas, meetings about an incident.

https://www.rfc-editor.org/rfc/rfc5545; a component is an event at its start and one at its end. A series is read with its
first dates only, and says so: a calendar is no log.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from dateutil.rrule import rrulestr
from icalendar import Calendar, Component

from incidents.lib.text import clean_line, clean_text
from incidents.lib.zones import offset_name, to_utc, zone_named
from incidents.sources import words
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.json_stream import MAX_RAW

BEGIN = re.compile(rb"^(?:\xef\xbb\xbf)?\s*BEGIN:V(?P<part>CALENDAR|EVENT|TODO|JOURNAL)\b", re.IGNORECASE)
BROKEN = re.compile(r"broken property '([A-Z-]{1,40})'")
LONGEST = 20 * 1024 * 1024
MOST = 3  # dates of a series
MOST_RULES = 100  # of a file that are worked out; the others are read with their first date
# What is worked out: a rule that never comes true is searched for up to the year 9999, and must take no time over it.
WORKABLE = re.compile(r"FREQ=(?:YEARLY|(?:DAILY|WEEKLY|MONTHLY)(?!.*BYMONTH=))(?!.*(?:BYYEARDAY|BYWEEKNO|BYHOUR|BYMINUTE|BYSECOND))", re.IGNORECASE)
READ = ("VEVENT", "VTODO", "VJOURNAL")
FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, AssertionError)
CANCELLED = "CANCELLED"
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class When:
    """A time of a component, aware or not, or a day; with the zone as the file names it."""

    value: date
    local: str
    zone: str

    @property
    def is_day(self) -> bool:
        return not isinstance(self.value, datetime)


def detect(payload: Payload) -> int:
    return 97 if BEGIN.match(payload.head) else 0


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    if payload.size > LONGEST:
        raise SourceError(f"The calendar is larger than {LONGEST // (1024 * 1024)} MiB. Export fewer months.")
    try:
        calendars = Calendar.from_ical(whole(payload.file.read()), multiple=True)
    except FAULTS as error:
        raise SourceError(f"The calendar cannot be read: {clean_line(str(error), limit=200)}. Export it again as iCalendar (.ics).") from None
    if not calendars:
        raise SourceError("The calendar is cut off before its end (END:VCALENDAR). Export it again as iCalendar (.ics).")
    count = kept = rules = 0
    own: Counter[str] = Counter()  # identities so far: some calendars give one to several entries
    last = ""
    for calendar in calendars:
        zone = stated.name if (stated := zone_named(line(calendar, "X-WR-TIMEZONE"))) else ""
        moved = {stated_id(component) for component in calendar.walk() if "RECURRENCE-ID" in component}
        if name := line(calendar, "X-WR-CALNAME") or line(calendar, "NAME"):
            yield IncidentDraft(title=name, summary=clean_text(str(calendar.get("X-WR-CALDESC", "")), limit=2000))
        for component in calendar.walk():
            if component.name not in READ:
                continue
            count += 1
            rules += "RRULE" in component
            where = f"{component.name} {count}"
            try:
                identity = stated_id(component)
                own[identity] += 1
                again = own[identity] > 1
                items = list(component_items(component, where, options, zone, kept, moved, workable=rules <= MOST_RULES, again=again))
            except FAULTS as error:
                broken = BROKEN.search(str(error))
                reason = f"Its {broken[1]} is no time that can be read" if broken else f"The entry cannot be read: {clean_line(str(error), limit=200)}"
                items = [Rejected(where, f"{reason}. Mend it in the file, or enter it by hand.")]
            for item in items:
                kept += isinstance(item, EventDraft)
                last = item.reason if isinstance(item, Rejected) else last
                yield item
    if not kept:
        raise SourceError(f"No entry of the calendar can be read. {last}" if last else "The calendar has no entry with a time.")


def whole(content: bytes) -> bytes:
    """Return a calendar; an entry that was copied out of one is put into one."""
    match = BEGIN.match(content[:200])
    if match is None or match["part"].upper() == b"CALENDAR":
        return content
    return b"BEGIN:VCALENDAR\r\n" + content.removeprefix(b"\xef\xbb\xbf").strip() + b"\r\nEND:VCALENDAR\r\n"


def component_items(
    component: Component, where: str, options: ReadOptions, zone: str, before: int, moved: set[str], *, workable: bool, again: bool = False
) -> Iterator[Item]:
    """Yield the events of one component: its start and its end, of a series those of its first dates.

    `again` is for one whose UID another one had before it: its start becomes a part of the key.
    """
    start = when(component, zone, "DTSTART", "DUE", "COMPLETED", "DTSTAMP" if component.name == "VJOURNAL" else "DTSTART")
    title = line(component, "SUMMARY")
    if start is None:
        yield Rejected(where, f"“{title or 'The entry'}” has no start that can be read (DTSTART).")
        return
    if not title and not component.get("DESCRIPTION"):
        yield Rejected(where, "The entry has neither SUMMARY nor DESCRIPTION.")
        return
    lasts = length(component, start)
    dates, more = series(component, start, workable=workable)
    own = stated_id(component) or f"{start.local}|{title}"
    own = f"{own}:{start.local}" if again and stated_id(component) else own
    order = before
    for number, value in enumerate(dates):
        begun = replace(start, value=value, local=start.local if number == 0 else written(value))
        key = own if number == 0 else f"{own}:{written(value)}"
        if more and f"{own}:{written(value)}" in moved:
            continue  # that date of the series is a component of its own
        made = draft(component, begun, key[:190], where, options, described(component, title, more if number == 0 else ""))
        if isinstance(made, Rejected):
            yield made
            continue
        order += 1
        yield replace(made, order=order)
        if lasts:
            ended = When(value + lasts, written(value + lasts), start.zone)
            over = draft(component, ended, f"{key[:190]}:end", where, options, f"Ended: {title or 'the entry'}", is_end=True)
            if isinstance(over, EventDraft):
                order += 1
                yield replace(over, order=order)


def when(component: Component, zone: str, *names: str) -> When | None:
    """Return the first of these times that the component has; `zone` is the calendar's own, for a floating one."""
    for name in names:
        found = component.get(name)
        value = getattr(found, "dt", None)
        if isinstance(value, date):
            return When(value, written(value), zone_of(value, str(found.params.get("TZID", ""))) or zone)
    return None


def written(value: date) -> str:
    if not isinstance(value, datetime):
        return f"{value:%Y-%m-%d}"
    return f"{value:%Y-%m-%d %H:%M:%S}" if value.second else f"{value:%Y-%m-%d %H:%M}"


def zone_of(value: date, named: str) -> str:
    """Return the zone of a time: as the file names it when that name is known, else its offset; "" for a floating one."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        return ""
    known = zone_named(named) or zone_named(getattr(value.tzinfo, "key", "")) if named or getattr(value.tzinfo, "key", "") else None
    offset = value.utcoffset() or timedelta()
    return known.name if known else offset_name(int(offset.total_seconds() // 60))


def length(component: Component, start: When) -> timedelta:
    """Return how long it lasts: by its end or its duration. A whole day has no end of its own."""
    end, lasts = when(component, start.zone, "DTEND", "DUE") if component.name == "VEVENT" else None, getattr(component.get("DURATION"), "dt", None)
    if end is not None and end.is_day == start.is_day:
        one, other = start.value, end.value
        if isinstance(one, datetime) and isinstance(other, datetime) and (one.tzinfo is None) != (other.tzinfo is None):
            return timedelta()
        lasts = other - one
    if not isinstance(lasts, timedelta) or lasts <= timedelta() or (start.is_day and lasts <= timedelta(days=1)):
        return timedelta()
    return lasts - timedelta(days=1) if start.is_day else lasts  # the end of days is the day after the last


def series(component: Component, start: When, *, workable: bool) -> tuple[list[date], str]:
    """Return the first dates of a series, and what to say about the others."""
    rule, extra = component.get("RRULE"), component.get("RDATE")
    if not rule and not extra:
        return [start.value], ""
    left_out = set(listed(component.get("EXDATE")))
    found: set[date] = set() if start.value in left_out else {start.value}
    found |= {each for each in listed(extra) if each not in left_out and isinstance(each, datetime) is not start.is_day}
    rules = rule if isinstance(rule, list) else [rule] if rule else []
    text = "; ".join(each.to_ical().decode("utf-8", "replace") for each in rules)
    if len(rules) == 1 and workable and WORKABLE.search(text):
        found |= {each for each in by_rule(text, start) if each not in left_out}
    dates = sorted((each for each in found), key=lambda each: written(each))[:MOST]
    said = f"Repeats: {text}" if text else "Repeats on other dates"
    return dates or [start.value], f"{said} (the first {f'{len(dates)} dates are' if len(dates) > 1 else 'date is'} read)"


def listed(value: Any) -> list[date]:
    return [each.dt for group in (value if isinstance(value, list) else [value] if value else []) for each in group.dts if isinstance(each.dt, date)]


def by_rule(text: str, start: When) -> Iterator[date]:
    """Yield the first dates of a rule, in local time: clocks that change do not move it."""
    zone: tzinfo | None = start.value.tzinfo if isinstance(start.value, datetime) else None
    naive = start.value.replace(tzinfo=None) if isinstance(start.value, datetime) else datetime(start.value.year, start.value.month, start.value.day)
    try:
        rule = rrulestr(re.sub(r"(UNTIL=\d{8}(?:T\d{6})?)Z", r"\1", text), dtstart=naive)
        for number, each in enumerate(rule):
            if number >= MOST + 30:  # as many may be left out
                return
            yield each.replace(tzinfo=zone) if isinstance(start.value, datetime) else each.date()
    except FAULTS:
        return


def stated_id(component: Component) -> str:
    """Return the identity of a component; one date of a series that was changed has the series' UID and its own RECURRENCE-ID."""
    uid = line(component, "UID")
    try:
        changed = when(component, "", "RECURRENCE-ID")
    except FAULTS:
        return uid
    return f"{uid}:{changed.local}" if uid and changed else uid


def described(component: Component, title: str, more: str) -> str:
    status = line(component, "STATUS")
    parts = [f"Cancelled: {title}" if status == CANCELLED else title, str(component.get("DESCRIPTION", "")), more]
    if place := line(component, "LOCATION"):
        parts.insert(1, f"At: {place}")
    return "\n".join(part.strip() for part in parts if part.strip())


def draft(component: Component, at: When, key: str, where: str, options: ReadOptions, text: str, *, is_end: bool = False) -> EventDraft | Rejected:
    moment, needs, zone, assumed = placed(at, options)
    if moment is not None and moment < EARLIEST:
        return Rejected(where, f"{at.local} lies before 2000.")
    if moment is not None and moment > options.latest:
        return Rejected(where, f"{at.local} lies in the future. Import the calendar again when it has happened.")
    text = clean_text(re.sub(r"<(?:br|p|/p|/li|/div)\b[^>]*>", "\n", text) if "<" in text else text, limit=20_000)
    text = re.sub(r"\n{3,}", "\n\n", re.sub(r"<[/a-zA-Z][^<>]{0,500}>", "", text)).strip() or "(no title)"
    kind, rule, salience, _ = words.kind_of(text)
    if is_end:
        kind, rule, salience = "status", "DTEND", 1
    elif component.name == "VEVENT" and re.search(r"\bmaintenance\b", text, re.IGNORECASE):
        kind, rule = "change", "word: maintenance"
    return EventDraft(
        at=moment, text=text, key=clean_line(key, limit=200) or "?", where=where, needs=needs, local=at.local, zone=zone, zone_assumed=assumed,
        precision="day" if at.is_day else "second" if at.local.count(":") > 1 else "minute", kind=kind, rule=rule, salience=salience, actor=who(component),
        url=url if (url := line(component, "URL")).startswith(("https://", "http://")) else "",
        raw=clean_text(component.to_ical().decode("utf-8", "replace"), limit=MAX_RAW),
        revised="deleted" if line(component, "STATUS") == CANCELLED else "",
    )  # fmt: skip


def placed(at: When, options: ReadOptions) -> tuple[datetime | None, str, str, bool]:
    """Return the moment in UTC, or what it needs; its zone, and whether that was assumed."""
    value = at.value
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC), "", at.zone, False
    zone = zone_named(at.zone or options.time_zone)
    if zone is None:
        return None, "zone", "", False
    naive = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    return to_utc(naive, zone)[0], "", zone.name, not at.zone


def who(component: Component) -> str:
    """Return who organises it: by name, else the address."""
    found = component.get("ORGANIZER")
    found = found[0] if isinstance(found, list) and found else found
    if found is None:
        return ""
    name = str(getattr(found, "params", {}).get("CN", "")) or re.sub(r"^mailto:", "", str(found), flags=re.IGNORECASE)
    return clean_line(name, limit=200)


def line(component: Component, name: str) -> str:
    value = component.get(name, "")
    return clean_line(str(value[0] if isinstance(value, list) and value else value), limit=300)


SOURCE = Source(
    name="icalendar",
    label="Calendar (iCalendar)",
    detect=detect,
    read=read,
    docs="Calendars (.ics): entries with their start and end, whole days as days, zones as stated, of a series the first three dates "
    "(https://www.rfc-editor.org/rfc/rfc5545).",
)
