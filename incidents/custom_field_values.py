"""Pure. What people, programs and files give for custom fields -> the values that are kept, or why one is none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from incidents.custom_fields import IN_WORDS, KEY_LIMIT, WITH_OPTIONS, Field, Option, Value, Values
from incidents.lib import stored
from incidents.lib.text import clean_line

LIMITS = {"text": 500, "person": 200, "link": 2_000}
YES, NO = frozenset({"yes", "true", "1", "on"}), frozenset({"no", "false", "0", "off"})
MOST_NUMBER = Decimal(10) ** 15


class FieldError(ValueError):
    """This is no value of the field. The message is for people and names the field and the mend."""


class FieldErrors(ValueError):
    """Some values cannot be taken; `errors` has a message for each key."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


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
    if text is not None and not stored.ADDRESS.fullmatch(text):
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
        was = stored.moment(before)
        if was and was.astimezone(zone).replace(tzinfo=None) == at:
            return before
        at = at.replace(tzinfo=zone)
    if not 1900 < at.year < 2200:
        raise wrong
    if at.astimezone(UTC).astimezone(at.tzinfo).replace(tzinfo=None) != at.replace(tzinfo=None):
        raise FieldError(f"“{field.label}”: the clocks were put forward, so this time did not exist.")
    return stored.iso(at, "seconds")


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


def sought(field: Field, raw: str) -> Value:
    """Return what a list is filtered by: a kept value, or a part of one where it is words. Raises FieldError."""
    if field.kind in IN_WORDS:
        return clean_line(raw, limit=200)
    if field.kind in WITH_OPTIONS:
        # A retired option is still looked for.
        return chosen(field, raw, [option.key for option in field.options]).key
    return TAKEN_BY[field.kind](field, raw, None, UTC)
