"""Webhook endpoints: where a tool may send, how it proves to be itself, and which incident each of its keys belongs to."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.urls import reverse

from incidents.lib import sealing, signing
from incidents.models.catalog import Severity
from incidents.models.incident import Incident
from incidents.models.people import Team, User, check_zone

AUTO = "auto"


def schemes() -> list[tuple[str, str]]:
    """A callable, so that a new scheme needs no migration."""
    return [(scheme.name, scheme.label) for scheme in signing.SCHEMES.values()]


class Endpoint(models.Model):
    """One address for one tool. The key in it is no secret, but for the scheme "path", whose token follows it."""

    name = models.CharField(max_length=100, unique=True, help_text="Which tool and which part of it: “PagerDuty, payments”.")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.CharField(max_length=40, default=AUTO, help_text="The format of what it sends; “auto” finds it out from each delivery.")
    scheme = models.CharField(max_length=20, choices=schemes, help_text="How the tool proves that it is the sender.")
    header = models.CharField(max_length=60, blank=True, help_text="Name of the header with the signature or token, where the tool lets you choose it.")
    timestamp_header = models.CharField(max_length=60, blank=True, help_text="Name of the header with the signed time, if there is one.")
    mapping = models.JSONField(default=dict, blank=True, help_text="Key of the JSON -> what it means.")
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_zone], help_text="For times that state no zone.")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Incidents it opens belong to this team.")
    severity = models.ForeignKey(
        Severity,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="For incidents it opens when the tool names none that is known here.",
    )
    is_private = models.BooleanField(default=False, help_text="Incidents it opens are seen by the team's members only, and by who made the endpoint.")
    quiet_minutes = models.PositiveIntegerField(default=60, help_text="For so long after an incident was resolved, what has its key is added to it.")
    rules = models.JSONField(default=list, blank=True, help_text="What is done with what has no known key; the first that matches counts.")
    is_enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    version = models.PositiveIntegerField(default=1)
    last_received_at = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False, help_text="Requests that were refused.")
    last_failure = models.CharField(max_length=300, blank=True, editable=False)
    last_failure_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = "webhook endpoint"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("incidents:endpoint", args=[self.pk])

    @property
    def path(self) -> str:
        """The address without the token that the scheme "path" adds."""
        return f"/api/v1/hooks/{self.source}/{self.key}/"

    @property
    def url(self) -> str:
        return f"{settings.BASE_URL}{self.path}"


class EndpointSecretQuerySet(models.QuerySet["EndpointSecret"]):
    def active(self, now: datetime) -> EndpointSecretQuerySet:
        return self.filter(models.Q(expires_at__isnull=True) | models.Q(expires_at__gt=now))


class EndpointSecret(models.Model):
    """A secret of an endpoint, sealed. After a rotation the old one is taken until it expires."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.TextField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="None for the current one.")

    objects = EndpointSecretQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["endpoint"], condition=models.Q(expires_at=None), name="endpoint_secret_current_once")]

    def __str__(self) -> str:
        return f"Secret of {self.endpoint}"

    @staticmethod
    def context(endpoint: Endpoint) -> str:
        return f"endpoint_secret:{endpoint.key}"

    @classmethod
    def seal(cls, endpoint: Endpoint, secret: str) -> EndpointSecret:
        """Return the row, not yet saved."""
        return cls(endpoint=endpoint, sealed=sealing.seal(secret, keys=settings.FIELD_KEYS, context=cls.context(endpoint)))

    def reveal(self, endpoint: Endpoint) -> str:
        return sealing.unseal(self.sealed, keys=settings.FIELD_KEYS, context=self.context(endpoint))


class ExternalRef(models.Model):
    """What a tool calls an incident: its id, alert group or dedup key, and the incident that its deliveries go to."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="refs")
    key = models.CharField(max_length=200)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="refs")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["endpoint", "key"], name="external_ref_once")]

    def __str__(self) -> str:
        return f"{self.key} is INC-{self.incident_id}"
