"""What lists of the incidents app can be filtered by: named fields only. An unknown name or value is an error, never "all"."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import django_filters as filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError

from incidents import custom_field_values, custom_fields
from incidents.lib.text import clean_line
from incidents.models import CustomField, Incident, Kind, TimelineEvent
from incidents.timeline_filters import parse_moment

PAGING = ("page", "page_size", "cursor")


def only(params: Iterable[str], names: Iterable[str], prefix: str = "") -> None:
    """Raise ValidationError when a list is asked by a name that it does not know: a slip of the pen must not return everything."""
    known = {*names, *PAGING}
    for name in params:
        if name not in known and not (prefix and name.startswith(prefix)):
            raise ValidationError({clean_line(name, limit=60): [f"There is no filter of this name. Known: {', '.join(sorted(known))}."]})


class NamedFilters(filters.FilterSet):
    """A filter set that refuses what it does not know."""

    prefix_taken = ""  # names that begin so are somebody else's

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        only(self.data or {}, self.filters, self.prefix_taken)
        return super().filter_queryset(queryset)


class YesNoField(forms.NullBooleanField):
    widget = forms.TextInput  # the usual one reads what it does not know as nothing

    def to_python(self, value: Any) -> Any:
        said = {"": None, "1": True, "true": True, "0": False, "false": False}
        text = str(value or "").lower()
        if text not in said:
            raise forms.ValidationError("Say true or false.")
        return said[text]


class YesNoFilter(filters.BooleanFilter):
    field_class = YesNoField


class MomentFilter(filters.IsoDateTimeFilter):
    """A moment within the years that a database can turn to UTC whatever the offset; others are an error of the request."""

    def __init__(self, **kwargs: Any) -> None:
        bounds = [MinValueValidator(datetime(1900, 1, 1, tzinfo=UTC)), MaxValueValidator(datetime(2200, 1, 1, tzinfo=UTC))]
        super().__init__(validators=bounds, **kwargs)

    def filter(self, qs: QuerySet[Incident], value: datetime | None) -> QuerySet[Incident]:
        # PostgreSQL takes no offset of sixteen hours and more, ISO 8601 does.
        return super().filter(qs, value and value.astimezone(UTC))


class IncidentFilter(NamedFilters):
    prefix_taken = custom_fields.ASKED
    q = filters.CharFilter(method="filter_words", max_length=200)
    kind = filters.ChoiceFilter(choices=[*Incident.Kind.choices, ("all", "All")], method="filter_kind", help_text="Incidents only unless asked otherwise.")
    status = filters.ChoiceFilter(choices=Incident.Status.choices)
    type = filters.CharFilter(field_name="type__key")
    severity = filters.CharFilter(field_name="severity__key")
    service = filters.CharFilter(field_name="services__key")
    tag = filters.CharFilter(field_name="tags__name")
    team = filters.CharFilter(field_name="team__name")
    since = MomentFilter(field_name="started_at", lookup_expr="gte")
    until = MomentFilter(field_name="started_at", lookup_expr="lt")

    class Meta:
        model = Incident
        fields: list[str] = []

    def filter_kind(self, incidents: QuerySet[Incident], name: str, value: str) -> QuerySet[Incident]:
        return incidents if value == "all" else incidents.filter(kind=value)

    def filter_words(self, incidents: QuerySet[Incident], name: str, value: str) -> QuerySet[Incident]:
        for word in clean_line(value, limit=200).split():
            incidents = incidents.filter(Q(title__icontains=word) | Q(summary__icontains=word))
        return incidents


FIELD_PARAMETERS = [
    OpenApiParameter(
        "field.{key}",
        str,
        description="A custom field by its key, such as `field.region=eu`: the key of an option, yes or no, a number, a day; of a text, a link or a name a part of it.",
    )
]


def with_fields(incidents: Any, params: QueryDict) -> Any:
    """Narrow incidents to what the parameters ask of custom fields. Raises ValidationError for an unknown field or value."""
    asked = {name.removeprefix(custom_fields.ASKED): str(value) for name, value in params.items() if name.startswith(custom_fields.ASKED)}
    if not asked:
        return incidents
    known = {field.key: field for field in CustomField.objects.definitions()}
    for key, raw in asked.items():
        try:
            if key not in known:
                raise custom_field_values.FieldError(custom_field_values.unknown(key, known))
            incidents = incidents.having(known[key], custom_field_values.sought(known[key], raw))
        except custom_field_values.FieldError as wrong:
            raise ValidationError({clean_line(custom_fields.ASKED + key, limit=60): [str(wrong)]}) from None
    return incidents


NOTHING = Q()
KNOWN = [OpenApiParameter("known", str, description="A moment, such as 2026-03-02T14:07:00Z: only what was known by then.")]
TIMELINE_PARAMETERS = [
    OpenApiParameter("kind", str, many=True, enum=[value for value, _label in Kind.choices]),
    OpenApiParameter("source", str),
    OpenApiParameter("actor", str, description="Part of the name."),
    OpenApiParameter("q", str, description="Part of the text."),
    *KNOWN,
    OpenApiParameter("hidden", bool, description="Also what people have hidden."),
]


def known(params: QueryDict, incident: Incident) -> datetime | None:
    """Return the moment as of which is asked, in the incident's zone unless it names its own. Raises ValidationError for what is none."""
    text = params.get("known", "")
    if not text:
        return None
    at = parse_moment(clean_line(text, limit=40), ZoneInfo(incident.time_zone))
    if at is None:
        raise ValidationError({"known": ["Write the moment as 2026-03-02T14:07:00Z."]})
    return at


def timeline(events: QuerySet[Any], params: QueryDict, further: QuerySet[Any]) -> QuerySet[TimelineEvent]:
    """Narrow a timeline (`as_curated`) to what the parameters ask for; `further` is the evidence that stands behind other entries.

    Raises ValidationError for an unknown kind.
    """

    def matching(of_event: Q, of_curation: Q = NOTHING) -> Q:
        return of_event | of_curation | Q(pk__in=further.filter(of_event).values("fused_into"))

    only(params, [parameter.name for parameter in TIMELINE_PARAMETERS])
    kinds = params.getlist("kind")
    if unknown := set(kinds) - set(Kind.values):
        raise ValidationError({"kind": [f"There is no kind “{sorted(unknown)[0][:40]}”."]})
    if kinds:
        events = events.filter(shown_kind__in=kinds)
    if source := params.get("source"):
        events = events.filter(matching(Q(source=clean_line(source, limit=40))))
    if actor := params.get("actor"):
        events = events.filter(matching(Q(actor__icontains=clean_line(actor, limit=200))))
    if words := params.get("q"):
        needle = clean_line(words, limit=200)
        events = events.filter(matching(Q(text__icontains=needle), Q(curation__title__icontains=needle)))
    if params.get("hidden", "").lower() not in {"1", "true"}:
        events = events.exclude(curation__is_hidden=True)
    return events
