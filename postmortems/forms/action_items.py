"""Forms for action items: the whole row, closing it, and the filters of the list."""

from __future__ import annotations

from typing import Any

from django import forms

from incidents.forms.filters import FiltersForm
from incidents.models import Incident, User
from postmortems.action_items import FOLLOWED
from postmortems.action_quality import ACTS_ON, LADDER
from postmortems.forms.postmortems import people_of
from postmortems.models import ActionItem, Factor, Postmortem

KINDS = [(kind.value, f"{kind.label}: {ACTS_ON[kind.value]}") for kind in ActionItem.Kind]


class ActionItemForm(forms.Form):
    title = forms.CharField(max_length=300, label="What will change", help_text="Begin with a verb: “Alert on the age of the oldest job”.")
    description = forms.CharField(
        required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}), help_text="Which condition it acts on, and how one will be able to tell."
    )
    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Nobody yet")
    due_on = forms.DateField(required=False, label="Due", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    kind = forms.ChoiceField(choices=KINDS, initial=ActionItem.Kind.PREVENT, label="What it does")
    strength = forms.ChoiceField(
        required=False, choices=[("", "Not chosen yet"), *ActionItem.Strength.choices], help_text="The less it relies on people remembering, the stronger."
    )
    done_when = forms.CharField(
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Done when",
        help_text="What somebody else can check: “A test host with 6 days left raises the alert.”",
    )
    side_effects = forms.CharField(
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Side effects",
        help_text="Which new difficulty it may bring. “None seen” is an answer.",
    )
    expected_effect = forms.CharField(
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Expected effect",
        help_text="What will be different, and how one will know. Asked again after three months.",
    )
    trade_off = forms.CharField(required=False, max_length=500, label="What waits for it", help_text="The work that is put off. “Nothing” is an answer.")
    tracked_in = forms.CharField(
        required=False, max_length=500, label="Tracked in", help_text="The key or the address of the ticket where the work is planned."
    )
    factors = forms.ModelMultipleChoiceField(Factor.objects.none(), required=False, label="Factors it acts on", widget=forms.CheckboxSelectMultiple)
    priority = forms.ChoiceField(choices=ActionItem.Priority.choices, initial=ActionItem.Priority.MEDIUM)

    def __init__(self, *args: Any, incident: Incident, postmortem: Postmortem | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        further = postmortem.related_incidents.filter(is_private=True) if postmortem else ()
        self.fields["owner"].queryset = people_of(incident, *further)  # type: ignore[attr-defined]
        factors = list(postmortem.factors.all()) if postmortem else []
        if postmortem and factors:
            self.fields["factors"].queryset = postmortem.factors.all()  # type: ignore[attr-defined]
            self.fields["factors"].choices = [(one.pk, f"{number}. {one.statement}") for number, one in enumerate(factors, start=1)]  # type: ignore[attr-defined]
        else:
            del self.fields["factors"]

    @property
    def ladder(self) -> list[tuple[str, str]]:
        """The names of the strengths with what belongs to each, shown where one is chosen."""
        return [(strength.label, LADDER[strength.value]) for strength in ActionItem.Strength]


class EditActionItemForm(ActionItemForm):
    status = forms.ChoiceField(choices=ActionItem.Status.choices)
    closing_note = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="How one can tell that it is done: a link, a measurement, who looked. Or why it will not be done, or what takes its place.",
    )
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, postmortem: Postmortem | None = None, **kwargs: Any) -> None:
        super().__init__(*args, postmortem=postmortem, **kwargs)
        self.is_archived = bool(postmortem and postmortem.is_read_only)
        if self.is_archived:  # what was decided is part of what was laid by; the work goes on
            for name in self.fields.keys() - FOLLOWED - {"version"}:
                self.fields[name].disabled = True

    field_order = [
        "title",
        "description",
        "done_when",
        "owner",
        "due_on",
        "kind",
        "strength",
        "priority",
        "side_effects",
        "expected_effect",
        "trade_off",
        "tracked_in",
        "factors",
        "status",
        "closing_note",
        "version",
    ]


class StatusForm(forms.Form):
    """Closing, declining or reopening from a list."""

    status = forms.ChoiceField(choices=ActionItem.Status.choices)
    closing_note = forms.CharField(required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}))
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


SORTS = {
    "due": ("due_on", "Due first"),
    "priority": ("urgency", "Most urgent first"),
    "newest": ("-pk", "Newest first"),
    "changed": ("-updated_at", "Last changed first"),
}


class FilterForm(FiltersForm):
    """The filters of the list; what is not understood is ignored."""

    q = forms.CharField(required=False, max_length=100, label="Search")
    status = forms.ChoiceField(required=False, choices=[("", "To do"), ("overdue", "Overdue"), *ActionItem.Status.choices, ("all", "All")])
    owner = forms.ChoiceField(required=False)
    priority = forms.ChoiceField(required=False, choices=[("", "Any priority"), *ActionItem.Priority.choices])
    kind = forms.ChoiceField(required=False, choices=[("", "Any kind"), *ActionItem.Kind.choices])
    team = forms.ChoiceField(required=False)
    service = forms.ChoiceField(required=False)
    sort = forms.ChoiceField(required=False, choices=[(key, label) for key, (_, label) in SORTS.items()])
