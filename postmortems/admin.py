"""The admin: templates and their sections; post-mortems, action items and revisions to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from postmortems import process_admin  # noqa: F401 - registers the lists of steps and the calendars
from postmortems.models import ActionItem, Postmortem, RetrospectiveTemplate, Revision, TemplateSection
from postmortems.prefill import PLACEHOLDERS
from postmortems.seeding import builtin_keys


class TemplateSectionInline(admin.StackedInline[TemplateSection, RetrospectiveTemplate]):
    model = TemplateSection
    extra = 0
    fields = [
        ("position", "key", "title"),
        ("kind", "required", "audience"),
        "guidance",
        "prompts",
        "fields",
        "minimum",
        "starting_text",
    ]
    classes = ["collapse"]


@admin.register(RetrospectiveTemplate)
class RetrospectiveTemplateAdmin(admin.ModelAdmin[RetrospectiveTemplate]):
    list_display = ["name", "key", "number_of_sections", "effort_hours", "meeting_minutes", "is_active", "is_default", "preview"]
    list_editable = ["is_active"]
    list_filter = ["is_active"]
    search_fields = ["name", "key", "use_when"]
    prepopulated_fields = {"key": ["name"]}
    readonly_fields = ["preview", "placeholders"]
    inlines = [TemplateSectionInline]
    actions = ["duplicate"]
    fieldsets = [
        (None, {"fields": ["name", "key", "use_when", "audience_note", ("effort_hours", "meeting_minutes"), "lint_profile"]}),
        ("Offering it", {"fields": [("is_active", "is_default"), "position", "preview"]}),
        ("Placeholders", {"fields": ["placeholders"], "classes": ["collapse"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RetrospectiveTemplate]:
        return super().get_queryset(request).annotate(section_count=Count("sections"))

    @admin.display(description="sections", ordering="section_count")
    def number_of_sections(self, template: Any) -> int:
        return int(template.section_count)

    @admin.display(description="preview")
    def preview(self, template: RetrospectiveTemplate) -> str | SafeString:
        if not template.pk:
            return "Save it first."
        return format_html(
            '<a href="{}" target="_blank" rel="noopener">See it as its writers will</a>', reverse("postmortems:template_preview", args=[template.key])
        )

    @admin.display(description="names for starting texts, titles, guidance and prompts")
    def placeholders(self, template: RetrospectiveTemplate) -> SafeString:
        rows = [("{{ " + name + " }}", meaning) for name, meaning in PLACEHOLDERS.items()]
        return format_html("<ul>{}</ul>", format_html_join("", "<li><code>{}</code> {}</li>", rows))

    def has_delete_permission(self, request: HttpRequest, obj: RetrospectiveTemplate | None = None) -> bool:
        # Seeding would bring a built-in template back; it is switched off instead.
        return (obj is None or obj.key not in builtin_keys()) and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @admin.action(description="Duplicate the selected templates")
    def duplicate(self, request: HttpRequest, templates: QuerySet[RetrospectiveTemplate]) -> None:
        for template in templates:
            copy = duplicate(template)
            self.message_user(request, f"“{copy.name}” is made. It is switched off until you offer it.", messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: RetrospectiveTemplate, form: ModelForm[RetrospectiveTemplate], change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.is_default:  # there is one default
            RetrospectiveTemplate.objects.exclude(pk=obj.pk).update(is_default=False)


@transaction.atomic
def duplicate(template: RetrospectiveTemplate) -> RetrospectiveTemplate:
    """Return a copy with all sections, switched off, under a key of its own."""
    sections = list(template.sections.all())
    taken = set(RetrospectiveTemplate.objects.values_list("key", flat=True))
    number = next(number for number in range(2, 10_000) if f"{template.key[:54]}_{number}" not in taken)
    copy = RetrospectiveTemplate.objects.get(pk=template.pk)
    copy.pk, copy.key, copy.name = None, f"{template.key[:54]}_{number}", f"{template.name[:80]} (copy {number})"
    copy.is_active = copy.is_default = False
    copy._state.adding = True
    copy.save()
    for section in sections:
        section.pk, section.template = None, copy
        section._state.adding = True
    TemplateSection.objects.bulk_create(sections)
    return copy


class ReadOnly(admin.ModelAdmin[Any]):
    """To look at: people change these on the product's own pages, where the rules and the versions are."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Postmortem)
class PostmortemAdmin(ReadOnly):
    list_display = ["reference", "title", "status", "owner", "incident", "updated_at"]
    list_filter = ["status"]
    list_select_related = ["owner", "incident"]
    search_fields = ["title"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return Postmortem.objects.visible_to(request.user)


@admin.register(ActionItem)
class ActionItemAdmin(ReadOnly):
    list_display = ["reference", "title", "status", "priority", "owner", "due_on"]
    list_filter = ["status", "priority", "kind"]
    list_select_related = ["owner"]
    search_fields = ["title"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return ActionItem.objects.visible_to(request.user)


@admin.register(Revision)
class RevisionAdmin(ReadOnly):
    list_display = ["postmortem", "number", "audience", "published_at", "published_by", "sha256"]
    list_select_related = ["postmortem", "published_by"]
    fields = [
        "postmortem",
        "number",
        "audience",
        "note",
        "sha256",
        "previous_sha256",
        "published_at",
        "published_by",
        "pdf_stored_as",
        "pdf_sha256",
        "pdf_error",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return Revision.objects.visible_to(request.user)
