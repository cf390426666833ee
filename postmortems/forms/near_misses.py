"""Forms for near misses and good catches: the short report, and the thanks for it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from incidents import custom_fields
from incidents.forms.custom_fields import ValuesForm
from incidents.forms.fields import MomentField, TagsField
from incidents.lib.text import clean_line, clean_text
from incidents.models import CustomField, Incident, Service
from postmortems.models import NearMiss
from postmortems.near_misses import BY, TEXT_LIMIT, Report


def text_area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class ReportForm(ValuesForm):
    """The report, with the custom fields that near misses have. Nobody sorts it by type."""

    kind = forms.ChoiceField(
        label="What was it?",
        choices=[(Incident.Kind.NEAR_MISS, "Something nearly happened"), (Incident.Kind.GOOD_CATCH, "Somebody caught it")],
        initial=Incident.Kind.NEAR_MISS,
        widget=forms.RadioSelect,
    )
    title = forms.CharField(max_length=300, label="In one line", help_text="“Backup job pointed at the live bucket, stopped by a dry run”.")
    noticed = forms.CharField(
        max_length=TEXT_LIMIT, label="What was noticed", widget=text_area(4), help_text="And what made it stand out. A role is enough, no names needed."
    )
    stopped = forms.CharField(
        max_length=TEXT_LIMIT, label="What stopped it", widget=text_area(2), help_text="A safeguard, a habit, a person or chance. One a line."
    )
    stopped_by = forms.ChoiceField(
        required=False, label="That was there by", choices=[("", "I do not know"), *((key, text.capitalize()) for key, text in BY.items())]
    )
    unfolded = forms.CharField(
        required=False,
        max_length=TEXT_LIMIT,
        label="How it could have unfolded",
        widget=text_area(3),
        help_text="What people would have met, and which small difference would have led there.",
    )
    at = MomentField(required=False, label="When")
    services = forms.ModelMultipleChoiceField(Service.objects.all(), required=False, widget=forms.CheckboxSelectMultiple)
    tags = TagsField(required=False, max_length=500, help_text="Separated by commas.")
    thanks_to = forms.CharField(required=False, max_length=200, label="Whom to thank", help_text="Who noticed or stopped it.")
    thanks_agreed = forms.BooleanField(required=False, label="They agreed to be named in the document")
    credit = forms.ChoiceField(label="And you?", choices=NearMiss.Credit.choices, initial=NearMiss.Credit.NAMED, widget=forms.RadioSelect)

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        asked = [one for one in CustomField.objects.definitions() if custom_fields.is_asked(one, "", near_miss=True)]
        super().__init__(*args, fields=asked, types=(), initial={"time_zone": zone}, **kwargs)
        moment = self.fields["at"]
        assert isinstance(moment, MomentField)  # noqa: S101 - for the type checker
        moment.zone, moment.help_text = ZoneInfo(zone), f"In {zone}. Left empty: now."
        moment.widget.attrs["step"] = "60"

    def clean_title(self) -> str:
        title = clean_line(self.cleaned_data["title"])
        if not title:
            raise forms.ValidationError("Say it in a line.")
        return title

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("noticed", "stopped", "unfolded"):
            if name in data:
                data[name] = clean_text(data[name], limit=TEXT_LIMIT).strip()
                if not data[name] and self.fields[name].required:
                    self.add_error(name, "A sentence is enough.")
        return data

    def told(self) -> Report:
        return Report(**self.changes())


class ThanksForm(forms.Form):
    thanks = forms.CharField(required=False, max_length=500, label="A word of thanks", widget=text_area(2), help_text="Shown to whoever reported it.")
