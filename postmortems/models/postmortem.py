"""A post-mortem at work: its sections with every version that was ever saved."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.db import models
from django.db.models.expressions import RawSQL
from django.urls import reverse

from incidents.access import Actor
from incidents.models import Incident, User
from postmortems import access
from postmortems.kinds import as_excerpt
from postmortems.models.template import RetrospectiveTemplate, SectionText
from postmortems.states import READ_ONLY


class Trigger(models.TextChoices):
    """What set it off, for finding similar reviews; the conditions behind it are factors."""

    CODE_RELEASE = "code_release", "Code release"
    SETTINGS_CHANGE = "settings_change", "Settings change"
    FLAG_CHANGE = "flag_change", "Flag change"
    SCHEMA_OR_DATA_CHANGE = "schema_or_data_change", "Schema or data change"
    DEPENDENCY_OR_IMAGE_UPDATE = "dependency_or_image_update", "Dependency or image update"
    INFRASTRUCTURE_CHANGE = "infrastructure_change", "Infrastructure change"
    MAINTENANCE_WORK = "maintenance_work", "Maintenance work"
    CERTIFICATE_OR_QUOTA_EXPIRY = "certificate_or_quota_expiry", "Certificate or quota expiry"
    TRAFFIC_OR_USAGE_SHIFT = "traffic_or_usage_shift", "Traffic or usage shift"
    SCHEDULED_JOB = "scheduled_job", "Scheduled job"
    SUPPLIER_EVENT = "supplier_event", "Supplier event"
    HARDWARE_OR_FACILITY_EVENT = "hardware_or_facility_event", "Hardware or facility event"
    HOSTILE_ACT = "hostile_act", "Hostile act"
    SLOW_DECAY = "slow_decay", "Slow decay"
    RECOVERY_FROM_OTHER_INCIDENT = "recovery_from_other_incident", "Recovery from another incident"
    NONE_IDENTIFIED = "none_identified", "None identified"


COVERING = "SELECT postmortem_id FROM postmortems_relatedincident WHERE incident_id = %s"


class PostmortemQuerySet(models.QuerySet["Postmortem"]):
    def visible_to(self, actor: Actor) -> PostmortemQuerySet:
        return self.filter(access.postmortem_filter(actor))

    def about(self, incidents: models.QuerySet[Incident]) -> PostmortemQuerySet:
        """Those whose main incident is among these, or one of the further ones that they cover."""
        related = Postmortem.related_incidents.through.objects.filter(incident__in=incidents.values("pk")).order_by()
        return self.filter(models.Q(incident__in=incidents.values("pk")) | models.Q(pk__in=related.values("postmortem_id")))

    def about_one(self, incident_id: int) -> PostmortemQuerySet:
        """As `about`, of one incident that is at hand: every page of an incident asks this, and building it took longer than running it."""
        covering = RawSQL(COVERING, [incident_id])  # noqa: S611 - the text is fixed
        return self.filter(models.Q(incident=incident_id) | models.Q(pk__in=covering))


class Postmortem(models.Model):
    """The retrospective of an incident, and of further ones where they belong together. Its public reference is PM-<pk>."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "in_review", "In review"
        CHANGES_REQUESTED = "changes_requested", "Changes requested"
        APPROVED = "approved", "Approved"
        PUBLISHED = "published", "Published"
        ARCHIVED = "archived", "Archived"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="+")
    related_incidents = models.ManyToManyField(Incident, through="postmortems.RelatedIncident", related_name="+", blank=True)
    template = models.ForeignKey(RetrospectiveTemplate, null=True, on_delete=models.SET_NULL, related_name="+")
    template_version = models.PositiveIntegerField(null=True, blank=True, help_text="The version it follows; not known of those started before there were any.")
    title = models.CharField(max_length=300)
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT)
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    trigger = models.CharField(max_length=40, choices=Trigger, blank=True, help_text="What set it off. One kind, not a cause.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)
    published_at = models.DateTimeField(null=True, blank=True, help_text="When the latest revision was published.")
    version = models.PositiveIntegerField(default=1, help_text="Of title, owner and status.")

    objects = PostmortemQuerySet.as_manager()

    class Meta:
        verbose_name = "post-mortem"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["-published_at"], name="postmortem_by_publication")]  # the knowledge base, newest first

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def reference(self) -> str:
        return f"PM-{self.pk}"

    @property
    def state(self) -> str:
        """The state in words: after a publication the text at work is a draft of the next revision, while the last one stays published."""
        label = str(Postmortem.Status(self.status).label)
        at_work = self.published_at and self.status not in {self.Status.PUBLISHED, self.Status.ARCHIVED}
        if not at_work:
            return label
        return "Draft of the next revision" if self.status == self.Status.DRAFT else f"{label}, next revision"

    @property
    def is_read_only(self) -> bool:
        """Whether nothing of it may be changed: it was laid by."""
        return self.status in READ_ONLY

    def get_absolute_url(self) -> str:
        return reverse("postmortems:postmortem", args=[self.reference])


class Section(SectionText):
    """One section of a post-mortem: a copy of the template's texts, and what people wrote."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="sections")
    body = models.TextField(blank=True, max_length=100_000, help_text="Markdown.")
    values = models.JSONField(default=dict, blank=True, help_text="Of the fields, and the rows of kinds that have rows.")
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["postmortem", "key"], name="postmortem_section_once")]

    @property
    def excerpt(self) -> str:
        """How it begins, for a line in a list; times in the zone of the incident, as in the section itself."""
        return as_excerpt(self, self.values, self.body, ZoneInfo(self.postmortem.incident.time_zone))


class SectionVersion(models.Model):
    """What a section held after one save, also after one that lost the race: no word is ever lost."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(help_text="The version it became, or for a lost save the one it was based on.")
    is_lost = models.BooleanField(default=False, help_text="Another save came first; its author was shown both.")
    body = models.TextField(blank=True)
    values = models.JSONField(default=dict, blank=True)
    saved_at = models.DateTimeField(auto_now_add=True)
    saved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["section", "number"], condition=models.Q(is_lost=False), name="section_version_once")]

    def __str__(self) -> str:
        return f"version {self.number} of section {self.section_id}"
