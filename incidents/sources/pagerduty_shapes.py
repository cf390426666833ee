"""Pure. Recognising the objects that PagerDuty writes, and their common parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incidents.lib.text import clean_line, clean_text
from incidents.sources.drafts import IncidentDraft
from incidents.sources.members import as_json, mapping, mappings, string

# Beginning of a log entry's type or of a webhook's event type -> kind, weight, milestone that it states.
KINDS: tuple[tuple[str, str, int, str], ...] = (
    ("trigger", "alert", 2, "detected"),
    ("acknowledge", "acknowledgement", 2, "acknowledged"),
    ("resolve", "resolution", 2, "resolved"),
    ("escalate", "escalation", 1, ""),
    ("exhaust_escalation", "escalation", 2, ""),
    ("repeat_escalation", "escalation", 1, ""),
    ("delegate", "escalation", 1, ""),
    ("reassign", "role", 1, ""),
    ("assign", "role", 1, ""),
    ("notify", "page", 1, ""),
    ("responder", "role", 1, ""),
    ("request_responder", "role", 1, ""),
    ("add_responder", "role", 1, ""),
    ("annotate", "note", 1, ""),
    ("status_update", "communication", 1, ""),
    ("subscriber", "communication", 0, ""),
    ("priority", "severity", 2, ""),
    ("urgency", "severity", 1, ""),
    ("unacknowledge", "status", 1, ""),
    ("reopen", "status", 2, ""),
    ("snooze", "status", 1, ""),
    ("merge", "status", 1, ""),
    ("reach_", "status", 0, ""),
    ("conference_bridge", "communication", 0, ""),
    ("custom_field", "status", 0, ""),
    ("field_value", "status", 0, ""),
    ("workflow", "status", 0, ""),
)
ONES = (
    *("log_entry", "incident", "alert", "note", "change_event", "post_update", "event"),
    *("responder_request", "post", "postmortem", "outlier_incident", "status_update"),
)
LISTS = ("log_entries", "incidents", "alerts", "notes", "messages", "change_events", "events", "post_updates", "posts", "related_incidents", "data")


def shape_of(value: Any) -> str:
    """Return what of PagerDuty's a value is, or "" for nothing of it."""
    if not isinstance(value, dict):
        return ""
    kind = string(value.get("type"))
    url = f"{string(value.get('html_url'))} {string(value.get('self'))}"
    if kind.endswith("_log_entry") or (kind.endswith("_log_entry_reference") and "created_at" in value):
        return "log_entry"
    if "seconds_to_first_ack" in value and "created_at" in value:
        return "analytics"
    if (
        (kind == "incident" and "requester_id" not in value and any(key in value for key in ("html_url", "self", "service", "urgency", "created_at")))
        or ("incident_number" in value and "service" in value)
        or ("pagerduty.com/incidents/" in url and "title" in value)
    ):
        return "incident"
    if kind == "alert" and ("alert_key" in value or "pagerduty.com" in url):
        return "alert"
    if isinstance(value.get("event_type"), str) and "occurred_at" in value and isinstance(value.get("data"), dict):
        return "webhook"
    if kind.startswith("incident.") and "created_on" in value and isinstance(mapping(value.get("data")).get("incident"), dict):
        return "first_message"
    if string(value.get("event")).startswith("incident.") and ("log_entries" in value or shape_of(value.get("incident")) == "incident"):
        return "message"
    if "content" in value and "created_at" in value and isinstance(value.get("user"), dict) and "summary" in value["user"]:
        return "note"
    if "message" in value and "created_at" in value and isinstance(value.get("sender"), dict) and "summary" in value["sender"]:
        return "note"  # an update of the status, for those who wait
    if ("routing_key" in value and ("event_action" in value or "payload" in value)) or ("service_key" in value and "event_type" in value):
        return "sent"
    if "integration" in value and "timestamp" in value and "summary" in value and "services" in value:
        return "change_event"
    if "reported_at" in value and "message" in value and isinstance(value.get("post"), dict):
        return "post_update"
    if "requested_at" in value and "responder_request_targets" in value:
        return "responder_request"
    if kind == "status_page_post" and "starts_at" in value:
        return "post"
    named = [key for key in ONES if isinstance(value.get(key), dict) and shape_of(value[key])]
    return f"one {named[0]}" if named else ""


def as_incident(incident: Mapping[str, Any]) -> IncidentDraft:
    """Return what an incident says about itself, or a reference to it: then its id and title."""
    service, priority = summary_of(incident.get("service")), summary_of(incident.get("priority"))
    number = string(incident.get("id")) or string(incident.get("html_url")).partition("/incidents/")[2].partition("/")[0]
    labels = [
        ("service", service),
        ("priority", priority),
        ("urgency", string(incident.get("urgency"))),
        ("severity", string(incident.get("severity"))),
        ("escalation_policy", summary_of(incident.get("escalation_policy"))),
        *(("team", summary_of(team)) for team in mappings(incident.get("teams"))),
    ]
    return IncidentDraft(
        title=clean_line(string(incident.get("title")) or title_of(incident.get("summary"))),
        summary=clean_text(string(incident.get("description")), limit=20_000),
        severity=clean_line(priority or string(incident.get("urgency")) or string(incident.get("severity")), limit=60),
        services=(clean_line(service, limit=200),) if service else (),
        url=clean_line(link_of(incident), limit=1000),
        key=clean_line(number or string(incident.get("incident_key")), limit=200),
        labels=labelled(labels),
    )


def as_second(incident: Mapping[str, Any], moment: Any) -> Mapping[str, Any]:
    """Return an incident of a webhook v1, whose state was so at that moment, in the shape of the REST API."""
    trigger = mapping(incident.get("trigger_summary_data"))
    people = {name: [{"at": each.get("at"), "who": each.get("object")} for each in mappings(incident.get(name))] for name in ("assigned_to", "acknowledgers")}
    return {
        **incident,
        "title": string(trigger.get("subject")) or string(trigger.get("description")) or string(incident.get("incident_key")),
        "created_at": incident.get("created_on"),
        "last_status_change_at": incident.get("last_status_change_on") or moment,
        "last_status_change_by": incident.get("resolved_by_user") or incident.get("last_status_change_by"),
        "assignments": [{"at": each["at"], "assignee": each["who"]} for each in people["assigned_to"]],
        "acknowledgements": [{"at": each["at"], "acknowledger": each["who"]} for each in people["acknowledgers"]],
    }


def as_sent(event: Mapping[str, Any]) -> IncidentDraft:
    """Return what an event that a monitor sends says about the alert it opens."""
    body = mapping(event.get("payload"))
    service = string(body.get("component"))
    return IncidentDraft(
        title=clean_line(string(body.get("summary")) or string(event.get("description"))),
        severity=clean_line(string(body.get("severity")), limit=60),
        services=(clean_line(service, limit=200),) if service else (),
        key=clean_line(string(event.get("dedup_key")) or string(event.get("incident_key")), limit=200),
        labels=labelled([(name, string(body.get(name))) for name in ("severity", "source", "component", "group", "class")]),
    )


def as_analysed(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an incident of the analytics in the shape of the REST API; the first acknowledgement is told in seconds after the start."""
    named = {name: {"summary": row.get(f"{name}_name")} for name in ("service", "priority", "escalation_policy")}
    return {**row, **named, "title": row.get("description"), "description": "", "teams": [{"summary": row.get("team_name")}]}


def labelled(pairs: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, clean_line(value, limit=200)) for name, value in pairs if value)


def incident_id(value: Mapping[str, Any]) -> str:
    incident = mapping(value.get("incident")) or (value if value.get("type") == "incident" else {})
    url = string(incident.get("html_url")) or string(mapping(value).get("html_url"))
    return string(incident.get("id")) or (url.partition("/incidents/")[2].partition("/")[0] if "/incidents/" in url else "")


def agent_of(value: Mapping[str, Any]) -> str:
    return summary_of(value.get("agent")) or summary_of(value.get("user"))


def summary_of(value: Any) -> str:
    found = mapping(value)
    return string(found.get("summary")) or string(found.get("name"))


def title_of(value: Any) -> str:
    """Return "The server is down" of "[#12] The server is down"."""
    text = string(value)
    return text.partition("] ")[2] or text if text.startswith("[#") else text


def told(value: Any) -> str:
    """Return the value of a custom field as a reader sees it."""
    return ", ".join(map(told, value)) if isinstance(value, list) else "nothing" if value in (None, "") else as_json(value).strip('"')


def link_of(value: Mapping[str, Any]) -> str:
    return string(value.get("html_url"))
