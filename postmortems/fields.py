"""Pure. The fields and columns of a section, from the lines that define them: `impact_start`, `data_effect(none|lost)`, `told_on(date)`.

Values are stored as strings: a moment as ISO 8601 in UTC, a day as YYYY-MM-DD, a number as typed, yes or no for a switch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from incidents.lib.stored import ADDRESS, day, moment

LINE = re.compile(r"^(?P<name>[a-z][a-z0-9_]*)(?:\((?P<detail>[^)]*)\))?$")
FACTOR = re.compile(r"factor:(\d{1,15})(?: |$)")
SNAKE = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")
#: A template defines at most so many; more than that is a form that nobody fills in.
MOST_FIELDS = 24
TEXT_LIMIT, LONG_LIMIT = 2_000, 5_000
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
    "at": "When",
    "statement": "In words",
    "decided_by_role": "Decided by (role)",
    "situation_as_seen": "How it looked then",
    "options_considered": "Options seen",
    "reasons": "What made it sensible",
    "information_missing": "Not known then",
    "confidence": "How sure",
    "result": "What followed",
    "expectation": "What was expected",
    "observation": "What happened instead",
    "where_else": "Where else we rely on it",
    "not_applicable_because": "If it does not apply: why",
    "factor": "Leads to this factor",
    "useful_for": "Useful for",
    "exposure_from": "Exposed from",
    "exposure_to": "Exposed until",
    "cannot_tell": "What we cannot tell",
    "what_they_needed": "What they needed and did not have",
    "copy_kept": "Copy kept",
    "until": "Until",
    "query_to_repeat_it": "Query, to repeat it",
    "sent": "What was sent, and when",
}
#: Texts of several sentences; their cells are Markdown.
LONG = {
    *("statement", "expectation", "observation", "situation_as_seen", "options_considered", "choice", "reasons", "information_missing", "result"),
    *("answer", "evidence", "cannot_tell", "message", "what_they_needed", "meaning", "reason", "asset", "note", "not_covered"),
}
#: Who stands behind it: told inside, left out of what is published further out.
PERSON = {"owner", "accepted_by", "risk_accepted_by", "who_is_looking", "people_heard", "authors", "reviewers"}
TYPES = {"text", "long", "date", "moment", "number", "percent", "link", "person"}


@dataclass(frozen=True)
class Field:
    """One field or column: `type` is text, long, date, moment, number, percent, choice, switch, link, person or factor.

    One of the type incident stands for the incident's own field of this name; its values are with the incident.
    """

    name: str
    type: str
    label: str
    choices: tuple[str, ...] = ()

    @property
    def limit(self) -> int:
        return LONG_LIMIT if self.type == "long" else TEXT_LIMIT

    @property
    def is_words(self) -> bool:
        """Say whether people write prose here."""
        return self.type in {"text", "long"}


def parse_fields(text: str) -> list[Field]:
    """Return the fields that `text` defines, one a line, each name once. A line that defines none is left out."""
    found: dict[str, Field] = {}
    for line in text.splitlines():
        if match := LINE.match(line.strip()):
            found.setdefault(match["name"], parse_field(match["name"], match["detail"]))
    return list(found.values())[:MOST_FIELDS]


def parse_field(name: str, detail: str | None) -> Field:
    label = label_of(name)
    if detail == "bool":
        return Field(name, "switch", label, ("yes", "no"))
    if detail in TYPES or detail == "incident":
        return Field(name, detail, label)
    if detail and "|" in detail:
        return Field(name, "choice", label, tuple(part.strip() for part in detail.split("|")))
    if detail and re.fullmatch(r"\d-\d", detail):
        low, high = (int(part) for part in detail.split("-"))
        return Field(name, "choice", label, tuple(str(number) for number in range(low, high + 1)))
    return Field(name, type_of(name), label, ("yes", "no") if name == "out_of_hours" else ())


def type_of(name: str) -> str:
    """What a name without a detail tells of its type."""
    if name == "out_of_hours":
        return "switch"
    if name == "at" or name.endswith(("_start", "_end", "_from", "_to", "_at")):
        return "moment"
    for end, kind in (("_pct", "percent"), ("_n", "number"), ("_hours", "number")):
        if name.endswith(end):
            return kind
    return "long" if name in LONG else "person" if name in PERSON else "text"


def label_of(name: str) -> str:
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def spell_out(text: str) -> str:
    """Return a minimum as people read it: with the labels of fields instead of their names, and words instead of signs."""
    text = SNAKE.sub(lambda match: f"“{label_of(match[0])}”", text).replace(">=", "at least ").strip()
    return text[:1].upper() + text[1:]


def show(field: Field, value: str, zone: ZoneInfo) -> str:
    """Return a stored value as people read it."""
    if field.type == "moment" and (at := moment(value)):
        here = at.astimezone(zone)
        return f"{here.day} {here:%b %Y, %H:%M %Z}"
    if field.type == "date" and (on := day(value)):
        return f"{on.day} {on:%b %Y}"
    if field.type == "factor":
        return factor_words(value)
    if field.type == "percent" and value:
        return f"{value} %"
    if field.type == "choice" and field.choices[-1].isdigit():  # a scale
        return f"{value} of {field.choices[-1]}" if value else ""
    return value


def problem(field: Field, value: str) -> str:
    """Say what is wrong with a value from outside; empty where it can be stored as it is."""
    if not value:
        return ""
    if len(value) > field.limit:
        return f"At most {field.limit:,} characters."
    if field.choices and value not in field.choices:
        return f"One of: {', '.join(field.choices)}."
    found = number(value)
    wrong = {
        "moment": (not moment(value), "A moment with its offset, such as 2026-03-02T14:00:00Z."),
        "date": (not day(value), "A day, such as 2026-03-02."),
        "number": (found is None, "A number from zero."),
        "percent": (found is None or found > 100, "A number from zero to 100."),
        "link": (not ADDRESS.fullmatch(value), "An address that begins with https:// or, on this site, with /."),
    }
    is_wrong, words = wrong.get(field.type, (False, ""))
    return words if is_wrong else ""


def factor_of(value: str) -> int | None:
    """Return the id in a stored name of a factor, "factor:12 What it said"; None for words alone."""
    found = FACTOR.match(value)
    return int(found[1]) if found else None


def factor_words(value: str) -> str:
    """Return the words of a stored name of a factor."""
    return FACTOR.sub("", value, count=1)


def number(value: str) -> Decimal | None:
    """Return a stored number from zero up, or None for anything else."""
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() and found >= 0 else None
