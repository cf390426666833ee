"""Reads. What surrounds the texts of post-mortems, for one or for a page of them, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet

from incidents.access import Actor
from incidents.models import Delivery, Incident, Milestone, Salience, TimelineEvent
from incidents.models.timeline import TimelineEventQuerySet
from postmortems import action_quality, coaching, covering, factors
from postmortems.completeness import Completeness, Surroundings, check_all
from postmortems.models import ActionItem, Factor, Perspective, Postmortem, Section, SectionKind, Shared

#: Titles that are compared: the newest open ones.
SIMILAR_AMONG = 500


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
    related = covering.related_by_id(postmortems)
    covered = {one.pk: [one.incident_id, *related[one.pk]] for one in postmortems}
    incidents = {incident for some in covered.values() for incident in some}
    decided: dict[int, set[str]] = defaultdict(set)
    rows = Milestone.objects.filter(incident__in=incidents).exclude(decision=Milestone.Decision.OPEN)
    for incident_id, key in rows.values_list("incident_id", "kind__key"):
        decided[incident_id].add(key)
    entries = {row["incident_id"]: row for row in entry_counts(incidents)}
    told = factor_facts(postmortems)
    items = action_facts(postmortems, {key for key, rows in told.items() if rows})
    accounts = perspective_counts(postmortems) if SectionKind.PERSPECTIVES in kinds else {}
    return {
        one.pk: Surroundings(
            milestones=frozenset(decided[one.incident_id]),
            entries=sum(entries.get(incident, {}).get("entries", 0) for incident in covered[one.pk]),
            key_entries=sum(entries.get(incident, {}).get("key_entries", 0) for incident in covered[one.pk]),
            actions=len(items[one.pk]),
            actions_without_owner=sum(item.is_open and not item.has_owner for item in items[one.pk]),
            actions_without_date=sum(item.is_open and not item.due_on for item in items[one.pk]),
            action_items=tuple(items[one.pk]),
            factors=tuple(told[one.pk]),
            perspectives=accounts.get(one.pk, 0),
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


def entries_of(postmortem: Postmortem) -> TimelineEventQuerySet:
    """The events of all incidents of a post-mortem but those of imports that have not finished."""
    return committed(covering.keys_of(postmortem))


def committed(incidents: Sequence[Incident] | Sequence[int]) -> TimelineEventQuerySet:
    """The events of several incidents but those of imports that have not finished."""
    unfinished = list(Delivery.objects.filter(incident__in=incidents).exclude(state=Delivery.State.IMPORTED).values_list("pk", flat=True))
    events = TimelineEvent.objects.filter(incident__in=incidents)
    return events.exclude(delivery__in=unfinished) if unfinished else events


def entry_counts(incidents: set[int]) -> Any:
    shown = TimelineEvent.objects.filter(incident__in=incidents, fused_into=None).exclude(curation__is_hidden=True)
    shown = shown.filter(shown_salience__gt=Salience.NOISE).order_by()
    return shown.values("incident_id").annotate(entries=Count("pk"), key_entries=Count("pk", filter=Q(shown_salience=Salience.KEY)))


def perspective_counts(postmortems: Sequence[Postmortem]) -> dict[int, int]:
    """How many perspectives are shared with each review. What is private counts nowhere."""
    shared = Perspective.objects.filter(postmortem__in=postmortems, state=Shared.REVIEW).order_by().values("postmortem_id")
    return {row["postmortem_id"]: row["number"] for row in shared.annotate(number=Count("pk"))}


def factors_of(postmortem: Postmortem) -> list[Factor]:
    """The factors in order with all that a page or a document says of them, in a fixed number of queries."""
    return list(postmortem.factors.select_related("leaf__group").prefetch_related("events__curation", "actions", "links"))


def facts_of(factor: Factor, events: int | None = None) -> factors.Facts:
    """What the checks ask of one factor; `events` where the caller has counted them."""
    return factors.Facts(
        statement=factor.statement,
        kind=factor.kind,
        stage=factor.stage,
        leaf=factor.leaf.key if factor.leaf else "",
        group=factor.leaf.group.key if factor.leaf else "",
        events=len(factor.events.all()) if events is None else events,
        has_account=factor.from_account,
        has_link=bool(factor.evidence_link),
    )


def factor_facts(postmortems: Sequence[Postmortem]) -> dict[int, list[factors.Facts]]:
    facts: dict[int, list[factors.Facts]] = defaultdict(list)
    rows: QuerySet[Any] = Factor.objects.filter(postmortem__in=postmortems).select_related("leaf__group").annotate(event_count=Count("events"))
    for row in rows.defer("mechanism"):
        facts[row.postmortem_id].append(facts_of(row, row.event_count))
    return facts


def action_facts(postmortems: Sequence[Postmortem], with_factors: Collection[int]) -> dict[int, list[action_quality.Facts]]:
    """What the rules ask of the action items; `with_factors` are the post-mortems that have factors to link to."""
    facts: dict[int, list[action_quality.Facts]] = defaultdict(list)
    rows: QuerySet[Any] = ActionItem.objects.filter(postmortem__in=postmortems).select_related("incident__severity").annotate(factor_count=Count("factors"))
    items = list(rows.order_by("pk"))
    off = switched_off(items)
    for row in items:
        facts[row.postmortem_id].append(facts_of_action(row, row.factor_count, row.postmortem_id in with_factors, off))
    return facts


def switched_off(items: Iterable[ActionItem]) -> frozenset[tuple[str, str]]:
    """What of the coach is off in this team, read only where it would say something."""
    return coaching.switched_off() if any(item.is_open and action_quality.wording(item.title) for item in items) else frozenset()


def facts_of_action(item: ActionItem, factor_count: int, has_factors_to_link: bool, off: frozenset[tuple[str, str]] = frozenset()) -> action_quality.Facts:
    severity = item.incident.severity
    return action_quality.Facts(
        title=item.title,
        kind=item.kind,
        strength=item.strength,
        done_when=item.done_when,
        description=item.description,
        side_effects=item.side_effects,
        has_owner=item.owner_id is not None,
        due_on=item.due_on,
        added_on=item.created_at.date(),
        rank=severity.rank if severity else None,
        factors=factor_count,
        has_factors_to_link=has_factors_to_link,
        is_open=item.is_open,
        off=off,
    )


def action_questions(postmortem: Postmortem) -> list[str]:
    """Gentle questions about the action items of a post-mortem as a mix."""
    return action_quality.questions_about(action_facts([postmortem], ())[postmortem.pk])


def similar_open(actor: Actor, item: ActionItem) -> list[ActionItem]:
    """Open action items of the same services that may mean the same, as far as the actor may see them."""
    services = item.incident.services.values("pk")
    others = ActionItem.objects.visible_to(actor).open().filter(incident__services__in=services).exclude(pk=item.pk)
    titles = list(others.order_by("-pk").values_list("pk", "title").distinct()[:SIMILAR_AMONG])
    found = action_quality.alike(item.title, titles)
    rows = ActionItem.objects.visible_to(actor).select_related("owner").in_bulk(found)
    return [rows[key] for key in found if key in rows]
