"""Pure. xMatters: events and their audit as its API gives them, and what outbound integrations send of an event's status, deliveries and responses.

https://help.xmatters.com/xmapi/ and https://help.xmatters.com/integrations/ (outbound integrations) define what is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.envelopes import certainty
from incidents.sources.members import first, mapping, mappings, name_of, second_of, spoken, string
from incidents.sources.reading import Fact, read_facts
from incidents.sources.words import kind_of

LISTS = ("data", "events", "audits")
TITLES = ("shortdescription", "summary", "title", "subject", "description", "incidenttitle", "message")
# Word in a type, a status or a response -> kind, milestone, weight. The first that occurs decides.
KINDS = (
    ("annotat", "note", "", 1),
    ("comment", "note", "", 1),
    ("ack", "acknowledgement", "acknowledged", 2),
    ("accept", "acknowledgement", "acknowledged", 2),
    ("resolv", "resolution", "", 2),
    ("deliver", "page", "", 0),
    ("notif", "page", "", 1),
    ("response", "message", "", 1),
    ("escalat", "escalation", "", 1),
    ("creat", "page", "", 2),
    ("active", "page", "", 2),
    ("terminat", "status", "", 1),
    ("suspend", "status", "", 1),
)


def shape_of(value: dict[str, Any]) -> str:
    keys = value.keys()
    if {"type", "at", "event"} <= keys and isinstance(value["event"], dict):
        return "audit"
    if {"eventId", "created", "status"} <= keys and keys & {"plan", "form", "submitter"}:
        return "event"
    if "eventIdentifier" in keys and "date" in keys and keys & {"status", "response", "deliveryStatus", "deliverystatus", "annotation"}:
        return "callback"
    return ""


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, (b"eventidentifier", b"eventid"))


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_facts(payload, options, shape_of, _facts, "xMatters", LISTS)


def _facts(value: dict[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    yield from {"event": _event, "audit": _audit, "callback": _callback}[shape_of(value)](value)


def _kind(word: str) -> tuple[str, str, int]:
    return next(((kind, milestone, weight) for part, kind, milestone, weight in KINDS if part in word.lower()), ("status", "", 1))


def _person(value: Any) -> str:
    """Return the name of a person or group; the name that somebody is a target by only where there is no other."""
    return (
        name_of({**value, "first_name": value.get("firstName"), "last_name": value.get("lastName"), "id": value.get("targetName")})
        if isinstance(value, dict)
        else string(value)
    )


def _event(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    key, title = f"event {first(value, 'eventId')}", first(value, "name") or name_of(value.get("plan")) or f"Event {first(value, 'eventId')}"
    who, priority = _person(value.get("submitter")), first(value, "priority")
    labels = [("plan", name_of(value.get("plan"))), ("form", name_of(value.get("form"))), ("incident", first(value, "incident")), ("priority", priority)]
    yield about(title, "", priority, (), "", key, labels)
    text = f"Event {first(value, 'eventId')} sent: {title}" + (f" (priority {priority.lower()})" if priority else "")
    yield Fact(value.get("created"), text, f"{key}:created", "page", "event created", who, salience=2)
    if value.get("terminated"):
        yield Fact(value["terminated"], f"Event {first(value, 'eventId')} ended: {title}", f"{key}:terminated", "status", "event terminated")


def _audit(value: Mapping[str, Any]) -> Iterator[Fact]:
    sort, event, note, response = first(value, "type"), mapping(value["event"]), mapping(value.get("annotation")), mapping(value.get("response"))
    said = first(note, "comment") or first(response, "response")
    who = _person(note.get("author")) or _person(response.get("recipient")) or _person(mapping(value.get("delivery")).get("recipient"))
    kind, milestone, weight = _kind(first(response, "response") or sort)
    words = spoken(sort.lower())
    read = kind_of(said) if note else None
    rule = f"audit {sort}"
    if read is not None and read.rule:
        kind, rule, weight = read.kind, read.rule, read.salience
    text = said if note and said else f"{words}: {said}" if said else f"{words} (event {first(event, 'eventId') or first(event, 'id')})"
    yield Fact(value["at"], text, f"audit {first(value, 'id') or second_of(value['at']) + sort}", kind, rule, who, "", milestone, weight)


def _callback(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    held = {name: text for each in mappings(value.get("eventProperties")) for name, text in each.items()} or mapping(value.get("eventProperties"))
    plain = {"".join(filter(str.isalnum, str(name).lower())): string(text) for name, text in held.items()}
    key = f"event {first(value, 'eventIdentifier')}"
    named = first(plain, *TITLES) or first(value, "planName")
    title = named or f"event {first(value, 'eventIdentifier')}"
    yield about(named, "", "", (), "", key, [("plan", first(value, "planName")), ("form", first(value, "formName")), *held.items()])
    answer, status = first(value, "response"), first(value, "deliveryStatus", "deliverystatus", "status")
    who = " ".join(filter(None, (first(value, "firstName"), first(value, "lastName")))) or first(value, "recipient") or first(value, "username")
    kind, milestone, weight = _kind(answer or status or "annotation")
    device = first(value, "device").partition("|")[2]
    if answer:
        head = f"{who} answered “{answer}”"
    elif first(value, "recipient"):
        head = f"{spoken(status.lower()) or 'Told'} to {who}" + (f" ({device})" if device else "")
        kind, milestone, weight, who = "page", "", 0, "xMatters"
    else:
        head = f"Event {first(value, 'eventIdentifier')} {status.lower() or 'annotated'}"
    said = first(value, "annotation")
    text = f"{head}: {title}" + (f"\n{said}" if said and said.lower() != "null" else "")
    identity = f"{key}:{answer or status}:{first(value, 'recipient')}:{second_of(value['date'])}"
    yield Fact(value["date"], text, identity, kind, f"callback {answer or status}", who, "", milestone, weight)


SOURCE = Source(
    name="xmatters",
    label="xMatters",
    detect=detect,
    read=read,
    docs="xMatters: events and their audit as its API gives them, and what outbound integrations send of status, deliveries and responses "
    "(https://help.xmatters.com/xmapi/).",
)
