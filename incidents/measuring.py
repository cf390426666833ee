"""Writes. What milestones.py and metrics.py found, and what people decided about it.

`remeasure` runs after every change of a timeline. It renews proposals and never touches a decision, but for one thing:
a confirmed milestone follows the time of its event, so that a correction reaches what was built on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, NullIf, Substr
from django.utils import timezone

from incidents import metrics, milestones, quality, quality_query, sources, timeline_query
from incidents.access import Actor
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line
from incidents.lib.timestamps import impossible
from incidents.models import Acceptance, AuditEvent, Incident, MetricDefinition, Milestone, MilestoneKind, QualityReport, Salience, TimelineEvent, User
from incidents.signals import incident_changed

Decision = Milestone.Decision
DECIDED = (Decision.CONFIRMED, Decision.OVERRIDDEN)


def announce(incident_id: int) -> None:
    """Tell others, after the commit, that something about the incident changed."""
    transaction.on_commit(lambda: incident_changed.send(sender=Incident, incident_id=incident_id))


def begin(*, incident: Incident) -> None:
    """Give a new incident its milestones, all undecided: there is no evidence yet, and nobody has heard of it to be told."""
    Milestone.objects.bulk_create(Milestone(incident=incident, kind=kind) for kind in MilestoneKind.objects.all())


@transaction.atomic
def remeasure(*, incident: Incident) -> list[Milestone]:
    """Renew the incident's proposals and its start from the evidence as curated, and return its milestones. A near miss has none."""
    if not incident.has_happened:
        announce(incident.pk)
        return []
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
    inspect(incident, result)
    announce(incident.pk)
    return result


def inspect(incident: Incident, rows: Iterable[Milestone]) -> None:
    """Renew the quality report, and the count of what is open in it."""
    found = [asdict(finding) for finding in quality.inspect(quality_query.entries(incident), quality_query.surroundings(incident, rows))]
    QualityReport.objects.update_or_create(incident=incident, defaults={"findings": found, "measured_at": timezone.now()})
    count_findings(incident, found)


def count_findings(incident: Incident, findings: Iterable[dict[str, Any]]) -> None:
    accepted = set(Acceptance.objects.filter(incident=incident).values_list("key", flat=True))
    number = sum(finding["key"] not in accepted for finding in findings)
    Incident.objects.filter(pk=incident.pk).exclude(open_findings=number).update(open_findings=number)
    incident.open_findings = number


@transaction.atomic
def accept_finding(*, actor: Actor, incident: Incident, key: str, reason: str = "") -> Acceptance:
    """Leave things as a finding says they are; it stays accepted over every import. Raises ValidationError for a finding that is none."""
    Incident.objects.select_for_update().filter(pk=incident.pk).first()
    findings = findings_of(incident)
    if key not in {finding["key"] for finding in findings}:
        raise ValidationError({"key": "This finding is no longer there."})
    person = actor if isinstance(actor, User) else None
    row, _ = Acceptance.objects.update_or_create(incident=incident, key=key, defaults={"reason": clean_line(reason), "accepted_by": person})
    AuditEvent.record(actor, "finding accepted", incident.reference, finding=key, reason=row.reason)
    count_findings(incident, findings)
    announce(incident.pk)
    return row


@transaction.atomic
def reopen_finding(*, actor: Actor, incident: Incident, key: str) -> None:
    Incident.objects.select_for_update().filter(pk=incident.pk).first()
    if Acceptance.objects.filter(incident=incident, key=key).delete()[0]:
        AuditEvent.record(actor, "finding opened again", incident.reference, finding=key)
        count_findings(incident, findings_of(incident))
        announce(incident.pk)


def findings_of(incident: Incident) -> list[dict[str, Any]]:
    return QualityReport.objects.filter(incident=incident).values_list("findings", flat=True).first() or []


def as_known(incident: Incident, rows: Iterable[Milestone], at: datetime) -> list[Milestone]:
    """Return the milestones as they would have been proposed at the moment, and as decided by then. Nothing is saved."""
    proposals = milestones.propose(entries_of(incident, at), sources.labels())
    result = list(rows)
    for row in result:
        if row.decided_at is None or row.decided_at > at:
            row.decision, row.at, row.event_id, row.note = Decision.OPEN, None, None, ""
        apply_proposal(row, proposals.get(row.kind.key))
    return result


def entries_of(incident: Incident, known: datetime | None = None) -> Iterator[milestones.Entry]:
    """Stream the events that may be evidence, as curated, with the columns that rules look at and no more; those `known` by then where given."""
    events = TimelineEvent.objects.committed(incident).as_curated().exclude(curation__is_hidden=True)
    events = events.unfused() if known is None else timeline_query.known_by(events, known)
    further = voices_of(incident, known)
    telling = Q(pk__in=[lead for lead, (stated, _) in further.items() if stated]) | ~Q(milestone="") | Q(shown_kind__in=milestones.TELLING_KINDS)
    wordy = Q(shown_kind__in=milestones.WORDY_KINDS, shown_salience__gt=Salience.NOISE)
    rows = (
        events.filter(telling | wordy)
        .annotate(words=Coalesce(NullIf("curation__title", Value("")), Substr("text", 1, milestones.TEXT_LIMIT)))
        .order_by("at", "sequence", "pk")
        .values_list("pk", "at", "shown_kind", "shown_salience", "words", "source", "milestone", "precision", "actor", "curation__corrected_at")
    )
    for pk, at, kind, salience, words, source, milestone, precision, actor, corrected in rows.iterator(chunk_size=2000):
        stated, also = further.get(pk, ("", ()))
        yield milestones.Entry(pk, at, kind, salience, words, source, milestone or stated, "second" if corrected else precision, actor, also)


def voices_of(incident: Incident, known: datetime | None = None) -> dict[int, tuple[str, tuple[milestones.Voice, ...]]]:
    """Return lead -> the milestone that its further evidence states, and what that says of the time."""
    fields = ("fused_into_id", "source", "at", "pk", "precision", "milestone", "kind")
    result: dict[int, tuple[str, tuple[milestones.Voice, ...]]] = {}
    fused = TimelineEvent.objects.filter(incident=incident, fused_into__isnull=False)
    fused = fused if known is None else fused.filter(at__lte=known)
    for lead, source, at, pk, precision, milestone, kind in fused.order_by("at", "sequence", "pk").values_list(*fields):
        stated, also = result.get(lead, ("", ()))
        meaning = "states" if milestone else milestones.MEANINGS.get(kind, "says")
        result[lead] = (stated or milestone, (*also, milestones.Voice(source, at, pk, precision, meaning)))
    return result


def state_of(row: Milestone) -> tuple[Any, ...]:
    return (row.proposed_at, row.earliest, row.latest, row.confidence, row.rule, row.evidence, row.voices, row.at)


def apply_proposal(row: Milestone, proposal: milestones.Proposal | None) -> None:
    if proposal is None:
        row.proposed_at = row.earliest = row.latest = row.confidence = None
        row.rule, row.evidence, row.voices = "", [], []
    else:
        row.proposed_at, row.earliest, row.latest, row.confidence = proposal.at, proposal.earliest, proposal.latest, proposal.confidence
        row.rule, row.evidence = proposal.rule[:200], proposal.evidence
        row.voices = [
            {"source": voice.source, "at": iso(voice.at), "event": voice.event, "precision": voice.precision, "meaning": voice.meaning}
            for voice in proposal.voices
        ]


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
    current = record_decision(actor, milestone, version, decision, at, note)
    follow(current.incident)
    return current


def record_decision(actor: Actor, milestone: Milestone, version: int, decision: str, at: datetime | None = None, note: str = "") -> Milestone:
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
        if wrong := impossible(at, timezone.now()):
            raise ValidationError(wrong)
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
    return current


def follow(incident: Incident) -> None:
    """Renew what depends on decisions."""
    if not incident.has_happened:
        return
    rows = list(Milestone.objects.filter(incident=incident).select_related("kind"))
    set_start(incident, rows)
    inspect(incident, rows)
    announce(incident.pk)


@transaction.atomic
def confirm_all(*, actor: Actor, incident: Incident, versions: dict[int, int]) -> list[Milestone]:
    """Confirm every open proposal the person saw; `versions` is milestone id -> version. Raises Conflict if any changed: all or none."""
    rows = Milestone.objects.filter(incident=incident, decision=Decision.OPEN, proposed_at__isnull=False, pk__in=versions).select_related("incident", "kind")
    confirmed = [record_decision(actor, row, versions[row.pk], Decision.CONFIRMED) for row in rows]
    if confirmed:
        follow(incident)
    return confirmed


def iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def definitions() -> list[metrics.Definition]:
    return parse([row["data"] for row in MetricDefinition.objects.as_json()])


def parse(rows: list[dict[str, Any]]) -> list[metrics.Definition]:
    """Return the definitions that were read along with another row (`measures_column`), in their order."""
    names = ("key", "name", "definition", "start", "end", "start_name", "end_name")
    return [metrics.Definition(*(row[name] for name in names)) for row in sorted(rows, key=lambda row: row["position"])]


def measures(rows: Iterable[Milestone], now: datetime, of: list[metrics.Definition] | None = None) -> list[metrics.Measure]:
    """Return the measures of one incident from its milestones, loaded with their kind."""
    moments = [metrics.Moment(row.kind.key, row.decision, row.at, row.proposed_at) for row in rows]
    return metrics.measure(definitions() if of is None else of, moments, now)
