"""The admin: the catalogue of contributing factors and approval rules; post-mortems, action items and revisions to look at.

`template_admin.py` has the templates and their rules, `process_admin.py` the lists of steps and the calendars.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from incidents import jobs
from incidents.admin_rows import EditedRows
from incidents.models import Job, Tag
from postmortems import (
    process_admin,  # noqa: F401 - registers itself
    publishing,
    template_admin,  # noqa: F401 - registers itself
)
from postmortems.approvals import Approvals
from postmortems.coach.texts import ADVICE
from postmortems.models import (
    ActionItem,
    ApprovalRule,
    CoachSwitch,
    FactorGroup,
    FactorLeaf,
    Postmortem,
    Revision,
    SectionKind,
    TemplateSection,
)

#: Post-mortems that a rule is tried on.
DRY_RUN = 10


class FactorLeafInline(admin.StackedInline[FactorLeaf, FactorGroup]):
    model = FactorLeaf
    extra = 0
    verbose_name, verbose_name_plural = "kind", "kinds"
    fields = [("position", "key", "is_active"), "name", "use_when", "question"]
    classes = ["collapse"]
    # Seeding would bring a built-in kind back, and reviews may have it; it is switched off instead.
    can_delete = False


@admin.register(FactorGroup)
class FactorGroupAdmin(EditedRows, admin.ModelAdmin[FactorGroup]):
    """The catalogue of contributing factors: kinds are added, renamed, reordered and switched off, never deleted."""

    list_display = ["name", "key", "number_of_kinds", "position", "is_active"]
    list_editable = ["position", "is_active"]
    search_fields = ["name", "key", "leaves__name", "leaves__use_when"]
    inlines = [FactorLeafInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[FactorGroup]:
        return super().get_queryset(request).annotate(leaf_count=Count("leaves"))

    @admin.display(description="kinds", ordering="leaf_count")
    def number_of_kinds(self, group: Any) -> int:
        return int(group.leaf_count)

    def get_readonly_fields(self, request: HttpRequest, obj: FactorGroup | None = None) -> list[str]:
        return ["key"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: FactorGroup | None = None) -> bool:
        return False


class ReadOnly(admin.ModelAdmin[Any]):
    """To look at: people change these on the product's own pages, where the rules and the versions are."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(CoachSwitch)
class CoachSwitchAdmin(EditedRows, admin.ModelAdmin[CoachSwitch]):
    """What the coach speaks of in this team. Off is off in the editor, in action items, before publishing and in the API."""

    list_display = ["name", "strong", "ask", "hint"]
    list_editable = ["strong", "ask", "hint"]
    fields = ["name", "strong", "ask", "hint"]
    readonly_fields = ["name"]

    @admin.display(description="category")
    def name(self, switch: CoachSwitch) -> str:
        return ADVICE[switch.category].name if switch.category in ADVICE else str(switch)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: CoachSwitch | None = None) -> bool:
        return False


@admin.register(ApprovalRule)
class ApprovalRuleAdmin(admin.ModelAdmin[ApprovalRule]):
    list_display = ["name", "who", "needed", "audience", "is_active", "position"]
    list_filter = ["is_active"]
    search_fields = ["name", "reason"]
    filter_horizontal = ["severities", "services", "teams", "tags", "people"]
    readonly_fields = ["dry_run"]
    fieldsets = [
        (None, {"fields": ["name", "reason", ("is_active", "position")]}),
        ("When it is needed: all that is filled in must hold", {"fields": ["audience", "severities", "services", "teams", "tags", "sections"]}),
        ("Who gives it", {"fields": ["who", "people", "needed", "owner_counts"]}),
        ("Dry run", {"fields": ["dry_run"]}),
    ]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the tags that the administrator may know of. Those that a rule names are kept: without them saving it would change it."""
        if db_field.name == "tags":
            named = ApprovalRule.tags.through.objects.values("tag")
            kwargs["queryset"] = Tag.objects.filter(Q(pk__in=Tag.objects.visible_to(request.user).values("pk")) | Q(pk__in=named))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description="what it says of the latest post-mortems")
    def dry_run(self, rule: ApprovalRule) -> str | SafeString:
        if not rule.pk:
            return "Save it first."
        visible = Postmortem.objects.visible_to(getattr(rule, "actor", None)).select_related("incident__severity", "incident__team", "incident__lead")
        latest = visible.prefetch_related("incident__services", "incident__tags")[:DRY_RUN]
        rows = [(one.postmortem, *self.answer(one)) for one in (Approvals(each, rule.audience, [rule]) for each in latest)]
        return format_html_join("", '<p><a href="{}">{}</a>: {}, because {}.</p>', [(one.get_absolute_url(), str(one), said, why) for one, said, why in rows])

    def answer(self, found: Approvals) -> tuple[str, str]:
        answer = found.answers[0]
        return ("needed" if answer.applies else "not needed"), answer.why

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> ApprovalRule | None:
        rule = super().get_object(request, object_id, from_field)
        if rule is not None:
            rule.actor = request.user  # type: ignore[attr-defined] # the dry run names what this administrator sees, no private incident of others
        return rule

    def save_model(self, request: HttpRequest, obj: ApprovalRule, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        known = {*SectionKind.values, *TemplateSection.objects.values_list("key", flat=True)}
        for name in obj.sections.split():
            if name not in known:  # a slip here would ask for nothing, and nobody would notice
                self.message_user(request, f"No template has a section of the key or kind “{name}”: until one does, nothing is asked for it.", messages.WARNING)


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
    list_display = ["postmortem", "number", "audience", "published_at", "published_by", "pdf", "sha256"]
    list_select_related = ["postmortem", "published_by"]
    actions = ["print_again"]
    fields = [
        "postmortem",
        "number",
        "audience",
        "note",
        "sha256",
        "previous_sha256",
        "published_at",
        "published_by",
        "pdf",
        "pdf_stored_as",
        "pdf_sha256",
        "pdf_error",
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        awaited = Job.objects.filter(kind="pdf", object_id=OuterRef("pk"), state__in=jobs.UNDER_WAY)
        return Revision.objects.visible_to(request.user).annotate(is_awaited=Exists(awaited))

    @admin.display(description="PDF")
    def pdf(self, revision: Any) -> str:
        if revision.pdf_stored_as:
            return "Printed"
        return "Being made" if revision.is_awaited else f"Could not be made: {revision.pdf_error or publishing.UNTOLD}"

    @admin.action(description="Try again to print the PDF")
    def print_again(self, request: HttpRequest, queryset: QuerySet[Revision]) -> None:
        for revision in queryset.select_related("postmortem"):
            publishing.print_again(actor=request.user, revision=revision)
        self.message_user(request, "What is not printed yet waits for a worker.")
