"""Writes. The rows every installation needs: severities, types, milestones, metrics, and what other apps registered here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from incidents.models import IncidentType, MetricDefinition, MilestoneKind, Severity

#: Functions of other apps that add their own rows and return how many.
seeders: list[Callable[[], int]] = []


@transaction.atomic
def seed_all() -> int:
    """Add what is missing, leave what people changed, return how many rows were added."""
    with open(Path(__file__).parent / "seeds" / "catalog.yaml", encoding="utf-8") as file:
        data: dict[str, list[dict[str, Any]]] = yaml.safe_load(file)
    added = 0
    for row in data["severities"]:
        added += Severity.objects.get_or_create(key=row["key"], defaults=row)[1]
    for row in data["types"]:
        added += IncidentType.objects.get_or_create(key=row["key"], defaults=row)[1]
    for row in data["milestones"]:
        added += MilestoneKind.objects.get_or_create(key=row["key"], defaults=row)[1]
    kinds = {kind.key: kind for kind in MilestoneKind.objects.all()}
    for row in data["metrics"]:
        defaults = row | {"start": kinds[row["start"]], "end": kinds[row["end"]]}
        added += MetricDefinition.objects.get_or_create(key=row["key"], defaults=defaults)[1]
    return added + sum(seeder() for seeder in seeders)
