"""Reads. What the start page says about incidents: which ones run, and which ask for a decision."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q

from incidents import endpoint_reports
from incidents.access import Actor, may
from incidents.models import Endpoint, Incident, Milestone
from incidents.models.incident import IncidentQuerySet

ROWS = 6


def running(actor: Actor) -> IncidentQuerySet:
    """Incidents that are not over, newest first."""
    visible = Incident.objects.visible_to(actor).happened().filter(status__in=[Incident.Status.OPEN, Incident.Status.MITIGATED])
    return visible.select_related("severity")[:ROWS]


def inboxes(actor: Actor) -> list[Endpoint]:
    """Endpoints with deliveries that no rule placed, for whoever may place them."""
    if not may(actor, "configure"):
        return []
    counted: Any = endpoint_reports.listed(actor)
    return list(counted.filter(waiting__gt=0)[:ROWS])


def undecided(actor: Actor) -> IncidentQuerySet:
    """Incidents with milestones that the evidence proposes and nobody has confirmed or set, newest first."""
    waiting = Q(milestones__decision=Milestone.Decision.OPEN, milestones__proposed_at__isnull=False)
    visible = Incident.objects.visible_to(actor).happened().annotate(waiting=Count("milestones", filter=waiting)).filter(waiting__gt=0)
    return visible.select_related("severity").order_by("-started_at", "-pk")[:ROWS]
