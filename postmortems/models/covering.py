"""Further incidents of one post-mortem: the main one is its own `incident`."""

from __future__ import annotations

from django.db import models

from incidents.models import Incident, User
from postmortems.models.postmortem import Postmortem


class RelatedIncident(models.Model):
    """One incident that a post-mortem covers besides its main one. Only those who may see all of them see the post-mortem."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="related")
    # What was published tells of it: an incident that goes on its own must not lay open what its post-mortem says.
    incident = models.ForeignKey(Incident, on_delete=models.RESTRICT, related_name="+")
    is_published = models.BooleanField(default=False, help_text="A revision tells of it, so it stays.")
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["incident_id"]
        constraints = [models.UniqueConstraint(fields=["postmortem", "incident"], name="related_incident_once")]

    def __str__(self) -> str:
        return f"INC-{self.incident_id} in PM-{self.postmortem_id}"
