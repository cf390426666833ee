"""Pure. IRC logs of irssi, WeeChat, HexChat, mIRC, ZNC, energymech, eggdrop, supybot, MeetBot and their kin.

There is no one format: https://weechat.org/files/doc/stable/weechat_user.en.html#logger and https://meetbot.debian.net/Manual.html describe two. A clock without
a date takes the day of the last day line, else of the file's name, else the day that is given; it is carried past midnight.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from incidents.lib.timestamps import Moment, TimeError, read_date, read_human, read_machine
from incidents.lib.zones import zone_named
from incidents.sources.base import Item, Payload, Source
from incidents.sources.conversation import Keys, event_of
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.irc_shapes import COMING, DAY_LINE, MEETING_AT, OPENED, PART, SESSION, YEAR, Line, line_of
from incidents.sources.text_lines import first_lines, lines_of

NAME_DAY = re.compile(r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)")
CHANNEL = re.compile(r"(?:joined|[Nn]ow talking (?:in|on)|Ident:|Log(?:s)? (?:for|of)|has joined|Channel|Topic for)\s:?(#[\w.#+-]{1,60})")
CONTINUED = re.compile(r"\s+\S")
MEETING = {  # what people tell a meeting bot
    "#agreed": ("decision", 1),
    "#accepted": ("decision", 1),
    "#agree": ("decision", 1),
    "#rejected": ("decision", 1),
    "#startmeeting": ("message", 0),
    "#endmeeting": ("message", 0),
    "#topic": ("message", 0),
    "#chair": ("role", 0),
    "#meetingname": ("message", 0),
}
BOTS = re.compile(r"(?:bot|icinga|nagios|alert|monitor|wmde|stashbot|shinken|jinxer)\w*$|^(?:icinga|nagios|alert|zabbix|prometheus)", re.IGNORECASE)
AROUND = (DAY_LINE, SESSION, MEETING_AT)
HALF_A_DAY = 12 * 60


def detect(payload: Payload) -> int:
    lines = [line for line in first_lines(payload)[:400] if line.strip()]
    if not lines or lines[0].lstrip()[:1] in ("{", "<") and not lines[0].startswith("<"):
        return 0
    found = [each for line in lines if (each := line_of(line)) is not None]
    said = sum(each.how == "said" for each in found)
    around = sum(any(pattern.match(line) for pattern in AROUND) for line in lines)
    sure = said + sum(each.how == "system" and bool(PART.search(each.text)) for each in found)
    first = line_of(lines[0]) is not None or any(pattern.match(lines[0]) for pattern in AROUND)
    if said < 1 or sure < 2 and not around or not first or (len(found) + around) * 10 < len(lines) * 7:
        return 0  # a report quotes a log after it has said what happened
    return 88


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    log = _Log(payload.name, options)
    log.begins("\n".join(first_lines(payload)[:200]))
    channel = ""
    for number, text in lines_of(payload, options.encoding):
        if not text.strip():
            continue
        if not channel and (match := CHANNEL.search(text[:300])):
            channel = match[1].rstrip(".,:;)")
            yield IncidentDraft(key=channel, labels=(("channel", channel),))
        if log.takes_day(text):
            continue
        if (line := line_of(text)) is not None:
            yield from log.finished()
            log.open(line, number, text)
        elif log.line is not None and CONTINUED.match(text):
            log.goes_on(text)
        elif not SESSION.match(text):
            yield from log.finished()
            if any(character.isdigit() for character in text[:12]):
                yield Rejected(f"line {number}", f"This is no line of an IRC log that is known here: {text[:80]}")
    yield from log.finished()
    if not log.count:
        raise SourceError(f"No line of this IRC log can be read. {log.reason}".strip())


class _Log:
    """The line that is open, and the day and zone in force."""

    def __init__(self, name: str, options: ReadOptions) -> None:
        match = NAME_DAY.search(name)
        self.day = options.date
        if match is not None:
            with contextlib.suppress(ValueError):
                self.day = date(int(match[1]), int(match[2]), int(match[3]))
        self.options = options
        self.zone = ""
        self.stated: date | None = None  # the day of the last day line
        self.nights = 0  # midnights passed since
        self.last = -1  # minutes of the day
        self.line: Line | None = None
        self.number = self.count = self.size = 0
        self.placed: Moment | str = ""
        self.texts: list[str] = []
        self.raw = ""
        self.reason = ""
        self.keys = Keys()

    def takes_day(self, text: str) -> bool:
        """Take the day from a line that says nothing else."""
        match = DAY_LINE.match(text.rstrip())
        if match is None or not (match["what"] or text.lstrip()[:2] in ("--", "==", "**", "# ") or "--- " in text[:14]):
            return False
        year = YEAR.search(f"{match['day']}{match['after'] or ''}")
        try:
            found, needs = read_date(f"{match['day']} {year[1]}" if year and year[1] not in match["day"] else match["day"], near=self.day)
        except TimeError:
            return False
        if found is None or needs:
            return False
        if "clos" in (match["what"] or "").lower() or "ending" in (match["what"] or "").lower():
            return True
        self.day = self.stated = found
        self.last, self.nights = -1, 0
        if (opened := OPENED.search(match["after"] or "")) and opened["zone"] and zone_named(opened["zone"]) is not None:
            self.zone = opened["zone"]
        return True

    def begins(self, head: str) -> None:
        """Take the day and zone that a meeting's log states of its beginning."""
        match = MEETING_AT.search(head)
        if match is None or not (match["date"] or match["day"] and match["year"]):
            return
        with contextlib.suppress(TimeError):
            self.day = read_date(match["date"] or f"{match['day']} {match['year']}")[0] or self.day
        self.zone = match["zone"] if match["zone"] and zone_named(match["zone"]) is not None else ""

    def open(self, line: Line, number: int, raw: str) -> None:
        """Begin a line. It is placed at once: the next day line does not hold for it."""
        self.line, self.number, self.texts, self.raw, self.size = line, number, [line.text], raw, 0
        try:
            self.placed = self.moment(line)
        except TimeError as error:
            self.reason = self.placed = str(error)

    def goes_on(self, text: str) -> None:
        if self.size < 20_000:
            self.size += len(text) + 1
            self.texts.append(text.strip())
            self.raw += f"\n{text}"

    def finished(self) -> Iterator[EventDraft | Rejected]:
        line, self.line = self.line, None
        if line is None:
            return
        where, moment = f"line {self.number}", self.placed
        if isinstance(moment, str):
            yield Rejected(where, moment)
            return
        text = "\n".join(filter(None, self.texts))
        notice = coming = False
        if line.how == "system" or line.how == "did" and not text:
            notice, coming = True, bool(COMING.search(text))
            text = f"{line.nick} {text}".strip()
        elif line.how == "did":
            text = f"{line.nick} {text}"
        self.count += 1
        draft = event_of(
            moment,
            text,
            key=self.keys.of(f"{self.stated or ''}+{self.nights} {line.written}", line.nick, text),
            where=where,
            order=self.count,
            raw=self.raw,
            actor=line.nick if line.how != "system" else "",
            notice="IRC status line" if notice else "",
            coming=coming,
            bot=bool(BOTS.search(line.nick)),
        )
        command = text.split(" ", 1)[0].lower() if text.startswith("#") else ""
        if command in MEETING:
            kind, salience = MEETING[command]
            draft = replace(draft, kind=kind, salience=salience, rule=f"meeting command {command}")
        yield draft

    def moment(self, line: Line) -> Moment:
        zone = line.zone or self.zone
        if line.clock.isdigit():
            return read_machine(line.clock, latest=self.options.latest)
        if line.date:
            day, needs = read_date(line.date, day_first=True if "." in line.date else None, near=self.day)
            if needs:
                return Moment(None, line.written, zone, False, "second" if line.clock.count(":") > 1 else "minute", needs)
        else:
            day = self._carried(line.clock)
        moment = read_human(f"{line.clock} {zone}".strip(), self.options.time_zone, day, latest=self.options.latest)
        if moment.at is None and day is None:
            moment = replace(moment, needs="date" if zone or self.options.time_zone else "date, zone")
        return replace(moment, local=line.written)

    def _carried(self, clock: str) -> date | None:
        """Return the day, the next one where the clock has passed midnight without a line that says so."""
        parts = re.findall(r"\d+", clock)
        hour = int(parts[0]) % 12 + (12 if "p" in clock.lower() else 0) if clock[-1:].lower() == "m" else int(parts[0])
        minutes = hour * 60 + int(parts[1])
        if self.last - minutes > HALF_A_DAY:
            self.nights += 1
            self.day = self.day + timedelta(days=1) if self.day is not None else None
        self.last = minutes
        return self.day


SOURCE = Source(
    name="irc",
    label="IRC log",
    detect=detect,
    read=read,
    docs="IRC logs of irssi, WeeChat, HexChat, mIRC, ZNC, energymech, eggdrop, supybot, MeetBot and their kin, with actions, joins and day lines; a date or zone "
    "that the log lacks is asked for (https://weechat.org/files/doc/stable/weechat_user.en.html#logger).",
)
