"""Forms for the steps of a retrospective and for who takes part."""

from __future__ import annotations

from typing import Any

from django import forms

from incidents.models import User
from postmortems.invitees import Candidate
from postmortems.models import Participant, StepPlan
from postmortems.participating import DECLARATIONS
from postmortems.people import LONGEST_NAME
from postmortems.workdays import EARLIEST, LATEST


class VersionForm(forms.Form):
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)


class StepNoteForm(VersionForm):
    """Done, left out, or opened again, with a word on it."""

    note = forms.CharField(required=False, max_length=300)


class StepForm(VersionForm):
    due_on = forms.DateField(
        required=False, label="Due", widget=forms.DateInput(attrs={"type": "date", "min": EARLIEST.isoformat(), "max": LATEST.isoformat()}, format="%Y-%m-%d")
    )
    owner = forms.ModelChoiceField(User.objects.none(), required=False, label="Who", empty_label="Whoever holds the role")

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]


class InviteForm(forms.Form):
    role = forms.ChoiceField(choices=Participant.Role.choices, initial=Participant.Role.PARTICIPANT)
    user = forms.ModelChoiceField(User.objects.none(), required=False, label="Person", empty_label="Somebody without an account")
    name = forms.CharField(required=False, max_length=LONGEST_NAME, label="Their name", help_text="For somebody without an account.")
    reason = forms.CharField(required=False, max_length=300, label="Why all the same", help_text="For a facilitator who was part of the response.")
    unnamed = forms.BooleanField(required=False, label="Asks to be unnamed in what is published")

    def __init__(self, *args: Any, candidates: list[Candidate], people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        against = {row.user.pk: row.conflict for row in candidates if row.conflict}
        field: Any = self.fields["user"]
        field.queryset = people
        field.label_from_instance = lambda user: f"{user} · {against[user.pk]}" if user.pk in against else str(user)


class AnswerForm(VersionForm):
    answer = forms.ChoiceField(choices=[("accept", "Accept"), ("decline", "Decline")])
    reason = forms.CharField(required=False, max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in DECLARATIONS.items():
            self.fields[name] = forms.BooleanField(required=False, label=label)

    @property
    def declarations(self) -> dict[str, bool]:
        return {name: self.cleaned_data[name] for name in DECLARATIONS}


class PlanForm(forms.Form):
    plan = forms.ModelChoiceField(StepPlan.objects.all(), to_field_name="key", label="List of steps", empty_label=None)
