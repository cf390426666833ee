"""Forms of a person's account: the short written one, and what they saw and knew at a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from incidents.models import User
from postmortems.facilitation.texts import ACCOUNT, PERSPECTIVE, PRIVATE_QUESTION
from postmortems.forms.meetings import VERSION_MOST, LocalMomentField
from postmortems.models import Perspective, Shared, WrittenAccount

TEXT = 5_000
ME, OTHER = "me", "other"


def words(label: str, hint: str = "", rows: int = 3) -> forms.CharField:
    return forms.CharField(required=False, max_length=TEXT, label=label, help_text=hint, widget=forms.Textarea(attrs={"rows": rows}))


def state_field() -> forms.ChoiceField:
    return forms.ChoiceField(choices=Shared.choices, initial=Shared.REVIEW, widget=forms.RadioSelect, label="Who may read it")


class AccountForm(forms.Form):
    state = state_field()
    private = words(PRIVATE_QUESTION, "Kept apart from the rest. Leave it empty to take it back.")
    version = forms.IntegerField(required=False, min_value=1, max_value=VERSION_MOST, widget=forms.HiddenInput)

    def __init__(self, *args: Any, account: WrittenAccount | None, private: str, **kwargs: Any) -> None:
        row: dict[str, Any] = {name: getattr(account, name) for name in (*ACCOUNT, "state", "version")} if account else {}
        super().__init__(*args, **kwargs | {"initial": {**row, "private": private}})
        for name, question in ACCOUNT.items():
            self.fields[name] = words(question)
        self.order_fields([*ACCOUNT, "private", "state", "version"])

    def questions(self) -> list[forms.BoundField]:
        return [self[name] for name in ACCOUNT]

    def answers(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ACCOUNT}


class PerspectiveForm(forms.Form):
    person = forms.ChoiceField(label="Whose")
    name = forms.CharField(required=False, max_length=150, label="Name, or the role they spoke from", help_text="Only for somebody who is not in the list.")
    role = forms.CharField(required=False, max_length=60, label="Role", help_text="Stands for the name outside: “the database on-call”.")
    state = state_field()
    events = forms.TypedMultipleChoiceField(required=False, coerce=int, widget=forms.CheckboxSelectMultiple, label="Entries of the timeline it is about")
    version = forms.IntegerField(required=False, min_value=1, max_value=VERSION_MOST, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        perspective: Perspective | None,
        actor: User,
        people: list[User],
        entries: list[tuple[int, str]],
        zone: ZoneInfo,
        at: datetime | None = None,
        **kwargs: Any,
    ) -> None:
        self.actor, self.people = actor, {str(person.pk): person for person in people}
        super().__init__(*args, **kwargs | {"initial": self.first(perspective, kwargs.get("initial") or {})})
        self.fields["person"].choices = [  # type: ignore[attr-defined]
            (ME, "Myself"),
            *((key, str(person)) for key, person in self.people.items() if person.pk != actor.pk),
            *([(OTHER, "Somebody else, or a role")] if people else []),
        ]
        self.fields["events"].choices = entries  # type: ignore[attr-defined]
        self.fields["at"] = LocalMomentField(zone=zone, before=perspective.at if perspective else at, label="Moment")
        self.fields["until"] = LocalMomentField(zone=zone, before=perspective.until if perspective else None, required=False, label="Until")
        for name, (label, question) in PERSPECTIVE.items():
            self.fields[name] = words(label, question, rows=2)
        self.order_fields(["person", "name", "role", "at", "until", *PERSPECTIVE, "events", "state", "version"])

    def first(self, perspective: Perspective | None, given: dict[str, Any]) -> dict[str, Any]:
        if perspective is None:
            return {"person": ME} | given
        row = {name: getattr(perspective, name) for name in ("name", "role", "state", "version", *PERSPECTIVE)}
        known = str(perspective.user_id) in self.people
        row["person"] = ME if perspective.user_id == self.actor.pk else str(perspective.user_id) if known else OTHER
        return row | {"events": [event.pk for event in perspective.events.all()]}

    def five(self) -> list[forms.BoundField]:
        return [self[name] for name in PERSPECTIVE]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("person") == OTHER and not given.get("name", "").strip():
            self.add_error("name", "Give a name, or a role such as “support”.")
        return given

    def values(self) -> dict[str, Any]:
        """What the write function takes."""
        given = dict(self.cleaned_data)
        person = given.pop("person")
        user = self.actor if person == ME else self.people.get(person)
        return given | {"user": user, "name": str(user) if user else given["name"]}
