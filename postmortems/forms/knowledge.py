"""The search form of the knowledge base."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Value

from incidents.access import Actor
from incidents.forms.filters import FiltersForm
from incidents.models import Incident, IncidentType, Service, Severity, Tag
from postmortems.models import FactorGroup, FactorLeaf, RelatedIncident, SearchEntry
from postmortems.search import Filters


class SearchForm(FiltersForm):
    """Every field may be empty. A value that is not among the choices is an error beside its field, not an empty page."""

    q = forms.CharField(
        label="Search", required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search", "placeholder": "Words, “phrases”, -exclusions"})
    )
    kind = forms.ChoiceField(label="What", required=False, choices=[("", "Everything"), ("incident", "Incidents"), ("near", "Near misses and good catches")])
    type = forms.ChoiceField(required=False)
    service = forms.ChoiceField(required=False)
    severity = forms.ChoiceField(required=False)
    tag = forms.ChoiceField(required=False)
    factor = forms.ChoiceField(label="Contributing factor", required=False)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, actor: Actor, data: Any) -> None:
        super().__init__(data)
        # Only what occurs in what the actor may read: a tag of a hidden incident must not show in the list. Asked of each
        # service and tag, the database stops at the first incident that has it.
        visible = SearchEntry.objects.visible_to(actor)
        main = Exists(visible.filter(incident=OuterRef("incident")))
        further = Exists(RelatedIncident.objects.filter(incident=OuterRef("incident"), postmortem__in=visible.order_by().values("postmortem_id")))
        services = Incident.services.through.objects.filter(main | further, service=OuterRef("pk"))
        tags = Incident.tags.through.objects.filter(main | further, tag=OuterRef("pk"))
        catalog = catalog_choices()
        self.choose("type", "Any type", catalog["type"])
        self.choose("service", "Any service", Service.objects.filter(Exists(services)).values_list("key", "name"))
        self.choose("severity", "Any severity", catalog["severity"])
        self.choose("tag", "Any tag", ((name, name) for name in Tag.objects.filter(Exists(tags)).values_list("name", flat=True)))

        published = SearchEntry.leaves.through.objects.filter(searchentry__in=SearchEntry.objects.visible_to(actor), factorleaf=OuterRef("pk"))
        self.choose("factor", "Any factor", grouped(FactorLeaf.objects.filter(Exists(published)).select_related("group")))

    def choose(self, name: str, empty: str, choices: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [("", empty), *choices]

    def filters(self, zone: str) -> Filters:
        """Return what to narrow to; days are of `zone`."""
        values = self.cleaned_data
        return Filters(
            values["service"], values["severity"], values["tag"], values["since"], values["until"], zone, values["kind"], values["type"], values["factor"]
        )


def catalog_choices() -> dict[str, list[tuple[str, str]]]:
    """Return all types and severities in their order, in one query."""
    types = IncidentType.objects.order_by().annotate(what=Value("type")).values_list("what", "position", "name", "key")
    severities = Severity.objects.order_by().annotate(what=Value("severity")).values_list("what", "rank", "name", "key")
    rows = sorted(types.union(severities, all=True))
    return {wanted: [(key, name) for what, _place, name, key in rows if what == wanted] for wanted in ("type", "severity")}


def grouped(leaves: Iterable[FactorLeaf]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the kinds below their groups; a group itself may be chosen too."""
    groups: dict[FactorGroup, list[tuple[str, str]]] = {}
    for leaf in leaves:
        groups.setdefault(leaf.group, []).append((leaf.key, leaf.name))
    return [(group.name, [(group.key, f"Any of “{group.name}”"), *kinds]) for group, kinds in groups.items()]
