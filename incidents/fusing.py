"""Writes. Which events are one fact, and how far a source's clock was off: what rules found, and what people said about it.

`refresh` runs after each import, before the milestones are measured: it renews what rules proposed and never touches a
person's word. Everything else here is a person's word. All of it is reversible; no evidence is changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Substr
from django.utils import timezone

from incidents import clocks, fusion
from incidents.access import Actor
from incidents.lib.conflict import Conflict
from incidents.measuring import remeasure
from incidents.models import AuditEvent, Delivery, Fusion, Incident, QualityReport, SourceClock, TimelineEvent, User

FACT_LIMIT = 20_000  # more telling events than any incident has by itself; the first ones are compared
BATCH = 300
LONGEST_OFFSET = 14 * 24 * 3600
TELLING = [kind for kind in fusion.FAMILIES if kind not in fusion.LOOSE]
COLUMNS = (
    "pk", "at", "source", "shown_kind", "words", "delivery_id", "incident_id", "actor", "url", "external_key", "milestone", "precision", "rule", "curation__version",
)  # fmt: skip
Decision = Fusion.Decision


def facts_of(incident: Incident) -> list[fusion.Fact]:
    """Return the events that can be the same as another: what tools state, and what bots or links say in a chat. Hidden ones are none."""
    events = TimelineEvent.objects.committed(incident)
    imported = Delivery.objects.filter(incident=incident, state=Delivery.State.IMPORTED)
    if imported.count() + TimelineEvent.objects.filter(incident=incident, source=clocks.BY_HAND).exists() < 2:
        return []  # one file from one tool: nothing told twice
    posted = Q(text__icontains="http") | Q(
        actor__iregex=r"bot|app|alert|webhook|pagerduty|opsgenie|grafana|datadog|prometheus|sentry|statuspage|jenkins|git|incident"
    )
    rows: Any = events.as_curated().exclude(curation__is_hidden=True).filter(Q(shown_kind__in=TELLING) | posted)
    rows = rows.annotate(words=Substr("text", 1, fusion.TEXT_LIMIT)).order_by("at", "sequence", "pk").values_list(*COLUMNS)[:FACT_LIMIT]
    return [
        fusion.Fact(
            pk, at, source, kind, words, delivery, incident_id, actor, url, key, milestone, precision,
            structural=bool(rule) and not rule.startswith(("word", "written")), curated=bool(version),
        )
        for pk, at, source, kind, words, delivery, incident_id, actor, url, key, milestone, precision, rule, version in rows.iterator(chunk_size=2000)
    ]  # fmt: skip


@transaction.atomic
def refresh(*, incident: Incident) -> None:
    """Renew the rules' pairs from the evidence and settle which event leads; what a person decided stays."""
    Incident.objects.select_for_update().filter(pk=incident.pk).first()
    facts = facts_of(incident)
    found = {(match.first, match.second): match for match in fusion.propose(facts)}
    stale, renewed = [], []
    for row in Fusion.objects.filter(incident=incident):
        match = found.pop((row.first_id, row.second_id), None)
        if row.decided_at is not None:
            continue
        if match is None:
            stale.append(row.pk)
        elif (row.decision, row.rule, row.confidence, row.reason) != (decision_of(match), match.rule, match.confidence, match.reason):
            row.decision, row.rule, row.confidence, row.reason = decision_of(match), match.rule, match.confidence, match.reason
            renewed.append(row)
    Fusion.objects.filter(pk__in=stale).delete()
    Fusion.objects.bulk_update(renewed, ["decision", "rule", "confidence", "reason"], batch_size=BATCH)
    new = [
        Fusion(
            incident=incident, first_id=match.first, second_id=match.second, decision=decision_of(match), rule=match.rule, confidence=match.confidence,
            reason=match.reason,
        )
        for match in found.values()
    ]  # fmt: skip
    Fusion.objects.bulk_create(new)
    settle(incident)
    suggest_clocks(incident, facts)


def decision_of(match: fusion.Match) -> str:
    return Decision.ACCEPTED if match.sure else Decision.PROPOSED


def settle(incident: Incident) -> None:
    """Bring `fused_into` in line with the decided pairs, and the counts that pages show."""
    rows = list(Fusion.objects.filter(incident=incident).exclude(decision=Decision.PROPOSED))
    ids = {event for row in rows for event in (row.first_id, row.second_id)}
    wanted = fusion.settle(facts_by_id(incident, ids), [pair_of(row) for row in rows])
    there = dict(TimelineEvent.objects.filter(incident=incident, fused_into__isnull=False).values_list("pk", "fused_into_id"))
    TimelineEvent.objects.filter(pk__in=[pk for pk in there if pk not in wanted]).update(fused_into=None)
    moved = [TimelineEvent(pk=member, fused_into_id=lead) for member, lead in sorted(wanted.items()) if there.get(member) != lead]
    TimelineEvent.objects.bulk_update(moved, ["fused_into"], batch_size=BATCH)
    count_open(incident, wanted)


def count_open(incident: Incident, leads: dict[int, int]) -> None:
    """Keep how many events others stand for, and how many proposals still ask: not those whose events are one entry already."""
    pairs = Fusion.objects.filter(incident=incident, decision=Decision.PROPOSED).values_list("first_id", "second_id")
    counts = {"open_duplicates": sum(leads.get(first, first) != leads.get(second, second) for first, second in pairs), "fused_events": len(leads)}
    Incident.objects.filter(pk=incident.pk).exclude(**counts).update(**counts)
    incident.open_duplicates, incident.fused_events = counts["open_duplicates"], counts["fused_events"]


def pair_of(row: Fusion) -> fusion.Pair:
    return fusion.Pair(row.first_id, row.second_id, row.decision == Decision.ACCEPTED, row.decided_at is not None, row.confidence)


def facts_by_id(incident: Incident, ids: Iterable[int]) -> list[fusion.Fact]:
    fields = ("pk", "at", "source", "delivery_id", "incident_id", "milestone", "precision", "rule", "curation__version")
    rows = TimelineEvent.objects.filter(incident=incident, pk__in=list(ids)).values_list(*fields)
    return [
        fusion.Fact(
            pk, at, source, delivery=delivery, incident=incident_id, milestone=milestone, precision=precision,
            structural=bool(rule) and not rule.startswith(("word", "written")), curated=bool(version),
        )
        for pk, at, source, delivery, incident_id, milestone, precision, rule, version in rows
    ]  # fmt: skip


@transaction.atomic
def accept(*, actor: Actor, incident: Incident, pks: Iterable[int]) -> int:
    """Take proposed pairs as one fact each, and return how many; what is no longer proposed is left alone."""
    Incident.objects.select_for_update().filter(pk=incident.pk).first()
    rows = list(Fusion.objects.filter(incident=incident, pk__in=list(pks), decision=Decision.PROPOSED))
    say(actor, rows, Decision.ACCEPTED)
    forget_apart(incident)
    return finished(actor, incident, "entries fused", rows)


@transaction.atomic
def dismiss(*, actor: Actor, incident: Incident, pks: Iterable[int]) -> int:
    """Say that pairs are not the same fact; no rule proposes them again. A pair that was fused is taken apart."""
    Incident.objects.select_for_update().filter(pk=incident.pk).first()
    rows = list(Fusion.objects.filter(incident=incident, pk__in=list(pks)).exclude(decision=Decision.DISMISSED).select_related("second"))
    fused = [row for row in rows if row.decision == Decision.ACCEPTED]
    say(actor, rows, Decision.DISMISSED)
    for row in fused:
        take_out(actor, incident, row.second_id if row.second.fused_into_id else row.first_id)
    return finished(actor, incident, "entries kept apart", rows)


@transaction.atomic
def join(*, actor: Actor, incident: Incident, events: Iterable[int]) -> int:
    """Say that these events are one fact, whether a rule saw it or not. Raises ValidationError for fewer than two of the incident."""
    Incident.objects.select_for_update().filter(pk=incident.pk).first()
    pks = sorted(TimelineEvent.objects.committed(incident).filter(pk__in=list(events)).values_list("pk", flat=True))
    if len(pks) < 2:
        raise ValidationError({"events": "Name two entries of this incident or more."})
    rows = [pair(incident, pks[0], pk) for pk in pks[1:]]
    say(actor, rows, Decision.ACCEPTED)
    forget_apart(incident)
    return finished(actor, incident, "entries fused", rows)


@transaction.atomic
def separate(*, actor: Actor, event: TimelineEvent) -> int:
    """Take one event out of its entry: it is kept apart from all the others there, over every import."""
    incident = Incident.objects.select_for_update().get(pk=event.incident_id)
    return finished(actor, incident, "entries kept apart", take_out(actor, incident, event.pk))


def take_out(actor: Actor, incident: Incident, event: int) -> list[Fusion]:
    lead = TimelineEvent.objects.filter(pk=event).values_list("fused_into_id", flat=True).first() or event
    group = TimelineEvent.objects.filter(incident=incident).filter(Q(pk=lead) | Q(fused_into=lead)).exclude(pk=event)
    rest = sorted(group.values_list("pk", flat=True))
    rows = [pair(incident, event, other) for other in rest]
    say(actor, rows, Decision.DISMISSED)
    # The others may have been one entry only through the one that left.
    say(actor, [pair(incident, rest[0], other) for other in rest[1:]], Decision.ACCEPTED)
    return rows


def pair(incident: Incident, one: int, two: int) -> Fusion:
    first, second = sorted((one, two))
    return Fusion.objects.get_or_create(first_id=first, second_id=second, defaults={"incident": incident, "rule": "by hand"})[0]


@transaction.atomic
def reopen(*, actor: Actor, incident: Incident, pks: Iterable[int]) -> int:
    """Take a person's word on pairs back: rules decide anew."""
    Incident.objects.select_for_update().filter(pk=incident.pk).first()
    rows = list(Fusion.objects.filter(incident=incident, pk__in=list(pks), decided_at__isnull=False))
    Fusion.objects.filter(pk__in=[row.pk for row in rows]).update(decision=Decision.PROPOSED, decided_by=None, decided_at=None)
    if rows:
        refresh(incident=incident)
    return finished(actor, incident, "word on fused entries taken back", rows)


def say(actor: Actor, rows: Iterable[Fusion], decision: str) -> None:
    person = actor if isinstance(actor, User) else None
    Fusion.objects.filter(pk__in=[row.pk for row in rows]).update(decision=decision, decided_by=person, decided_at=timezone.now())


def forget_apart(incident: Incident) -> None:
    """Drop earlier words that two events are apart where a later one made them the same."""
    people = Fusion.objects.filter(incident=incident, decided_at__isnull=False)
    rows = list(people)
    ids = {event for row in rows for event in (row.first_id, row.second_id)}
    leads = fusion.settle(facts_by_id(incident, ids), [pair_of(row) for row in rows if row.decision == Decision.ACCEPTED])
    over = [row.pk for row in rows if row.decision == Decision.DISMISSED and leads.get(row.first_id, row.first_id) == leads.get(row.second_id, row.second_id)]
    Fusion.objects.filter(pk__in=over).delete()


def finished(actor: Actor, incident: Incident, verb: str, rows: list[Fusion]) -> int:
    if rows:
        settle(incident)
        AuditEvent.record(actor, verb, incident.reference, pairs=[[row.first_id, row.second_id] for row in rows[:50]], number=len(rows))
        remeasure(incident=incident)
    return len(rows)


def suggest_clocks(incident: Incident, facts: list[fusion.Fact]) -> None:
    """Keep by how much sources seem to be off, from what they both saw."""
    decided = set(SourceClock.objects.filter(incident=incident).values_list("source", flat=True))
    refused = set(Fusion.objects.filter(incident=incident, decision=Decision.DISMISSED).values_list("first_id", "second_id"))
    matches = [match for match in fusion.propose(facts, clocks.WINDOW) if (match.first, match.second) not in refused] if facts else []
    found = [asdict(suggestion) for suggestion in clocks.suggest(facts, matches, decided)]
    QualityReport.objects.update_or_create(incident=incident, defaults={"clocks": found})


@transaction.atomic
def set_clock(*, actor: Actor, incident: Incident, source: str, version: int, offset: int) -> SourceClock:
    """Move all times of one source by `offset` seconds from what its evidence says; 0 leaves them and ends suggestions.

    `version` is 0 while nobody said anything. Raises Conflict when that changed, ValidationError for what cannot be.
    """
    Incident.objects.select_for_update().filter(pk=incident.pk).first()
    if source == clocks.BY_HAND or not TimelineEvent.objects.filter(incident=incident, source=source).exists():
        raise ValidationError({"source": "No import of this source is on the incident."})
    if abs(offset) > LONGEST_OFFSET:
        raise ValidationError({"offset": "An offset is at most 14 days."})
    current = SourceClock.objects.filter(incident=incident, source=source).first()
    if (current.version if current else 0) != version:
        raise Conflict(current)
    latest = TimelineEvent.objects.filter(incident=incident, source=source).order_by("-occurred_at").values_list("occurred_at", flat=True).first()
    if offset > 0 and latest is not None and latest + timedelta(seconds=offset) > timezone.now() + timedelta(days=1):
        raise ValidationError({"offset": "This would move entries into the future."})
    row = current or SourceClock(incident=incident, source=source)
    before = row.offset
    row.offset, row.version, row.decided_at = offset, version + 1, timezone.now()
    row.decided_by = actor if isinstance(actor, User) else None
    row.save()
    move(incident, source, offset)
    AuditEvent.record(actor, "clock set", incident.reference, source=source, offset=[f"{before:+d} s", f"{offset:+d} s"])
    refresh(incident=incident)
    remeasure(incident=incident)
    return row


@transaction.atomic
def forget_clock(*, actor: Actor, incident: Incident, source: str, version: int) -> None:
    """Take a person's word on a clock back: the source's own times count, and suggestions may come again."""
    Incident.objects.select_for_update().filter(pk=incident.pk).first()
    current = SourceClock.objects.filter(incident=incident, source=source).first()
    if current is None or current.version != version:
        raise Conflict(current)
    current.delete()
    move(incident, source, 0)
    AuditEvent.record(actor, "clock set", incident.reference, source=source, offset=[f"{current.offset:+d} s", "as written"])
    refresh(incident=incident)
    remeasure(incident=incident)


def move(incident: Incident, source: str, offset: int) -> None:
    """Put the source's events where they belong; one that a person timed anew stays there."""
    events: Any = TimelineEvent.objects.filter(incident=incident, source=source).filter(Q(curation=None) | Q(curation__corrected_at=None))
    # By key: an update cannot join.
    TimelineEvent.objects.filter(pk__in=events.values("pk")).update(at=F("occurred_at") + timedelta(seconds=offset))
