"""Reads. What `quality.py` looks at: one pass over the entries, and a fixed number of questions about what surrounds them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, Q
from django.db.models.functions import Substr

from incidents import sources
from incidents.clocks import Suggestion
from incidents.lib.zones import ClockChange, clock_changes
from incidents.milestones import Voice
from incidents.models import Delivery, Fusion, Incident, Milestone, QualityReport, TimelineEvent
from incidents.quality import Assumed, Doubt, Left, Mark, Seen, Surroundings

ENTRY_LIMIT = 20_000  # the story of an incident is told by then; a longer one is a log
TEXT_LIMIT = 600
MOST_LEFT = 20
MOST_DOUBTFUL = 200


def entries(incident: Incident) -> Iterator[Seen]:
    """Stream the entries as readers see them."""
    rows = TimelineEvent.objects.committed(incident).unfused().as_curated().exclude(curation__is_hidden=True)
    rows = rows.annotate(words=Substr("text", 1, TEXT_LIMIT)).order_by("at", "sequence", "pk")
    fields = ("pk", "at", "source", "shown_kind", "actor", "words", "milestone", "occurred_at", "recorded_at")
    for row in rows.values_list(*fields)[:ENTRY_LIMIT].iterator(chunk_size=2000):
        yield Seen(*row)


def surroundings(incident: Incident, milestones: Iterable[Milestone]) -> Surroundings:
    events = TimelineEvent.objects.committed(incident).exclude(curation__is_hidden=True)
    groups = events.order_by().values_list("source", "zone", "zone_assumed")
    zones = sorted(groups.annotate(number=Count("pk"), delivery=Max("delivery_id"), first=Min("occurred_at"), last=Max("occurred_at")), key=str)
    report = QualityReport.objects.filter(incident=incident).first()
    return Surroundings(
        zone=ZoneInfo(incident.time_zone),
        marks=[mark_of(row) for row in sorted(milestones, key=lambda row: row.kind.position)],
        sources=sorted({source for source, *_ in zones}),
        labels=sources.labels(),
        assumed=[Assumed(source, zone, number, delivery) for source, zone, assumed, number, delivery, *_ in zones if assumed],
        doubts=[doubt for name, first, last in spans_of(zones) for doubt in doubts(incident, name, first, last)],
        left=left(incident),
        duplicates=incident.open_duplicates,
        newest_duplicate=newest_proposal(incident) if incident.open_duplicates else 0,
        clocks=[Suggestion(**row) for row in report.clocks] if report else [],
    )


def mark_of(row: Milestone) -> Mark:
    decided = row.decision in (Milestone.Decision.CONFIRMED, Milestone.Decision.OVERRIDDEN)
    at = row.at if decided else row.proposed_at if row.decision == Milestone.Decision.OPEN else None
    return Mark(row.kind.key, row.kind.name, row.decision, at, bool(row.evidence), row.note, tuple(voices_of(row)))


def voices_of(row: Milestone) -> Iterator[Voice]:
    """Read back what each source says, as the row keeps it."""
    for each in row.voices:
        yield Voice(each["source"], datetime.fromisoformat(each["at"]), each["event"], each["precision"], each["meaning"])


def newest_proposal(incident: Incident) -> int:
    return Fusion.objects.filter(incident=incident, decision=Fusion.Decision.PROPOSED).order_by("-pk").values_list("pk", flat=True).first() or 0


def left(incident: Incident) -> list[Left]:
    """Return what deliveries could not bring; of the same bytes read again, the last reading counts."""
    rows = Delivery.objects.filter(incident=incident).order_by("pk").values_list("pk", "file_name", "channel", "state", "sha256", "report__rejected_total")
    last = {row[4]: row for row in rows}
    found = []
    for pk, name, channel, state, digest, rejected in last.values():
        if state in (Delivery.State.NEEDS_ANSWER, Delivery.State.REFUSED) or (state == Delivery.State.IMPORTED and rejected):
            found.append(Left(pk, name or str(Delivery.Channel(channel).label), state, digest[:12], rejected or 0))
    return found[:MOST_LEFT]


def spans_of(zones: Iterable[tuple[Any, ...]]) -> Iterator[tuple[str, datetime, datetime]]:
    """Yield each zone once with the first and the last time in it."""
    spans: dict[str, list[datetime]] = {}
    for _source, zone, _assumed, _number, _delivery, first, last in zones:
        spans.setdefault(zone, []).extend((first, last))
    for zone, moments in sorted(spans.items()):
        yield zone, min(moments), max(moments)


def doubts(incident: Incident, zone: str, first: datetime, last: datetime) -> Iterator[Doubt]:
    """Yield times that stand in an hour which the clocks of their zone skipped or showed twice. Nothing is asked where no clock was changed."""
    for change in clock_changes(zone, first, last):
        start, end = change.doubts()
        rows = TimelineEvent.objects.committed(incident).filter(zone=zone, occurred_at__gte=start, occurred_at__lt=end)
        rows = rows.filter(Q(curation=None) | Q(curation__corrected_at=None)).exclude(precision="day").order_by("at", "sequence", "pk")
        found = rows.values_list("pk", "occurred_at", "time_text")[:MOST_DOUBTFUL]
        events = tuple(pk for pk, at, written in found if is_doubtful(change, at, written, ZoneInfo(zone)))
        if events:
            yield Doubt(zone, f"{change.at.astimezone(ZoneInfo(zone)):%Y-%m-%d}", change.is_gap, events)


OFFSET = re.compile(r"[+\-\u2212]\d\d:?\d\d\b|Z\b|\b(?:UTC|GMT)\b|\d{9,}")


def is_doubtful(change: ClockChange, at: datetime, written: str, zone: ZoneInfo) -> bool:
    """An hour that came twice is doubtful unless the offset is stated; one that was skipped where the text has it."""
    if OFFSET.search(written):
        return False
    return not change.is_gap or bool(written) and not shows(at, written, zone)


def shows(at: datetime, written: str, zone: ZoneInfo) -> bool:
    """Whether the text has the wall-clock time at which the event was placed."""
    here = at.astimezone(zone)
    return any(f"{clock}:{here:%M}" in written for clock in (f"{here:%H}", f"{here.hour}", f"{here.hour % 12 or 12}"))
