"""The form of one section: its text, the fields and rows of its kind, and the version it is based on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from postmortems import kinds, parts, rows
from postmortems.drafting import BODY_LIMIT
from postmortems.forms.fields import as_stored, form_field, shown
from postmortems.forms.rows import Rows
from postmortems.models import Section

#: Before a field's name in the form, so that no field can take the place of `body` or `version`.
PREFIX = "value-"
SHOW = [("key", "Key moments only"), ("all", "Everything but noise and what is hidden")]
QUALITIES = [("", "Not stated"), *((quality, quality.capitalize()) for quality in kinds.QUALITIES)]


class SectionForm(forms.Form):
    body = forms.CharField(required=False, max_length=BODY_LIMIT, strip=False, label="Text", widget=forms.Textarea(attrs={"rows": 14}))
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)  # a lost text is kept with it

    def __init__(self, *args: Any, section: Section, zone: ZoneInfo, blank: tuple[int, int] | None = None, **kwargs: Any) -> None:
        self.section, self.zone = section, zone
        first: dict[str, Any] = {"body": section.body, "version": section.version}
        self.fields_of_kind = kinds.asked_of(section)
        self.numbers = [one for one in self.fields_of_kind if kinds.has_sources(section, one)]
        first |= {PREFIX + one.name: shown(one, section.values.get(one.name, ""), zone) for one in self.fields_of_kind}
        first |= {PREFIX + one.name + end: section.values.get(one.name + end, "") for one in self.numbers for end in (kinds.SOURCE, kinds.QUALITY)}
        first[f"{PREFIX}show"] = section.values.get("show", "key")
        super().__init__(*args, **kwargs | {"initial": first | kwargs.get("initial", {})})
        self.rows = Rows(self.data if self.is_bound else None, section=section, zone=zone, blank=blank) if kinds.columns_of(section) else None
        self.fields["body"].label = kinds.kind_of(section).body
        if section.kind != "markdown":
            self.fields["body"].widget.attrs["rows"] = 4 if self.rows else 8
        for one in self.fields_of_kind:
            self.fields[PREFIX + one.name] = form_field(one, zone)
        for one in self.numbers:
            self.fields[PREFIX + one.name + kinds.QUALITY] = forms.ChoiceField(required=False, label="How good it is", choices=QUALITIES)
            self.fields[PREFIX + one.name + kinds.SOURCE] = forms.CharField(required=False, label="Source", max_length=500)
        if section.kind == "timeline":
            self.fields[f"{PREFIX}show"] = forms.ChoiceField(label="Entries to print", choices=SHOW, widget=forms.RadioSelect)

    def clean(self) -> dict[str, Any]:
        for words in self.rows.problems() if self.rows else ():
            self.add_error(None, words)
        return self.cleaned_data

    def bound_values(self) -> list[forms.BoundField]:
        """The single fields, but numbers that come with their source."""
        return [self[PREFIX + one.name] for one in self.fields_of_kind if one not in self.numbers]

    def bound_numbers(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        """Each number with how good it is and where it comes from."""
        return [(self[PREFIX + one.name], self[PREFIX + one.name + kinds.QUALITY], self[PREFIX + one.name + kinds.SOURCE]) for one in self.numbers]

    @property
    def show_field(self) -> forms.BoundField:
        """Which timeline entries to print; only for that kind."""
        return self[f"{PREFIX}show"]

    def mark(self, threads: Mapping[str, list[Any]]) -> None:
        """Put open comments, by part, beside the fields and rows that they are about."""
        stored = kinds.rows_of(self.section.values)
        places = {id(row): place for place, row in enumerate(stored)}
        for one in self.rows.forms if self.rows else ():
            one.threads = threads.get(f"{parts.ROW}:{places.get(id(one.row), '')}", [])
        for name, field in self.fields.items():
            field.part = f"{parts.FIELD}:{name.removeprefix(PREFIX)}"  # type: ignore[attr-defined]
            field.threads = threads.get(field.part, [])  # type: ignore[attr-defined]

    @property
    def has_list(self) -> bool:
        """Say whether the text holds a list that could become rows."""
        return bool(rows.from_list(str(self["body"].value() or ""))[0])

    def values(self) -> dict[str, Any]:
        """The values as they are stored. Fields that the form does not ask for are kept as they are."""
        before = self.section.values
        given = {name.removeprefix(PREFIX): value for name, value in self.cleaned_data.items() if name.startswith(PREFIX)}
        asked = {
            name: as_stored(value, self.zone, self.initial.get(PREFIX + name), str(before.get(name, "")))
            for name, value in given.items()
            if value not in (None, "")
        }
        kept = {name: value for name, value in before.items() if name not in given and name != "rows"}
        return kept | asked | ({"rows": [row for _key, row in self.rows.given()]} if self.rows else {})

    def after(self, command: str) -> tuple[str, dict[str, Any], str]:
        """Return text and values after what a button of the rows says, and where on the page to go on."""
        body, values = self.cleaned_data["body"], self.values()
        if self.rows is None:
            return body, values, ""
        if command == "take":
            items, rest = rows.from_list(body.replace("\r\n", "\n"))
            column = next(one for one in self.rows.columns if one.is_words)
            fits = items[: max(self.rows.most - len(values["rows"]), 0)]
            if len(fits) < len(items) or any(len(item) > column.limit for item in items):
                return body, values, "#rows"
            return rest, values | {"rows": values["rows"] + [{column.name: item} for item in items]}, "#rows"
        found, place = self.rows.after(command)
        return body, values | {"rows": found}, place

    def texts(self) -> list[tuple[str, dict[str, str]]]:
        """What stands in the rows now, for advice on text that need not be valid or stored."""
        return self.rows.texts() if self.rows else []
