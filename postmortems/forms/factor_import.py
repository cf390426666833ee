"""The form for factors from another tool: a table as a file or pasted, and whose words its terms are."""

from __future__ import annotations

from typing import Any

from django import forms

from postmortems import factor_file
from postmortems.forms.files import FileOrTextForm
from postmortems.vocabularies import vocabularies


class FactorFileForm(FileOrTextForm):
    most_bytes = factor_file.MOST_BYTES
    accept = ".csv,.tsv,.txt,text/csv"
    file_label = "A CSV file"
    vocabulary = forms.ChoiceField(required=False, label="Whose words the terms are")
    field_order = ("file", "text", "vocabulary")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(key, one.name) for key, one in vocabularies().items()]
        self.fields["vocabulary"].choices = [("", "As the column “vocabulary” says"), *known]  # type: ignore[attr-defined]

    def read(self, source: bytes | str, name: str) -> factor_file.Table:
        try:
            return factor_file.read(source, name, self.cleaned_data.get("vocabulary", ""))
        except factor_file.FactorFileError as error:
            raise forms.ValidationError(error.problems) from None
