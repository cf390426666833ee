"""Reads. What is known of incidents that a choice of template and depth asks for, for one or for many in a fixed number of queries.

What the timeline suggests for the checklist of learning value is explained where it is shown and never stored as words: an
explanation may name another incident, which only those who see that one get to read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count

from incidents import conditions, custom_fields
from incidents.access import Actor
from incidents.conditions import Condition, Group
from incidents.lib import durations
from incidents.models import CustomField, Incident, IncidentMember, Kind, Milestone, TimelineEvent
from postmortems import choosing, sizing
from postmortems.models import LearningAssessment, LearningQuestion, RetrospectiveTemplate, ReviewRequirement, TemplateRule
from postmortems.people import BOT, SPOKEN

MANY_TEAMS, MANY_PEOPLE, MANY_GUESSES, MANY_NOTICES = 3, 8, 3, 3
LONG = timedelta(hours=4)
LOOK_BACK = timedelta(days=180)
MOST_ACTORS = 5_000


@dataclass(frozen=True)
class Line:
    """One line of the checklist as it is shown: `why` says what the timeline knows, empty where it knows nothing."""

    key: str
    text: str
    is_ticked: bool
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """What an incident should get. `template` is None when none is switched on."""

    lines: tuple[Line, ...]
    depth: sizing.Depth
    choice: choosing.Choice
    template: RetrospectiveTemplate | None
    assessment: LearningAssessment | None
    least: str = ""

    @property
    def ticked(self) -> list[str]:
        return [line.key for line in self.lines if line.is_ticked]

    @property
    def why(self) -> list[str]:
        return [*self.depth.why, self.choice.why]

    @property
    def is_mandatory(self) -> bool:
        return bool(self.least)


@dataclass(frozen=True)
class Catalogue:
    """What all suggestions are made from; read once."""

    fields: list[custom_fields.Field]
    questions: list[LearningQuestion]
    rules: list[choosing.Rule]
    templates: list[RetrospectiveTemplate]
    least: dict[int | None, str]

    @property
    def offers(self) -> list[choosing.Offer]:
        return [choosing.Offer(one.key, one.name, one.depth, one.is_default) for one in self.templates]


def catalogue(*, with_switched_off: bool = False) -> Catalogue:
    """Read rules, questions and templates; the dry run may try the rules that are switched off too."""
    rows = TemplateRule.objects.select_related("template").prefetch_related("conditions")
    if not with_switched_off:
        rows = rows.filter(is_active=True)
    fields = CustomField.objects.definitions()
    rules = [choosing.Rule(row.name, row.template.key, when(row, fields), row.is_active) for row in rows]
    return Catalogue(
        fields=fields,
        questions=list(LearningQuestion.objects.filter(is_active=True)),
        rules=rules,
        templates=list(RetrospectiveTemplate.objects.filter(is_active=True)),
        least=dict(ReviewRequirement.objects.exclude(depth="").values_list("severity_id", "depth")),
    )


def when(rule: TemplateRule, fields: Sequence[custom_fields.Field]) -> Group:
    """Return the conditions of a rule, which were read with it; custom fields are named as people know them."""
    labels = conditions.fields_of_incidents(fields)
    rows = [(row.bracket, Condition(row.field, row.operator, row.value, labels.get(row.field, ""))) for row in rule.conditions.all()]
    return conditions.bracketed(rows, match=rule.match)


def suggest(actor: Actor, incident: Incident, ticks: Sequence[str] | None = None) -> Suggestion:
    """Return what one incident should get; `ticks` instead of what is stored, to try them."""
    return suggest_all(actor, [incident], catalogue(), ticks)[incident.pk]


def suggest_all(actor: Actor, incidents: Sequence[Incident], known: Catalogue, ticks: Sequence[str] | None = None) -> dict[int, Suggestion]:
    """Return what each incident should get. The incidents are ones that the actor sees."""
    described = Described(incidents, known.fields)
    evidence = evidence_of(actor, incidents, described, known.questions)
    stored = {row.incident_id: row for row in LearningAssessment.objects.filter(incident__in=incidents).select_related("updated_by")}
    return {one.pk: suggestion(one, known, described, evidence[one.pk], stored.get(one.pk), ticks) for one in incidents}


def suggestion(
    incident: Incident,
    known: Catalogue,
    described: Described,
    evidence: dict[str, list[str]],
    stored: LearningAssessment | None,
    ticks: Sequence[str] | None,
) -> Suggestion:
    given = ticks if ticks is not None else stored.ticks if stored else None
    ticked = set(evidence if given is None else given)
    lines = tuple(Line(one.key, one.text, one.key in ticked, tuple(evidence.get(one.key, ()))) for one in known.questions)
    chosen = [line.key for line in lines if line.is_ticked]
    least = known.least.get(incident.severity_id, "")
    severity = incident.severity.name if incident.severity else ""
    depth = sizing.suggested(chosen, is_answered=given is not None, least=least, severity=severity)
    facts = described.facts(incident) | {"learning": [depth.learning], "tick": chosen}
    choice = choosing.choose(facts, known.rules, known.offers, depth.depth)
    template = next((one for one in known.templates if one.key == choice.template), None)
    return Suggestion(lines, depth, choice, template, stored, least)


class Described:
    """Services, tags, teams and custom fields of some incidents."""

    def __init__(self, incidents: Sequence[Incident], fields: Sequence[custom_fields.Field]) -> None:
        self.fields = fields
        keys = [one.pk for one in incidents]
        self.services: dict[int, list[tuple[int, str, str, str]]] = defaultdict(list)
        self.tags: dict[int, list[tuple[int, str]]] = defaultdict(list)
        rows = Incident.services.through.objects.filter(incident__in=keys)
        for pk, service, key, name, team in rows.values_list("incident_id", "service_id", "service__key", "service__name", "service__team__name"):
            self.services[pk].append((service, key, name, team or ""))
        for pk, tag, name in Incident.tags.through.objects.filter(incident__in=keys).values_list("incident_id", "tag_id", "tag__name"):
            self.tags[pk].append((tag, name))

    def facts(self, incident: Incident) -> dict[str, Sequence[str]]:
        """Return what rules ask for, under the names of `conditions.INCIDENT_FIELDS`."""
        severity, kind = incident.severity, incident.type
        return {
            "type": [kind.key, kind.name] if kind else [],
            "severity": [severity.key, severity.name] if severity else [],
            "service": [word for row in self.services[incident.pk] for word in row[1:3]],
            "team": [incident.team.name] if incident.team else [],
            "tag": [name for _pk, name in self.tags[incident.pk]],
            "title": [incident.title],
            **custom_fields.facts(self.fields, incident.field_values),
        }

    def tag_names(self, incident: Incident) -> set[str]:
        return {name.casefold() for _pk, name in self.tags[incident.pk]}


# What the timeline knows ----------------------------------------------------------------------------


def evidence_of(actor: Actor, incidents: Sequence[Incident], described: Described, questions: Sequence[LearningQuestion]) -> dict[int, dict[str, list[str]]]:
    """Return for each incident the lines to tick, each with the sentences that say why."""
    found: dict[int, dict[str, list[str]]] = {one.pk: {} for one in incidents}
    asked = {one.key for one in questions}

    def tick(pk: int, key: str, why: str) -> None:
        if key in asked:
            found[pk].setdefault(key, []).append(why)

    for incident in incidents:
        have = described.tag_names(incident)
        for question in questions:
            for tag in conditions.listed(question.ticked_for_tags):
                if tag.casefold() in have:
                    tick(incident.pk, question.key, f"It has the tag “{tag}”.")
    for pk, why in [*teams_and_people(incidents, described), *lasting(incidents), *counts(incidents)]:
        tick(pk, *why)
    for pk, sentence in seen_before(actor, incidents, described):
        tick(pk, "recurring", sentence)
    return found


def teams_and_people(incidents: Sequence[Incident], described: Described) -> list[tuple[int, tuple[str, str]]]:
    teams: dict[int, set[str]] = defaultdict(set)
    for incident in incidents:
        teams[incident.pk] |= {row[3] for row in described.services[incident.pk] if row[3]}
        if incident.team:
            teams[incident.pk].add(incident.team.name)
    members = IncidentMember.objects.filter(incident__in=incidents, user__teams__isnull=False).values_list("incident_id", "user__teams__name")
    for pk, name in members.distinct():
        teams[pk].add(name)
    people: dict[int, set[str]] = defaultdict(set)
    spoken = TimelineEvent.objects.filter(incident__in=incidents, shown_kind__in=SPOKEN).exclude(actor="").order_by()
    for pk, name in spoken.values_list("incident_id", "actor").distinct()[:MOST_ACTORS]:
        if not BOT.search(name):
            people[pk].add(name)
    found = [(pk, ("teams", f"{len(names)} teams have a part in it: {', '.join(sorted(names))}.")) for pk, names in teams.items() if len(names) >= MANY_TEAMS]
    return found + [(pk, ("teams", f"{len(names)} people speak in the timeline.")) for pk, names in people.items() if len(names) >= MANY_PEOPLE]


def lasting(incidents: Sequence[Incident]) -> list[tuple[int, tuple[str, str]]]:
    """From impact started to mitigated, else to resolved; as decided, else as the timeline proposes."""
    moments: dict[int, dict[str, datetime]] = defaultdict(dict)
    rows = Milestone.objects.filter(incident__in=incidents).exclude(decision=Milestone.Decision.NOT_APPLICABLE)
    for pk, key, at, proposed in rows.values_list("incident_id", "kind__key", "at", "proposed_at"):
        if moment := at or proposed:
            moments[pk][key] = moment
    found = []
    for pk, known in moments.items():
        start, end = known.get("impact_started"), known.get("mitigated", known.get("resolved"))
        if start and end and end - start >= LONG:
            found.append((pk, ("long", f"It lasted {durations.in_words(int((end - start).total_seconds()))} from impact to mitigation.")))
    return found


def counts(incidents: Sequence[Incident]) -> list[tuple[int, tuple[str, str]]]:
    rows = TimelineEvent.objects.filter(incident__in=incidents, fused_into=None, shown_kind__in=[Kind.HYPOTHESIS, Kind.COMMUNICATION]).order_by()
    found = []
    for row in rows.values("incident_id", "shown_kind").annotate(number=Count("pk")):
        number, pk = row["number"], row["incident_id"]
        if row["shown_kind"] == Kind.HYPOTHESIS and number >= MANY_GUESSES:
            found.append((pk, ("long", f"{number} explanations were tried, as the timeline has them.")))
        if row["shown_kind"] == Kind.COMMUNICATION and number >= MANY_NOTICES:
            found.append((pk, ("outside", f"{number} notices went out while it lasted.")))
    return found


def seen_before(actor: Actor, incidents: Sequence[Incident], described: Described) -> list[tuple[int, str]]:
    """Earlier incidents with a service and a tag in common, of those that the actor sees."""
    services = {pk: {row[0] for row in described.services[pk]} for pk in (one.pk for one in incidents)}
    tags = {pk: dict(described.tags[pk]) for pk in services}
    wanted = [pk for pk in services if services[pk] and tags[pk]]
    if not wanted:
        return []
    starts = [one.started_at for one in incidents if one.pk in wanted]
    earlier: Any = Incident.objects.visible_to(actor).happened().filter(started_at__gte=min(starts) - LOOK_BACK, started_at__lt=max(starts))
    all_services, all_tags = set().union(*services.values()), {pk for found in tags.values() for pk in found}
    pairs = earlier.filter(services__in=all_services, tags__in=all_tags).order_by("-started_at", "-pk")
    rows = list(pairs.values_list("pk", "started_at", "services", "tags").distinct()[:MOST_ACTORS])
    found = []
    for one in incidents:
        if one.pk not in wanted:
            continue
        span = (one.started_at - LOOK_BACK, one.started_at)
        for pk, at, service, tag in rows:
            if pk != one.pk and span[0] <= at < span[1] and service in services[one.pk] and tag in tags[one.pk]:
                found.append((one.pk, f"INC-{pk} of {at.day} {at:%B %Y} had a service and the tag “{tags[one.pk][tag]}” in common with it."))
                break
    return found
