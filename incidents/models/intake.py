"""Deliveries: what came in, byte for byte, before anything was made of it; and what people said its columns mean."""

from __future__ import annotations

from django.db import models

from incidents import access
from incidents.models.endpoints import Endpoint
from incidents.models.incident import Incident
from incidents.models.people import User


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, actor: access.Actor) -> DeliveryQuerySet:
        return self.filter(access.delivery_filter(actor))


class Delivery(models.Model):
    """One file or body as received. Its bytes never change; parsing it can be repeated at any time (`intake.replay`).

    What a webhook brings has no incident until `assigning.py` or a person gives it one; until then administrators see it.

    Events of a delivery are shown only once it is `imported`: readers leave out those of unfinished ones, so that a
    crash in the middle shows nothing half done.
    """

    class State(models.TextChoices):
        RECEIVED = "received", "Waiting"
        IMPORTING = "importing", "Importing"
        IMPORTED = "imported", "Imported"
        NEEDS_ANSWER = "needs_answer", "Needs an answer"
        REFUSED = "refused", "Refused"
        HELD = "held", "In the inbox"
        IGNORED = "ignored", "Ignored"

    class Channel(models.TextChoices):
        UPLOAD = "upload", "Upload"
        PASTE = "paste", "Pasted text"
        COMMAND = "command", "Command"
        API = "api", "API"
        WEBHOOK = "webhook", "Webhook"

    incident = models.ForeignKey(Incident, null=True, blank=True, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(Endpoint, null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries", help_text="The webhook it came by.")
    dedupe_key = models.CharField(max_length=200, blank=True, help_text="The sender's id of the delivery, or a hash of its bytes.")
    channel = models.CharField(max_length=20, choices=Channel)
    file_name = models.CharField(max_length=255, blank=True, help_text="As the sender named it, cleaned; never used as a path.")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    stored_as = models.CharField(max_length=120, help_text="Name in the file storage, by content.")
    source = models.CharField(max_length=40, blank=True, help_text="The format: stated, or detected from the content.")
    options = models.JSONField(default=dict, blank=True, help_text="How to read it: time_zone, date, mapping.")
    state = models.CharField(max_length=20, choices=State, default=State.RECEIVED)
    report = models.JSONField(default=dict, blank=True, help_text="What came of it: counts, rejected rows, what is needed.")
    facts = models.JSONField(default=dict, blank=True, help_text="What it says of the incident, for the rules: key, title, severity, services, labels.")
    decision = models.JSONField(default=dict, blank=True, help_text="Where it was put, and why.")
    progress = models.PositiveIntegerField(default=0, help_text="Events read so far.")
    received_at = models.DateTimeField(auto_now_add=True)
    received_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["incident", "state"], name="delivery_by_state"),  # which events are not to be shown yet
            models.Index(fields=["endpoint", "-id"], name="delivery_by_endpoint"),  # the newest on the endpoint's page
        ]
        constraints = [
            # A retry of the sender is the delivery that is here already; one that a person had read again has no key.
            models.UniqueConstraint(fields=["endpoint", "dedupe_key"], condition=~models.Q(dedupe_key=""), name="delivery_once")
        ]

    def __str__(self) -> str:
        return f"{self.file_name or self.channel} ({self.get_state_display()})"


class Mapping(models.Model):
    """What the columns of a table or the keys of objects mean, as a person confirmed it: it holds for every later file with the same ones."""

    name = models.CharField(max_length=100, unique=True)
    source = models.CharField(max_length=40, help_text="The format whose columns or keys these are.")
    fingerprint = models.CharField(max_length=64, editable=False, help_text="SHA-256 of the format and the sorted names of the columns.")
    fields = models.JSONField(help_text="Name of each column and the field it holds; “” leaves it out.")
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        indexes = [models.Index(fields=["fingerprint", "-saved_at"], name="mapping_by_fingerprint")]  # asked for with every file that has columns

    def __str__(self) -> str:
        return self.name
