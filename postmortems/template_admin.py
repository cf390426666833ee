"""The admin of templates: their sections, the rules that suggest them, the checklist of learning value, what severities ask for."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from incidents import custom_fields
from incidents.admin_rows import EditedRows
from incidents.models import CustomField
from incidents.models.custom_fields import definitions_column
from postmortems import authoring, learning, seeding, sizing, template_content
from postmortems.forms.template_admin import ConditionForm, ConditionFormSet, SectionForm, TemplateForm
from postmortems.models import (
    LearningQuestion,
    Postmortem,
    RetrospectiveTemplate,
    ReviewRequirement,
    RuleCondition,
    TemplateRule,
    TemplateSection,
    TemplateVersion,
)
from postmortems.prefill import CUSTOM, PLACEHOLDERS

ASKS = (
    "With the kind “Custom fields”, leave “Fields” empty to show all that incidents are asked here, or name some, one a line: <code>region(incident)</code>. "
    "For other kinds they are the section’s own: <code>until(date)</code>, <code>status(planned|done)</code>."
)


class TemplateSectionInline(admin.StackedInline[TemplateSection, RetrospectiveTemplate]):
    model = TemplateSection
    form = SectionForm
    extra, min_num, validate_min = 1, 0, False
    verbose_name = "section"
    fieldsets = [
        (None, {"fields": [("position", "key", "title"), ("kind", "required", "audience")]}),
        ("What it asks for", {"fields": ["guidance", "prompts", "fields", "minimum", "starting_text"], "classes": ["collapse"], "description": ASKS}),
    ]


@admin.register(RetrospectiveTemplate)
class RetrospectiveTemplateAdmin(EditedRows, admin.ModelAdmin[RetrospectiveTemplate]):
    form = TemplateForm
    list_display = ["name", "key", "number_of_sections", "depth", "current_version", "state", "is_active", "is_default", "preview"]
    list_editable = ["is_active"]
    list_filter = ["is_active", "depth"]
    search_fields = ["name", "key", "use_when"]
    readonly_fields = ["preview", "placeholders", "current_version"]
    inlines = [TemplateSectionInline]
    actions = ["duplicate"]
    fieldsets = [
        (None, {"fields": ["name", "key", "use_when", "audience_note", ("effort_hours", "meeting_minutes"), "lint_profile"]}),
        ("Offering it", {"fields": [("is_active", "is_default"), "depth", "position", "preview"]}),
        ("Version", {"fields": ["current_version", "note", "seen_version"]}),
        ("Placeholders", {"fields": ["placeholders"], "classes": ["collapse"]}),
    ]

    class Media:
        js = ["js/admin_sections.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RetrospectiveTemplate]:
        last = TemplateVersion.objects.filter(template=OuterRef("pk")).order_by("-number").values("origin")[:1]
        return super().get_queryset(request).annotate(section_count=Count("sections"), last_origin=Subquery(last))

    def get_readonly_fields(self, request: HttpRequest, obj: RetrospectiveTemplate | None = None) -> list[str]:
        # Post-mortems, rules and files name a template by its key.
        return [*self.readonly_fields, "key"] if obj else list(self.readonly_fields)

    def get_prepopulated_fields(self, request: HttpRequest, obj: RetrospectiveTemplate | None = None) -> dict[str, Any]:
        return {} if obj else {"key": ["name"]}

    @admin.display(description="sections", ordering="section_count")
    def number_of_sections(self, template: Any) -> int:
        return int(template.section_count)

    @admin.display(description="version")
    def current_version(self, template: RetrospectiveTemplate) -> str | SafeString:
        if not template.version:
            return "None yet"
        return format_html('<a href="{}">{}</a>', reverse("postmortems:template_versions", args=[template.key]), template.version)

    @admin.display(description="text")
    def state(self, template: Any) -> str:
        if template.key not in seeding.builtin_keys():
            return "Your own"
        if seeding.newer_builtin(template):
            return "Newer built-in text"
        return "Built in" if template.last_origin == TemplateVersion.Origin.BUILTIN else "Built in, edited"

    @admin.display(description="preview")
    def preview(self, template: RetrospectiveTemplate) -> str | SafeString:
        if not template.pk:
            return "Save it first."
        return format_html('<a href="{}">See it filled, as its writers will</a>', reverse("postmortems:template_preview", args=[template.key]))

    @admin.display(description="names for starting texts, titles, guidance and questions")
    def placeholders(self, template: RetrospectiveTemplate) -> SafeString:
        custom = {f"{CUSTOM}{field.key}": f"the field “{field.label}”" for field in CustomField.objects.definitions() if field.is_active}
        rows = [("{{ " + name + " }}", meaning) for name, meaning in (PLACEHOLDERS | custom).items()]
        return format_html("<ul>{}</ul>", format_html_join("", "<li><code>{}</code> {}</li>", rows))

    def has_delete_permission(self, request: HttpRequest, obj: RetrospectiveTemplate | None = None) -> bool:
        # Seeding would bring a built-in one back, and post-mortems name the versions of theirs: these are switched off instead.
        kept = obj is not None and (obj.key in seeding.builtin_keys() or Postmortem.objects.filter(template=obj).exists())
        return not kept and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @admin.action(description="Duplicate the selected templates")
    def duplicate(self, request: HttpRequest, templates: QuerySet[RetrospectiveTemplate]) -> None:
        for template in templates:
            copy = authoring.duplicate(actor=request.user, template=template)
            self.message_user(request, f"“{copy.name}” is made. It is switched off until you offer it.", messages.SUCCESS)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        template = self.get_object(request, object_id)
        newer = seeding.newer_builtin(template) if template else None
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "newer_builtin": newer[0] if newer else 0})

    def save_model(self, request: HttpRequest, obj: RetrospectiveTemplate, form: ModelForm[RetrospectiveTemplate], change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.is_default:  # there is one default
            RetrospectiveTemplate.objects.exclude(pk=obj.pk).update(is_default=False)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if named := unknown_fields(form.instance):
            words = ", ".join(f"“{key}”" for key in named)
            self.message_user(request, f"There is no field {words} for incidents; until an administrator adds it, its name is left as it is.", messages.WARNING)
        version = authoring.keep(actor=request.user, template=form.instance, note=form.cleaned_data.get("note", ""))
        if version and version.number > 1:
            self.message_user(request, f"Version {version.number} is kept. {version.changed} Post-mortems that are at work stay with theirs.", messages.INFO)


def unknown_fields(template: RetrospectiveTemplate) -> list[str]:
    """Return the keys of custom fields that a template names and that there are not."""
    content = authoring.content_of(RetrospectiveTemplate.objects.prefetch_related("sections").get(pk=template.pk))
    named = {key for section in content.sections for key in template_content.custom_fields_named(section)}
    return sorted(named - {field.key for field in CustomField.objects.definitions()})


class RuleConditionInline(admin.TabularInline[RuleCondition, TemplateRule]):
    model = RuleCondition
    form, formset = ConditionForm, ConditionFormSet
    extra, max_num = 2, 24
    verbose_name_plural = "conditions: without one the rule always holds. Those with the same bracket are one part, in which the other word counts"


@admin.register(TemplateRule)
class TemplateRuleAdmin(EditedRows, admin.ModelAdmin[TemplateRule]):
    list_display = ["name", "priority", "described", "template", "is_active"]
    list_editable = ["priority", "is_active"]
    list_select_related = ["template"]
    inlines = [RuleConditionInline]
    fields = ["name", ("priority", "is_active"), "template", "match", "described"]
    readonly_fields = ["described"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TemplateRule]:
        # With the definitions of custom fields, which name the conditions on them.
        return super().get_queryset(request).prefetch_related("conditions").annotate(definitions=definitions_column())

    @admin.display(description="reads as")
    def described(self, rule: Any) -> str:
        if not rule.pk:
            return "Save it first. “All” with a bracket of two reads: one and (two or three)."
        words = str(learning.when(rule, custom_fields.parse(rule.definitions)))
        return f"{words[:1].upper()}{words[1:]}"


@admin.register(LearningQuestion)
class LearningQuestionAdmin(EditedRows, admin.ModelAdmin[LearningQuestion]):
    list_display = ["text", "key", "ticked_for_tags", "position", "is_active"]
    list_editable = ["position", "is_active"]

    def has_delete_permission(self, request: HttpRequest, obj: LearningQuestion | None = None) -> bool:
        # Seeding would bring it back, and answers name it; it is switched off instead.
        return (obj is None or obj.key not in {key for key, _text, _tags in sizing.QUESTIONS}) and super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: LearningQuestion | None = None) -> list[str]:
        return ["key"] if obj else []

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


@admin.register(ReviewRequirement)
class ReviewRequirementAdmin(EditedRows, admin.ModelAdmin[ReviewRequirement]):
    list_display = ["severity", "depth"]
    list_editable = ["depth"]
    list_select_related = ["severity"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # “nothing mandatory” is a choice of its own
