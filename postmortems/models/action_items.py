"""Action items: what the team decided to change, until it is done or declined."""

from __future__ import annotations

from django.db import models
from django.urls import reverse

from incidents.access import Actor, incident_filter
from incidents.models import Incident, User
from postmortems import access
from postmortems.models.postmortem import Postmortem


class ActionItemQuerySet(models.QuerySet["ActionItem"]):
    def visible_to(self, actor: Actor) -> ActionItemQuerySet:
        drafts = models.Q() if access.may_read_draft(actor) else models.Q(postmortem__isnull=True) | models.Q(postmortem__published_at__isnull=False)
        return self.filter(incident_filter(actor, "incident__") & access.related_filter(actor, "postmortem__") & drafts)

    def open(self) -> ActionItemQuerySet:
        return self.filter(status__in=ActionItem.TO_DO)


class ActionItem(models.Model):
    """One change to make. Its public reference is ACT-<pk>."""

    class Status(models.TextChoices):
        """Proposed until its owner agreed in person. What is done is verified by somebody else, against "done when"."""

        OPEN = "open", "Proposed"
        ACCEPTED = "accepted", "Accepted"
        IN_PROGRESS = "in_progress", "In progress"
        DONE = "done", "Done"
        VERIFIED = "verified", "Verified"
        DECLINED = "declined", "Won't do"
        SUPERSEDED = "superseded", "Superseded"

    TO_DO = (Status.OPEN, Status.ACCEPTED, Status.IN_PROGRESS)
    FINISHED = (Status.DONE, Status.VERIFIED)

    class Kind(models.TextChoices):
        """What it acts on. `action_quality.EARLIER_KINDS` has the words of earlier versions and of other tools."""

        PREVENT = "prevent", "Prevent"
        CONTAIN = "contain", "Contain"
        DETECT = "detect", "Detect"
        RESPOND = "respond", "Respond"
        RECOVER = "recover", "Recover"
        REPAIR = "repair", "Repair"
        LEARN = "learn", "Learn"
        SHARE = "share", "Share"
        ARRANGE = "arrange", "Arrange"

    class Strength(models.TextChoices):
        """How much it relies on people remembering: the less, the stronger."""

        STRONG = "strong", "Strong"
        INTERMEDIATE = "intermediate", "Intermediate"
        WEAK = "weak", "Weak"

    class Priority(models.TextChoices):
        HIGH = "high", "High"
        MEDIUM = "medium", "Medium"
        LOW = "low", "Low"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="+")
    postmortem = models.ForeignKey(Postmortem, null=True, blank=True, on_delete=models.SET_NULL, related_name="action_items")
    title = models.CharField(max_length=300)
    description = models.TextField(blank=True, max_length=20_000)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.PREVENT)
    strength = models.CharField(max_length=12, choices=Strength, blank=True)
    done_when = models.TextField(blank=True, max_length=2000, help_text="How somebody else can check that it is done.")
    side_effects = models.TextField(blank=True, max_length=2000, help_text="What new difficulty it may bring, or that none is seen.")
    expected_effect = models.TextField(blank=True, max_length=2000, help_text="What will be different, and how one will know.")
    trade_off = models.CharField(blank=True, max_length=500, help_text="What waits for it.")
    tracked_in = models.CharField(blank=True, max_length=500, help_text="The key or the address of the ticket where the work is planned.")
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.MEDIUM)
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True, help_text="When its owner agreed to it.")
    due_on = models.DateField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    closing_note = models.TextField(blank=True, max_length=20_000, help_text="How one can tell that it is done, or why it will not be.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)

    objects = ActionItemQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [models.Index(fields=["status", "due_on"], name="action_item_due")]  # the list and what is overdue

    def __str__(self) -> str:
        return f"{self.reference} {self.title}"

    @property
    def reference(self) -> str:
        return f"ACT-{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status in self.TO_DO

    @property
    def badge(self) -> str:
        """The look of its status: what is only proposed is no alarm."""
        return "info" if self.status == self.Status.OPEN else self.status

    @property
    def tracked_at(self) -> str:
        """The address of the ticket, where it is one."""
        return self.tracked_in if self.tracked_in.startswith(("https://", "http://")) else ""

    def get_absolute_url(self) -> str:
        return reverse("postmortems:action_item", args=[self.reference])
