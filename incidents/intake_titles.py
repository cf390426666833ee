"""Writes. A new incident from what its first evidence says about it: title, summary, severity, services."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any, BinaryIO

from django.db.models import Q

from incidents import intake, lifecycle
from incidents.access import Actor
from incidents.lib.text import clean_line
from incidents.models import Incident, Service, Severity


def describe(*, actor: Actor, file: BinaryIO, name: str, options: dict[str, Any], title: str = "", is_private: bool = False) -> Incident:
    """Declare an incident. Only severities and services of the catalog are taken over. Raises SourceError when the file is no timeline."""
    about = intake.look(file, name, options).incident
    severity = Severity.objects.filter(Q(key__iexact=about.severity) | Q(name__iexact=about.severity)).first() if about.severity else None
    services = Service.objects.filter(Q(key__in=[each.lower() for each in about.services]) | Q(name__in=about.services)) if about.services else []
    zone = options.get("time_zone", "")
    fields = {"time_zone": zone} if "/" in zone else {}
    return lifecycle.declare(
        actor=actor,
        title=clean_line(title) or clean_line(about.title) or title_from(name),
        summary=about.summary,
        severity=severity,
        services=services,
        is_private=is_private,
        **fields,
    )


def title_from(name: str) -> str:
    """Return words made of a file name: “2026-03-02_checkout-outage.csv” is “2026-03-02 checkout outage”."""
    stem = re.sub(r"(?<!\d)[-_]+|[-_]+(?!\d)|_+", " ", PurePath(name.replace("\\", "/")).name.rpartition(".")[0] or name)
    return clean_line(stem) or "Imported incident"
