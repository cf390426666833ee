"""Fields that more than one form has."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from incidents.lib.text import clean_line


class MomentField(forms.Field):
    """A point in time, written and read in `zone`; a text with its own offset keeps it.

    Not Django's DateTimeField, which refuses the hour that a change of clocks repeats: its first pass is taken here.
    """

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.zone: tzinfo = UTC

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            at = datetime.fromisoformat(str(value).strip())
        except ValueError:
            raise ValidationError("Write the time as 2026-03-02 14:02:07.", code="invalid") from None
        if at.tzinfo is not None:
            return at.astimezone(UTC)
        at = at.replace(tzinfo=self.zone)
        if at.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None) != at.replace(tzinfo=None):
            raise ValidationError("The clocks were put forward: this time did not exist in the incident's zone.", code="skipped")
        return at.astimezone(UTC)

    def prepare_value(self, value: Any) -> Any:
        return value.astimezone(self.zone).replace(tzinfo=None).isoformat(timespec="seconds") if isinstance(value, datetime) else value


class TagsField(forms.CharField):
    """Tags as people type them: separated by commas or spaces."""

    def to_python(self, value: Any) -> Any:
        names = [re.sub(r"[^\w-]+", "-", clean_line(name, limit=60)).strip("-").lower() for name in re.split(r"[,\s]+", value or "")]
        return list(dict.fromkeys(name for name in names if name))

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value


class VersionField(forms.IntegerField):
    """The version that the person saw, carried along."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(min_value=0)
