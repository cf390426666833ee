"""The form of one section: its text, the fields of its kind, and the version it is based on."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from postmortems.drafting import BODY_LIMIT
from postmortems.fields import Field, moment, parse_fields
from postmortems.models import Section
from postmortems.prefill import stored

#: Before a field's name in the form, so that no field can take the place of `body` or `version`.
PREFIX = "value-"
SHOW = [("key", "Key moments only"), ("all", "Everything but noise and what is hidden")]


class SectionForm(forms.Form):
    body = forms.CharField(required=False, max_length=BODY_LIMIT, strip=False, label="Text", widget=forms.Textarea(attrs={"rows": 14}))
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)  # a lost text is kept with it

    def __init__(self, *args: Any, section: Section, zone: ZoneInfo, **kwargs: Any) -> None:
        self.section, self.zone = section, zone
        first: dict[str, Any] = {"body": section.body, "version": section.version}
        self.fields_of_kind = parse_fields(section.fields) if section.kind == "impact" else []
        first |= {PREFIX + one.name: self.shown(one, section.values.get(one.name, "")) for one in self.fields_of_kind}
        first[f"{PREFIX}show"] = section.values.get("show", "key")
        super().__init__(*args, **kwargs | {"initial": first | kwargs.get("initial", {})})
        if section.kind != "markdown" and section.kind != "bullets":
            self.fields["body"].widget.attrs["rows"] = 8
        for one in self.fields_of_kind:
            self.fields[PREFIX + one.name] = form_field(one, zone)
        if section.kind == "timeline":
            self.fields[f"{PREFIX}show"] = forms.ChoiceField(label="Entries to print", choices=SHOW, widget=forms.RadioSelect)

    def shown(self, one: Field, value: str) -> Any:
        at = moment(value) if one.type == "moment" else None
        return at.astimezone(self.zone).replace(tzinfo=None) if at else value

    def bound_values(self) -> list[forms.BoundField]:
        return [self[PREFIX + one.name] for one in self.fields_of_kind]

    @property
    def show_field(self) -> forms.BoundField:
        """Which timeline entries to print; only for that kind."""
        return self[f"{PREFIX}show"]

    def values(self) -> dict[str, str]:
        """The values as they are stored. Fields of a kind that is written as prose are kept as they are."""
        if self.section.kind not in {"impact", "timeline"}:
            return dict(self.section.values)
        given = {name.removeprefix(PREFIX): value for name, value in self.cleaned_data.items() if name.startswith(PREFIX)}
        return {name: self.string(name, value) for name, value in given.items() if value not in (None, "")}

    def string(self, name: str, value: Any) -> str:
        before = self.initial.get(PREFIX + name)
        if isinstance(value, datetime) and isinstance(before, datetime) and value == before.replace(second=0, microsecond=0):
            # Untouched: the field shows minutes, and in the hour that a clock repeats it cannot tell which is meant.
            return str(self.section.values[name])
        if isinstance(value, datetime):
            return stored(value.replace(tzinfo=self.zone))
        return f"{value:f}" if hasattr(value, "as_tuple") else str(value)


def form_field(one: Field, zone: ZoneInfo) -> forms.Field:
    if one.type == "moment":
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        return MomentField(required=False, label=one.label, widget=widget, help_text=f"In {zone.key}")
    if one.type in {"number", "percent"}:
        most = 100 if one.type == "percent" else None
        unit = "In percent" if one.type == "percent" else ""
        return forms.DecimalField(required=False, label=one.label, min_value=0, max_value=most, max_digits=15, decimal_places=3, help_text=unit)
    if one.type in {"choice", "switch"}:
        choices = [("", "Not stated"), *((choice, choice.capitalize()) for choice in one.choices)]
        return forms.ChoiceField(required=False, label=one.label, choices=choices)
    return forms.CharField(required=False, label=one.label, max_length=2000)


class MomentField(forms.DateTimeField):
    """A local time without its zone: the form knows the zone."""

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            return self.parse(str(value).strip())
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None

    def parse(self, text: str) -> datetime:
        at = datetime.fromisoformat(text)
        if at.tzinfo:
            raise ValueError(text)
        return at
