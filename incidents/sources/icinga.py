"""Pure. Icinga 2: its event streams and API objects; and the JSON that notification commands of Icinga and Nagios are commonly told to send.

https://icinga.com/docs/icinga-2/latest/doc/12-icinga2-api/#event-streams and …/09-object-types/ define the first. The second is made of the
macros of https://icinga.com/docs/icinga-2/latest/doc/03-monitoring-basics/#notification-commands under names that each site chooses, and
of Nagios' archivejson.cgi, whose alerts and notifications have the same members.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about, event, in_order
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.envelopes import Found, certainty, found_in
from incidents.sources.icinga_notifications import GOOD, SERVICE, STATES, TYPES, is_notification, named, notification
from incidents.sources.members import first, mapping, number, string

LISTS = ("results", "data", "alertlist", "notificationlist")
ARCHIVED = {1: "UP", 2: "DOWN", 4: "UNREACHABLE", 8: "OK", 16: "WARNING", 32: "CRITICAL", 64: "UNKNOWN"}
CURRENT = {False: {2: "UP", 4: "DOWN", 8: "UNREACHABLE"}, True: {2: "OK", 4: "WARNING", 8: "UNKNOWN", 16: "CRITICAL"}}  # of a host, of a service

STREAM = {
    "CheckResult",
    "StateChange",
    "Notification",
    "AcknowledgementSet",
    "AcknowledgementCleared",
    "CommentAdded",
    "CommentRemoved",
    "DowntimeAdded",
    "DowntimeRemoved",
    "DowntimeStarted",
    "DowntimeTriggered",
    "Flapping",
    "ObjectCreated",
    "ObjectModified",
    "ObjectDeleted",
}


def shape_of(value: dict[str, Any]) -> str:
    if string(value.get("type")) in STREAM and isinstance(value.get("timestamp"), (int, float)):
        return "stream"
    if isinstance(value.get("attrs"), dict) and string(value.get("type")) in ("Host", "Service", "Comment", "Downtime"):
        return "object"
    if (
        isinstance(value.get("check_result"), dict)
        and "type" not in value
        and value["check_result"].keys() >= {"state", "output"}
        and value.keys() & {"host", "service"}
    ):
        return "checked"
    if "plugin_output" in value and value.keys() & {"last_hard_state_change", "last_state_change"} and value.keys() & {"host_name", "name"}:
        return "current"
    if {"timestamp", "object_type"} <= value.keys() and value.keys() & {"plugin_output", "notification_type"}:
        return "archived"
    return "notification" if is_notification(value) else ""


MARKS = (b"check_result", b"notification", b"attrs", b"plugin_output", b"object_type", *(each.lower().encode() for each in (*STREAM, *TYPES)))


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, MARKS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return in_order(_items(payload, options), "There is no event of Icinga or Nagios with a time in this file.")


def _items(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    objects: dict[str, IncidentDraft] = {}  # what a stream is about, while that is one host or service
    for found in found_in(payload, shape_of, LISTS, "Icinga"):
        if isinstance(found, Rejected):
            yield found
        elif found.shape in ("stream", "checked"):
            one = found if found.shape == "stream" else replace(found, value=_as_stream(found.value), text=found.raw)
            if len(objects) < 2 and (whole := _whole(one.value)) is not None:
                objects.setdefault(whole.key, whole)
            yield _stream(one, options)
        elif found.shape == "object":
            yield from _object(found, options)
        elif found.shape == "current":
            yield from _current(found, options)
        elif found.shape == "archived":
            yield _archived(found, options)
        else:
            yield from notification(found, options)
    if len(objects) == 1:
        yield from objects.values()


def _whole(value: dict[str, Any]) -> IncidentDraft | None:
    """Return the host or service that an event of a stream is about, under the key that a notification about it has."""
    host, service = _subject(value)
    if not host:
        return None
    state = _checked(value, service)
    title = f"{named(host, service)} is {state}" if state and state not in GOOD else named(host, service)
    return about(title, severity="" if state in GOOD else state, services=(service or host,), key=f"{host}!{service}".rstrip("!"), labels=[("host", host)])


def _subject(value: dict[str, Any]) -> tuple[str, str]:
    inner = mapping(value.get("comment")) or mapping(value.get("downtime"))
    return first(value, "host") or first(inner, "host_name"), first(value, "service") or first(inner, "service_name")


def _checked(value: dict[str, Any], service: str) -> str:
    """Return the state that an event states, "" for none."""
    result = mapping(value.get("check_result"))
    checked = result.get("state")
    if not service and "state" not in value and isinstance(checked, (int, float)):
        return "DOWN" if checked >= 2 else "UP"  # the plug-in's state: a host with a warning is up
    return _word(value.get("state", checked), bool(service)) if "state" in value or "state" in result else ""


def _word(value: Any, service: bool) -> str:
    """Return a state by its name; Icinga counts hosts 0 UP, 1 DOWN and services from OK to UNKNOWN."""
    if isinstance(value, str) and value.upper() in STATES:
        return value.upper()
    place = number(value)
    return SERVICE[place] if service and 0 <= place < 4 else ("UP", "DOWN", "UNREACHABLE")[place] if 0 <= place < 3 else "UNKNOWN"


def _as_stream(value: dict[str, Any]) -> dict[str, Any]:
    """Return a body made of Icinga's own objects as the event that it is about."""
    result = value["check_result"]
    host, service = (first(mapping(value.get(key)), "name", "display_name") or string(value.get(key)) for key in ("host", "service"))
    after = mapping(result.get("vars_after"))
    return {
        "type": "StateChange",
        "timestamp": value.get("timestamp") or result.get("execution_end") or result.get("execution_start"),
        "host": host,
        "service": service.rpartition("!")[2],
        "state_type": after.get("state_type", result.get("state_type")),
        "check_result": result,
    }


def _stream(found: Found, options: ReadOptions) -> Item:
    value = found.value
    kind = value["type"]
    inner = mapping(value.get("comment")) or mapping(value.get("downtime"))
    host, service = _subject(value)
    name = named(host, service)
    result = mapping(value.get("check_result"))
    state = _checked(value, service)
    who = first(value, "author") or first(inner, "author")
    said = first(value, "comment", "text") or first(inner, "text", "comment")
    output = first(result, "output")
    hard = string(value.get("state_type")) in ("1", "1.0", "HARD", "")
    read: tuple[str, str, int, str]  # text, kind, weight, milestone
    if kind in ("StateChange", "CheckResult"):
        good, news = state in GOOD, kind == "StateChange"
        said_so = ("is", f" {state or 'in an unknown state'}") if news else ("was checked", f": {state}" if state else "")
        text = f"{name} {''.join(said_so)}" + (f": {output}" if output else "") + ("" if hard or not news else " (not confirmed)")
        problem = news and hard and not good and bool(state)
        read = (text, ("recovery" if good else "alert") if news else "message", 2 if problem else int(news), "detected" if problem else "")
    elif kind == "Notification":
        sort = first(value, "notification_type").upper().replace(" ", "").replace("_", "")
        users = ", ".join(map(string, value["users"])) if isinstance(value.get("users"), list) else ""
        words = TYPES.get(sort, ("", 0, "", ""))[3] or (f"is {state}" if "state" in value or "state" in result else sort.lower())
        text = f"{users or 'Nobody'} told: {name} {words}" + (f" by {who}" if who else "") + (f": {said or output}" if said or output else "")
        read = (text, "page", 1 if sort == "PROBLEM" else 0, "")
    elif kind == "AcknowledgementSet":
        read = (f"{name} acknowledged by {who or 'somebody'}" + (f": {said}" if said else ""), "acknowledgement", 2, "acknowledged")
    elif kind == "CommentAdded":
        read = (f"{name}: {said}", "note", 1, "")
    elif kind == "Flapping":
        started = value.get("is_flapping") is True or string(value.get("state")) == "1"
        read = (f"{name} {'started' if started else 'stopped'} flapping", "alert" if started else "status", 1, "")
    elif kind.startswith("Object"):
        done = kind.removeprefix("Object").lower()
        read = (f"{first(value, 'object_type')} {first(value, 'object_name')} {done}", "change", 1, "")
    else:
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()
        read = (f"{name}: {words}" + (f" by {who}" if who else "") + (f": {said}" if said else ""), "status", 0 if kind == "CommentRemoved" else 1, "")
    text, meaning, weight, milestone = read
    return event(
        found,
        options,
        value["timestamp"],
        at="timestamp",
        text=text,
        key=f"{kind}:{host}!{service}:{string(value['timestamp'])}" + (f":{first(value, 'object_name')}" if kind.startswith("Object") else ""),
        kind=meaning,
        rule=f"stream {kind}",
        salience=weight,
        milestone=milestone,
        actor=who or "Icinga",
    )


def _object(found: Found, options: ReadOptions) -> Iterator[Item]:
    """An object of the API says how it is now, since when, and whether that was acknowledged."""
    facts, kind = mapping(found.value["attrs"]), found.value["type"]
    service = first(facts, "service_name") if kind != "Service" else first(facts, "display_name", "name")
    name = named(first(facts, "host_name") if kind != "Host" else first(facts, "display_name", "name"), service)
    identity = string(found.value.get("name")) or first(facts, "__name") or name
    who = first(facts, "author")
    if kind == "Comment":
        yield event(
            found, options, facts.get("entry_time"), text=f"{name}: {first(facts, 'text')}", key=f"comment:{identity}", kind="note", rule="Comment", actor=who
        )
        return
    if kind == "Downtime":
        text = f"{name}: downtime planned by {who or 'somebody'}: {first(facts, 'comment')}"
        yield event(found, options, facts.get("start_time"), text=text, key=f"downtime:{identity}", kind="status", rule="Downtime", actor=who)
        return
    state = _word(facts.get("last_hard_state", facts.get("state")), kind == "Service")
    output = first(mapping(facts.get("last_check_result")), "output")
    good = state in GOOD
    yield event(
        found,
        options,
        facts.get("last_hard_state_change") or facts.get("last_state_change"),
        text=f"{name} is {state}" + (f": {output}" if output else ""),
        key=f"state:{identity}:{string(facts.get('last_hard_state_change'))}",
        kind="recovery" if good else "alert",
        rule=f"{kind} state {state}",
        salience=1 if good else 2,
        milestone="" if good else "detected",
        actor="Icinga",
    )
    if number(facts.get("acknowledgement")) > 0 and number(facts.get("acknowledgement_last_change")) > 0:
        yield event(
            found,
            options,
            facts["acknowledgement_last_change"],
            at="attrs.acknowledgement_last_change",
            text=f"{name} acknowledged",
            key=f"acknowledged:{identity}:{string(facts['acknowledgement_last_change'])}",
            kind="acknowledgement",
            rule=f"{kind} acknowledgement",
            salience=2,
            milestone="acknowledged",
            actor="Icinga",
        )


def _current(found: Found, options: ReadOptions) -> Iterator[Item]:
    """A host or service as Livestatus, Thruk (`state`) or Nagios' statusjson.cgi (`status`, a number of its own) give it."""
    value = found.value
    service = first(value, "description", "service_description", "display_name") if "host_name" in value else ""
    name = named(first(value, "host_name", "name"), service)
    state = string(value.get("status")).upper()
    state = CURRENT[bool(service)].get(number(value.get("status")), state if state in STATES else "") or _word(
        value.get("last_hard_state", value.get("state")), bool(service)
    )
    changed = value.get("last_hard_state_change") or value.get("last_state_change")
    if not number(changed):
        return  # it has not changed since it is watched
    good, output = state in GOOD, first(value, "plugin_output")
    yield event(
        found,
        options,
        changed,
        text=f"{name} is {state}" + (f": {output}" if output else ""),
        key=f"state:{name}:{string(changed)}",
        kind="recovery" if good else "alert",
        rule=f"current state {state}",
        salience=0 if good else 2,
        milestone="" if good else "detected",
        actor="Nagios",
    )


def _archived(found: Found, options: ReadOptions) -> Item:
    """Nagios' archivejson.cgi: states are numbers of its own, or words."""
    value = found.value
    service = first(value, "description", "service_description")
    name = named(first(value, "host_name", "name"), service)
    state = string(value.get("state")).upper()
    state = state if state in STATES else ARCHIVED.get(number(value.get("state")), "")
    output = first(value, "plugin_output", "message")
    good, soft = state in GOOD, string(value.get("state_type")).lower() in ("soft", "2")
    if "notification_type" in value:
        sort = string(value["notification_type"]).replace("_", " ")
        text = f"{first(value, 'contact') or 'A contact'} told: {name}" + (f" is {state}" if state else f" ({sort})") + (f": {output}" if output else "")
        return event(
            found,
            options,
            value["timestamp"],
            text=text,
            key=f"told:{name}:{string(value['timestamp'])}:{first(value, 'contact')}",
            kind="page",
            rule="notificationlist",
            actor="Nagios",
        )
    return event(
        found,
        options,
        value["timestamp"],
        text=f"{name} is {state or 'in an unknown state'}" + (f": {output}" if output else "") + (" (not confirmed)" if soft else ""),
        key=f"alert:{name}:{string(value['timestamp'])}:{state}",
        kind="recovery" if good else "alert",
        rule=f"alertlist {state}",
        salience=2 if state and not good and not soft else 1,
        milestone="detected" if state and not good and not soft else "",
        actor="Nagios",
    )


SOURCE = Source(
    name="icinga",
    label="Icinga",
    detect=detect,
    read=read,
    docs="Icinga 2: event streams and API objects; notification bodies that Icinga and Nagios are commonly told to send, lists of Livestatus and Thruk, and Nagios' own JSON "
    "(https://icinga.com/docs/icinga-2/latest/doc/12-icinga2-api/).",
)
