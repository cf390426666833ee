"""Pure. The time that a line begins with: "- **14:02 UTC** – text", "[2026-03-02 14:02:07] text", "At 9:39 AM PST, text"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from incidents.lib.timestamps import DOTTED, MONTH
from incidents.lib.zones import ABBREVIATIONS, PLACES, zone_named
from incidents.sources.text.tongues import DAY_BEFORE, FOREIGN_WEEKDAYS, PARTS_OF_DAY
from incidents.sources.text.worded import SHARED, WORDED, shared, worded

MARK = re.compile(
    r"\s*(?:[-*+•‣▪◦·–—>]+(?=\s|\d|\[|\*|~)(?:\s+\[[ xX]\](?=\s))?|#{1,6}(?=\s)|=+(?=\s*\d)|"
    rf"\d{{1,3}}(?:(?!{DOTTED})\.|\))(?=\s+\D*\d)|"
    r"[a-z][.)](?=\s+\d))?\s*"
)
SKIP = re.compile(r"[\s*_`\[\](){}|\"'“”,~≈]+|<(?=\d{4}-\d\d)|T(?=\d\d?:?\d\d)|@(?=\s*\d)")
FILLER = re.compile(
    rf"(?:{DAY_BEFORE}|{PARTS_OF_DAY}|at|on|by|from|since|(?:just |shortly )?(?:before|after)|prior to|starting|beginning|between|around|about|approx(?:imately|\.)?|approx|circa|ca\.?|roughly|vers|\u00e0|\u00e0s|um|gegen|om|rond|omstreeks|alle|(?:a|sobre|hacia|antes de|despu\u00e9s de|entre) las?|antes das|depois das|por volta das|entre as|avant|apr\u00e8s|entre|etwa|environ|kurz (?:vor|nach)|в|около|примерно|г|the|of|and then|then|later,?)\b\.?",
    re.I,
)
WEEKDAY = re.compile(rf"(?:(?:mon|tues?|wed(?:nes)?|thurs?|thu|fri|sat(?:ur)?|sun)(?:day)?|{FOREIGN_WEEKDAYS})\b[.,]?", re.IGNORECASE)
NTH = re.compile(rf"{WEEKDAY.pattern}\s+(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)\b(?!\s*(?:of\b|{MONTH}))", re.IGNORECASE)  # "Friday 16th"
DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?!\d)|20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?=[T_]\d|\s*[-–—:]\s|\s+\d\d:\d\d)|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}(?!\d)|\d{1,2}/\d{1,2}/\d{2}(?!\d)|\d{1,2}(?:/\d{1,2}|\.\d{1,2}\.|\.(?:0[1-9]|1[0-2]))(?=,?\s+(?:(?:at|um|gegen|ca\.?|circa|в|около)\s+){0,2}~?\d{1,2}(?::\d\d|\s?[ap]\.?m\b))"
    rf"|\d{{4}}[\s,/-]+{MONTH}[\s,/-]+\d{{1,2}}(?:st|nd|rd|th)?(?![\d:])"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|{DOTTED})?(?:\s+|-)(?:(?:of|de|di)\s+)?{MONTH}\b,?(?:[\s,-]+(?:del?\s+)?\d{{4}}(?!\d|:\d))?"
    rf"|{MONTH}\s+(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\b(?!:\d)(?:,?\s+\d{{4}}(?!\d|:\d))?|{MONTH},\s+\d{{1,2}}(?:st|nd|rd|th)?\s+\d{{4}}(?!\d)"
    rf"|{MONTH}\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}(?!\d|:\d)|\d{{1,2}}[/-]{MONTH}[/-]\d{{2}}(?![\d:])",
    re.IGNORECASE,
)
CLOCK = re.compile(
    r"(?:[01]?\d|2[0-4])(?::|\.(?=[0-5]\d(?:\s?[ap]\.?m\b|[ap]\b|u(?:ur)?\b|[\s,:;–—-]|\.(?!\d)|$)(?!\s*(?:%|ms|s\b|gb|mb|x\b)))|h(?=[0-5]\d)|[時时点點](?=[0-5]\d分?))[0-5]\d分?(?:[:.][0-5]\d(?:[.,]\d{1,9})?)?(?![\d%])(?:\s*[ap]\.?m\b\.?|(?<=\d)[ap]\b)?|(?:0?[1-9]|1[0-2])\s*[ap]\.?m\b\.?|(?:0?[1-9]|1[0-2])[ap]m(?=[0-5]\d\b)",
    re.IGNORECASE,
)
PREFIX = re.compile(r"(?:updated?|upd|edit(?:ed)?)\b(?:\s*#?\d{1,2}(?=\s*[:(@–-])(?!:\d\d))?[\s:(@–-]{1,4}(?=\S)", re.IGNORECASE)
ZONES = "|".join(name for name in ABBREVIATIONS if len(name) > 2)
BEFORE = re.compile(r"(UTC|GMT)\s+(?=\d{1,2}:\d\d)")  # "UTC 14:02"
BARE = re.compile(
    rf"(?:[01]\d|2[0-3])[0-5]\d(?=\s*(?:(?:-|–|to|and)\s*(?:[01]\d|2[0-3])[0-5]\d\s*)?(?:{ZONES}|Z|h(?:rs?)?|LT|local time)\b|\s*[-–—:]\s|\s[-–—]|\]|\s*\|)"
)
PLACE = "|".join("UK" if name == "UK" else name.title() for name in PLACES)
ZONE = re.compile(
    rf"\s*[(\[]?(?:U\.?S\.?\s)?((?<=\()(?:UTC|GMT)\s[+\-−]\d{{1,2}}:\d\d(?=\))|(?:UTC|GMT)(?:[+\-−]|\s\+)\d{{1,2}}(?::?\d\d)?(?!\d)|Z\b|[+\-−]\d\d:?\d\d\b|[A-Z][A-Za-z]+/[A-Z][A-Za-z_/]+|(?:Pacific|Eastern|Central|Mountain)(?: (?:Standard |Daylight )?[Tt]ime)?\b|(?:pacific|eastern|central|mountain) time\b|(?:{PLACE}) [Tt]ime\b|[PECM]T\b|МСК|[A-Z]{{3,5}}\b|(?:utc|gmt|pst|pdt|cet|cest|bst|est|edt|ist)\b)[)\]]?"
)
OFFSET = re.compile(r"\s*[(/]\s*((?:UTC|GMT)\s?[+\-−]\s?\d{1,2}(?::?\d\d)?)\s*\)?")
RANGE = re.compile(
    rf"(?:\s*(?:Uhr|uur|u|hrs|h)\b)?\s*(?:-|–|—|->|→|〜|～|~|to|until|till|through|and|&|à|jusqu'à|bis|und|e|et|y|a las|hasta las?|às|até(?: às| as)?|tot|en|alle)\s*(?:(?:about|around|approximately|approx\.?|roughly|shortly after|as (?:early|late) as)\s+)?(?=~|\d|\*|{MONTH}|{WEEKDAY.pattern}\s+\d)",
    re.IGNORECASE,
)
DASH = re.compile(r"[-–—@/]\s*(?=[01]?\d[:.h][0-5]\d|2[0-4][:.h][0-5]\d)")  # "17 Feb 2026 - 14:45"
ON = re.compile(r"on\b", re.IGNORECASE)
DAY_AFTER = re.compile(rf"{WEEKDAY.pattern}\s+(?:the\s+)?(?={DATE.pattern})", re.IGNORECASE)  # "11:11, Friday the 23rd of November"
WEEKDAY_AFTER = re.compile(rf"(?:on\s+)?(?P<weekday>(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b(?!\s+(?:the\s+)?\d|['\u2019]|,?\s+{MONTH})", re.IGNORECASE)
END_DAY = re.compile(rf"on\s+(?P<date>{DATE.pattern})", re.IGNORECASE)
RANGE_OF_DAYS = re.compile(r"(?:-|–|—|to\b|until\b|and\b|through\b)\s*(?=\d|as late as)", re.IGNORECASE)
OPEN_RANGE = re.compile(r"\s*(?:-|–|—)\s*(?=\||$)")
AFTER = re.compile(r"^(?:\s*(?:[-–—=>→:|,;.]+|\*+|_+(?!\w)|\]|\)|hrs?\b|hs\b|h\b|Uhr\b|uur\b|u\b))*\s*")
AFTER_CODE = re.compile(rf"^\s*[^`\w]*`?(?:{AFTER.pattern[1:]})")  # "`14:02 UTC` text": the mark of code ends with the time
PARTED = re.compile(r"[\s*_)]*(?:[-–—:|=>→\]`]|\t)")
MINUTES = re.compile(r"[0-5]\d(?=\s*(?:\*\*)?\s*[:|\u2013-]\s)")  # "09:29-32: ..."
BARE_END = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d(?=\W*$)")  # "2026-01-14 1600"
JOINED = re.compile(
    r"[-\u2013\u2014:,;@|]+\s*(?:(?:at|around|about|approximately|approx\.?|circa|ca\.?|um|gegen|vers|\u00e0)\s+){0,2}~?(?=\d)", re.IGNORECASE
)  # "Feb 17, 2017 - 14:45"
PAIR = re.compile(
    r"\s*[/(]\s*(?P<clock>\d{1,2}:\d\d(?:\s*[ap]m)?)\s*(?P<zone>[A-Z]{2,5})\s*(?:\)|(?=\s*(?:[-\u2013\u2014:|]|$)))", re.IGNORECASE
)  # the same time in another zone
TWINS = re.compile(  # "2:20/1:20 PM EST/CST": one moment in two zones, the first clock with the first zone
    r"(?P<clock>\d{1,2}:\d\d)\s*/\s*\d{1,2}:\d\d\s*(?P<half>[ap]\.?m\b\.?)?\s*(?P<zone>[A-Z]{2,4})\s*/\s*[A-Z]{2,4}\b", re.IGNORECASE
)
RELATIVE = re.compile(
    r"T?\s?(?P<sign>[+-])\s?(?:(?P<h>\d{1,3}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?|(?P<n>\d{1,4})\s?(?P<unit>s(?:ec(?:onds?)?)?|m(?:in(?:utes?)?)?|h(?:ours?|rs?)?)(?:\s?(?P<more>[0-5]?\d)\s?m(?:in(?:utes?)?)?)?\b|(?<=T\+)(?P<bare>\d{1,3})(?=\s*(?:$|[|:])))(?=[\s:|,*)\]–—-]|$)"
)
OPENED = re.compile(r"[*_`\[(]{0,3}(?=[T+-])")  # "**T+5m** - ..."
NOUGHT = re.compile(r"(?P<start>T\s?\+?\s?0)(?=\s*[*)\]:|\u2013\u2014-]|\s+[A-Za-z]|\s*$)")  # "T+0: ..."
PLACED_OFFSET = re.compile(r"T\s?[+-]?\s?\d[\dhms:]*\s*(?:\(|=|\bis\b)\s*(?=\d)")  # "T+0 (10:02 UTC)" says when it was
OFFSETS = {"s": 1, "m": 60, "h": 3600}


#: Parts of a date and time that one line may begin with: weekday, day, joint, clock, zone, end ...
MOST_PARTS = 16


@dataclass(frozen=True, slots=True)
class Lead:
    """`date`, `clock`, `end` and `zone` as written, each empty when not stated; `rest` is the text after them."""

    date: str = ""
    clock: str = ""
    end: str = ""
    zone: str = ""
    rest: str = ""
    marked: bool = False  # a bullet, heading or bracket came first
    spoken: bool = False  # words such as "At" came first
    parted: bool = False  # a dash, colon, bar or bracket stands between time and text
    offset: int | None = None  # seconds after a stated start
    written: str = ""
    weekday: str = ""  # where no date is stated


def read(line: str) -> Lead | None:
    """Return what the line begins with, or None when that is no date and no time."""
    mark = MARK.match(line)
    start = mark.end() if mark else 0
    marked = bool(line[:start].strip()) or line[start : start + 1] in "[*`|~("
    if (stated := PLACED_OFFSET.match(line, start)) and (at := read(line[stated.end() :])) and at.clock:
        return replace(at, rest=at.rest.lstrip(") "), marked=marked, written=line[start:].split(")")[0].strip()[:40])
    bold = OPENED.match(line, start)
    if (
        relative := RELATIVE.match(line, bold.end() if bold else start)
        or (RELATIVE.match(line) if line[:1] == "+" and line[1:2].isdigit() else None)
        or (NOUGHT.match(line, bold.end() if bold else start) if "T" in line[start : start + 4] else None)
    ):
        return _relative(line, relative, marked)
    if prefix := PREFIX.match(line, start):
        start = prefix.end()
    scan = _Scan(line, start)
    scan.run()
    date, clock, last = scan.date, scan.clock, scan.last
    if not date and not clock:
        return None
    parted = bool(PARTED.match(line, last))
    if date.isdigit():
        date = f"{date[:4]}-{date[4:6]}-{date[6:]}"
    written = line[start:last].strip(" *_`[](){}|\"',")
    return Lead(date, clock, scan.end, scan.zone, _rest(line, last), marked, scan.spoken, parted, None, written, "" if date else scan.weekday)


class _Scan:
    """The beginning of one line, part by part: each step takes what stands at `position` if it is its own; `last` is where the time ends."""

    def __init__(self, line: str, position: int) -> None:
        self.line, self.position, self.last = line, position, position
        self.date = self.clock = self.zone = self.end = self.weekday = ""
        self.spoken = self.is_over = False

    def run(self) -> None:
        for _ in range(MOST_PARTS):
            if skipped := SKIP.match(self.line, self.position):
                self.position = skipped.end()
            if not any(step(self) for step in STEPS) or self.is_over:
                break

    def take(self, found: re.Match[str], *, is_time: bool = True) -> bool:
        """Go on behind what was found; what is no part of the time may be followed by anything else."""
        self.position = found.end()
        self.last = self.position if is_time else self.last
        return True

    def zone_here(self, pattern: re.Pattern[str] = ZONE, group: int | str = 1) -> re.Match[str] | None:
        found = pattern.match(self.line, self.position)
        return found if found and zone_named(found[group]) is not None else None

    def range_end(self) -> None:
        self.end, self.position, self.zone = _range_end(self.line, self.position, self.zone)
        self.last = max(self.last, self.position)

    def nth(self) -> bool:
        if self.clock or self.date or not (found := NTH.match(self.line, self.position)):
            return False
        self.date = found[0]
        return self.take(found)

    def zone_before(self) -> bool:
        if self.clock or self.zone or not (found := BEFORE.match(self.line, self.position)):
            return False
        self.zone = found[1]
        return self.take(found, is_time=False)

    def weekday_before(self) -> bool:
        if self.clock or not (found := WEEKDAY.match(self.line, self.position)):
            return False
        self.weekday = found[0]
        return self.take(found, is_time=False)

    def weekday_after(self) -> bool:
        if not self.clock or self.date or self.weekday or self.end or not (found := WEEKDAY_AFTER.match(self.line, self.position)):
            return False
        self.weekday, self.position = found["weekday"], found.end()
        self.last = self.position
        self.range_end()
        return True

    def any_date(self) -> bool:
        if self.date or not (found := DATE.match(self.line, self.position)):
            return False
        self.date = found[0]
        return self.take(found)

    def twins(self) -> bool:
        if self.clock or not (found := self.zone_here(TWINS, "zone")):
            return False
        self.clock, self.zone = f"{found['clock']} {found['half'] or ''}".strip(), found["zone"]
        return self.take(found)

    def shared_half(self) -> bool:
        if self.clock or not (found := SHARED.match(self.line, self.position)) or not shared(found)[0]:
            return False
        (self.clock, self.end), self.position = shared(found), found.end()
        if found := self.zone_here():
            self.zone, self.position = found[1], found.end()
        self.last = self.position
        return True

    def any_clock(self) -> bool:
        line = self.line
        if self.clock or not (found := CLOCK.match(line, self.position) or BARE.match(line, self.position) or WORDED.match(line, self.position)):
            return False
        self.clock, self.position = found[0] if found.re is not WORDED else worded(found), found.end()
        if not self.clock:
            self.is_over = True
            return True
        if (found := self.zone_here()) and not is_range(line, self.position, self.clock):
            self.zone, self.position = found[1], found.end()
            if offset := OFFSET.match(line, self.position):  # "PST (UTC-7)": the offset leaves no doubt
                self.zone, self.position = offset[1], offset.end()
        elif not self.zone and (pair := self.zone_here(PAIR, "zone")):
            self.clock, self.zone, self.position = pair["clock"], pair["zone"], pair.end()  # "17:03 (15:03 UTC)"
        self.last = self.position
        if self.zone and (pair := self.zone_here(PAIR, "zone")):
            self.position = pair.end()
        self.range_end()
        return True

    def bare_end(self) -> bool:
        if not self.date or self.clock or not (found := BARE_END.match(self.line, self.position)):
            return False
        self.clock = found[0]
        return self.take(found)

    def joint(self) -> bool:
        if not self.date or self.clock:
            return False
        joined = JOINED.match(self.line, self.position)
        if joined and not (CLOCK.match(self.line, joined.end()) or BARE.match(self.line, joined.end())):
            joined = None
        found = joined or DASH.match(self.line, self.position)
        return self.take(found, is_time=False) if found else False

    def filler(self) -> bool:
        if self.clock or not (found := FILLER.match(self.line, self.position)):
            return False
        self.spoken = self.spoken or (not self.date and found[0].lower() not in {"the", "of"})
        return self.take(found, is_time=False)

    def end_day(self) -> bool:
        is_clock = self.clock and self.date and self.end and not self.end[:1].isalpha() and " " not in self.end.strip()
        if not is_clock or not (found := END_DAY.match(self.line, self.position)):
            return False
        self.end = f"{found['date']} {self.end}"
        return self.take(found)

    def days(self) -> bool:
        if not self.clock or not self.date or self.end or not RANGE_OF_DAYS.match(self.line, self.position):
            return False
        ending = _range_end(self.line, self.position, self.zone)
        if not ending[0]:
            return False
        self.end, self.position, self.zone = ending
        self.last = self.position
        return True

    def on(self) -> bool:
        if not self.clock or self.date or not (found := ON.match(self.line, self.position) or DAY_AFTER.match(self.line, self.position)):
            return False
        return self.take(found, is_time=False)

    def zone_after(self) -> bool:
        """The zone behind both: "1am 5/18 UTC"."""
        if not (self.clock and self.date and not self.zone and self.position == self.last) or not (found := self.zone_here()):
            return False
        self.zone = found[1]
        return self.take(found)


#: In this order: a day written "3rd" is no clock, a weekday no filler.
STEPS = (
    _Scan.nth, _Scan.zone_before, _Scan.weekday_before, _Scan.weekday_after, _Scan.any_date, _Scan.twins, _Scan.shared_half, _Scan.any_clock,
    _Scan.bare_end, _Scan.joint, _Scan.filler, _Scan.end_day, _Scan.days, _Scan.on, _Scan.zone_after,
)  # fmt: skip


def minutes_of(clock: str) -> int | None:
    match = re.match(r"(\d{1,2})(?:[:.h時时点點]?(\d\d))?(?:[:.]\d\d)?(?:[.,]\d{1,9})?\s*([ap])?", clock, re.I)
    if match is None:
        return None
    hour = int(match[1])
    if match[3]:
        hour = hour % 12 + (12 if match[3] in "pP" else 0)
    return hour * 60 + int(match[2] or 0)


def is_range(line: str, position: int, clock: str) -> bool:
    """Tell the range 17:00-18:00 from the offset of 17:00:00-07:00: without seconds, a minus opens a range."""
    return bool(re.match(r"[-−]\d\d:\d\d", line[position : position + 6])) and clock.count(":") == 1


def _range_end(line: str, position: int, zone: str) -> tuple[str, int, str]:
    """Read "–14:10" or "to 14:10 UTC" after a clock."""
    bold = re.compile(r"\*+").match(line, position)
    after = bold.end() if bold else position
    joint = RANGE.match(line, after)
    if joint is None:
        return "", position, zone
    at = joint.end()
    if skipped := re.compile(r"[~*\s]+").match(line, at):
        at = skipped.end()
    if named := re.compile(rf"{WEEKDAY.pattern}\s+(?={DATE.pattern})", re.IGNORECASE).match(line, at):
        at = named.end()
    day = DATE.match(line, at)
    if day:
        at = day.end()
        if skipped := re.compile(r"[\s,]+(?:at\s+)?").match(line, at):
            at = skipped.end()
    clock = CLOCK.match(line, at) or BARE.match(line, at) or (None if day else MINUTES.match(line, at))
    if clock is None:
        return "", position, zone
    at = clock.end()
    if (found := ZONE.match(line, at)) and zone_named(found[1]) is not None:
        zone, at = zone or found[1], found.end()
    return (f"{day[0]} " if day else "") + clock[0], at, zone


def _rest(line: str, position: int) -> str:
    tail = line[position:]
    match = (AFTER_CODE if line.count("`", 0, position) % 2 else AFTER).match(tail)
    return tail[match.end() :].strip() if match else tail.strip()


def _relative(line: str, match: re.Match[str], marked: bool) -> Lead:
    if match.re is NOUGHT:
        return Lead(rest=_rest(line, match.end()), marked=marked, offset=0, written=match[0].strip())
    if match["unit"]:
        seconds = int(match["n"]) * OFFSETS[match["unit"][0].lower()] + int(match["more"] or 0) * 60
    elif match["bare"]:  # "T+12" of a table: minutes
        seconds = int(match["bare"]) * 60
    else:
        # +00:05 is minutes and seconds on a recording, hours and minutes elsewhere; three parts settle it, two are minutes.
        seconds = int(match["h"]) * 3600 + int(match["m"]) * 60 + int(match["s"]) if match["s"] else int(match["h"]) * 3600 + int(match["m"]) * 60
    return Lead(rest=_rest(line, match.end()), marked=marked, offset=seconds * (-1 if match["sign"] == "-" else 1), written=match[0].strip())
