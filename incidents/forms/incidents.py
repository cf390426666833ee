"""Forms of the incident itself."""

from __future__ import annotations

from typing import Any

from django import forms

from incidents.forms.custom_fields import PREFIX, ValuesForm
from incidents.forms.fields import TagsField, VersionField
from incidents.models import Incident, Service, Severity, Team, User
from incidents.models.people import check_zone


class DeclareForm(ValuesForm):
    title = forms.CharField(
        max_length=300, widget=forms.TextInput(attrs={"autofocus": True}), help_text="What happened, in a line: “Checkout returns errors in Europe”."
    )
    severity = forms.ModelChoiceField(Severity.objects.all(), required=False, empty_label="Not known yet")
    services = forms.ModelMultipleChoiceField(Service.objects.all(), required=False, widget=forms.CheckboxSelectMultiple)
    time_zone = forms.CharField(
        max_length=64,
        initial="UTC",
        validators=[check_zone],
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
        help_text="The timeline is shown in it. A name such as Europe/Paris, or UTC.",
    )
    is_private = forms.BooleanField(required=False, label="Private", help_text="Only its members can see that it exists. You are the first; add others later.")


class IncidentForm(ValuesForm):
    kind = forms.ChoiceField(
        required=False,
        choices=Incident.Kind.choices,
        label="What it is",
        help_text="A near miss had no effect: it has no milestones and stays out of lists and measures of incidents.",
    )
    title = forms.CharField(max_length=300)
    summary = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Two or three sentences for a reader who was not there. Markdown.",
    )
    status = forms.ChoiceField(choices=Incident.Status.choices)
    severity = forms.ModelChoiceField(Severity.objects.all(), required=False, empty_label="Not known yet")
    services = forms.ModelMultipleChoiceField(Service.objects.all(), required=False, widget=forms.CheckboxSelectMultiple)
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="None")
    lead = forms.ModelChoiceField(User.objects.filter(is_active=True), required=False, empty_label="None")
    tags = TagsField(required=False, help_text="Separated by commas.")
    time_zone = DeclareForm.base_fields["time_zone"]
    version = VersionField()

    def clean_kind(self) -> str:
        """Left out, it stays what it is."""
        return str(self.cleaned_data["kind"] or self.initial.get("kind", Incident.Kind.INCIDENT))


def initial_of(incident: Incident) -> dict[str, Any]:
    names = ("kind", "title", "summary", "status", "type", "severity", "team", "lead", "time_zone", "version")
    values = {PREFIX + key: value for key, value in incident.field_values.items()}
    rows = {"services": list(incident.services.all()), "tags": [tag.name for tag in incident.tags.all()]}
    return {name: getattr(incident, name) for name in names} | rows | values


class AccessForm(forms.Form):
    is_private = forms.BooleanField(
        required=False, label="Private", help_text="Only the people chosen below can see that this incident, its timeline and its post-mortem exist."
    )
    members = forms.ModelMultipleChoiceField(User.objects.filter(is_active=True), required=False, widget=forms.CheckboxSelectMultiple, label="People on it")
    version = VersionField()
