"""Pure. The status file of Nagios and its kin: what is wrong now and since when, comments, acknowledgements and downtimes.

https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/configmain.html#status_file names it (status.dat; retention.dat has the
same blocks under shorter names): `servicestatus {`, lines of `name=value`, `}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from incidents.sources.base import Payload
from incidents.sources.drafts import Rejected

BLOCK = re.compile(
    r"(hoststatus|servicestatus|host|service|hostcomment|servicecomment|hostdowntime|servicedowntime|info|programstatus|program|contactstatus|contact|created) \{"
)
HEAD = re.compile(rb"(?m)^(?:hoststatus|servicestatus|hostcomment|servicecomment|info) \{\s*\r?\n\s+\w+=")
STATES = {"service": ("OK", "WARNING", "CRITICAL", "UNKNOWN"), "host": ("UP", "DOWN", "UNREACHABLE")}
MAX_LINE = 64 * 1024
ACKNOWLEDGED = "4"  # entry_type of a comment that an acknowledgement left


class Told(NamedTuple):
    """What a block says: when, and as an event."""

    where: str
    at: str
    text: str
    kind: str
    rule: str
    weight: int
    milestone: str
    actor: str
    raw: str


def is_status(head: bytes) -> bool:
    return HEAD.search(head) is not None


def blocks(payload: Payload) -> Iterator[Told | Rejected]:
    """Yield what each block says, one that says nothing of note excepted."""
    payload.file.seek(0)
    facts: dict[str, str] = {}
    name = raw = ""
    begun = line = 0
    while each := payload.file.readline(MAX_LINE):
        line += 1
        text = each.decode("utf-8", "replace").strip()
        if match := BLOCK.fullmatch(text):
            name, facts, begun, raw = match[1], {}, line, text
        elif text == "}" and name:
            yield from _told(name, facts, f"line {begun}", f"{raw}\n}}")
            name = ""
        elif name and "=" in text:
            key, _, value = text.partition("=")
            facts[key] = value
            raw += f"\n{text}" if len(raw) < 8_000 else ""
    if name:
        yield Rejected(f"line {begun}", "This block does not end.")


def _told(name: str, facts: dict[str, str], where: str, raw: str) -> Iterator[Told]:
    sort = "service" if name.startswith("service") else "host"
    host, service = facts.get("host_name", ""), facts.get("service_description", "")
    thing = f"{service} on {host}" if service else host
    who, said = facts.get("author", ""), facts.get("comment_data") or facts.get("comment", "")
    if not host:
        return
    if name.endswith("comment"):
        acknowledged = facts.get("entry_type") == ACKNOWLEDGED
        text = f"{thing} acknowledged by {who}: {said}" if acknowledged else f"{thing}: {said}"
        kind = "acknowledgement" if acknowledged else "note"
        yield Told(
            where, facts.get("entry_time", ""), text, kind, f"{name} entry_type", 2 if acknowledged else 1, "acknowledged" if acknowledged else "", who, raw
        )
    elif name.endswith("downtime"):
        yield Told(where, facts.get("start_time", ""), f"{thing}: downtime planned by {who}: {said}", "status", name, 1, "", who, raw)
    else:
        place, changed = facts.get("last_hard_state", facts.get("current_state", "")), facts.get("last_hard_state_change") or facts.get("last_state_change", "")
        known = STATES[sort]
        state = known[int(place)] if place.isascii() and place.isdigit() and int(place) < len(known) else ""
        if not state or changed in ("", "0"):
            return  # it has not changed since it is watched
        good, output = state == known[0], facts.get("plugin_output", "")
        text = f"{thing} is {state}" + (f": {output}" if output else "")
        yield Told(where, changed, text, "recovery" if good else "alert", f"{name} {state}", 0 if good else 2, "" if good else "detected", "", raw)
