"""The zone in which a page shows its times: the incident's, UTC, or the reader's."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.http import HttpRequest

from incidents.models import Incident

CHOICES = ("incident", "utc", "mine")


def chosen(request: HttpRequest) -> str:
    asked = request.POST.get("zone") or request.GET.get("zone") or ""
    return asked if asked in CHOICES else "incident"


def place(request: HttpRequest, incident: Incident) -> ZoneInfo:
    name = {"utc": "UTC", "mine": getattr(request.user, "time_zone", "UTC")}.get(chosen(request), incident.time_zone)
    return ZoneInfo(name)
