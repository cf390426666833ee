"""Three months later: three lines on what came of a retrospective."""

from __future__ import annotations

from django.db import models

from incidents.access import Actor
from incidents.models import User
from postmortems import access
from postmortems.models.postmortem import Postmortem


class LookBackQuerySet(models.QuerySet["LookBack"]):
    def visible_to(self, actor: Actor) -> LookBackQuerySet:
        """It is working text until a revision holds it: a viewer reads it there."""
        return self.filter(access.postmortem_filter(actor, "postmortem__")) if access.may_read_draft(actor) else self.none()


class LookBack(models.Model):
    postmortem = models.OneToOneField(Postmortem, on_delete=models.CASCADE, related_name="look_back")
    helped = models.CharField(max_length=500)
    surprised = models.CharField(max_length=500, blank=True)
    follows = models.CharField(max_length=500, blank=True)
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = LookBackQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.helped[:80]
