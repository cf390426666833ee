"""What people told the coach to leave as it is, and what the team does not want to hear about."""

from __future__ import annotations

from django.db import models

from incidents.models import User
from postmortems.models.postmortem import Section


class CoachSwitch(models.Model):
    """Whether the coach speaks of one category, by how sure it is. One row a category; without one it speaks."""

    category = models.CharField(max_length=30, unique=True, editable=False)
    strong = models.BooleanField(default=True, help_text="Very likely a verdict on a person.")
    ask = models.BooleanField("question", default=True, help_text="A question worth answering.")
    hint = models.BooleanField(default=True, help_text="A habit of wording.")

    class Meta:
        ordering = ["pk"]
        verbose_name = "switch of the coach"
        verbose_name_plural = "switches of the coach"

    def __str__(self) -> str:
        return self.category.replace("_", " ")


class Dismissal(models.Model):
    """One finding that stays silent, for as long as its sentence stands in its section. No count of these is kept by person."""

    class Reason(models.TextChoices):
        QUOTE = "quote", "It is a quote"
        FACT = "fact", "It is a fact about a system"
        AGREED = "agreed", "We agreed on this wording"
        OTHER = "other", "Another reason"

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="dismissals")
    category = models.CharField(max_length=30)
    words = models.CharField(max_length=200, help_text="What was found.")
    passage = models.TextField(max_length=1000, help_text="The sentence it stands in.")
    digest = models.CharField(max_length=64, help_text="Of category, words and sentence, without regard to case and spaces.")
    reason = models.CharField(max_length=10, choices=Reason, default=Reason.OTHER)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["section", "digest"], name="dismissal_once")]

    def __str__(self) -> str:
        return self.words
