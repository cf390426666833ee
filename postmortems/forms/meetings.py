"""Forms of the meeting: the plan, the outcome, notes, and ideas on the parking lot."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict

from incidents.lib.text import whole
from postmortems.facilitation.agendas import AGENDAS
from postmortems.forms.fields import MomentField
from postmortems.models import AgendaBlock, Meeting

VERSION_MOST = 2**31 - 1
LOCAL = "%Y-%m-%dT%H:%M"


def version_field() -> forms.IntegerField:
    return forms.IntegerField(min_value=1, max_value=VERSION_MOST, widget=forms.HiddenInput)


class LocalMomentField(MomentField):
    """A moment on the clocks of `zone`. `before` is what the field showed: untouched, it keeps its seconds and its place in an hour that came twice."""

    def __init__(self, *, zone: ZoneInfo, before: datetime | None = None, **kwargs: Any) -> None:
        self.zone, self.before = zone, before
        initial = before.astimezone(zone).replace(tzinfo=None) if before else None
        super().__init__(initial=initial, widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL), help_text=f"In {zone.key}", **kwargs)

    def clean(self, value: Any) -> Any:
        naive = super().clean(value)
        if naive is None:
            return None
        naive = naive.replace(tzinfo=None)
        if not 1970 <= naive.year <= 2199:
            raise forms.ValidationError("Give a year between 1970 and 2199.")
        if self.before and naive == self.before.astimezone(self.zone).replace(tzinfo=None, second=0, microsecond=0):
            return self.before
        return naive.replace(tzinfo=self.zone).astimezone(UTC)


class PlanForm(forms.Form):
    minutes = forms.IntegerField(min_value=5, max_value=480, label="Minutes")
    place = forms.CharField(max_length=200, required=False, help_text="A room, or nothing when it is a call alone.")
    link = forms.URLField(max_length=500, required=False, label="Link to the call", assume_scheme="https")
    version = version_field()

    field_order = ["starts_at", "minutes", "place", "link", "version"]

    def __init__(self, *args: Any, meeting: Meeting, zone: ZoneInfo, **kwargs: Any) -> None:
        row = {"minutes": meeting.minutes, "place": meeting.place, "link": meeting.link, "version": meeting.version}
        super().__init__(*args, **kwargs | {"initial": row})
        self.fields["starts_at"] = LocalMomentField(zone=zone, before=meeting.starts_at, required=False, label="Starts")
        self.order_fields(self.field_order)

    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"]
        if link and not link.lower().startswith(("https://", "http://")):
            raise forms.ValidationError("Give an address that begins with https://.")
        return link


class AgendaForm(forms.Form):
    """Start the run sheet from one of ours."""

    agenda = forms.ChoiceField(choices=[(agenda.key, agenda.name) for agenda in AGENDAS], label="Start from")
    version = version_field()


class BlockRows:
    """The rows of the run sheet as they were sent: place, title and minutes, each row with the id of its block where it has one."""

    EMPTY = 2

    def __init__(self, blocks: list[AgendaBlock], data: QueryDict | None = None) -> None:
        self.errors: list[str] = []
        self.rows: list[tuple[int | None, str, int]] = []
        if data is None:
            self.shown = [(str(block.pk or ""), str(place), block.title, str(block.minutes)) for place, block in enumerate(blocks, 1)]
        else:
            self.shown = list(zip(*(data.getlist(name)[:60] for name in ("block", "place", "title", "minutes")), strict=False))
            self.rows = self.read()
        self.shown += [("", str(len(self.shown) + 1 + more), "", "") for more in range(self.EMPTY)]

    def read(self) -> list[tuple[int | None, str, int]]:
        """Return the rows with a title, in the order of their places."""
        found = []
        for block, place, title, minutes in self.shown:
            if not title.strip():
                continue
            number = whole(minutes) or 0
            if not 1 <= number <= 480:
                self.errors.append(f"“{title.strip()[:60]}”: give its minutes, from 1 to 480.")
            found.append((whole(place) or 0, whole(block), title, number))
        return [(block, title, number) for _, block, title, number in sorted(found, key=lambda row: row[0])]


class NotesForm(forms.Form):
    notes = forms.CharField(required=False, max_length=20_000, strip=False, widget=forms.Textarea(attrs={"rows": 4}))
    version = version_field()


class ParkForm(forms.Form):
    text = forms.CharField(max_length=500, label="Idea", widget=forms.TextInput(attrs={"autocomplete": "off"}))
    said_by = forms.CharField(max_length=150, required=False, label="Whose idea", widget=forms.TextInput(attrs={"autocomplete": "off"}))


class OutcomeForm(forms.Form):
    outcome = forms.ChoiceField(choices=[("held", "Held"), ("waived", "Waived"), ("planned", "Still to come")])
    reason = forms.CharField(max_length=300, required=False, label="Why no meeting is needed")
    version = version_field()

    def __init__(self, *args: Any, meeting: Meeting, zone: ZoneInfo, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs | {"initial": {"version": meeting.version}})
        past = meeting.starts_at if meeting.starts_at and meeting.starts_at <= now else meeting.began_at or now
        self.fields["at"] = LocalMomentField(zone=zone, before=past, required=False, label="Held at")


class ReasonForm(forms.Form):
    reason = forms.CharField(max_length=300)
    version = version_field()
