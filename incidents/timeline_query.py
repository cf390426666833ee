"""Reads. One window of an incident's timeline: always the same few queries, however long the timeline is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.db.models.functions import Substr

from incidents import sources
from incidents.lib.zones import first_moment
from incidents.models import Delivery, Incident, Kind, Milestone, Salience, TimelineEvent
from incidents.models.timeline import TimelineEventQuerySet
from incidents.timeline import Cursor, Filters, Row

WINDOW = 100
TEXT_LIMIT = 600  # longer texts are cut in SQL and whole in the entry's own page

LABELS: dict[str, str] = {value: str(label) for value, label in Kind.choices}
COLUMNS = (
    "pk", "at", "sequence", "shown_kind", "shown_salience", "source", "actor", "shown_text", "curation__title", "curation__note", "precision", "zone",
    "zone_assumed", "curation__is_hidden", "curation__corrected_at", "url", "thread", "curation__version",
)  # fmt: skip


@dataclass(frozen=True)
class Window:
    rows: list[Row]
    after: Cursor | None  # where the next window begins, or None at the end


def matching(incident: Incident, filters: Filters, zone: ZoneInfo, deliveries: Iterable[Delivery] | None = None) -> TimelineEventQuerySet:
    """Return the events that the filters ask for, as curated."""
    events = TimelineEvent.objects.committed(incident, deliveries).as_curated()
    if not filters.with_hidden:
        events = events.exclude(curation__is_hidden=True)
    if filters.kinds:
        events = events.filter(Q(("shown_kind__in", filters.kinds)))
    if filters.sources:
        events = events.filter(source__in=filters.sources)
    if filters.key_only:
        events = events.filter(Q(("shown_salience", Salience.KEY)))
    if filters.actor:
        events = events.filter(actor__icontains=filters.actor)
    if filters.text:
        events = events.filter(Q(text__icontains=filters.text) | Q(curation__title__icontains=filters.text) | Q(actor__icontains=filters.text))
    if filters.day:
        events = events.filter(at__gte=first_moment(filters.day, zone))
    return events


def beyond(events: TimelineEventQuerySet, cursor: Cursor, *, inclusive: bool = False) -> TimelineEventQuerySet:
    """Keep what comes after the place; `at` is asked for twice so that the index finds it."""
    last = Q(pk__gte=cursor.id) if inclusive else Q(pk__gt=cursor.id)
    same = Q(at=cursor.at) & (Q(sequence__gt=cursor.sequence) | (Q(sequence=cursor.sequence) & last))
    return events.filter(at__gte=cursor.at).filter(Q(at__gt=cursor.at) | same)


def window(events: TimelineEventQuerySet, *, marks: Mapping[int, Iterable[str]], after: Cursor | None = None, start: Cursor | None = None) -> Window:
    """Return one window of rows; `marks` names the milestones that stand on an event."""
    if after is not None:
        events = beyond(events, after)
    elif start is not None:
        events = beyond(events, start, inclusive=True)
    rows = list(rows_of(events[: WINDOW + 1], marks))
    return Window(rows[:WINDOW], rows[WINDOW - 1].cursor if len(rows) > WINDOW else None)


def rows_of(events: TimelineEventQuerySet, marks: Mapping[int, Iterable[str]]) -> Iterable[Row]:
    values = events.order_by("at", "sequence", "pk") if not events.query.is_sliced else events
    names = sources.labels()
    # In the order of COLUMNS.
    for row in values.annotate(shown_text=Substr("text", 1, TEXT_LIMIT + 1)).values_list(*COLUMNS):
        (pk, at, sequence, kind, salience, source, actor, text, title) = row[:9]
        (note, precision, zone, assumed, hidden, corrected, url, thread, version) = row[9:]
        yield Row(
            id=pk,
            at=at,
            sequence=sequence,
            kind=kind,
            kind_label=LABELS.get(kind, kind),
            salience=salience,
            source=source,
            source_label=names.get(source, source),
            actor=actor,
            text=text[:TEXT_LIMIT],
            is_cut=len(text) > TEXT_LIMIT,
            title=title or "",
            note=note or "",
            precision="second" if corrected else precision,
            zone=zone,
            zone_assumed=assumed and not corrected,
            is_hidden=bool(hidden),
            corrected=corrected is not None,
            url=url if url.startswith(("https://", "http://")) else "",
            thread=thread,
            version=version or 0,
            milestones=tuple(marks.get(pk, ())),
        )


def marks_of(milestones: Iterable[Milestone]) -> dict[int, list[str]]:
    """Return event id -> names of the milestones that stand on it, decided or proposed."""
    marks: dict[int, list[str]] = {}
    for row in milestones:
        if row.decision == Milestone.Decision.CONFIRMED and row.event_id:
            marks.setdefault(row.event_id, []).append(row.kind.name)
        elif row.decision == Milestone.Decision.OPEN and row.evidence:
            marks.setdefault(row.evidence[0], []).append(f"{row.kind.name}?")
    return marks


def place_of(incident: Incident, event_id: int) -> Cursor | None:
    """Return where an event of the incident stands."""
    found = TimelineEvent.objects.filter(incident=incident, pk=event_id).values_list("at", "sequence", "pk").first()
    return Cursor(*found) if found else None
