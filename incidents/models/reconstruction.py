"""What people and rules said about the evidence as a whole: which events are one fact, how far a source's clock was off, what is good enough."""

from __future__ import annotations

from datetime import timedelta

from django.db import models

from incidents import access
from incidents.models.incident import Incident
from incidents.models.people import User
from incidents.models.timeline import TimelineEvent


class FusionQuerySet(models.QuerySet["Fusion"]):
    def visible_to(self, actor: access.Actor) -> FusionQuerySet:
        return self.filter(access.incident_filter(actor, "incident__"))


class Fusion(models.Model):
    """Two events that are, may be or are not the same fact. `decided_at` is set once a person said so; a rule's word is renewed with the evidence.

    Which entry stands for a fact follows from all accepted pairs (`fusion.settle`) and is kept in `TimelineEvent.fused_into`.
    """

    class Decision(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        ACCEPTED = "accepted", "Fused"
        DISMISSED = "dismissed", "Kept apart"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="fusions")
    first = models.ForeignKey(TimelineEvent, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(TimelineEvent, on_delete=models.CASCADE, related_name="+")
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.PROPOSED)
    rule = models.CharField(max_length=60, help_text="What made them look the same.")
    reason = models.CharField(max_length=300, blank=True)
    confidence = models.FloatField(default=0, help_text="0 to 1")
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True, help_text="Empty for what a rule decided.")

    objects = FusionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="fusion_once"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="fusion_in_order"),
        ]
        indexes = [models.Index(fields=["incident", "decision"], name="fusion_by_decision")]  # the proposals of one incident

    def __str__(self) -> str:
        return f"{self.first_id} and {self.second_id}: {self.get_decision_display()}"


class SourceClockQuerySet(models.QuerySet["SourceClock"]):
    def offset_of(self, incident_id: int, source: str) -> timedelta:
        """Return what is added to the times of a source."""
        return timedelta(seconds=self.filter(incident=incident_id, source=source).values_list("offset", flat=True).first() or 0)

    def visible_to(self, actor: access.Actor) -> SourceClockQuerySet:
        return self.filter(access.incident_filter(actor, "incident__"))


class SourceClock(models.Model):
    """By how much the times of one source are moved on one incident. The evidence keeps its own; a person's corrected time wins."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="clocks")
    source = models.CharField(max_length=40)
    offset = models.IntegerField(default=0, help_text="Seconds added to what the source says. 0 keeps its times, and no suggestion comes back.")
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects = SourceClockQuerySet.as_manager()

    class Meta:
        ordering = ["source"]
        constraints = [models.UniqueConstraint(fields=["incident", "source"], name="clock_once")]

    def __str__(self) -> str:
        return f"{self.source}: {self.offset:+d} s"


class QualityReportQuerySet(models.QuerySet["QualityReport"]):
    def visible_to(self, actor: access.Actor) -> QualityReportQuerySet:
        return self.filter(access.incident_filter(actor, "incident__"))


class QualityReport(models.Model):
    """What `quality.py` found on one incident when its timeline last changed."""

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="quality")
    findings = models.JSONField(default=list, blank=True)
    clocks = models.JSONField(default=list, blank=True, help_text="Suggested offsets of sources, from what two of them saw.")
    measured_at = models.DateTimeField(null=True, blank=True)

    objects = QualityReportQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{len(self.findings)} findings on incident {self.incident_id}"


class AcceptanceQuerySet(models.QuerySet["Acceptance"]):
    def visible_to(self, actor: access.Actor) -> AcceptanceQuerySet:
        return self.filter(access.incident_filter(actor, "incident__"))


class Acceptance(models.Model):
    """A person looked at a finding and left things as they are. It stays over every import."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="acceptances")
    key = models.CharField(max_length=120, help_text="The finding's own name, the same whenever it is found again.")
    reason = models.CharField(max_length=300, blank=True)
    accepted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    accepted_at = models.DateTimeField(auto_now_add=True)

    objects = AcceptanceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["incident", "key"], name="acceptance_once")]

    def __str__(self) -> str:
        return self.key
