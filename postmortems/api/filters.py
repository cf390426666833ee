"""What lists of the postmortems app can be filtered by: named fields only. An unknown value is an error, never "all"."""

from __future__ import annotations

import django_filters as filters
from django.db.models import QuerySet
from django.utils import timezone

from postmortems.action_quality import EARLIER_KINDS
from postmortems.models import ActionItem, Postmortem


class PostmortemFilter(filters.FilterSet):
    status = filters.ChoiceFilter(choices=Postmortem.Status.choices)
    owner = filters.CharFilter(field_name="owner__username")
    service = filters.CharFilter(field_name="incident__services__key")
    severity = filters.CharFilter(field_name="incident__severity__key")

    class Meta:
        model = Postmortem
        fields: list[str] = []


class ActionItemFilter(filters.FilterSet):
    status = filters.ChoiceFilter(choices=ActionItem.Status.choices)
    priority = filters.ChoiceFilter(choices=ActionItem.Priority.choices)
    kind = filters.ChoiceFilter(
        choices=[*ActionItem.Kind.choices, *((old, f"Earlier word for {new}") for old, new in EARLIER_KINDS.items())], method="filter_kind"
    )
    owner = filters.CharFilter(field_name="owner__username")
    due_before = filters.DateFilter(field_name="due_on", lookup_expr="lt")
    overdue = filters.BooleanFilter(method="filter_overdue")

    class Meta:
        model = ActionItem
        fields: list[str] = []

    def filter_kind(self, items: QuerySet[ActionItem], name: str, value: str) -> QuerySet[ActionItem]:
        return items.filter(kind=EARLIER_KINDS.get(value, value))

    def filter_overdue(self, items: QuerySet[ActionItem], name: str, value: bool) -> QuerySet[ActionItem]:
        late = ActionItem.objects.open().filter(due_on__lt=timezone.localdate())
        return items.filter(pk__in=late.values("pk")) if value else items.exclude(pk__in=late.values("pk"))
