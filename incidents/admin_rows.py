"""Rows that are edited in a list of the admin: each field says what it is and of which row, to those who do not see the head of its column.

Django's list gives these fields no label, and refers to help texts that are not on the page.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest


class RowForm(forms.ModelForm):  # type: ignore[type-arg] # of any model
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.help_text = ""
            field.widget.attrs["aria-label"] = f"{field.label}: {self.instance}"


class EditedRows:
    """For a `ModelAdmin` with `list_editable`."""

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, **{"form": RowForm, **kwargs})  # type: ignore[misc] # the ModelAdmin it is mixed into
