"""Pure. Zendesk: tickets, comments and audits of its API, and webhooks of ticket events.

https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/ and https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
define what is read. People are known by their ids only, but for the authors of comments in events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.envelopes import certainty
from incidents.sources.markup import plain, plain_html
from incidents.sources.members import changed, first, mapping, mappings, name_of, spoken, string, strings
from incidents.sources.reading import Fact, read_facts
from incidents.sources.words import kind_of

LISTS = ("tickets", "comments", "audits", "results")
EVENT = "zen:event-type:"
FIELDS = {
    "status": ("status", 2),
    "custom_status": ("status", 0),
    "priority": ("severity", 2),
    "assignee_id": ("role", 1),
    "agent_assignment": ("role", 1),
    "group_id": ("role", 1),
    "group_assignment": ("role", 1),
}
DONE = {"solved", "closed"}


def shape_of(value: dict[str, Any]) -> str:
    keys = value.keys()
    if string(value.get("type")).startswith(f"{EVENT}ticket.") and "detail" in keys:
        return "event"
    if {"requester_id", "subject", "status", "created_at"} <= keys:
        return "ticket"
    if {"ticket_id", "events", "created_at"} <= keys and "author_id" in keys:
        return "audit"
    if {"author_id", "body", "public", "created_at"} <= keys:
        return "comment"
    return ""


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, (b"zen:event-type", b"requester_id", b"author_id"))


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_facts(payload, options, shape_of, _facts, "Zendesk", LISTS)


def _facts(value: dict[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    yield from {"event": _event, "ticket": _ticket, "audit": _audit, "comment": _comment}[shape_of(value)](value)


def _about(ticket: Mapping[str, Any]) -> IncidentDraft:
    labels = [("priority", first(ticket, "priority")), ("type", first(ticket, "type")), ("status", first(ticket, "status"))]
    tags = [("tag", tag) for tag in strings(ticket.get("tags") or [])]
    subject = first(ticket, "subject", "raw_subject") or f"Ticket {first(ticket, 'id')}"
    link = first(ticket, "url").replace("/api/v2/tickets/", "/agent/tickets/").removesuffix(".json")
    return about(subject, plain(first(ticket, "description")), first(ticket, "priority").lower(), (), link, f"ticket {first(ticket, 'id')}", [*labels, *tags])


def _opened(ticket: Mapping[str, Any]) -> Fact:
    priority, name = first(ticket, "priority").lower(), f"Ticket {first(ticket, 'id')}"
    text = f"{name} opened" + (f" ({priority})" if priority else "") + f": {first(ticket, 'subject', 'raw_subject')}"
    who = name_of(ticket.get("requester")) or name_of(mapping(mapping(ticket.get("via")).get("source")).get("from"))
    return Fact(ticket.get("created_at"), text, f"ticket {first(ticket, 'id')}:opened", "status", "ticket created_at", who, salience=2)


def _ticket(ticket: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    yield _about(ticket)
    yield _opened(ticket)
    status, updated = first(ticket, "status").lower(), ticket.get("updated_at")
    if updated and updated != ticket.get("created_at"):
        text = f"Ticket {first(ticket, 'id')} last updated, {status}: {first(ticket, 'subject')}"
        yield Fact(updated, text, f"ticket {first(ticket, 'id')}:updated:{string(updated)}", "status", "ticket updated_at", salience=0)


def _event(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    ticket, event = mapping(value["detail"]), mapping(value.get("event"))
    name = string(value["type"]).removeprefix(f"{EVENT}ticket.")
    key, stamp, title = f"event:{first(value, 'id')}", value.get("time"), first(ticket, "subject")
    yield _about(ticket)
    if name == "created":
        yield _opened(ticket)
    elif comment := mapping(event.get("comment")):
        key = f"comment:{first(comment, 'id')}" if first(comment, "id") else key
        yield _said(first(comment, "body"), stamp, key, name_of(comment.get("author")), f"event {name}", comment.get("is_public") is True, title)
    else:
        field = name.removesuffix("_changed")
        yield _change(field, event.get("previous"), event.get("current"), stamp, key, f"event {name}", title, "")


def _change(field: str, old: Any, new: Any, stamp: Any, key: str, rule: str, title: str, part: str) -> Fact:
    kind, weight = FIELDS.get(field, ("status", 0))
    before, after = (", ".join(strings(each)) if isinstance(each, list) else name_of(each) for each in (old, new))
    done = field == "status" and after.lower() in DONE
    text = changed(spoken(field.removesuffix("_id")), before.lower(), after.lower()) if before or after else spoken(field)
    return Fact(stamp, f"{text}: {title}" if title else text, key, "resolution" if done else kind, rule, salience=weight, part=part)


def _said(body: str, stamp: Any, key: str, who: str, rule: str, public: bool, title: str, part: str = "") -> Fact:
    read = kind_of(text := plain(body))
    kind, rule, weight = (read.kind, read.rule, read.salience) if read.rule else ("communication" if public else "note", rule, 1)
    return Fact(stamp, text or f"Comment: {title}", key, kind, rule, who, salience=weight, part=part)


def _comment(value: Mapping[str, Any]) -> Iterator[Fact]:
    body = first(value, "plain_body", "body") or plain_html(first(value, "html_body"))
    who = name_of(value.get("author")) or f"User {first(value, 'author_id')}"
    yield _said(body, value["created_at"], f"comment:{first(value, 'id')}", who, "comment", value["public"] is True, "")


def _audit(value: Mapping[str, Any]) -> Iterator[Fact]:
    who, name = f"User {first(value, 'author_id')}", f"ticket {first(value, 'ticket_id')}"
    for place, event in enumerate(mappings(value["events"])):
        sort, part, key = first(event, "type"), f".events[{place}]", f"audit:{first(value, 'id')}:{place}"
        if sort in ("Comment", "VoiceComment"):
            body, comment = first(event, "plain_body", "body"), f"comment:{first(event, 'id')}"
            yield _said(body, value["created_at"], comment, who, "audit comment", event.get("public") is True, name, part)
        elif sort == "Change" or (sort == "Create" and first(event, "field_name") in ("status", "priority")):
            old, new, rule = event.get("previous_value"), event.get("value"), f"audit {sort.lower()}"
            yield replace(_change(first(event, "field_name"), old, new, value["created_at"], key, rule, name, part), actor=who)


SOURCE = Source(
    name="zendesk",
    label="Zendesk",
    detect=detect,
    read=read,
    docs="Zendesk: tickets, comments and audits of its API, and webhooks of ticket events "
    "(https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/).",
)
