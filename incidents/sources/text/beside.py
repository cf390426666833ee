"""Pure. What the lines above and below say of a line: that it is one of a list, of a column of times, or goes on a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from incidents.sources.text import lead as leads
from incidents.sources.text import shapes
from incidents.sources.text.chat import STATUS
from incidents.sources.text.entry import Entry
from incidents.sources.text.lead import Lead
from incidents.sources.text.setting import HEADING

HALVED = re.compile(r"\d:\d\d\s*[ap]\.?m\b", re.IGNORECASE)
COLUMN = re.compile(r"\s*[\[(]?(?:\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,6})?|\d{1,2}:\d\d(?::\d\d)?\s?[ap]\.?m\.?)(?![\d:])", re.IGNORECASE)
GOES_ON = re.compile(  # what a time follows, so that the line below goes on the sentence
    r"(?:\b(?:at|by|from|to|until|till|before|after|since|between|around|about|and|or|of|the|approximately|um|gegen|bis|ab|seit|nach|vor|\u00e0|vers|d\u00e8s|de|las|\u00e0s|om|tot|alle|\u0432|\u0434\u043e|\u0441)|[(~\u2248])\s*$",
    re.IGNORECASE,
)
WORK = re.compile(
    r"\b(?:maintenance|upgrades?|migration|replacements?|replacing|works?|wartung\w*|wartungsarbeiten|onderhoud|mantenimiento|manuten\u00e7\u00e3o)\b",
    re.IGNORECASE,
)
AHEAD = re.compile(
    r"\b(?:will (?:be|occur|take|begin|start|last)|we will|are going to|is scheduled|werden wir|wird am|se realizar\u00e1|ser\u00e1)\b", re.IGNORECASE
)
WINDOW = 8  # lines above the start and the end of planned work
DAY_ROW = re.compile(r"[^|]*\|[^|]*[^\W\d][^|]*(?:\||$)")


def as_before(done: Sequence[Entry], at: Lead) -> bool:
    """Say whether the entries before began in the same way: with a clock of half a day and no mark."""
    return bool(HALVED.search(at.clock)) and sum(1 for entry in done[-3:] if HALVED.search(entry.lead.clock) and not entry.lead.marked) > 1


def listed_spans(lines: Sequence[str], offset: int, at: Lead, *, is_open: bool) -> bool:
    """Say whether a day with a range stands below a colon, or below another: "... on 2 occasions:", "October 29, 2009: 8:15am - 11:41am"."""
    above = lines[offset - 1].rstrip() if offset else ""
    return bool(at.date and at.end and (above.endswith(":") or is_open and (before := leads.read(above)) and before.date and before.end))


def in_column(lines: Sequence[str], offset: int) -> bool:
    """Say whether a line and one beside it begin with a clock, as the lines of a log do."""
    beside = [lines[near] for near in (offset - 1, offset + 1) if 0 <= near < len(lines)]
    return bool(COLUMN.match(lines[offset])) and any(COLUMN.match(line) for line in beside)


def alike(above: Lead, at: Lead, line: str) -> bool:
    """Say whether a time is written as the one of the entry above: day and clock over their text, or a clock at the edge of the page."""
    if at.date and at.clock and not at.rest:
        return bool(above.date and above.clock and not above.rest)
    return bool(COLUMN.match(line)) and not above.marked and not above.date and re.sub(r"\d", "0", above.clock) == re.sub(r"\d", "0", at.clock)


def in_sentence(lines: Sequence[str], offset: int) -> bool:
    """Say whether the line above breaks off before a time: "all images were built by" above "09:27:35 and pushed"."""
    return offset > 0 and bool(GOES_ON.search(lines[offset - 1][-40:]))


def is_planned(lines: Sequence[str], offset: int) -> bool:
    """Say whether the lines above announce work: its "Start: ..." and "End: ..." are a window, not what happened."""
    above = [line for line in lines[max(0, offset - 2 * WINDOW) : offset] if line.strip()][-WINDOW:]
    text = " ".join(line[:400] for line in above)
    return bool(WORK.search(text) and AHEAD.search(text))


def heads_text(lines: Sequence[str], offset: int, at: Lead, *, as_above: bool) -> bool:
    """Say whether a few words after a time head the paragraph below: a status, or a shape that the time below repeats."""
    following = lines[offset + 1] if offset + 1 < len(lines) else ""
    if at.marked or not at.rest or len(at.rest) > 60 or at.rest.endswith((".", "!", ":", ";")) or following.strip():
        return False
    below = [line for line in lines[offset + 1 : offset + 12] if line.strip()]
    if not below or not is_text(below[0]) or len(below[0]) < len(at.rest):
        return False
    repeats = next((line for line in below[1:] if not is_text(line)), "")
    return bool(STATUS.match(at.rest)) or as_above or bool((again := leads.read(repeats)) and again.clock and not again.marked and len(again.rest) <= 60)


def is_text(line: str) -> bool:
    """Say whether a line is running text: no time, no heading, no item of a list, no row."""
    at = leads.read(line)
    return not (at and at.clock) and not HEADING.match(line) and not shapes.BULLET.match(line) and not line.startswith("|")


def among_times(lines: Sequence[str], offset: int, at: Lead) -> bool:
    """Say whether an item of a day stands in a list whose other items give day and time."""
    near = [each for line in lines[offset + 1 : offset + 4] if (each := leads.read(line)) and each.marked]
    return at.marked and any(each.date and each.clock for each in near)


def day_column(lines: Sequence[str], offset: int, at: Lead) -> bool:
    """Say whether a line and one near it begin with a full day and a text, without a mark: "2021-02-05 Reported to the maker"."""
    if at.marked or not shapes.is_full(at):
        return False
    near = [line for line in (*lines[max(0, offset - 4) : offset], *lines[offset + 1 : offset + 5]) if line.strip()]
    return any((each := leads.read(line)) and not each.marked and shapes.is_full(each) for line in near)


def among_days(lines: Sequence[str], offset: int, at: Lead) -> bool:
    """Say whether a line and those beside it are rows without a frame that each begin with a day: "5 April 2024 | All hubs | ..."."""
    if at.marked or not re.search(r"\d{4}", at.date):
        return False
    near = [line for line in (*lines[max(0, offset - 2) : offset], *lines[offset + 1 : offset + 3]) if DAY_ROW.match(line)]
    return bool(DAY_ROW.match(lines[offset])) and sum(bool((each := leads.read(line)) and re.search(r"\d{4}", each.date)) for line in near) > 1
