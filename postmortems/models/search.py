"""The search index as rows. The engines keep their own index over these columns by themselves (migration 0002):
FTS5 through triggers, PostgreSQL through a generated column; so writing a row is all it takes to index it."""

from __future__ import annotations

from django.db import models

from incidents.access import Actor, System, incident_filter
from incidents.models import Incident
from postmortems.models.factors import FactorLeaf
from postmortems.models.postmortem import Postmortem
from postmortems.models.publication import Revision


class SearchEntryQuerySet(models.QuerySet["SearchEntry"]):
    def visible_to(self, actor: Actor) -> SearchEntryQuerySet:
        return self.filter(incident_filter(actor, "incident__"))

    def hidden_from(self, actor: Actor) -> SearchEntryQuerySet:
        return self.exclude(incident_filter(actor, "incident__")) if not isinstance(actor, System) else self.none()


class SearchEntry(models.Model):
    """The words of the latest revision of one published post-mortem."""

    postmortem = models.OneToOneField(Postmortem, on_delete=models.CASCADE, related_name="+")
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="+")
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="+")
    published_at = models.DateTimeField()
    title = models.TextField()
    body = models.TextField()
    timeline = models.TextField()
    actions = models.TextField()
    leaves = models.ManyToManyField(FactorLeaf, related_name="+", help_text="The kinds of its published factors.")

    objects = SearchEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-pk"]
        indexes = [models.Index(fields=["-published_at", "-id"], name="search_newest")]  # browsing without a query
        verbose_name_plural = "search entries"

    def __str__(self) -> str:
        return self.title
