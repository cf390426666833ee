"""The incident and the people on it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import JSONObject
from django.urls import reverse

from incidents import access, custom_fields
from incidents.lib.json_rows import JsonRows
from incidents.models.catalog import IncidentType, Service, Severity, Tag
from incidents.models.people import Team, User, check_zone


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, actor: access.Actor) -> IncidentQuerySet:
        return self.filter(access.incident_filter(actor))

    def happened(self) -> IncidentQuerySet:
        """Without near misses and good catches: what is running, measured, routed to."""
        return self.filter(kind=Incident.Kind.INCIDENT)

    def having(self, field: custom_fields.Field, value: Any) -> IncidentQuerySet:
        """Those whose value of a field is this one, has it among others, or contains the words; see `custom_field_values.sought`."""
        if field.kind in custom_fields.IN_WORDS:  # by an alias: a key may be called as a lookup is
            return self.alias(**{f"of_{field.key}": KeyTextTransform(field.key, "field_values")}).filter(**{f"of_{field.key}__icontains": value})
        return self.filter(pk__in=FieldValue.objects.filter(key=field.key, value=custom_fields.as_found(value)).values("incident_id"))

    def saying(self, text: str, fields: Sequence[custom_fields.Field]) -> IncidentQuerySet:
        """Those with these words in title, summary or a field: in a text, or in the label of an option."""
        found, told = models.Q(title__icontains=text) | models.Q(summary__icontains=text), {}
        for field in fields:
            name, labelled = f"of_{field.key}", [option.key for option in field.options if text.casefold() in option.label.casefold()]
            if field.kind in custom_fields.IN_WORDS or labelled:
                told[name] = (KeyTransform if field.kind == "choice" else KeyTextTransform)(field.key, "field_values")
            if field.kind in custom_fields.IN_WORDS:
                found |= models.Q(**{f"{name}__icontains": text})
            elif field.kind == "choices":
                for key in labelled:
                    found |= models.Q(**{f"{name}__contains": f'"{key}"'})
            elif labelled:
                found |= models.Q(**{f"{name}__in": labelled})
        return self.alias(**told).filter(found)


class Incident(models.Model):
    """One event worth looking at. Its public reference is INC-<pk>: one sequence for all, so a gap says nothing.

    A near miss or good catch is a light record of the same sort: nothing failed, so nothing is running, measured or routed to it.
    """

    class Kind(models.TextChoices):
        INCIDENT = "incident", "Incident"
        NEAR_MISS = "near_miss", "Near miss"
        GOOD_CATCH = "good_catch", "Good catch"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        MITIGATED = "mitigated", "Mitigated"
        RESOLVED = "resolved", "Resolved"
        CLOSED = "closed", "Closed"

    kind = models.CharField(max_length=20, choices=Kind, default=Kind.INCIDENT)
    title = models.CharField(max_length=300)
    summary = models.TextField(blank=True, max_length=20_000)
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    severity = models.ForeignKey(Severity, null=True, blank=True, on_delete=models.PROTECT, related_name="incidents")
    type = models.ForeignKey(IncidentType, null=True, blank=True, on_delete=models.PROTECT, related_name="incidents")
    field_values = models.JSONField(default=dict, blank=True, help_text="Of the fields that administrators added, by key; see custom_fields.py.")
    services = models.ManyToManyField(Service, blank=True, related_name="incidents")
    tags = models.ManyToManyField(Tag, blank=True, related_name="incidents")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="incidents")
    lead = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_zone], help_text="Zone in which the timeline is shown.")
    is_private = models.BooleanField(default=False, help_text="Only its members can see that it exists.")
    started_at = models.DateTimeField(help_text="For lists and search: the impact start if confirmed, else the first event, else the declaration.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)
    open_findings = models.PositiveIntegerField(default=0, editable=False, help_text="Findings of the quality report that nobody accepted; kept with it.")
    fused_events = models.PositiveIntegerField(
        default=0, editable=False, help_text="Events that another one stands for: the timeline has so many entries less."
    )
    open_duplicates = models.PositiveIntegerField(default=0, editable=False, help_text="Pairs of entries that may be the same fact; kept with the proposals.")

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-pk"]
        indexes = [
            models.Index(fields=["-started_at", "-id"], name="incident_newest"),  # the list, newest first
            models.Index(fields=["id"], condition=models.Q(is_private=True), name="incident_private"),  # every access check asks for these few
            models.Index(fields=["-started_at", "-id"], condition=~models.Q(kind="incident"), name="incident_near_miss"),  # their own list
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def reference(self) -> str:
        return f"INC-{self.pk}"

    @property
    def has_happened(self) -> bool:
        """False for near misses and good catches."""
        return self.kind == self.Kind.INCIDENT

    def get_absolute_url(self) -> str:
        return reverse("incidents:incident", args=[self.reference])


@cache
def labels_columns() -> dict[str, RawSQL]:
    """The services (key and name) and tags (name) of an incident, each as one JSON value, to read along with its row."""
    this = RawSQL('"incidents_incident"."id"', [], output_field=models.BigIntegerField())
    services = Incident.services.through.objects.filter(incident_id=this).values(data=JSONObject(key="service__key", name="service__name"))
    tags = Incident.tags.through.objects.filter(incident_id=this).values(data=JSONObject(name="tag__name"))
    return {"its_services": JsonRows(services).written_out(), "its_tags": JsonRows(tags).written_out()}


class FieldValue(models.Model):
    """A value of `Incident.field_values` once more, to find incidents by; of several options each is a row. Written with them, and never by itself."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=custom_fields.KEY_LIMIT)
    value = models.CharField(max_length=custom_fields.FOUND_LIMIT)

    class Meta:
        # In this order the index answers by itself: a JSON value has none that both engines know, for keys that administrators make.
        constraints = [models.UniqueConstraint(fields=["key", "value", "incident"], name="field_value_once")]

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"


class IncidentMember(models.Model):
    """A person on the incident; for a private one, the list of who may see it."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="incident_memberships")
    role = models.CharField(max_length=60, blank=True, help_text="Their part in it, such as incident commander.")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["incident", "user"], name="incident_member_once")]

    def __str__(self) -> str:
        return f"{self.user} on {self.incident.reference}"
