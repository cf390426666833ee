"""Pure. What an import says about itself: counts, rejected parts, what it needs to be told, and the incident as the evidence names it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from incidents.lib.stored import iso
from incidents.sources.drafts import EventDraft, IncidentDraft, Rejected, SourceError

MAX_REJECTED = 500  # listed; all are counted
MAX_SAMPLES = 5

NEEDED = {
    "date": "The time has no date. Give the date.",
    "zone": "The time has no time zone. Give the zone.",
    "order": "Day and month cannot be told apart. Say which comes first.",
    "start": "The times count from the start of the recording, and nothing says when that was. Give its day and time of day; or put them into the file's "
    "name, such as “2026-03-02 14.02 call.vtt”, or on a line above the first words (“Recording started 2026-03-02 14:02 UTC”).",
}


def parts_of(needs: str) -> list[str]:
    """Return what a draft lacks: "date, zone" are two things. The start of a recording is its day and clock, so it brings the others."""
    parts = [part.strip() for part in needs.split(",") if part.strip()] or ["date"]
    return ["start"] if "start" in parts else parts


def reason_for(needs: str) -> str:
    return " ".join(NEEDED.get(part, f"The time cannot be placed: {part}.") for part in parts_of(needs))


@dataclass
class Report:
    """Filled while a file is read. `skipped` are the events that need an answer first; they are also listed as rejected."""

    created: int = 0
    updated: int = 0
    duplicate: int = 0
    skipped: int = 0
    read: int = 0
    rejected: list[dict[str, str]] = field(default_factory=list)
    rejected_total: int = 0
    needs: Counter[str] = field(default_factory=Counter)
    samples: list[dict[str, str]] = field(default_factory=list)
    incident: dict[str, Any] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    assumed_zones: Counter[str] = field(default_factory=Counter)
    columns: list[dict[str, Any]] = field(default_factory=list)
    mapping: dict[str, Any] = field(default_factory=dict)  # the saved one that was applied: id and name
    error: str = ""
    where: str = ""

    def note_rejected(self, item: Rejected) -> None:
        self.rejected_total += 1
        if len(self.rejected) < MAX_REJECTED:
            self.rejected.append({"where": item.where, "reason": item.reason})

    def note_needs(self, draft: EventDraft) -> None:
        self.skipped += 1
        self.needs.update(parts_of(draft.needs))
        self.note_rejected(Rejected(draft.where, reason_for(draft.needs or "date")))
        if len(self.samples) < MAX_SAMPLES:
            self.samples.append({"where": draft.where, "local": draft.local, "text": draft.text[:200], "needs": draft.needs or "date"})

    def note_incident(self, draft: IncidentDraft) -> None:
        """Keep the first word about each thing."""
        self.incident = {**{name: value for name, value in asdict(draft).items() if value}, **self.incident}

    def why_none(self) -> tuple[str, str]:
        """Return why no event was found, as the first refusal says, and where."""
        if self.rejected:
            return self.rejected[0]["reason"], self.rejected[0]["where"]
        name = self.incident.get("title") or self.incident.get("key")
        return f"It is about “{name}”, but says of nothing when it happened." if name else "", ""

    def note_placed(self, draft: EventDraft) -> None:
        self.read += 1
        at = draft.at
        if at is not None:
            if self.first is None or at < self.first:
                self.first = at
            if self.last is None or at > self.last:
                self.last = at
        if draft.zone_assumed:
            self.assumed_zones[draft.zone] += 1

    def refuse(self, error: SourceError) -> None:
        self.error, self.where = error.message, error.where

    @property
    def needs_answer(self) -> bool:
        """Whether nothing can be placed without being told something."""
        return self.read == 0 and self.skipped > 0

    def events(self) -> dict[str, int]:
        return {"created": self.created, "updated": self.updated, "duplicate": self.duplicate, "skipped": self.skipped}

    def as_json(self) -> dict[str, Any]:
        """Return what `Delivery.report` keeps."""
        return {
            "events": self.events(),
            "rejected": self.rejected,
            "rejected_total": self.rejected_total,
            "needs": dict(self.needs),
            "samples": self.samples,
            "incident": self.incident,
            "first": iso(self.first),
            "last": iso(self.last),
            "assumed_zones": dict(self.assumed_zones.most_common(3)),
            "columns": self.columns,
            "mapping": self.mapping,
            "error": self.error,
            "where": self.where,
        }
