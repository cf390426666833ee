"""The form of the three questions after a meeting."""

from __future__ import annotations

from typing import Any

from django import forms

from postmortems.facilitation.texts import SCALE, SURVEY, SURVEY_WORDS


class SurveyForm(forms.Form):
    """Each part may be left out."""

    words = forms.CharField(
        required=False,
        max_length=1_000,
        label=SURVEY_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Read in alphabetical order with what others wrote. Word it so that it could be anybody’s.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, text in SURVEY.items():
            points = [(place, f"{place} {label}") for place, label in enumerate(SCALE, 1)]
            self.fields[key] = forms.TypedChoiceField(required=False, choices=points, coerce=int, empty_value=None, widget=forms.RadioSelect, label=text)
        self.order_fields([*SURVEY, "words"])

    def questions(self) -> list[forms.BoundField]:
        return [self[key] for key in SURVEY]

    def scores(self) -> dict[str, int | None]:
        return {key: self.cleaned_data[key] for key in SURVEY}
