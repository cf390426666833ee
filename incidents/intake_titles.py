"""Writes. A new incident from what its first evidence says about it: title, summary, severity, services."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any, BinaryIO

from django.db.models import Q, QuerySet

from incidents import lifecycle, looking
from incidents.access import Actor
from incidents.lib.text import clean_line
from incidents.models import Incident, Service, Severity


def describe(*, actor: Actor, file: BinaryIO, name: str, options: dict[str, Any], title: str = "", is_private: bool = False) -> Incident:
    """Declare an incident. Only severities and services of the catalog are taken over. Raises SourceError when the file is no timeline."""
    about = looking.look(file, name, options).incident
    zone = options.get("time_zone", "")
    fields = {"time_zone": zone} if "/" in zone else {}
    return lifecycle.declare(
        actor=actor,
        title=clean_line(title) or clean_line(about.title) or title_from(name),
        summary=about.summary,
        severity=severity_named(about.severity),
        services=services_named(about.services),
        is_private=is_private,
        **fields,
    )


def severity_named(word: str) -> Severity | None:
    """Return the severity of the catalog that evidence means, if it has that key or name."""
    return Severity.objects.filter(Q(key__iexact=word) | Q(name__iexact=word)).first() if word else None


def services_named(words: Iterable[str]) -> QuerySet[Service]:
    """Return the services of the catalog that evidence means, by key or name."""
    names = list(words)
    return Service.objects.filter(Q(key__in=[each.lower() for each in names]) | Q(name__in=names)) if names else Service.objects.none()


def title_from(name: str) -> str:
    """Return words made of a file name: “2026-03-02_checkout-outage.csv” is “2026-03-02 checkout outage”."""
    stem = re.sub(r"(?<!\d)[-_]+|[-_]+(?!\d)|_+", " ", PurePath(name.replace("\\", "/")).name.rpartition(".")[0] or name)
    return clean_line(stem) or "Imported incident"
