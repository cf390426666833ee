"""A file, or its text pasted, read into what it holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms


class FileOrTextForm(forms.Form):
    """`contents` of the cleaned data is what `read` returned. The text of a file is kept in `text`, so that what was checked is what is taken in."""

    #: Of each form: what the file, or its text, of this name holds. Raises ValidationError with everything that is wrong.
    read: Callable[[bytes | str, str], Any]
    most_bytes: int
    accept: str
    file_label: str

    file = forms.FileField(required=False)
    text = forms.CharField(
        required=False,
        strip=False,
        label="Or its text",
        widget=forms.Textarea(attrs={"rows": 12, "class": "mono", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].label = self.file_label
        self.fields["file"].widget.attrs["accept"] = self.accept

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        file, text = data.get("file"), data.get("text", "")
        if not file and not text.strip():
            raise forms.ValidationError("Choose a file, or paste its text.")
        name, size = (file.name[:80], file.size) if file else ("pasted text", len(text.encode()))
        if size > self.most_bytes:
            raise forms.ValidationError(f"{name}: larger than {self.most_bytes // 1024} kB.")
        source = file.read() if file else text
        if file:
            data["text"] = source.decode("utf-8-sig", "replace")
        return data | {"contents": self.read(source, name)}
