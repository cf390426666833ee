"""Writes. What milestones.py and metrics.py found, and what people decided about it.

`remeasure` runs after every change of a timeline. It renews proposals and never touches a decision, but for one thing:
a confirmed milestone follows the time of its event, so that a correction reaches what was built on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, NullIf, Substr
from django.utils import timezone

from incidents import metrics, milestones, sources
from incidents.access import Actor
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line
from incidents.models import AuditEvent, Incident, MetricDefinition, Milestone, MilestoneKind, Salience, TimelineEvent, User
from incidents.signals import incident_changed

Decision = Milestone.Decision
DECIDED = (Decision.CONFIRMED, Decision.OVERRIDDEN)


def announce(incident_id: int) -> None:
    """Tell others, after the commit, that something about the incident changed."""
    transaction.on_commit(lambda: incident_changed.send(sender=Incident, incident_id=incident_id))


def begin(*, incident: Incident) -> None:
    """Give a new incident its milestones, all undecided: there is no evidence yet."""
    Milestone.objects.bulk_create(Milestone(incident=incident, kind=kind) for kind in MilestoneKind.objects.all())
    announce(incident.pk)


@transaction.atomic
def remeasure(*, incident: Incident) -> list[Milestone]:
    """Renew the incident's proposals and its start from the evidence as curated, and return its milestones."""
    Incident.objects.select_for_update().filter(pk=incident.pk).first()  # one at a time, in a lock order of its own
    proposals = milestones.propose(entries_of(incident), sources.labels())
    rows = {row.kind_id: row for row in Milestone.objects.filter(incident=incident).select_related("kind", "event")}
    result = []
    for kind in MilestoneKind.objects.all():
        row = rows.get(kind.pk) or Milestone(incident=incident, kind=kind)
        before = state_of(row)
        apply_proposal(row, proposals.get(kind.key))
        if row.decision == Decision.CONFIRMED and row.event is not None:
            row.at = row.event.at
        if row.pk is None:
            row.save()
        elif state_of(row) != before:
            # The version grows, so that nobody confirms a proposal they have not seen.
            row.version += 1
            row.save()
        result.append(row)
    set_start(incident, result)
    announce(incident.pk)
    return result


def entries_of(incident: Incident) -> Iterator[milestones.Entry]:
    """Stream the events that may be evidence, as curated, with the columns that rules look at and no more."""
    events = TimelineEvent.objects.committed(incident).as_curated().exclude(curation__is_hidden=True)
    telling = ~Q(milestone="") | Q(shown_kind__in=milestones.TELLING_KINDS)
    wordy = Q(shown_kind__in=milestones.WORDY_KINDS, shown_salience__gt=Salience.NOISE)
    rows = (
        events.filter(telling | wordy)
        .annotate(words=Coalesce(NullIf("curation__title", Value("")), Substr("text", 1, milestones.TEXT_LIMIT)))
        .order_by("at", "sequence", "pk")
        .values_list("pk", "at", "shown_kind", "shown_salience", "words", "source", "milestone", "precision", "actor", "curation__corrected_at")
    )
    for pk, at, kind, salience, words, source, milestone, precision, actor, corrected in rows.iterator(chunk_size=2000):
        yield milestones.Entry(pk, at, kind, salience, words, source, milestone, "second" if corrected else precision, actor)


def state_of(row: Milestone) -> tuple[Any, ...]:
    return (row.proposed_at, row.earliest, row.latest, row.confidence, row.rule, row.evidence, row.at)


def apply_proposal(row: Milestone, proposal: milestones.Proposal | None) -> None:
    if proposal is None:
        row.proposed_at = row.earliest = row.latest = row.confidence = None
        row.rule, row.evidence = "", []
    else:
        row.proposed_at, row.earliest, row.latest, row.confidence = proposal.at, proposal.earliest, proposal.latest, proposal.confidence
        row.rule, row.evidence = proposal.rule[:200], proposal.evidence


def set_start(incident: Incident, rows: Iterable[Milestone]) -> None:
    """Set `started_at`: the impact start if decided, else the first event, else the declaration. No version: nobody edits it."""
    decided = [row.at for row in rows if row.kind.key == "impact_started" and row.decision in DECIDED]
    start = decided[0] if decided else None
    if start is None:
        shown = TimelineEvent.objects.committed(incident).exclude(curation__is_hidden=True)
        start = shown.order_by("at", "sequence", "pk").values_list("at", flat=True).first() or incident.created_at
    Incident.objects.filter(pk=incident.pk).exclude(started_at=start).update(started_at=start)
    incident.started_at = start


@transaction.atomic
def decide(*, actor: Actor, milestone: Milestone, version: int, decision: str, at: datetime | None = None, note: str = "") -> Milestone:
    """Record a person's word on one milestone. Raises Conflict when it changed since `version`, ValidationError when it cannot be so."""
    incident = milestone.incident
    Incident.objects.select_for_update().filter(pk=incident.pk).first()
    current = Milestone.objects.select_related("kind", "event", "incident").get(pk=milestone.pk)
    if current.version != version:
        raise Conflict(current)
    before = {"decision": current.decision, "at": iso(current.at)}
    event: TimelineEvent | None = None
    if decision == Decision.CONFIRMED:
        if current.proposed_at is None:
            raise ValidationError("There is no proposal to confirm. Set the time by hand.")
        event = TimelineEvent.objects.filter(pk__in=current.evidence[:1], incident=incident).first()
        at = current.proposed_at
    elif decision == Decision.OVERRIDDEN:
        if at is None:
            raise ValidationError("Give the time.")
        if at > timezone.now():
            raise ValidationError("This time lies in the future.")
    elif decision in (Decision.NOT_APPLICABLE, Decision.OPEN):
        at = None
    else:
        raise ValidationError(f"“{decision}” is no decision.")
    person = actor if isinstance(actor, User) else None
    fields = {"decision": decision, "at": at, "event": event, "note": clean_line(note), "decided_by": person, "decided_at": timezone.now()}
    if not Milestone.objects.filter(pk=current.pk, version=version).update(version=F("version") + 1, **fields):
        raise Conflict(Milestone.objects.select_related("kind").get(pk=current.pk))
    after = {"decision": decision, "at": iso(at)}
    AuditEvent.record(actor, "milestone decided", incident.reference, milestone=current.kind.key, before=before, after=after)
    current.refresh_from_db()
    set_start(incident, Milestone.objects.filter(incident=incident).select_related("kind"))
    announce(incident.pk)
    return current


@transaction.atomic
def confirm_all(*, actor: Actor, incident: Incident, versions: dict[int, int]) -> list[Milestone]:
    """Confirm every open proposal the person saw; `versions` is milestone id -> version. Raises Conflict if any changed: all or none."""
    rows = Milestone.objects.filter(incident=incident, decision=Decision.OPEN, proposed_at__isnull=False, pk__in=versions).select_related("incident", "kind")
    return [decide(actor=actor, milestone=row, version=versions[row.pk], decision=Decision.CONFIRMED) for row in rows]


def iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def definitions() -> list[metrics.Definition]:
    fields = ("key", "name", "definition", "start__key", "end__key", "start__name", "end__name")
    return [metrics.Definition(*row) for row in MetricDefinition.objects.values_list(*fields)]


def measures(rows: Iterable[Milestone], now: datetime, of: list[metrics.Definition] | None = None) -> list[metrics.Measure]:
    """Return the measures of one incident from its milestones, loaded with their kind."""
    moments = [metrics.Moment(row.kind.key, row.decision, row.at, row.proposed_at) for row in rows]
    return metrics.measure(definitions() if of is None else of, moments, now)
