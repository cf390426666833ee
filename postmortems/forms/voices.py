"""Forms for the people before the meeting: a conversation, the word on the draft, the check on how people are."""

from __future__ import annotations

from typing import Any

from django import forms

from incidents.models import User
from postmortems.forms.meetings import VERSION_MOST, version_field
from postmortems.forms.perspectives import state_field
from postmortems.models import Conversation, Participant, Reading, Shared

SOMEBODY = "other"
NOTES = 20_000


class ConversationForm(forms.Form):
    """Notes by who held it."""

    person = forms.ChoiceField(label="Whom you talked to")
    name = forms.CharField(required=False, max_length=150, label="Name, or the role they spoke from", help_text="For somebody without an account.")
    held_on = forms.DateField(label="On", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    notes = forms.CharField(
        max_length=NOTES,
        label="What they told you",
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text="In their words where you can. They read it, may change it, and say who else may.",
    )
    version = forms.IntegerField(required=False, min_value=1, max_value=VERSION_MOST, widget=forms.HiddenInput)

    def __init__(self, *args: Any, people: list[User], conversation: Conversation | None = None, **kwargs: Any) -> None:
        self.people = {str(person.pk): person for person in people}
        row = {name: getattr(conversation, name) for name in ("name", "held_on", "notes", "version")} if conversation else {}
        super().__init__(*args, **kwargs | {"initial": {**(kwargs.get("initial") or {}), **row}})
        self.fields["person"].choices = [*((key, str(person)) for key, person in self.people.items()), (SOMEBODY, "Somebody without an account")]  # type: ignore[attr-defined]
        if conversation:  # whose words they are does not change
            del self.fields["person"]
            if conversation.user_id:
                del self.fields["name"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("person") == SOMEBODY and not given.get("name", "").strip():
            self.add_error("name", "Give a name, or a role such as “support”.")
        return given

    def values(self) -> dict[str, Any]:
        """What `talking.note` takes."""
        given = self.cleaned_data
        user = self.people.get(given["person"])
        return {"user": user, "name": "" if user else given["name"], "held_on": given["held_on"], "notes": given["notes"]}


class ConfirmForm(forms.Form):
    """The notes as the person who was asked wants them."""

    notes = forms.CharField(
        max_length=NOTES, label="What you told", widget=forms.Textarea(attrs={"rows": 14}), help_text="Change whatever is not as you meant it."
    )
    state = state_field()
    version = version_field()

    def __init__(self, *args: Any, conversation: Conversation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"initial": {name: getattr(conversation, name) for name in ("notes", "state", "version")}})


class ReadingForm(forms.Form):
    verdict = forms.ChoiceField(choices=Reading.Verdict.choices, widget=forms.RadioSelect, label="How does the part you know of read?")
    words = forms.CharField(
        required=False,
        max_length=5_000,
        label="What is to be changed or added",
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Which place, and how it was.",
    )
    unnamed = forms.BooleanField(
        required=False, label="Leave my name out of what is published", help_text="Your role stands instead, such as “the database on-call”."
    )
    state = state_field()
    version = forms.IntegerField(required=False, min_value=1, max_value=VERSION_MOST, widget=forms.HiddenInput)

    def __init__(self, *args: Any, reading: Reading | None, unnamed: bool, **kwargs: Any) -> None:
        row = {name: getattr(reading, name) for name in ("verdict", "words", "state", "version")} if reading else {"state": Shared.REVIEW}
        super().__init__(*args, **kwargs | {"initial": {**row, "unnamed": unnamed}})


class WelfareForm(forms.Form):
    reached = forms.TypedMultipleChoiceField(required=False, coerce=int, widget=forms.CheckboxSelectMultiple, label="Spoken to in person")
    is_done = forms.BooleanField(required=False, label="Everybody who was close to it has been reached")
    version = version_field()

    def __init__(self, *args: Any, people: list[Participant], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reached"].choices = [(person.pk, person.name) for person in people]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("is_done") and not given.get("reached"):
            self.add_error("is_done", "Tick whom you spoke to first. Where nobody needs it, leave the step out on the page of the process, and say why.")
        return given


class TakeUpForm(forms.Form):
    done = forms.BooleanField(required=False)
    version = version_field()
