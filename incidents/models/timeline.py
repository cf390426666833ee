"""The timeline: events as the evidence gives them, and what people made of them on top."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models.functions import Coalesce

from incidents import access
from incidents.models.incident import Incident
from incidents.models.intake import Delivery
from incidents.models.people import User


class Kind(models.TextChoices):
    """What sort of thing an event is."""

    ALERT = "alert", "Alert"
    PAGE = "page", "Page"
    ACKNOWLEDGEMENT = "acknowledgement", "Acknowledgement"
    ESCALATION = "escalation", "Escalation"
    STATUS = "status", "Status change"
    SEVERITY = "severity", "Severity change"
    ROLE = "role", "Role"
    MESSAGE = "message", "Message"
    HYPOTHESIS = "hypothesis", "Hypothesis"
    DECISION = "decision", "Decision"
    ACTION = "action", "Action taken"
    CHANGE = "change", "Change"
    IMPACT = "impact", "Impact"
    MITIGATION = "mitigation", "Mitigation"
    RESOLUTION = "resolution", "Resolution"
    RECOVERY = "recovery", "Recovery signal"
    COMMUNICATION = "communication", "Communication"
    NOTE = "note", "Note"


class Salience(models.IntegerChoices):
    NOISE = 0, "Noise"
    NORMAL = 1, "Normal"
    KEY = 2, "Key moment"


class Precision(models.TextChoices):
    """How finely the evidence states the time."""

    SECOND = "second", "to the second"
    MINUTE = "minute", "to the minute"
    HOUR = "hour", "to the hour"
    DAY = "day", "to the day"


class Revised(models.TextChoices):
    """What the source says happened to an event after it was first written."""

    EDITED = "edited", "Edited"
    DELETED = "deleted", "Deleted"


class TimelineEventQuerySet(models.QuerySet["TimelineEvent"]):
    def visible_to(self, actor: access.Actor) -> TimelineEventQuerySet:
        return self.filter(access.incident_filter(actor, "incident__"))

    def committed(self, incident: Incident, deliveries: Iterable[Delivery] | None = None) -> TimelineEventQuerySet:
        """The incident's events but those of an import that has not finished; `deliveries` are all of its, if already loaded."""
        # Two steps, not a join: there is hardly ever an unfinished delivery, so the second query stays a plain index scan.
        if deliveries is None:
            unfinished = list(Delivery.objects.filter(incident=incident).exclude(state=Delivery.State.IMPORTED).values_list("pk", flat=True))
        else:
            unfinished = [delivery.pk for delivery in deliveries if delivery.state != Delivery.State.IMPORTED]
        events = self.filter(incident=incident)
        return events.exclude(delivery__in=unfinished) if unfinished else events

    def unfused(self) -> TimelineEventQuerySet:
        """One event for each fact: those that another stands for are left out."""
        return self.filter(fused_into=None)

    def as_curated(self) -> TimelineEventQuerySet:
        """With the curation loaded."""
        return self.select_related("curation")


class TimelineEvent(models.Model):
    """One event, as one piece of evidence gives it. People never change it: what they say lies in its `Curation`.

    `at` is where the event stands in the timeline: the corrected time where a person gave one, else `occurred_at`, moved
    by the offset of its source's clock. `fused_into` is kept by `fusing.py`: readers of a timeline show one entry for both.
    """

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="events")
    delivery = models.ForeignKey(Delivery, null=True, blank=True, on_delete=models.SET_NULL, related_name="events", help_text="None for an entry made by hand.")
    source = models.CharField(max_length=40)
    external_key = models.CharField(max_length=200, help_text="The vendor's id, or a hash of what identifies the event in its source.")
    content_hash = models.CharField(max_length=40, blank=True, help_text="Tells whether a later import brings changed content.")
    at = models.DateTimeField()
    occurred_at = models.DateTimeField()
    time_text = models.CharField(max_length=100, blank=True, help_text="The time as written.")
    zone = models.CharField(max_length=64, blank=True, help_text="The zone stated or assumed.")
    zone_assumed = models.BooleanField(default=False)
    precision = models.CharField(max_length=10, choices=Precision, default=Precision.SECOND)
    sequence = models.PositiveIntegerField(default=0, help_text="Order in the source, for events of one instant.")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.MESSAGE)
    rule = models.CharField(max_length=60, blank=True, help_text="What decided the kind.")
    salience = models.PositiveSmallIntegerField(choices=Salience, default=Salience.NORMAL)
    # A person's word as its curation has it, here too: kinds and key moments are then found by an index, in an incident of any size.
    curated_kind = models.CharField(max_length=20, choices=Kind, null=True, editable=False)
    curated_salience = models.PositiveSmallIntegerField(choices=Salience, null=True, editable=False)
    shown_kind = models.GeneratedField(expression=Coalesce("curated_kind", "kind"), output_field=models.CharField(max_length=20), db_persist=True)
    shown_salience = models.GeneratedField(
        expression=Coalesce("curated_salience", "salience"), output_field=models.PositiveSmallIntegerField(), db_persist=True
    )
    actor = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    url = models.CharField(max_length=1000, blank=True)
    thread = models.CharField(max_length=200, blank=True, help_text="Key of the event that opened the thread.")
    milestone = models.CharField(max_length=40, blank=True, help_text="The milestone that the source itself states with this event.")
    where = models.CharField(max_length=200, blank=True, help_text="Place in the delivery: “line 7”, “log_entries[3]”.")
    raw = models.TextField(blank=True, help_text="The original as received.")
    recorded_at = models.DateTimeField(null=True, blank=True, help_text="When the source wrote it down, where that is another moment than when it happened.")
    revised = models.CharField(max_length=10, choices=Revised, blank=True, help_text="Edited or deleted, as the source says.")
    fused_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="fused",
        db_index=False,
        help_text="The event that stands for both, being the same fact.",
    )
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TimelineEventQuerySet.as_manager()

    class Meta:
        ordering = ["at", "sequence", "pk"]
        constraints = [models.UniqueConstraint(fields=["incident", "source", "external_key"], name="event_once")]
        indexes = [
            models.Index(fields=["incident", "at", "sequence", "id"], name="event_in_order"),  # the window of a page
            models.Index(fields=["incident", "shown_kind", "at", "sequence", "id"], name="event_by_kind"),  # the same of one kind
            models.Index(fields=["incident", "shown_salience", "at", "sequence", "id"], name="event_by_salience"),  # the key moments: few among many
            models.Index(fields=["fused_into"], condition=models.Q(fused_into__isnull=False), name="event_fused"),  # the evidence of a window's entries: few
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.text[:60]}"

    @property
    def curated(self) -> Curation | None:
        """What people made of it; a query, unless it was read `as_curated`."""
        return getattr(self, "curation", None)

    @property
    def shown_text(self) -> str:
        return (self.curated.title if self.curated else "") or self.text

    @property
    def shown_precision(self) -> str:
        """A time that a person gave is exact."""
        return Precision.SECOND if self.curated and self.curated.corrected_at else self.precision


class Curation(models.Model):
    """What people say about one event: hidden, highlighted, retitled, timed anew. Import never touches it."""

    event = models.OneToOneField(TimelineEvent, on_delete=models.CASCADE, related_name="curation")
    is_hidden = models.BooleanField(default=False)
    salience = models.PositiveSmallIntegerField(choices=Salience, null=True, blank=True)
    kind = models.CharField(max_length=20, choices=Kind, null=True, blank=True)
    title = models.CharField(max_length=300, blank=True)
    note = models.TextField(blank=True, max_length=20_000)
    corrected_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Curation of event {self.event_id}"
