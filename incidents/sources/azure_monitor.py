"""Pure. Azure Monitor: the common alert schema, the schemas before it (metric, log, activity log, autoscale), alerts of Alerts Management.

https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema and
https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-non-common-schema-definitions define what is read; `azure_activity.py` reads
the activity log. Where the portal writes times as people do, they are of the United States: month, day, year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from incidents.lib.timestamps import Moment, read_human, read_machine
from incidents.sources import azure_activity
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.envelopes import certainty
from incidents.sources.markup import plain
from incidents.sources.members import digest, first_of, line_of, mapping, mappings, string, strings
from incidents.sources.reading import Fact, read_facts

LISTS = ("value",)
AMERICAN = re.compile(r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d\d(?::\d\d)?(?: [AP]M)?")
CONTEXT = {"condition", "conditionType", "SearchQuery", "SearchResults", "DetectionSummary", "LinkToSearchResults", "ResultCount"}


def clock(value: object, zone: str, latest: Any) -> Moment:
    if isinstance(value, str) and AMERICAN.fullmatch(value.strip()):
        return replace(read_human(value, "UTC", day_first=False, latest=latest), zone_assumed=False)  # the members are called ...Utc
    return read_machine(value, zone, latest)


def shape_of(value: Mapping[str, Any]) -> str:
    """Return what of Azure Monitor's an object is, or "" for nothing of it."""
    essentials = mapping(value.get("essentials")) or _kept(value)
    if {"monitorCondition", "firedDateTime"} & essentials.keys() or (
        "alertRule" in essentials and {"startDateTime", "signalType", "alertId"} & essentials.keys()
    ):
        return "managed" if "startDateTime" in essentials else "common"
    if azure_activity.is_record(value) or isinstance(mapping(mapping(value.get("context"))).get("activityLog"), dict):
        return "activity"
    context = mapping(value.get("context"))
    if "operation" in value and ("newCapacity" in context or "oldCapacity" in context):
        return "autoscale"
    if (
        "status" in value
        and ("timestamp" in context or "conditionType" in context)
        and ("condition" in context or "name" in context)
        and ("id" in context or "portalLink" in context)
    ):
        return "metric"
    if "SearchIntervalEndtimeUtc" in value and ("AlertRuleName" in value or "SearchQuery" in value):
        return "log"
    if isinstance(value.get("alertContext"), dict) and CONTEXT & value["alertContext"].keys():
        return "context"
    return ""


def facts(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    yield from READERS[shape_of(value)](value)


def _kept(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the essentials of an alert of Alerts Management, which stand in its properties."""
    return mapping(mapping(value.get("properties")).get("essentials"))


def _name(resource: Any) -> str:
    return string(resource).rstrip("/").rpartition("/")[2]


def _common(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    said, context = mapping(value.get("essentials")) or _kept(value), mapping(value.get("alertContext"))
    identity = _name(said.get("alertId")) or string(said.get("originAlertId")) or string(said.get("alertRule"))
    rule, description = string(said.get("alertRule")) or "Alert", plain(said.get("description"), 1000)
    targets = strings(first_of(said, "configurationItems", "alertTargetIDs", "alertTargetIds"))
    things = [_name(each) for each in targets if each]
    service = azure_activity.is_service_health(context)
    labels = {
        "service": said.get("monitoringService"), "signal": said.get("signalType"), "severity": said.get("severity"), "resource group": said.get("targetResourceGroup"),
        **mapping(value.get("customProperties")), **mapping(context.get("properties") if not service else None),
    }  # fmt: skip
    link = string(first_of(said, "investigationLink") or first_of(context, "LinkToFilteredSearchResultsUI", "LinkToSearchResults"))
    key = f"alert {identity}"
    yield about(rule, description, string(said.get("severity")), things, link, key, labels)
    text = line_of(rule, description) + (f" ({', '.join(filter(None, [string(said.get('severity')), *things[:5]]))})" if things or said.get("severity") else "")
    fired = first_of(said, "firedDateTime", "eventDateTime") or _when(context)
    if service:
        yield from azure_activity.service_facts({**context, "eventTimestamp": context.get("eventTimestamp") or fired}, ".alertContext")
        return
    more = _described(context)
    resolved = string(said.get("monitorCondition")).lower() == "resolved"
    if fired or not resolved:
        yield Fact(
            fired,
            f"Alert: {text}" + (f"\n{more}" if more else ""),
            f"{key}:fired",
            "alert",
            "essentials firedDateTime",
            "Azure Monitor",
            link,
            "detected",
            part=".essentials.firedDateTime",
        )
    if resolved:
        part = ".essentials.resolvedDateTime"
        yield Fact(
            said.get("resolvedDateTime"),
            f"Alert resolved: {text}",
            f"{key}:resolved",
            "recovery",
            "monitorCondition Resolved",
            "Azure Monitor",
            link,
            part=part,
        )


def _described(context: Mapping[str, Any]) -> str:
    """Return what was measured: a metric against its threshold, or a search and what it found."""
    lines = []
    for each in mappings(mapping(context.get("condition")).get("allOf")):
        metric = string(first_of(each, "metricName", "metricMeasureColumn", "searchQuery"))[:300]
        value = f" was {string(each['metricValue']) or each['metricValue']}" if each.get("metricValue") is not None else ""
        lines.append(f"{line_of(each.get('timeAggregation'), metric, between=' ')}{value} ({string(each.get('operator'))} {string(each.get('threshold'))})")
    search, count = string(context.get("SearchQuery")), string(context.get("ResultCount"))
    if search:
        lines.append(f"{search[:500]}" + (f"\n{count} results" if count else ""))
    if operation := string(context.get("operationName")):
        caller, status = string(context.get("caller")), string(context.get("status"))
        lines.append(operation + (f" by {caller}" if caller else "") + (f" ({status})" if status else ""))
    lines.append(plain(context.get("DetectionSummary"), 1000))
    return "\n".join(line for line in lines if line.strip(" ()"))


def _when(context: Mapping[str, Any]) -> Any:
    """Return the end of the time that was looked at: where the fire is not stated, the alert is from then."""
    condition = mapping(context.get("condition"))
    return first_of(condition, "windowEndTime") or first_of(context, "SearchIntervalEndtimeUtc", "eventTimestamp", "FormattedOccurrenceTime", "timestamp")


def _context(value: Mapping[str, Any]) -> Iterator[Fact]:
    """Read the context of an alert alone, as it stands in documentation and in cut logs. When it fired is not in it."""
    text, at = _described(value["alertContext"]) or "Alert", _when(value["alertContext"])
    yield Fact(at, f"Alert: {text}", f"context {at}:{digest(text)}", "alert", "alertContext window end", "Azure Monitor", part=".alertContext")


def _metric(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    """Read AzureMonitorMetricAlert, and the classic alert that has the same parts without a schema's name."""
    context = mapping(value["context"])
    rule, description = string(context.get("name")) or "Alert", plain(context.get("description"), 1000)
    identity, condition = string(context.get("id")) or rule, mapping(context.get("condition"))
    things = [string(first_of(context, "resourceName")) or _name(context.get("resourceId"))]
    severity = f"Sev{context['severity']}" if string(context.get("severity")) else ""
    link = string(context.get("portalLink"))
    yield about(
        rule,
        description,
        severity,
        things,
        link,
        f"alert {_name(identity)}",
        {"resource group": context.get("resourceGroupName"), **mapping(value.get("properties"))},
    )
    status = string(value["status"])
    begins = status.lower() == "activated"
    details = mappings(condition.get("allOf")) or ([dict(condition)] if "metricName" in condition else [])
    more = _described({"condition": {"allOf": details}})
    text = line_of(rule, description) + (f" ({things[0]})" if things[0] else "")
    at = context.get("timestamp")
    kind, word = (
        ("alert", "Alert") if begins else ("recovery", "Alert resolved") if status.lower() in ("deactivated", "resolved") else ("status", f"Alert {status}")
    )
    yield Fact(
        at, f"{word}: {text}" + (f"\n{more}" if more else ""), f"alert {identity}:{status}:{at}", kind, f"status {status}", "Azure Monitor", link,
        "detected" if begins else "", part=".context",
    )  # fmt: skip


def _log(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    rule = string(value.get("AlertRuleName")) or "Log search alert"
    severity = string(value.get("Severity"))
    severity = f"Sev{severity}" if severity.isdigit() else severity
    link = string(first_of(value, "LinkToSearchResults", "LinkToFilteredSearchResultsUI"))
    yield about(
        rule, plain(value.get("Description"), 1000), severity, [_name(value.get("ResourceId"))], link, f"alert {rule}", {"workspace": value.get("WorkspaceId")}
    )
    at = value["SearchIntervalEndtimeUtc"]
    more = _described({**value, "ResultCount": first_of(value, "ResultCount", "SearchResultCount")})
    key = f"alert {rule}:{at}"
    yield Fact(at, f"Alert: {rule}{f' ({severity})' if severity else ''}\n{more}", key, "alert", "SearchIntervalEndtimeUtc", "Azure Monitor", link, "detected")


def _managed(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    """Read an alert as Alerts Management keeps it: when it began, what state a person gave it, when its condition passed."""
    said = _kept(value) or mapping(value.get("essentials"))
    identity = _name(value.get("id")) or string(said.get("sourceCreatedId")) or string(said.get("alertRule"))
    key, rule = f"alert {identity}", _name(said.get("alertRule")) or string(value.get("name")) or "Alert"
    thing = string(said.get("targetResourceName")) or _name(said.get("targetResource"))
    yield about(rule, plain(said.get("description"), 1000), string(said.get("severity")), [thing], "", key, {"resource group": said.get("targetResourceGroup")})
    text = line_of(rule, plain(said.get("description"), 1000)) + (f" ({thing})" if thing else "")
    yield Fact(said["startDateTime"], f"Alert: {text}", f"{key}:fired", "alert", "essentials startDateTime", "Azure Monitor", milestone="detected")
    if (ended := said.get("monitorConditionResolvedDateTime")) or string(said.get("monitorCondition")) == "Resolved":
        yield Fact(
            ended or said.get("lastModifiedDateTime"), f"Alert resolved: {text}", f"{key}:resolved", "recovery", "monitorCondition Resolved", "Azure Monitor"
        )
    state, who, changed = string(said.get("alertState")), string(said.get("lastModifiedUserName")), said.get("lastModifiedDateTime")
    person = "" if who.lower() == "system" else who
    if state == "Acknowledged":
        yield Fact(changed, f"Acknowledged: {text}", f"{key}:acknowledged", "acknowledgement", "alertState Acknowledged", person, "", "acknowledged", 2)
    elif state == "Closed":
        yield Fact(
            changed,
            f"Closed: {text}",
            f"{key}:closed",
            "resolution" if person else "recovery",
            "alertState Closed",
            person,
            "",
            "resolved" if person else "",
            2,
        )


def _autoscale(value: Mapping[str, Any]) -> Iterator[Fact]:
    context = mapping(value["context"])
    text = f"{string(value['operation'])}: {string(first_of(context, 'resourceName', 'name'))} from {string(context.get('oldCapacity'))} to {string(context.get('newCapacity'))} instances"
    at, details = context.get("timestamp"), plain(context.get("details"), 1000)
    key = f"autoscale {string(context.get('id'))}:{at}"
    yield Fact(at, f"{text}\n{details}" if details else text, key, "change", "autoscale operation", "Azure autoscale", string(context.get("portalLink")))


def _activity(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    context = mapping(value.get("context"))
    yield from azure_activity.facts(mapping(context.get("activityLog")) or value, ".context.activityLog" if context else "")


READERS = {
    "common": _common,
    "managed": _managed,
    "activity": _activity,
    "metric": _metric,
    "log": _log,
    "context": _context,
    "autoscale": _autoscale,
}


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_facts(payload, options, shape_of, facts, "Azure Monitor", LISTS, clock)


SOURCE = Source(
    name="azure_monitor",
    label="Azure Monitor",
    detect=detect,
    read=read,
    docs="Azure Monitor: the common alert schema, the older schemas of metric, log, activity log and autoscale alerts, Service Health, the activity log and "
    "alerts of Alerts Management (https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema).",
)
