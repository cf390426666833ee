"""Pure. Better Stack (Better Uptime): incidents of its API and webhooks, their timelines and comments, and its incident log.

https://betterstack.com/docs/uptime/api/incidents-api-response-params/ and …/list-of-incident-timeline-events/ define the JSON:API objects,
https://betterstack.com/docs/uptime/api/reporting/ the log, whose lines have `dt`, `event` and `message`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about, event, in_order
from incidents.sources.drafts import ReadOptions, Rejected
from incidents.sources.envelopes import Found, certainty, found_in
from incidents.sources.members import first, mapping, string
from incidents.sources.words import kind_of

LISTS = ("data", "events")
OWN = {"cause", "http_method", "team_name", "resolved_by", "acknowledged_by", "incident_group_id", "escalation_policy_id"}
TAG = re.compile(r"<[^<>]{1,300}>")

# Member of an incident -> word, kind, milestone, member that names who.
STEPS = (
    ("started_at", "started", "alert", "detected", ""),
    ("acknowledged_at", "acknowledged", "acknowledgement", "acknowledged", "acknowledged_by"),
    ("resolved_at", "resolved", "resolution", "resolved", "resolved_by"),
)
# Event of the log -> kind, weight, milestone.
LOGGED = {
    "incident.started": ("alert", 2, "detected"),
    "incident.created": ("alert", 2, "detected"),
    "incident.acknowledged": ("acknowledgement", 2, "acknowledged"),
    "incident.resolved": ("resolution", 2, "resolved"),
    "incident.reopened": ("status", 2, ""),
    "incident.escalated": ("escalation", 1, ""),
    "incident.comment_created": ("note", 1, ""),
    "incident.commented": ("note", 1, ""),
    "monitor.checked": ("message", 0, ""),
    "heartbeat.received": ("message", 0, ""),
}
WATCHED = {"monitor": "Monitor", "heartbeat": "Heartbeat"}  # type of what is watched -> word
# What a timeline says of the incident itself, and of those it tells.
TOLD = re.compile(r"\b(started|acknowledged|resolved|escalated|called|calling|sms|e-?mailed|push|notified|alerted)\b", re.IGNORECASE)
SAID = {
    "started": ("alert", 2, "detected"),
    "acknowledged": ("acknowledgement", 2, "acknowledged"),
    "resolved": ("resolution", 2, "resolved"),
    "escalated": ("escalation", 1, ""),
    **dict.fromkeys(("called", "calling", "sms", "emailed", "e-mailed", "push", "notified", "alerted"), ("page", 1, "")),
}
AREAS = (
    "incident.",
    "monitor.",
    "heartbeat.",
    "user.",
    "escalation",
    "on_call",
    "policy.",
    "status_page",
    "team.",
    "integration",
    "notification",
    "maintenance",
)


def shape_of(value: dict[str, Any]) -> str:
    kind, attributes = value.get("type"), value.get("attributes")
    if isinstance(value.get("event"), str) and string(mapping(value.get("data")).get("type")) in WATCHED and isinstance(value["data"].get("attributes"), dict):
        return "watched"
    if isinstance(attributes, dict):
        if kind == "incident" and "started_at" in attributes and OWN & attributes.keys():
            return "incident"
        if kind == "timeline_item" or ("item_type" in attributes and "at" in attributes):
            return "item"
        if kind in ("comment", "incident_comment") and "content" in attributes:
            return "comment"
        return ""
    if "started_at" in value and "cause" in value and value.keys() & {"resolved_at", "acknowledged_at"}:
        return "flat"
    if (
        "dt" in value
        and "message" in value
        and string(value.get("event")).startswith(AREAS)
        and value.keys() & {"team_id", "organization_id", "monitor_id", "incident_id"}
    ):
        return "logged"
    return ""


MARKS = (b"started_at", b"pronounceable_name", b"heartbeat", b"item_type", b"timeline_item", b"comment", b'"dt"')


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, MARKS, 97)  # surer than PagerDuty, whose incidents have the same type


NOTHING = (
    "There is no incident, timeline or comment of Better Stack with a time in this file. What its status pages send to subscribers is read as “Statuspage”."
)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return in_order(_items(payload, options), NOTHING)


def _items(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    for found in found_in(payload, shape_of, LISTS, "Better Stack"):
        if isinstance(found, Rejected):
            yield found
        elif found.shape in ("incident", "flat"):
            yield from _incident(found, options)
        elif found.shape == "item":
            yield _timeline(found, options)
        elif found.shape == "comment":
            yield _comment(found, options)
        elif found.shape == "watched":
            yield _watched(found, options)
        else:
            yield _logged(found, options)


def _incident(found: Found, options: ReadOptions) -> Iterator[Item]:
    facts = mapping(found.value.get("attributes")) or found.value
    identity = string(found.value.get("id")) or f"{first(facts, 'name', 'url')}:{string(facts.get('started_at'))}"
    name, cause = first(facts, "name", "url") or "Incident", first(facts, "cause")
    link = first(facts, "origin_url", "incident_url") or first(facts, "url")
    metadata = [(str(key), string(each)) for key, each in mapping(facts.get("metadata")).items()]
    yield about(
        f"{name}: {cause}" if cause and cause not in name else name,
        key=identity,
        severity=first(facts, "severity", "priority"),
        services=(name,),
        url=link,
        labels=[("team", first(facts, "team_name")), ("host", first(facts, "url")), *metadata],
    )
    for member, word, kind, milestone, by in STEPS:
        if not facts.get(member):
            continue
        who = first(facts, by) if by else ""
        itself = who.lower().startswith("automatic")  # nobody did it
        text = f"{name} {word}" + (" automatically" if itself else f" by {who}" if who else "")
        who = "Better Stack" if itself else who
        if kind == "alert":
            regions = facts.get("regions") if isinstance(facts.get("regions"), list) else []
            seen = ", ".join(filter(None, map(string, regions or ())))
            text = f"Incident: {name}" + (f": {cause}" if cause and cause not in name else "") + (f" (seen from {seen})" if seen else "")
        yield event(
            found,
            options,
            facts[member],
            at=member,
            text=text,
            key=f"{identity}:{word}",
            kind=kind,
            rule=f"incident {member}",
            salience=2,
            milestone=milestone,
            actor=who or ("Better Stack" if kind == "alert" else ""),
            url=link,
        )


def _timeline(found: Found, options: ReadOptions) -> Item:
    facts = mapping(found.value["attributes"])
    data = mapping(facts.get("data"))
    content = data.get("content")
    inner = mapping(content)
    said = string(content) or first(inner, "text", "message", "body", "description", "content", "response_body")
    person = mapping(inner.get("user")) or mapping(data.get("user"))
    who = " ".join(filter(None, (first(person, "first_name"), first(person, "last_name")))) or first(person, "name", "email")
    kind, weight, milestone = string(facts.get("item_type")) or "item", 1, ""
    title = _plain(first(data, "title", "message"))
    text = ": ".join(filter(None, (title, _plain(said)))) or kind.replace("_", " ").capitalize()
    rule = f"timeline {kind}"
    if kind == "comment":
        kind = "note"
    elif kind.startswith("timeline_tr") or kind in ("response_item", "payload"):  # “Skipping 123 timeline events”
        kind, weight = "message", 0
    elif match := TOLD.search(text):
        kind, weight, milestone = SAID[match[1].lower()]
    else:
        word = kind_of(text)
        kind, weight, rule = word.kind, word.salience, word.rule or rule
    identity = string(found.value.get("id")) or string(facts.get("at"))
    return event(
        found,
        options,
        facts.get("at"),
        at="attributes.at",
        text=text,
        key=f"item:{identity}:{string(facts.get('at'))}",
        kind=kind,
        rule=rule,
        salience=weight,
        milestone=milestone,
        actor=who,
    )


def _comment(found: Found, options: ReadOptions) -> Item:
    facts = mapping(found.value["attributes"])
    created, updated = first(facts, "created_at"), first(facts, "updated_at")
    return event(
        found,
        options,
        created,
        at="attributes.created_at",
        text=_plain(string(facts["content"])) or "(an empty comment)",
        key=f"comment:{string(found.value.get('id')) or created}",
        kind="note",
        rule="comment",
        actor=first(facts, "user_name", "user_email", "author"),
        revised="edited" if updated and updated[:19] != created[:19] else "",
    )


def _watched(found: Found, options: ReadOptions) -> Item:
    """A webhook about a monitor or heartbeat that somebody made, changed, paused or deleted. It has the times of the object."""
    done, facts = string(found.value["event"]), mapping(found.value["data"]["attributes"])
    sort, identity = string(found.value["data"]["type"]), string(found.value["data"].get("id"))
    stamp = facts.get({"created": "created_at", "paused": "paused_at"}.get(done, "")) or facts.get("updated_at")
    return event(
        found,
        options,
        stamp if done != "deleted" or options.received is None else None,
        text=f"{WATCHED[sort]} “{first(facts, 'pronounceable_name', 'name', 'url')}” {done}",
        key=f"{sort}:{identity}:{done}:{string(stamp)}",
        kind="change",
        rule=f"webhook {sort} {done}",
        actor="Better Stack",
        url=facts.get("url") if sort == "monitor" else "",  # who has that of a heartbeat can send it
    )


def _logged(found: Found, options: ReadOptions) -> Item:
    value = found.value
    name, message = string(value["event"]), string(value["message"])
    kind, weight, milestone = LOGGED.get(name, ("", 1, ""))
    rule = f"log event {name}"
    if not kind:
        word = kind_of(message)
        kind, weight, rule = (
            ("change", 1, rule)
            if name.endswith((".created", ".updated", ".destroyed", ".deleted", ".paused"))
            else (word.kind, word.salience, word.rule or rule)
        )
    incident = string(value.get("incident_id"))
    if name == "monitor.checked" and value.get("success") is False:
        kind, weight = "alert", 1
    key = (
        f"{incident}:{name.partition('.')[2]}" if milestone and incident else f"log:{name}:{string(value['dt'])}:{incident or string(value.get('monitor_id'))}"
    )
    who = first(value, "user_name", "user_email", "acknowledged_by", "resolved_by", "actor")
    return event(
        found,
        options,
        value["dt"],
        at="dt",
        text=message or name,
        key=key,
        kind=kind,
        rule=rule,
        salience=weight,
        milestone=milestone,
        actor=who or "Better Stack",
    )


def _plain(text: str) -> str:
    return TAG.sub("", text).strip()


SOURCE = Source(
    name="better_stack",
    label="Better Stack",
    detect=detect,
    read=read,
    docs="Better Stack (Better Uptime): incidents of its API and webhooks, their timelines and comments, and lines of its incident log "
    "(https://betterstack.com/docs/uptime/api/).",
)
