"""What lists of the incidents app can be filtered by: named fields only. An unknown value is an error, never "all"."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import django_filters as filters
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q, QuerySet
from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError

from incidents.lib.text import clean_line
from incidents.models import Incident, Kind, TimelineEvent


class MomentFilter(filters.IsoDateTimeFilter):
    """A moment within the years that a database can turn to UTC whatever the offset; others are an error of the request."""

    def __init__(self, **kwargs: Any) -> None:
        bounds = [MinValueValidator(datetime(1900, 1, 1, tzinfo=UTC)), MaxValueValidator(datetime(2200, 1, 1, tzinfo=UTC))]
        super().__init__(validators=bounds, **kwargs)


class IncidentFilter(filters.FilterSet):
    q = filters.CharFilter(method="filter_words", max_length=200)
    status = filters.ChoiceFilter(choices=Incident.Status.choices)
    severity = filters.CharFilter(field_name="severity__key")
    service = filters.CharFilter(field_name="services__key")
    tag = filters.CharFilter(field_name="tags__name")
    team = filters.CharFilter(field_name="team__name")
    since = MomentFilter(field_name="started_at", lookup_expr="gte")
    until = MomentFilter(field_name="started_at", lookup_expr="lt")

    class Meta:
        model = Incident
        fields: list[str] = []

    def filter_words(self, incidents: QuerySet[Incident], name: str, value: str) -> QuerySet[Incident]:
        for word in clean_line(value, limit=200).split():
            incidents = incidents.filter(Q(title__icontains=word) | Q(summary__icontains=word))
        return incidents


TIMELINE_PARAMETERS = [
    OpenApiParameter("kind", str, many=True, enum=[value for value, _label in Kind.choices]),
    OpenApiParameter("source", str),
    OpenApiParameter("actor", str, description="Part of the name."),
    OpenApiParameter("q", str, description="Part of the text."),
    OpenApiParameter("hidden", bool, description="Also what people have hidden."),
    OpenApiParameter("cursor", str),
    OpenApiParameter("page_size", int),
]


def timeline(events: QuerySet[Any], params: QueryDict) -> QuerySet[TimelineEvent]:
    """Narrow a timeline (`as_curated`) to what the parameters ask for. Raises ValidationError for an unknown kind."""
    kinds = params.getlist("kind")
    if unknown := set(kinds) - set(Kind.values):
        raise ValidationError({"kind": [f"There is no kind “{sorted(unknown)[0][:40]}”."]})
    if kinds:
        events = events.filter(shown_kind__in=kinds)
    if source := params.get("source"):
        events = events.filter(source=clean_line(source, limit=40))
    if actor := params.get("actor"):
        events = events.filter(actor__icontains=clean_line(actor, limit=200))
    if words := params.get("q"):
        needle = clean_line(words, limit=200)
        events = events.filter(Q(text__icontains=needle) | Q(curation__title__icontains=needle))
    if params.get("hidden", "").lower() not in {"1", "true"}:
        events = events.exclude(curation__is_hidden=True)
    return events
