"""Reads. The timeline of a document: entries as they are shown, and those that texts cite as their evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from incidents import sources, timeline
from incidents.lib import citations
from incidents.lib.stored import iso
from incidents.lib.text import clean_line, clean_text
from incidents.models import Incident, Kind, Salience, TimelineEvent
from postmortems import evidence, kinds
from postmortems.models import Postmortem, Section, SectionKind
from postmortems.overview import printed_entries

#: More entries than any reader reads; the incident keeps them all.
LONGEST_TIMELINE = 5_000
LONGEST_ENTRY = 4_000
#: What a reader has to know of words that are no longer there.
REVISED = {"deleted": " (deleted in the source)"}

Row = dict[str, Any]


def entries_of(incidents: Sequence[Incident], sections: Iterable[Section], zone: ZoneInfo) -> tuple[list[Row], int]:
    """Return the entries of all incidents in one order, as the timeline section shows them, and how many there are: all of some weight, or the key moments only."""
    section = next(section for section in sections if section.kind == SectionKind.TIMELINE)
    shown = printed_entries(incidents, section.values.get("show", "key"))
    rows = [entry_row(event, zone) for event in shown.defer("raw")[:LONGEST_TIMELINE]]
    return told_of(rows, incidents), len(rows) if len(rows) < LONGEST_TIMELINE else shown.count()


def told_of(entries: list[Row], incidents: Sequence[Incident]) -> list[Row]:
    """Return the entries, which name their incident only where there are several."""
    return entries if len(incidents) > 1 else [row | {"incident": ""} for row in entries]


def entry_row(event: TimelineEvent, zone: ZoneInfo) -> Row:
    here = event.at.astimezone(zone)
    return {
        "incident": f"INC-{event.incident_id}",  # named where there are several
        "at": iso(event.at),
        "day": f"{here:%A} {here.day} {here:%B %Y}",
        "local": timeline.clock(event.at, event.shown_precision, zone),
        "zone": f"{here:%Z}",
        "precision": event.shown_precision,
        "kind": event.shown_kind,
        "kind_name": Kind(event.shown_kind).label,
        "key": event.shown_salience >= Salience.KEY,
        "source": event.source,
        "actor": clean_line(event.actor, limit=100),
        "text": clean_text(event.shown_text, limit=LONGEST_ENTRY).strip() + REVISED.get(event.revised, ""),
        "note": clean_text(event.curated.note, limit=LONGEST_ENTRY).strip() if event.curated else "",
    }


def evidence_of(postmortem: Postmortem, incidents: Sequence[Incident], sections: Iterable[Section], zone: ZoneInfo) -> list[Row]:
    """Return the entries that the texts cite, numbered as they first appear."""
    ids = [number for section in sections for text in kinds.texts_of(section) for number in citations.cited(text)]
    known = evidence.resolved(postmortem, ids)
    named = sources.labels()
    cited = [known[number] for number in dict.fromkeys(ids) if number in known]
    entries = told_of([entry_row(event, zone) for event in cited], incidents)
    return [
        {"id": event.pk, "number": place, **row, "source_name": named.get(event.source, event.source)}
        for place, (event, row) in enumerate(zip(cited, entries, strict=True), 1)
    ]
