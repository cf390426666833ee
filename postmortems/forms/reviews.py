"""Forms of the page of a review: submitting, deciding, asking somebody, handing over, and moves that want a note."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from incidents.forms.fields import VersionField
from incidents.models import User
from postmortems import invitees, step_facts
from postmortems.approval import REVIEW_DAYS
from postmortems.approvals import Approvals
from postmortems.models import Audience, Decision


def readers_of(approvals: Approvals) -> QuerySet[User]:
    """Who could review it: they see the working text and do not own it."""
    return invitees.who_may_see(approvals.postmortem).exclude(role=User.Role.VIEWER).exclude(pk=approvals.postmortem.owner_id or 0)


class SubmitForm(forms.Form):
    audience = forms.ChoiceField(choices=Audience.choices, label="To be published for", help_text="It decides which approvals are needed.")
    due_on = forms.DateField(
        required=False, label="Reviewed by", widget=forms.DateInput(attrs={"type": "date"}), help_text="Three working days, unless you say otherwise."
    )
    people = forms.ModelMultipleChoiceField(User.objects.none(), required=False, label="Ask also", widget=forms.CheckboxSelectMultiple)
    note = forms.CharField(required=False, max_length=2000, label="For the reviewers", widget=forms.Textarea(attrs={"rows": 3}))
    version = VersionField()

    def __init__(self, *args: Any, approvals: Approvals, **kwargs: Any) -> None:
        calendar = step_facts.calendar_of(approvals.postmortem.incident)
        due = calendar.add(calendar.day_of(timezone.now()), REVIEW_DAYS)
        first = {"audience": approvals.audience, "due_on": due.isoformat(), "version": approvals.postmortem.version}
        super().__init__(*args, **kwargs | {"initial": first})
        self.fields["people"].queryset = readers_of(approvals)  # type: ignore[attr-defined]


class DecisionForm(forms.Form):
    verdict = forms.ChoiceField(choices=[("approved", "Approve"), ("changes_requested", "Request changes")], label="Your decision", widget=forms.RadioSelect)
    sections = forms.MultipleChoiceField(required=False, label="Sections", widget=forms.CheckboxSelectMultiple)
    note = forms.CharField(
        required=False, max_length=5000, label="Comment", widget=forms.Textarea(attrs={"rows": 4}), help_text="Needed when you ask for changes."
    )
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, approvals: Approvals, user: User, **kwargs: Any) -> None:
        mine = [one for one in approvals.required if user.pk in one.able]
        # Who is only asked about some sections signs those off; everybody else speaks of the whole.
        asked = [key for one in mine for key in one.answer.sections if key in approvals.kinds] if mine and all(one.answer.rule.sections for one in mine) else []
        super().__init__(*args, **kwargs | {"initial": {"seen": approvals.seen, "sections": asked}})
        self.fields["sections"].choices = [(section.key, section.title) for section in approvals.sections]  # type: ignore[attr-defined]
        self.is_about_sections = bool(asked)

    def clean_verdict(self) -> str:
        return str(Decision.Verdict(self.cleaned_data["verdict"]))


class AskForm(forms.Form):
    user = forms.ModelChoiceField(User.objects.none(), label="Ask", empty_label="Choose a person")
    version = VersionField()

    def __init__(self, *args: Any, approvals: Approvals, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"initial": {"version": approvals.postmortem.version}})
        people = readers_of(approvals).exclude(pk__in=[one.user_id for one in approvals.people.asked])
        self.fields["user"].queryset = people  # type: ignore[attr-defined]


class HandOverForm(AskForm):
    before = forms.ModelChoiceField(User.objects.none(), widget=forms.HiddenInput)
    reason = forms.CharField(max_length=300, label="Why", help_text="Kept in the history. Their approval then counts instead.")
    field_order = ["before", "user", "reason"]

    def __init__(self, *args: Any, approvals: Approvals, **kwargs: Any) -> None:
        super().__init__(*args, approvals=approvals, **kwargs)
        self.fields["user"].label = "Hand over to"
        asked = User.objects.filter(pk__in=[one.user_id for one in approvals.people.asked if not one.has_handed_over])
        self.fields["before"].queryset = asked  # type: ignore[attr-defined]


class MoveForm(forms.Form):
    note = forms.CharField(required=False, max_length=2000, label="Why", widget=forms.Textarea(attrs={"rows": 2}), help_text="Kept in the history.")
    version = VersionField()

    def __init__(self, *args: Any, approvals: Approvals, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"initial": {"version": approvals.postmortem.version}})
