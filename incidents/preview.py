"""Reads. What an import would bring: the same reading as `intake.py`, with nothing stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from incidents import milestones, sources
from incidents.intake_report import Report
from incidents.intake_rows import content_hash, external_key
from incidents.lib.stored import iso
from incidents.looking import items, known_columns, payload_of, source_for
from incidents.models import Incident, TimelineEvent
from incidents.sources.drafts import EventDraft, IncidentDraft, SourceError


@dataclass
class Preview:
    name: str
    source: str
    report: Report
    drafts: list[EventDraft] = field(default_factory=list)


def preview(file: BinaryIO, name: str, options: dict[str, Any], *, limit: int, incident: Incident | None = None) -> Preview:
    """Read a whole file and count what would be new, changed or there already. Raises SourceError."""
    payload = payload_of(file, name)
    if payload.size == 0:
        raise SourceError("The file is empty.")
    source = source_for(payload, options)
    options, _, _ = known_columns(source, payload, options)
    stored: dict[str, str] = {}
    if incident is not None:
        stored = dict(TimelineEvent.objects.filter(incident=incident, source=source.name).values_list("external_key", "content_hash"))
    report, drafts, seen = Report(), [], set()
    for item in items(source, payload, options):
        if isinstance(item, IncidentDraft):
            report.note_incident(item)
        elif isinstance(item, EventDraft):
            if item.at is None:
                report.note_needs(item)
            else:
                report.note_placed(item)
                key = external_key(item)
                if key in seen:
                    report.duplicate += 1
                    continue
                seen.add(key)
                before = stored.get(key)
                report.created += before is None
                report.duplicate += before == content_hash(item)
                report.updated += before is not None and before != content_hash(item)
            drafts.append(item)
            if len(drafts) > limit:
                raise SourceError(f"The file has more than {limit:,} events.", item.where)
        else:
            report.note_rejected(item)
    if not drafts:
        reason, where = report.why_none()
        raise SourceError(f"No event was found in this file. {reason}".strip(), where)
    return Preview(name, source.name, report, drafts)


def merged(previews: Iterable[Preview]) -> list[tuple[EventDraft, Preview]]:
    """Return the drafts of all files in timeline order; one that cannot be placed follows what stands before it in its file."""
    rows: list[tuple[datetime, int, tuple[int, int], int, EventDraft, Preview]] = []
    lost: list[tuple[EventDraft, Preview]] = []
    for number, each in enumerate(previews):
        drafts = each.drafts if ascending(each.drafts) else each.drafts[::-1]
        last = next((draft.at for draft in drafts if draft.at is not None), None)
        order = -1
        for position, draft in enumerate(drafts):
            if draft.at is not None:
                last, order = draft.at, draft.order
            if last is None:
                lost.append((draft, each))
            else:
                rows.append((last, number, (order, int(draft.at is None)), position, draft, each))
    rows.sort(key=lambda row: row[:4])
    return [(draft, each) for *_, draft, each in rows] + lost


def ascending(drafts: list[EventDraft]) -> bool:
    """Say whether the file runs forward in time, for most of its steps."""
    times = [draft.at for draft in drafts if draft.at is not None]
    forward = sum(1 if a < b else -1 if a > b else 0 for a, b in zip(times, times[1:], strict=False))
    return forward >= 0


def timeline(rows: list[tuple[EventDraft, Preview]], *, several: bool) -> list[dict[str, Any]]:
    """Return the entries as `import_timeline --dry-run --json` prints them."""
    result = []
    for draft, each in rows:
        entry: dict[str, Any] = {
            "at": iso(draft.at), "local": draft.local, "zone": draft.zone, "precision": draft.precision, "kind": draft.kind, "actor": draft.actor,
            "text": draft.text, "where": f"{each.name}: {draft.where}" if several else draft.where,
        }  # fmt: skip
        if draft.at is None:
            entry["needs"] = draft.needs or "date"
        result.append(entry)
    return result


def proposals(rows: list[tuple[EventDraft, Preview]]) -> dict[str, Any]:
    """Return the milestones that the drafts would propose; their evidence is numbered by place in the timeline, from 0."""
    entries = [
        milestones.Entry(number, draft.at, draft.kind, draft.salience, draft.text, each.source, draft.milestone, draft.precision, draft.actor)
        for number, (draft, each) in enumerate(rows)
        if draft.at is not None
    ]
    return {
        key: shape(found.at, found.earliest, found.latest, found.confidence, found.rule, found.evidence)
        for key, found in milestones.propose(entries, sources.labels()).items()
    }


def shape(at: datetime | None, earliest: datetime | None, latest: datetime | None, confidence: float | None, rule: str, evidence: list[int]) -> dict[str, Any]:
    return {"at": iso(at), "earliest": iso(earliest), "latest": iso(latest), "confidence": confidence, "evidence": evidence, "rule": rule}
