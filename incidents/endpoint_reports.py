"""Reads. What the pages of an endpoint show: its deliveries, what waits, the keys of its JSON and how they would be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from incidents import assigning, looking, routing, storing
from incidents.access import Actor
from incidents.lib.text import clean_text
from incidents.models import Delivery, Endpoint, Incident
from incidents.models.endpoints import AUTO
from incidents.routing import Facts
from incidents.sources.drafts import EventDraft, SourceError

LAST = 50
SAMPLES = 5
SHOWN_BYTES = 64 * 1024
State = Delivery.State
#: What the list can be narrowed to
FACES = {"": None, "inbox": [State.HELD], "failed": [State.REFUSED, State.NEEDS_ANSWER]}


def listed(actor: Actor) -> QuerySet[Endpoint]:
    """All endpoints, each with how many deliveries wait in its inbox: those have no incident, so nothing hidden is counted."""
    held = Delivery.objects.filter(endpoint=OuterRef("pk"), incident=None, state=State.HELD).order_by().values("endpoint").annotate(n=Count("pk")).values("n")
    return Endpoint.objects.select_related("team").annotate(waiting=Coalesce(Subquery(held), 0))


def deliveries(actor: Actor, endpoint: Endpoint, face: str = "") -> QuerySet[Delivery]:
    """The endpoint's deliveries that the person may see, newest first."""
    found = Delivery.objects.visible_to(actor).filter(endpoint=endpoint).select_related("incident").order_by("-pk")
    states = FACES.get(face)
    return found.filter(state__in=states) if states else found


def counts(actor: Actor, endpoint: Endpoint) -> dict[str, int]:
    rows = Delivery.objects.visible_to(actor).filter(endpoint=endpoint, state__in=[State.HELD, State.REFUSED, State.NEEDS_ANSWER]).order_by()
    found = dict(rows.values_list("state").annotate(n=Count("pk")))
    return {"inbox": found.get(State.HELD, 0), "failed": found.get(State.REFUSED, 0) + found.get(State.NEEDS_ANSWER, 0)}


def confirmation(actor: Actor, endpoint: Endpoint) -> Delivery | None:
    """The newest request to confirm a subscription, unless something else came after it."""
    newest = deliveries(actor, endpoint).first()
    return newest if newest and newest.decision.get("link") else None


def open_incidents(actor: Actor) -> list[Incident]:
    """The latest that are not over, to choose from."""
    return list(Incident.objects.visible_to(actor).happened().filter(status__in=assigning.OPEN).only("pk", "title")[:20])


def raw_text(delivery: Delivery) -> tuple[str, bool]:
    """Return the beginning of what was received as text, and whether that is all of it."""
    try:
        with default_storage.open(delivery.stored_as, "rb") as file:
            head = file.read(SHOWN_BYTES + 1)
    except FileNotFoundError:
        return "", True
    return clean_text(head[:SHOWN_BYTES].decode("utf-8", "replace")), len(head) <= SHOWN_BYTES


def columns(endpoint: Endpoint, rows: list[Delivery], mapping: dict[str, str]) -> list[dict[str, Any]]:
    """Return the keys of the last deliveries, each with what it is taken for and some values."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows[:SAMPLES]:
        try:
            with storing.opened(row.stored_as, row.options.get("wrapping", "")) as file:
                payload = looking.payload_of(file, row.file_name)
                source = looking.source_for(payload, {"source": endpoint.source} if endpoint.source != AUTO else {})
                for column in looking.columns_of(source, payload, {"mapping": mapping}):
                    known = found.setdefault(column["name"], column)
                    known["samples"] = list(dict.fromkeys([*known["samples"], *column["samples"]]))[:3]
        except (SourceError, FileNotFoundError):
            continue
    return list(found.values())


@dataclass
class Read:
    """How one delivery is read with a mapping."""

    delivery: Delivery
    facts: Facts = field(default_factory=Facts)
    events: list[EventDraft] = field(default_factory=list)
    more: int = 0
    error: str = ""


def preview(endpoint: Endpoint, rows: list[Delivery], mapping: dict[str, str]) -> list[Read]:
    """Read the last deliveries as this mapping says. Nothing is stored."""
    endpoint.mapping = mapping
    return [read_one(endpoint, row) for row in rows[:SAMPLES]]


def read_one(endpoint: Endpoint, row: Delivery) -> Read:
    found = Read(row)
    options = assigning.options_of(endpoint, row)
    try:
        with storing.opened(row.stored_as, row.options.get("wrapping", "")) as file:
            found.facts = assigning.facts_in(file, row, endpoint)
            payload = looking.payload_of(file, row.file_name)
            for item in looking.items(looking.source_for(payload, options), payload, options):
                if isinstance(item, EventDraft):
                    found.more += len(found.events) >= SAMPLES
                    found.events += [item] if len(found.events) < SAMPLES else []
    except SourceError as error:
        found.error = error.message
    except FileNotFoundError:
        found.error = "The stored file is gone."
    return found


def rehearsed(actor: Actor, endpoint: Endpoint, rules: list[dict[str, Any]]) -> list[tuple[Delivery, str]]:
    """Return what these rules would do with the last deliveries that could be read."""
    rows = [row for row in deliveries(actor, endpoint)[: LAST * 2] if row.facts][:20]
    return assigning.rehearse(endpoint, [rule.as_json() for rule in routing.parse_rules(rules)], rows)
