"""Pure. The journal of systemd as `journalctl -o json`, `-o json-pretty` and `-o export` write it.

https://www.freedesktop.org/software/systemd/man/latest/systemd.journal-fields.html defines the fields. Times are microseconds UTC;
`_SOURCE_REALTIME_TIMESTAMP` is when the line was written, `__REALTIME_TIMESTAMP` when the journal received it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from incidents.lib.timestamps import TimeError, read_machine
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import event, in_order
from incidents.sources.drafts import EventDraft, ReadOptions, Rejected
from incidents.sources.envelopes import Found, certainty, found_in
from incidents.sources.log_levels import kind_of_line
from incidents.sources.members import digest, first, number, string


def shape_of(value: dict[str, Any]) -> str:
    own = value.keys() & {"MESSAGE", "PRIORITY", "_HOSTNAME", "_BOOT_ID", "_TRANSPORT", "SYSLOG_IDENTIFIER", "__CURSOR", "MESSAGE_ID"}
    return "entry" if value.keys() & {"__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP"} and own else ""


EXPORTED = re.compile(rb"\s*__(?:CURSOR|REALTIME_TIMESTAMP)=")
MAX_FIELD = 1024 * 1024
MARKS = (b"realtime_timestamp",)


def detect(payload: Payload) -> int:
    if EXPORTED.match(payload.head) and b"\n__REALTIME_TIMESTAMP=" in b"\n" + payload.head[:4096]:
        return 97
    return certainty(payload, shape_of, (), MARKS, 97)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return in_order(_items(payload, options), "There is no entry of a journal with a time in this file.")


def _items(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    exported = EXPORTED.match(payload.head) is not None
    for found in _exported(payload) if exported else found_in(payload, shape_of, (), "the journal"):
        if isinstance(found, Rejected):
            yield found
            continue
        draft = _entry(found, options)
        if isinstance(draft, EventDraft) and draft.at is not None and "_SOURCE_REALTIME_TIMESTAMP" in found.value and "__REALTIME_TIMESTAMP" in found.value:
            try:
                received = read_machine(_said(found.value["__REALTIME_TIMESTAMP"]), "", options.latest).at
            except TimeError:
                received = None
            if received is not None and abs((received - draft.at).total_seconds()) >= 1:
                draft = replace(draft, recorded=received)
        yield draft


def _exported(payload: Payload) -> Iterator[Found | Rejected]:
    """Yield the entries of `journalctl -o export`: lines NAME=value, a binary field after its length, an empty line after each entry."""
    payload.file.seek(0)
    value: dict[str, Any] = {}
    number, start = 0, 1
    while True:
        line = payload.file.readline(MAX_FIELD)
        number += 1
        name, equals, text = line.rstrip(b"\n").partition(b"=")
        if equals:
            value.setdefault(name.decode("utf-8", "replace"), text.decode("utf-8", "replace"))
        elif name.strip() and len(size := payload.file.read(8)) == 8:  # the name alone: the length of the value follows, and the value
            length = int.from_bytes(size, "little")
            if length > MAX_FIELD:
                yield Rejected(f"line {number}", "A field of this entry is longer than 1 MiB. What follows cannot be read.")
                return
            value.setdefault(name.decode("utf-8", "replace"), payload.file.read(length).decode("utf-8", "replace"))
            payload.file.readline(2)
        elif value:
            shape = shape_of(value)
            yield Found(value, shape, f"line {start}", (), "") if shape else Rejected(f"line {start}", "This entry has no time or nothing that a journal says.")
            value, start = {}, number + 1
        if not line:
            return


def _entry(found: Found, options: ReadOptions) -> Item:
    value = found.value
    message = _said(value.get("MESSAGE")) or "(no message)"
    who = _said(value.get("SYSLOG_IDENTIFIER")) or first(value, "_COMM", "_SYSTEMD_UNIT") or "kernel"
    host, unit = first(value, "_HOSTNAME"), first(value, "UNIT", "_SYSTEMD_UNIT")
    text = f"{who}: {message}" + (f" ({host})" if host else "")
    kind, rule, weight = kind_of_line(number(value.get("PRIORITY")), message)
    stamp = _said(value.get("_SOURCE_REALTIME_TIMESTAMP")) or _said(value.get("__REALTIME_TIMESTAMP"))
    identity = string(value.get("__CURSOR")) or f"{stamp}:{digest(f'{host}{who}{unit}{message}')}"
    return event(found, options, stamp, text=text, key=identity, kind=kind, rule=rule, salience=weight, actor=who)


def _said(value: Any) -> str:
    """Return a field: text, bytes as numbers where it is no UTF-8, or the first of several."""
    if isinstance(value, list):
        if value and all(isinstance(each, int) and 0 <= each < 256 for each in value):
            return bytes(value).decode("utf-8", "replace").strip()
        return next((text for each in value if (text := _said(each))), "")
    return string(value)


SOURCE = Source(
    name="journald",
    label="systemd journal",
    detect=detect,
    read=read,
    docs="The journal of systemd as journalctl writes it with -o json, -o json-pretty or -o export "
    "(https://www.freedesktop.org/software/systemd/man/latest/systemd.journal-fields.html).",
)
