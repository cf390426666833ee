"""Pure. Logs of Nagios and of what descends from it (Icinga, Naemon, Centreon, Shinken, Checkmk), and the log of Icinga 2 itself.

https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/configmain.html#log_file names the log, whose lines are
`[epoch] SERVICE ALERT: host;service;state;type;attempt;output`; https://icinga.com/docs/icinga-2/latest/doc/14-features/#logging the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from incidents.lib.text import clean_line, clean_text
from incidents.lib.timestamps import Moment, TimeError, read_human, read_machine
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafts import EventDraft, ReadOptions, Rejected, SourceError, tidy
from incidents.sources.json_stream import MAX_RAW
from incidents.sources.log_levels import LEVELS, kind_of_line
from incidents.sources.members import digest
from incidents.sources.nagios_status import blocks, is_status

LINE = re.compile(r"\[(?P<at>\d{9,11}(?:\.\d{1,9})?|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?: [+-]\d{4})?|[^\[\]]{10,40}\d{4})\] (?P<rest>.*)", re.DOTALL)
KNOWN = re.compile(
    r"(?:(?:GLOBAL )?(?:HOST|SERVICE) (?:ALERT|NOTIFICATION|FLAPPING ALERT|DOWNTIME ALERT|EVENT HANDLER|ACKNOWLEDGE(?:MENT)? ALERT)|(?:CURRENT|INITIAL) (?:HOST|SERVICE) STATE"
    r"|PASSIVE (?:HOST|SERVICE) CHECK|EXTERNAL COMMAND|TIMEPERIOD TRANSITION|LOG ROTATION|LOG VERSION): "
)
DAEMON = re.compile(r"(?P<level>information|notice|warning|critical|debug)/(?P<facility>\w+): (?P<text>.*)", re.DOTALL)
OF_WHAT = re.compile(r"^(?:GLOBAL |CURRENT |INITIAL )?(?:HOST |SERVICE )?")
MAX_LINE = 64 * 1024
GOOD = {"OK", "UP"}


class Read(NamedTuple):
    """What a line says."""

    text: str
    kind: str
    rule: str
    weight: int = 1
    milestone: str = ""
    actor: str = ""


def detect(payload: Payload) -> int:
    """Its own are lines that begin with a time in brackets and say what only Nagios says."""
    if is_status(payload.head):
        return 95
    lines = [match["rest"] for each in payload.head.split(b"\n")[:60] if (match := LINE.match(each.decode("utf-8", "replace")))]
    own = sum(bool(KNOWN.match(rest) or DAEMON.match(rest)) for rest in lines)
    epochs = sum(line[:2] == b"[1" and line[11:13] == b"] " for line in payload.head.split(b"\n")[:60])
    return 95 if own and (own * 3 >= len(lines) or epochs * 2 >= len(lines)) else 0


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    if is_status(payload.head):
        yield from _status(payload, options)
        return
    payload.file.seek(0)
    count = line = 0
    while each := payload.file.readline(MAX_LINE):
        line += 1
        text = each.decode("utf-8-sig" if line == 1 else "utf-8", "replace").strip("\r\n")
        if not text.strip():
            continue
        match = LINE.fullmatch(text)
        if match is None:
            yield Rejected(f"line {line}", "This line does not begin with a time in brackets.")
            continue
        found = _read(match["rest"])
        try:
            moment = _moment(match["at"], options)
        except TimeError as error:
            yield Rejected(f"line {line}", str(error))
            continue
        count += 1
        yield EventDraft(
            at=moment.at,
            text=clean_text(found.text.strip(), limit=20_000) or "(an empty line)",
            key=digest(text),
            where=f"line {line}",
            order=count,
            needs=moment.needs,
            local=tidy(moment.local, 100),
            zone=moment.zone,
            zone_assumed=moment.zone_assumed,
            precision=moment.precision,
            kind=found.kind,
            rule=tidy(found.rule, 60),
            salience=found.weight,
            actor=clean_line(found.actor or "Nagios", limit=200),
            milestone=found.milestone,
            raw=clean_text(text[:MAX_RAW]),
        )
    if not count:
        raise SourceError("There is no line of a Nagios log in this file.")


def _status(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    count = 0
    for told in blocks(payload):
        if isinstance(told, Rejected):
            yield told
            continue
        try:
            moment = read_machine(told.at, "UTC", options.latest)
        except TimeError as error:
            yield Rejected(told.where, str(error))
            continue
        if moment.at is None:
            yield Rejected(told.where, "This block has no time.")
            continue
        count += 1
        yield EventDraft(
            at=moment.at,
            text=clean_text(told.text, limit=20_000),
            key=digest(f"{told.at}{told.rule}{told.text}"),
            where=told.where,
            order=count,
            local=tidy(moment.local, 100),
            zone="UTC",
            kind=told.kind,
            rule=tidy(told.rule, 60),
            salience=told.weight,
            actor=clean_line(told.actor or "Nagios", limit=200),
            milestone=told.milestone,
            raw=clean_text(told.raw[:MAX_RAW]),
        )
    if not count:
        raise SourceError("Nothing in this status file has changed its state, and nobody commented.")


def _moment(written: str, options: ReadOptions) -> Moment:
    if written[0].isdigit():
        return read_machine(written.replace(" +", "+").replace(" -", "-"), options.time_zone, options.latest)
    moment = read_human(written, options.time_zone, options.date, latest=options.latest)
    if moment.at is None and not moment.needs:
        raise TimeError(f"{written} is no time.")
    return moment


def _read(rest: str) -> Read:
    head, colon, body = rest.partition(": ")
    reader = READERS.get(OF_WHAT.sub("", head)) if colon else None
    if reader is None and (match := DAEMON.fullmatch(rest)):
        kind, rule, weight = kind_of_line(LEVELS[match["level"]], match["text"])
        return Read(f"{match['facility']}: {match['text']}", kind, rule, weight, actor="Icinga 2")
    if reader is None:
        return _program(rest)
    fields = [each.strip() for each in body.split(";")]
    if "SERVICE" in head and len(fields) > 1 and "EXTERNAL" not in head:
        place = 1 if "NOTIFICATION" in head else 0
        name = f"{fields[place + 1]} on {fields[place]}" if len(fields) > place + 1 else fields[place]
        return reader(name, fields[:place] + fields[place + 2 :], head)
    if "HOST" in head and "EXTERNAL" not in head:
        place = 1 if "NOTIFICATION" in head and len(fields) > 1 else 0
        return reader(fields[place], fields[:place] + fields[place + 1 :], head)
    return reader("", fields, head)


def _alert(name: str, rest: list[str], head: str) -> Read:
    """host;service;STATE;SOFT|HARD;attempt;output"""
    state, hardness, attempt, output = rest[0] if rest else "", _at(rest, 1), _at(rest, 2), "; ".join(rest[3:])
    good, hard = state in GOOD, hardness != "SOFT"
    text = f"{name} is {state}" + (f": {output}" if output else "") + ("" if hard else f" (not confirmed, attempt {attempt})")
    return Read(text, "recovery" if good else "alert", f"{head} {state} {hardness}", 2 if hard and not good else 1, "detected" if hard and not good else "")


def _notification(name: str, rest: list[str], head: str) -> Read:
    """contact;host;service;STATE or TYPE (STATE);command;output, and for what a person did ;author;comment"""
    contact, state, command = _at(rest, 0), _at(rest, 1), _at(rest, 2)
    more = [each for each in rest[3:] if each]
    kind = state.partition(" (")[0].upper()
    if kind.startswith("ACKNOWLEDGE"):
        who = more[-2] if len(more) > 2 else ""
        return Read(
            f"{name} acknowledged" + (f" by {who}: {more[-1]}" if who else f": {'; '.join(more)}"), "acknowledgement", f"{head} {kind}", 2, "acknowledged", who
        )
    good = kind in GOOD or kind == "RECOVERY"
    return Read(
        f"{contact} told by {command or 'notification'}: {name} is {state}" + (f": {'; '.join(more)}" if more else ""),
        "page",
        f"{head} {kind}",
        0 if good else 1,
    )


def _span(name: str, rest: list[str], head: str) -> Read:
    """host;service;STARTED|STOPPED|…; text"""
    word, said = _at(rest, 0), "; ".join(rest[1:])
    if "ACKNOWLEDGE" in head:
        started = word in ("STARTED", "")
        return Read(
            f"{name} acknowledged: {said}" if started else f"Acknowledgement of {name} {word.lower()}",
            "acknowledgement" if started else "status",
            head,
            2 if started else 1,
            "acknowledged" if started else "",
        )
    what = "flapping" if "FLAPPING" in head else "scheduled downtime"
    text = f"{name}: {what} {word.lower()}" + (f": {said}" if said else "")
    return Read(text, "alert" if what == "flapping" and word == "STARTED" else "status", f"{head} {word}")


def _state(name: str, rest: list[str], head: str) -> Read:
    return Read(f"{name} was {_at(rest, 0)} as the log began: {'; '.join(rest[3:])}".rstrip(": "), "message", head, 0)


def _handler(name: str, rest: list[str], head: str) -> Read:
    return Read(f"Event handler {_at(rest, 3) or 'run'} for {name} ({_at(rest, 0)} {_at(rest, 1)})", "action", head)


def _passive(name: str, rest: list[str], head: str) -> Read:
    return Read(f"Passive result for {name}: {'; '.join(rest[1:]) or _at(rest, 0)}", "message", head, 0)


def _other(name: str, rest: list[str], head: str) -> Read:
    return Read(f"{head.capitalize()}: {'; '.join(rest)}", "message", head, 0)


def _command(_: str, fields: list[str], head: str) -> Read:
    """NAME;host;service;…;author;comment: what people and programs told Nagios to do."""
    command, rest = fields[0].upper(), fields[1:]
    service = "_SVC_" in command or command.startswith("PROCESS_SERVICE") or command.endswith("_SVC")
    name = f"{_at(rest, 1)} on {_at(rest, 0)}" if service and len(rest) > 1 else _at(rest, 0)
    who, said = (rest[-2], rest[-1]) if len(rest) > 3 else ("", "")
    rule = f"command {command}"
    if command.startswith("ACKNOWLEDGE_"):
        return Read(f"{name} acknowledged by {who}: {said}", "acknowledgement", rule, 2, "acknowledged", who)
    if command.startswith("REMOVE_") and "ACKNOWLEDGEMENT" in command:
        return Read(f"Acknowledgement of {name} removed", "status", rule)
    if command.startswith("ADD_") and command.endswith("_COMMENT"):
        return Read(f"{name}: {said}", "note", rule, 1, "", who)
    if command.startswith("SCHEDULE_") and "DOWNTIME" in command:
        return Read(f"Downtime scheduled for {name} by {who}: {said}", "change", rule, 1, "", who)
    words = command.replace("_", " ").lower()
    quiet = command.startswith(("PROCESS_", "SCHEDULE_")) or "CHECK_RESULT" in command
    return Read(f"Command: {words}" + (f" {name}" if name else ""), "message" if quiet else "change", rule, 0 if quiet else 1)


def _program(rest: str) -> Read:
    """What the program says of itself; its starts, stops and errors may matter."""
    low = rest.lower()
    if "caught sig" in low or "starting..." in low or "shutdown" in low or "restarting" in low or "bailing out" in low:
        return Read(rest, "status", "program state")
    level = LEVELS.get(low.partition(":")[0], -1)
    return Read(rest, "message", "program message", 1 if level == LEVELS["error"] else 0)


def _at(fields: list[str], place: int) -> str:
    return fields[place] if place < len(fields) else ""


READERS: dict[str, Callable[[str, list[str], str], Read]] = {
    "ALERT": _alert,
    "NOTIFICATION": _notification,
    "FLAPPING ALERT": _span,
    "DOWNTIME ALERT": _span,
    "ACKNOWLEDGE ALERT": _span,
    "ACKNOWLEDGEMENT ALERT": _span,
    "EVENT HANDLER": _handler,
    "STATE": _state,
    "PASSIVE HOST CHECK": _passive,
    "PASSIVE SERVICE CHECK": _passive,
    "EXTERNAL COMMAND": _command,
    "TIMEPERIOD TRANSITION": _other,
    "LOG ROTATION": _other,
    "LOG VERSION": _other,
}

SOURCE = Source(
    name="nagios",
    label="Nagios",
    detect=detect,
    read=read,
    docs="Logs of Nagios, Icinga, Naemon and their kin (alerts, notifications, acknowledgements, downtimes, comments), the status file, and the log of Icinga 2 itself "
    "(https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/configmain.html).",
)
