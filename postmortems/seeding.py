"""Writes. The built-in templates and the catalogue of factors, from `seeds/`; registered with `incidents.seeding` at start."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from postmortems.factors import HELPERS
from postmortems.models import Audience, FactorGroup, FactorLeaf, RetrospectiveTemplate, TemplateSection

CATALOGUE = Path(__file__).parent / "seeds" / "factor_taxonomy.yaml"
FILE = Path(__file__).parent / "seeds" / "builtin_templates.yaml"
DEFAULT = "standard_blameless"
LETTERS = {"I": Audience.INTERNAL, "S": Audience.STAKEHOLDER, "P": Audience.PUBLIC}


@cache
def read_file() -> dict[str, Any]:
    with open(FILE, encoding="utf-8") as file:
        data: dict[str, Any] = yaml.safe_load(file)
    return data


def builtin_keys() -> set[str]:
    """The templates that seeding brings back when they are missing; they are switched off, not deleted."""
    return {row["key"] for row in read_file()["templates"]}


@transaction.atomic
def seed_templates() -> int:
    """Add the built-in templates that are missing, whole; one that exists is an administrator's own and is left alone."""
    data = read_file()
    added = 0
    for position, row in enumerate(data["templates"], start=1):
        fields = {
            "name": row["name"],
            "use_when": row["when"],
            "audience_note": row["audience"],
            "effort_hours": str(row["effort_hours"]),
            "meeting_minutes": row["meeting_min"],
            "lint_profile": row["lint_profile"],
            "is_default": row["key"] == DEFAULT and not RetrospectiveTemplate.objects.filter(is_default=True).exists(),
            "position": position,
        }
        template, created = RetrospectiveTemplate.objects.get_or_create(key=row["key"], defaults=fields)
        if created:
            uses = enumerate(row["sections"], start=1)
            sections = [TemplateSection(template=template, position=number, **section_fields(data["sections"][use["use"]], use)) for number, use in uses]
            TemplateSection.objects.bulk_create(sections)
            added += 1 + len(sections)
    return added


def section_fields(text: dict[str, Any], use: dict[str, Any]) -> dict[str, Any]:
    """The texts of a section as one template uses it: its own title, audience and note win over the shared ones."""
    minimum = "; ".join(part for part in (text.get("min", ""), use.get("note", "")) if part)
    return {
        "key": use["use"],
        "title": use.get("title", text["title"]),
        "kind": text["kind"],
        "guidance": text["guidance"],
        "prompts": "\n".join(text.get("questions", [])),
        "fields": "\n".join(text.get("fields", [])),
        "minimum": minimum,
        "required": use["required"],
        "audience": widest(use.get("visible_in", text["visible_in"])),
    }


def widest(letters: list[str]) -> str:
    """The widest audience of a list such as [I, S]."""
    return LETTERS[max(letters, key="ISP".index)]


@cache
def read_catalogue() -> list[dict[str, Any]]:
    """Return the groups of the catalogue with their leaves; those that helped come last."""
    with open(CATALOGUE, encoding="utf-8") as file:
        data = yaml.safe_load(file)
    return [*data["groups"], {"key": HELPERS, "title": "What helped", "leaves": data["helpers"]}]


@transaction.atomic
def seed_factors() -> int:
    """Add what is missing of the catalogue; a row that exists is an administrator's own and is left alone."""
    added = 0
    for position, row in enumerate(read_catalogue(), start=1):
        group, is_new = FactorGroup.objects.get_or_create(key=row["key"], defaults={"name": row["title"], "position": position})
        added += is_new
        for number, (key, name, use_when, question) in enumerate(row["leaves"], start=1):
            texts = {"group": group, "name": name, "use_when": use_when, "question": question, "position": number}
            added += FactorLeaf.objects.get_or_create(key=key, defaults=texts)[1]
    return added
