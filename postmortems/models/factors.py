"""Contributing factors: the catalogue that administrators keep, and the factors of one post-mortem with what they rest on."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse

from incidents.models import TimelineEvent, User
from postmortems.models.action_items import ActionItem
from postmortems.models.postmortem import Postmortem


class FactorGroup(models.Model):
    """The first level of the catalogue, such as "Sensing and sense-making"."""

    key = models.SlugField(max_length=40, unique=True, help_text="Kept for good: reviews and links name it.")
    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField("offered", default=True, help_text="Switched off, none of its kinds is offered; factors that have one keep it.")

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class FactorLeaf(models.Model):
    """The second level: one kind of condition, with the question that leads to it."""

    group = models.ForeignKey(FactorGroup, on_delete=models.PROTECT, related_name="leaves")
    key = models.CharField(
        max_length=80,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9_]+\.[a-z0-9_]+\Z", "Write group.name, in small letters, digits and underscores.")],
        help_text="The key of the group, a dot and a name. Kept for good: reviews and links name it.",
    )
    name = models.CharField(max_length=100)
    use_when = models.CharField(max_length=400, blank=True)
    question = models.CharField(max_length=300, blank=True, help_text="What to ask; shown beside the factor while it is written.")
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField("offered", default=True, help_text="Switched off, it is no longer offered; factors that have it keep it.")

    class Meta:
        ordering = ["group__position", "group", "position", "pk"]
        verbose_name_plural = "factor leaves"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.group_id and self.key and self.key.partition(".")[0] != self.group.key:
            raise ValidationError({"key": f"It begins with the key of its group: {self.group.key}."})
        if self.pk and not type(self).objects.filter(pk=self.pk, key=self.key).exists():
            raise ValidationError({"key": "A key is kept for good, as reviews name it. Switch this kind off and add another."})


class Factor(models.Model):
    """One condition that took part, as the group words it."""

    class Kind(models.TextChoices):
        """The part it played. `factors.POLARITY` groups these into the five polarities."""

        TRIGGER = "trigger", "Trigger"
        CONDITION = "condition", "Condition"
        ENABLER = "enabler", "Enabler"
        AMPLIFIER = "amplifier", "Amplifier"
        PROLONGER = "prolonger", "Prolonger"
        MITIGATOR = "mitigator", "Mitigator"
        BYSTANDER = "bystander", "Without effect this time"

    class Stage(models.TextChoices):
        """When it took part."""

        LATENT = "latent", "Long before"
        ONSET = "onset", "Onset"
        DETECTION = "detection", "Detection"
        DIAGNOSIS = "diagnosis", "Diagnosis"
        MITIGATION = "mitigation", "Mitigation"
        RECOVERY = "recovery", "Recovery"
        COMMUNICATION = "communication", "Communication"

    class Confidence(models.TextChoices):
        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="factors")
    position = models.PositiveSmallIntegerField(default=0)
    statement = models.TextField(max_length=1000, help_text="The condition and its effect.")
    mechanism = models.TextField(blank=True, max_length=4000, help_text="How the one led to the other.")
    leaf = models.ForeignKey(FactorLeaf, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="None: not classified yet.")
    kind = models.CharField(max_length=12, choices=Kind, blank=True)
    stage = models.CharField(max_length=15, choices=Stage, blank=True)
    confidence = models.CharField(max_length=6, choices=Confidence, default=Confidence.MEDIUM)
    events = models.ManyToManyField(TimelineEvent, blank=True, related_name="+")
    from_account = models.BooleanField("participant account", default=False, help_text="Somebody who took part told it.")
    evidence_link = models.URLField(blank=True, max_length=500)
    actions = models.ManyToManyField(ActionItem, blank=True, related_name="factors")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.statement[:80]

    def get_absolute_url(self) -> str:
        return reverse("postmortems:factor", args=[f"PM-{self.postmortem_id}", self.pk])


class FactorLink(models.Model):
    """One factor's effect on another of the same post-mortem, from cause to effect."""

    class Relation(models.TextChoices):
        ENABLED = "enabled", "made possible"
        WORSENED = "worsened", "made worse"
        PROLONGED = "prolonged", "made last longer"
        HID = "hid", "hid"
        REDUCED = "reduced", "lessened"

    source = models.ForeignKey(Factor, on_delete=models.CASCADE, related_name="links")
    target = models.ForeignKey(Factor, on_delete=models.CASCADE, related_name="links_in")
    relation = models.CharField(max_length=10, choices=Relation, default=Relation.ENABLED)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "target"], name="factor_link_once"),
            models.CheckConstraint(condition=~models.Q(source=models.F("target")), name="factor_link_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.get_relation_display()} {self.target_id}"
