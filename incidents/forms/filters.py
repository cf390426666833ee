"""The filters of a list as a form of an address."""

from __future__ import annotations

from django import forms

NO_FILTERS = {"q", "sort"}  # words stand beside the filters, and an order leaves nothing out


class FiltersForm(forms.Form):
    """A form whose empty fields ask for everything."""

    @property
    def in_use(self) -> int:
        """How many filters narrow the list. One with an error counts, so that the fold on a phone tells of it."""
        return sum(bool(self.cleaned_data.get(name)) or name in self.errors for name in self.fields.keys() - NO_FILTERS) if self.is_bound else 0
