"""What lists of the postmortems app can be filtered by: named fields only. An unknown name or value is an error, never "all"."""

from __future__ import annotations

import django_filters as filters
from django.db.models import QuerySet
from django.utils import timezone

from incidents.api.filters import NamedFilters, YesNoFilter
from incidents.models import Incident
from incidents.models.incident import IncidentQuerySet
from postmortems.action_quality import EARLIER_KINDS
from postmortems.forms.postmortems import REFERENCE
from postmortems.models import ActionItem, Postmortem
from postmortems.models.postmortem import PostmortemQuerySet


class PostmortemFilter(NamedFilters):
    status = filters.ChoiceFilter(choices=Postmortem.Status.choices)
    owner = filters.CharFilter(field_name="owner__username")
    service = filters.CharFilter(method="filter_service", help_text="Of any incident that it covers.")
    severity = filters.CharFilter(method="filter_severity", help_text="Of any incident that it covers.")
    incident = filters.CharFilter(method="filter_incident", max_length=20, help_text="Such as INC-12: the main one or one that it covers besides.")
    kind = filters.ChoiceFilter(choices=Incident.Kind.choices, field_name="incident__kind")

    class Meta:
        model = Postmortem
        fields: list[str] = []

    def incidents(self) -> IncidentQuerySet:
        """Those that whoever asks may see."""
        assert self.request is not None  # noqa: S101 - for the type checker
        return Incident.objects.visible_to(self.request.user)

    def filter_service(self, rows: PostmortemQuerySet, name: str, value: str) -> QuerySet[Postmortem]:
        return rows.about(self.incidents().filter(services__key=value))

    def filter_severity(self, rows: PostmortemQuerySet, name: str, value: str) -> QuerySet[Postmortem]:
        return rows.about(self.incidents().filter(severity__key=value))

    def filter_incident(self, rows: PostmortemQuerySet, name: str, value: str) -> QuerySet[Postmortem]:
        found = REFERENCE.fullmatch(value)
        return rows.about(self.incidents().filter(pk=found[1])) if found else rows.none()


class ActionItemFilter(NamedFilters):
    status = filters.ChoiceFilter(choices=ActionItem.Status.choices)
    priority = filters.ChoiceFilter(choices=ActionItem.Priority.choices)
    kind = filters.ChoiceFilter(
        choices=[*ActionItem.Kind.choices, *((old, f"Earlier word for {new}") for old, new in EARLIER_KINDS.items())], method="filter_kind"
    )
    owner = filters.CharFilter(field_name="owner__username")
    due_before = filters.DateFilter(field_name="due_on", lookup_expr="lt")
    overdue = YesNoFilter(method="filter_overdue")

    class Meta:
        model = ActionItem
        fields: list[str] = []

    def filter_kind(self, items: QuerySet[ActionItem], name: str, value: str) -> QuerySet[ActionItem]:
        return items.filter(kind=EARLIER_KINDS.get(value, value))

    def filter_overdue(self, items: QuerySet[ActionItem], name: str, value: bool) -> QuerySet[ActionItem]:
        late = ActionItem.objects.open().filter(due_on__lt=timezone.localdate())
        return items.filter(pk__in=late.values("pk")) if value else items.exclude(pk__in=late.values("pk"))
