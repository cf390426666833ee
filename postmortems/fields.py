"""Pure. The fields of a section, from the lines that define them: `impact_start`, `data_effect(none|lost)`, `out_of_hours(bool)`.

Values are stored as strings: a moment as ISO 8601 in UTC, a number as typed, yes or no for a switch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

LINE = re.compile(r"^(?P<name>[a-z][a-z0-9_]*)(?:\((?P<detail>[^)]*)\))?$")
SNAKE = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")
# Names that read badly when merely spelt out.
LABELS = {
    "users_affected_n": "People affected",
    "users_affected_pct": "Share of people affected",
    "support_contacts_n": "Support contacts",
    "error_budget_spent_pct": "Error budget spent",
    "records_n": "Records",
    "estimate_quality": "How good the numbers are",
    "impact_start": "Impact started",
    "impact_end": "Impact ended",
    "first_human_awareness": "First person aware",
}


@dataclass(frozen=True)
class Field:
    """One field: `type` is moment, number, percent, choice, switch or text."""

    name: str
    type: str
    label: str
    choices: tuple[str, ...] = ()


def parse_fields(text: str) -> list[Field]:
    """Return the fields that `text` defines, one a line. A line that defines none is left out."""
    return [parse_field(match["name"], match["detail"]) for line in text.splitlines() if (match := LINE.match(line.strip()))]


def parse_field(name: str, detail: str | None) -> Field:
    label = label_of(name)
    if detail == "bool":
        return Field(name, "switch", label, ("yes", "no"))
    if detail and "|" in detail:
        return Field(name, "choice", label, tuple(part.strip() for part in detail.split("|")))
    if detail and re.fullmatch(r"\d-\d", detail):
        low, high = (int(part) for part in detail.split("-"))
        return Field(name, "choice", label, tuple(str(number) for number in range(low, high + 1)))
    if name.endswith(("_start", "_end", "_from", "_to", "_at")):
        return Field(name, "moment", label)
    if name.endswith("_pct"):
        return Field(name, "percent", label)
    if name.endswith(("_n", "_hours")):
        return Field(name, "number", label) if name != "out_of_hours" else Field(name, "switch", label, ("yes", "no"))
    return Field(name, "text", label)


def label_of(name: str) -> str:
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def spell_out(text: str) -> str:
    """Return a minimum as people read it: with the labels of fields instead of their names, and words instead of signs."""
    text = SNAKE.sub(lambda match: f"“{label_of(match[0])}”", text).replace(">=", "at least ").strip()
    return text[:1].upper() + text[1:]


def show(field: Field, value: str, zone: ZoneInfo) -> str:
    """Return a stored value as people read it."""
    if field.type == "moment" and (at := moment(value)):
        return f"{at.astimezone(zone):%d %b %Y %H:%M %Z}"
    if field.type == "percent" and value:
        return f"{value} %"
    return value


def moment(value: str) -> datetime | None:
    """Return a stored moment, or None for anything else."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo else None
