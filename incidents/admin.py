"""For operators: people, the catalogue, and read-only views of what came in and what was done. No rules live here."""

from __future__ import annotations

from typing import Any

from allauth.mfa.admin import AuthenticatorAdmin
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from incidents import (
    custom_field_admin,  # noqa: F401 - registers itself
    hooks,
    jobs,
)
from incidents.admin_rows import EditedRows
from incidents.models import (
    AuditEvent,
    Delivery,
    Endpoint,
    Incident,
    IncidentType,
    Job,
    Mapping,
    MetricDefinition,
    MilestoneKind,
    Service,
    Severity,
    Tag,
    Team,
    User,
)


class ReadOnly(admin.ModelAdmin[Any]):
    """History: looked at, never changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Kept(admin.ModelAdmin[Any]):
    """Not to be deleted: history names it, and the question before deleting would list incidents that are private."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class PersonAdmin(Kept, UserAdmin[User]):
    list_display = ("username", "first_name", "last_name", "email", "role", "is_active", "is_staff")
    list_filter = ("role", "is_active", "is_staff")
    fieldsets = (*(UserAdmin.fieldsets or ()), ("In the product", {"fields": ("role", "time_zone")}))
    readonly_fields = ("last_login", "date_joined")  # what happened, not what somebody says
    add_fieldsets = (*UserAdmin.add_fieldsets, ("In the product", {"fields": ("email", "role", "time_zone")}))


admin.site.unregister(Authenticator)  # allauth's own shows the secret


@admin.register(Authenticator)
class SecondFactorAdmin(AuthenticatorAdmin):  # type: ignore[misc] # allauth has no types
    """To take the second factor from somebody who lost the device."""

    fields = list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Described(admin.ModelAdmin[Any]):
    """What incidents are described with. The question before deleting does not list who bears it: it would tell of private incidents."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        return [str(one) for one in objs], {}, set(), []


@admin.register(Team)
class TeamAdmin(Described):
    search_fields = ("name",)
    filter_horizontal = ("members",)


@admin.register(Service)
class ServiceAdmin(Described):
    list_display = ("name", "key", "team")
    list_select_related = ("team",)
    search_fields = ("name", "key")
    prepopulated_fields = {"key": ("name",)}


@admin.register(Severity)
class SeverityAdmin(Kept):
    list_display = ("name", "key", "rank", "description")


@admin.register(IncidentType)
class IncidentTypeAdmin(EditedRows, Kept):
    """Types are renamed, reordered and switched off; seeding adds the first ones once."""

    list_display = ("name", "key", "position", "is_active", "description")
    list_editable = ("position", "is_active")

    def get_prepopulated_fields(self, request: HttpRequest, obj: IncidentType | None = None) -> dict[str, Any]:
        return {} if obj else {"key": ("name",)}

    def get_readonly_fields(self, request: HttpRequest, obj: IncidentType | None = None) -> tuple[str, ...]:
        return ("key",) if obj else ()  # addresses, rules and the API name a type by it


@admin.register(Tag)
class TagAdmin(Described):
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        return Tag.objects.visible_to(request.user)


@admin.register(MilestoneKind)
class MilestoneKindAdmin(Kept):
    list_display = ("name", "key", "position", "definition")


@admin.register(MetricDefinition)
class MetricDefinitionAdmin(admin.ModelAdmin[MetricDefinition]):
    list_display = ("name", "key", "start", "end", "position")
    list_select_related = ("start", "end")


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ("received_at", "incident", "endpoint", "channel", "file_name", "source", "state", "size")
    list_filter = ("state", "channel", "source")
    list_select_related = ("incident", "endpoint")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """Leave out what belongs to private incidents the administrator is not on."""
        return Delivery.objects.visible_to(request.user)


@admin.register(Mapping)
class MappingAdmin(admin.ModelAdmin[Mapping]):
    list_display = ("name", "source", "created_by", "saved_at")
    list_select_related = ("created_by",)
    raw_id_fields = ("created_by",)
    readonly_fields = ("source", "fingerprint", "fields", "saved_at")
    search_fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # made on the page of an import, where the columns are


@admin.register(Endpoint)
class EndpointAdmin(ReadOnly):
    """To look at; it is changed under Settings → Webhooks. Secrets are not shown there either."""

    list_display = ("name", "source", "scheme", "team", "is_enabled", "last_received_at", "failures", "last_failure")
    list_filter = ("is_enabled", "scheme")
    list_select_related = ("team",)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly):
    list_display = ("at", "actor", "verb", "subject")
    list_filter = ("verb",)
    list_select_related = ("actor",)
    search_fields = ("subject",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        """Leave out what was done to private incidents the administrator is not on."""
        visible = Incident.objects.visible_to(request.user)
        hidden = Incident.objects.filter(is_private=True).exclude(pk__in=visible.values("pk"))
        references = {f"INC-{pk}" for pk in hidden.values_list("pk", flat=True)}.union(*(ask(request.user) for ask in hooks.hidden_subjects))
        return super().get_queryset(request).exclude(subject__in=references)


@admin.register(Job)
class JobAdmin(ReadOnly):
    list_display = ("kind", "object_id", "state", "attempts", "lost", "run_after", "finished_at", "error")
    list_filter = ("state", "kind")
    actions = ("try_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        """Leave out work on what the administrator may not see: what went wrong with it may quote it."""
        return super().get_queryset(request).exclude(jobs.hidden_from(request.user))

    @admin.action(description="Try again what was given up")
    def try_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        revived = sum(jobs.revive(pk) for pk in queryset.values_list("pk", flat=True))
        self.message_user(request, f"{revived} jobs wait for a worker again.")
