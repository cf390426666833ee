"""Pure. incident.io: answers of its API versions 1 and 2 (incidents, updates, actions, follow-ups, alerts) and its webhooks.

https://docs.incident.io/api-reference and https://api-docs.incident.io/tag/Webhooks/ define what is read.
A timestamp of an incident is what the organisation calls it: its name decides which milestone it states, and the name is kept in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import Drafts
from incidents.sources.drafts import ReadOptions, Rejected
from incidents.sources.markup import plain
from incidents.sources.members import as_json, changed, first, mapping, mappings, name_of, part, spoken, string
from incidents.sources.reading import Format, certainty, nothing_of, read_objects

ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
# Name of a timestamp -> kind, weight, milestone. The first that matches decides.
TIMESTAMPS: tuple[tuple[re.Pattern[str], tuple[str, int, str]], ...] = tuple(
    (re.compile(pattern, re.I), reading)
    for pattern, reading in (
        (r"\b(?:impact|outage|incident|problem|issue|degradation)\W+(?:has |was )?(?:start|beg[aiu]n|onset)|^start(?:ed)?\b", ("impact", 2, "impact_started")),
        (r"\b(?:impact|outage)\W+(?:has |was )?(?:end|stop|over|mitigat)|\bmitigat|\bfixed\b|\bstabili[sz]ed\b|\bcontained\b", ("mitigation", 2, "mitigated")),
        (r"\bdetect|\breported\b|\bdiscovered\b|\balerted\b|\btriggered\b", ("alert", 2, "detected")),
        (r"\baccepted\b|\backnowledg|\backed\b|\bresponded\b", ("acknowledgement", 2, "acknowledged")),
        (r"\bresolved\b|\brecovered\b", ("resolution", 2, "resolved")),
        (r"last.activity", ("status", 0, "")),
    )
)
# Name or category of a status -> kind, weight. A status says where the response stands; milestones are the timestamps'.
STATUSES = {"monitoring": ("mitigation", 2), "resolved": ("resolution", 2), "closed": ("resolution", 2), "fixed": ("mitigation", 2)}
# Members of what describes an organisation's set-up: statuses, severities, roles, types, timestamps, sources and routes of alerts. Nothing happened there.
SETTINGS = ("rank", "role_type", "create_in_triage", "source_type", "alert_sources", "sort_key", "array")


def detect(payload: Payload) -> int:
    return certainty(payload, FORMAT)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_objects(payload, options, FORMAT)


def _shape(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    kind = value.get("event_type")
    if isinstance(kind, str) and "." in kind and isinstance(value.get(kind), dict):
        return "webhook"
    if "incident_role_assignments" in value or ("incident_timestamp_values" in value and "name" in value):
        return "incident"
    if isinstance(value.get("alert"), dict) and "alert_source_id" in value["alert"]:
        return "incident_alert"
    if "alert_source_id" in value and "title" in value:
        return "alert"
    if ULID.fullmatch(string(value.get("incident_id"))) and "created_at" in value:
        if "updater" in value or "new_incident_status" in value:
            return "update"
        if "status" in value and ("assignee" in value or "completed_at" in value):
            return "follow_up" if "title" in value or value.get("follow_up") is True else "action"
    return "setting" if ULID.fullmatch(string(value.get("id"))) and any(key in value for key in SETTINGS) else ""


def _incident(drafts: Drafts, incident: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    identity, title, url = string(incident.get("id")), string(incident.get("name")), string(incident.get("permalink"))
    severity, status = name_of(mapping(incident.get("severity"))), mapping(incident.get("incident_status"))
    fields = [
        (string(mapping(entry.get("custom_field")).get("name")), _value(value))
        for entry in mappings(incident.get("custom_field_entries"))
        for value in mappings(entry.get("values"))
    ]
    yield from drafts.incident(
        identity,
        title=title,
        summary=string(incident.get("summary")),
        severity=severity,
        services=[value for name, value in fields if "service" in name.lower()],
        url=url,
        labels=[
            ("reference", string(incident.get("reference"))),
            ("severity", severity),
            ("type", name_of(mapping(incident.get("incident_type")))),
            ("status", first(status, "name") or string(incident.get("status"))),
            ("mode", string(incident.get("mode"))),
            *fields,
        ],
    )
    created = drafts.at(incident.get("created_at"))
    said = False
    for number, each in enumerate(mappings(incident.get("incident_timestamp_values"))):
        value = mapping(each.get("value"))
        stamp, what = value.get("value"), mapping(each.get("incident_timestamp"))
        name = string(what.get("name")) or "Timestamp"
        said = said or (created is not None and drafts.at(stamp) == created and "report" in name.lower())
        spot, key = f"{where}.incident_timestamp_values[{number}]", f"{identity}:timestamp:{first(what, 'id', 'name')}"
        yield from _timestamp(drafts, stamp, name, title, key, spot, as_json(each), url)
    for number, each in enumerate(mappings(incident.get("timestamps"))):  # version 1
        name = string(each.get("name"))
        yield from _timestamp(
            drafts,
            each.get("last_occurred_at"),
            spoken(name),
            title,
            f"{identity}:timestamp:{name}",
            f"{where}.timestamps[{number}]",
            as_json(each),
            url,
        )
    if not said:
        yield from drafts.event(
            incident.get("created_at"),
            f"Incident declared: {title}" + (f" ({severity})" if severity else ""),
            key=f"{identity}:created",
            where=where,
            raw=raw,
            rule="incident created_at",
            kind="status",
            salience=2,
            actor=name_of(incident.get("creator")),
            url=url,
        )


def _timestamp(drafts: Drafts, stamp: Any, name: str, title: str, key: str, where: str, raw: str, url: str) -> Iterator[Item]:
    kind, weight, milestone = next((reading for pattern, reading in TIMESTAMPS if pattern.search(name)), ("status", 1, ""))
    text = f"{name.removesuffix(' at')}: {title}"
    yield from drafts.event(
        stamp, text, key=key, where=where, raw=raw, rule=f"timestamp {name}", kind=kind, salience=weight, url=url, milestone=milestone, needed=False
    )


def _value(value: Mapping[str, Any]) -> str:
    for key in ("value_catalog_entry", "value_option"):
        if found := first(mapping(value.get(key)), "name", "value"):
            return found
    return first(value, "value_text", "value_numeric", "value_link")


def _status(name: str, category: str) -> tuple[str, int]:
    return STATUSES.get(name.lower()) or STATUSES.get(category.lower()) or ("status", 1)


def _update(drafts: Drafts, update: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    identity, who, stamp = string(update.get("id")), name_of(update.get("updater")), update.get("created_at")
    yield from drafts.incident(string(update.get("incident_id")))
    if message := plain(string(update.get("message"))):
        yield from drafts.event(
            stamp, f"Update: {message}", key=identity, where=where, raw=raw, rule="incident update", kind="communication", said=message, actor=who
        )
    status, severity = mapping(update.get("new_incident_status")), mapping(update.get("new_severity"))
    if status:
        kind, weight = _status(name_of(status), first(status, "category"))
        old = name_of(mapping(update.get("previous_incident_status")))
        yield from drafts.event(
            stamp,
            changed("Status", old, name_of(status)),
            key=f"{identity}:status",
            where=f"{where}.new_incident_status",
            raw=part(update, "id", "incident_id", "created_at", "new_incident_status"),
            rule=f"status {name_of(status)}",
            kind=kind,
            salience=weight,
            actor=who,
        )
    if severity:
        yield from drafts.event(
            stamp,
            changed("Severity", name_of(mapping(update.get("previous_severity"))), name_of(severity)),
            key=f"{identity}:severity",
            where=f"{where}.new_severity",
            raw=part(update, "id", "incident_id", "created_at", "new_severity"),
            rule="new_severity",
            kind="severity",
            salience=2,
            actor=who,
        )
    if merged := string(update.get("merged_into_incident_id")):
        yield from drafts.event(
            stamp, f"Merged into incident {merged}", key=f"{identity}:merged", where=where, raw=raw, rule="merged_into_incident_id", kind="status", actor=who
        )
    if not (message or status or severity or merged):
        yield from drafts.event(stamp, "Update without a message", key=identity, where=where, raw=raw, rule="incident update", kind="status", actor=who)


def _action(drafts: Drafts, action: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    yield from _item(drafts, action, "Action", where, raw)


def _follow_up(drafts: Drafts, action: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    yield from _item(drafts, action, "Follow-up", where, raw)


def _item(drafts: Drafts, action: Mapping[str, Any], what: str, where: str, raw: str) -> Iterator[Item]:
    identity, who, text = string(action.get("id")), name_of(mapping(action.get("assignee"))), plain(first(action, "title", "description"))
    yield from drafts.incident(string(action.get("incident_id")))
    yield from drafts.event(
        action.get("created_at"),
        f"{what} noted: {text}" + (f" ({who})" if who else ""),
        key=f"{identity}:created",
        where=where,
        raw=raw,
        rule=f"{what.lower()} created_at",
        kind="note",
        actor=name_of(mapping(action.get("creator"))) or who,
    )
    yield from drafts.event(
        action.get("completed_at"),
        f"{what} completed: {text}" + (f" ({who})" if who else ""),
        key=f"{identity}:completed",
        where=f"{where}.completed_at",
        raw=part(action, "id", "incident_id", "title", "description", "status", "completed_at"),
        rule=f"{what.lower()} completed_at",
        kind="action" if what == "Action" else "note",
        actor=who,
        needed=False,
    )


def _incident_alert(drafts: Drafts, link: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    about = mapping(link.get("incident"))
    if about.get("id"):
        labels = [("reference", string(about.get("reference")))]
        yield from drafts.incident(string(about["id"]), title=string(about.get("name")), summary=string(about.get("summary")), labels=labels)
    yield from _alert(drafts, mapping(link.get("alert")), f"{where}.alert", raw)


def _alert(drafts: Drafts, alert: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    identity, title, url = string(alert.get("id")), plain(string(alert.get("title"))), string(alert.get("source_url"))
    description = plain(string(alert.get("description")))
    attributes = [
        (name_of(mapping(each.get("attribute")).get("name")), first(mapping(each.get("value")), "label", "literal"))
        for each in mappings(alert.get("attributes"))
    ]
    if not drafts.incidents:  # an alert by itself
        services = [value for name, value in attributes if "service" in name.lower()]
        severity = next((value for name, value in attributes if name.lower() in ("severity", "priority")), "")
        key = string(alert.get("deduplication_key")) or identity
        yield from drafts.incident(key, title=title, summary=description, severity=severity, services=services, url=url, labels=attributes)
    yield from drafts.event(
        alert.get("created_at"),
        f"Alert: {title}" + (f"\n{description}" if description and description != title else ""),
        key=f"alert:{identity}:created",
        where=where,
        raw=raw,
        rule="alert created_at",
        kind="alert",
        salience=2,
        actor="incident.io",
        url=url,
        milestone="detected",
    )
    yield from drafts.event(
        alert.get("resolved_at"),
        f"Alert resolved: {title}",
        key=f"alert:{identity}:resolved",
        where=f"{where}.resolved_at",
        raw=part(alert, "id", "title", "status", "resolved_at"),
        rule="alert resolved_at",
        kind="recovery",
        actor="incident.io",
        url=url,
        needed=False,
    )


def _webhook(drafts: Drafts, delivery: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    kind = string(delivery["event_type"])
    about = mapping(delivery[kind])
    spot = f"{where}.{kind}" if where != "the document" else kind
    incident, status = mapping(about.get("incident")), mapping(about.get("new_status"))
    if status and incident:
        yield from _incident(drafts, incident, f"{spot}.incident", as_json(incident))
        message = plain(string(about.get("message")))
        sort, weight = _status(name_of(status), first(status, "category"))
        text = changed("Status", name_of(mapping(about.get("previous_status"))), name_of(status))
        yield from drafts.event(
            incident.get("updated_at"),  # a delivery has no time of its own
            f"{text}: {message}" if message else text,
            key=f"{string(incident.get('id'))}:status:{name_of(status)}",
            timed=True,
            where=spot,
            raw=raw,
            rule=f"status {name_of(status)}",
            kind=sort,
            salience=weight,
            url=string(incident.get("permalink")),
        )
    elif shape := _shape(about) or _shape_of_delivery(kind, about):
        yield from READERS[shape](drafts, about, spot, raw)
    elif (told := next((each for each in (about, *map(mapping, about.values())) if _when(each)), None)) is not None:
        yield from _other(drafts, told, kind, spot, raw)
    else:
        if identity := first(about, "incident_id", "id"):
            yield from drafts.incident(identity)
        yield Rejected(
            spot, f"A delivery of type “{kind}” holds no time and no words, as those about private incidents do. Import the incident through the API."
        )


def _shape_of_delivery(kind: str, about: Mapping[str, Any]) -> str:
    """Return what the type of a delivery says that it holds, whatever its ids look like."""
    what = kind.partition(".")[2]
    return next((shape for shape in ("follow_up", "action") if what.startswith(shape) and "created_at" in about), "")


def _when(value: Mapping[str, Any]) -> str:
    return first(value, "occurred_at", "published_at", "updated_at", "created_at")


def _other(drafts: Drafts, told: Mapping[str, Any], kind: str, where: str, raw: str) -> Iterator[Item]:
    """Read a delivery about something else: an escalation, an update of a status page, a post-mortem, a shift."""
    words = plain(first(told, "title", "name", "message", "summary"))
    status = string(told.get("status")) or name_of(mapping(told.get("status")))
    what = spoken(re.sub(r"_v\d+$", "", kind).rpartition(".")[2])
    sort, weight, milestone = next((reading for start, reading in OTHERS if kind.partition(".")[2].startswith(start)), ("status", 0, ""))
    if kind.partition(".")[2].startswith("escalation") and status in ("acked", "acknowledged"):
        sort, weight, milestone = "acknowledgement", 2, "acknowledged"
    if kind.startswith("status_page"):
        sort, weight = "communication", 1
    yield from drafts.event(
        told.get("created_at") if "_created" in kind and told.get("created_at") else _when(told),
        what + (f" ({status})" if status else "") + (f": {words}" if words else ""),
        key=f"{kind}:{string(told.get('id'))}:{status}",
        timed=True,
        where=where,
        raw=raw,
        rule=f"webhook {kind}",
        kind=sort,
        salience=weight,
        actor=name_of(mapping(told.get("creator"))) or name_of(mapping(told.get("updater"))),
        url=first(told, "permalink", "url"),
        milestone=milestone,
    )


# Beginning of what else a delivery is about -> kind, weight, milestone.
OTHERS: tuple[tuple[str, tuple[str, int, str]], ...] = (("escalation", ("page", 1, "")),)
READERS = {
    "setting": nothing_of,
    "webhook": _webhook,
    "incident": _incident,
    "incident_alert": _incident_alert,
    "alert": _alert,
    "update": _update,
    "action": _action,
    "follow_up": _follow_up,
}
FORMAT = Format(
    vendor="incident.io",
    lists=(
        *("incidents", "incident_updates", "actions", "follow_ups", "incident_alerts", "alerts"),
        *("incident_statuses", "incident_types", "incident_roles", "incident_timestamps", "severities", "alert_sources", "alert_routes", "alert_attributes"),
    ),
    shape=_shape,
    readers=READERS,
    nothing="There is no incident, update, action, follow-up or alert of incident.io in this file. Save the answer of its API, such as "
    "/v2/incidents/{id} or /v2/incident_updates?incident_id={id}.",
)

SOURCE = Source(
    name="incident_io",
    label="incident.io",
    detect=detect,
    read=read,
    docs="incident.io: answers of its API versions 1 and 2 (incidents with their timestamps, updates, actions, follow-ups, alerts) and its webhooks "
    "(https://docs.incident.io/api-reference).",
)
