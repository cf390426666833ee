"""Milestones and the metrics between them, both defined as data."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import models
from django.db.models import F
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject

from incidents import access
from incidents.lib.json_rows import JsonRows
from incidents.models.incident import Incident
from incidents.models.people import User
from incidents.models.timeline import TimelineEvent


class MilestoneKind(models.Model):
    """A moment that every incident is asked about: impact started, detected, acknowledged, mitigated, resolved."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    definition = models.CharField(max_length=300)
    position = models.PositiveSmallIntegerField(unique=True, help_text="Their natural order; a later one before an earlier one is pointed out.")

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name


class MilestoneQuerySet(models.QuerySet["Milestone"]):
    def visible_to(self, actor: access.Actor) -> MilestoneQuerySet:
        return self.filter(access.incident_filter(actor, "incident__"))


class Milestone(models.Model):
    """What is known about one milestone of one incident: the proposal from the evidence, and a person's word.

    `at` is the moment that counts and is empty until a person confirmed the proposal or gave another time.
    """

    class Decision(models.TextChoices):
        OPEN = "open", "Not decided"
        CONFIRMED = "confirmed", "Confirmed"
        OVERRIDDEN = "overridden", "Set by hand"
        NOT_APPLICABLE = "not_applicable", "Not applicable"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="milestones")
    kind = models.ForeignKey(MilestoneKind, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(null=True, blank=True)
    earliest = models.DateTimeField(null=True, blank=True)
    latest = models.DateTimeField(null=True, blank=True)
    confidence = models.FloatField(null=True, blank=True, help_text="0 to 1")
    rule = models.CharField(max_length=200, blank=True)
    evidence = models.JSONField(default=list, blank=True, help_text="Ids of the events it was taken from, the deciding one first.")
    voices = models.JSONField(default=list, blank=True, help_text="What each source says about it: source, at, precision, event and meaning.")
    decision = models.CharField(max_length=20, choices=Decision, default=Decision.OPEN)
    event = models.ForeignKey(
        TimelineEvent, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="The event whose time a confirmed milestone follows."
    )
    at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = MilestoneQuerySet.as_manager()

    class Meta:
        ordering = ["kind__position"]
        constraints = [models.UniqueConstraint(fields=["incident", "kind"], name="milestone_once")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.incident.reference}"


class MetricDefinitionQuerySet(models.QuerySet["MetricDefinition"]):
    def as_json(self) -> models.QuerySet[Any]:
        """Each with the names of its ends, as `metrics.Definition` takes them."""
        ends = {"start_name": F("start__name"), "end_name": F("end__name"), "start": F("start__key"), "end": F("end__key")}
        return self.order_by("position", "pk").values(data=JSONObject(position="position", key="key", name="name", definition="definition", **ends))


@cache
def measures_column() -> RawSQL:
    """All definitions of durations as one JSON value, to read along with any row; `measuring.parse` reads it."""
    return JsonRows(MetricDefinition.objects.as_json()).written_out()


class MetricDefinition(models.Model):
    """A duration between two milestones."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    definition = models.CharField(max_length=300)
    start = models.ForeignKey(MilestoneKind, on_delete=models.PROTECT, related_name="+")
    end = models.ForeignKey(MilestoneKind, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    objects = MetricDefinitionQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.CheckConstraint(condition=~models.Q(start=models.F("end")), name="metric_between_two")]

    def __str__(self) -> str:
        return self.name
