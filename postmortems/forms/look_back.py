"""The form of looking back."""

from __future__ import annotations

from typing import Any

from django import forms

from postmortems.facilitation.texts import LOOK_BACK
from postmortems.forms.meetings import VERSION_MOST
from postmortems.models import LookBack


class LookBackForm(forms.Form):
    version = forms.IntegerField(required=False, min_value=1, max_value=VERSION_MOST, widget=forms.HiddenInput)

    def __init__(self, *args: Any, look_back: LookBack | None, **kwargs: Any) -> None:
        row = {name: getattr(look_back, name) for name in (*LOOK_BACK, "version")} if look_back else {}
        super().__init__(*args, **kwargs | {"initial": row})
        for name, (question, hint) in LOOK_BACK.items():
            self.fields[name] = forms.CharField(
                required=name == "helped", max_length=500, label=question, help_text=hint, widget=forms.Textarea(attrs={"rows": 2})
            )
        self.order_fields([*LOOK_BACK, "version"])
