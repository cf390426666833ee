"""Pure. What a report says for all of its entries: its day, the order of day and month, its zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from incidents.lib.timestamps import MONTH, TimeError, read_date
from incidents.lib.zones import zone_named
from incidents.sources.text import lead
from incidents.sources.text.document import Document
from incidents.sources.text.parts import DATE, WEEKDAY
from incidents.sources.text.stated_zone import posted_zone, zone_in
from incidents.sources.text.tongues import weekday_number

HEADING = re.compile(r"^\s{0,3}(?:#{1,6}\s*(?P<md>.*?)\s*#*|(?P<wiki>={1,6})(?:\s*(?P<title>[^=\s].*?)\s*={1,6}|\s+(?P<adoc>[^=\s].*?)))\s*$")
DATED = re.compile(
    r"^[\s*_#>•+-]*(?:incident\s+|outage\s+|event\s+|on\s+)?(?:date|day|when|start(?:ed)?|period|occurred|dates?)\b[\s*_]*[:=|-]?[\s*_]*(?P<text>\S.{3,120})$",
    re.IGNORECASE,
)
TITLED = re.compile(  # "Outage report for 20 September 2024": a line that is no sentence and ends with a day
    rf"(?!\W|\d|(?:published|posted|updated?|last|written|created|prepared|reviewed?|signed|dated?|by|due|next|follow|copyright|from|since|until)\b)"
    rf"[^.:;|<>]{{3,80}}?[\s(,\u2013-](?P<date>(?:{DATE.pattern}))\)?:?",
    re.IGNORECASE,
)
DAY_KEYS = (  # of front matter: the surest first
    ("incident_date", "date_of_incident", "date", "started", "started_at", "start", "start_time", "incident_start", "occurred", "occurred_at", "began_at")
    + ("detected", "detected_at", "opened_at", "declared_at", "created_at", "datum", "fecha", "resolved_at")
)
YEAR = re.compile(r"\d{4}|\d+[/.-]\d+[/.-]\d\d")
ON_DAY = re.compile(r"\bon (?:the )?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,? (?:the )?)?$", re.IGNORECASE)
NTH = re.compile(
    rf"\b(?P<weekday>{WEEKDAY.pattern})\s+(?:the\s+)?(?P<number>\d{{1,2}})(?:st|nd|rd|th)\b(?!\s*(?:of\b|{MONTH}))", re.IGNORECASE
)  # "Friday 16th"
SHORT = re.compile(r"(\d{1,2})(?:/(\d{1,2})|\.(\d{1,2}\.|0[1-9]|1[0-2]))")  # "03/02", "02.03."
MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")  # "04-06" in a column of days
NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d\d)(?!\d)")
TONGUES = re.compile(
    r"\b(?:le|les|des|du|une|est|et|dans|pour|avec|sur|der|die|das|und|nicht|wurde|wurden|el|los|las|del|una|para|con|por|n\u00e3o|uma|foi|il|della|che|sono|di|de|da|do|nel|nella|dei|alla|alle|si|dal|la|en|se|al|y|het|een|niet|van|werd|\u043d\u0430|\u043d\u0435|\u0432|\u0438)\b",
    re.IGNORECASE,
)
ENGLISH = re.compile(r"\b(?:the|and|of|was|were|to|with|is|for)\b", re.IGNORECASE)
SPAN = re.compile(  # "Apr 24-25, 2026", "24.-25. April 2026": the first of the days
    rf"((?<![^\W\d]){MONTH}\s+\d{{1,2}})(?:st|nd|rd|th)?\s*(?:[-\u2013\u2014/&]|and|to)\s*\d{{1,2}}(?:st|nd|rd|th)?(?=,?\s+\d{{4}})"
    rf"|(?<!\d)(\d{{1,2}}\.?)(?:st|nd|rd|th)?\s*(?:[-\u2013\u2014/&]|and|to|bis|und)\s*\d{{1,2}}\.?(?:st|nd|rd|th)?(?=\s+{MONTH}(?![^\W\d]))",
    re.IGNORECASE,
)
NUMERIC_SPAN = re.compile(  # "12-13/09/2026", "12. bis 13.09.2026"
    r"(?<![\d/.-])(\d{1,2})\.?\s*(?:[-\u2013\u2014\u2192&]|->|to|and|bis|und|y|e|et)\s*\d{1,2}([/.])(\d{1,2})\2(?=\d{4}(?!\d))", re.IGNORECASE
)
OF_REPORT = re.compile(r"^[\s*_#>•+-]*date\b", re.IGNORECASE)
NEAR = timedelta(days=31)
NEAR_ENOUGH = timedelta(days=25)  # what the other order of day and month must come to
FEW_WORDS = 5
PATH = re.compile(r"\]\([^()\s]{1,400}\)|https?://\S{1,400}|`[^`\n]{1,200}`|(?<!\S)\.{0,2}/\S{1,400}")  # what a day within is the name of
WRITTEN = timedelta(days=60)  # after the incident, at most
CLOSE = timedelta(days=7)
DAY = re.compile(r"(?<!\d)(20\d\d)[-_./]?(0[1-9]|1[0-2])[-_./]?(0[1-9]|[12]\d|3[01])(?!\d)")


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for the document: its day, the order of day and month, its zone."""

    day: date | None = None
    zone: str = ""
    day_first: bool | None = None
    given: date | None = None  # the day that the person who imports gave
    year: int = 0  # the only year the document names

    @property
    def near(self) -> date | None:
        """A day whose year holds for dates without one."""
        return self.day or self.given or (date(self.year, 7, 1) if self.year else None)


def setting(document: Document, name: str, given: date | None = None) -> Setting:
    """Find the day and the zone the document states for all of it."""
    head = "\n".join(document.lines[:400])
    day_first = order_of_days(document.lines)
    day: date | None = None
    titles = [document.front.get("title", (0, ""))[1], next((line for line in document.lines if line.strip()), ""), *headings(document.lines)[:3]]
    for key in DAY_KEYS:
        if key in document.front and day is None:
            day = dated(document.front[key][1], day_first)
    if day is None:
        for line in document.lines[:120]:
            if (match := DATED.match(line)) and (day := dated(match["text"], day_first)):
                event = occurred(document.lines[:80], day_first) if OF_REPORT.match(line) else None
                day = event if event and timedelta(0) < day - event <= WRITTEN else day
                break
    if day is None:
        day = next((found for title in titles if (found := dated(title, day_first))), None)
    if day is None and (match := DAY.search(name)):
        day = safe_date(int(match[1]), int(match[2]), int(match[3]))
        own = told(document.lines[:80], day_first)
        day = own if day and own and own.year != day.year and (own.month, own.day) == (day.month, day.day) else day
    if day is None:
        day = told(document.lines[:80], day_first)
    years = {int(year) for year in re.findall(r"(?<![\d:.#/-])20[0-3]\d(?![\d:])", "\n".join([name, *document.lines[:200]])[:60_000])}
    if day is None and len(years) == 1:  # "Summary of June 8 outage", and the year somewhere
        near = date(min(years), 7, 1)
        day = next((found for title in titles if (found := dated(title, day_first, near))), None)
    zone = (
        next((value for key in ("timezone", "time_zone", "tz", "zone") if zone_named(value := document.front.get(key, (0, ""))[1])), "")
        or zone_in(head)
        or posted_zone(document.lines)
    )
    return Setting(day, zone, day_first, believable(given), years.pop() if len(years) == 1 else 0)


def occurred(lines: list[str], day_first: bool | None) -> date | None:
    """Return the day of the first sentence that states day and time, "On March 14, 2024, at approximately 08:30": it is the incident's, not the report's."""
    for line in lines:
        for match in DATE.finditer(line[:3000]):
            said = re.search(r"\bon (?:\w+day,? )?(?:the )?$", line[max(0, match.start() - 24) : match.start()], re.IGNORECASE)
            if said and YEAR.search(match[0]) and (at := lead.read(line[match.start() : match.start() + 120])) and at.clock:
                return dated(match[0], day_first)
    return None


def title_day(line: str, day_first: bool | None) -> date | None:
    """Return the day at the end of a short line that heads what follows."""
    match = TITLED.fullmatch(line.strip(" *_")) if len(line) <= 120 and YEAR.search(line) else None
    return dated(match["date"], day_first) if match and YEAR.search(match["date"]) else None


def told(lines: list[str], day_first: bool | None) -> date | None:
    """Return the day that the first lines tell of in prose: the only one they name, or the first that is named as "on ..."."""
    days: list[tuple[date, bool]] = []
    for line in (PATH.sub(" ", line[:3000]) for line in lines):
        for match in DATE.finditer(line):
            if re.search(r"\d{4}", match[0]) and (day := dated(match[0], day_first)):
                days.append((day, bool(ON_DAY.search(line[max(0, match.start() - 24) : match.start()]))))
    if len({day for day, _ in days}) == 1:
        return days[0][0]
    return days[0][0] if days and days[0][1] else None


def headings(lines: list[str]) -> list[str]:
    return [heading_text(match) for line in lines[:60] if (match := HEADING.match(line))]


def heading_text(heading: re.Match[str]) -> str:
    """Return the words of a heading of Markdown, wikitext or AsciiDoc."""
    return heading["md"] or heading["title"] or heading["adoc"] or ""


def order_of_days(lines: list[str]) -> bool | None:
    """Tell from dates such as 29/2/2016 whether the day comes first; None when none says so."""
    first = second = 0
    head = "\n".join(lines[:40])
    for line in lines[:5000]:
        for match in re.finditer(r"(?P<weekday>\b[^\W\d]{3,13}\b[.,]?\s+)?(?<!\d)(\d{1,2})([/.-])(\d{1,2})\3(\d{4}|\d\d)(?![\d:.])", line[:500], re.IGNORECASE):
            before, after = int(match[2]), int(match[4])
            if match["weekday"] and WEEKDAY.fullmatch(match["weekday"].strip()):  # "Mon 3/4/24" is the fourth of March
                year = int(match[5]) + (2000 if len(match[5]) == 2 else 0)
                ways = safe_date(year, after, before), safe_date(year, before, after)
                fits = [day is not None and day.weekday() == weekday_number(match["weekday"].strip()) for day in ways]
                said = [bool(day) and f"{day:%Y-%m-%d}" in head for day in ways]  # surer than a weekday
                first += fits[0] and not fits[1] and not said[1]
                second += fits[1] and not fits[0] and not said[0]
            elif len(match[5]) == 4:
                first += before > 12
                second += after > 12
    if first == second:
        close = closest_order(lines)
        return True if close is None and day_before_month(lines) else close
    return first > second


def closest_order(lines: list[str]) -> bool | None:
    """Tell the order in which all dates that could be read in both lie within days, as those of an incident do: 10/7/08 and 10/9/08 are of October."""
    ways: dict[bool, set[date]] = {True: set(), False: set()}
    for line in lines[:5000]:
        for match in NUMERIC.finditer(line[:500]):
            year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
            for day_first, day in ((True, safe_date(year, int(match[2]), int(match[1]))), (False, safe_date(year, int(match[1]), int(match[2])))):
                if day is None:
                    return None
                ways[day_first].add(day)
    spans = {order: max(days) - min(days) for order, days in ways.items() if len(days) > 1}
    near = [order for order, span in spans.items() if span <= CLOSE]
    return near[0] if len(near) == 1 and spans[not near[0]] >= NEAR_ENOUGH else None


def day_before_month(lines: list[str]) -> bool:
    """Say whether the text is in a language whose readers write the day first: French, German, Spanish, Portuguese, Italian, Dutch, Russian."""
    text = " ".join(lines[:200])[:20_000]
    others = len(TONGUES.findall(text))
    return others >= FEW_WORDS and others > 2 * len(ENGLISH.findall(text))


def dated(text: str, day_first: bool | None, near: date | None = None) -> date | None:
    try:
        found, needs = read_day(text[:160], day_first, near)
    except TimeError:
        return None
    return in_year(found, text, near) if not needs or needs == "order" else None


def read_day(text: str, day_first: bool | None, near: date | None) -> tuple[date | None, str]:
    """Find a day as `read_date` does, and those that only a day near by makes clear: "Friday 16th", "03/02 14:02". Raises TimeError."""
    text = NUMERIC_SPAN.sub(r"\1\2\3\2", SPAN.sub(lambda match: match[1] or match[2], text))
    if near is not None and (match := NTH.search(text)) and not re.search(r"\d{4}", text):
        months = [(near.year + (near.month + step - 1) // 12, (near.month + step - 1) % 12 + 1) for step in (-1, 0, 1)]
        days = [day for year, month in months if (day := safe_date(year, month, int(match["number"])))]
        named = [day for day in days if day.weekday() == weekday_number(match["weekday"])]
        if abs((nearest := min(named or days, key=lambda day: abs((day - near).days))) - near) <= NEAR:
            return nearest, ""
    if near is not None and (match := MONTH_DAY.fullmatch(text.strip())):
        return safe_date(near.year, int(match[1]), int(match[2])), ""
    if match := SHORT.fullmatch(text.strip()):
        first, second = int(match[1]), int(match[2] or match[3].rstrip("."))
        day_first = True if match[3] else day_first
        if near is None:
            return None, "date"
        ways = {True: safe_date(near.year, second, first), False: safe_date(near.year, first, second)}
        if day_first is not None or first == second:
            return ways[bool(day_first)], "" if ways[bool(day_first)] else "date"
        possible = [day for day in ways.values() if day]
        close = [day for day in possible if abs(day - near) <= CLOSE]
        chosen = possible if len(possible) == 1 else close
        return (chosen[0], "") if len(chosen) == 1 else (None, "order")
    found, needs = read_date(text, day_first=day_first, near=near)
    if found is not None and believable(found) is None:
        raise TimeError("No report is of that year.")
    if needs == "order" and near is not None and (match := NUMERIC.search(text)):
        year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
        either = {way for way in (safe_date(year, int(match[1]), int(match[2])), safe_date(year, int(match[2]), int(match[1]))) if way}
        close = [way for way in either if abs(way - near) <= CLOSE]
        if len(close) == 1:
            return close[0], ""
    return found, needs


def in_year(day: date | None, text: str, near: date | None) -> date | None:
    """Return a date written without its year in the year that lies nearest: 1 Jan in a report of 31 Dec is of the next."""
    if day is None or near is None or abs((day - near).days) <= 183 or YEAR.search(text):
        return day
    return safe_date(day.year + (1 if day < near else -1), day.month, day.day) or day


def safe_date(year: int, month: int, day: int) -> date | None:
    try:
        return believable(date(year, month, day))
    except ValueError:
        return None


def believable(day: date | None) -> date | None:
    """Return the day, or None for one that no report is of: days are counted on from it, and must not pass the ends of the calendar."""
    return day if day is not None and 1900 <= day.year <= 9000 else None
