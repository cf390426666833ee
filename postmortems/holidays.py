"""Pure. Lists of holidays as people have them: iCalendar, CSV, or one date a line -> days with their names.

https://www.rfc-editor.org/rfc/rfc5545: an event of whole days ends before its DTEND; a series that comes every year is
worked out, any other is refused by name, since half a list of holidays is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from dateutil.rrule import rrulestr
from icalendar import Calendar

from incidents.lib.text import clean_line
from postmortems.workdays import EARLIEST, LATEST

LARGEST = 2 * 1024 * 1024
MOST = 2_000
MOST_IN_A_ROW = 31
BEGIN = re.compile(r"^\s*BEGIN:VCALENDAR\b", re.IGNORECASE)
ISO = re.compile(r"^(\d{4})-?(\d\d)-?(\d\d)(?:[T ].*)?$")
DOTTED = re.compile(r"^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})$")
CUT = re.compile(r"[;,\t]")
YEARLY = re.compile(
    r"^FREQ=YEARLY(?:;(?:INTERVAL=\d{1,2}|COUNT=\d{1,3}|UNTIL=[\dTZ]{8,16}|BYMONTH=[\d,]+|BYMONTHDAY=[\d,-]+|BYDAY=[\w,+-]+|WKST=\w\w))*$", re.IGNORECASE
)
FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, AssertionError)


class HolidayError(ValueError):
    """The list cannot be read; the message says where and what to do."""


def read(content: bytes, *, first_year: int, years: int = 5) -> dict[date, str]:
    """Return day -> name. A yearly series is worked out for `years` from `first_year`. Raises HolidayError."""
    if len(content) > LARGEST:
        raise HolidayError("The file is larger than 2 MiB: that is no list of holidays.")
    text = decoded(content)
    rows = calendar_rows(content, first_year, years) if BEGIN.match(text) else line_rows(text)
    days: dict[date, str] = {}
    for day, name in rows:
        if EARLIEST <= day <= LATEST:
            days.setdefault(day, clean_line(name, limit=100) or "Holiday")
        if len(days) > MOST:
            raise HolidayError(f"More than {MOST:,} days: import fewer years.")
    if not days:
        raise HolidayError("No date was found. Give one date a line, such as “2026-12-25 Christmas Day”, or an iCalendar file.")
    return days


def decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def line_rows(text: str) -> Iterator[tuple[date, str]]:
    """Read lines of a date and a name, parted by a comma, semicolon, tab or space; a first line without a date may be the heads of columns."""
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        cells = [cell.strip().strip('"') for cell in (CUT.split(line) if CUT.search(line) else line.split(None, 1))]
        found = next(((place, day) for place, cell in enumerate(cells) if (day := day_of(cell, number))), None)
        if found is None:
            if number == 1:
                continue
            raise HolidayError(f"Line {number} has no date: “{clean_line(line, limit=60)}”. Write dates as 2026-12-25.")
        place, day = found
        yield day, next((cell for other, cell in enumerate(cells) if other != place and cell), "")


def day_of(cell: str, number: int) -> date | None:
    """Return the date in a cell, or None. 3/4/2026 is refused: nobody knows whether it is March or April."""
    if iso := ISO.match(cell):
        parts = (int(iso[1]), int(iso[2]), int(iso[3]))
    elif dotted := DOTTED.match(cell):
        parts = (int(dotted[3]), int(dotted[2]), int(dotted[1]))
    elif re.match(r"^\d{1,2}/\d{1,2}/\d{2,4}$", cell):
        raise HolidayError(f"Line {number}: “{cell}” may be read in two ways. Write dates as 2026-12-25.")
    else:
        return None
    try:
        return date(*parts)
    except ValueError:
        raise HolidayError(f"Line {number}: there is no {cell[:20]}.") from None


def calendar_rows(content: bytes, first_year: int, years: int) -> Iterator[tuple[date, str]]:
    try:
        calendars = Calendar.from_ical(content, multiple=True)
        events: list[Any] = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    except FAULTS as error:
        raise HolidayError(f"The calendar cannot be read: {clean_line(str(error), limit=120)}. Export it again as iCalendar (.ics).") from None
    for event in events[: MOST + 1]:
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            continue
        name = clean_line(str(event.get("SUMMARY", "")), limit=100)
        try:
            rows = list(event_days(event, first_year, years))
        except HolidayError as error:
            raise HolidayError(f"“{name or 'An event'}”: {error}") from None
        except FAULTS as error:
            raise HolidayError(f"“{name or 'An event'}” cannot be read: {clean_line(str(error), limit=100)}.") from None
        yield from ((day, name) for day in rows)


def event_days(event: Any, first_year: int, years: int) -> Iterator[date]:
    """Yield the days of one event, and of its further years."""
    if "DTSTART" not in event:
        raise HolidayError("it has no date.")
    start = whole(event["DTSTART"].dt)
    end = whole(event["DTEND"].dt) if "DTEND" in event else start + timedelta(days=1)
    length = max((end - start).days, 1)
    if length > MOST_IN_A_ROW:
        raise HolidayError(f"it lasts {length} days. Enter long closures as dates.")
    left_out = {whole(each.dt) for one in listed(event.get("EXDATE")) for each in one.dts}
    for first in first_days(event, start, first_year, years):
        if first not in left_out:
            yield from (first + timedelta(days=each) for each in range(length))


def first_days(event: Any, start: date, first_year: int, years: int) -> Iterator[date]:
    if "RRULE" not in event:
        yield start
        return
    rule = event["RRULE"].to_ical().decode("ascii", "replace")
    if not YEARLY.match(rule):
        raise HolidayError("it repeats other than once a year. Enter its dates.")
    last = datetime(first_year + years, 1, 1)
    # A rule that never comes true would be searched for up to the year 9999.
    rule = (
        re.sub(r";UNTIL=(\d{8})[TZ\d]*", r";UNTIL=\1T000000", rule)
        if "UNTIL" in rule.upper()
        else f"{rule};UNTIL={last:%Y%m%d}T000000"
        if "COUNT" not in rule.upper()
        else rule
    )
    for number, moment in enumerate(rrulestr(rule, dtstart=datetime(start.year, start.month, start.day))):
        if moment >= last or number > 200:
            return
        yield moment.date()


def whole(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
