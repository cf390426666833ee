"""Writes. Drafts -> rows, in batches: one query to see what is there, one insert, each batch its own short transaction.

Rows of an unfinished delivery are hidden, so that a crash anywhere shows nothing half done. What concerns rows that are
shown already (an update, or the adoption of an event that another unfinished import stored first) is only noted here
and applied by `Batches.settle` in the transaction that finishes the delivery.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, TypeVar

from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from incidents.intake_report import Report
from incidents.lib.marks import Marks
from incidents.lib.text import clean_text
from incidents.models import Curation, Delivery, Incident, Kind, Precision, Revised, SourceClock, TimelineEvent
from incidents.sources.drafts import EventDraft

T = TypeVar("T")

BATCH = 1000
SETTLE = 10_000  # rows of one transaction, at most
TRIES = 4
MAX_TEXT = 20_000
MAX_RAW = 64_000
NO_OFFSET = timedelta(0)
KINDS = frozenset(Kind.values)
PRECISIONS = frozenset(Precision.values)
REVISED = frozenset(Revised.values)
FIELDS = [
    "delivery", "content_hash", "at", "occurred_at", "time_text", "zone", "zone_assumed", "precision", "sequence", "kind", "rule", "salience",
    "actor", "text", "url", "thread", "milestone", "where", "raw",
    "recorded_at", "revised",
]  # fmt: skip


def content_hash(draft: EventDraft) -> str:
    """Tell whether a later reading brings other content. Where it stood in the file is no content."""
    at = draft.at.timestamp() if draft.at else 0
    parts: tuple[str, ...] = (
        f"{at:.6f}", draft.precision, draft.kind, str(draft.salience), draft.milestone, draft.actor, draft.thread, draft.url, draft.local, draft.zone, draft.text,
    )  # fmt: skip
    if draft.recorded or draft.revised:
        parts += (draft.recorded.isoformat() if draft.recorded else "", draft.revised)
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def external_key(draft: EventDraft) -> str:
    key = draft.key
    if key.isprintable() and 0 < len(key) <= 200:
        return key
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def columns(delivery: Delivery, draft: EventDraft, digest: str, offset: timedelta = NO_OFFSET) -> dict[str, Any]:
    """Return the row's values. Sources clean their text; this is the last guard before a database that refuses what is left."""
    return {
        "delivery_id": delivery.pk,
        "content_hash": digest,
        "at": draft.at + offset if offset and draft.at else draft.at,
        "occurred_at": draft.at,
        "time_text": clean_text(draft.local, limit=100),
        "zone": draft.zone[:64],
        "zone_assumed": draft.zone_assumed,
        "precision": draft.precision if draft.precision in PRECISIONS else Precision.SECOND,
        "sequence": min(draft.order, 2_000_000_000),
        "kind": draft.kind if draft.kind in KINDS else Kind.MESSAGE,
        "rule": clean_text(draft.rule, limit=60),
        "salience": draft.salience if draft.salience in (0, 1, 2) else 1,
        "actor": clean_text(draft.actor, limit=200),
        "text": clean_text(draft.text, limit=MAX_TEXT),
        "url": clean_text(draft.url, limit=1000) if draft.url.startswith(("https://", "http://")) else "",
        "thread": clean_text(draft.thread, limit=200),
        "milestone": draft.milestone[:40],
        "where": clean_text(draft.where, limit=200),
        "raw": clean_text(draft.raw, limit=MAX_RAW),
        "recorded_at": draft.recorded,
        "revised": draft.revised if draft.revised in REVISED else "",
    }


def retried(work: Callable[[], Any]) -> Any:
    """Run a transaction again, up to three times, when the database says that another one was in its way."""
    for attempt in range(TRIES):
        try:
            return work()
        except OperationalError as error:
            if attempt == TRIES - 1 or connection.in_atomic_block or not in_the_way(error):
                raise
            time.sleep(random.uniform(0.02, 0.1) * 2**attempt)  # noqa: S311 - jitter, no secret
    raise AssertionError("unreachable")


def in_the_way(error: DatabaseError) -> bool:
    """Deadlock, serialization failure or lock timeout of PostgreSQL; SQLite's busy."""
    return getattr(error.__cause__, "sqlstate", "") in ("40P01", "40001", "55P03") or "database is locked" in str(error)


def insert(rows: list[dict[str, Any]]) -> None:
    """Insert events, but for those that are there. As plain SQL: preparing model instances took half of an import."""
    if not rows:
        return
    moment, now = connection.ops.adapt_datetimefield_value, timezone.now()
    names = [*rows[0], "created_at"]
    sql = (
        f"INSERT INTO {TimelineEvent._meta.db_table} ({', '.join(connection.ops.quote_name(name) for name in names)}) "  # noqa: S608 - our own names
        f"VALUES ({', '.join(['%s'] * len(names))}) ON CONFLICT (incident_id, source, external_key) DO NOTHING"
    )
    values = [[moment(value) if isinstance(value, datetime) else value for value in (*row.values(), now)] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)


class Batches:
    """The rows of one reading of one delivery. `fresh` when nothing of this source was on the incident: then there is nothing to compare."""

    def __init__(self, delivery: Delivery, report: Report, *, fresh: bool) -> None:
        assert delivery.incident_id is not None, "what has no incident is not imported"  # noqa: S101
        self.delivery, self.incident_id = delivery, delivery.incident_id
        self.report = report
        self.fresh = fresh
        self.seen = Marks()
        self.waiting: list[tuple[str, EventDraft]] = []
        self.stored = 0  # rows that are this delivery's own, as far as this reading knows
        self.changed: dict[str, tuple[int, EventDraft]] = {}
        self.adopted: list[int] = []
        self.updated_early = 0
        self.offset = SourceClock.objects.offset_of(delivery.incident_id, delivery.source)  # a person's word on the source's clock

    def add(self, draft: EventDraft) -> None:
        key = external_key(draft)
        if not self.seen.add(hash(key)):  # the first of two in one file stays: the same on every reading
            return
        self.waiting.append((key, draft))
        if len(self.waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        if not self.waiting:
            return
        # In the order of their keys: of four imports of the same events, unsorted, two died of deadlock.
        batch = sorted(((key, draft, content_hash(draft)) for key, draft in self.waiting), key=lambda row: row[0])
        self.waiting = []
        stored, changed, adopted = retried(lambda: self.store(batch))
        self.stored += stored
        self.changed |= changed
        self.adopted += adopted

    def store(self, batch: list[tuple[str, EventDraft, str]]) -> tuple[int, dict[str, tuple[int, EventDraft]], list[int]]:
        """Insert what is new. Return how many rows are the delivery's own, what changed, and what to adopt."""
        delivery = self.delivery
        same = {"incident_id": delivery.incident_id, "source": delivery.source}
        changed: dict[str, tuple[int, EventDraft]] = {}
        own, adopted = 0, []
        with transaction.atomic():
            found: dict[str, tuple[int, str, int | None]] = {}
            unfinished: set[int] = set()
            if not self.fresh:
                rows = TimelineEvent.objects.filter(**same, external_key__in=[key for key, _, _ in batch])
                found = {key: (pk, digest, owner) for key, pk, digest, owner in rows.values_list("external_key", "pk", "content_hash", "delivery_id")}
                if found:
                    unfinished = set(others(delivery).values_list("pk", flat=True))
            new = []
            for key, draft, digest in batch:
                there = found.get(key)
                if there is None:
                    new.append(
                        {"incident_id": self.incident_id, "source": delivery.source, "external_key": key, **columns(delivery, draft, digest, self.offset)}
                    )
                    continue
                pk, before, owner = there
                if owner == delivery.pk:
                    own += 1
                    if before != digest:  # read differently by a newer version, between a crash and its retry
                        TimelineEvent.objects.filter(pk=pk).update(**columns(delivery, draft, digest, self.offset))
                elif before != digest:
                    changed[key] = (pk, draft)
                elif owner in unfinished:
                    adopted.append(pk)
            insert(new)
            Delivery.objects.filter(pk=delivery.pk).update(progress=self.report.read)
        return own + len(new), changed, adopted

    def is_complete(self) -> bool:
        """Whether what this reading believes to own is what it owns: false when another import stored the same events meanwhile."""
        return TimelineEvent.objects.filter(delivery=self.delivery).count() == self.stored

    def settle(self) -> bool:
        """Within the finishing transaction: apply what concerns rows that are shown, and count. False when a row to adopt is gone.

        An event counts as created by the delivery that shows it first, whichever stored it.
        """
        report = self.report
        report.created = TimelineEvent.objects.filter(delivery=self.delivery).count()
        unfinished = list(others(self.delivery).values_list("pk", flat=True)) if self.adopted else []
        for pks in chunks(self.adopted, BATCH):
            rows = TimelineEvent.objects.filter(pk__in=pks)
            if rows.count() < len(pks):
                return False
            report.created += rows.filter(delivery__in=unfinished).update(delivery=self.delivery)
        self.follow_clock()
        self.update(self.changed, FIELDS)
        report.updated = self.updated_early + len(self.changed)
        report.duplicate = report.read - report.created - report.updated
        return True

    def follow_clock(self) -> None:
        """Move rows that were stored before somebody set the clock of their source; nobody has seen them, so none is timed by a person."""
        offset = SourceClock.objects.offset_of(self.incident_id, self.delivery.source)
        if offset or offset != self.offset:
            self.offset = offset
            TimelineEvent.objects.filter(delivery=self.delivery).update(at=F("occurred_at") + offset)

    def settle_early(self) -> None:
        """Bring the updates of the last transaction down to its limit; each event changes as a whole, but not all at once."""
        while len(self.changed) > SETTLE:
            part = dict(list(self.changed.items())[:SETTLE])

            def work(part: dict[str, tuple[int, EventDraft]] = part) -> None:
                with transaction.atomic():
                    Incident.objects.select_for_update().filter(pk=self.incident_id).first()
                    self.update(part, FIELDS[1:])  # they stay with the delivery that is shown

            retried(work)
            self.updated_early += len(part)
            for key in part:
                del self.changed[key]

    def update(self, changed: dict[str, tuple[int, EventDraft]], fields: list[str]) -> None:
        """Give rows the new content; what people said about them stays, and so does a time they corrected."""
        for keys in chunks(sorted(changed), BATCH):
            pks = [changed[key][0] for key in keys]
            corrected = dict(Curation.objects.filter(event__in=pks, corrected_at__isnull=False).values_list("event_id", "corrected_at"))
            rows = []
            for key in keys:
                pk, draft = changed[key]
                row = self.row(key, draft, content_hash(draft))
                row.at = corrected.get(pk) or row.at
                rows.append(row)
            TimelineEvent.objects.bulk_create(rows, update_conflicts=True, unique_fields=["incident", "source", "external_key"], update_fields=fields)

    def row(self, key: str, draft: EventDraft, digest: str) -> TimelineEvent:
        delivery = self.delivery
        return TimelineEvent(incident_id=self.incident_id, source=delivery.source, external_key=key, **columns(delivery, draft, digest, self.offset))


def others(delivery: Delivery) -> Any:
    """The incident's other deliveries that have not finished."""
    return Delivery.objects.filter(incident=delivery.incident_id).exclude(state=Delivery.State.IMPORTED).exclude(pk=delivery.pk)


def chunks(values: list[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def discard(delivery: Delivery) -> None:
    """Delete what a refused delivery had stored; nobody ever saw it."""
    while pks := list(TimelineEvent.objects.filter(delivery=delivery).values_list("pk", flat=True)[:BATCH]):
        retried(lambda pks=pks: TimelineEvent.objects.filter(pk__in=sorted(pks), delivery=delivery).delete())  # type: ignore[misc]
