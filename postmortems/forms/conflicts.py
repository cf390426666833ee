"""After a lost race: what was typed stays in the form, and sending it again is a decision made with both texts in sight."""

from __future__ import annotations

from typing import Any

from django.forms import BaseForm


def on_top_of(form: BaseForm, version: int) -> None:
    """Let the form, sent once more, replace what is stored now as `version`."""
    data: Any = form.data.copy()  # type: ignore[attr-defined]
    data["version"] = str(version)
    form.data = data
