"""Reads. What surrounds the texts of post-mortems, for one or for a page of them, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Value

from incidents import custom_fields
from incidents.access import Actor
from incidents.models import CustomField, Delivery, Incident, Milestone, Salience, TimelineEvent
from incidents.models.timeline import TimelineEventQuerySet
from postmortems import action_quality, covering, factors
from postmortems.completeness import Completeness, Surroundings, check_all
from postmortems.covering import Covered
from postmortems.models import ActionItem, CoachSwitch, Factor, Perspective, Postmortem, Section, SectionKind, Shared

#: Titles that are compared: the newest open ones.
SIMILAR_AMONG = 500


def completeness_of(postmortem: Postmortem, sections: Sequence[Section] | None = None) -> Completeness:
    """What is missing in one post-mortem; `sections` where the caller has them already."""
    sections = list(postmortem.sections.all()) if sections is None else sections
    return check_all(sections, surroundings([postmortem], {section.kind for section in sections})[postmortem.pk])


def completeness_by_id(postmortems: Sequence[Postmortem], covered: Mapping[int, Covered] | None = None) -> dict[int, Completeness]:
    """What is missing in each of a page of post-mortems; `covered` where the caller has it already."""
    texts: dict[int, list[Any]] = defaultdict(list)
    for section in Section.objects.filter(postmortem__in=postmortems).order_by("position", "pk"):
        texts[section.postmortem_id].append(section)
    around = surroundings(postmortems, {section.kind for sections in texts.values() for section in sections}, covered)
    return {one.pk: check_all(texts[one.pk], around[one.pk]) for one in postmortems}


def surroundings(postmortems: Sequence[Postmortem], kinds: set[str], covered: Mapping[int, Covered] | None = None) -> dict[int, Surroundings]:
    """Return what surrounds the texts; only what sections of `kinds` ask for is read where that costs a question of its own."""
    covered = covering.covered_by_id(postmortems) if covered is None else covered
    about = {one.pk: covered[one.pk].incidents for one in postmortems}
    incidents = {incident for some in about.values() for incident in some}
    decided: dict[int, set[str]] = defaultdict(set)
    rows = Milestone.objects.filter(incident__in=incidents).exclude(decision=Milestone.Decision.OPEN)
    for incident_id, key in rows.values_list("incident_id", "kind__key"):
        decided[incident_id].add(key)
    entries, accounts = counts(incidents, postmortems if SectionKind.PERSPECTIVES in kinds else ())
    told = factor_facts(postmortems) if SectionKind.FACTORS in kinds else {}
    items = action_facts(postmortems)
    said = told_by_id(incidents) if SectionKind.FIELDS in kinds else {}
    return {
        one.pk: Surroundings(
            milestones=frozenset(decided[one.incident_id]),
            further_milestones=tuple((f"INC-{key}", frozenset(decided[key])) for key in about[one.pk][1:] if key not in covered[one.pk].near),
            entries=sum(entries.get(incident, (0, 0))[0] for incident in about[one.pk]),
            key_entries=sum(entries.get(incident, (0, 0))[1] for incident in about[one.pk]),
            actions=len(items[one.pk]),
            actions_without_owner=sum(item.is_open and not item.has_owner for item in items[one.pk]),
            actions_without_date=sum(item.is_open and not item.due_on for item in items[one.pk]),
            action_items=tuple(items[one.pk]),
            factors=tuple(told.get(one.pk, ())),
            perspectives=accounts.get(one.pk, 0),
            fields=tuple(said.get(one.incident_id, ())),
            further_fields=tuple((f"INC-{key}", tuple(said[key])) for key in about[one.pk][1:] if key in said),
        )
        for one in postmortems
    }


def told_by_id(incidents: Collection[int]) -> dict[int, list[custom_fields.Told]]:
    """Return incident -> what it says with its custom fields, in two queries."""
    fields = CustomField.objects.definitions()
    rows = Incident.objects.filter(pk__in=incidents).order_by()
    return {
        pk: custom_fields.told(fields, values, type_key or "", ZoneInfo(zone), near_miss=kind != Incident.Kind.INCIDENT)
        for pk, values, type_key, zone, kind in rows.values_list("pk", "field_values", "type__key", "time_zone", "kind")
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


def counts(incidents: set[int], postmortems: Sequence[Postmortem]) -> tuple[dict[int, tuple[int, int]], dict[int, int]]:
    """Return incident -> its entries of some weight and the key moments among them, and post-mortem -> perspectives shared with it, in one query."""
    shown = TimelineEvent.objects.filter(incident__in=incidents, fused_into=None).exclude(curation__is_hidden=True)
    shown = shown.filter(shown_salience__gt=Salience.NOISE).order_by()
    columns = ("what", "whose", "number", "of_them")
    key = Count("pk", filter=Q(shown_salience=Salience.KEY))
    rows: Any = shown.values(what=Value("entries"), whose=F("incident_id")).annotate(number=Count("pk"), of_them=key).values_list(*columns)
    if postmortems:  # what is private counts nowhere
        shared = Perspective.objects.filter(postmortem__in=postmortems, state=Shared.REVIEW).order_by()
        told = shared.values(what=Value("perspectives"), whose=F("postmortem_id")).annotate(number=Count("pk"), of_them=Count("pk"))
        rows = rows.union(told.values_list(*columns), all=True)
    found: dict[str, dict[int, tuple[int, int]]] = defaultdict(dict)
    for what, whose, number, of_them in rows:
        found[what][whose] = (number, of_them)
    return found["entries"], {whose: number for whose, (number, _) in found["perspectives"].items()}


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


def action_facts(postmortems: Sequence[Postmortem]) -> dict[int, list[action_quality.Facts]]:
    """What the rules ask of the action items."""
    facts: dict[int, list[action_quality.Facts]] = defaultdict(list)
    rows: Any = ActionItem.objects.filter(postmortem__in=postmortems).select_related("incident__severity").annotate(factor_count=Count("factors"))
    switches = {
        f"off_{number}": Exists(CoachSwitch.objects.filter(category=category, **{severity: False}))
        for number, (category, severity) in enumerate(action_quality.HEARD)
    }
    for row in rows.annotate(has_factors=Exists(Factor.objects.filter(postmortem=OuterRef("postmortem"))), **switches).order_by("pk"):
        off = frozenset(pair for number, pair in enumerate(action_quality.HEARD) if getattr(row, f"off_{number}"))
        facts[row.postmortem_id].append(facts_of_action(row, row.factor_count, row.has_factors, off))
    return facts


def facts_of_action(item: ActionItem, factor_count: int, has_factors_to_link: bool, off: frozenset[tuple[str, str]] = frozenset()) -> action_quality.Facts:
    severity = item.incident.severity
    return action_quality.Facts(
        title=item.title,
        kind=item.kind,
        strength=item.strength,
        done_when=item.done_when,
        description=item.description,
        side_effects=item.side_effects,
        expected_effect=item.expected_effect,
        trade_off=item.trade_off,
        tracked_in=item.tracked_in,
        has_owner=item.owner_id is not None,
        is_accepted=item.accepted_at is not None,
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
    return action_quality.questions_about(action_facts([postmortem])[postmortem.pk])


def similar_open(actor: Actor, item: ActionItem) -> list[ActionItem]:
    """Open action items of the same services that may mean the same, as far as the actor may see them."""
    services = item.incident.services.values("pk")
    others = ActionItem.objects.visible_to(actor).open().filter(incident__services__in=services).exclude(pk=item.pk)
    titles = list(others.order_by("-pk").values_list("pk", "title").distinct()[:SIMILAR_AMONG])
    found = action_quality.alike(item.title, titles)
    rows = ActionItem.objects.visible_to(actor).select_related("owner").in_bulk(found)
    return [rows[key] for key in found if key in rows]
