"""Who is at a section just now."""

from __future__ import annotations

from django.db import models

from incidents.models import User
from postmortems.models.postmortem import Section


class Presence(models.Model):
    """The last sign of a person at a section: one row for both, renewed by the page and cleared away by whoever comes next."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="presences")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()
    typed_at = models.DateTimeField(null=True, blank=True, help_text="Empty for who has only read so far.")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["section", "user"], name="presence_once")]

    def __str__(self) -> str:
        return f"{self.user} at {self.section_id}"
