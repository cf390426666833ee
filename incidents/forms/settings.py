"""The person's own settings."""

from __future__ import annotations

from zoneinfo import available_timezones

from django import forms

from incidents.lib.text import clean_line
from incidents.models import ApiToken, User

LIFETIMES = [(30, "30 days"), (90, "90 days"), (365, "One year")]


def zone_names() -> list[str]:
    """The zones to suggest: UTC first, then places; the historical aliases are still accepted."""
    return ["UTC", *sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/")))]


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["first_name", "last_name", "time_zone"]
        widgets = {"time_zone": forms.TextInput(attrs={"list": "zones", "autocomplete": "off"})}

    def clean_first_name(self) -> str:
        return clean_line(self.cleaned_data["first_name"])

    def clean_last_name(self) -> str:
        return clean_line(self.cleaned_data["last_name"])


class TokenForm(forms.Form):
    name = forms.CharField(max_length=100, label="Name", help_text="Where it is used, so that you know what to revoke.")
    scope = forms.ChoiceField(choices=ApiToken.Scope.choices, label="May")
    days = forms.TypedChoiceField(choices=LIFETIMES, coerce=int, initial=90, label="Expires after")

    def clean_name(self) -> str:
        name = clean_line(self.cleaned_data["name"], limit=100)
        if not name:
            raise forms.ValidationError("Give the token a name.")
        return name
