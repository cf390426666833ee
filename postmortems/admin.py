"""The admin: post-mortems, action items and revisions to look at; `template_admin.py` has the templates and their rules."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from postmortems import template_admin  # noqa: F401 - registers itself
from postmortems.models import ActionItem, Postmortem, Revision


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
