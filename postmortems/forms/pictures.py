"""The form of a picture."""

from __future__ import annotations

from typing import Any

from django import forms

from postmortems.rendering.recoding import LARGEST


class PictureForm(forms.Form):
    file = forms.FileField(
        label="Picture",
        help_text=f"PNG, JPEG, GIF or WebP, at most {LARGEST >> 20} MB. Only what one sees is kept: no place, no camera.",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/gif,image/webp"}),
    )
    alt = forms.CharField(max_length=300, label="What it shows", help_text="For who cannot see it: what should they learn from it?")

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(f"A picture has at most {LARGEST >> 20} MB.")
        return file
