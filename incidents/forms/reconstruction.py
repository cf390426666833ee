"""Forms of the reconstruction pages: a word on pairs of entries, on a finding, on the clock of a source."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from incidents.forms.fields import VersionField

SPAN = re.compile(r"\s*([+\-\u2212])?\s*(?:(\d+)\s*h(?:ours?)?)?\s*(?:(\d+)\s*m(?:in(?:utes?)?)?)?\s*(?:(\d+)\s*s?(?:ec(?:onds?)?)?)?\s*", re.I)


class OffsetField(forms.Field):
    """A span of time with its sign, as seconds: “+3 min 4 s”, “-1 h”, “184”."""

    def to_python(self, value: Any) -> int:
        match = SPAN.fullmatch(str(value or "")[:40])
        if match is None or not any(match.groups()[1:]):
            raise forms.ValidationError("Write how much to add, such as +3 min 4 s or -1 h.")
        seconds = int(match[2] or 0) * 3600 + int(match[3] or 0) * 60 + int(match[4] or 0)
        return -seconds if match[1] in ("-", "\u2212") else seconds


class ClockForm(forms.Form):
    source = forms.CharField(max_length=40)
    offset = OffsetField()
    version = VersionField()


class FusionForm(forms.Form):
    do = forms.ChoiceField(choices=[(name, name) for name in ("accept", "dismiss", "reopen")])
    pair = forms.TypedMultipleChoiceField(coerce=int)

    def __init__(self, data: Any, *, known: Any) -> None:
        super().__init__(data)
        field: Any = self.fields["pair"]
        field.choices = [(pk, pk) for pk in known]


class FindingForm(forms.Form):
    do = forms.ChoiceField(choices=[(name, name) for name in ("accept", "reopen")])
    key = forms.CharField(max_length=120)
    reason = forms.CharField(required=False)  # what is too long is shortened, not thrown away
