"""Reads. Search over published post-mortems: the engines' own full text behind one small interface.

An engine module offers `matching(query, entries)` and `page(query, scope, offset, limit, bound)`; everything else is shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Left

from incidents.access import Actor
from incidents.lib.zones import first_moment, last_moment
from incidents.models import Incident
from postmortems.models import FactorLeaf, RelatedIncident, SearchEntry
from postmortems.models.search import SearchEntryQuerySet
from postmortems.search.query import Query, parse
from postmortems.search.results import Hit, Results, Scope, Subject, highlighted

#: Matches are counted up to here: beyond it nobody pages, and counting a common word costs more than finding its best.
COUNTED = 1000
OPENING = 280  # characters shown of a text where nothing was asked for


@dataclass(frozen=True)
class Filters:
    """What a search is narrowed to: by its incidents as they are now, and by what was published; keys of service, severity and tag, days in `zone`."""

    service: str = ""
    severity: str = ""
    tag: str = ""
    since: date | None = None
    until: date | None = None
    zone: str = "UTC"
    kind: str = ""  # of its incidents, or "near" for near misses and good catches
    type: str = ""  # key of the type of its incidents
    factor: str = ""  # key of a kind of the catalogue, or of a group of them

    def __bool__(self) -> bool:
        return bool(self.kind or self.type or self.service or self.severity or self.tag or self.factor or self.since or self.until)


def engine() -> ModuleType:
    from postmortems.search import postgres, sqlite

    return postgres if connection.vendor == "postgresql" else sqlite


def narrowed(entries: SearchEntryQuerySet, filters: Filters) -> QuerySet[SearchEntry]:
    incidents = Incident.objects.all()
    if filters.kind == "near":
        incidents = incidents.exclude(kind=Incident.Kind.INCIDENT)
    elif filters.kind:
        incidents = incidents.filter(kind=filters.kind)
    if filters.service:
        incidents = incidents.filter(services__key=filters.service)
    if filters.type:
        incidents = incidents.filter(type__key=filters.type)
    if filters.severity:
        incidents = incidents.filter(severity__key=filters.severity)
    if filters.tag:
        incidents = incidents.filter(tags__name=filters.tag)
    zone = ZoneInfo(filters.zone)
    if filters.since:
        incidents = incidents.filter(started_at__gte=first_moment(filters.since, zone))
    if filters.until:
        incidents = incidents.filter(started_at__lte=last_moment(filters.until, zone))
    if filters.factor:
        leaves = FactorLeaf.objects.filter(Q(key=filters.factor) | Q(group__key=filters.factor))
        entries = entries.filter(pk__in=SearchEntry.leaves.through.objects.filter(factorleaf__in=leaves).values("searchentry_id"))
    return entries.about(incidents)


def find(actor: Actor, text: str, filters: Filters | None = None, *, offset: int = 0, limit: int = 25) -> Results:
    """Return what the actor may see of what the text finds, best first; without a text the newest first.

    Syntax: words, "phrases", -exclusions, `OR` between two. Visibility narrows the query itself, before ranking and counting.
    """
    query = parse(text)
    visible = SearchEntry.objects.visible_to(actor)
    chosen = narrowed(visible, filters) if filters else None
    if query.groups:
        scope = Scope(visible, SearchEntry.objects.hidden_from(actor), chosen)
        total, raw = engine().page(query, scope, offset, limit, COUNTED + 1)
        about = subjects([hit.entry_id for hit in raw])
        hits = [Hit(about[hit.entry_id], highlighted(hit.title), highlighted(hit.snippet)) for hit in raw if hit.entry_id in about]
    else:
        entries = visible if chosen is None else chosen
        found = engine().matching(query, entries) if query else entries
        total = found.order_by().values("pk")[: COUNTED + 1].count()
        rows = list(found.annotate(opening=Left("body", OPENING + 1)).values_list("pk", "title", "opening")[offset : offset + limit])
        about = subjects([pk for pk, _title, _opening in rows])
        hits = [Hit(about[pk], highlighted(title), highlighted(shortened(opening))) for pk, title, opening in rows]
    return Results(hits, min(total, COUNTED), total > COUNTED)


def subjects(ids: list[int]) -> dict[int, Subject]:
    """Return what a page says about its entries: four queries for plain values, as model instances would cost more than the search."""
    fields = (
        "postmortem_id",
        "incident_id",
        "published_at",
        "incident__started_at",
        "incident__time_zone",
        "incident__severity__key",
        "incident__severity__name",
        "incident__kind",
    )
    rows: list[tuple[Any, ...]] = list(SearchEntry.objects.filter(pk__in=ids).order_by().values_list("pk", *fields))
    further: dict[int, list[int]] = {row[1]: [] for row in rows}
    for postmortem, incident in RelatedIncident.objects.filter(postmortem__in=further).values_list("postmortem_id", "incident_id"):
        further[postmortem].append(incident)
    incidents = {row[2] for row in rows} | {incident for some in further.values() for incident in some}
    services: dict[int, list[tuple[str, str]]] = {pk: [] for pk in incidents}
    tags: dict[int, list[str]] = {pk: [] for pk in incidents}
    having = {"incident__in": incidents}
    named = Incident.services.through.objects.filter(**having).order_by("service__name").values_list("incident_id", "service__key", "service__name")
    for incident, key, name in named:
        services[incident].append((key, name))
    for incident, name in Incident.tags.through.objects.filter(**having).order_by("tag__name").values_list("incident_id", "tag__name"):
        tags[incident].append(name)
    subjects = {}
    for pk, postmortem, incident, published_at, started_at, zone, severity_key, severity_name, kind in rows:
        about = (published_at, started_at, zone, severity_key, severity_name)
        covered = [incident, *further[postmortem]]
        of_services = list(dict.fromkeys(one for each in covered for one in services[each]))
        of_tags = list(dict.fromkeys(one for each in covered for one in tags[each]))
        subjects[pk] = Subject(postmortem, incident, *about, of_services, of_tags, kind, further[postmortem])
    return subjects


def shortened(opening: str) -> str:
    """Return the first words of a text, where there is no query to quote the text for."""
    return opening[:OPENING] + "…" if len(opening) > OPENING else opening


__all__ = ["COUNTED", "Filters", "Hit", "Query", "Results", "find", "parse"]
