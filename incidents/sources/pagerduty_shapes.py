"""Pure. Recognising the objects that PagerDuty writes, and their common parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incidents.lib.text import clean_line, clean_text
from incidents.sources import wrapped
from incidents.sources.drafts import IncidentDraft
from incidents.sources.values import mapping, string

ONES = ("log_entry", "incident", "alert", "note", "change_event", "post_update", "event")


def unwrapped(value: Any) -> Any:
    """Return what a row or an envelope wraps."""
    return wrapped.unwrapped(value, shape_of)


def shape_of(value: Any) -> str:
    """Return what of PagerDuty's a value is, or "" for nothing of it."""
    if not isinstance(value, dict):
        return ""
    kind = string(value.get("type"))
    url = f"{string(value.get('html_url'))} {string(value.get('self'))}"
    if kind.endswith("_log_entry") or (kind.endswith("_log_entry_reference") and "created_at" in value):
        return "log_entry"
    if kind == "incident" or ("incident_number" in value and "service" in value) or ("pagerduty.com/incidents/" in url and "title" in value):
        return "incident"
    if kind == "alert" and ("alert_key" in value or "pagerduty.com" in url):
        return "alert"
    if isinstance(value.get("event_type"), str) and "occurred_at" in value and isinstance(value.get("data"), dict):
        return "webhook"
    if string(value.get("event")).startswith("incident.") and ("log_entries" in value or isinstance(value.get("incident"), dict)):
        return "message"
    if "content" in value and "created_at" in value and isinstance(value.get("user"), dict) and "summary" in value["user"]:
        return "note"
    if "routing_key" in value or ("service_key" in value and "event_type" in value):
        return "sent"
    if "integration" in value and "timestamp" in value and "summary" in value and "services" in value:
        return "change_event"
    if "reported_at" in value and "message" in value and isinstance(value.get("post"), dict):
        return "post_update"
    named = [key for key in ONES if isinstance(value.get(key), dict) and shape_of(value[key])]
    return f"one {named[0]}" if named else ""


def as_incident(incident: Mapping[str, Any]) -> IncidentDraft:
    service = summary_of(incident.get("service"))
    priority = summary_of(incident.get("priority")) or string(incident.get("urgency"))
    return IncidentDraft(
        title=clean_line(string(incident.get("title")) or title_of(incident.get("summary"))),
        summary=clean_text(string(incident.get("description")), limit=20_000),
        severity=clean_line(priority, limit=60),
        services=(clean_line(service, limit=200),) if service else (),
        url=clean_line(link_of(incident), limit=1000),
    )


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


def link_of(value: Mapping[str, Any]) -> str:
    return string(value.get("html_url"))
