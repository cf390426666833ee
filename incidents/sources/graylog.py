"""Pure. Graylog: event notifications, the stream alerts of older versions, messages of a search, and GELF.

https://go2docs.graylog.org/current/interacting_with_your_log_data/notifications.html defines the first,
https://go2docs.graylog.org/current/getting_in_log_data/gelf.html the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about, event, in_order
from incidents.sources.drafts import ReadOptions, Rejected
from incidents.sources.envelopes import Found, certainty, found_in
from incidents.sources.log_levels import kind_of_line
from incidents.sources.members import digest, first, mapping, mappings, number, string

LISTS = ("messages", "events")
PRIORITIES = {0: "", 1: "low", 2: "normal", 3: "high", 4: "critical"}


def shape_of(value: dict[str, Any]) -> str:
    if isinstance(value.get("event"), dict) and value.keys() & {"event_definition_id", "event_definition_title"}:
        return "event"
    if isinstance(value.get("check_result"), dict) and ("stream" in value or "triggered" in value["check_result"]):
        return "alert"
    if "short_message" in value and "host" in value and value.keys() & {"version", "timestamp"}:
        return "gelf"
    if (
        "message" in value
        and "timestamp" in value
        and "source" in value
        and (value.keys() & {"stream_ids", "streams"} or any(key.startswith("gl2_") for key in value))
    ):
        return "message"
    return ""


MARKS = (b"event_definition", b"check_result", b"short_message", b"gl2_", b"stream")


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, MARKS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return in_order(_items(payload, options), "There is no event, alert or message of Graylog with a time in this file.")


def _items(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    for found in found_in(payload, shape_of, LISTS, "Graylog"):
        if isinstance(found, Rejected):
            yield found
        elif found.shape == "event":
            yield from _event(found, options)
        elif found.shape == "alert":
            yield from _alert(found, options)
        elif found.shape == "gelf":
            yield _line(found, options, found.value, first(found.value, "short_message"), first(found.value, "host"))
        else:
            yield _line(found, options, found.value, first(found.value, "message"), first(found.value, "source"))


def _event(found: Found, options: ReadOptions) -> Iterator[Item]:
    inner = mapping(found.value["event"])
    title = first(found.value, "event_definition_title") or first(inner, "message") or "Event"
    fields = [(str(key), string(each)) for key, each in mapping(inner.get("fields")).items()]
    identity = first(inner, "id")
    severity = PRIORITIES.get(number(inner.get("priority")), "")
    definition = first(found.value, "event_definition_id") or first(inner, "event_definition_id")
    yield about(
        title,
        key=":".join(filter(None, (definition, first(inner, "key")))),
        severity=severity,
        summary=first(found.value, "event_definition_description"),
        labels=fields,
    )
    facts = ", ".join(f"{key}={each}" for key, each in fields[:8] if each)
    said = first(inner, "message")
    text = f"Alert: {said if said.startswith(title) else ': '.join(filter(None, (title, said)))}" + (f" ({facts})" if facts else "")
    alert = inner.get("alert") is not False
    yield event(
        found,
        options,
        first(inner, "timestamp") or first(inner, "timestamp_processing"),
        at="event.timestamp",
        text=text,
        key=f"event:{identity or digest(text)}",
        kind="alert" if alert else "message",
        rule="event alert" if alert else "event",
        salience=2 if alert else 1,
        milestone="detected" if alert else "",
        actor="Graylog",
    )
    for place, each in enumerate(mappings(found.value.get("backlog"))):
        yield _line(found, options, each, first(each, "message"), first(each, "source"), f"backlog[{place}]")


def _alert(found: Found, options: ReadOptions) -> Iterator[Item]:
    """The stream alert of Graylog 2 and 3: why, and the messages that made it."""
    result, stream = mapping(found.value["check_result"]), mapping(found.value.get("stream"))
    title = first(stream, "title") or "stream"
    condition = mapping(result.get("triggered_condition"))
    why = first(condition, "title") or first(result, "result_description")
    yield about(f"{title}: {why}", key=first(stream, "id") or title, labels=[("stream", title)], summary=first(stream, "description"))
    stamp = first(result, "triggered_at")
    yield event(
        found,
        options,
        stamp,
        at="check_result.triggered_at",
        text=f"Alert on stream {title}: {first(result, 'result_description') or why}",
        key=f"alert:{first(condition, 'id') or title}:{stamp}",
        kind="alert",
        rule="check_result triggered",
        salience=2,
        milestone="detected",
        actor="Graylog",
    )
    for place, each in enumerate(mappings(result.get("matching_messages"))):
        yield _line(found, options, each, first(each, "message"), first(each, "source"), f"check_result.matching_messages[{place}]")


def _line(found: Found, options: ReadOptions, value: dict[str, Any], said: str, host: str, at: str = "") -> Item:
    """A message of a log. A full GELF message repeats the short one."""
    full = first(value, "full_message")
    fields = mapping(value.get("fields"))
    kind, rule, weight = kind_of_line(number(value.get("level", fields.get("level", fields.get("syslog_level")))), said)
    who = first(value, "_facility", "facility", "application_name", "_application", "_service") or host
    text = f"{said}" + (f" ({host})" if host else "") + (f"\n{full}" if full and full != said else "")
    stamp = value.get("timestamp")
    identity = first(value, "id", "_id", "gl2_message_id") or f"{string(stamp)}:{digest(f'{host}{said}')}"
    return event(
        found,
        options,
        stamp,
        at=f"{at}.timestamp".lstrip("."),
        text=text,
        key=f"message:{identity}",
        kind=kind,
        rule=rule,
        salience=weight,
        actor=who,
        advice="GELF may leave the time to the server that receives it; export the message from there.",
    )


SOURCE = Source(
    name="graylog",
    label="Graylog",
    detect=detect,
    read=read,
    docs="Graylog: event notifications, older stream alerts, messages of a search, and GELF (https://go2docs.graylog.org/current/home.htm).",
)
