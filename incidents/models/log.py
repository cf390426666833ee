"""The audit log: who did what, when. Rows are only ever added."""

from __future__ import annotations

from typing import Any

from django.db import models

from incidents.models.people import User


class AuditEvent(models.Model):
    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="None for the system.")
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=60, help_text="Reference of what it was done to, such as INC-12.")
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["subject", "-id"], name="audit_by_subject")]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"

    @classmethod
    def record(cls, actor: Any, verb: str, subject: str, **detail: Any) -> None:
        """Add one row; `actor` may be the system. Never pass bodies or secrets in `detail`."""
        cls.objects.create(actor=actor if isinstance(actor, User) else None, verb=verb, subject=subject, detail=detail)
