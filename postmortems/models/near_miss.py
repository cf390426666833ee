"""What is known of a report of a near miss or good catch, besides its incident and its document."""

from __future__ import annotations

from django.db import models

from incidents.models import User
from postmortems.models.postmortem import Postmortem


class NearMiss(models.Model):
    """A report: who sent it, as far as they want that kept, and whether somebody said thank you."""

    class Credit(models.TextChoices):
        NAMED = "named", "You may name me"
        TEAM = "team", "Keep my name out of the document; whoever works on it may ask me"
        UNNAMED = "unnamed", "Do not keep my name at all"

    class State(models.TextChoices):
        SUBMITTED = "submitted", "Submitted"
        THANKED = "thanked", "Thanked"
        PUBLISHED = "published", "Published"

    postmortem = models.OneToOneField(Postmortem, on_delete=models.CASCADE, related_name="near_miss")
    reporter = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="None for who wants no name kept.")
    credit = models.CharField(max_length=10, choices=Credit, default=Credit.NAMED)
    thanks_to = models.CharField(max_length=200, blank=True, help_text="Who noticed or stopped it.")
    thanks_agreed = models.BooleanField(default=False, help_text="They agreed to be named in the document.")
    reported_at = models.DateTimeField(auto_now_add=True)
    thanked_at = models.DateTimeField(null=True, blank=True)
    thanked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    thanks = models.CharField(max_length=500, blank=True, help_text="The words of thanks.")

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "near misses"

    def __str__(self) -> str:
        return f"Report of PM-{self.postmortem_id}"

    @property
    def state(self) -> State:
        if self.postmortem.published_at:
            return self.State.PUBLISHED
        return self.State.THANKED if self.thanked_at else self.State.SUBMITTED
