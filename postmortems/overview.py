"""Reads. What surrounds the texts of post-mortems, for one or for a page of them, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet

from incidents.models import Incident, Milestone, Salience, TimelineEvent
from postmortems.completeness import Completeness, Surroundings, check_all
from postmortems.models import ActionItem, Perspective, Postmortem, Section, SectionKind, Shared


def completeness_of(postmortem: Postmortem, sections: Sequence[Section] | None = None) -> Completeness:
    """What is missing in one post-mortem; `sections` where the caller has them already."""
    sections = list(postmortem.sections.all()) if sections is None else sections
    return check_all(sections, surroundings([postmortem], {section.kind for section in sections})[postmortem.pk])


def completeness_by_id(postmortems: Sequence[Postmortem]) -> dict[int, Completeness]:
    texts: dict[int, list[Any]] = defaultdict(list)
    for section in Section.objects.filter(postmortem__in=postmortems).order_by("position", "pk"):
        texts[section.postmortem_id].append(section)
    around = surroundings(postmortems, {section.kind for sections in texts.values() for section in sections})
    return {one.pk: check_all(texts[one.pk], around[one.pk]) for one in postmortems}


def surroundings(postmortems: Sequence[Postmortem], kinds: set[str]) -> dict[int, Surroundings]:
    """Return what surrounds the texts; only what sections of `kinds` ask for is read where that costs a question of its own."""
    incidents = {one.incident_id for one in postmortems}
    decided: dict[int, set[str]] = defaultdict(set)
    rows = Milestone.objects.filter(incident__in=incidents).exclude(decision=Milestone.Decision.OPEN)
    for incident_id, key in rows.values_list("incident_id", "kind__key"):
        decided[incident_id].add(key)
    entries = {row["incident_id"]: row for row in entry_counts(incidents)}
    actions = {row["postmortem_id"]: row for row in action_counts(postmortems)}
    told = perspective_counts(postmortems) if SectionKind.PERSPECTIVES in kinds else {}
    return {
        one.pk: Surroundings(
            milestones=frozenset(decided[one.incident_id]),
            entries=entries.get(one.incident_id, {}).get("entries", 0),
            key_entries=entries.get(one.incident_id, {}).get("key_entries", 0),
            actions=actions.get(one.pk, {}).get("number", 0),
            actions_without_owner=actions.get(one.pk, {}).get("ownerless", 0),
            actions_without_date=actions.get(one.pk, {}).get("dateless", 0),
            perspectives=told.get(one.pk, 0),
        )
        for one in postmortems
    }


def printed_entries(incident: Incident, show: str) -> QuerySet[Any]:
    """The entries that a timeline section prints, in order: key moments, or where there are none or `show` is "all" everything of some weight. A fact that several sources tell is one."""
    entries: QuerySet[Any] = TimelineEvent.objects.committed(incident).unfused().as_curated().exclude(curation__is_hidden=True).order_by("at", "sequence", "pk")
    key = entries.filter(shown_salience__gte=Salience.KEY)
    return entries.filter(shown_salience__gt=Salience.NOISE) if show == "all" or not key.exists() else key


def entry_counts(incidents: set[int]) -> Any:
    shown = TimelineEvent.objects.filter(incident__in=incidents, fused_into=None).exclude(curation__is_hidden=True)
    shown = shown.filter(shown_salience__gt=Salience.NOISE).order_by()
    return shown.values("incident_id").annotate(entries=Count("pk"), key_entries=Count("pk", filter=Q(shown_salience=Salience.KEY)))


def perspective_counts(postmortems: Sequence[Postmortem]) -> dict[int, int]:
    """How many perspectives are shared with each review. What is private counts nowhere."""
    shared = Perspective.objects.filter(postmortem__in=postmortems, state=Shared.REVIEW).order_by().values("postmortem_id")
    return {row["postmortem_id"]: row["number"] for row in shared.annotate(number=Count("pk"))}


def action_counts(postmortems: Sequence[Postmortem]) -> Any:
    still = Q(status__in=[ActionItem.Status.OPEN, ActionItem.Status.IN_PROGRESS])
    rows = ActionItem.objects.filter(postmortem__in=postmortems).order_by().values("postmortem_id")
    return rows.annotate(
        number=Count("pk"),
        ownerless=Count("pk", filter=still & Q(owner=None)),
        dateless=Count("pk", filter=still & Q(due_on=None)),
    )
