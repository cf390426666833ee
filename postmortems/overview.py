"""Reads. What surrounds the texts of post-mortems, for one or for a page of them, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet

from incidents.models import Delivery, Incident, Milestone, Salience, TimelineEvent
from postmortems import covering
from postmortems.completeness import Completeness, Surroundings, check_all
from postmortems.models import ActionItem, Postmortem, Section


def completeness_of(postmortem: Postmortem, sections: Sequence[Section] | None = None) -> Completeness:
    """What is missing in one post-mortem; `sections` where the caller has them already."""
    return check_all(list(postmortem.sections.all()) if sections is None else sections, surroundings([postmortem])[postmortem.pk])


def completeness_by_id(postmortems: Sequence[Postmortem]) -> dict[int, Completeness]:
    texts: dict[int, list[Any]] = defaultdict(list)
    for section in Section.objects.filter(postmortem__in=postmortems).order_by("position", "pk"):
        texts[section.postmortem_id].append(section)
    around = surroundings(postmortems)
    return {one.pk: check_all(texts[one.pk], around[one.pk]) for one in postmortems}


def surroundings(postmortems: Sequence[Postmortem]) -> dict[int, Surroundings]:
    related = covering.related_by_id(postmortems)
    covered = {one.pk: [one.incident_id, *related[one.pk]] for one in postmortems}
    incidents = {incident for some in covered.values() for incident in some}
    decided: dict[int, set[str]] = defaultdict(set)
    rows = Milestone.objects.filter(incident__in=incidents).exclude(decision=Milestone.Decision.OPEN)
    for incident_id, key in rows.values_list("incident_id", "kind__key"):
        decided[incident_id].add(key)
    entries = {row["incident_id"]: row for row in entry_counts(incidents)}
    actions = {row["postmortem_id"]: row for row in action_counts(postmortems)}
    return {
        one.pk: Surroundings(
            milestones=frozenset(decided[one.incident_id]),
            entries=sum(entries.get(incident, {}).get("entries", 0) for incident in covered[one.pk]),
            key_entries=sum(entries.get(incident, {}).get("key_entries", 0) for incident in covered[one.pk]),
            actions=actions.get(one.pk, {}).get("number", 0),
            actions_without_owner=actions.get(one.pk, {}).get("ownerless", 0),
            actions_without_date=actions.get(one.pk, {}).get("dateless", 0),
        )
        for one in postmortems
    }


def printed_entries(incidents: Sequence[Incident], show: str) -> QuerySet[Any]:
    """The entries that a timeline section prints, in one order: key moments, or where there are none or `show` is "all" everything of some weight. A fact that several sources tell is one."""
    entries: QuerySet[Any] = committed(incidents).unfused().as_curated().exclude(curation__is_hidden=True).order_by("at", "sequence", "pk")
    some_weight = Q(shown_salience__gt=Salience.NOISE)
    if show == "all":
        return entries.filter(some_weight)
    key = entries.filter(shown_salience__gte=Salience.KEY)
    marked = set(key.order_by().values_list("incident_id", flat=True).distinct())
    # Each incident for itself: one that nobody has gone through yet must not vanish beside one that is.
    unmarked = [incident.pk for incident in incidents if incident.pk not in marked]
    return entries.filter(Q(shown_salience__gte=Salience.KEY) | Q(incident__in=unmarked) & some_weight) if unmarked else key


def moments_of(incidents: Sequence[Incident]) -> dict[int, list[Milestone]]:
    """Return incident -> its milestones; a near miss has none."""
    found: dict[int, list[Milestone]] = {one.pk: [] for one in incidents}
    for row in Milestone.objects.filter(incident__in=[one.pk for one in incidents if one.has_happened]).select_related("kind"):
        found[row.incident_id].append(row)
    return found


def committed(incidents: Sequence[Incident]) -> Any:
    """The events of several incidents but those of imports that have not finished."""
    unfinished = list(Delivery.objects.filter(incident__in=incidents).exclude(state=Delivery.State.IMPORTED).values_list("pk", flat=True))
    events = TimelineEvent.objects.filter(incident__in=incidents)
    return events.exclude(delivery__in=unfinished) if unfinished else events


def entry_counts(incidents: set[int]) -> Any:
    shown = TimelineEvent.objects.filter(incident__in=incidents, fused_into=None).exclude(curation__is_hidden=True)
    shown = shown.filter(shown_salience__gt=Salience.NOISE).order_by()
    return shown.values("incident_id").annotate(entries=Count("pk"), key_entries=Count("pk", filter=Q(shown_salience=Salience.KEY)))


def action_counts(postmortems: Sequence[Postmortem]) -> Any:
    still = Q(status__in=[ActionItem.Status.OPEN, ActionItem.Status.IN_PROGRESS])
    rows = ActionItem.objects.filter(postmortem__in=postmortems).order_by().values("postmortem_id")
    return rows.annotate(
        number=Count("pk"),
        ownerless=Count("pk", filter=still & Q(owner=None)),
        dateless=Count("pk", filter=still & Q(due_on=None)),
    )
