"""Revisions: what was published, immutable."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.urls import reverse

from incidents.access import Actor
from incidents.models import User
from postmortems import access
from postmortems.models.postmortem import Postmortem
from postmortems.models.template import Audience


class Immutable(Exception):
    """Somebody tried to change or delete what was published."""


class RevisionQuerySet(models.QuerySet["Revision"]):
    def visible_to(self, actor: Actor) -> RevisionQuerySet:
        return self.filter(access.postmortem_filter(actor, "postmortem__"))

    def update(self, **values: Any) -> int:
        if not set(values) <= Revision.ADDED_LATER:
            raise Immutable("What was published does not change. Publish another revision.")
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        raise Immutable("A revision is not deleted. It goes when its incident goes.")


class Revision(models.Model):
    """One publication. `document` is frozen; `sha256` covers it and the hash of the revision before, so that the chain can be checked."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    audience = models.CharField(max_length=20, choices=Audience, default=Audience.INTERNAL)
    document = models.JSONField()
    sha256 = models.CharField(max_length=64)
    previous_sha256 = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=300, blank=True, help_text="What changed since the revision before.")
    html = models.TextField(help_text="The body of the page, rendered and sanitised once.")
    pdf_stored_as = models.CharField(max_length=120, blank=True, help_text="Name in the file storage; empty until rendered.")
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    pdf_error = models.CharField(max_length=300, blank=True)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = RevisionQuerySet.as_manager()

    #: What is known only after the publication; everything else is sealed.
    ADDED_LATER = frozenset({"pdf_stored_as", "pdf_sha256", "pdf_error"})

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["postmortem", "number"], name="revision_once")]

    def __str__(self) -> str:
        return f"{self.postmortem.reference} revision {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("postmortems:revision", args=[self.postmortem.reference, self.number])

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding and not set(kwargs.get("update_fields") or ["all"]) <= self.ADDED_LATER:
            raise Immutable("What was published does not change. Publish another revision.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise Immutable("A revision is not deleted. It goes when its incident goes.")
