"""What a person decides when publishing."""

from __future__ import annotations

from django import forms

from postmortems.models import Audience


class PublishForm(forms.Form):
    audience = forms.ChoiceField(
        choices=Audience.choices, initial=Audience.INTERNAL, help_text="Sections that do not reach this audience are left out, and outside names become roles."
    )
    note = forms.CharField(max_length=300, required=False, label="What changed", help_text="Shown beside the revision, such as “Added the vendor's account”.")
    reason = forms.CharField(
        max_length=2000,
        required=False,
        label="Why without these approvals",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept in the history under your name.",
    )
    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(min_value=1, required=False, widget=forms.HiddenInput)
