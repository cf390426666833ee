"""A form that is written by a function: its refusals stand beside the fields, and after a lost race what was typed stays in the form, so that
sending it again is a decision made with both texts in sight."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.forms import BaseForm

from incidents.lib.conflict import Conflict

WRITTEN, REFUSED, LOST = 302, 422, 409


class Saved(NamedTuple):
    """What came of it: the status to answer with, and the row: as it was written, or as somebody else wrote it first."""

    status: int
    row: Any = None


def save(form: BaseForm, write: Callable[[], Any], lost: str | Callable[[Any], str]) -> Saved:
    """Write what a valid form holds; `lost` is what to tell who was not the first, or says it of the row that is there now."""
    if not form.is_valid():
        return Saved(REFUSED)
    try:
        return Saved(WRITTEN, write())
    except ValidationError as error:
        refuse(form, error)
        return Saved(REFUSED)
    except Conflict as conflict:
        form.add_error(None, lost if isinstance(lost, str) else lost(conflict.current))
        on_top_of(form, conflict.current.version)
        return Saved(LOST, conflict.current)


def refuse(form: BaseForm, error: ValidationError) -> None:
    """Put each message beside its field, or above the form where it is about none of them."""
    for name, messages in error.message_dict.items() if hasattr(error, "error_dict") else [("", error.messages)]:
        form.add_error(name if name in form.fields else None, messages)


def on_top_of(form: BaseForm, version: int) -> None:
    """Let the form, sent once more, replace what is stored now as `version`."""
    data: Any = form.data.copy()  # type: ignore[attr-defined]
    data["version"] = str(version)
    form.data = data


def told(errors: Mapping[str, Iterable[Any]]) -> list[str]:
    """Return all that a form's errors say, for where it is told at once."""
    return [str(message) for messages in errors.values() for message in messages]


def first_problem(form: BaseForm) -> str:
    """Return what is wrong and with which field: "Share of people affected: Ensure this value is less than or equal to 100."."""
    name, errors = next(iter(form.errors.items()), ("", ["Something in the form is not valid."]))
    return f"{form[name].label}: {errors[0]}" if name in form.fields and name != "version" else str(errors[0])
