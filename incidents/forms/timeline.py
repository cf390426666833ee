"""Forms of the timeline: an entry by hand, and what a person says about an entry."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

from django import forms

from incidents.forms.fields import MomentField, VersionField
from incidents.models import Kind, Salience


class ZonedForm(forms.Form):
    """A form whose moments are written and read in one zone."""

    def __init__(self, *args: Any, zone: tzinfo, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            if isinstance(field, MomentField):
                field.zone = zone


class EntryForm(ZonedForm):
    at = MomentField(label="When")
    text = forms.CharField(
        label="What happened", max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}), help_text="What was seen or done, in plain words."
    )
    kind = forms.ChoiceField(choices=Kind.choices, initial=Kind.NOTE)
    who = forms.CharField(required=False, max_length=200, help_text="Who saw or did it. Empty means you.")
    url = forms.URLField(required=False, max_length=1000, label="Link", assume_scheme="https", help_text="Graph, log, pull request.")
    highlight = forms.BooleanField(required=False, label="Key moment")


class CurationForm(ZonedForm):
    title = forms.CharField(required=False, max_length=300, label="Title", help_text="Shown instead of the original words, which stay one click away.")
    kind = forms.ChoiceField(required=False, choices=[("", "As in the evidence"), *Kind.choices])
    salience = forms.TypedChoiceField(
        required=False,
        choices=[("", "As in the evidence"), *Salience.choices],
        coerce=int,
        empty_value=None,
        label="Weight",
        help_text="Noise is folded, key moments stand out.",
    )
    corrected_at = MomentField(required=False, label="Corrected time", help_text="Only if the evidence's own time is wrong. Milestones and measures follow.")
    note = forms.CharField(required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}))
    is_hidden = forms.BooleanField(required=False, label="Hidden", help_text="Not shown and no evidence for milestones. It can be brought back.")
    version = VersionField()


class MarkForm(forms.Form):
    """The two quick marks of a row."""

    mark = forms.ChoiceField(choices=[(name, name) for name in ("hide", "show", "highlight", "plain")])
    version = VersionField()
