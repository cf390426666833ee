"""Pure. Rootly: JSON:API answers (incidents, events, action items, alerts, sub-statuses, status page events, retrospectives) and webhooks.

https://docs.rootly.com/api-reference and https://docs.rootly.com/configuration/event-payloads define what is read.
Rootly sets `started_at` itself when an incident is declared: it states the start of the impact only where people moved it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import Drafts
from incidents.sources.drafts import ReadOptions, Rejected
from incidents.sources.markup import plain
from incidents.sources.members import as_json, first, mapping, mappings, name_of, part, spoken, string, strings
from incidents.sources.reading import Format, certainty, read_objects

# Member of an incident -> word, who did it, what was said, kind, weight, milestone.
TIMES: tuple[tuple[str, str, str, str, str, int, str], ...] = (
    ("in_triage_at", "In triage", "in_triage_by", "", "status", 1, ""),
    ("detected_at", "Detected", "", "", "alert", 2, "detected"),
    ("acknowledged_at", "Acknowledged", "", "", "acknowledgement", 2, "acknowledged"),
    ("mitigated_at", "Mitigated", "mitigated_by", "mitigation_message", "mitigation", 2, "mitigated"),
    ("resolved_at", "Resolved", "resolved_by", "resolution_message", "resolution", 2, "resolved"),
    ("closed_at", "Closed", "closed_by", "", "status", 1, ""),
    ("cancelled_at", "Cancelled", "cancelled_by", "cancellation_message", "status", 2, ""),
    ("deleted_at", "Deleted", "", "", "status", 1, ""),
)
SCHEDULED = ("scheduled", "scheduled_sub")  # maintenance: its start is no failure


def detect(payload: Payload) -> int:
    return certainty(payload, FORMAT)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_objects(payload, options, FORMAT)


# Type of a JSON:API object -> what it is here. Types of set-up are known, and hold no events.
TYPES = {
    "incidents": "incident",
    "incident_events": "event",
    "incident_action_items": "action_item",
    "incident_status_page_events": "status_page_event",
    "incident_sub_statuses": "sub_status",
    "incident_post_mortems": "post_mortem",
    "incident_retrospective_steps": "step",
    "alerts": "alert",
    "alert_groups": "setting",
}
# Other vendors write JSON:API too: of the common types, members that only Rootly's have.
OWN = {"incidents": ("started_at", "in_triage_at", "sequential_id"), "alerts": ("short_id", "noise", "started_at")}
BESIDE = {
    *("users", "severities", "services", "functionalities", "environments", "groups", "causes", "incident_types", "incident_roles", "sub_statuses"),
    *("incident_role_assignments", "incident_feedbacks", "incident_subscribers", "incident_form_field_selections", "incident_custom_field_selections"),
}


def _shape(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    attributes, kind = value.get("attributes"), value.get("type")
    if isinstance(attributes, dict) and isinstance(kind, str):
        if kind in TYPES and any(each in attributes for each in OWN.get(kind, ("created_at", "assigned_at"))):
            return "resource"
        return "beside" if kind in BESIDE else ""
    event = mapping(value.get("event"))
    if "issued_at" in event and isinstance(event.get("type"), str) and isinstance(value.get("data"), dict):
        return "webhook"
    kind = string(value.get("event_type")).partition(".")[0]
    if kind in ("incident", "alert", "action") and "event_id" in value and "timestamp" in value and isinstance(value.get("data"), dict):
        return "webhook"  # as the edge connector gets it
    if isinstance(value.get("event"), str) and "occurred_at" in value and "visibility" in value and "kind" in value:
        return "event"
    return ""


def _resource(drafts: Drafts, resource: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    flat = {"id": resource.get("id"), **mapping(resource.get("attributes"))}
    related = mapping(mapping(mapping(resource.get("relationships")).get("incident")).get("data")).get("id")
    if related and "incident_id" not in flat:
        flat["incident_id"] = related
    yield from READERS[TYPES[string(resource["type"])]](drafts, flat, where, raw)


def _webhook(drafts: Drafts, delivery: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    """Read a delivery; its data has the members of a resource, mostly without JSON:API around them."""
    edge = {"type": delivery.get("event_type"), "id": delivery.get("event_id"), "issued_at": delivery.get("timestamp")}
    event, data, action = mapping(delivery.get("event")) or edge, mapping(delivery["data"]), mapping(delivery.get("action"))
    what, _, act = string(event["type"]).partition(".")
    inner = mapping(data.get(what)) or data
    flat = {"id": data.get("id"), **mapping(inner.get("attributes"))} if isinstance(inner.get("attributes"), dict) else dict(inner)
    if isinstance(data.get("incident"), dict) and "incident_id" not in flat:
        flat["incident_id"] = data["incident"].get("id")
    spot = f"{where}.data" if where != "the document" else "data"
    reader = READERS.get({"incident_event": "event", "incident_post_mortem": "post_mortem", "incident_status_page_event": "status_page_event"}.get(what, what))
    if act in ("action_triggered", "triggered"):
        who, about = name_of(data.get("triggered_by")), string(data.get("entity_id"))
        yield from drafts.incident(about) if about else ()
        text = f"Action run{f' by {who}' if who else ''}: {name_of(action) or 'unnamed'}"
        key = f"webhook:{string(event.get('id'))}"
        yield from drafts.event(event.get("issued_at"), text, key=key, where=where, raw=raw, rule=f"webhook {what}.{act}", kind="action", actor=who)
    elif what == "pulse":
        yield from _pulse(drafts, flat, spot, raw)
    elif reader is None or act.startswith("scheduled."):
        title = first(flat, "title", "name", "summary")
        if title and act.startswith("scheduled."):
            yield from _about(drafts, flat)
        yield from drafts.event(
            event.get("issued_at"),
            f"{spoken(what)} {spoken(act.replace('.', ' ')).lower()}" + (f": {title}" if title else ""),
            key=f"webhook:{string(event.get('id'))}",
            where=where,
            raw=raw,
            rule=f"webhook {what}.{act}",
            kind="status",
            salience=0 if reader is None else 1,
        )
    else:
        yield from reader(drafts, flat | ({"deleted_at": event.get("issued_at")} if act == "deleted" else {}), spot, raw)


def _about(drafts: Drafts, incident: Mapping[str, Any]) -> Iterator[Item]:
    severity = incident.get("severity")
    named = {label: strings(incident.get(member)) or _related(incident.get(member)) for label, member in LISTS}
    fields = [(name_of(each.get("custom_field")), string(each.get("value"))) for each in mappings(incident.get("custom_field_selections"))]
    labels = mapping(incident.get("labels"))
    yield from drafts.incident(
        string(incident.get("id")),
        title=first(incident, "title", "public_title"),
        summary=string(incident.get("summary")),
        severity=name_of(severity),
        services=named["service"] + named["functionality"],
        url=first(incident, "url", "short_url"),
        labels=[
            ("severity", name_of(severity)),
            ("kind", string(incident.get("kind"))),
            ("status", string(incident.get("status"))),
            *((label, name) for label, names in named.items() for name in names),
            *((name, string(value)) for name, value in labels.items()),
            *fields,
        ],
    )


LISTS = (("service", "services"), ("functionality", "functionalities"), ("team", "groups"), ("environment", "environments"), ("type", "incident_types"))


def _related(value: Any) -> list[str]:
    return [name_of(each) for each in mappings(mapping(value).get("data")) if name_of(each)]


def _incident(drafts: Drafts, incident: Mapping[str, Any], where: str, raw: str, start: str = "") -> Iterator[Item]:
    identity, title, url = string(incident.get("id")), first(incident, "title", "public_title", "slug"), first(incident, "url", "short_url")
    yield from _about(drafts, incident)
    severity = name_of(incident.get("severity"))
    started, created = incident.get("started_at"), incident.get("created_at")
    planned = incident.get("kind") in SCHEDULED
    stated = drafts.apart(started, created) and not planned
    yield from drafts.event(
        started or created,
        f"{'Maintenance' if planned else 'Incident'} {'started' if started else 'created'}: {title}" + (f" ({severity})" if severity else ""),
        key=start or f"{identity}:started",
        where=f"{where}.started_at",
        raw=raw,
        rule="incident started_at" if started else "incident created_at",
        kind="impact" if stated else "status",
        salience=2,
        actor=name_of(incident.get("started_by")) or name_of(incident.get("user")),
        url=url,
        milestone="impact_started" if stated else "",
        recorded=created if stated else None,
    )
    for member, word, by, message, kind, weight, milestone in TIMES:
        who, said = name_of(incident.get(by)) if by else "", plain(string(incident.get(message))) if message else ""
        yield from drafts.event(
            incident.get(member),
            f"{word}{f' by {who}' if who else ''}: {said or title}",
            key=f"{identity}:{member}",
            where=f"{where}.{member}",
            raw=part(incident, "id", "title", "status", member, message),
            rule=f"incident {member}",
            kind=kind,
            salience=weight,
            actor=who,
            url=url,
            milestone=milestone,
            needed=False,
        )
    for number, event in enumerate(mappings(incident.get("events"))):
        if "event" in event or "attributes" in event:
            yield from _event(drafts, {"id": event.get("id"), **event, **mapping(event.get("attributes"))}, f"{where}.events[{number}]", as_json(event))


def _event(drafts: Drafts, event: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    text, incident = plain(first(event, "event", "event_raw")), mapping(event.get("incident"))
    identity = string(event.get("incident_id")) or string(incident.get("id"))
    yield from _about(drafts, incident) if incident.get("title") else drafts.incident(identity) if identity else ()
    gone, changed = event.get("deleted_at"), drafts.apart(event.get("created_at"), event.get("updated_at"))
    yield from drafts.event(
        event.get("occurred_at") or event.get("created_at"),
        text or spoken(string(event.get("kind"))),
        key=f"event:{string(event.get('id'))}",
        timed=not event.get("id"),
        where=where,
        raw=raw,
        rule=f"incident event {string(event.get('kind'))}",
        kind="note" if event.get("source") in ("web", "slack", "api") and event.get("kind") != "trail" else "message",
        salience=2 if event.get("starred_at") else 1,
        said=text,
        actor=first(event, "user_display_name") or name_of(event.get("user")),
        recorded=event.get("created_at"),
        revised="deleted" if gone else "edited" if changed else "",
    )


def _action_item(drafts: Drafts, item: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    text, who, done = plain(first(item, "summary", "description")), name_of(item.get("assigned_to")), item.get("status") == "done"
    what, identity = "Follow-up" if item.get("kind") == "follow_up" else "Task", string(item.get("id"))
    if item.get("incident_id"):
        yield from drafts.incident(string(item["incident_id"]), title=string(item.get("incident_title")))
    yield from drafts.event(
        item.get("created_at"),
        f"{what} noted: {text}" + (f" ({who})" if who else ""),
        key=f"action_item:{identity}:created",
        where=where,
        raw=raw,
        rule=f"action item {string(item.get('kind'))}",
        kind="note",
        actor=who,
        url=first(item, "url"),
    )
    if done:
        yield from drafts.event(
            item.get("updated_at"),
            f"{what} done by then: {text}",
            key=f"action_item:{identity}:done",
            where=f"{where}.updated_at",
            raw=part(item, "id", "summary", "status", "updated_at"),
            rule="action item status done",
            kind="note",
            actor=who,
            needed=False,
        )


def _status_page_event(drafts: Drafts, event: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    status = spoken(string(event.get("status")))
    yield from drafts.incident(string(event.get("incident_id"))) if event.get("incident_id") else ()
    yield from drafts.event(
        event.get("started_at") or event.get("created_at"),
        f"Status page, {status.lower() or 'update'}: {plain(string(event.get('event')))}",
        key=f"status_page_event:{string(event.get('id'))}",
        where=where,
        raw=raw,
        rule=f"status page event {string(event.get('status'))}",
        kind="communication",
        actor="Rootly",
        recorded=event.get("created_at"),
        revised="deleted" if event.get("deleted_at") else "",
    )


def _sub_status(drafts: Drafts, status: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    name = name_of(status.get("sub_status")) or string(status.get("sub_status_id"))
    yield from drafts.incident(string(status.get("incident_id"))) if status.get("incident_id") else ()
    yield from drafts.event(
        status.get("assigned_at"),
        f"Sub-status set to {name}",
        key=f"sub_status:{string(status.get('id'))}",
        where=where,
        raw=raw,
        rule="incident sub-status assigned_at",
        kind="status",
        actor=name_of(status.get("assigned_by_user")),
    )


def _post_mortem(drafts: Drafts, report: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    """Read a retrospective: it repeats the times of its incident, under the incident's keys but for the start."""
    identity = string(report.get("incident_id"))
    about = {**report, "id": identity, "summary": report.get("content"), "created_at": report.get("started_at"), "deleted_at": None, "labels": {}}
    start = f"post_mortem:{string(report.get('id'))}:started_at"  # it does not say when the incident was declared, so nor who stated this
    yield from _incident(drafts, about, where, raw, start)
    title, url = string(report.get("title")), first(report, "url")
    for member, word in (("created_at", "begun"), ("published_at", "published"), ("deleted_at", "deleted")):
        yield from drafts.event(
            report.get(member),
            f"Retrospective {word}: {title}",
            key=f"post_mortem:{string(report.get('id'))}:{member}",
            where=f"{where}.{member}",
            raw=part(report, "id", "title", "status", member),
            rule=f"post-mortem {member}",
            kind="status",
            salience=0,
            url=url,
            needed=False,
        )


def _step(drafts: Drafts, step: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    stamp = step.get("status_changed_at") or step.get("created_at")
    text = f"Retrospective step {string(step.get('status')) or 'noted'}: {string(step.get('title'))}"
    yield from drafts.incident(string(step.get("incident_id"))) if step.get("incident_id") else ()
    key, rule = f"step:{string(step.get('id'))}:{string(step.get('status'))}", "retrospective step"
    yield from drafts.event(stamp, text, key=key, where=where, raw=raw, rule=rule, kind="status", salience=0)


def _alert(drafts: Drafts, alert: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    identity, title, url = string(alert.get("id")), plain(string(alert.get("summary"))), first(alert, "external_url", "url")
    description = plain(string(alert.get("description")))
    incidents = [each for each in mappings(alert.get("incidents")) if each.get("id")]
    key = string(incidents[0]["id"]) if incidents else first(alert, "deduplication_key", "external_id") or identity
    labels = [(first(each, "key", "name"), string(each.get("value"))) for each in mappings(alert.get("labels"))]
    labels += [(name, string(value)) for name, value in mapping(alert.get("labels")).items()]
    labels += [("source", string(alert.get("source"))), *(("team", name) for name in strings(alert.get("groups")))]
    yield from drafts.incident(
        key,
        title=first(incidents[0], "title") if incidents else title,
        summary=description,
        severity=name_of(alert.get("alert_urgency")) or dict(labels).get("severity", ""),
        services=strings(alert.get("services")),
        url=url,
        labels=labels,
    )
    for member, text, kind, milestone in (
        ("started_at", f"Alert: {title}" + (f"\n{description}" if description and description != title else ""), "alert", "detected"),
        ("ended_at", f"Alert ended: {title}", "recovery", ""),
    ):
        yield from drafts.event(
            alert.get(member) or (alert.get("created_at") if milestone else None),
            text,
            key=f"alert:{identity}:{member}",
            where=f"{where}.{member}",
            raw=raw if milestone else part(alert, "id", "summary", member),
            rule=f"alert {member}",
            kind=kind,
            salience=2 if milestone else 1,
            actor=spoken(string(alert.get("source"))),
            url=url,
            milestone=milestone,
            recorded=alert.get("created_at") if milestone else None,
            needed=bool(milestone),
        )


def _pulse(drafts: Drafts, pulse: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    """Read a pulse: something that changed, such as a deploy."""
    text = plain(first(pulse, "summary", "title"))
    stamp, key = pulse.get("started_at") or pulse.get("created_at"), f"pulse:{string(pulse.get('id'))}"
    yield from drafts.event(
        stamp, text or "Pulse", key=key, where=where, raw=raw, rule="pulse", kind="change", actor=string(pulse.get("source")), url=first(pulse, "external_url")
    )


def _setting(drafts: Drafts, setting: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    yield Rejected(where, "This is a setting of Rootly, not something that happened. Export incidents, their events or alerts.")


READERS = {
    "resource": _resource,
    "webhook": _webhook,
    "incident": _incident,
    "event": _event,
    "action_item": _action_item,
    "status_page_event": _status_page_event,
    "sub_status": _sub_status,
    "post_mortem": _post_mortem,
    "step": _step,
    "alert": _alert,
    "setting": _setting,
}
FORMAT = Format(
    vendor="Rootly",
    lists=("data", "included"),
    shape=_shape,
    readers=READERS,
    nothing="There is no incident, event, action item or alert of Rootly in this file. Save the answer of its API, such as /v1/incidents/{id}/events.",
    silent=frozenset({"beside"}),
)

SOURCE = Source(
    name="rootly",
    label="Rootly",
    detect=detect,
    read=read,
    docs="Rootly: JSON:API answers (incidents, events, action items, alerts, sub-statuses, status page events, retrospectives) and webhooks "
    "(https://docs.rootly.com/api-reference).",
)
