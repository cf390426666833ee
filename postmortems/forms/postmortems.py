"""Forms for starting a post-mortem and for its title and owner."""

from __future__ import annotations

from typing import Any

from django import forms

from incidents.models import Incident, User
from postmortems.models import Postmortem, RetrospectiveTemplate


def people_of(incident: Incident) -> Any:
    """Who may own something here: everybody who is active, or the members of a private incident."""
    people = User.objects.filter(is_active=True)
    return people.filter(incident_memberships__incident=incident) if incident.is_private else people


class StartForm(forms.Form):
    template = forms.ModelChoiceField(RetrospectiveTemplate.objects.filter(is_active=True), to_field_name="key")


class DetailsForm(forms.Form):
    title = forms.CharField(max_length=300)
    owner = forms.ModelChoiceField(User.objects.none(), required=False, help_text="Who sees to it that this gets finished.", empty_label="Nobody yet")
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, postmortem: Postmortem, **kwargs: Any) -> None:
        row = {"title": postmortem.title, "owner": postmortem.owner_id, "version": postmortem.version}
        super().__init__(*args, **kwargs | {"initial": row})
        self.fields["owner"].queryset = people_of(postmortem.incident)  # type: ignore[attr-defined]


class FilterForm(forms.Form):
    """The filters of the list of post-mortems; what is not understood is ignored."""

    q = forms.CharField(required=False, max_length=100, label="Search titles")
    status = forms.ChoiceField(required=False, choices=[("", "Any status"), *Postmortem.Status.choices])
    owner = forms.ChoiceField(required=False)
    step = forms.ChoiceField(required=False, choices=[("", "Any step"), ("mine", "Waiting for me"), ("overdue", "Overdue")])
    severity = forms.ChoiceField(required=False)
    service = forms.ChoiceField(required=False)
