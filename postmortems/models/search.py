"""The search index as rows. The engines keep their own index over these columns by themselves (migration 0002):
FTS5 through triggers, PostgreSQL through a generated column; so writing a row is all it takes to index it."""

from __future__ import annotations

from django.db import models

from incidents.access import Actor, System, hidden_incidents, incident_filter
from incidents.models import Incident
from postmortems import access
from postmortems.models.covering import RelatedIncident
from postmortems.models.factors import FactorLeaf
from postmortems.models.postmortem import Postmortem
from postmortems.models.publication import Revision


class SearchEntryQuerySet(models.QuerySet["SearchEntry"]):
    def visible_to(self, actor: Actor) -> SearchEntryQuerySet:
        return self.filter(incident_filter(actor, "incident__") & access.related_filter(actor, "postmortem__"))

    def hidden_from(self, actor: Actor) -> SearchEntryQuerySet:
        if isinstance(actor, System):
            return self.none()
        if not getattr(actor, "is_authenticated", False) or not actor.is_active:
            return self.all()
        return self.filter(models.Q(incident__in=hidden_incidents(actor)) | models.Q(postmortem__in=access.out_of_reach(actor)))

    def about(self, incidents: models.QuerySet[Incident]) -> SearchEntryQuerySet:
        """Those of post-mortems that cover one of these incidents."""
        related = RelatedIncident.objects.filter(incident__in=incidents.values("pk")).order_by()
        return self.filter(models.Q(incident__in=incidents.values("pk")) | models.Q(postmortem__in=related.values("postmortem_id")))


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
