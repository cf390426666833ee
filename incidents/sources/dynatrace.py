"""Pure. Dynatrace: problems of its API versions 1 and 2 with their comments, events, and webhooks of problem notifications.

https://docs.dynatrace.com/docs/shortlink/api-problems-v2 and https://docs.dynatrace.com/docs/shortlink/webhook-integration define what is read. A webhook's body
is a template: it has no time of its own, but its details, its text or the problem's id (`..._1580714280000V2`) have those of the problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.envelopes import certainty
from incidents.sources.markup import plain_html
from incidents.sources.members import first, first_of, flattened, mapping, mappings, name_of, number, spoken, string
from incidents.sources.reading import Fact, read_facts

LISTS = ("problems", "comments", "events")
DETECTED = re.compile(r"detected at:? *(\d\d:\d\d) \((\w+)\) (\d\d)\.(\d\d)\.(\d{4})(?: *- *(\d\d:\d\d) \((\w+)\) (\d\d)\.(\d\d)\.(\d{4}))?")
IN_ID = re.compile(r"_(\d{13})V2$")
CHANGES = ("DEPLOYMENT", "CONFIGURATION", "ANNOTATION", "MARKED_FOR_TERMINATION", "RESTART")


def shape_of(value: dict[str, Any]) -> str:
    keys = value.keys()
    if {"startTime", "severityLevel", "impactLevel"} <= keys and keys & {"displayId", "displayName", "problemId", "rankedEvents"}:
        return "problem"
    if "createdAtTimestamp" in keys and "content" in keys:
        return "comment"
    if {"eventType", "startTime"} <= keys and keys & {"entityId", "entityName", "eventId"}:
        return "event"
    plain = {key.lower().replace(" ", "") for key in keys if isinstance(key, str)}
    return "webhook" if "problemtitle" in plain and plain & {"state", "pid", "problemid"} else ""


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, (b"severitylevel", b"problemtitle", b"problem title", b"createdattimestamp", b"eventtype"))


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_facts(payload, options, shape_of, _facts, "Dynatrace", LISTS)


def _facts(value: dict[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    shape = shape_of(value)
    if shape == "problem":
        yield from _problem(value)
    elif shape == "webhook":
        yield from _webhook(value)
    elif shape == "comment":
        yield _comment(value, "", "")
    else:
        yield from _event(value)


def _problem(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    ranked = mappings(value.get("rankedEvents"))
    entities = mappings(value.get("affectedEntities")) or mappings(value.get("impactedEntities"))
    names = [name_of(each) for each in entities] or list(dict.fromkeys(first(each, "entityName") for each in ranked))
    title = first(value, "title") or ", ".join(dict.fromkeys(spoken(first(each, "eventType").lower()) for each in ranked)) or first(value, "displayName")
    identity, shown = first(value, "problemId", "id"), first(value, "displayId", "displayName")
    yield from _told(identity or shown, title, shown, names, value, "")
    cause = name_of(value.get("rootCauseEntity"))
    yield from _begun(value.get("startTime"), identity or shown, _text(title, names, shown) + (f"\nRoot cause: {cause}" if cause else ""), "")
    if number(value.get("endTime")) > 0:
        yield _ended(value["endTime"], identity or shown, _text(title, names, shown), "", "problem endTime")
    comments = mappings(mapping(value.get("recentComments")).get("comments")) or mappings(value.get("comments"))
    for place, comment in enumerate(comments):
        yield _comment(comment, identity, f".comments[{place}]")


def _told(identity: str, title: str, shown: str, names: list[str], value: Mapping[str, Any], link: str) -> Iterator[IncidentDraft]:
    zones = [("zone", first(each, "name")) for each in mappings(value.get("managementZones"))]
    tags = [(first(each, "key"), first(each, "value") or "yes") for each in mappings(value.get("entityTags") or value.get("tagsOfAffectedEntities"))]
    severity = first(value, "severityLevel")
    labels = [("severity", severity), ("impact", first(value, "impactLevel")), ("problem", shown), *zones, *tags]
    yield about(title, "", spoken(severity.lower()), names, link, identity, labels)


def _text(title: str, names: list[str], shown: str) -> str:
    where = ", ".join(name for name in names[:5] if name and name not in title)
    return title + (f" ({where})" if where else "") + (f", problem {shown}" if shown and shown not in title else "")


def _begun(stamp: Any, identity: str, text: str, link: str, rule: str = "problem startTime") -> Iterator[Fact]:
    yield Fact(stamp, f"Problem: {text}", f"{identity}:open", "alert", rule, "Dynatrace", link, "detected", 2)


def _ended(stamp: Any, identity: str, text: str, link: str, rule: str) -> Fact:
    return Fact(stamp, f"Problem closed: {text}", f"{identity}:closed", "recovery", rule, "Dynatrace", link)


def _comment(value: Mapping[str, Any], problem: str, part: str) -> Fact:
    said, who = string(value.get("content")), first(value, "authorName", "userName")
    stamp = value.get("createdAtTimestamp")
    key = f"comment:{first(value, 'id') or f'{problem}:{string(stamp)}'}"
    return Fact(stamp, said, key, "note", "problem comment", who, part=part, raw=dict(value) if part else None)


def _event(value: Mapping[str, Any]) -> Iterator[Fact]:
    sort = first(value, "eventType")
    change = any(word in sort for word in CHANGES)
    entity = first(value, "entityName") or name_of(value.get("entityId"))
    text = (first(value, "title", "annotationDescription", "deploymentName") or spoken(sort.lower())) + (f" ({entity})" if entity else "")
    key = first(value, "eventId") or f"{entity}:{sort}:{string(value.get('startTime'))}"
    yield Fact(value.get("startTime"), text, f"event:{key}", "change" if change else "alert", f"event {sort}", "Dynatrace")
    if not change and number(value.get("endTime")) > 0:
        yield Fact(value["endTime"], f"Ended: {text}", f"event:{key}:end", "recovery", "event endTime", "Dynatrace")


def _webhook(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    said = flattened(value, 0)
    details = mapping(first_of(value, "ProblemDetailsJSONv2", "ProblemDetailsJSON", "ProblemDetails"))
    title, state, link = said.get("problemtitle", ""), said.get("state", ""), said.get("problemurl", "")
    identity = said.get("pid") or first(details, "problemId", "id") or said.get("problemid", "")
    names = [name_of(each) for each in mappings(value.get("ImpactedEntities"))] or [said.get("impactedentity", "")]
    shown = said.get("problemid", "")
    facts = {"severityLevel": said.get("problemseverity"), "impactLevel": said.get("problemimpact"), **details}
    yield from _told(identity, title, shown, names, facts, link)
    told = first(said, "problemdetailstext", "problemdetailsmarkdown") or plain_html(said.get("problemdetailshtml", ""))
    match = DETECTED.search(told)
    started = first_of(details, "startTime") or (match and _written(match, 1))
    in_id = IN_ID.search(identity)
    text = _text(title, names, shown)
    if started or in_id or state.upper() == "OPEN":
        yield from _begun(started or (in_id and in_id[1]) or "", identity, text, link, "webhook state OPEN")
    if state.upper() in ("RESOLVED", "CLOSED"):
        ended = details.get("endTime") if number(details.get("endTime")) > 0 else match and match[6] and _written(match, 6)
        yield _ended(ended or "", identity, text, link, f"webhook state {state}")
    elif state.upper() != "OPEN":
        yield Fact("", f"Problem {state.lower() or 'told'}: {text}", f"{identity}:{state.lower()}", "status", f"webhook state {state}", "Dynatrace", link)


def _written(match: re.Match[str], group: int) -> str:
    clock, zone, day, month, year = (match[group + place] for place in range(5))
    return f"{year}-{month}-{day} {clock}{'Z' if zone == 'UTC' else f' {zone}'}"


SOURCE = Source(
    name="dynatrace",
    label="Dynatrace",
    detect=detect,
    read=read,
    docs="Dynatrace: problems of its API versions 1 and 2 with their comments, events, and webhooks of problem notifications "
    "(https://docs.dynatrace.com/docs/shortlink/api-problems-v2).",
)
