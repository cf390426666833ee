"""Pure. Google Cloud Monitoring: webhooks of alerting incidents (versions 1.0, 1.1, 1.2 and test), through Pub/Sub too, and alerts of the API.

https://cloud.google.com/monitoring/support/notification-options#webhooks and
https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alerts define what is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.lib import strict_json
from incidents.lib.strict_json import JsonError
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.envelopes import certainty
from incidents.sources.markup import plain
from incidents.sources.members import digest, first_of, line_of, mapping, string
from incidents.sources.reading import Fact, read_facts

LISTS = ("alerts", "receivedMessages", "incidents")
OURS = {"policy_name", "condition_name", "resource_name", "resource_id", "scoping_project_id", "condition", "resource_type_display_name"}

PREFIX = re.compile(r"^\[(?:ALERT|RESOLVED|ACKNOWLEDGED)[^\]\n]{0,40}\]\s*", re.IGNORECASE)


def shape_of(value: Mapping[str, Any]) -> str:
    """Return what of Cloud Monitoring's an object is, or "" for nothing of it."""
    incident = value.get("incident")
    if isinstance(incident, dict) and _is_incident(incident):
        return "body"
    if _is_incident(value):
        return "incident"
    return "alert" if "openTime" in value and isinstance(value.get("policy"), dict) and string(value.get("name")).startswith("projects/") else ""


def _is_incident(value: Mapping[str, Any]) -> bool:
    return "incident_id" in value and "state" in value and ("started_at" in value or len(OURS & value.keys()) >= 2) and bool(OURS & value.keys())


BACK = re.compile(r"\breturned to\b|\bback to normal\b|\bno longer\b|\brecovered\b", re.IGNORECASE)  # said of the close, not of the opening


def facts(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    shape = shape_of(value)
    if shape == "alert":
        yield from _alert(value)
    else:
        yield from _incident(value["incident"] if shape == "body" else value, ".incident" if shape == "body" else "")


def _incident(incident: Mapping[str, Any], part: str) -> Iterator[Fact | IncidentDraft | Rejected]:
    key = f"incident {string(incident.get('incident_id'))}"
    policy, condition = (
        string(incident.get("policy_name")),
        string(first_of(incident, "condition_name")) or string(mapping(incident.get("condition")).get("displayName")),
    )
    resource = string(first_of(incident, "resource_display_name", "resource_name", "resource_id"))
    document = mapping(incident.get("documentation"))
    subject, summary = string(document.get("subject")), plain(incident.get("summary") or "", 2000)
    advice = _document(document.get("content"))
    metric, held = mapping(incident.get("metric")), mapping(incident.get("resource"))
    labels = {**mapping(incident.get("policy_user_labels")), **mapping(mapping(incident.get("metadata")).get("user_labels")), **mapping(held.get("labels"))}
    severity = string(incident.get("severity")) or string(mapping(mapping(incident.get("metadata")).get("system_labels")).get("severity"))
    link = string(incident.get("url"))
    title = PREFIX.sub("", subject) or line_of("" if policy.startswith("projects/") else policy, condition) or summary or "Incident"
    yield about(
        title=title,
        summary="\n".join(filter(None, (summary, advice))),
        severity="" if severity.lower() == "no severity" else severity,
        services=[string(labels.get("service"))],
        url=link,
        key=key,
        labels={**labels, "policy": policy, "condition": condition, "project": incident.get("scoping_project_id"), "metric": metric.get("type")},
    )
    text = line_of(title, summary) + (f" ({resource})" if resource and resource not in summary + title else "")
    state = string(incident.get("state")).lower()
    seen = f"\nObserved {string(incident['observed_value'])}" if string(incident.get("observed_value")) else ""
    seen += f", threshold {string(incident['threshold_value'])}" if seen and string(incident.get("threshold_value")) else ""
    opening = line_of(title) + (f" ({resource})" if resource and resource not in title else "") if BACK.search(summary) else text
    more = f"\n{advice}" if advice and advice not in text else ""
    yield Fact(
        incident.get("started_at"), f"Alert: {opening}{seen}{more}", f"{key}:open", "alert", "incident started_at", "Cloud Monitoring", link, "detected",
        part=f"{part}.started_at",
    )  # fmt: skip
    if ended := incident.get("ended_at"):
        yield Fact(ended, f"Alert closed: {text}", f"{key}:closed", "recovery", "incident ended_at", "Cloud Monitoring", link, part=f"{part}.ended_at")
    elif state == "closed":
        yield Rejected(f"{part}.ended_at", "The incident is closed, but it does not say since when.")
    if state == "acknowledged" or incident.get("acknowledged_at"):
        yield Fact(
            incident.get("acknowledged_at"),
            f"Acknowledged: {text}",
            f"{key}:acknowledged",
            "acknowledgement",
            "incident acknowledged_at",
            "",
            link,
            "acknowledged",
            2,
        )


def _document(content: Any) -> str:
    """Return the policy's documentation as text; some teams put JSON there."""
    text = string(content).strip()
    if text.startswith("{"):
        try:
            found = strict_json.loads(text)
        except JsonError:
            found = {}
        return string(first_of(found, "summary", "description", "message")) if isinstance(found, dict) else ""
    return plain(text, 2000)


def _alert(alert: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    policy, held, metric = mapping(alert.get("policy")), mapping(alert.get("resource")), mapping(alert.get("metric"))
    key = f"incident {string(alert['name']).rpartition('/')[2] or digest(string(alert['name']))}"
    title = string(policy.get("displayName")) or "Alert"
    severity = string(policy.get("severity"))
    labels = {**mapping(policy.get("userLabels")), **mapping(held.get("labels")), "metric": metric.get("type")}
    yield about(title, "", "" if severity == "SEVERITY_UNSPECIFIED" else severity, [string(labels.get("service"))], key=key, labels=labels)
    where = ", ".join(f"{name}={string(each)}" for name, each in list(mapping(held.get("labels")).items())[:4] if string(each))
    text = title + (f" ({where})" if where else "")
    yield Fact(alert["openTime"], f"Alert: {text}", f"{key}:open", "alert", "alert openTime", "Cloud Monitoring", milestone="detected", part=".openTime")
    if closed := alert.get("closeTime"):
        yield Fact(closed, f"Alert closed: {text}", f"{key}:closed", "recovery", "alert closeTime", "Cloud Monitoring", part=".closeTime")


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_facts(payload, options, shape_of, facts, "Google Cloud Monitoring", LISTS)


SOURCE = Source(
    name="gcp_monitoring",
    label="Google Cloud Monitoring",
    detect=detect,
    read=read,
    docs="Google Cloud Monitoring (Stackdriver): webhooks of alerting incidents of versions 1.0 to 1.2, bare or through Pub/Sub, and alerts of its API "
    "(https://cloud.google.com/monitoring/support/notification-options#webhooks).",
)
