"""Form fields for the fields and columns of a section, and their way to stored strings and back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from incidents.lib.stored import iso, moment
from postmortems.fields import TEXT_LIMIT, Field, factor_of, factor_words, problem


def form_field(one: Field, zone: ZoneInfo) -> forms.Field:
    if one.type == "moment":
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        return MomentField(required=False, label=one.label, widget=widget, help_text=f"In {zone.key}")
    if one.type == "date":
        return forms.DateField(required=False, label=one.label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    if one.type in {"number", "percent"}:
        most = 100 if one.type == "percent" else None
        unit = "In percent" if one.type == "percent" else ""
        return forms.DecimalField(required=False, label=one.label, min_value=0, max_value=most, max_digits=15, decimal_places=3, help_text=unit)
    if one.choices:
        choices = [("", "Not stated"), *((choice, choice.capitalize()) for choice in one.choices)]
        return forms.ChoiceField(required=False, label=one.label, choices=choices)
    if one.type == "factor":
        return FactorField(required=False, label=one.label)
    if one.type == "long":
        return forms.CharField(required=False, label=one.label, max_length=one.limit, widget=forms.Textarea(attrs={"rows": 2}))
    if one.type == "link":
        return AddressField(required=False, label=one.label, max_length=one.limit, widget=forms.TextInput(attrs={"inputmode": "url"}))
    return forms.CharField(required=False, label=one.label, max_length=one.limit)


def shown(one: Field, value: str, zone: ZoneInfo) -> Any:
    """Return a stored value as the form's field begins with it."""
    if one.type == "factor" and (pk := factor_of(value)):
        return f"factor:{pk}"
    at = moment(value) if one.type == "moment" else None
    return at.astimezone(zone).replace(tzinfo=None) if at else value


def as_stored(value: Any, zone: ZoneInfo, before: Any = None, was: str = "") -> str:
    """Return what a form's field holds as it is stored; `before` is what the field began with and `was` how that was stored."""
    if isinstance(value, datetime):
        # Untouched: the field shows minutes, and in the hour that a clock repeats it cannot tell which is meant.
        untouched = was and isinstance(before, datetime) and value == before.replace(second=0, microsecond=0)
        return was if untouched else iso(value.replace(tzinfo=zone), "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if hasattr(value, "as_tuple") else str(value)


class FactorField(forms.ChoiceField):
    """One of the factors, or words that were written before one could choose. What it names is checked where it is stored."""

    def offer(self, factors: Iterable[tuple[str, str]], value: str) -> None:
        known = [("", "No factor yet"), *factors]
        pk = factor_of(value)
        chosen = f"factor:{pk}" if pk else value
        if value and chosen not in dict(known):
            known.append((chosen, f"{factor_words(value)[:80]} (in words only)"))
        self.choices = known

    def valid_value(self, value: Any) -> bool:
        return len(str(value)) <= TEXT_LIMIT


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


class AddressField(forms.CharField):
    """An address of the web, or a path on this site."""

    def validate(self, value: str) -> None:
        super().validate(value)
        if words := problem(Field("address", "link", ""), value):
            raise forms.ValidationError(words, code="invalid")
