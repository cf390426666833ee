"""Pure. Graylog: HTTP notifications of events (since 3.1) and HTTP alarm callbacks of streams before that.

https://go2docs.graylog.org/current/interacting_with_your_log_data/notifications.html defines the notification.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.signals import Fact, about, first, line_of, plain, read_signals, second_of, share_known
from incidents.sources.values import mapping, mappings, scalar, string

PRIORITIES = {"1": "low", "2": "normal", "3": "high", "4": "critical"}
SHOWN = 3  # messages of the backlog that are told


def shape_of(value: Mapping[str, Any]) -> str:
    """Return what of Graylog's an object is, or "" for nothing of it."""
    if "event_definition_id" in value and isinstance(value.get("event"), dict) and "timestamp" in value["event"]:
        return "notification"
    result = mapping(value.get("check_result"))
    return "callback" if "triggered_condition" in result or ("triggered_at" in result and "stream" in value) else ""


def facts(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    yield from READERS[shape_of(value)](value)


def _notification(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    event = mapping(value["event"])
    definition, title = string(value["event_definition_id"]), string(value.get("event_definition_title"))
    priority = PRIORITIES.get(scalar(event.get("priority")), scalar(event.get("priority")))
    fields = {name: each for name, each in mapping(event.get("fields")).items() if scalar(each)}
    subject = " ".join(filter(None, (f"definition {definition}", string(event.get("key")))))
    yield about(title, plain(value.get("event_definition_description"), 1000), priority, [], "", subject, {**fields, "source": event.get("source")})
    text = line_of(title, plain(event.get("message"), 1000)) + (f" ({priority} priority)" if priority else "")
    text += f"\n{', '.join(f'{name}={scalar(each)}' for name, each in list(fields.items())[:8])}" if fields else ""
    key = f"event {string(event.get('id'))}" if event.get("id") else f"{subject}:{second_of(event['timestamp'])}"
    alert = event.get("alert") is not False
    yield Fact(
        event["timestamp"], f"{'Alert' if alert else 'Event'}: {text}{_backlog(value.get('backlog'))}", key, "alert" if alert else "message", "event alert",
        string(event.get("source")) or "Graylog", milestone="detected" if alert else "", part=".event", recorded=event.get("timestamp_processing"),
    )  # fmt: skip


def _callback(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    result, stream = mapping(value["check_result"]), mapping(value.get("stream"))
    condition, title = mapping(result.get("triggered_condition")), string(stream.get("title")) or "a stream"
    said = plain(result.get("result_description") or condition.get("description"), 1000)
    subject = f"condition {string(condition.get('id')) or string(stream.get('id'))}"
    yield about(line_of(condition.get("title"), f"Stream {title}"), said, key=subject, labels={"stream": title, "condition": condition.get("type")})
    at = first(result, "triggered_at")
    begins = result.get("triggered") is not False
    yield Fact(
        at, f"{'Alert' if begins else 'Alert over'}: {line_of(f'Stream {title}', said)}{_backlog(result.get('matching_messages'))}", f"{subject}:{second_of(at)}",
        "alert" if begins else "recovery", "check_result triggered", "Graylog", milestone="detected" if begins else "", part=".check_result",
    )  # fmt: skip


def _backlog(messages: Any) -> str:
    """Return the first messages that the alert came from: they are its evidence, no events of their own."""
    found = [text for each in mappings(messages) if (text := plain(each.get("message"), 300).partition("\n")[0])]
    more = f"\n… {len(found) - SHOWN} more messages" if len(found) > SHOWN else ""
    return "".join(f"\n> {text}" for text in found[:SHOWN]) + more


READERS = {"notification": _notification, "callback": _callback}


def detect(payload: Payload) -> int:
    return share_known(payload, shape_of)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_signals(payload, options, shape_of, facts, "Graylog")


SOURCE = Source(
    name="graylog",
    label="Graylog",
    detect=detect,
    read=read,
    docs="Graylog: HTTP notifications of events, and the alarm callbacks of streams before version 3.1 "
    "(https://go2docs.graylog.org/current/interacting_with_your_log_data/notifications.html).",
)
