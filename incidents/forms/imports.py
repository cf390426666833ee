"""Files and pasted text for a timeline, the answers an import asks for, and the meaning of columns."""

from __future__ import annotations

import io
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from incidents import intake
from incidents.lib.zones import zone_named
from incidents.sources.fields import FIELDS

MAX_PASTE = 1_000_000
LEFT_OUT = "-"


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; empty ones are refused by name."""

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if not files and self.required:
            raise forms.ValidationError("Choose a file.")
        for file in files:
            if not file.size:
                raise forms.ValidationError(f"“{file.name}” is empty.")
            if file.size > intake.UPLOAD_LIMIT:
                raise forms.ValidationError(
                    f"“{file.name}” is larger than {intake.UPLOAD_LIMIT // intake.MEGABYTE} MiB. The command import_timeline takes larger files."
                )
        return list(files)


class ReadingForm(forms.Form):
    """How to read times that leave something open."""

    date = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), label="Date of the first time", help_text="For clock times without a date."
    )
    clock = forms.TimeField(
        required=False,
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(attrs={"type": "time", "step": "1"}),
        label="Start of the recording",
        help_text="For times that count from its start.",
    )
    time_zone = forms.CharField(
        required=False,
        max_length=64,
        label="Time zone",
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "placeholder": "As stated in the file"}),
        help_text="For times that state none.",
    )

    def clean_time_zone(self) -> str:
        zone = str(self.cleaned_data["time_zone"]).strip()
        if zone and zone_named(zone) is None:
            raise forms.ValidationError("Use a name such as Europe/Paris, an offset such as +02:00, or UTC.")
        return zone

    def options(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("date", "clock", "time_zone") if self.cleaned_data.get(name)}


class ImportForm(ReadingForm):
    file = FilesField(required=False, widget=FilesInput(), label="Files")
    text = forms.CharField(
        required=False,
        strip=False,
        max_length=MAX_PASTE,
        label="Or paste a timeline",
        widget=forms.Textarea(
            attrs={"rows": 6, "class": "mono", "spellcheck": "false", "placeholder": "14:02 UTC - alert fired\n14:05 UTC - Ann looks into it"}
        ),
        help_text="A chat, a table, a list, a log: any lines that begin with a time.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("file") and not str(data.get("text") or "").strip():
            raise forms.ValidationError("Choose a file or paste some text.")
        return data

    def parts(self) -> list[tuple[str, Any, str]]:
        """Return (name, file, channel) of everything that was given."""
        found: list[tuple[str, Any, str]] = [(file.name, file.file, "upload") for file in self.cleaned_data["file"]]
        if (text := str(self.cleaned_data["text"]).strip("\r\n")) and text.strip():
            found.append(("pasted text.txt", io.BytesIO(text.replace("\r\n", "\n").encode("utf-8", "replace")), "paste"))
        return found


class NewImportForm(ImportForm):
    title = forms.CharField(required=False, max_length=300, label="Title", help_text="Left empty, it is taken from the first file.")

    is_private = forms.BooleanField(required=False, label="Private", help_text="Only you, and whom you add, can see that it exists.")

    field_order = ["file", "text", "title", "is_private"]


class ColumnsForm(forms.Form):
    """What each column of a table or key of objects means, as guessed and as corrected. Fields are numbered: names are strangers' text."""

    def __init__(self, *args: Any, columns: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        self.fields["save_as"] = forms.CharField(
            required=False,
            max_length=100,
            label="Save as a mapping",
            help_text="A name, if later files with exactly these columns are to be read like this. Everybody who imports sees it and can use it.",
        )
        choices = [(LEFT_OUT, "Not used"), *FIELDS.items()]
        for number, column in enumerate(columns):
            self.fields[f"column-{number}"] = forms.ChoiceField(choices=choices, initial=column["field"] or LEFT_OUT, required=False, label=column["name"])

    def rows(self) -> list[dict[str, Any]]:
        return [{**column, "bound": self[f"column-{number}"]} for number, column in enumerate(self.columns)]

    def mapping(self) -> dict[str, str]:
        """Return column name -> field, for all columns: "" leaves one out."""
        chosen = [self.cleaned_data[f"column-{number}"] for number in range(len(self.columns))]
        return {column["name"]: "" if field in ("", LEFT_OUT) else field for column, field in zip(self.columns, chosen, strict=True)}
