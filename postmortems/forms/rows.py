"""The rows of a section as forms, one a row: without JavaScript a button adds, moves or removes one, with it js/rows.js does the same at once.

A row's inputs are called `row-<key>-<column>`. Keys only tell rows apart; their order is that in which the browser sends them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.urls import reverse

from postmortems import kinds, rows
from postmortems.fields import Field, factor_of
from postmortems.forms.fields import as_stored, form_field, shown
from postmortems.models import Factor, Section

NAME = re.compile(r"row-(\d{1,4})-")
#: Stands for the key in the row that JavaScript copies.
BLANK = "__key__"


class RowForm:
    """One row. The columns are the fields of a form of its own, so that no column can take the place of what a template asks of the row."""

    def __init__(self, data: Any, *, columns: list[Field], zone: ZoneInfo, key: int | str, row: Mapping[str, str], is_tree: bool, questions: list[str]) -> None:
        self.columns, self.zone, self.key, self.row, self.is_tree = columns, zone, key, row, is_tree
        first: dict[str, Any] = {column.name: shown(column, row.get(column.name, ""), zone) for column in columns}
        self.form = forms.Form(data, prefix=f"row-{key}", initial=first | {"depth": row.get("depth", "0")})
        for column in columns:
            self.form.fields[column.name] = form_field(column, zone)
        if is_tree:
            self.form.fields["depth"] = forms.IntegerField(required=False, min_value=0, max_value=rows.DEEPEST, widget=forms.HiddenInput)
        question = str(self.form["question"].value() or "") if questions else ""
        self.question = question if question in questions else ""  # one of the template's, which stays as it is
        if self.question:
            self.form.fields["question"].widget = forms.HiddenInput()
        self.is_new = False
        self.threads: list[Any] = []  # open comments about it

    @property
    def errors(self) -> Mapping[str, Any]:
        return self.form.errors

    @property
    def factor(self) -> int | None:
        """The factor that the row leads to, as it is stored."""
        return next((factor_of(self.row.get(column.name, "")) for column in self.columns if column.type == "factor"), None)

    @property
    def cells(self) -> list[forms.BoundField]:
        return [self.form[column.name] for column in self.columns if not (self.question and column.name == "question")]

    @property
    def hidden(self) -> list[forms.BoundField]:
        return self.form.hidden_fields()

    @property
    def depth(self) -> int:
        return rows.depth_of({"depth": self.form["depth"].value()}) if self.is_tree else 0

    @property
    def texts(self) -> dict[str, str]:
        """What stands in the inputs now, valid or not."""
        return {column.name: str(self.form[column.name].value() or "") for column in self.columns}

    def label(self, name: str) -> str:
        return str(self.form.fields[name].label or name) if name in self.form.fields else name

    def values(self) -> rows.Row:
        """Return the row as it is stored. The form is valid."""
        given = self.form.cleaned_data
        filled = {column.name: given[column.name] for column in self.columns if given.get(column.name) not in (None, "")}
        stored = {name: as_stored(value, self.zone, self.form.initial.get(name), self.row.get(name, "")) for name, value in filled.items()}
        return stored | ({"depth": str(given.get("depth") or 0)} if stored and self.is_tree else {})


def factor_choices(section: Section) -> list[tuple[str, str]]:
    """Return the post-mortem's factors as a row names them, with their numbers."""
    factors = Factor.objects.filter(postmortem=section.postmortem_id).values_list("pk", "statement")
    return [(f"factor:{pk}", f"{number}. {statement[:90]}{'…' if len(statement) > 90 else ''}") for number, (pk, statement) in enumerate(factors, start=1)]


class Rows:
    """All rows of a section's form, in order."""

    def __init__(self, data: Any, *, section: Section, zone: ZoneInfo, blank: tuple[int, int] | None = None) -> None:
        self.name, self.shape, self.columns = kinds.row_name(section), kinds.shape_of(section), kinds.columns_of(section)
        self.questions = section.questions if self.shape == "questions" else []
        self.zone, self.most = zone, kinds.most_rows(self.columns)
        self.postmortem_id, self.leads_to_factors = section.postmortem_id, any(column.type == "factor" for column in self.columns)
        self.factors = factor_choices(section) if self.leads_to_factors else []
        stored = self.with_questions(kinds.rows_of(section.values))
        if data is not None:
            keys = list(dict.fromkeys(int(found[1]) for name in data if (found := NAME.match(name))))
            self.forms = [self.form(key, stored[key] if key < len(stored) else {}, data) for key in keys]
        else:
            self.forms = [self.form(key, row) for key, row in enumerate(stored)]
            if not self.forms:
                blank = blank or (0, 0)
            if blank:
                self.add_blank(*blank)

    def with_questions(self, stored: list[rows.Row]) -> list[rows.Row]:
        """Return a row for each question of the template, answered or not, and then those that people added."""
        if not self.questions:
            return stored
        answers = {row.get("question"): row for row in reversed(stored)}
        fixed = [answers.get(question, {"question": question}) for question in self.questions]
        return fixed + [row for row in stored if row not in fixed]

    def form(self, key: int | str, row: Mapping[str, str], data: Any = None) -> RowForm:
        form = RowForm(data, columns=self.columns, zone=self.zone, key=key, row=row, is_tree=self.shape == "tree", questions=self.questions)
        for column in self.columns:
            if column.type == "factor":
                form.form.fields[column.name].offer(self.factors, row.get(column.name, ""))  # type: ignore[attr-defined]
        return form

    def add_blank(self, place: int, depth: int) -> None:
        form = self.form(len(self.forms), {"depth": str(depth)})
        form.is_new = True
        self.forms.insert(min(place, len(self.forms)), form)

    @property
    def factor_url(self) -> str:
        """Where the factors are, for rows that lead to one."""
        return reverse("postmortems:factor_list", args=[f"PM-{self.postmortem_id}"]) if self.postmortem_id and self.leads_to_factors else ""

    @property
    def blank(self) -> RowForm:
        """The row that JavaScript copies."""
        return self.form(BLANK, {})

    def problems(self) -> Iterable[str]:
        """Say what is wrong, row by row."""
        if len(self.forms) > self.most:
            yield f"At most {self.most} rows."
        for number, form in enumerate(self.forms, start=1):
            for name, errors in form.errors.items():
                yield f"{self.name.capitalize()} {number}, {form.label(name)}: {' '.join(str(error) for error in errors)}"

    def given(self) -> list[tuple[int | str, rows.Row]]:
        """Return the rows that hold something, with their keys. All forms are valid."""
        filled = [(form.key, form.values()) for form in self.forms]
        return [(key, row) for key, row in filled if row]

    def texts(self) -> list[tuple[str, dict[str, str]]]:
        """Return what stands in each row now, valid or not, with the name that its inputs begin with."""
        return [(f"row-{form.key}-", form.texts) for form in self.forms]

    def after(self, command: str) -> tuple[list[rows.Row], str]:
        """Return the rows after what a button says ("up:3", "add", "ask:2"), and where on the page to go on."""
        verb, _colon, key = command.partition(":")
        given = self.given()
        found = [row for _key, row in given]
        found = rows.levelled(found) if self.shape == "tree" else found
        place = next((place for place, (one, _row) in enumerate(given) if str(one) == key), None)
        if verb in {"add", "ask"}:
            depth = 0 if place is None else rows.depth_of(found[place]) + (verb == "ask")
            at = len(found) if place is None else rows.end_of(found, place)
            return found, f"?row={at}&depth={min(depth, rows.DEEPEST)}#row-new"
        if place is None:
            return found, "#rows"
        return rows.arranged(found, verb, place), "#rows"
