"""Pure. Kubernetes events: lists, single events and watch streams in JSON or YAML, of core/v1 and events.k8s.io/v1; and the API server's audit log.

https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ defines them. An event that recurred is one object with a count:
it gives its first and its last sighting. Other objects of a list are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about, event, in_order
from incidents.sources.drafts import ReadOptions, Rejected, SourceError
from incidents.sources.envelopes import Found, certainty, found_in, of_node
from incidents.sources.json_stream import Node, looks_like_json
from incidents.sources.members import digest, first, line_of, mapping, number

LISTS = ("items",)
TABLE = re.compile(rb"\s*(?:NAMESPACE\s+)?LAST SEEN\s+(?:FIRST SEEN\s+|COUNT\s+)*TYPE\s+REASON\s")
YAML_EVENT = re.compile(rb"^(?:  |- |  - )?kind: *[\"']?(?:Event(?:List)?|List)[\"']?\s*$", re.MULTILINE)
YAML_OWN = re.compile(rb"^\s*-?\s*(?:involvedObject|regarding):", re.MULTILINE)
DIVIDER = b"---"
MAX_DOCUMENT = 8 * 1024 * 1024

# Reason -> kind and weight. Others: a Warning is a sign of trouble, the rest is the cluster at work.
REASONS: dict[str, tuple[str, int]] = {
    "ScalingReplicaSet": ("change", 1),
    "SuccessfulRescale": ("change", 1),
    "ScaledUpGroup": ("change", 1),
    "TriggeredScaleUp": ("change", 1),
    "ScaleDown": ("change", 1),
    "DeploymentRollback": ("change", 2),
    "Killing": ("change", 1),
    "Preempted": ("change", 1),
    "Drain": ("change", 1),
    "NodeNotSchedulable": ("change", 1),
    "NodeSchedulable": ("change", 1),
    "Starting": ("change", 1),
    "Rebooted": ("change", 1),
    "OperationStarted": ("change", 1),
    "OperationCompleted": ("change", 1),
    "ResourceUpdated": ("change", 0),
    "SuccessfulCreate": ("change", 0),
    "SuccessfulDelete": ("change", 0),
    "NodeReady": ("recovery", 1),
    "NodeNotReady": ("alert", 2),
    "SystemOOM": ("alert", 2),
    "OOMKilling": ("alert", 2),
    "Evicted": ("alert", 2),
    "EvictionThresholdMet": ("alert", 1),
    "TaintManagerEviction": ("alert", 1),
    # of Flux
    "InstallSucceeded": ("change", 1),
    "UpgradeSucceeded": ("change", 1),
    "UninstallSucceeded": ("change", 1),
    "RollbackSucceeded": ("change", 2),
    "ReconciliationSucceeded": ("change", 0),
    "NewArtifact": ("change", 0),
}


def shape_of(value: dict[str, Any]) -> str:
    if "auditID" in value and "verb" in value and value.keys() & {"requestReceivedTimestamp", "stageTimestamp"}:
        return "audit"
    if isinstance(value.get("involvedObject"), dict) or isinstance(value.get("regarding"), dict):
        return "event" if value.keys() & {"reason", "message", "note"} else ""
    if value.get("type") == "BOOKMARK" and isinstance(value.get("object"), dict):
        return "other"
    if isinstance(value.get("apiVersion"), str) and isinstance(value.get("metadata"), dict) and isinstance(value.get("kind"), str):
        return "" if value["kind"].endswith("List") else "other"
    return ""


def _own(value: dict[str, Any]) -> str:
    return shape_of(value).removesuffix("other")


MARKS = (b"involvedobject", b"regarding", b"auditid")


def detect(payload: Payload) -> int:
    if looks_like_json(payload.head):
        return certainty(payload, _own, LISTS, MARKS)
    if TABLE.match(payload.head):
        return 90
    return 92 if YAML_EVENT.search(payload.head) and YAML_OWN.search(payload.head) else 0


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    if TABLE.match(payload.head):
        raise SourceError("This is the table that kubectl prints: its ages have no date. Save the events with “kubectl get events -o json” and import that.")
    return in_order(_items(payload, options), "There is no Kubernetes event with a time in this file.", alone=True)


def _items(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    objects = found_in(payload, shape_of, LISTS, "Kubernetes") if looks_like_json(payload.head) else _from_yaml(payload)
    for found in objects:
        if isinstance(found, Rejected):
            yield found
        elif found.shape == "event":
            yield from _event(found, options)
        elif found.shape == "audit":
            yield from _audit(found, options)


def _from_yaml(payload: Payload) -> Iterator[Found | Rejected]:
    """Yield the objects of YAML documents. Every scalar stays text: times and numbers are read where they are meant."""
    for page, (line, text) in enumerate(_documents(payload), 1):
        where = f"document {page}, line {line}"
        try:
            if any(isinstance(each, yaml.AliasEvent) for each in yaml.parse(text, Loader=yaml.CBaseLoader)):
                yield Rejected(where, "This document refers to parts of itself. Save it without YAML aliases, or as JSON.")
                continue
            value = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506 - it makes nothing but texts, lists and mappings
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            mark = getattr(error, "problem_mark", None)
            yield Rejected(f"line {line + mark.line}" if mark else where, "This is not YAML that can be read.")
            continue
        items = value.get("items") if isinstance(value, dict) else value
        for place, each in enumerate(items if isinstance(items, list) else [value]):
            at = (f"document {page}", "items", place) if isinstance(items, list) else (f"document {page}",)
            yield from of_node(Node(at, _without_nulls(each), "", rest=not isinstance(items, list)), shape_of, "Kubernetes")


def _documents(payload: Payload) -> Iterator[tuple[int, str]]:
    payload.file.seek(0)
    lines: list[bytes] = []
    size = line = 0
    start = 1
    for line, each in enumerate(payload.file, 1):  # noqa: B007 - the last number is used after the loop
        if each.startswith(DIVIDER) and each.strip() == DIVIDER:
            if any(text.strip() and not text.lstrip().startswith(b"#") for text in lines):
                yield start, b"".join(lines).decode("utf-8-sig", "replace")
            lines, size, start = [], 0, line + 1
            continue
        lines.append(each)
        size += len(each)
        if size > MAX_DOCUMENT:
            raise SourceError("A YAML document is larger than 8 MiB. Save the events as JSON.", f"line {start}")
    if any(text.strip() for text in lines):
        yield start, b"".join(lines).decode("utf-8-sig", "replace")


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if isinstance(key, str) and each not in ("null", "~")}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def _event(found: Found, options: ReadOptions) -> Iterator[Item]:
    value = found.value
    metadata, source, series = mapping(value.get("metadata")), mapping(value.get("source") or value.get("deprecatedSource")), mapping(value.get("series"))
    thing = mapping(value.get("involvedObject")) or mapping(value.get("regarding"))
    reason, message = first(value, "reason"), first(value, "message", "note")
    place = "/".join(filter(None, (first(thing, "namespace"), first(thing, "name"))))
    who = first(source, "component") or first(value, "reportingComponent", "reportingController")
    host = first(source, "host")
    warning = first(value, "type") == "Warning" or first(value, "severity") == "error"  # the second as Flux notifies
    kind, weight = REASONS.get(reason) or (("alert", 1) if warning else ("message", 0))
    if kind != "alert" and warning:
        kind, weight = "alert", 1
    begun = first(value, "firstTimestamp", "deprecatedFirstTimestamp", "eventTime") or first(metadata, "creationTimestamp")
    begun = begun or first(value, "lastTimestamp", "timestamp")
    last = first(series, "lastObservedTime") or first(value, "lastTimestamp", "deprecatedLastTimestamp")
    count = max(number(series.get("count")), number(value.get("count")), number(value.get("deprecatedCount")))
    identity = first(metadata, "uid") or digest(f"{metadata.get('namespace')}/{metadata.get('name')}/{place}/{reason}/{begun}")
    text = f"{first(thing, 'kind')} {place}".strip() + ": " + ": ".join(filter(None, (reason, message)))
    if host and host not in text and first(thing, "kind") != "Node":
        text += f" (on {host})"
    rule = f"reason {reason}" if reason in REASONS else f"event type {first(value, 'type', 'severity') or 'Normal'}"
    labels = [("namespace", first(thing, "namespace")), ("kind", first(thing, "kind")), ("name", first(thing, "name")), ("reason", reason)]
    yield about(
        line_of(reason, f"{first(thing, 'kind')} {place}"),
        key=identity,
        severity="Warning" if warning else "",
        labels=[*labels, ("cluster", first(value, "clusterName"))],
    )
    draft = event(found, options, begun, text=text, key=identity, kind=kind, rule=rule, salience=weight, actor=who)
    yield draft
    if isinstance(draft, Rejected) or not last or last == begun or count == 1:
        return
    again = f"{text}\n{count} times since {begun}" if count > 1 else f"{text}\nAgain, first at {begun}"
    later = event(
        found, options, last, at="lastTimestamp", text=again, key=f"{identity}:{last}", kind=kind, rule=rule, salience=weight, actor=who, thread=identity
    )
    if isinstance(later, Rejected) or later.at is None or draft.at is None or later.at > draft.at:
        yield later


def _audit(found: Found, options: ReadOptions) -> Iterator[Item]:
    """A request in the audit log of the API server; its first stages say nothing that the last does not."""
    value = found.value
    if first(value, "stage") in ("RequestReceived", "ResponseStarted"):
        return
    thing, status = mapping(value.get("objectRef")), mapping(value.get("responseStatus"))
    verb, who = first(value, "verb"), first(mapping(value.get("impersonatedUser")), "username") or first(mapping(value.get("user")), "username")
    name = "/".join(filter(None, (first(thing, "resource"), first(thing, "namespace"), first(thing, "name"), first(thing, "subresource"))))
    code = number(status.get("code"))
    text = f"{verb} {name or first(value, 'requestURI')}" + (f": refused, {code} {first(status, 'message', 'reason')}".rstrip() if code >= 400 else "")
    reads = verb in ("get", "list", "watch") or first(thing, "resource") in ("leases", "events", "tokenreviews", "subjectaccessreviews")
    system = who.startswith("system:") and not who.startswith("system:serviceaccount:")
    yield event(
        found,
        options,
        value.get("requestReceivedTimestamp") or value.get("stageTimestamp"),
        at="requestReceivedTimestamp",
        text=text,
        key=f"audit:{first(value, 'auditID')}",
        kind="message" if reads else "change",
        rule=f"audit verb {verb}",
        salience=0 if reads or system else 1,
        actor=who,
    )


SOURCE = Source(
    name="kubernetes",
    label="Kubernetes events",
    detect=detect,
    read=read,
    docs="Kubernetes events of core/v1 and events.k8s.io/v1: lists, single events and watch streams as JSON, lists and documents as YAML, notifications of Flux, and the audit log "
    "(https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/).",
)
