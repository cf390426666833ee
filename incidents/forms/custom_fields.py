"""The fields that administrators added, as fields of a form; `custom_fields.py` says what may stand in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import escape

from incidents import custom_field_values, custom_fields
from incidents.custom_field_values import FieldError
from incidents.custom_fields import Field
from incidents.forms.fields import VersionField
from incidents.lib import stored
from incidents.models import CustomField, Incident, IncidentType, User

#: Before a field's key in a form, so that no field can take the place of `title` or `version`.
PREFIX = "field-"
MOST_NAMES = 500


class ValueField(forms.Field):
    """One custom field. It takes what a browser sends and gives what is kept."""

    def __init__(self, one: Field, *, before: Any, zone: tzinfo, only_for: str = "") -> None:
        self.one, self.before, self.zone = one, before, zone
        hint = [one.help_text, f"In {zone}." if one.kind == "moment" else "", f"Only for: {only_for}." if only_for else ""]
        super().__init__(required=False, label=one.label, help_text=escape(" ".join(filter(None, hint))), widget=widget_of(one, before))

    def clean(self, value: Any) -> Any:
        try:
            return custom_field_values.clean(self.one, value, self.before, self.zone)
        except FieldError as error:
            raise ValidationError(str(error), code="invalid") from None

    def prepare_value(self, value: Any) -> Any:
        """Turn what is kept into what the widget shows; what a person sent stays as it is."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if self.one.kind == "moment" and (at := stored.moment(value)):
            return at.astimezone(self.zone).replace(tzinfo=None).isoformat(timespec="seconds")
        return value

    def in_words(self, value: Any) -> str:
        return custom_fields.words(self.one, value, self.zone) or "(empty)"


def widget_of(one: Field, before: Any) -> forms.Widget:
    options = [(option.key, option.label if option.is_active else f"{option.label} (retired)") for option in one.offered(before)]
    if one.kind == "choice":
        return forms.Select(choices=[("", "Not stated"), *options])
    if one.kind == "choices":
        return forms.CheckboxSelectMultiple(choices=options)
    if one.kind == "switch":
        return forms.Select(choices=[("", "Not stated"), ("yes", "Yes"), ("no", "No")])
    if one.kind == "date":
        return forms.DateInput(attrs={"type": "date"})
    if one.kind == "moment":
        return forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"})
    attrs = {"number": {"inputmode": "decimal"}, "link": {"inputmode": "url"}, "person": {"list": "people", "autocomplete": "off"}}.get(one.kind, {})
    limit = custom_field_values.LIMITS.get(one.kind, 40)
    return forms.TextInput(attrs=attrs | {"maxlength": limit})


class ValuesForm(forms.Form):
    """A form with the type of an incident and its custom fields; others add theirs."""

    type = forms.ModelChoiceField(IncidentType.objects.none(), required=False, empty_label="Not known yet", to_field_name="key")

    def __init__(
        self, *args: Any, incident: Incident | None = None, fields: Sequence[Field] | None = None, types: Sequence[IncidentType] | None = None, **kwargs: Any
    ) -> None:
        """`fields` and `types` are all that there are, where the caller has them already."""
        super().__init__(*args, **kwargs)
        values = incident.field_values if incident else {}
        self.zone = ZoneInfo(incident.time_zone if incident else self.initial.get("time_zone", "UTC"))
        types = [one for one in (IncidentType.objects.all() if types is None else types) if one.is_active or incident and one.pk == incident.type_id]
        self.choose_type(types)
        definitions = CustomField.objects.definitions() if fields is None else fields
        near_miss = incident is not None and not incident.has_happened
        self.custom = [one for one in definitions if one.key in values or one.is_active and (one.of_near_misses or not near_miss)]
        names = {one.key: one.name for one in types}
        for one in self.custom:
            only_for = ", ".join(sorted(names[key] for key in one.types if key in names))
            self.fields[PREFIX + one.key] = ValueField(one, before=values.get(one.key), zone=self.zone, only_for=only_for)
            self.initial.setdefault(PREFIX + one.key, values.get(one.key))

    def choose_type(self, types: list[IncidentType]) -> None:
        if not types:
            del self.fields["type"]
            return
        field = self.fields["type"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        field.queryset = IncidentType.objects.filter(pk__in=[one.pk for one in types])
        field.choices = [("", "Not known yet"), *((one.key, one.name) for one in types)]  # read already

    @property
    def inputs(self) -> list[tuple[forms.BoundField, Field]]:
        """The custom fields, bound."""
        return [(self[PREFIX + one.key], one) for one in self.custom]

    @property
    def wanted(self) -> list[tuple[forms.BoundField, Field]]:
        return [(bound, one) for bound, one in self.inputs if one.is_required]

    @property
    def further(self) -> list[tuple[forms.BoundField, Field]]:
        return [(bound, one) for bound, one in self.inputs if not one.is_required]

    @property
    def people(self) -> list[str]:
        """Names to suggest where a field is for one."""
        if not any(one.kind == "person" for one in self.custom):
            return []
        return sorted({str(user) for user in User.objects.filter(is_active=True).only("username", "first_name", "last_name")[:MOST_NAMES]})

    def changes(self) -> dict[str, Any]:
        """What `lifecycle` takes: the values of custom fields apart from the rest."""
        rest = {name: value for name, value in self.cleaned_data.items() if not name.startswith(PREFIX)}
        return rest | {"values": {one.key: self.cleaned_data[PREFIX + one.key] for one in self.custom}}


class FieldsForm(ValuesForm):
    """The custom fields of one incident by themselves; `only` those of these keys, and then without the type."""

    version = VersionField()

    def __init__(self, *args: Any, incident: Incident, only: Iterable[str] = (), fields: Sequence[Field] | None = None, **kwargs: Any) -> None:
        wanted, definitions = set(only), CustomField.objects.definitions() if fields is None else fields
        super().__init__(*args, incident=incident, fields=[one for one in definitions if not wanted or one.key in wanted], **kwargs)
        self.incident = incident
        if wanted:
            self.fields.pop("type", None)
        self.initial["type"], self.initial["version"] = incident.type, incident.version


def forms_for(incidents: Iterable[Incident], only: Iterable[str] = ()) -> list[FieldsForm]:
    """Return a form for each of several incidents on one page."""
    fields, types = CustomField.objects.definitions(), list(IncidentType.objects.all())
    return [FieldsForm(incident=one, only=only, fields=fields, types=types, auto_id=f"id_{one.reference}_%s") for one in incidents]
