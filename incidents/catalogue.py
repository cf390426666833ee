"""Reads. The list of incidents: what is asked for, and one light line for each, with a constant number of queries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from incidents import access
from incidents.lib import durations
from incidents.lib.zones import first_moment, last_moment
from incidents.models import Incident, Milestone, MilestoneKind, Service, Severity, Tag, Team
from incidents.models.incident import IncidentQuerySet
from incidents.timeline import parse_day

SIZES = (25, 50, 125)
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
    severity: str = ""
    service: str = ""
    team: str = ""
    tag: str = ""
    since: date | None = None
    until: date | None = None
    size: int = SIZES[0]
    page: int = 1

    def __bool__(self) -> bool:
        return bool(self.text or self.kind or self.status or self.severity or self.service or self.team or self.tag or self.since or self.until)


def parse(params: QueryDict) -> Asked:
    def number(name: str, default: int) -> int:
        text = params.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else default

    def word(name: str) -> str:
        return params.get(name, "").replace("\x00", "").strip()[:200]

    size = number("size", SIZES[0])
    return Asked(
        text=word("q"),
        kind=word("kind") if word("kind") in KINDS else "",
        status=word("status") if word("status") in Incident.Status.values else "",
        severity=word("severity"),
        service=word("service"),
        team=str(number("team", 0) or ""),
        tag=word("tag"),
        since=parse_day(word("since")),
        until=parse_day(word("until")),
        size=size if size in SIZES else SIZES[0],
        page=number("page", 1),
    )


def matching(actor: access.Actor, asked: Asked) -> QuerySet[Incident]:
    """Return the incidents the actor may see that match, newest first, with the columns a line needs."""
    rows = of_kind(Incident.objects.visible_to(actor), asked)
    if asked.text:
        words = Q(title__icontains=asked.text) | Q(summary__icontains=asked.text)
        if REFERENCE.fullmatch(asked.text):
            words |= Q(pk=int(asked.text[4:]))
        rows = rows.filter(words)
    if asked.status:
        rows = rows.filter(status=asked.status)
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
    fields = ("kind", "title", "status", "severity__key", "severity__name", "started_at", "is_private", "time_zone")
    return rows.select_related("severity").only(*fields).order_by("-started_at", "-pk")


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
        "severity": list(Severity.objects.values_list("key", "name")),
        "service": list(Service.objects.values_list("key", "name")),
        "team": [(str(pk), name) for pk, name in Team.objects.values_list("pk", "name")],
        "tag": [(name, name) for name in Tag.objects.filter(Exists(tagged)).values_list("name", flat=True)],
    }
