"""The form of one milestone."""

from __future__ import annotations

from typing import Any

from django import forms

from incidents.forms.fields import MomentField, VersionField
from incidents.forms.timeline import ZonedForm
from incidents.models import Milestone


class MilestoneForm(ZonedForm):
    decision = forms.ChoiceField(choices=Milestone.Decision.choices)
    at = MomentField(required=False, label="Time")
    note = forms.CharField(required=False, max_length=300, label="Why")
    version = VersionField()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("decision") == Milestone.Decision.OVERRIDDEN and data.get("at") is None and "at" not in self.errors:
            self.add_error("at", "Give the time.")
        return data
