"""Writes. The built-in lists of steps, from `seeds/step_plans.yaml`, and which of them a retrospective goes by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from postmortems import steps
from postmortems.models import PlannedStep, RetrospectiveTemplate, StepPlan, WorkCalendar

FILE = Path(__file__).parent / "seeds" / "step_plans.yaml"
UNITS = {"b": steps.WORKING, "c": steps.CALENDAR}


@transaction.atomic
def seed_plans() -> int:
    """Add the lists that are missing, whole, and a calendar where there is none; what exists is an administrator's own."""
    with open(FILE, encoding="utf-8") as file:
        data: dict[str, Any] = yaml.safe_load(file)
    added = 0
    if not WorkCalendar.objects.exists():
        WorkCalendar.objects.create(name="Monday to Friday", is_default=True)
        added += 1
    for position, row in enumerate(data["plans"], start=1):
        fields = {"name": row["name"], "size": row["size"], "use_when": row["use_when"], "position": position}
        fields["is_default"] = row.get("is_default", False) and not StepPlan.objects.filter(is_default=True).exists()
        plan, created = StepPlan.objects.get_or_create(key=row["key"], defaults=fields)
        if created:
            plan.templates.set(RetrospectiveTemplate.objects.filter(key__in=row["templates"]))
            rows = [planned(key, data["steps"][key] | row["changes"].get(key, {}), number) for number, key in enumerate(row["steps"], start=1)]
            for step in rows:
                step.plan = plan
            PlannedStep.objects.bulk_create(rows)
            added += 1 + len(rows)
    return added


def planned(key: str, row: dict[str, Any], position: int) -> PlannedStep:
    urgent = row.get("urgent")
    return PlannedStep(
        key=key,
        position=position,
        title=row["title"],
        guidance=row["guidance"],
        role=row["role"],
        offset=row["due"][0],
        unit=UNITS[row["due"][1]],
        urgent_offset=urgent[0] if urgent else None,
        urgent_unit=UNITS[urgent[1]] if urgent else steps.WORKING,
        counted_from=row.get("from", steps.RESOLVED),
        rule=row.get("rule", ""),
        mandatory=row.get("mandatory", True),
    )


def plan_for(template: RetrospectiveTemplate | None) -> StepPlan | None:
    """Return the list of a template, else the default one; none where an administrator took them all away."""
    own = template.step_plans.order_by("position", "pk").first() if template else None
    return own or StepPlan.objects.order_by("-is_default", "position", "pk").first()
