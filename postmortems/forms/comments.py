"""Forms of comments: what is said, about which words of which section."""

from __future__ import annotations

from typing import Any

from django import forms

from postmortems.anchors import LONGEST
from postmortems.commenting import BODY_LIMIT


class CommentForm(forms.Form):
    section = forms.ChoiceField(label="Section")
    quote = forms.CharField(
        required=False,
        max_length=LONGEST,
        label="About these words",
        help_text="As they stand in the text; empty for the whole section.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    near = forms.IntegerField(required=False, min_value=0, max_value=10**6, widget=forms.HiddenInput)
    part = forms.CharField(required=False, max_length=90, label="About")
    body = forms.CharField(
        max_length=BODY_LIMIT, label="Comment", help_text="@name asks somebody.", widget=forms.Textarea(attrs={"rows": 3, "data-mentions": ""})
    )

    def __init__(self, *args: Any, sections: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["section"].choices = sections  # type: ignore[attr-defined]


class FilterForm(forms.Form):
    """What the page of comments shows. Anything else than what is offered counts as nothing."""

    show = forms.ChoiceField(required=False, label="Show", choices=[("open", "Open"), ("resolved", "Resolved"), ("mentions", "That ask me")])
    section = forms.CharField(required=False, max_length=60)
