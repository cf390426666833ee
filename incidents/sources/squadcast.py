"""Pure. Squadcast: incidents with their timeline, as webhooks of versions 1 and 2 send them and its API gives them.

https://developers.squadcast.com/ and https://support.squadcast.com/integrations/outgoing-webhooks define what is read. Every delivery repeats the whole
timeline of its incident; an act is known again by what it is and when it was.
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

LISTS = ("data", "incidents")
# Beginning of an action -> kind, milestone, weight.
ACTIONS = (
    ("trigger", "alert", "detected", 2),
    ("acknowledg", "acknowledgement", "acknowledged", 2),
    ("resolve", "resolution", "resolved", 2),
    ("reassign", "role", "", 1),
    ("assign", "role", "", 1),
    ("escalat", "escalation", "", 1),
    ("notif", "page", "", 1),
    ("reopen", "status", "", 2),
    ("priorit", "severity", "", 2),
    ("note", "note", "", 1),
    ("runbook", "action", "", 1),
)


def shape_of(value: dict[str, Any]) -> str:
    entries = mappings(value.get("timeline") or value.get("logs"))
    if first(value, "message", "title") and entries and "action" in entries[0] and "time" in entries[0]:
        return "incident"
    if isinstance(value.get("event"), dict) and "resource_data" in mapping(value.get("data")):
        return "delivery"
    return ""


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, (b"squadcast", b'"timeline"', b'"logs"', b"resource_data"))


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_facts(payload, options, shape_of, _facts, "Squadcast", LISTS)


def _facts(value: dict[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    if shape_of(value) == "incident":
        yield from _incident(value, "")
        return
    event, data = mapping(value["event"]), mapping(value["data"])
    incident = mapping(data["resource_data"])
    yield from _incident(incident, ".data.resource_data")
    action = string(event.get("type")).rpartition(".")[2]
    if action not in {string(each.get("action")) for each in _entries(incident)}:
        yield _act(incident, {"action": action, "time": event.get("timestamp")}, f"event:{string(event.get('id'))}", ".event")


def _entries(incident: Mapping[str, Any]) -> list[dict[str, Any]]:
    return mappings(incident.get("timeline")) or mappings(incident.get("logs"))


def _incident(incident: Mapping[str, Any], part: str) -> Iterator[Fact | IncidentDraft]:
    tags = {name: first(mapping(each), "value") for name, each in mapping(incident.get("tags")).items() if name}
    service, source = name_of(incident.get("service")), mapping(incident.get("alert_source"))
    yield about(
        first(incident, "message", "title"),
        string(incident.get("description")),
        name_of(incident.get("priority")) or tags.get("severity", ""),
        (service,),
        first(incident, "url"),
        first(incident, "id", "incident_id"),
        {"service": service, "alert_source": first(source, "type", "name"), "team": name_of(incident.get("owner")), **tags},
    )
    for number, entry in enumerate(_entries(incident)):
        yield _act(incident, entry, "", f"{part}.timeline[{number}]")


def _act(incident: Mapping[str, Any], entry: Mapping[str, Any], key: str, part: str) -> Fact:
    action, title = string(entry.get("action")), first(incident, "message", "title")
    _, kind, milestone, weight = next((row for row in ACTIONS if action.lower().startswith(row[0])), ("", "status", "", 1))
    name, service = name_of(entry.get("name") or entry.get("assigned_to")), name_of(incident.get("service"))
    person = string(entry.get("assigned_to")) == "user"
    text = f"{spoken(action)}: {title}"
    if kind == "alert":
        text += f" ({service})" if service else ""
        text += f", assigned to {name}" if name else ""
    elif kind == "role":
        text = f"{spoken(action)} to {name}: {title}"
    second = second_of(entry.get("time"))
    reason = first(entry, "reason", "message", "notes")
    text += f"\n{reason}" if reason and reason != title else ""
    opener = name_of(incident.get("manually_created_by")) or first(mapping(incident.get("alert_source")), "type", "name")
    by = opener if kind == "alert" else name if person and kind != "role" else ""
    identity = f"{first(incident, 'id', 'incident_id')}:{key or f'{action}:{second}'}"
    return Fact(entry.get("time"), text, identity, kind, f"action {action}", by, first(incident, "url"), milestone, weight, part, raw=dict(entry))


SOURCE = Source(
    name="squadcast",
    label="Squadcast",
    detect=detect,
    read=read,
    docs="Squadcast: incidents with their timeline, as webhooks of versions 1 and 2 send them and its API gives them (https://developers.squadcast.com/).",
)
