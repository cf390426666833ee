"""Pure. Records of Azure's activity log, as alerts send them and as its API lists them: deeds, Service Health, Resource Health.

https://learn.microsoft.com/azure/azure-monitor/essentials/activity-log-schema defines them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.drafting import about
from incidents.sources.drafts import IncidentDraft, Rejected
from incidents.sources.markup import plain
from incidents.sources.members import digest, first_of, line_of, mapping, string
from incidents.sources.reading import Fact

STAGES = {"active": ("alert", "Azure reports"), "resolved": ("recovery", "Azure says resolved"), "rca": ("communication", "Azure gives the cause")}


def is_record(value: Mapping[str, Any]) -> bool:
    return "eventTimestamp" in value and "operationName" in value and ("eventDataId" in value or "correlationId" in value)


def said_by(value: Any) -> str:
    """Return a value that an alert writes as text and the API as an object of value and localizedValue."""
    return string(value) or string(first_of(mapping(value), "localizedValue", "value"))


def facts(record: Mapping[str, Any], part: str) -> Iterator[Fact | IncidentDraft | Rejected]:
    held = mapping(record.get("properties"))
    if (
        is_service_health(record)
        or said_by(record.get("eventSource")) == "ServiceHealth"
        or said_by(record.get("category")) in ("ServiceHealth", "Service Health")
    ):
        yield from service_facts(record, part)
        return
    operation, status = said_by(record.get("operationName")), said_by(record.get("status"))
    resource = string(first_of(record, "resourceId", "resourceUri")).rstrip("/").rpartition("/")[2]
    category = said_by(first_of(record, "eventSource", "category"))
    identity = string(record.get("eventDataId")) or digest(f"{record.get('correlationId')}{record.get('eventTimestamp')}{status}")
    at, caller = record.get("eventTimestamp"), string(record.get("caller"))
    kind, weight, milestone = ("change", 1, "") if category in ("", "Administrative", "Policy", "Autoscale") else ("status", 1, "")
    text = line_of(operation, resource) + (f" ({status})" if status else "")
    if category == "ResourceHealth" or "currentHealthStatus" in held:
        now, before = string(held.get("currentHealthStatus")), string(held.get("previousHealthStatus"))
        kind = "recovery" if now == "Available" else "alert"
        text = (
            f"{resource or 'Resource'} is {now}"
            + (f", was {before}" if before else "")
            + (f": {plain(held['title'], 500)}" if string(held.get("title")) else "")
        )
        milestone = "detected" if kind == "alert" and before == "Available" else ""
    elif status.lower() in ("started", "accepted"):
        weight = 0
    more = plain(first_of(record, "description") or first_of(held, "cause", "message", "statusMessage") or "", 1000)
    text = f"{text}\n{more}" if more and not more.startswith("{") and more not in text else text
    yield Fact(
        at,
        text,
        f"activity {identity}",
        kind,
        f"activity log {category or 'record'}",
        caller or "Azure",
        "",
        milestone,
        weight,
        part,
        record.get("submissionTimestamp"),
    )


def is_service_health(record: Mapping[str, Any]) -> bool:
    return bool({"incidentType", "trackingId"} & mapping(record.get("properties")).keys())


def service_facts(record: Mapping[str, Any], part: str) -> Iterator[Fact | IncidentDraft]:
    """Read one word of Azure about its own service. That its service suffered is no statement about ours: it states no milestone."""
    held = mapping(record.get("properties"))
    title, tracking = plain(first_of(held, "title", "defaultLanguageTitle") or record.get("description") or "", 300), string(held.get("trackingId"))
    service, region, stage = (string(held.get(name)) for name in ("service", "region", "stage"))
    kind, word = STAGES.get(stage.lower(), ("communication", "Azure reports"))
    if string(held.get("incidentType")) not in ("Incident", ""):
        kind = "change" if held["incidentType"] == "Maintenance" else "communication"
    key = f"service health {tracking or string(record.get('correlationId'))}"
    yield about(title, "", "", [service], "", key, {"service": service, "region": region})
    body = plain(first_of(held, "communication", "defaultLanguageContent") or "", 3000)
    head = f"{word}: {line_of(title)}" + (f" ({', '.join(filter(None, (service, region)))})" if service or region else "")
    identity = string(record.get("eventDataId")) or digest(f"{record.get('eventTimestamp')}{head}")
    yield Fact(
        record.get("eventTimestamp"),
        f"{head}\n{body}" if body else head,
        f"{key}:{identity}",
        kind,
        f"service health {stage}",
        "Azure Service Health",
        part=part,
    )
    for name, said in (("impactStartTime", "began"), ("impactMitigationTime", "ended")):
        if at := held.get(name):
            sort = "impact" if said == "began" else "recovery"
            text = f"Azure's impact {said}: {title}"
            yield Fact(
                at,
                text,
                f"{key}:{name}",
                sort,
                f"service health {name}",
                "Azure Service Health",
                part=f"{part}.properties.{name}",
                recorded=record.get("eventTimestamp"),
            )
