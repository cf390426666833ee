"""Pure. The fields that administrators add to incidents: which there are, and how what is kept of them is read.

Values are kept by the key of their field, as JSON: a text, a number, true or false, the key of an option or a list of keys; a day as
YYYY-MM-DD, a moment as ISO 8601 in UTC. What is empty is not kept. A field or an option that was retired keeps what was said with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

from incidents.lib import stored

#: What administrators choose from.
KINDS = {
    "text": "Text, one line",
    "number": "Number",
    "date": "Day",
    "moment": "Date and time",
    "switch": "Yes or no",
    "choice": "One of several options",
    "choices": "Any of several options",
    "person": "Person, by name",
    "link": "Link",
}
WITH_OPTIONS = frozenset({"choice", "choices"})
#: Kinds whose values are words of people: found by a part of them.
IN_WORDS = frozenset({"text", "person", "link"})
KEY = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
KEY_LIMIT = 40
FOUND_LIMIT = 60  # more than any value has that is no words
SWITCH = {True: "Yes", False: "No"}
#: Before a field's key where it stands among others: in conditions, in the address of a list.
PREFIX, ASKED = "fields.", "field."

Value = Any  # what JSON holds
Values = Mapping[str, Value]


@dataclass(frozen=True)
class Option:
    key: str
    label: str
    is_active: bool = True


@dataclass(frozen=True)
class Field:
    """One field; `types` are the keys of the incident types that it is for, none for all. `of_near_misses`: they have it too."""

    key: str
    label: str
    kind: str = "text"
    help_text: str = ""
    is_required: bool = False
    is_active: bool = True
    options: tuple[Option, ...] = ()
    types: frozenset[str] = frozenset()
    of_near_misses: bool = True

    def applies_to(self, type_key: str, *, near_miss: bool = False) -> bool:
        return (self.of_near_misses or not near_miss) and (not self.types or type_key in self.types)

    def option(self, key: Any) -> Option | None:
        return next((option for option in self.options if option.key == key), None)

    def offered(self, before: Value = None) -> list[Option]:
        """The options to choose from: those in use, and retired ones that the incident has already."""
        had = before if isinstance(before, list) else [before]
        return [option for option in self.options if option.is_active or option.key in had]


@dataclass(frozen=True)
class Told:
    """A field of one incident as it is read: `words` are empty where nobody filled it in."""

    field: Field
    value: Value
    words: str

    @property
    def is_missing(self) -> bool:
        return self.field.is_required and not self.words


def parse(rows: Iterable[Mapping[str, Any]]) -> list[Field]:
    """Return the fields as the database gives them (`CustomField.objects.as_json`), in their order."""
    found = sorted(rows, key=lambda row: (row["position"], row["label"].casefold(), row["key"]))
    return [
        Field(
            key=row["key"],
            label=row["label"],
            kind=row["kind"],
            help_text=row["help_text"],
            is_required=bool(row["is_required"]),
            is_active=bool(row["is_active"]),
            options=tuple(
                Option(one["key"], one["label"], bool(one["is_active"])) for one in sorted(row["options"], key=lambda one: (one["position"], one["label"]))
            ),
            types=frozenset(one["key"] for one in row["types"]),
            of_near_misses=bool(row["of_near_misses"]),
        )
        for row in found
    ]


def is_asked(field: Field, type_key: str, *, near_miss: bool) -> bool:
    """Say whether an incident of a type is asked for a field; without a type, every incident's fields are."""
    return field.is_active and field.applies_to(type_key, near_miss=near_miss)


def told(fields: Iterable[Field], values: Values, type_key: str, zone: tzinfo = UTC, *, near_miss: bool = False) -> list[Told]:
    """What an incident says with its fields: those it is asked for, and retired ones and those of other incidents where they hold something."""
    rows = [Told(field, values.get(field.key), words(field, values.get(field.key), zone)) for field in fields]
    return [row for row in rows if row.words or is_asked(row.field, type_key, near_miss=near_miss)]


def words(field: Field, value: Value, zone: tzinfo = UTC) -> str:
    """Return a kept value as people read it; what does not fit the kind any more is shown as it stands."""
    if value is None or value == "":
        return ""
    if isinstance(value, list):
        return ", ".join(label_of(field, one) for one in value)
    if isinstance(value, bool):
        return SWITCH[value]
    if isinstance(value, int | float):
        return f"{value:,}"
    return stored.words(field.kind, value, zone) or label_of(field, value)


def label_of(field: Field, value: Any) -> str:
    option = field.option(value) if field.kind in WITH_OPTIONS else None
    return option.label if option else str(value)


def facts(fields: Iterable[Field], values: Values) -> dict[str, list[str]]:
    """Return what conditions ask for, by name: of options both key and label, of a switch yes or no, of the rest what is kept."""
    found = {}
    for field in fields:
        value = values.get(field.key)
        each = value if isinstance(value, list) else [] if value is None else [value]
        plain = [SWITCH[one] if isinstance(one, bool) else str(one) for one in each]
        labels = [label_of(field, one) for one in each] if field.kind in WITH_OPTIONS else []
        found[PREFIX + field.key] = list(dict.fromkeys(plain + labels))
    return found


def found_by(fields: Iterable[Field], values: Values) -> list[tuple[str, str]]:
    """Return the values by which an incident is found as a whole, each option by itself: key and text. What people worded is found by a part."""
    found = []
    for field in fields:
        value = None if field.kind in IN_WORDS else values.get(field.key)
        each = value if isinstance(value, list) else [] if value is None else [value]
        found += [(field.key, text) for text in dict.fromkeys(as_found(one) for one in each)]
    return found


def as_found(value: Value) -> str:
    return (value if isinstance(value, str) else json.dumps(value))[:FOUND_LIMIT]


def changes(fields: Iterable[Field], before: Values, after: Values, zone: tzinfo = UTC) -> dict[str, list[str]]:
    """Return what changed, by label, as the audit log keeps it: from what, to what."""
    return {
        field.label: [shortened(words(field, before.get(field.key), zone)), shortened(words(field, after.get(field.key), zone))]
        for field in fields
        if before.get(field.key) != after.get(field.key)
    }


def shortened(text: str) -> str:
    return text if len(text) <= 80 else text[:79].rstrip() + "…"
