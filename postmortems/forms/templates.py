"""Forms of the pages for templates: importing a file, and choosing the incident of a preview."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404

from incidents.access import Actor, incident_for
from incidents.models import Incident
from postmortems import template_yaml
from postmortems.forms.files import FileOrTextForm
from postmortems.models import SectionKind
from postmortems.template_content import TemplateContent
from postmortems.template_yaml import MOST_BYTES, TemplateFileError


class ImportForm(FileOrTextForm):
    most_bytes = MOST_BYTES
    accept = ".yaml,.yml,text/yaml"
    file_label = "A YAML file"
    offer = forms.BooleanField(required=False, label="Offer new templates at once", help_text="Else they are switched off until you have looked at them.")

    def read(self, source: bytes | str, name: str) -> list[TemplateContent]:
        try:
            return template_yaml.read(source, name, SectionKind.values)
        except TemplateFileError as error:
            raise forms.ValidationError(error.problems) from None

    @property
    def contents(self) -> list[TemplateContent]:
        found: list[TemplateContent] = self.cleaned_data["contents"]
        return found


class PreviewForm(forms.Form):
    """A real incident to fill a preview with, of those that the person sees."""

    incident = forms.CharField(required=False, max_length=20, label="Incident", widget=forms.TextInput(attrs={"placeholder": "INC-12", "autocomplete": "off"}))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor

    def clean_incident(self) -> Incident | None:
        reference = self.cleaned_data["incident"].strip()
        if not reference:
            return None
        try:
            return incident_for(self.actor, reference)
        except Http404:
            raise forms.ValidationError("There is no such incident. Write its reference, such as INC-12.") from None
