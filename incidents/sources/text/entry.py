"""Pure. One entry of a timeline before it is placed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

from incidents.lib.timestamps import TimeError
from incidents.lib.zones import zone_named
from incidents.sources.text.lead import Lead
from incidents.sources.text.parts import WEEKDAY
from incidents.sources.text.setting import CLOSE, YEAR, Setting, in_year, read_day, safe_date
from incidents.sources.text.tongues import DAY_BEFORE, weekday_number

BESIDE = re.compile(
    r"\(\W?(?:(?P<before>(?:the )?(?:previous|prior) (?:night|day|evening)|(?:the )?(?:day|night|evening) before)|(?:the )?(?:next|following) (?:day|morning)|\+1(?: day)?)\W?\)"
    r"|(?:the )?(?:next|following) (?:day|morning)\s*[,:;\u2013-]",
    re.I,
)
EVE = re.compile(DAY_BEFORE, re.IGNORECASE)
LAST = re.compile(r"[(\[]((?:UTC|GMT)(?:[+-]\d{1,2})?|[PECM][SD]T|[PE]T|CES?T|BST|IST|[JK]ST|SGT|A[EW][SD]T|NZ[SD]T|[WE]AT|SAST|MSK|EES?T)[)\]]\W*$")


@dataclass(slots=True)
class Entry:
    """One entry before it is placed: its own words, and what was in force where it stands."""

    line: int
    lead: Lead
    text: str
    day: date | None = None  # stated on the entry itself
    day_needs: str = ""
    heading_day: date | None = None  # the last day heading or earlier dated entry above
    zone: str = ""  # stated for the section or document
    label: tuple[str, str] | None = None  # kind and milestone that its label states
    block: int = 0  # entries of one list share it: the order of days is followed within
    actor: str = ""  # who the text says spoke or acted
    aside: bool = False  # it looks back at the day before: the entries below are of the day in force again


def entry_of(number: int, lead: Lead, text: str, state: Setting, heading_day: date | None, zone: str, block: int) -> Entry:
    day, needs = None, ""
    if lead.date:
        try:
            day, needs = read_day(lead.date, state.day_first, heading_day or state.near)
        except TimeError:
            needs = "date"
    day = in_year(day, lead.date, heading_day or state.near)
    near = heading_day or state.near
    if day is not None and near and day > near + CLOSE and not YEAR.search(lead.date) and (said := WEEKDAY.search(lead.written)):
        day = last_year(day, weekday_number(said[0]))  # "Monday 28 August", told in the March after
    if day is None and lead.clock and (near := heading_day or state.day) and (match := BESIDE.match(text)):
        day = near + timedelta(days=-1 if match["before"] else 1)
    if day is None and not lead.date and lead.weekday and (near := heading_day or state.day or state.given):
        day = weekday_near(near, lead.weekday)
    aside = False
    if day is None and lead.clock and (near := heading_day or state.day) and EVE.search(lead.written):
        day, aside = near - timedelta(days=1), True
    if not lead.zone and lead.clock and (match := LAST.search(text[-40:])) and zone_named(match[1]) is not None:
        lead = replace(lead, zone=match[1])  # "14:02 first alert (JST)"
    return Entry(number, lead, text, day, needs, heading_day, lead.zone or zone, block=block, aside=aside)


def last_year(day: date, number: int | None) -> date:
    """Return a date without its year in the year before, where it falls on its day of the week only then."""
    before = safe_date(day.year - 1, day.month, day.day)
    return before if before and before.weekday() == number != day.weekday() else day


def weekday_near(near: date, weekday: str) -> date | None:
    """Return the day of that name within three days of another: "9:15 Friday" in a report of the Sunday after."""
    days = (near + timedelta(days=step) for step in (0, -1, 1, -2, 2, -3, 3))
    return next((day for day in days if day.weekday() == weekday_number(weekday)), None)
