"""Pure. FireHydrant: incidents with their milestones, events of the timeline, change events, and webhooks of these.

https://docs.firehydrant.com/reference and https://docs.firehydrant.com/docs/webhooks define what is read.
`started` is FireHydrant's own clock start; it states the start of the impact where it is another moment than the one it was set at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import Drafts
from incidents.sources.drafts import ReadOptions
from incidents.sources.markup import plain
from incidents.sources.members import as_json, changed, first, mapping, mappings, name_of, part, spoken, string, strings
from incidents.sources.reading import Format, certainty, read_objects

# Type of a milestone -> kind, weight, milestone. Other types are the organisation's own, and steps of the response.
MILESTONES = {
    "detected": ("alert", 2, "detected"),
    "acknowledged": ("acknowledgement", 2, "acknowledged"),
    "mitigated": ("mitigation", 2, "mitigated"),
    "resolved": ("resolution", 2, "resolved"),
}
# Words in the type of an event -> kind, weight. The first that occurs decides.
KINDS = (
    ("chat", "message", 1),
    ("note", "note", 1),
    ("alert", "alert", 1),
    ("role", "role", 1),
    ("team", "role", 1),
    ("task", "note", 1),
    ("ticket", "note", 1),
    ("follow", "note", 1),
    ("status_page", "communication", 1),
    ("status_update", "communication", 1),
    ("change", "change", 1),
    ("severity", "severity", 2),
    ("root_cause", "note", 1),
)
WORDS = ("body", "message", "text", "summary", "title", "name", "description", "content")
CHANGES = ("changes", "changeset", "change_set", "diff")


def detect(payload: Payload) -> int:
    return certainty(payload, FORMAT)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_objects(payload, options, FORMAT)


def _shape(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    event = mapping(value.get("event"))
    if "operation" in event and "resource_type" in event and isinstance(value.get("data"), dict):
        return "webhook"
    if "name" in value and any(key in value for key in ("current_milestone", "lifecycle_phases", "incident_url", "customer_impact_summary")):
        return "incident"
    if "occurred_at" in value and "type" in value:
        if "incident_id" in value and any(key in value for key in ("author", "visibility", "votes")):
            return "event"
        return "milestone" if "duration" in value and "created_at" in value else ""
    if (
        "starts_at" in value
        and "summary" in value
        and any(key in value for key in ("change_identities", "identities", "related_changes", "authors", "services", "environments", "ends_at"))
    ):
        return "change"
    return ""


def _webhook(drafts: Drafts, delivery: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    """Read a delivery: the incident is always in it, and beside it what was changed."""
    data = mapping(delivery["data"])
    spot = f"{where}.data" if where != "the document" else "data"
    found = False
    for name, value in data.items():
        shape = _shape(value)
        if shape in ("incident", "event", "milestone", "change"):
            found = True
            yield from READERS[shape](drafts, value, f"{spot}.{name}", as_json(value))
    if not found and (shape := _shape(data)):
        found = True
        yield from READERS[shape](drafts, data, spot, raw)
    for name, value in () if found else data.items():
        event, each = mapping(delivery["event"]), mapping(value)
        if name == "incident" and each.get("id"):
            yield from drafts.incident(string(each["id"]), title=string(each.get("name")))
        words = plain(first(each, *WORDS))
        yield from drafts.event(
            each.get("occurred_at") or each.get("starts_at") or each.get("updated_at") or each.get("created_at"),
            f"{spoken(name)} {string(event.get('operation')).lower()}" + (f": {words}" if words else ""),
            key=f"{name}:{string(each.get('id'))}:{string(event.get('operation'))}",
            timed=True,
            where=f"{spot}.{name}",
            raw=raw,
            rule=f"webhook {string(event.get('resource_type'))}",
            kind=_kind(string(event.get("resource_type")))[0],
        )


def _incident(drafts: Drafts, incident: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    identity, title, url = string(incident.get("id")), string(incident.get("name")), string(incident.get("incident_url"))
    severity, priority = _level(incident.get("severity")), _level(incident.get("priority"))
    impacted = {name: strings(incident.get(name)) for name in ("services", "functionalities", "environments")}
    for each in mappings(incident.get("impacts")):
        thing, sort = name_of(mapping(each.get("impact"))) or first(each, "name"), string(each.get("type")).lower()
        for start, name in (("service", "services"), ("functionalit", "functionalities"), ("environment", "environments")):
            if thing and sort.startswith(start) and thing not in impacted[name]:
                impacted[name].append(thing)
    teams = [name_of(mapping(each.get("team"))) or name_of(each) for each in mappings(incident.get("team_assignments"))]
    yield from drafts.incident(
        identity,
        title=title,
        summary=first(incident, "summary", "description"),
        severity=severity or priority,
        services=impacted["services"] + impacted["functionalities"],
        url=url,
        labels=[
            ("number", string(incident.get("number"))),
            ("severity", severity),
            ("priority", priority),
            ("milestone", string(incident.get("current_milestone"))),
            *(("environment", name) for name in impacted["environments"]),
            *(("team", name) for name in teams),
            *(("tag", tag) for tag in strings(incident.get("tag_list"))),
            *((name, string(value)) for name, value in mapping(incident.get("labels")).items()),
        ],
    )
    yield from drafts.event(
        incident.get("created_at"),
        f"Incident opened: {title}" + (f" ({severity})" if severity else ""),
        key=f"{identity}:created",
        where=where,
        raw=raw,
        rule="incident created_at",
        kind="status",
        salience=2,
        actor=name_of(mapping(incident.get("created_by"))),
        url=url,
        needed=not incident.get("milestones"),
    )
    milestones = [*mappings(incident.get("milestones"))]
    for phase in mappings(incident.get("lifecycle_phases")):
        milestones += mappings(phase.get("milestones"))
    types = {first(each, "type", "slug") for each in milestones if each.get("occurred_at")}
    if incident.get("started_at") and "started" not in types:
        milestones.append({"type": "started", "occurred_at": incident["started_at"], "created_at": incident.get("created_at")})
    for number, each in enumerate(milestones):
        yield from _stated(drafts, each, identity, title, f"{where}.milestones[{number}]", url)
    for number, each in enumerate(mappings(incident.get("role_assignments"))):
        yield from _role(drafts, each, identity, f"{where}.role_assignments[{number}]")
    for number, each in enumerate(mappings(incident.get("events"))):
        if "occurred_at" in each:
            yield from _event(drafts, {"incident_id": identity, **each}, f"{where}.events[{number}]", as_json(each))


def _role(drafts: Drafts, each: Mapping[str, Any], identity: str, where: str) -> Iterator[Item]:
    who, role = name_of(mapping(each.get("user"))), name_of(mapping(each.get("incident_role")))
    yield from drafts.event(
        each.get("created_at"),
        f"{role or 'Role'} assigned to {who}",
        key=f"{identity}:role:{first(each, 'id') or role + who}",
        where=where,
        raw=as_json(each),
        rule="role assignment",
        kind="role",
        actor=who,
        needed=False,
    )


def _level(value: Any) -> str:
    """Return "SEV3" of a severity or priority: a text, or an object that webhooks give by its slug."""
    return first(mapping(value), "name", "slug") or name_of(value)


def _milestone(drafts: Drafts, milestone: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    yield from _stated(drafts, milestone, string(milestone.get("incident_id")), "", where, "")


def _stated(drafts: Drafts, milestone: Mapping[str, Any], incident: str, title: str, where: str, url: str) -> Iterator[Item]:
    sort = first(milestone, "type", "slug")
    stamp, created = milestone.get("occurred_at"), milestone.get("created_at")
    kind, weight, stated = MILESTONES.get(sort, ("status", 1, ""))
    if sort == "started":
        moved = drafts.apart(stamp, created)
        kind, weight, stated = ("impact", 2, "impact_started") if moved else ("status", 2, "")
    word = name_of({"name": milestone.get("name")}) or spoken(sort)
    yield from drafts.event(
        stamp,
        f"{word}: {title}" if title else f"Milestone: {word}",
        key=f"{incident}:{sort}" if incident else f"milestone:{string(milestone.get('id')) or sort}",
        timed=True,
        where=where,
        raw=as_json(milestone),
        rule=f"milestone {sort}",
        kind=kind,
        salience=weight,
        url=url,
        milestone=stated,
        recorded=created,
        revised="edited" if drafts.apart(created, milestone.get("updated_at")) else "",
        needed=False,
    )


def _kind(sort: str) -> tuple[str, int]:
    return next(((kind, weight) for word, kind, weight in KINDS if word in sort.lower()), ("status", 1))


def _event(drafts: Drafts, event: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    sort = string(event.get("type"))
    kind, weight = _kind(sort)
    yield from drafts.incident(string(event.get("incident_id")))
    data = event.get("data")
    said = plain(_words(data)) if isinstance(data, dict) else ""
    changes = [line for each in (mappings(data) if isinstance(data, list) else [mapping(data)]) for line in _changes(each)]
    if any(line.startswith("Severity ") for line in changes):
        kind, weight = "severity", 2
    who = name_of(mapping(event.get("author"))) or name_of(mapping(mapping(data).get("author")))
    person = said if kind in ("note", "message") else ""
    text = "\n".join(filter(None, (said if person else f"{spoken(sort)}: {said}" if said else "", *changes))) or spoken(sort)
    yield from drafts.event(
        event.get("occurred_at") or event.get("created_at"),
        text,
        key=f"event:{string(event.get('id'))}",
        timed=not event.get("id"),
        where=where,
        raw=raw,
        rule=f"event type {sort}",
        kind=kind,
        salience=weight,
        said=person,
        actor=who,
        recorded=event.get("created_at") or mapping(data).get("created_at"),
    )


def _words(data: Mapping[str, Any]) -> str:
    """Return the words of an event's data, or of the one thing in it: a task, a role with its person, an alert."""
    if words := first(data, *WORDS):
        return words
    found = [first(each, *WORDS) for name, each in data.items() if isinstance(each, dict) and name not in CHANGES]
    return " - ".join(filter(None, found))


def _changes(data: Mapping[str, Any]) -> list[str]:
    """Return "Severity changed from SEV3 to SEV2" for each change that the data of an event holds."""
    lines = []
    for key in CHANGES:
        for name, each in mapping(data.get(key)).items():
            if isinstance(each, list) and len(each) == 2:
                lines.append(changed(spoken(name), name_of(each[0]), name_of(each[1])))
            elif isinstance(each, dict):
                lines.append(changed(spoken(name), name_of(each.get("old", each.get("from"))), name_of(each.get("new", each.get("to")))))
    return lines[:20]


def _change(drafts: Drafts, change: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    who = ", ".join(name_of(each) for each in mappings(change.get("authors")))
    for member, word in (("starts_at", "Change"), ("ends_at", "Change ended")):
        yield from drafts.event(
            change.get(member),
            f"{word}: {plain(string(change.get('summary')))}",
            key=f"change:{string(change.get('id'))}:{member}",
            where=f"{where}.{member}",
            raw=raw if member == "starts_at" else part(change, "id", "summary", member),
            rule=f"change event {member}",
            kind="change",
            actor=who,
            recorded=change.get("created_at") if member == "starts_at" else None,
            needed=member == "starts_at",
        )


READERS = {"webhook": _webhook, "incident": _incident, "event": _event, "milestone": _milestone, "change": _change}
FORMAT = Format(
    vendor="FireHydrant",
    lists=("data", "incidents", "incident_events"),
    shape=_shape,
    readers=READERS,
    nothing="There is no incident, timeline event, milestone or change event of FireHydrant in this file. Save the answer of its API, such as "
    "/v1/incidents/{id} or /v1/incidents/{id}/events.",
)

SOURCE = Source(
    name="firehydrant",
    label="FireHydrant",
    detect=detect,
    read=read,
    docs="FireHydrant: answers of its API (incidents with their milestones, timeline events, milestones, change events) and webhooks "
    "(https://docs.firehydrant.com/reference).",
)
