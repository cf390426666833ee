"""Forms of the pages for templates: importing a file, and choosing the incident of a preview."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404

from incidents.access import Actor, incident_for
from incidents.models import Incident
from postmortems import template_yaml
from postmortems.models import SectionKind
from postmortems.template_content import TemplateContent
from postmortems.template_yaml import MOST_BYTES, TemplateFileError


class ImportForm(forms.Form):
    file = forms.FileField(required=False, label="A YAML file", widget=forms.ClearableFileInput(attrs={"accept": ".yaml,.yml,text/yaml"}))
    text = forms.CharField(
        required=False,
        max_length=MOST_BYTES,
        strip=False,
        label="Or its text",
        widget=forms.Textarea(attrs={"rows": 12, "class": "mono", "spellcheck": "false"}),
    )
    offer = forms.BooleanField(required=False, label="Offer new templates at once", help_text="Else they are switched off until you have looked at them.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        file, text = data.get("file"), data.get("text", "")
        if not file and not text.strip():
            raise forms.ValidationError("Choose a file, or paste its text.")
        if file and file.size > MOST_BYTES:
            raise forms.ValidationError(f"{file.name[:80]}: larger than {MOST_BYTES // 1024} kB.")
        source, name = (file.read(), file.name[:80]) if file else (text, "pasted text")
        if file:
            # Kept in the text field, so that what was checked is what is imported.
            data["text"] = source.decode("utf-8-sig", "replace")
        try:
            data["contents"] = template_yaml.read(source, name, SectionKind.values)
        except TemplateFileError as error:
            raise forms.ValidationError([forms.ValidationError(message) for message in error.problems]) from None
        return data

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
