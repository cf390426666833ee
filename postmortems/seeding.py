"""Writes. What a new installation has, from `seeds/`: the built-in templates, with the first rules, the checklist of learning value and what
severities ask for, the catalogue of factors and the switches of the coach; registered with `incidents.seeding` at start.

A built-in template that nobody edited moves on when the `version` in the file is higher. One that an administrator edited is left
alone; the pages for administrators say that there is a newer text, and let them take it or decline it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from incidents.access import SYSTEM, Actor, require
from incidents.models import Severity
from postmortems import authoring, sizing
from postmortems.coach.texts import CATEGORIES
from postmortems.factors import HELPERS
from postmortems.models import (
    Audience,
    CoachSwitch,
    FactorGroup,
    FactorLeaf,
    LearningQuestion,
    RetrospectiveTemplate,
    ReviewRequirement,
    RuleCondition,
    TemplateRule,
    TemplateVersion,
)
from postmortems.template_content import SectionContent, TemplateContent

CATALOGUE = Path(__file__).parent / "seeds" / "factor_taxonomy.yaml"
FILE = Path(__file__).parent / "seeds" / "builtin_templates.yaml"
DEFAULT = "standard_blameless"
LETTERS = {"I": Audience.INTERNAL, "S": Audience.STAKEHOLDER, "P": Audience.PUBLIC}
#: The rules that come with the templates they suggest: name, priority, tags, and the type of incident that is enough as well.
RULES = {
    "security_incident": ("Security incidents", 10, "security, breach, data-exposure, leaked-credential", "security"),
    "near_miss": ("Near misses and good catches", 20, "near-miss, good-catch", ""),
}
REQUIRED = {"sev1": "standard", "sev2": "standard"}
BUILTIN = TemplateVersion.Origin.BUILTIN


@cache
def read_file() -> dict[str, Any]:
    with open(FILE, encoding="utf-8") as file:
        data: dict[str, Any] = yaml.safe_load(file)
    return data


def builtin_keys() -> set[str]:
    """The templates that seeding brings back when they are missing; they are switched off, not deleted."""
    return {row["key"] for row in read_file()["templates"]}


@cache
def builtins() -> dict[str, tuple[int, TemplateContent]]:
    """The built-in templates by key: the version of each text, and the text."""
    data = read_file()
    return {row["key"]: (row.get("version", 1), content_from(data, row)) for row in data["templates"]}


@transaction.atomic
def seed_templates() -> int:
    """Add what is missing, move on what nobody edited, and return how many rows that made."""
    made = 0
    for position, (key, (version, content)) in enumerate(builtins().items(), start=1):
        template = RetrospectiveTemplate.objects.filter(key=key).first()
        if template is None:
            is_default = key == DEFAULT and not RetrospectiveTemplate.objects.filter(is_default=True).exists()
            offer = {"is_active": True, "is_default": is_default, "position": position, "builtin_version": version}
            template = authoring.write(actor=SYSTEM, content=content, origin=BUILTIN, offer=offer)
            made += 1 + len(content.sections) + seed_rule(template)
        elif template.builtin_version < version and authoring.is_untouched(template):
            take_builtin(actor=SYSTEM, template=template)
            made += 1
    return made + seed_questions() + seed_requirements()


def seed_switches() -> int:
    """Add a switch for each category of the coach that has none; all are on at first."""
    had = set(CoachSwitch.objects.values_list("category", flat=True))
    return len(CoachSwitch.objects.bulk_create(CoachSwitch(category=category) for category in CATEGORIES if category not in had))


def content_from(data: dict[str, Any], row: dict[str, Any]) -> TemplateContent:
    return TemplateContent(
        key=row["key"],
        name=row["name"],
        use_when=row["when"],
        audience_note=row["audience"],
        effort_hours=str(row["effort_hours"]),
        meeting_minutes=row["meeting_min"],
        lint_profile=row["lint_profile"],
        depth=row.get("depth", ""),
        sections=tuple(section_content(data["sections"][use["use"]], use) for use in row["sections"]),
    ).cleaned()


def section_content(text: dict[str, Any], use: dict[str, Any]) -> SectionContent:
    """The texts of a section as one template uses it: its own title, audience and note win over the shared ones."""
    return SectionContent(
        key=use["use"],
        title=use.get("title", text["title"]),
        kind=text["kind"],
        guidance=text["guidance"],
        prompts=tuple(text.get("questions", ())),
        fields=tuple(text.get("fields", ())),
        minimum="; ".join(part for part in (text.get("min", ""), use.get("note", "")) if part),
        required=use["required"],
        audience=widest(use.get("visible_in", text["visible_in"])),
    )


def widest(letters: list[str]) -> str:
    """The widest audience of a list such as [I, S]."""
    return LETTERS[max(letters, key="ISP".index)]


def seed_rule(template: RetrospectiveTemplate) -> int:
    """Add the rule that comes with a built-in template; only together with it, so that a deleted rule stays deleted."""
    if template.key not in RULES:
        return 0
    name, priority, tags, kind = RULES[template.key]
    rule = TemplateRule.objects.create(name=name, priority=priority, template=template, match="any" if kind else "all")
    RuleCondition.objects.create(rule=rule, field="tag", operator="any_of", value=tags)
    if kind:
        RuleCondition.objects.create(rule=rule, field="type", operator="is", value=kind)
    return 1


def seed_questions() -> int:
    rows = enumerate(sizing.QUESTIONS, start=1)
    return sum(
        LearningQuestion.objects.get_or_create(key=key, defaults={"text": text, "ticked_for_tags": tags, "position": position})[1]
        for position, (key, text, tags) in rows
    )


def seed_requirements() -> int:
    rows = Severity.objects.all()
    return sum(ReviewRequirement.objects.get_or_create(severity=row, defaults={"depth": REQUIRED.get(row.key, "")})[1] for row in rows)


# A newer built-in text ------------------------------------------------------------------------------


def newer_builtin(template: RetrospectiveTemplate) -> tuple[int, TemplateContent] | None:
    """Return version and text of the built-in that an edited template has not taken yet, or None."""
    found = builtins().get(template.key)
    return found if found and found[0] > template.builtin_version else None


@transaction.atomic
def take_builtin(*, actor: Actor, template: RetrospectiveTemplate) -> RetrospectiveTemplate:
    """Make a template say what the built-in says, as its next version. What it said stays readable."""
    version, content = builtins()[template.key]
    template = authoring.write(actor=actor, content=content, origin=BUILTIN, note=f"Built-in text {version}.")
    RetrospectiveTemplate.objects.filter(pk=template.pk).update(builtin_version=version)
    template.builtin_version = version
    return template


def decline_builtin(*, actor: Actor, template: RetrospectiveTemplate) -> None:
    """Stay with the own text and hear no more of the built-in one until there is a newer."""
    require(actor, "configure")
    RetrospectiveTemplate.objects.filter(pk=template.pk).update(builtin_version=builtins()[template.key][0])


# The catalogue of factors ------------------------------------------------------------------------------


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
