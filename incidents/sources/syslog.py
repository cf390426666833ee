"""Pure. Lines of syslog: RFC 5424, RFC 3164 as it stands in /var/log, rsyslog's with ISO times; and lines that servers log beside it.

https://www.rfc-editor.org/rfc/rfc5424 and https://www.rfc-editor.org/rfc/rfc3164 define the first two. The old form has neither year nor zone:
the year is that of the day the person names, and is asked for. Apache's logs, klog, logfmt and lines such as
`2015-07-29 17:41:44,747 - WARN …` are read too. What follows a line without a time of its own, such as a stack trace, belongs to it.
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
MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
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
        rf"(?:\S+\.log\S* )?\[?(?P<at>\d{{4}}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{{1,9}})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)\]?(?: \[?\d+\]?)?(?: -|,)? +\[?{LEVEL}\]?:? +(?P<text>.*)",
        re.DOTALL | re.IGNORECASE,
    ),
    re.compile(  # logging of Python, Logback: the logger or the thread before the level
        rf"\[?(?P<at>\d{{4}}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{{1,9}})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)\]?(?: -)? "
        rf"(?:(?P<tag>[\w.$-]{{2,80}})|\[[^\]]{{1,80}}\])(?: -)? +\[?{LEVEL}\]?(?: -|:)? +(?P<text>.*)",
        re.DOTALL,
    ),
    re.compile(
        rf"[DIWEFUA], \[(?P<at>\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{{1,9}})?) #\d+\] +{LEVEL} -- (?P<tag>[^\s:]*) ?: (?P<text>.*)", re.DOTALL
    ),  # Ruby
    re.compile(rf"\[[A-Z][a-z]{{2}} {MONTH} +(?P<day>\d{{1,2}}) {CLOCK} (?P<year>\d{{4}})\] (?P<text>.*)", re.DOTALL),  # dmesg -T
    re.compile(rf'\[(?P<day>\d\d)/{MONTH}/(?P<year>\d{{4}})[ :]{CLOCK}\] "(?P<request>[^"]*)" (?P<status>\d{{3}})(?P<text>.*)', re.DOTALL),  # Django
    re.compile(  # access logs of Apache and nginx
        rf"(?:\S+:\d+ )?(?P<host>\S+) \S+ (?P<user>\S+(?: \S+)?) \[(?P<day>\d\d)/{MONTH}/(?P<year>\d{{4}}):{CLOCK} (?P<zone>[+-]\d{{4}})\] "
        r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?P<text>.*)',
        re.DOTALL,
    ),
    re.compile(
        r"[A-Z][a-z]{2} (?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? [A-Z]{2,5}) (?P<host>\S+) (?P<text>.*)", re.DOTALL
    ),  # journalctl -o short-full
    re.compile(r"(?P<letter>[IWEF])(?P<number>[01]\d)(?P<day>[0-3]\d) " + CLOCK + r" +\d+ (?P<tag>[^\s\]]+)\] (?P<text>.*)", re.DOTALL),  # klog, glog
    re.compile(r"(?P<number>[01]\d)-(?P<day>[0-3]\d) " + CLOCK + r" +\d+ +\d+ (?P<letter>[VDIWEF]) (?P<tag>[^:]{1,60}?) *: (?P<text>.*)", re.DOTALL),  # logcat
    re.compile(rf"(?P<short>\d\d/?[01]\d/?[0-3]\d \d\d:?\d\d:?\d\d)(?: \d+)? {LEVEL} (?P<text>.*)", re.DOTALL),  # Hadoop, Spark: the year first
    re.compile(rf"\S+ (?P<at>\d{{10}}) \d{{4}}\.\d\d\.\d\d (?P<host>\S+) (?:[\d.-]{{20,}}|[A-Z][a-z]{{2}} +\d{{1,2}} {CLOCK}) \S+ (?P<text>.*)", re.DOTALL),
    re.compile(  # logfmt
        r'(?:time|ts|timestamp|t)="?(?P<at>\d{4}-\d\d-\d\d[T ][^\s"]{8,40})"? (?=(?:.*? )??(?:level|lvl|severity)="?(?P<level>\w+))(?P<pairs>.*)', re.DOTALL
    ),
)
CONTAINER = re.compile(rf"{ISO} (?P<tag>stdout|stderr) [FP] (?P<text>.*)", re.DOTALL)  # what kubelet keeps of a container
MYSQL = re.compile(rf"{ISO} \d+ \[(?P<level>\w+)\] (?:\[MY-\d+\] \[(?P<tag>\w+)\] )?(?P<text>.*)", re.DOTALL)
FIRST = (CONTAINER, MYSQL)  # which the form with a host would take for its own
LETTERS = {"F": "fatal", "E": "error", "W": "warn", "I": "info", "D": "debug", "V": "trace"}
PAIR = re.compile(r'([\w.@/-]+)=("(?:[^"\\]|\\.)*"|\S*)')
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
    if any(all(form.fullmatch(line) for line in lines) for form in FIRST):
        return 90
    for form in FORMS[1:3]:
        own = [line for line in lines if (match := form.fullmatch(line)) and TAG.match(match["text"])]
        if len(own) * 2 > len(lines) and any(PROOF.search(line) for line in own):
            return 92
    for form in (*FIRST, *FORMS[3:]):
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
        match = next((match for form in (*FIRST, *FORMS) if (match := form.fullmatch(text))), None)
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
    if parts.get("short"):
        digits = re.sub(r"\D", "", parts["short"])
        moment = read_machine(f"20{digits}", options.time_zone, options.latest)
        return Moment(moment.at, parts["short"], moment.zone, moment.zone_assumed, moment.precision, moment.needs, moment.warning)
    name = parts.get("month") or MONTH_NAMES[min(max(int(parts["number"]), 1), 12) - 1]
    month, day = MONTHS[name.lower()], int(parts["day"])
    if not 1 <= day <= 31:
        raise TimeError(f"There is no {name} {day}.")
    year = int(parts["year"]) if parts.get("year") else _year(month, options.date)
    written = f"{name} {day} {parts['year'] + ' ' if parts.get('year') else ''}{parts['clock']}"
    if not year:
        return Moment(None, written, "", False, "second", "date" if options.time_zone or parts.get("zone") else "date, zone")
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
    if parts.get("request") is not None:
        text = f"{parts['request']}: {parts['status']}"
    elif parts.get("pairs"):
        text = _paired(parts["pairs"])
    elif not tag and (inner := (TAG if host else LOGGER).match(text)):
        tag, text = inner["tag"], inner["text"] if host else text[inner.end() :]
    tag = "" if tag == "-" else tag
    text = "\n".join([text, *found.more])
    word = (
        parts.get("level")
        or parts.get("word")
        or LETTERS.get(parts.get("letter") or "")
        or ("error" if parts.get("request") is not None and parts["status"][0] == "5" else "")
    ).lower()
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


def _paired(pairs: str) -> str:
    """Return what a line of logfmt says: its message, then the other pairs."""
    found = {name: value[1:-1].replace('\\"', '"') if value[:1] == '"' else value for name, value in PAIR.findall(pairs)}
    said = next((found.pop(name) for name in ("msg", "message", "event") if found.get(name)), "")
    others = " ".join(f"{name}={value}" for name, value in found.items() if name not in ("level", "lvl", "severity"))
    return f"{said} ({others})" if said and others else said or others or pairs


SOURCE = Source(
    name="syslog",
    label="Syslog and server logs",
    detect=detect,
    read=read,
    docs="Lines of syslog (RFC 5424, RFC 3164 without a year, rsyslog with ISO times), Apache's and nginx's access and error logs, logfmt, klog, container logs, "
    "and log lines that begin with a date and a level "
    "(https://www.rfc-editor.org/rfc/rfc5424).",
)
