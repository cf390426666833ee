"""Reads. The timeline entries that a post-mortem's texts cite or could cite, and what is said without any.

Citable is what a reader of the timeline sees: committed entries that nobody hid. Two sources that tell one fact are cited
as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from incidents.lib import citations
from incidents.models import Milestone, Salience, TimelineEvent
from postmortems import claims, covering, overview
from postmortems.claims import Claim
from postmortems.models import Postmortem, Section

OFFERED = 20
MOST_UNUSED = 200
CLOCK = re.compile(r"(\d{1,2}):(\d{0,2})")


@dataclass(frozen=True)
class Unused:
    """Key evidence that no sentence cites; `milestones` are the names of those that it decides."""

    entry: TimelineEvent
    milestones: Sequence[str]


@dataclass(frozen=True)
class Broken:
    """A citation that leads to nothing a reader can see."""

    section: Section
    mark: str


@dataclass(frozen=True)
class Review:
    claims: Sequence[Claim]
    unused: Sequence[Unused]
    broken: Sequence[Broken]
    cited: int

    @property
    def count(self) -> int:
        return len(self.claims) + len(self.unused) + len(self.broken)


def citable(postmortem: Postmortem) -> QuerySet[Any]:
    """The entries that may be cited, of all incidents in one order."""
    events: QuerySet[Any] = overview.committed(covering.keys_of(postmortem)).as_curated().exclude(curation__is_hidden=True)
    return events.defer("raw").order_by("at", "sequence", "pk")


def offered(postmortem: Postmortem, query: str, limit: int = OFFERED) -> list[TimelineEvent]:
    """Return entries to choose from: those with all the words of the query, or of a time such as 14:02; without one the key moments first."""
    entries = citable(postmortem).filter(fused_into=None)
    zone = ZoneInfo(postmortem.incident.time_zone)
    with timezone.override(zone):
        for word in query.split()[:8]:
            clock = CLOCK.fullmatch(word)
            if clock and int(clock[1]) < 24:
                entries = entries.filter(at__hour=int(clock[1]))
                minutes = tens(clock[2])
                entries = entries.filter(at__minute__range=minutes) if minutes else entries
            else:
                entries = entries.filter(Q(text__icontains=word) | Q(actor__icontains=word) | Q(curation__title__icontains=word))
        if not query.strip():
            rank = Case(
                When(shown_salience__gte=Salience.KEY, then=Value(0)),
                When(shown_salience=Salience.NOISE, then=Value(2)),
                default=Value(1),
                output_field=IntegerField(),
            )
            entries = entries.order_by(rank, "at", "sequence", "pk")
        return list(entries[:limit])


def tens(minutes: str) -> tuple[int, int] | None:
    """Return the minutes that begin with the digits typed so far."""
    if not minutes:
        return None
    return (int(minutes), int(minutes)) if len(minutes) == 2 else (int(minutes) * 10, int(minutes) * 10 + 9)


def resolved(postmortem: Postmortem, ids: Iterable[int]) -> dict[int, TimelineEvent]:
    """Return the entries meant by cited ids, by id; one that was joined with another stands for itself. What may not be seen is not in it."""
    wanted = list(dict.fromkeys(ids))[:5_000]
    return {event.pk: event for event in citable(postmortem).filter(pk__in=wanted)} if wanted else {}


def review(postmortem: Postmortem, sections: Sequence[Section] | None = None) -> Review:
    """Return what is claimed without evidence, the key evidence nobody used, and citations that lead nowhere."""
    sections = list(postmortem.sections.all()) if sections is None else sections
    marks = {section.pk: citations.cited(section.body) for section in sections}
    cited = {number for numbers in marks.values() for number in numbers}
    known = resolved(postmortem, cited)
    broken = [Broken(section, citations.mark(number)) for section in sections for number in marks[section.pk] if number not in known]
    used = set(known) | {event.fused_into_id for event in known.values() if event.fused_into_id}
    return Review(claims.unsupported(sections), unused(postmortem, used), broken, len(known))


def unused(postmortem: Postmortem, used: set[int]) -> list[Unused]:
    """Return key moments and the entries that decide milestones, in order, without those that are used."""
    deciding: dict[int, list[str]] = {}
    rows = Milestone.objects.filter(incident__in=covering.keys_of(postmortem), at__isnull=False, event__isnull=False)
    for event_id, name in rows.values_list("event", "kind__name"):
        deciding.setdefault(event_id, []).append(name)
    key = Q(shown_salience__gte=Salience.KEY, fused_into=None) | Q(pk__in=list(deciding))
    entries = citable(postmortem).filter(key).exclude(pk__in=used)[:MOST_UNUSED]
    return [Unused(entry, deciding.get(entry.pk, [])) for entry in entries]
