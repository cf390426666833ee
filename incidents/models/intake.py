"""Deliveries: what came in, byte for byte, before anything was made of it; and what people said its columns mean."""

from __future__ import annotations

from django.db import models

from incidents import access
from incidents.models.incident import Incident
from incidents.models.people import User


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, actor: access.Actor) -> DeliveryQuerySet:
        return self.filter(access.incident_filter(actor, "incident__"))


class Delivery(models.Model):
    """One file or body as received. Its bytes never change; parsing it can be repeated at any time (`intake.replay`).

    Events of a delivery are shown only once it is `imported`: readers leave out those of unfinished ones, so that a
    crash in the middle shows nothing half done.
    """

    class State(models.TextChoices):
        RECEIVED = "received", "Waiting"
        IMPORTING = "importing", "Importing"
        IMPORTED = "imported", "Imported"
        NEEDS_ANSWER = "needs_answer", "Needs an answer"
        REFUSED = "refused", "Refused"

    class Channel(models.TextChoices):
        UPLOAD = "upload", "Upload"
        PASTE = "paste", "Pasted text"
        COMMAND = "command", "Command"
        API = "api", "API"
        WEBHOOK = "webhook", "Webhook"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=20, choices=Channel)
    file_name = models.CharField(max_length=255, blank=True, help_text="As the sender named it, cleaned; never used as a path.")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    stored_as = models.CharField(max_length=120, help_text="Name in the file storage, by content.")
    source = models.CharField(max_length=40, blank=True, help_text="The format: stated, or detected from the content.")
    options = models.JSONField(default=dict, blank=True, help_text="How to read it: time_zone, date, mapping.")
    state = models.CharField(max_length=20, choices=State, default=State.RECEIVED)
    report = models.JSONField(default=dict, blank=True, help_text="What came of it: counts, rejected rows, what is needed.")
    progress = models.PositiveIntegerField(default=0, help_text="Events read so far.")
    received_at = models.DateTimeField(auto_now_add=True)
    received_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        verbose_name_plural = "deliveries"
        indexes = [models.Index(fields=["incident", "state"], name="delivery_by_state")]  # which events are not to be shown yet

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
