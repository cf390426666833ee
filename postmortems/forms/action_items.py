"""Forms for action items: the whole row, closing it, and the filters of the list."""

from __future__ import annotations

from typing import Any

from django import forms

from incidents.models import Incident, User
from postmortems.forms.postmortems import people_of
from postmortems.models import ActionItem, Postmortem


class ActionItemForm(forms.Form):
    title = forms.CharField(max_length=300, label="What will change", help_text="Begin with a verb: “Alert on the age of the oldest job”.")
    description = forms.CharField(
        required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}), help_text="Which condition it acts on, and how one will be able to tell."
    )
    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Nobody yet")
    due_on = forms.DateField(required=False, label="Due", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    kind = forms.ChoiceField(choices=ActionItem.Kind.choices, initial=ActionItem.Kind.PREVENT, label="What it does")
    priority = forms.ChoiceField(choices=ActionItem.Priority.choices, initial=ActionItem.Priority.MEDIUM)

    def __init__(self, *args: Any, incident: Incident, postmortem: Postmortem | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        further = postmortem.related_incidents.filter(is_private=True) if postmortem else ()
        self.fields["owner"].queryset = people_of(incident, *further)  # type: ignore[attr-defined]


class EditActionItemForm(ActionItemForm):
    status = forms.ChoiceField(choices=ActionItem.Status.choices)
    closing_note = forms.CharField(
        required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}), help_text="How one can tell that it is done, or why it will not be."
    )
    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    field_order = ["title", "description", "owner", "due_on", "kind", "priority", "status", "closing_note", "version"]


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


class FilterForm(forms.Form):
    """The filters of the list; what is not understood is ignored."""

    q = forms.CharField(required=False, max_length=100, label="Search")
    status = forms.ChoiceField(required=False, choices=[("", "To do"), ("overdue", "Overdue"), *ActionItem.Status.choices, ("all", "All")])
    owner = forms.ChoiceField(required=False)
    priority = forms.ChoiceField(required=False, choices=[("", "Any priority"), *ActionItem.Priority.choices])
    kind = forms.ChoiceField(required=False, choices=[("", "Any kind"), *ActionItem.Kind.choices])
    team = forms.ChoiceField(required=False)
    service = forms.ChoiceField(required=False)
    sort = forms.ChoiceField(required=False, choices=[(key, label) for key, (_, label) in SORTS.items()])
