"""Pure. The fields that administrators add to incidents: what a value of each kind may be, how it is kept and how it is read.

Values are kept by the key of their field, as JSON: a text, a number, true or false, the key of an option or a list of keys; a day as
YYYY-MM-DD, a moment as ISO 8601 in UTC. What is empty is not kept. A field or an option that was retired keeps what was said with it.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from incidents.lib.stored import ADDRESS, day, moment
from incidents.lib.text import clean_line

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
LIMITS = {"text": 500, "person": 200, "link": 2_000}
KEY = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
KEY_LIMIT = 40
FOUND_LIMIT = 60  # more than any value has that is no words
YES, NO = frozenset({"yes", "true", "1", "on"}), frozenset({"no", "false", "0", "off"})
SWITCH = {True: "Yes", False: "No"}
MOST_NUMBER = Decimal(10) ** 15
#: Before a field's key where it stands among others: in conditions, in the address of a list.
PREFIX, ASKED = "fields.", "field."

Value = Any  # what JSON holds
Values = Mapping[str, Value]


class FieldError(ValueError):
    """This is no value of the field. The message is for people and names the field and the mend."""


class FieldErrors(ValueError):
    """Some values cannot be taken; `errors` has a message for each key."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


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


# Taking a value -------------------------------------------------------------------------------------


def merged(fields: Sequence[Field], before: Values, given: Mapping[str, Any], zone: tzinfo = UTC) -> dict[str, Value]:
    """Return the values after what was given, which may be of some fields only; None or an empty text takes one back. Raises FieldErrors."""
    known = {field.key: field for field in fields}
    after, errors = dict(before), {}
    for key, raw in given.items():
        field = known.get(str(key))
        try:
            if field is None:
                raise FieldError(unknown(str(key), known))
            value = clean(field, raw, before.get(field.key), zone)
        except FieldError as error:
            errors[clean_line(str(key), limit=KEY_LIMIT) or "?"] = str(error)
        else:
            after.pop(field.key, None)
            after |= {} if value is None else {field.key: value}
    if errors:
        raise FieldErrors(errors)
    return after


def unknown(key: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(key.lower()[:KEY_LIMIT], list(known), 1, 0.6)
    hint = f"Did you mean “{close[0]}”?" if close else f"Known: {', '.join(known) or 'none'}."
    return f"There is no field “{clean_line(key, limit=KEY_LIMIT)}”. {hint}"


def clean(field: Field, raw: Any, before: Value = None, zone: tzinfo = UTC) -> Value | None:
    """Return a value as it is kept, None for an empty one. Raises FieldError.

    What the incident has already may stay whatever became of the field; a retired field takes nothing new.
    """
    if raw is None or raw == "" or raw == [] or (isinstance(raw, str) and not raw.strip()):
        return None
    if before is not None and type(raw) is type(before) and raw == before:
        return before
    value = TAKEN_BY[field.kind](field, raw, before, zone)
    if not field.is_active and value != before:
        raise FieldError(f"“{field.label}” is no longer filled in. Leave it as it is, or empty it.")
    return value


def text_of(field: Field, raw: Any, what: str = "a text") -> str:
    if isinstance(raw, bool) or not isinstance(raw, str):
        raise FieldError(f"“{field.label}” takes {what}.")
    return raw


def take_text(field: Field, raw: Any, _before: Value, _zone: tzinfo) -> Value | None:
    text, limit = text_of(field, raw), LIMITS[field.kind]
    if len(text) > limit:
        raise FieldError(f"“{field.label}” takes at most {limit:,} characters; these are {len(text):,}. Shorten it.")
    return clean_line(text, limit=limit) or None


def take_link(field: Field, raw: Any, before: Value, zone: tzinfo) -> Value | None:
    text = take_text(field, raw, before, zone)
    if text is not None and not ADDRESS.fullmatch(text):
        raise FieldError(f"“{field.label}” takes an address that begins with https:// or, on this site, with /.")
    return text


def take_number(field: Field, raw: Any, _before: Value, _zone: tzinfo) -> Value:
    wrong = FieldError(f"“{field.label}” takes a number, such as 1200 or 0.5.")
    if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal) or (isinstance(raw, str) and len(raw) > 40):
        raise wrong
    try:
        number = Decimal(raw.strip() if isinstance(raw, str) else str(raw))
    except (InvalidOperation, ValueError):
        raise wrong from None
    if not number.is_finite():
        raise wrong
    if abs(number) >= MOST_NUMBER:
        raise FieldError(f"“{field.label}” takes numbers of at most 15 digits.")
    return int(number) if number == number.to_integral_value() else round(float(number), 6)


def take_date(field: Field, raw: Any, _before: Value, _zone: tzinfo) -> Value:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw.isoformat()
    try:
        return date.fromisoformat(text_of(field, raw, "a day, such as 2026-03-02")[:40].strip()).isoformat()
    except ValueError as error:
        raise (error if isinstance(error, FieldError) else FieldError(f"“{field.label}” takes a day, such as 2026-03-02.")) from None


def take_moment(field: Field, raw: Any, before: Value, zone: tzinfo) -> Value:
    """A moment without an offset is one of the incident's zone; where it reads as it did, it is what it was, also in an hour that a clock repeats."""
    wrong = FieldError(f"“{field.label}” takes a moment, such as 2026-03-02T14:00:00Z.")
    try:
        at = raw if isinstance(raw, datetime) else datetime.fromisoformat(text_of(field, raw, "a moment, such as 2026-03-02T14:00:00Z")[:40].strip())
    except ValueError as error:
        raise (error if isinstance(error, FieldError) else wrong) from None
    if at.tzinfo is None:
        was = moment(before)
        if was and was.astimezone(zone).replace(tzinfo=None) == at:
            return before
        at = at.replace(tzinfo=zone)
    if not 1900 < at.year < 2200:
        raise wrong
    if at.astimezone(UTC).astimezone(at.tzinfo).replace(tzinfo=None) != at.replace(tzinfo=None):
        raise FieldError(f"“{field.label}”: the clocks were put forward, so this time did not exist.")
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def take_switch(field: Field, raw: Any, _before: Value, _zone: tzinfo) -> Value:
    if isinstance(raw, bool):
        return raw
    word = raw.strip().lower() if isinstance(raw, str) else ""
    if word not in YES | NO:
        raise FieldError(f"“{field.label}” takes yes or no.")
    return word in YES


def take_choice(field: Field, raw: Any, before: Value, _zone: tzinfo) -> Value:
    return chosen(field, text_of(field, raw, "one of its options"), before).key


def take_choices(field: Field, raw: Any, before: Value, _zone: tzinfo) -> Value | None:
    if not isinstance(raw, list | tuple) or len(raw) > 500:
        raise FieldError(f"“{field.label}” takes a list of its options.")
    keys = {chosen(field, text_of(field, one, "a list of its options"), before).key for one in raw if one != ""}
    return [option.key for option in field.options if option.key in keys] or None


def chosen(field: Field, word: str, before: Value) -> Option:
    """The option of a key or a label."""
    asked_for = word.strip().casefold()
    found = field.option(word.strip()) or next((option for option in field.options if option.label.casefold() == asked_for), None)
    had = before if isinstance(before, list) else [before]
    offered = [option.label for option in field.offered(before)]
    if found is None:
        by_word = {label.casefold(): label for label in offered}
        close = difflib.get_close_matches(clean_line(asked_for, limit=60), list(by_word), 1, 0.6)
        hint = f"Did you mean “{by_word[close[0]]}”?" if close else f"One of: {', '.join(offered[:20]) or 'none yet'}."
        raise FieldError(f"“{field.label}” has no option “{clean_line(word, limit=60)}”. {hint}")
    if not found.is_active and found.key not in had:
        raise FieldError(f"“{found.label}” is no longer offered for “{field.label}”. One of: {', '.join(offered[:20]) or 'none'}.")
    return found


TAKEN_BY = {
    "text": take_text,
    "person": take_text,
    "link": take_link,
    "number": take_number,
    "date": take_date,
    "moment": take_moment,
    "switch": take_switch,
    "choice": take_choice,
    "choices": take_choices,
}


# Reading a value ------------------------------------------------------------------------------------


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
    if field.kind == "moment" and (at := moment(value)):
        here = at.astimezone(zone)
        return f"{here.day} {here:%b %Y, %H:%M %Z}"
    if field.kind == "date" and (on := day(value)):
        return f"{on.day} {on:%b %Y}"
    return label_of(field, value)


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


def sought(field: Field, raw: str) -> Value:
    """Return what a list is filtered by: a kept value, or a part of one where it is words. Raises FieldError."""
    if field.kind in IN_WORDS:
        return clean_line(raw, limit=200)
    if field.kind in WITH_OPTIONS:
        # A retired option is still looked for.
        return chosen(field, raw, [option.key for option in field.options]).key
    return TAKEN_BY[field.kind](field, raw, None, UTC)
