"""Pure. Datadog's incidents: the incident itself, cells of its timeline, impacts, to-dos and attachments.

https://docs.datadoghq.com/api/latest/incidents/ defines the objects; `stable` is Datadog's word for an incident that affects nobody
any more while its cause is not yet known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.drafting import about
from incidents.sources.drafts import IncidentDraft, Rejected
from incidents.sources.markup import plain
from incidents.sources.members import digest, first_of, line_of, mapping, string
from incidents.sources.reading import Fact
from incidents.sources.words import kind_of

Users = Mapping[str, str]
OURS = {"public_id", "customer_impacted", "customer_impact_start", "time_to_detect", "declared", "detected", "created"}  # other vendors write created_at
TYPES = {"incidents", "incident_timeline_cells", "incident_timeline", "timeline_cells", "incident_impacts", "incident_todos", "incident_attachments"}

# Status of an incident -> kind, weight, milestone that it states.
STATES = {
    "active": ("status", 1, ""),
    "stable": ("mitigation", 2, "mitigated"),
    "resolved": ("resolution", 2, "resolved"),
    "completed": ("status", 1, ""),
}
KINDS = {"severity": ("severity", 2), "state": ("status", 1), "commander": ("role", 1), "responders": ("role", 1), "customer_impacted": ("impact", 2)}


def is_ours(value: Mapping[str, Any]) -> bool:
    kind = string(value.get("type"))
    return kind in TYPES and (kind != "incidents" or bool(OURS & mapping(value.get("attributes")).keys()))


def facts(value: Mapping[str, Any], users: Users) -> Iterator[Fact | IncidentDraft | Rejected]:
    kind = string(value.get("type"))
    yield from READERS[kind](value, mapping(value.get("attributes")), users)


def person(users: Users, *candidates: Any) -> str:
    """Return the name of the first of these that is somebody: a relationship, a user given in full, an id."""
    for each in candidates:
        data = mapping(mapping(each).get("data")) or mapping(each)
        said = mapping(data.get("attributes")) or data
        name = first_of(said, "name", "handle", "email") or users.get(string(data.get("id"))) or users.get(string(each))
        if isinstance(name, str):
            return name
    return ""


def field(attributes: Mapping[str, Any], name: str) -> Any:
    """Return a field of an incident: a plain member, or the value of a field that can be configured."""
    held = mapping(mapping(attributes.get("fields")).get(name)).get("value")
    return held if held not in (None, "", []) else attributes.get(name)


def _incident(incident: Mapping[str, Any], said: Mapping[str, Any], users: Users) -> Iterator[Fact | IncidentDraft | Rejected]:
    related = mapping(incident.get("relationships"))
    key, title = string(incident.get("id")) or string(said.get("public_id")), string(said.get("title")) or "Incident"
    services, teams = _names(field(said, "services")), _names(field(said, "teams"))
    severity = string(field(said, "severity"))
    number = string(said.get("public_id"))
    yield about(
        title=title,
        summary=plain(field(said, "summary") or ""),
        severity="" if severity == "UNKNOWN" else severity,
        services=services,
        key=f"incident {number}" if number else key,
        labels={"team": ", ".join(teams), "service": ", ".join(services), "incident": number, "detection_method": _known(field(said, "detection_method"))},
    )
    declared = said.get("declared") or said.get("created")
    who = person(users, said.get("declared_by"), said.get("created_by"), related.get("declared_by_user"), related.get("created_by_user"))
    name = f"incident {number}" if number else "incident"
    level = f" ({severity})" if severity and severity != "UNKNOWN" else ""

    def fact(at: Any, text: str, word: str, kind: str, milestone: str = "", weight: int = 1, actor: str = "", recorded: Any = None) -> Fact:
        return Fact(at, text, f"{key}:{word}", kind, f"incident {word}", actor, "", milestone, weight, f".attributes.{word}", recorded)

    if start := said.get("customer_impact_start"):
        scope = plain(said.get("customer_impact_scope"), 1000)
        yield fact(start, line_of("Customer impact began", scope), "customer_impact_start", "impact", "impact_started", 2)
    if detected := said.get("detected"):
        yield fact(detected, f"Detected: {title}", "detected", "alert", "detected", 2)
    if declared:
        yield fact(declared, f"Declared {name}: {title}{level}", "declared", "status", "", 2, who, said.get("created"))
    if end := said.get("customer_impact_end"):
        yield fact(end, "Customer impact ended", "customer_impact_end", "recovery", "", 2)
    if resolved := said.get("resolved"):
        by = person(users, said.get("last_modified_by"), related.get("last_modified_by_user")) if _resolved_last(said) else ""
        yield fact(resolved, f"Resolved {name}: {title}", "resolved", "resolution", "resolved", 2, by)
    elif string(field(said, "state")).lower() == "resolved":
        yield Rejected(".attributes.resolved", "The incident is resolved, but it does not say since when.")


def _resolved_last(said: Mapping[str, Any]) -> bool:
    """Tell whether resolving was the last change, so that who changed it last is who resolved it."""
    return string(said.get("modified"))[:19] == string(said.get("resolved"))[:19]


def _names(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [name for each in values if (name := string(each) or string(first_of(mapping(each), "name", "handle", "id")))]


def _known(value: Any) -> str:
    return "" if string(value).lower() == "unknown" else string(value)


def _cell(cell: Mapping[str, Any], said: Mapping[str, Any], users: Users) -> Iterator[Fact]:
    """Read a cell of the timeline: a note, or a change given as what was before and after."""
    related, content = mapping(cell.get("relationships")), said.get("content")
    inner = mapping(content)
    who = person(users, said.get("author"), said.get("created_by"), related.get("created_by_user"), related.get("author"), said.get("last_modified_by"))
    at = first_of(said, "display_time", "occurred_at", "created", "timestamp")
    sort = string(said.get("cell_type")) or "cell"
    before, after = mapping(inner.get("before")), mapping(inner.get("after"))
    if changes := [(name, before.get(name), now) for name, now in after.items() if now != before.get(name)]:
        text = "; ".join(_change(*change) for change in changes)
        name, _, now = changes[0]
        kind, weight = KINDS.get(name, ("status", 1))
        milestone = ""
        if name in ("state", "status"):
            kind, weight, milestone = STATES.get(string(now).lower(), ("status", 1, ""))
        rule = f"cell {sort}: {name}"
    else:
        text = plain(string(content) or first_of(inner, "content", "message", "text", "title") or "") or sort.replace("_", " ")
        read = kind_of(text)
        kind, weight, milestone = (read.kind if read.kind != "message" else "note"), read.salience, ""
        rule = read.rule or f"cell {sort}"
    if said.get("important") is True:
        weight = 2
    edited = said.get("is_edited") is True or said.get("edited") is True
    deleted = bool(said.get("deleted") or said.get("deleted_at"))
    yield Fact(
        at=at,
        text=text,
        key=f"cell {string(cell.get('id')) or digest(f'{at}{text}')}",
        kind=kind,
        rule=rule,
        actor=who,
        milestone=milestone,
        salience=weight,
        recorded=said.get("created"),
        revised="deleted" if deleted else "edited" if edited else "",
    )


def _change(name: str, before: Any, after: Any) -> str:
    said = name.replace("_", " ").capitalize()
    old, new = (", ".join(_names(each)) if isinstance(each, (list, dict)) else str(each) if each is not None else "" for each in (before, after))
    return f"{said} changed from {old} to {new or 'nothing'}" if old else f"{said} set to {new or 'nothing'}"


def _impact(impact: Mapping[str, Any], said: Mapping[str, Any], users: Users) -> Iterator[Fact]:
    key, text = string(impact.get("id")) or digest(str(said.get("start_at"))), plain(said.get("description"), 1000)
    sort = "Customer impact" if string(said.get("impact_type")) in ("", "customer") else f"{string(said['impact_type']).capitalize()} impact"
    related = mapping(impact.get("relationships"))
    who = person(users, related.get("created_by_user"), said.get("created_by"))
    yield Fact(
        said.get("start_at"), line_of(f"{sort} began", text), f"impact {key}:start", "impact", "impact start_at", who, milestone="impact_started", salience=2,
        part=".attributes.start_at", recorded=said.get("created"),
    )  # fmt: skip
    if end := said.get("end_at"):
        yield Fact(end, line_of(f"{sort} ended", text), f"impact {key}:end", "recovery", "impact end_at", who, salience=2, part=".attributes.end_at")


def _todo(todo: Mapping[str, Any], said: Mapping[str, Any], users: Users) -> Iterator[Fact]:
    related, key, text = mapping(todo.get("relationships")), string(todo.get("id")), plain(said.get("content"), 2000) or "To-do"
    whom = _names(said.get("assignees"))
    who = person(users, said.get("created_by"), related.get("created_by_user"), said.get("created_by_uuid"))
    suffix = f" (for {', '.join(name.lstrip('@') for name in whom if name)})" if any(whom) else ""
    yield Fact(said.get("created"), f"To-do: {text}{suffix}", f"todo {key}", "note", "todo created", who, part=".attributes.created")
    if done := said.get("completed"):
        who = person(users, said.get("last_modified_by"), related.get("last_modified_by_user"))
        yield Fact(done, f"To-do done: {text}", f"todo {key}:completed", "action", "todo completed", who, part=".attributes.completed")


def _attachment(attachment: Mapping[str, Any], said: Mapping[str, Any], users: Users) -> Iterator[Fact]:
    held, related = mapping(said.get("attachment")), mapping(attachment.get("relationships"))
    who = person(users, related.get("last_modified_by_user"))
    text = f"Attached {string(said.get('attachment_type')).replace('_', ' ') or 'a document'}: {string(held.get('title')) or string(held.get('documentUrl'))}"
    link = string(held.get("documentUrl"))
    yield Fact(said.get("modified"), text, f"attachment {string(attachment.get('id'))}", "note", "attachment modified", who, link, salience=0)


READERS = {
    "incidents": _incident,
    "incident_timeline_cells": _cell,
    "incident_timeline": _cell,
    "timeline_cells": _cell,
    "incident_impacts": _impact,
    "incident_todos": _todo,
    "incident_attachments": _attachment,
}
