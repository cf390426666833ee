"""Forms of the admin for templates, their sections and rules: the same checks as for a file, told beside the field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms.models import BaseInlineFormSet
from django.utils.functional import cached_property

from incidents import conditions, custom_fields
from incidents.conditions import ConditionError
from incidents.lib import stored
from incidents.lib.text import clean_line, clean_text
from incidents.models import CustomField, IncidentType, Severity, Team
from postmortems import template_content
from postmortems.models import Depth, LearningQuestion, RetrospectiveTemplate, RuleCondition, SectionKind, TemplateRule, TemplateSection
from postmortems.template_content import PROFILES, SectionContent

ROWS = {"guidance": 4, "prompts": 5, "fields": 2, "starting_text": 2}
LAST = 30_000  # behind all others; saving numbers them anew


class TemplateForm(forms.ModelForm[RetrospectiveTemplate]):
    lint_profile = forms.ChoiceField(
        choices=[(name, name.capitalize()) for name in PROFILES], initial="standard", label="Wording profile", help_text="How findings on wording are weighed."
    )
    note = forms.CharField(
        required=False,
        max_length=300,
        label="What changed, and why",
        help_text="Kept with the new version, beside the list of what is different. For those who move a post-mortem to it.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    seen_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = RetrospectiveTemplate
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets name them

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen_version"] = self.instance.version

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        seen = data.get("seen_version")
        if self.instance.pk and seen is not None and seen != self.instance.version:
            self.data = {**self.data.dict(), "seen_version": str(self.instance.version)}  # type: ignore[attr-defined]
            self.add_error(
                None, f"Somebody saved version {self.instance.version} while you were editing. Nothing is overwritten yet: look at it, then save again."
            )
        return data


class SectionForm(forms.ModelForm[TemplateSection]):
    position = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=LAST,
        label="Position",
        help_text="Numbers give the order; empty comes last.",
        widget=forms.NumberInput(attrs={"size": 4}),
    )

    class Meta:
        model = TemplateSection
        fields = "__all__"  # noqa: DJ007 - the inline names them
        widgets = {name: forms.Textarea(attrs={"rows": rows, "class": "vLargeTextField"}) for name, rows in ROWS.items()}

    def clean_position(self) -> int:
        given: int | None = self.cleaned_data["position"]
        return LAST if given is None else given

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("title", "minimum"):
            data[name] = clean_line(data.get(name) or "", limit=1000)
        for name in ("guidance", "starting_text"):
            data[name] = clean_text(data.get(name) or "").strip()
        for name in ("prompts", "fields"):
            data[name] = "\n".join(template_content.split_lines(data.get(name) or ""))
        texts = {name: data[name] for name in ("title", "guidance", "minimum", "starting_text")}
        lines: dict[str, Any] = {name: template_content.split_lines(data[name]) for name in ("prompts", "fields")}
        section = SectionContent(
            key=data.get("key") or "none", kind=data.get("kind") or "markdown", audience=data.get("audience") or "internal", **texts, **lines
        )
        for problem in template_content.section_problems(section, SectionKind.values):
            if problem.field not in self.errors:
                self.add_error(problem.field, problem.message)
        return data


class ConditionForm(forms.ModelForm[RuleCondition]):
    field = forms.ChoiceField()

    class Meta:
        model = RuleCondition
        fields = ["bracket", "field", "operator", "value"]

    def __init__(self, *args: Any, custom: Sequence[custom_fields.Field] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.custom = CustomField.objects.definitions() if custom is None else custom
        names = conditions.fields_of_incidents(one for one in self.custom if one.is_active or custom_fields.PREFIX + one.key == self.instance.field)
        field = self.fields["field"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [("", "---------"), *names.items()]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        names = conditions.fields_of_incidents(self.custom)
        try:
            condition = conditions.parse(data, names)
        except ConditionError as error:
            self.add_error(None, str(error))
            return data
        if condition.operator in ("at_least", "at_most"):
            if conditions.number(condition.value) is None and stored.day(condition.value[:10]) is None:
                self.add_error("value", "“Is at least” and “is at most” compare numbers and days: write 100, or 2026-03-02.")
            return data
        known = known_values(condition.field, self.custom)
        asked = conditions.listed(condition.value) if condition.operator == "any_of" else [condition.value]
        if known is not None and condition.operator in ("is", "is_not", "any_of"):
            for value in asked:
                if value.casefold() not in {one.casefold() for one in known}:
                    self.add_error("value", template_content.unknown(names[condition.field].lower(), value, known))
        return data


class ConditionFormSet(BaseInlineFormSet[RuleCondition, TemplateRule, Any]):
    """The fields that administrators added are read once for all conditions."""

    @cached_property
    def custom(self) -> list[custom_fields.Field]:
        return CustomField.objects.definitions()

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return super().get_form_kwargs(index) | {"custom": self.custom}


def known_values(field: str, custom: Sequence[custom_fields.Field]) -> list[str] | None:
    """Return what a field can be; None for fields whose values come with the incidents, such as tags."""
    if field.startswith(custom_fields.PREFIX):
        one = next(one for one in custom if custom_fields.PREFIX + one.key == field)
        if one.kind == "switch":
            return ["yes", "no"]
        return [word for option in one.options for word in (option.label, option.key)] if one.kind in custom_fields.WITH_OPTIONS else None
    if field == "type":
        return [word for pair in IncidentType.objects.values_list("name", "key") for word in pair]
    if field == "severity":
        return [word for pair in Severity.objects.values_list("key", "name") for word in pair]
    if field == "learning":
        return list(Depth.values)
    if field == "tick":
        return list(LearningQuestion.objects.values_list("key", flat=True))
    if field == "team":
        return list(Team.objects.values_list("name", flat=True))
    return None
