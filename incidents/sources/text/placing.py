"""Pure. Entries of a timeline -> moments: the day in force where each stands, carried past midnight, and its zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from incidents.lib.timestamps import Moment, read_human
from incidents.lib.zones import zone_named
from incidents.sources.drafts import ReadOptions
from incidents.sources.text.entry import Entry
from incidents.sources.text.lead import minutes_of
from incidents.sources.text.prose import PROSE
from incidents.sources.text.setting import Setting

BACKWARDS = timedelta(hours=6)  # a step back this long is midnight
OVER = re.compile(
    r"\b(?:restored|resumed|recovered|resolved|fixed|back (?:up|online|to normal)|normal operations?|r\u00e9tabli\w*|behoben|wieder|restablecid\w+|hersteld|opgelost)\b",
    re.I,
)
PROSE_BACKWARDS = timedelta(hours=12)  # sentences look back more often


def start_of(moments: list[tuple[Entry, Moment | str]]) -> Moment | None:
    """Return the moment that offsets such as T+5m count from: a labelled start, else the first time given in full."""
    known = [(entry, moment) for entry, moment in moments if isinstance(moment, Moment) and moment.at is not None]
    stated = [moment for entry, moment in known if entry.label and entry.label[1] == "impact_started"]
    return stated[0] if stated else known[0][1] if known else None


def after(moment: Moment, start: Moment | None, offset: int | None, options: ReadOptions) -> Moment:
    """Place an offset after the start, where there is one."""
    if offset is None or start is None or start.at is None:
        return moment
    try:
        at = start.at + timedelta(seconds=offset)
    except OverflowError:
        return moment
    return replace(moment, at=at, needs="", zone=start.zone, zone_assumed=start.zone_assumed) if at <= options.latest else moment


def placed_days(entries: list[Entry], state: Setting, options: ReadOptions) -> Iterator[tuple[Entry, date | None]]:
    """Give each entry its day: its own, else the one in force, carried past midnight where the clock steps back."""
    newest_first = steps(entries) < 0 and any(entry.block != PROSE for entry in entries)
    first_day = next((entry.day for entry in entries if entry.day), None)  # what a summary tells without a day is of the first that is stated
    current: date | None = None
    block, last, longest = 0, None, BACKWARDS
    under: date | None = None  # the day in force for the entry before
    named: date | None = None  # the day of the first label, such as "Start time: ..."
    for entry in entries:
        own = entry.day
        if entry.aside:
            yield entry, own
            continue
        if entry.label and own is not None and entry.block >= 0:  # the end of an impact says nothing of the day of the list below
            named = named or own
            yield entry, own
            continue
        base = own or entry.heading_day or state.day or state.given or named or (first_day if entry.block < 0 or entry.label else None)
        minutes = minutes_of(entry.lead.clock)
        step = timedelta(0) if entry.lead.written.lower().endswith("midnight") else longest  # "by midnight" ends the day
        passed = current is not None and base is not None and current > base == under
        goes_on = passed and minutes is not None and last is not None and 0 <= minutes - last < 360
        moved = entry.block == PROSE and base != under  # a heading between the sentences names another day
        under = entry.heading_day or state.day if entry.lead.weekday else base
        if own is not None or (entry.block != block and not goes_on) or current is None or moved:
            # A new list under the same day begins on that day, unless it goes on from a list that has passed midnight.
            current, last = base, minutes
            longest = PROSE_BACKWARDS if entry.block == PROSE else BACKWARDS
        elif minutes is not None and last is not None:
            if entry.block == PROSE and OVER.search(entry.text):
                step = min(step, BACKWARDS)  # what is over at 8 was not over before it began at 19
            if entry.block == PROSE and base is not None and current > base and minutes - last > longest.seconds // 60:
                current = base  # the next part of the story begins on the first evening again
            elif not newest_first and last - minutes > step.seconds // 60:
                current += timedelta(days=1)
            elif newest_first and minutes - last > longest.seconds // 60:
                current -= timedelta(days=1)
            last = minutes
        block = entry.block
        lost = own is None and bool(entry.lead.date)  # it names a day that cannot be read: no other day may stand in for it
        yield entry, None if base is None or lost else current


def steps(entries: list[Entry]) -> int:
    """Return whether times mostly rise (positive) or fall (negative) down the page."""
    total = 0
    keys = [(entry.day or entry.heading_day or date.min, minutes_of(entry.lead.clock) or 0) for entry in entries if entry.label is None]
    for before, after in zip(keys, keys[1:], strict=False):
        up = (after > before) - (after < before)
        leap = after[1] - before[1] if after[0] == before[0] else 0
        total += -up if leap < -720 or leap > 1080 else up  # a leap of half a day back is midnight; forward it is a quiet night
    return total


def moment_of(entry: Entry, day: date | None, options: ReadOptions, state: Setting) -> Moment:
    """Place the entry. Raises TimeError when its time cannot be meant."""
    if entry.lead.offset is not None:
        return Moment(local=entry.lead.written, needs="date", precision="minute")
    stated = entry.zone
    if (region := zone_named(stated)) is not None and ("/" in region.name or not stated.isascii()):
        stated = region.name  # "Pacific Time", "МСК"
    if not entry.lead.clock:
        return whole_day(entry, day, options, state)
    if not entry.lead.clock and day is not None:
        moment = read_human(day.isoformat(), zone=stated or options.time_zone, latest=options.latest)
        return replace(moment, local=entry.lead.written[:100])
    clock = re.sub(r"^(00?[:.]\d\d(?:[:.]\d\d)?)\s*a\.?m\b\.?", r"\1", entry.lead.clock, flags=re.I)  # 00:23am
    clock += f" {stated}" if stated else ""
    moment = read_human(clock, zone=options.time_zone, date=day, day_first=state.day_first, latest=options.latest)
    local = entry.lead.written or entry.lead.clock
    needs = entry.day_needs if entry.day is None and entry.day_needs == "order" else moment.needs
    if moment.at is None and day is None:
        needs = "order" if entry.day_needs == "order" else "date" if stated or options.time_zone else "date, zone"
    return replace(moment, local=local[:100], needs=needs, at=None if needs else moment.at)


def whole_day(entry: Entry, day: date | None, options: ReadOptions, state: Setting) -> Moment:
    """Place an entry that names a day only, at the beginning of that day."""
    day = entry.day or day
    local = (entry.lead.written or entry.lead.date)[:100]
    if day is None:
        return Moment(local=local, needs=entry.day_needs or "date", precision="day")
    moment = read_human(f"{day:%Y-%m-%d}", zone=entry.zone or options.time_zone, latest=options.latest)
    return replace(moment, local=local, zone_assumed=moment.zone_assumed and not entry.zone)
