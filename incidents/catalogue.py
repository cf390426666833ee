"""Reads. The list of incidents: what is asked for, and one light line for each, with a constant number of queries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.http import QueryDict

from incidents import access, custom_field_values, custom_fields
from incidents.lib import durations
from incidents.lib.text import whole
from incidents.lib.zones import first_moment, last_moment
from incidents.models import Incident, IncidentType, Milestone, MilestoneKind, Service, Severity, Tag, Team
from incidents.models.incident import IncidentQuerySet
from incidents.timeline_filters import parse_day

SIZES = (25, 50, 125)
MOST_FIELDS = 10  # that one address asks for
UTC = ZoneInfo("UTC")
REFERENCE = re.compile(r"INC-[0-9]{1,12}", re.IGNORECASE)
#: What the list is of: incidents unless asked otherwise.
KINDS = {"near": "Near misses and good catches", "near_miss": "Near misses", "good_catch": "Good catches", "all": "Everything"}
DECIDED = (Milestone.Decision.CONFIRMED, Milestone.Decision.OVERRIDDEN)


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of the list, as read from the address; what is not understood is left out."""

    text: str = ""
    kind: str = ""
    status: str = ""
    type: str = ""
    severity: str = ""
    service: str = ""
    team: str = ""
    tag: str = ""
    since: date | None = None
    until: date | None = None
    fields: tuple[tuple[str, str], ...] = ()  # key of a custom field, and what is asked of it
    size: int = SIZES[0]
    page: int = 1

    @property
    def in_use(self) -> int:
        """How many filters narrow the list; words are not one of them."""
        chosen = (self.kind, self.status, self.type, self.severity, self.service, self.team, self.tag, self.since, self.until)
        return sum(map(bool, chosen)) + len(self.fields)

    def __bool__(self) -> bool:
        return bool(self.text or self.in_use)


def parse(params: QueryDict) -> Asked:
    def number(name: str, default: int) -> int:
        found = whole(params.get(name, ""))
        return default if found is None else found

    def word(name: str) -> str:
        return params.get(name, "").replace("\x00", "").strip()[:200]

    size = number("size", SIZES[0])
    return Asked(
        text=word("q"),
        kind=word("kind") if word("kind") in KINDS else "",
        status=word("status") if word("status") in Incident.Status.values else "",
        type=word("type"),
        severity=word("severity"),
        service=word("service"),
        team=str(number("team", 0) or ""),
        tag=word("tag"),
        since=parse_day(word("since")),
        until=parse_day(word("until")),
        fields=tuple((name.removeprefix(custom_fields.ASKED), word(name)) for name in params if name.startswith(custom_fields.ASKED) and word(name))[
            :MOST_FIELDS
        ],
        size=size if size in SIZES else SIZES[0],
        page=number("page", 1),
    )


def matching(actor: access.Actor, asked: Asked, fields: Sequence[custom_fields.Field]) -> QuerySet[Incident]:
    """Return the incidents the actor may see that match, newest first, with the columns a line needs."""
    rows = of_kind(Incident.objects.visible_to(actor), asked)
    if REFERENCE.fullmatch(asked.text):
        rows = rows.filter(Q(title__icontains=asked.text) | Q(summary__icontains=asked.text) | Q(pk=int(asked.text[4:])))
    elif asked.text:
        rows = rows.saying(asked.text, fields)
    if asked.status:
        rows = rows.filter(status=asked.status)
    if asked.type:
        rows = rows.filter(type__key=asked.type)
    rows = with_fields(rows, asked, fields)
    if asked.severity:
        rows = rows.filter(severity__key=asked.severity)
    # By subquery, not by join: an incident has each service once, and so no DISTINCT is needed.
    if asked.service:
        rows = rows.filter(pk__in=Incident.services.through.objects.filter(service__key=asked.service).values("incident_id"))
    if asked.tag:
        rows = rows.filter(pk__in=Incident.tags.through.objects.filter(tag__name=asked.tag).values("incident_id"))
    if asked.team:
        rows = rows.filter(team_id=int(asked.team))
    if asked.since:
        rows = rows.filter(started_at__gte=first_moment(asked.since, UTC))
    if asked.until:
        rows = rows.filter(started_at__lte=last_moment(asked.until, UTC))
    columns = ("kind", "title", "status", "severity__key", "severity__name", "type__name", "started_at", "is_private", "time_zone")
    return rows.select_related("severity", "type").only(*columns).order_by("-started_at", "-pk")


def with_fields(rows: IncidentQuerySet, asked: Asked, fields: Sequence[custom_fields.Field]) -> IncidentQuerySet:
    """Narrow to what is asked of custom fields; a field that there is not, or that cannot have this value, finds nothing."""
    known = {field.key: field for field in fields}
    for key, raw in asked.fields:
        try:
            rows = rows.having(known[key], custom_field_values.sought(known[key], raw))
        except (KeyError, custom_field_values.FieldError):
            return rows.none()
    return rows


def field_choices(fields: Sequence[custom_fields.Field], asked: Asked) -> list[dict[str, Any]]:
    """Return the custom fields that the list can be filtered by: those with options, and of the others what the address asks for."""
    chosen, found = dict(asked.fields), []
    for field in fields:
        options = [(option.key, option.label) for option in field.options if option.is_active or option.key == chosen.get(field.key)]
        options = [("yes", "Yes"), ("no", "No")] if field.kind == "switch" else options
        if (field.is_active and options) or field.key in chosen:
            found.append({"name": custom_fields.ASKED + field.key, "label": field.label, "options": options, "value": chosen.get(field.key, "")})
    return found


def of_kind(rows: IncidentQuerySet, asked: Asked) -> IncidentQuerySet:
    """Leave out near misses unless they are asked for; a reference asks for whatever it names."""
    if asked.kind == "all" or REFERENCE.fullmatch(asked.text):
        return rows
    if asked.kind == "near":
        return rows.exclude(kind=Incident.Kind.INCIDENT)
    return rows.filter(kind=asked.kind) if asked.kind else rows.happened()


def lines(incidents: Iterable[Incident], now: datetime) -> list[dict[str, Any]]:
    """Return what the list shows of each incident: four queries for the page, whatever its length."""
    rows = list(incidents)
    ids = [row.pk for row in rows]
    services: dict[int, list[str]] = {}
    for incident_id, name in Incident.services.through.objects.filter(incident__in=ids).order_by("service__name").values_list("incident_id", "service__name"):
        services.setdefault(incident_id, []).append(name)
    moments: dict[int, dict[str, tuple[str, datetime | None]]] = {}
    for incident_id, key, decision, at in Milestone.objects.filter(incident__in=ids).values_list("incident_id", "kind__key", "decision", "at"):
        moments.setdefault(incident_id, {})[key] = (decision, at)
    total = MilestoneKind.objects.count()
    return [line(row, services.get(row.pk, []), moments.get(row.pk, {}), total) for row in rows]


def line(row: Incident, services: list[str], moments: dict[str, tuple[str, datetime | None]], total: int) -> dict[str, Any]:
    began, ended = (moments.get(key, ("", None)) for key in ("impact_started", "resolved"))
    lasted = ""
    if began[0] in DECIDED and ended[0] in DECIDED and began[1] and ended[1] and ended[1] >= began[1]:
        lasted = durations.in_words(ended[1] - began[1])
    severity = row.severity
    return {
        "url": f"/incidents/INC-{row.pk}/",
        "reference": f"INC-{row.pk}",
        "title": row.title,
        "kind": row.kind,
        "kind_label": "" if row.has_happened else row.get_kind_display(),
        "is_private": row.is_private,
        "severity": severity.name if severity else "",
        "severity_key": severity.key if severity else "",
        "type": row.type.name if row.type else "",
        "status": row.status,
        "status_label": row.get_status_display(),
        "services": ", ".join(services[:3]) + (f" +{len(services) - 3}" if len(services) > 3 else ""),
        "started": f"{row.started_at.astimezone(UTC):%Y-%m-%d %H:%M}",
        "started_iso": row.started_at.isoformat(),
        "lasted": lasted,
        "decided": sum(1 for decision, _ in moments.values() if decision != Milestone.Decision.OPEN),
        "total": total,
    }


def choices(actor: access.Actor) -> dict[str, list[tuple[str, str]]]:
    """Return what the list can be filtered by. Tags are people's own words, so only those of incidents the actor may see."""
    tagged = Incident.tags.through.objects.filter(access.incident_filter(actor, "incident__"), tag=OuterRef("pk"))
    return {
        "kind": list(KINDS.items()),
        "status": [(str(value), str(label)) for value, label in Incident.Status.choices],
        **described(),
        "team": [(str(pk), name) for pk, name in Team.objects.values_list("pk", "name")],
        "tag": [(name, name) for name in Tag.objects.filter(Exists(tagged)).values_list("name", flat=True)],
    }


def described() -> dict[str, list[tuple[str, str]]]:
    """Return severities, types and services in their order, by one query for all."""

    def rows(model: Any, what: str, place: str | Value) -> Any:
        found = model.objects.order_by().annotate(what=Value(what), place=F(place) if isinstance(place, str) else place)
        return found.values_list("what", "place", "name", "key")

    of_all = rows(Severity, "severity", "rank").union(rows(IncidentType, "type", "position"), rows(Service, "service", Value(0)), all=True)
    result: dict[str, list[tuple[str, str]]] = {"severity": [], "type": [], "service": []}
    for what, _place, name, key in sorted(of_all):
        result[what].append((key, name))
    return result
