"""Reads. One window of an incident's timeline: always the same few queries, however long the timeline is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce, Greatest, Substr

from incidents import sources
from incidents.lib.zones import first_moment
from incidents.models import Delivery, Incident, Kind, Milestone, Salience, TimelineEvent
from incidents.models.timeline import TimelineEventQuerySet
from incidents.timeline import Opener, Piece, Row
from incidents.timeline_filters import Cursor, Filters

WINDOW = 100
OPENER_LIMIT = 80
TEXT_LIMIT = 600  # longer texts are cut in SQL and whole in the entry's own page

LABELS: dict[str, str] = {value: str(label) for value, label in Kind.choices}
COLUMNS = (
    "pk", "at", "sequence", "shown_kind", "shown_salience", "source", "actor", "words", "curation__title", "curation__note", "precision", "zone",
    "zone_assumed", "curation__is_hidden", "curation__corrected_at", "url", "thread", "curation__version", "revised", "curation__updated_at",
)  # fmt: skip


@dataclass(frozen=True)
class Window:
    rows: list[Row]
    after: Cursor | None  # where the next window begins, or None at the end


#: Sources of what is written afterwards: such an entry says when it happened, and hardly ever when it was known.
TOLD_LATER = frozenset({"plain_text", "table", "xlsx"})
#: When an event was known: once it had happened and was written down. What people add by hand was known to the timeline when they added it.
KNOWN_AT = Greatest("at", Coalesce("recorded_at", Case(When(source="manual", then=F("created_at")), default=F("at"))))


@dataclass(frozen=True)
class Known:
    """What a view at a chosen moment leaves out, and where to step."""

    at: datetime
    later: int
    before: datetime | None
    after: datetime | None


def known_by(events: TimelineEventQuerySet, at: datetime) -> TimelineEventQuerySet:
    """Keep what was known at the moment; where the leading event of a fact came later, its earlier evidence stands for it."""
    happened = events.filter(at__lte=at).annotate(known_at=KNOWN_AT).filter(Q(("known_at__lte", at)))
    return happened.filter(Q(fused_into=None) | Q(fused_into__at__gt=at) | Q(fused_into__recorded_at__gt=at))


def look_back(incident: Incident, at: datetime, deliveries: Iterable[Delivery] | None = None) -> Known:
    """Return how much was not known at the moment, and the key moments before and after it."""
    events = TimelineEvent.objects.committed(incident, deliveries).as_curated().exclude(curation__is_hidden=True)
    later = events.unfused().count() - known_by(events, at).count()
    timed: Any = events.unfused().annotate(known_at=KNOWN_AT)
    key = timed.filter(Q(shown_salience=Salience.KEY) | ~Q(milestone=""))

    def step(rows: Any) -> tuple[datetime | None, datetime | None]:
        before = rows.filter(known_at__lt=at).order_by("-known_at").values_list("known_at", flat=True).first()
        return before, rows.filter(known_at__gt=at).order_by("known_at").values_list("known_at", flat=True).first()

    before, after = step(key)
    return Known(at, max(0, later), *((before, after) if before or after else step(timed)))


def matching(
    incident: Incident, filters: Filters, zone: ZoneInfo, deliveries: Iterable[Delivery] | None = None, known: datetime | None = None
) -> TimelineEventQuerySet:
    """Return the entries that the filters ask for, as curated; a fused one when any of its evidence matches."""
    events = TimelineEvent.objects.committed(incident, deliveries).as_curated()
    events = events.unfused() if known is None else known_by(events, known)
    further = TimelineEvent.objects.filter(incident=incident, fused_into__isnull=False)
    if not filters.with_hidden:
        events = events.exclude(curation__is_hidden=True)
    if filters.kinds:
        events = events.filter(shown_kind__in=filters.kinds)
    if filters.sources:
        events = events.filter(Q(source__in=filters.sources) | Q(pk__in=further.filter(source__in=filters.sources).values("fused_into")))
    if filters.key_only:
        events = events.filter(shown_salience=Salience.KEY)
    if filters.actor:
        events = events.filter(Q(actor__icontains=filters.actor) | Q(pk__in=further.filter(actor__icontains=filters.actor).values("fused_into")))
    if filters.text:
        said = Q(text__icontains=filters.text) | Q(actor__icontains=filters.text)
        events = events.filter(said | Q(curation__title__icontains=filters.text) | Q(pk__in=further.filter(said).values("fused_into")))
    if filters.day:
        events = events.filter(at__gte=first_moment(filters.day, zone))
    return events


def beyond(events: TimelineEventQuerySet, cursor: Cursor, *, inclusive: bool = False) -> TimelineEventQuerySet:
    """Keep what comes after the place; `at` is asked for twice so that the index finds it."""
    last = Q(pk__gte=cursor.id) if inclusive else Q(pk__gt=cursor.id)
    same = Q(at=cursor.at) & (Q(sequence__gt=cursor.sequence) | (Q(sequence=cursor.sequence) & last))
    return events.filter(at__gte=cursor.at).filter(Q(at__gt=cursor.at) | same)


def window(
    events: TimelineEventQuerySet,
    *,
    marks: Mapping[int, Iterable[str]],
    after: Cursor | None = None,
    start: Cursor | None = None,
    known: datetime | None = None,
    fused: bool = True,
) -> Window:
    """Return one window of rows; `marks` names the milestones that stand on an event."""
    if after is not None:
        events = beyond(events, after)
    elif start is not None:
        events = beyond(events, start, inclusive=True)
    rows = list(rows_of(events[: WINDOW + 1], known))
    shown = rows[:WINDOW]
    accompany(shown, marks, known, fused=fused)
    return Window(shown, rows[WINDOW - 1].cursor if len(rows) > WINDOW else None)


def rows_of(events: TimelineEventQuerySet, known: datetime | None = None) -> Iterable[Row]:
    values = events.order_by("at", "sequence", "pk") if not events.query.is_sliced else events
    names = sources.labels()
    # In the order of COLUMNS.
    for row in values.annotate(words=Substr("text", 1, TEXT_LIMIT + 1)).values_list(*COLUMNS):
        (pk, at, sequence, kind, salience, source, actor, text, title) = row[:9]
        (note, precision, zone, assumed, hidden, corrected, url, thread, version, revised, curated) = row[9:]
        if known is not None and curated is not None and curated > known:
            title = note = ""  # people's words of later
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
            revised=revised,
            version=version or 0,
        )


def accompany(rows: Iterable[Row], marks: Mapping[int, Iterable[str]], known: datetime | None = None, *, fused: bool = True) -> None:
    """Give rows what stands beside them: their further evidence, what they answer, and the milestones on any of it. Two queries at most."""
    by_id = {row.id: row for row in rows}
    pieces = pieces_of(by_id, known) if fused else {}
    replies = [row for row in by_id.values() if row.thread]
    openers = openers_of(next(iter(by_id)), replies) if replies else {}
    for row in by_id.values():
        row.evidence = tuple(pieces.get(row.id, ()))
        row.opener = openers.get((row.source, row.thread))
        row.milestones = tuple(name for event in (row.id, *(piece.id for piece in row.evidence)) for name in marks.get(event, ()))


def pieces_of(leads: Iterable[int], known: datetime | None) -> dict[int, list[Piece]]:
    """Return the further evidence of each entry, in the order of its time."""
    names = sources.labels()
    further: Any = TimelineEvent.objects.filter(fused_into__in=list(leads)).order_by("at", "sequence", "pk")
    further = further if known is None else further.filter(at__lte=known)
    pieces: dict[int, list[Piece]] = {}
    for lead, pk, source, at, precision in further.values_list("fused_into_id", "pk", "source", "at", "precision"):
        pieces.setdefault(lead, []).append(Piece(pk, source, names.get(source, source), at, precision))
    return pieces


def openers_of(event: int, replies: Iterable[Row]) -> dict[tuple[str, str], Opener]:
    """Return what replies of one incident answer, that of `event`, by source and key."""
    threads = {(row.source, row.thread) for row in replies}
    found = TimelineEvent.objects.filter(
        incident__in=TimelineEvent.objects.filter(pk=event).values("incident"),
        source__in=sorted({source for source, _ in threads}),
        external_key__in=sorted({thread for _, thread in threads}),
    ).annotate(start=Substr("text", 1, OPENER_LIMIT))
    return {
        (source, key): Opener(lead or pk, actor, start)
        for pk, lead, source, key, actor, start in found.values_list("pk", "fused_into_id", "source", "external_key", "actor", "start")
    }


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
    """Return where an event of the incident stands, or the one that leads its entry."""
    fields = ("at", "sequence", "pk", "fused_into__at", "fused_into__sequence", "fused_into_id")
    found = TimelineEvent.objects.filter(incident=incident, pk=event_id).values_list(*fields).first()
    return Cursor(*(found[3:] if found[5] else found[:3])) if found else None
