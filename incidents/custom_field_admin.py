"""The admin of custom fields: kinds, options in their order, and retiring what incidents already say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify

from incidents import custom_fields
from incidents.admin_rows import EditedRows
from incidents.lib.text import clean_line
from incidents.models import CustomField, CustomFieldOption, Incident

LAST = 30_000  # behind all others; saving numbers them anew


def is_used(field: CustomField) -> bool:
    return Incident.objects.filter(field_values__has_key=field.key).exists()


def is_chosen(option: CustomFieldOption) -> bool:
    one = custom_fields.Field(option.field.key, option.field.name, option.field.kind)
    return Incident.objects.having(one, option.key).exists()


class FieldForm(forms.ModelForm[CustomField]):
    class Meta:
        model = CustomField
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets name them

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if key := self.fields.get("key"):  # shown, not asked for, once it is there
            key.clean = lambda value: forms.CharField.clean(key, str(value or "").strip().lower().replace("-", "_"))  # type: ignore[method-assign] # as the browser makes it from the name

    def clean_name(self) -> str:
        return clean_line(self.cleaned_data["name"], limit=80)

    def clean_help_text(self) -> str:
        return clean_line(self.cleaned_data["help_text"])


class OptionForm(forms.ModelForm[CustomFieldOption]):
    position = forms.IntegerField(required=False, min_value=0, max_value=LAST, widget=forms.NumberInput(attrs={"size": 4}))

    class Meta:
        model = CustomFieldOption
        fields = ["position", "label", "key", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["key"].disabled = True  # incidents hold it
        else:
            self.initial["position"] = None

    def clean_position(self) -> int:
        given: int | None = self.cleaned_data["position"]
        return LAST if given is None else given

    def clean_label(self) -> str:
        return clean_line(self.cleaned_data["label"], limit=100)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.instance.pk and "key" not in self.errors:
            data["key"] = (data.get("key") or slugify(data.get("label", ""))[:40]).lower().strip("-_")
            if not data["key"] and data.get("label"):
                self.add_error("key", "Give it a key: the label has no letters to make one from.")
        return data


class OptionFormSet(BaseInlineFormSet[CustomFieldOption, CustomField, Any]):
    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if getattr(form, "cleaned_data", {}).get("label") and not form.cleaned_data.get("DELETE")]
        for form in self.deleted_forms:
            if form.instance.pk and is_chosen(form.instance):
                raise ValidationError(f"“{form.instance.label}” is what an incident says. Take away the tick at “offered” instead: nothing is lost then.")
        if self.instance.kind in custom_fields.WITH_OPTIONS and not kept:
            raise ValidationError("A field of this kind has at least one option.")


class OptionInline(admin.TabularInline[CustomFieldOption, CustomField]):
    model = CustomFieldOption
    form, formset = OptionForm, OptionFormSet
    extra = 3
    fields = ["position", "label", "key", "is_active"]
    verbose_name = "option"
    verbose_name_plural = "options, for the kinds that have them; numbers give the order"


@admin.register(CustomField)
class CustomFieldAdmin(EditedRows, admin.ModelAdmin[CustomField]):
    form = FieldForm
    list_display = ["name", "key", "kind", "of_types", "is_required", "position", "is_active"]
    list_editable = ["position", "is_active"]
    list_filter = ["is_active", "kind", "types", "of_near_misses"]
    search_fields = ["name", "key", "options__label"]
    filter_horizontal = ["types"]
    inlines = [OptionInline]
    readonly_fields = ["use"]
    fieldsets = [
        (None, {"fields": ["name", "key", "kind", "help_text", ("is_required", "is_active", "position")]}),
        ("Which incidents have it", {"fields": ["types", "of_near_misses"]}),
        ("Where it can be used", {"fields": ["use"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomField]:
        return super().get_queryset(request).prefetch_related("types")

    @admin.display(description="for")
    def of_types(self, field: CustomField) -> str:
        types = ", ".join(str(one) for one in field.types.all()) or "All incidents"
        return types if field.of_near_misses else f"{types}, not near misses"

    @admin.display(description="names")
    def use(self, field: CustomField) -> str | SafeString:
        if not field.pk:
            return "Save it first."
        return format_html(
            "In starting texts and questions of templates: <code>{}</code>. In a section of the kind “Custom fields”: <code>{}</code>. In the API: <code>{}</code>.",
            f"{{{{ incident.fields.{field.key} }}}}",
            f"{field.key}(incident)",
            f"fields.{field.key}",
        )

    def get_prepopulated_fields(self, request: HttpRequest, obj: CustomField | None = None) -> dict[str, Any]:
        return {} if obj else {"key": ["name"]}

    def get_readonly_fields(self, request: HttpRequest, obj: CustomField | None = None) -> list[str]:
        # Values, rules and templates name a field by its key, and what is kept has the form of its kind.
        return [*self.readonly_fields, *(["key"] if obj else []), *(["kind"] if obj and is_used(obj) else [])]

    def has_delete_permission(self, request: HttpRequest, obj: CustomField | None = None) -> bool:
        return (obj is None or not is_used(obj)) and super().has_delete_permission(request, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for position, option in enumerate(form.instance.options.order_by("position", "pk"), start=1):
            CustomFieldOption.objects.filter(pk=option.pk).update(position=position)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions
