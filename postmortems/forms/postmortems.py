"""Forms for starting a post-mortem and for its title and owner."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms

from incidents.access import Actor
from incidents.forms.filters import FiltersForm
from incidents.models import Incident, User
from postmortems import covering
from postmortems.models import Postmortem, RetrospectiveTemplate


def people_of(*incidents: Incident) -> Any:
    """Who may own something here: everybody who is active and, of private incidents, a member of each."""
    people = User.objects.filter(is_active=True)
    for incident in incidents:
        people = people.filter(incident_memberships__incident=incident) if incident.is_private else people
    return people


REFERENCE = re.compile(r"INC-(\d{1,12})", re.IGNORECASE | re.ASCII)


class IncidentsField(forms.CharField):
    """Incidents that the person sees, by their references, separated by commas or spaces. What is hidden is as unknown as what is not there."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=400, **options)
        self.actor: Actor = None

    def to_python(self, value: Any) -> Any:
        words = list(dict.fromkeys(re.split(r"[,;\s]+", (super().to_python(value) or "").strip()))) if value else []
        found = {}
        for word in filter(None, words):
            match = REFERENCE.fullmatch(word)
            incident = Incident.objects.visible_to(self.actor).filter(pk=match[1]).first() if match else None
            if incident is None:
                raise forms.ValidationError(f"There is no incident “{word[:30]}”. Write references such as INC-12.")
            found[incident.pk] = incident
        return list(found.values())


class CoverForm(forms.Form):
    """Further incidents of a post-mortem: written by their references, or ticked among those nearby."""

    also = IncidentsField(required=False, label="Also covers", widget=forms.TextInput(attrs={"placeholder": "INC-14, INC-15", "autocomplete": "off"}))
    nearby = forms.ModelMultipleChoiceField(Incident.objects.none(), required=False, widget=forms.CheckboxSelectMultiple, label="Nearby")

    def __init__(self, *args: Any, actor: Actor, incident: Incident, leave_out: Iterable[int] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["also"].actor = actor  # type: ignore[attr-defined]
        found = covering.nearby(actor, incident, leave_out)
        self.fields["nearby"].queryset = Incident.objects.visible_to(actor).filter(pk__in=[one.pk for one in found]).order_by("-started_at", "-pk")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if {"nearby", "also"} <= set(data) and len(self.incidents()) > covering.MOST:
            self.add_error("also", f"A post-mortem covers at most {covering.MOST} further incidents.")
        return data

    def incidents(self) -> list[Incident]:
        return list({one.pk: one for one in [*self.cleaned_data["nearby"], *self.cleaned_data["also"]]}.values())


class StartForm(CoverForm):
    template = forms.ModelChoiceField(RetrospectiveTemplate.objects.filter(is_active=True), to_field_name="key")
    title = forms.CharField(required=False, max_length=300, label="Title")


class DetailsForm(forms.Form):
    title = forms.CharField(max_length=300)
    owner = forms.ModelChoiceField(User.objects.none(), required=False, help_text="Who sees to it that this gets finished.", empty_label="Nobody yet")
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, postmortem: Postmortem, **kwargs: Any) -> None:
        row = {"title": postmortem.title, "owner": postmortem.owner_id, "version": postmortem.version}
        super().__init__(*args, **kwargs | {"initial": row})
        self.fields["owner"].queryset = people_of(postmortem.incident, *postmortem.related_incidents.filter(is_private=True))  # type: ignore[attr-defined]


class FilterForm(FiltersForm):
    """The filters of the list of post-mortems; what is not understood is ignored."""

    q = forms.CharField(required=False, max_length=100, label="Search titles")
    status = forms.ChoiceField(required=False, choices=[("", "Any status"), *Postmortem.Status.choices])
    owner = forms.ChoiceField(required=False)
    step = forms.ChoiceField(required=False, choices=[("", "Any step"), ("mine", "Waiting for me"), ("overdue", "Overdue")])
    severity = forms.ChoiceField(required=False)
    service = forms.ChoiceField(required=False)
    kind = forms.ChoiceField(required=False, label="What", choices=[("", "Everything"), ("incident", "Incidents"), ("near", "Near misses and good catches")])
