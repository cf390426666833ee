"""Pure. The time that a line begins with: "- **14:02 UTC** – text", "[2026-03-02 14:02:07] text", "At 9:39 AM PST, text"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from incidents.lib.zones import zone_named
from incidents.sources.text import parts
from incidents.sources.text.worded import SHARED, WORDED, shared, worded

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
    mark = parts.MARK.match(line)
    start = mark.end() if mark else 0
    marked = bool(line[:start].strip()) or line[start : start + 1] in "[*`|~("
    if (stated := parts.PLACED_OFFSET.match(line, start)) and (at := read(line[stated.end() :])) and at.clock:
        return replace(at, rest=at.rest.lstrip(") "), marked=marked, written=line[start:].split(")")[0].strip()[:40])
    bold = parts.OPENED.match(line, start)
    if (
        relative := parts.RELATIVE.match(line, bold.end() if bold else start)
        or (parts.RELATIVE.match(line) if line[:1] == "+" and line[1:2].isdigit() else None)
        or (parts.NOUGHT.match(line, bold.end() if bold else start) if "T" in line[start : start + 4] else None)
    ):
        return _relative(line, relative, marked)
    if prefix := parts.PREFIX.match(line, start):
        start = prefix.end()
    scan = _Scan(line, start)
    scan.run()
    date, clock, last = scan.date, scan.clock, scan.last
    if not date and not clock:
        return None
    parted = bool(parts.PARTED.match(line, last))
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
            if skipped := parts.SKIP.match(self.line, self.position):
                self.position = skipped.end()
            if not any(step(self) for step in STEPS) or self.is_over:
                break

    def take(self, found: re.Match[str], *, is_time: bool = True) -> bool:
        """Go on behind what was found; what is no part of the time may be followed by anything else."""
        self.position = found.end()
        self.last = self.position if is_time else self.last
        return True

    def zone_here(self, pattern: re.Pattern[str] = parts.ZONE, group: int | str = 1) -> re.Match[str] | None:
        found = pattern.match(self.line, self.position)
        return found if found and zone_named(found[group]) is not None else None

    def range_end(self) -> None:
        self.end, self.position, self.zone = _range_end(self.line, self.position, self.zone)
        self.last = max(self.last, self.position)

    def nth(self) -> bool:
        if self.clock or self.date or not (found := parts.NTH.match(self.line, self.position)):
            return False
        self.date = found[0]
        return self.take(found)

    def zone_before(self) -> bool:
        if self.clock or self.zone or not (found := parts.BEFORE.match(self.line, self.position)):
            return False
        self.zone = found[1]
        return self.take(found, is_time=False)

    def weekday_before(self) -> bool:
        if self.clock or not (found := parts.WEEKDAY.match(self.line, self.position)):
            return False
        self.weekday = found[0]
        return self.take(found, is_time=False)

    def weekday_after(self) -> bool:
        if not self.clock or self.date or self.weekday or self.end or not (found := parts.WEEKDAY_AFTER.match(self.line, self.position)):
            return False
        self.weekday, self.position = found["weekday"], found.end()
        self.last = self.position
        self.range_end()
        return True

    def any_date(self) -> bool:
        if self.date or not (found := parts.DATE.match(self.line, self.position)):
            return False
        self.date = found[0]
        return self.take(found)

    def twins(self) -> bool:
        if self.clock or not (found := self.zone_here(parts.TWINS, "zone")):
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
        if self.clock or not (found := parts.CLOCK.match(line, self.position) or parts.BARE.match(line, self.position) or WORDED.match(line, self.position)):
            return False
        self.clock, self.position = found[0] if found.re is not WORDED else worded(found), found.end()
        if not self.clock:
            self.is_over = True
            return True
        if (found := self.zone_here()) and not is_range(line, self.position, self.clock):
            self.zone, self.position = found[1], found.end()
            if offset := parts.OFFSET.match(line, self.position):  # "PST (UTC-7)": the offset leaves no doubt
                self.zone, self.position = offset[1], offset.end()
        elif not self.zone and (pair := self.zone_here(parts.PAIR, "zone")):
            self.clock, self.zone, self.position = pair["clock"], pair["zone"], pair.end()  # "17:03 (15:03 UTC)"
        self.last = self.position
        if self.zone and (pair := self.zone_here(parts.PAIR, "zone")):
            self.position = pair.end()
        self.range_end()
        return True

    def bare_end(self) -> bool:
        if not self.date or self.clock or not (found := parts.BARE_END.match(self.line, self.position)):
            return False
        self.clock = found[0]
        return self.take(found)

    def joint(self) -> bool:
        if not self.date or self.clock:
            return False
        joined = parts.JOINED.match(self.line, self.position)
        if joined and not (parts.CLOCK.match(self.line, joined.end()) or parts.BARE.match(self.line, joined.end())):
            joined = None
        found = joined or parts.DASH.match(self.line, self.position)
        return self.take(found, is_time=False) if found else False

    def filler(self) -> bool:
        if self.clock or not (found := parts.FILLER.match(self.line, self.position)):
            return False
        self.spoken = self.spoken or (not self.date and found[0].lower() not in {"the", "of"})
        return self.take(found, is_time=False)

    def end_day(self) -> bool:
        is_clock = self.clock and self.date and self.end and not self.end[:1].isalpha() and " " not in self.end.strip()
        if not is_clock or not (found := parts.END_DAY.match(self.line, self.position)):
            return False
        self.end = f"{found['date']} {self.end}"
        return self.take(found)

    def days(self) -> bool:
        if not self.clock or not self.date or self.end or not parts.RANGE_OF_DAYS.match(self.line, self.position):
            return False
        ending = _range_end(self.line, self.position, self.zone)
        if not ending[0]:
            return False
        self.end, self.position, self.zone = ending
        self.last = self.position
        return True

    def on(self) -> bool:
        if not self.clock or self.date or not (found := parts.ON.match(self.line, self.position) or parts.DAY_AFTER.match(self.line, self.position)):
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
    joint = parts.RANGE.match(line, after)
    if joint is None:
        return "", position, zone
    at = joint.end()
    if skipped := re.compile(r"[~*\s]+").match(line, at):
        at = skipped.end()
    if named := re.compile(rf"{parts.WEEKDAY.pattern}\s+(?={parts.DATE.pattern})", re.IGNORECASE).match(line, at):
        at = named.end()
    day = parts.DATE.match(line, at)
    if day:
        at = day.end()
        if skipped := re.compile(r"[\s,]+(?:at\s+)?").match(line, at):
            at = skipped.end()
    clock = parts.CLOCK.match(line, at) or parts.BARE.match(line, at) or (None if day else parts.MINUTES.match(line, at))
    if clock is None:
        return "", position, zone
    at = clock.end()
    if (found := parts.ZONE.match(line, at)) and zone_named(found[1]) is not None:
        zone, at = zone or found[1], found.end()
    return (f"{day[0]} " if day else "") + clock[0], at, zone


def _rest(line: str, position: int) -> str:
    tail = line[position:]
    match = (parts.AFTER_CODE if line.count("`", 0, position) % 2 else parts.AFTER).match(tail)
    return tail[match.end() :].strip() if match else tail.strip()


def _relative(line: str, match: re.Match[str], marked: bool) -> Lead:
    return Lead(rest=_rest(line, match.end()), marked=marked, offset=parts.seconds_of(match), written=match[0].strip())
