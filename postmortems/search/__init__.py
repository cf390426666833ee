"""Reads. Search over published post-mortems: the engines' own full text behind one small interface.

An engine module offers `matching(query, entries)` and `best(query, entries, offset, limit)`; everything else is shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from types import ModuleType
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import QuerySet

from incidents.access import Actor
from incidents.models import Incident
from postmortems.models import SearchEntry
from postmortems.search.query import Query, parse
from postmortems.search.results import Hit, Results, Scope, highlighted

#: Matches are counted up to here: beyond it nobody pages, and counting a common word costs more than finding its best.
COUNTED = 1000


@dataclass(frozen=True)
class Filters:
    """What a search is narrowed to, by the incident as it is now; keys of service, severity and tag, days in `zone`."""

    service: str = ""
    severity: str = ""
    tag: str = ""
    since: date | None = None
    until: date | None = None
    zone: str = "UTC"

    def __bool__(self) -> bool:
        return bool(self.service or self.severity or self.tag or self.since or self.until)


def engine() -> ModuleType:
    from postmortems.search import postgres, sqlite

    return postgres if connection.vendor == "postgresql" else sqlite


def narrowed(entries: QuerySet[SearchEntry], filters: Filters) -> QuerySet[SearchEntry]:
    incidents = Incident.objects.all()
    if filters.service:
        incidents = incidents.filter(services__key=filters.service)
    if filters.severity:
        incidents = incidents.filter(severity__key=filters.severity)
    if filters.tag:
        incidents = incidents.filter(tags__name=filters.tag)
    zone = ZoneInfo(filters.zone)
    if filters.since:
        incidents = incidents.filter(started_at__gte=datetime.combine(filters.since, time.min, zone))
    if filters.until:
        incidents = incidents.filter(started_at__lte=datetime.combine(filters.until, time.max, zone))
    return entries.filter(incident__in=incidents.values("pk"))


def find(actor: Actor, text: str, filters: Filters | None = None, *, offset: int = 0, limit: int = 25) -> Results:
    """Return what the actor may see of what the text finds, best first; without a text the newest first.

    Syntax: words, "phrases", -exclusions, `OR` between two. Visibility narrows the query itself, before ranking and counting.
    """
    query = parse(text)
    visible = SearchEntry.objects.visible_to(actor)
    chosen = narrowed(visible, filters) if filters else None
    if query.groups:
        scope = Scope(visible, SearchEntry.objects.hidden_from(actor), chosen)
        total = engine().count(query, scope, COUNTED + 1)
        raw = engine().best(query, scope, offset, limit) if total > offset else []
        rows = loaded([hit.entry_id for hit in raw], "timeline", "actions", "body", "title")
        hits = [Hit(rows[hit.entry_id], highlighted(hit.title), highlighted(hit.snippet)) for hit in raw if hit.entry_id in rows]
    else:
        entries = visible if chosen is None else chosen
        found = engine().matching(query, entries) if query else entries
        total = found.order_by().values("pk")[: COUNTED + 1].count()
        ids = list(found.values_list("pk", flat=True)[offset : offset + limit])
        rows = loaded(ids, "timeline", "actions")
        hits = [Hit(rows[pk], highlighted(rows[pk].title), highlighted(opening(rows[pk]))) for pk in ids]
    return Results(hits, min(total, COUNTED), total > COUNTED)


def loaded(ids: list[int], *unread: str) -> dict[int, SearchEntry]:
    """Return the rows of a page with all that its list shows, without the columns `unread`, in a constant number of queries."""
    entries = SearchEntry.objects.filter(pk__in=ids).select_related("postmortem", "incident__severity").prefetch_related("incident__services", "incident__tags")
    return {entry.pk: entry for entry in entries.order_by().defer(*unread, "incident__summary")}


def opening(entry: SearchEntry) -> str:
    """Return the first words of the text, where there is no query to quote the text for."""
    return entry.body[:280] + ("…" if len(entry.body) > 280 else "")


__all__ = ["COUNTED", "Filters", "Hit", "Query", "Results", "find", "parse"]
