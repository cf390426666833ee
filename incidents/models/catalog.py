"""What incidents are described with: services, severities and types, kept by administrators."""

from __future__ import annotations

from django.db import models

from incidents import access
from incidents.access import Actor
from incidents.models.people import Team


class Service(models.Model):
    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="services")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Severity(models.Model):
    key = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=300, blank=True)
    rank = models.PositiveSmallIntegerField(unique=True, help_text="1 is the worst.")

    class Meta:
        ordering = ["rank"]
        verbose_name_plural = "severities"

    def __str__(self) -> str:
        return self.name


class IncidentType(models.Model):
    """What sort of incident it is: which fields it has and which template it gets may depend on it."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True, help_text="Switched off it is no longer offered; incidents that have it keep it.")

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class TagQuerySet(models.QuerySet["Tag"]):
    def visible_to(self, actor: Actor) -> TagQuerySet:
        """Tags are people's own words: leave out those that only hidden incidents have."""
        borne = self.model.incidents.through.objects.filter(tag=models.OuterRef("pk"))
        visible = borne.filter(access.incident_filter(actor, "incident__"))
        return self.filter(models.Exists(visible) | ~models.Exists(borne))


class Tag(models.Model):
    name = models.SlugField(max_length=60, unique=True)

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
