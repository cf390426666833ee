"""Pure. What was said on a call: WebVTT and SubRip transcripts, chats of Zoom, the text of Google Meet and Teams.

https://www.w3.org/TR/webvtt1/ defines WebVTT. Times count from the start of the recording: when that was is taken from a note above the first words, the file's
name (Zoom's GMT20260302-140211), or the date that is given. With a day but no clock nothing can be placed: midnight would be a guess, and the start is asked for.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice

from incidents.lib.timestamps import Moment, TimeError, read_human
from incidents.lib.zones import zone_named
from incidents.sources.base import Item, Payload, Source
from incidents.sources.conversation import Keys, event_of
from incidents.sources.drafts import EventDraft, ReadOptions, Rejected, SourceError
from incidents.sources.text_lines import first_lines, lines_of
from incidents.sources.transcript_shapes import SAID, Piece, pieces, seconds_of, shape_of

CERTAINTY = {"cues": 95, "chat": 92, "saved": 92, "meet": 88, "spoke": 80}
NAMED = re.compile(  # GMT20260302-140211, 2026-03-02 14.02.11, 20260302_140211, (2026-03-02 14:00 GMT+1)
    r"(?P<gmt>GMT)?(?<!\d)(?P<day>20\d\d[-_./]?(?:0[1-9]|1[0-2])[-_./]?(?:0[1-9]|[12]\d|3[01]))(?!\d)"
    r"(?:(?:[T _-]{1,3}|\s+at\s+)(?P<hour>[01]\d|2[0-3])[-:._h]?(?P<minute>[0-5]\d)(?:[-:._]?(?P<second>[0-5]\d))?(?!\d)(?:\.\d+)?\s?(?P<zone>Z|UTC|GMT(?:[+-]\d{1,2}(?::?\d\d)?)?|[+-]\d\d:?\d\d|[A-Z]{2,4}T)?)?"
)
SPOKEN_DAY = re.compile(r"[A-Z][a-z]{2,8}\.? \d{1,2}(?:st|nd|rd|th)?,? 20\d\d|\d{1,2}\.? [A-Z][a-z]{2,8} 20\d\d")
SPOKEN_CLOCK = re.compile(r"20\d\d,?\s+(?:at\s+)?(?P<clock>\d{1,2}:\d\d(?::\d\d)?(?:\s?[AaPp]\.?[Mm]\.?)?)(?:\s(?P<zone>UTC|GMT(?:[+-]\d{1,2})?|[A-Z]{2,4}T))?")
STARTED = re.compile(  # "Recording started at 14:02 UTC", "Start: 2:02 PM"
    r"\b(?:start(?:s|ed|ing)?|began|begins|recorded)\b\D{0,20}(?P<clock>\d{1,2}:\d\d(?::\d\d)?(?:\s?[AaPp]\.?[Mm]\.?)?)(?:\s(?P<zone>UTC|GMT(?:[+-]\d{1,2})?|[A-Z]{2,4}T))?",
    re.IGNORECASE,
)
REACTED = re.compile(r"^(?:Reacted to [“\"].*[”\"] with \S|Removed an? .{1,12} reaction from [“\"])", re.DOTALL)
REPLYING = re.compile(r"^Replying to [“\"](?P<to>.{1,300}?)[”\"]\s*\n\s*(?P<text>.+)$", re.DOTALL)
RECENT = 500  # messages that an answer may quote


@dataclass(frozen=True, slots=True)
class Start:
    """When the recording began, as far as it is known."""

    day: date | None = None
    clock: str = ""
    zone: str = ""


def detect(payload: Payload) -> int:
    return CERTAINTY.get(shape_of(first_lines(payload)), 0)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    head = first_lines(payload)
    shape = shape_of(head)
    if not shape:
        raise SourceError("This is no transcript that is known here: WebVTT, SubRip, a chat saved by Zoom, the text of Meet or Teams.")
    start = start_of(payload.name, head, options)
    named = _names_speakers(shape, head)
    keys, recent = Keys(), deque[tuple[str, str]](maxlen=RECENT)
    count = last = 0
    reason = ""
    for piece in pieces(shape, lines_of(payload, options.encoding)):
        if named and not piece.who and (said := SAID.match(piece.text)) and _is_name(said["who"]):
            piece.who, piece.text = said["who"].strip(), said["text"].strip()
        if not piece.text:
            continue
        if piece.wall and not piece.date and start.day is not None:
            hour = _hour(piece.at)
            if last - hour > 12 and start.day < date.max:
                start = replace(start, day=start.day + timedelta(days=1))  # midnight has passed
            last = hour
        try:
            moment = moment_of(piece, start, options)
        except TimeError as error:
            reason = str(error)
            yield Rejected(f"line {piece.line}", reason)
            continue
        count += 1
        key = keys.of(piece.at, piece.who, piece.text)
        yield _event(piece, moment, key, count, recent)
        recent.append((piece.text[:300], key))
    if not count:
        raise SourceError(f"Nothing is said in this transcript that can be read. {reason}".strip())


def _hour(at: str) -> int:
    hour = int(at.partition(":")[0])
    return hour if at[-1:] != "M" else hour % 12 + (12 if at.endswith("PM") else 0)


def start_of(name: str, head: list[str], options: ReadOptions) -> Start:
    """Find when the recording began: a note above the first words, the file's name, the date that is given."""
    above: list[str] = []
    for line in head[:60]:
        if "-->" in line or re.match(r"\[?\d{1,2}:\d\d:\d\d", line):
            break
        above.append(line[:300])
    if options.date is not None and options.clock:
        return Start(options.date, options.clock, "")
    day, clock, zone = options.date, "", ""
    for text in [*above, name]:
        match = NAMED.search(text)
        if match is not None and (found := _iso(match["day"])) is not None:
            if match["hour"]:
                return Start(found, f"{match['hour']}:{match['minute']}:{match['second'] or '00'}", _zone("GMT" if match["gmt"] else match["zone"]))
            day = day or found
        elif spoken := SPOKEN_DAY.search(text):
            try:
                found = read_human(spoken[0], "UTC").at
            except TimeError:
                continue
            if found is not None:
                if at := SPOKEN_CLOCK.search(text):
                    return Start(found.date(), at["clock"], _zone(at["zone"]))
                day = day or found.date()
        if not clock and (started := STARTED.search(text)):
            clock, zone = started["clock"], _zone(started["zone"])
    return Start(day, clock, zone)


def _iso(text: str) -> date | None:
    digits = re.sub(r"\D", "", text)
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _zone(text: str | None) -> str:
    return text if text and zone_named(text) is not None else ""


def moment_of(piece: Piece, start: Start, options: ReadOptions) -> Moment:
    """Place a piece of talk. Raises TimeError."""
    zone = start.zone or options.time_zone
    if piece.wall:
        day = _iso(piece.date) if piece.date else start.day
        moment = read_human(piece.at, zone, day, latest=options.latest)
        needs = moment.needs if moment.at is not None or day is not None else "date" if zone else "date, zone"
        return replace(moment, local=f"{piece.date} {piece.at}".strip(), needs=needs)
    if start.day is None or not start.clock:
        missing = {"date": start.day is None, "zone": not zone, "start": not start.clock}
        return Moment(None, piece.at, "", False, "second", ", ".join(what for what, is_missing in missing.items() if is_missing))
    began = read_human(start.clock, zone, start.day, latest=options.latest)
    if began.at is None:
        return replace(began, local=piece.at)
    try:
        at = began.at + timedelta(seconds=seconds_of(piece.at))
    except (OverflowError, ValueError):
        raise TimeError(f"{piece.at[:40]} is no time.") from None
    if at > options.latest:
        raise TimeError(f"{piece.at[:40]} after {start.day} lies in the future.")
    return replace(began, at=at, local=piece.at, zone_assumed=not start.zone)


def _event(piece: Piece, moment: Moment, key: str, order: int, recent: deque[tuple[str, str]]) -> EventDraft:
    text, thread = piece.text, ""
    if reply := REPLYING.match(text):
        quoted, text = reply["to"].removesuffix("...").removesuffix("…"), reply["text"].strip()
        thread = next((earlier for said, earlier in reversed(recent) if said.startswith(quoted)), "")
    return event_of(
        moment,
        text,
        key=key,
        where=f"line {piece.line}",
        order=order,
        raw=piece.raw,
        actor=piece.who,
        thread=thread,
        notice="a reaction" if REACTED.match(text) else "",
    )


def _names_speakers(shape: str, head: list[str]) -> bool:
    """Tell whether cues begin with the name of who speaks, as Zoom and Meet write them."""
    if shape != "cues":
        return False
    found = list(islice(pieces(shape, enumerate(head, 1)), 200))
    named = sum(bool((said := SAID.match(piece.text)) and _is_name(said["who"])) for piece in found if not piece.who)
    return named * 2 >= len(found) > 0


def _is_name(text: str) -> bool:
    return len(text.split()) <= 7 and not re.search(r"[?!;]|\. ", text)


SOURCE = Source(
    name="transcript",
    label="Call transcript",
    detect=detect,
    read=read,
    docs="What was said on a call: WebVTT, SubRip and SBV transcripts, chats of Zoom, the text of Google Meet and Teams. When the recording began comes from a note above "
    "the first words or the file's name, such as GMT20260302-140211; else it is asked for (https://www.w3.org/TR/webvtt1/).",
)
