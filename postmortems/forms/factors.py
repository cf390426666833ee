"""The form of one contributing factor: its words, its place in the catalogue, what it rests on and what it led to."""

from __future__ import annotations

from typing import Any

from django import forms

from incidents.access import Actor
from incidents.lib.text import whole
from incidents.models import Salience, TimelineEvent
from postmortems import covering, overview
from postmortems.factors import MEANING
from postmortems.models import ActionItem, Factor, FactorGroup, FactorLeaf, FactorLink, Postmortem, Trigger

LINK = "link-"
#: More entries than a person looks through; beyond it key moments only.
OFFERED_ENTRIES = 300


def offered_leaves(chosen: FactorLeaf | None = None) -> list[FactorLeaf]:
    """The kinds to choose from, in order; one that was switched off stays for the factor that has it."""
    leaves = FactorLeaf.objects.select_related("group")
    return [leaf for leaf in leaves if (leaf.is_active and leaf.group.is_active) or leaf == chosen]


def leaf_choices(leaves: list[FactorLeaf]) -> list[tuple[str, Any]]:
    groups: dict[FactorGroup, list[tuple[str, str]]] = {}
    for leaf in leaves:
        groups.setdefault(leaf.group, []).append((leaf.key, leaf.name))
    return [("", "Not classified yet"), *((group.name, rows) for group, rows in groups.items())]


class FactorForm(forms.Form):
    statement = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="The condition and its effect",
        help_text="“… meant that …, because …”. Something about tools, knowledge, arrangements or goals; never a person.",
    )
    mechanism = forms.CharField(required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}), label="How it worked")
    leaf = forms.ChoiceField(required=False, label="Kind of condition")
    kind = forms.ChoiceField(
        required=False,
        label="The part it played",
        choices=[(value, f"{label}: {MEANING[value]}") for value, label in Factor.Kind.choices],
        widget=forms.RadioSelect,
    )
    stage = forms.ChoiceField(required=False, label="When it took part", choices=[("", "Not chosen yet"), *Factor.Stage.choices])
    confidence = forms.ChoiceField(
        label="How sure are we", choices=Factor.Confidence.choices, initial=Factor.Confidence.MEDIUM, help_text="That it took part, in this way."
    )
    events = forms.ModelMultipleChoiceField(TimelineEvent.objects.none(), required=False, label="Timeline entries")
    from_account = forms.BooleanField(required=False, label="A participant told us so")
    evidence_link = forms.URLField(required=False, max_length=500, label="Link to evidence", assume_scheme="https")
    actions = forms.ModelMultipleChoiceField(ActionItem.objects.none(), required=False, label="Action items that act on it")
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, postmortem: Postmortem, actor: Actor, factor: Factor | None = None, **kwargs: Any) -> None:
        self.postmortem, self.factor = postmortem, factor
        super().__init__(*args, **kwargs | {"initial": first_values(factor) | kwargs.get("initial", {})})
        self.leaves = offered_leaves(factor.leaf if factor else None)
        self.fields["leaf"].choices = leaf_choices(self.leaves)  # type: ignore[attr-defined]
        self.fields["events"].queryset = overview.entries_of(postmortem)  # type: ignore[attr-defined]
        self.fields["actions"].queryset = ActionItem.objects.visible_to(actor).filter(incident__in=covering.keys_of(postmortem)).order_by("pk")  # type: ignore[attr-defined]
        self.others = [(number, one) for number, one in enumerate(postmortem.factors.all(), start=1) if factor is None or one.pk != factor.pk]
        for _number, other in self.others:
            self.fields[f"{LINK}{other.pk}"] = forms.ChoiceField(required=False, label=other.statement, choices=[("", "no link"), *FactorLink.Relation.choices])

    @property
    def link_rows(self) -> list[tuple[int, forms.BoundField]]:
        return [(number, self[f"{LINK}{other.pk}"]) for number, other in self.others]

    @property
    def entries(self) -> list[TimelineEvent]:
        """The entries to tick: those of some weight, and those that are ticked already."""
        shown = self.fields["events"].queryset.unfused().as_curated().exclude(curation__is_hidden=True)  # type: ignore[attr-defined]
        weighty = shown.filter(shown_salience__gt=Salience.NOISE)
        if weighty.count() > OFFERED_ENTRIES:
            weighty = weighty.filter(shown_salience__gte=Salience.KEY)
        rows = {event.pk: event for event in weighty.defer("raw").order_by("at", "pk")[:OFFERED_ENTRIES]}
        missing = self.ticked_events - set(rows)
        rows |= {event.pk: event for event in self.fields["events"].queryset.as_curated().filter(pk__in=missing).defer("raw")}  # type: ignore[attr-defined]
        return sorted(rows.values(), key=lambda event: (event.at, event.pk))

    @property
    def ticked_events(self) -> set[int]:
        return numbers_in(self["events"].value())

    @property
    def items(self) -> list[tuple[ActionItem, bool]]:
        """The action items of the incident, and whether each is ticked."""
        ticked = numbers_in(self["actions"].value())
        return [(item, item.pk in ticked) for item in self.fields["actions"].queryset]  # type: ignore[attr-defined]

    @property
    def leaf_details(self) -> dict[str, dict[str, str]]:
        """What the picker shows of each kind."""
        return {leaf.key: {"use_when": leaf.use_when, "question": leaf.question} for leaf in self.leaves}

    def values(self) -> dict[str, Any]:
        """What `factoring` takes."""
        given = self.cleaned_data
        plain = {name: given[name] for name in ("statement", "mechanism", "kind", "stage", "confidence", "from_account", "evidence_link", "events", "actions")}
        leaf = next((leaf for leaf in self.leaves if leaf.key == given["leaf"]), None)
        links = {other.pk: given[f"{LINK}{other.pk}"] for _number, other in self.others if given[f"{LINK}{other.pk}"]}
        return plain | {"leaf": leaf, "links": links}


def numbers_in(value: Any) -> set[int]:
    """The ids in a list as a form has it, from the rows or as typed by whoever sent it."""
    return {number for one in value or [] if (number := whole(str(one), 18)) is not None}


def first_values(factor: Factor | None) -> dict[str, Any]:
    if factor is None:
        return {}
    names = ("statement", "mechanism", "kind", "stage", "confidence", "from_account", "evidence_link", "version")
    values: dict[str, Any] = {name: getattr(factor, name) for name in names}
    values |= {"leaf": factor.leaf.key if factor.leaf else "", "events": [event.pk for event in factor.events.all()]}
    values |= {"actions": [item.pk for item in factor.actions.all()]}
    return values | {f"{LINK}{link.target_id}": link.relation for link in factor.links.all()}


class TriggerForm(forms.Form):
    trigger = forms.ChoiceField(required=False, label="Trigger", choices=[("", "Not said yet"), *Trigger.choices])
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)


class MoveForm(forms.Form):
    place = forms.IntegerField(min_value=0, max_value=1000)
