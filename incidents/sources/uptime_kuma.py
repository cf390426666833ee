"""Pure. Uptime Kuma: webhook bodies `{heartbeat, monitor, msg}`, heartbeats of a status page or of an export of its table.

https://github.com/louislam/uptime-kuma/wiki/Notification-Methods and server/model/heartbeat.js there define them. Heartbeats are stored in UTC,
written without a zone. Only a beat that changes the state is news; the others are kept and folded away.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about, event, in_order
from incidents.sources.drafts import ReadOptions, Rejected, SourceError
from incidents.sources.envelopes import Found, certainty, found_in
from incidents.sources.members import first, mapping, mappings, number, string

LISTS = ("heartbeats", "heartbeat", "importantHeartbeatList")
# status -> word, kind of a beat that changes to it, milestone
STATES = {0: ("down", "alert", "detected"), 1: ("up", "recovery", ""), 2: ("pending", "status", ""), 3: ("under maintenance", "status", "")}
NONE = "There is no Uptime Kuma heartbeat with a time in this file."


def shape_of(value: dict[str, Any]) -> str:
    if isinstance(value.get("monitor"), dict) and ("msg" in value and "heartbeat" in value or "msg" in mapping(value.get("heartbeat"))):
        return "webhook"
    if "heartbeat" in value and "monitor" in value and "msg" in value and value["heartbeat"] is None:
        return "test"
    if "status" in value and _status(value) in STATES and isinstance(value.get("time"), str) and "msg" in value:
        return "beat" if value.keys() & {"monitorID", "monitor_id", "ping", "important"} else ""
    if "monitorList" in value and "notificationList" in value:
        return "backup"
    if isinstance(value.get("name"), str) and "sendUrl" in value:
        return "monitor"
    return ""


def _status(value: dict[str, Any]) -> int:
    status = value["status"]
    return int(status) if isinstance(status, bool) else number(status)


MARKS = (b"heartbeat", b"monitor", b"ping", b"important", b"sendurl")


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, MARKS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return in_order(_items(payload, options), NONE)


def _items(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    before: dict[str, int] = {}
    names: dict[str, str] = {}
    for found in found_in(payload, shape_of, LISTS, "Uptime Kuma"):
        if isinstance(found, Rejected):
            yield found
        elif found.shape == "monitor":
            names[string(found.value.get("id"))] = first(found.value, "name")
        elif found.shape == "backup":
            raise SourceError("This is a backup of Uptime Kuma's settings: it holds no heartbeats. Export the heartbeat table, or send its webhook here.")
        elif found.shape == "test":
            yield Rejected(found.where, f"This message has no heartbeat and so no time: {string(found.value['msg'])[:200]}")
        elif found.shape == "webhook":
            yield from _webhook(found, options)
        else:
            identity = first(found.value, "monitorID", "monitor_id") or next(
                (str(part) for part in reversed(found.path) if str(part).isdigit() and isinstance(part, str)), ""
            )
            status = _status(found.value)
            yield _beat(
                found, options, found.value, identity, names.get(identity) or first(found.value, "name") or f"Monitor {identity}".strip(), before.get(identity)
            )
            before[identity] = status


def _webhook(found: Found, options: ReadOptions) -> Iterator[Item]:
    monitor, beat = mapping(found.value["monitor"]), mapping(found.value["heartbeat"])
    name = first(monitor, "pathName", "name") or "A monitor"
    link = first(monitor, "url") if len(first(monitor, "url")) > len("https://") else ""  # what stands there when the monitor watches no page
    host = first(monitor, "hostname") or (link.split("/")[2] if link.count("/") >= 2 else "")
    tags = [(first(each, "name"), first(each, "value") or "yes") for each in mappings(monitor.get("tags"))]
    identity = string(monitor.get("id")) or string(beat.get("monitorID"))
    yield about(name, key=identity, services=(first(monitor, "name"),), url=link, summary=first(monitor, "description"), labels=[("host", host), *tags])
    if not beat:
        yield Rejected(found.where, f"This message has no heartbeat and so no time: {string(found.value['msg'])[:200]}")
    elif "status" not in beat or _status(beat) not in STATES:
        yield Rejected(f"{found.where}.heartbeat"[:200], "The heartbeat has no status that is known.")
    else:
        yield _beat(found, options, beat, identity, name, None, link, first(found.value, "msg"))


def _beat(found: Found, options: ReadOptions, beat: dict[str, Any], identity: str, name: str, before: int | None, link: str = "", said: str = "") -> Item:
    status = _status(beat)
    word, kind, milestone = STATES[status]
    sent = found.shape == "webhook"
    stated = beat.get("important") if sent or "important" in beat else None
    news = bool(stated) and str(stated) not in ("0", "false") if stated is not None else before not in (None, status) or (before is None and status == 0)
    news = news or sent and stated is None
    told = first(beat, "msg") or said
    took = f" ({string(beat['ping'])} ms)" if string(beat.get("ping")) and status == 1 and not news else ""
    lasted = number(beat.get("downCount")) if status == 0 else -1
    text = (
        f"{name} {'is' if news else 'is still'} {word}{took}"
        + (f": {told}" if told and told != "OK" else "")
        + (f" (test {lasted} in a row)" if lasted > 1 else "")
    )
    stamp = string(beat.get("time"))
    return event(
        found,
        options,
        f"{stamp}Z" if len(stamp) >= 19 and stamp[-1].isdigit() and "+" not in stamp and stamp.count("-") == 2 else stamp,
        at="heartbeat.time" if sent else "time",
        text=text,
        key=f"{identity}:{stamp}:{status}",
        kind=kind if news else "message",
        rule=f"heartbeat status {status}",
        salience=0 if not news else 2 if status == 0 else 1,
        milestone=milestone if news else "",
        actor="Uptime Kuma",
        url=link,
    )


SOURCE = Source(
    name="uptime_kuma",
    label="Uptime Kuma",
    detect=detect,
    read=read,
    docs="Uptime Kuma: webhook bodies, heartbeats of its status pages, and exports of its heartbeat table (https://github.com/louislam/uptime-kuma/wiki).",
)
