"""Pure. Lines of syslog: RFC 5424, RFC 3164 as it stands in /var/log, rsyslog's with ISO times; and lines that servers log beside it.

https://www.rfc-editor.org/rfc/rfc5424 and https://www.rfc-editor.org/rfc/rfc3164 define the first two. The old form has neither year nor zone:
the year is that of the day the person names, and is asked for. Apache's error log and lines such as `2015-07-29 17:41:44,747 - WARN …` are
read too. What follows a line without a time of its own, such as a stack trace, belongs to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from incidents.lib.text import clean_line, clean_text
from incidents.lib.timestamps import MONTHS, Moment, TimeError, read_machine
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafts import EventDraft, ReadOptions, Rejected, SourceError, tidy
from incidents.sources.json_stream import MAX_RAW
from incidents.sources.log_levels import LEVELS, kind_of_line
from incidents.sources.members import digest

PRI = r"(?:<(?P<pri>\d{1,3})>)"
MONTH = r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
CLOCK = r"(?P<clock>\d\d:\d\d:\d\d(?:\.\d{1,9})?)"
ISO = r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d))"
LEVEL = r"(?P<level>TRACE|DEBUG|INFO|INFORMATION|LOG|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|CRIT|CRITICAL|FATAL|ALERT|EMERG)"
# Structured data is "-" or [id name="value"]…; the message may begin with a byte order mark.
STRUCTURED = r'(?:-|(?:\[(?:[^\]"\\]|\\.|"(?:[^"\\]|\\.)*")*\])+)'
FORMS = (
    re.compile(rf"{PRI}\d{{1,2}} (?P<at>\S+) (?P<host>\S+) (?P<tag>\S+) (?P<pid>\S+) (?P<id>\S+) {STRUCTURED}(?: \ufeff?(?P<text>.*))?", re.DOTALL),
    re.compile(
        rf"{PRI}?{MONTH} +(?P<day>\d{{1,2}})(?: (?P<year>\d{{4}}))? {CLOCK}(?: (?P<zone>[A-Z]{{3,5}}|[+-]\d\d:?\d\d)(?=:? ))?:? (?P<host>\S+) (?P<text>.*)",
        re.DOTALL,
    ),
    re.compile(rf"{PRI}?{ISO} (?P<host>\S+) (?P<text>.*)", re.DOTALL),
    re.compile(rf"\[[A-Z][a-z]{{2}} {MONTH} +(?P<day>\d{{1,2}}) {CLOCK} (?P<year>\d{{4}})\] \[(?:(?P<tag>[\w.-]+):)?(?P<word>\w+)\] (?P<text>.*)", re.DOTALL),
    re.compile(
        rf"(?:\S+\.log\S* )?\[?(?P<at>\d{{4}}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{{1,9}})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)\]?(?: \[?\d+\]?)?(?: -)? +\[?{LEVEL}\]?:? +(?P<text>.*)",
        re.DOTALL | re.IGNORECASE,
    ),
)
TAG = re.compile(r"(?P<tag>[^\s:\[\]]{1,60})(?:\[(?P<pid>[^\]\s]{1,20})\])?:(?: |$)(?P<text>.*)", re.DOTALL)
PROOF = re.compile(r"\S\[\d+\]: | kernel: | systemd: | last message repeated \d+ times|^<\d{1,3}>|^\[")
LOGGER = re.compile(r"(?P<tag>[\w$./-]+\.[\w$.-]+)(?: -)? ")
MARK = re.compile(r"-- .* --")  # what journalctl says of itself: “-- Boot 4f… --”
MAX_LINE = 64 * 1024
MAX_TEXT = 8_000
LOOK = 40


def detect(payload: Payload) -> int:
    lines = [each.decode("utf-8", "replace").rstrip("\r") for each in payload.head.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:LOOK] if each.strip()]
    if len(payload.head) < payload.size and len(lines) > 1:
        lines.pop()  # it may be cut
    if not lines:
        return 0
    for form in FORMS[:1]:
        if sum(bool(form.fullmatch(line)) for line in lines) * 2 >= len(lines):
            return 95
    for form in FORMS[1:3]:
        own = [line for line in lines if (match := form.fullmatch(line)) and TAG.match(match["text"])]
        if len(own) * 2 > len(lines) and any(PROOF.search(line) for line in own):
            return 92
    for form in FORMS[3:]:
        if len(lines) > 1 and sum(bool(form.fullmatch(line)) for line in lines) * 2 > sum(not line[0].isspace() for line in lines):
            return 88
    return 0


@dataclass(slots=True)
class _Line:
    """A line with a time, and those after it that have none."""

    number: int
    match: re.Match[str]
    text: str
    more: list[str] = field(default_factory=list)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    payload.file.seek(0)
    seen: dict[str, int] = {}  # how often a line occurred within its second
    second = ""
    count = 0
    for found in _lines(payload):
        if isinstance(found, Rejected):
            yield found
            continue
        try:
            moment = _moment(found.match, options)
        except TimeError as error:
            yield Rejected(f"line {found.number}", str(error))
            continue
        if moment.local != second:
            second, seen = moment.local, {}
        key = digest(found.text)
        seen[key] = again = seen.get(key, 0) + 1
        count += 1
        yield _draft(found, moment, key if again == 1 else f"{key}:{again}", count)
    if not count:
        raise SourceError("There is no line of a log with a time in this file.")


def _lines(payload: Payload) -> Iterator[_Line | Rejected]:
    last: _Line | None = None
    number = size = 0
    while each := payload.file.readline(MAX_LINE):
        number += 1
        text = each.decode("utf-8-sig" if number == 1 else "utf-8", "replace").rstrip("\r\n\0 ")
        if not text.strip() or (last is None or "journal" in text or "Boot" in text) and MARK.fullmatch(text):
            continue
        match = next((match for form in FORMS if (match := form.fullmatch(text))), None)
        if match is not None:
            if last is not None:
                yield last
            last, size = _Line(number, match, text), 0
        elif last is None:
            yield Rejected(f"line {number}", "This line does not begin with a time as logs write it.")
        elif size < MAX_TEXT:
            size += len(text)
            last.more.append(text)
    if last is not None:
        yield last


def _moment(match: re.Match[str], options: ReadOptions) -> Moment:
    parts = match.groupdict()
    if parts.get("at") == "-":
        raise TimeError("This line has no time.")
    if parts.get("at"):
        return read_machine(parts["at"].replace(",", ".").replace("/", "-"), options.time_zone, options.latest)
    month, day = MONTHS[parts["month"].lower()], int(parts["day"])
    if not 1 <= day <= 31:
        raise TimeError(f"There is no {parts['month']} {day}.")
    year = int(parts["year"]) if parts.get("year") else _year(month, options.date)
    written = f"{parts['month']} {day} {parts['year'] + ' ' if parts.get('year') else ''}{parts['clock']}"
    if not year:
        return Moment(None, written, "", False, "second", "date")
    stated = f" {parts['zone']}" if parts.get("zone") else ""
    moment = read_machine(f"{year:04}-{month:02}-{day:02} {parts['clock']}{stated}", options.time_zone, options.latest)
    return Moment(moment.at, written, moment.zone, moment.zone_assumed, moment.precision, moment.needs, moment.warning)


def _year(month: int, near: date | None) -> int:
    """Return the year of the day named; December and January beside it belong to the years they touch."""
    if near is None:
        return 0
    return near.year - 1 if near.month == 1 and month == 12 else near.year + 1 if near.month == 12 and month == 1 else near.year


def _draft(found: _Line, moment: Moment, key: str, order: int) -> EventDraft:
    parts = found.match.groupdict()
    text, tag, host = parts.get("text") or "", parts.get("tag") or "", parts.get("host") or ""
    if not tag and (inner := (TAG if host else LOGGER).match(text)):
        tag, text = inner["tag"], inner["text"] if host else text[inner.end() :]
    tag = "" if tag == "-" else tag
    text = "\n".join([text, *found.more])
    word = (parts.get("level") or parts.get("word") or "").lower()
    level = int(parts["pri"]) & 7 if parts.get("pri") else LEVELS.get(word, -1)
    kind, rule, weight = kind_of_line(level, text)
    shown = (f"{tag}: " if tag else "") + (text.strip() or "(an empty message)") + (f" ({host})" if host and host != "-" else "")
    raw = "\n".join([found.text, *found.more])
    return EventDraft(
        at=moment.at,
        text=clean_text(shown, limit=20_000),
        key=key,
        where=f"line {found.number}",
        order=order,
        needs=moment.needs,
        local=tidy(moment.local, 100),
        zone=moment.zone,
        zone_assumed=moment.zone_assumed,
        precision=moment.precision,
        kind=kind,
        rule=tidy(rule, 60),
        salience=weight,
        actor=clean_line(re.sub(r"\(.*", "", tag) or host or "log", limit=200),
        raw=clean_text(raw[:MAX_RAW]) or "-",
    )


SOURCE = Source(
    name="syslog",
    label="Syslog and server logs",
    detect=detect,
    read=read,
    docs="Lines of syslog (RFC 5424, RFC 3164 without a year, rsyslog with ISO times), Apache's error log, and log lines that begin with a date and a level "
    "(https://www.rfc-editor.org/rfc/rfc5424).",
)
