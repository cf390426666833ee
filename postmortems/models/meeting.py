"""The meeting of a retrospective: when and where, its run sheet with notes, and the ideas that were parked."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from incidents.access import Actor
from incidents.models import User
from postmortems import access
from postmortems.models.action_items import ActionItem
from postmortems.models.postmortem import Postmortem


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def visible_to(self, actor: Actor) -> MeetingQuerySet:
        return self.filter(access.postmortem_filter(actor, "postmortem__"))


class Meeting(models.Model):
    """The one meeting of a post-mortem. It is held once `held_at` is set; waived once `waived_at` is.

    The clock: `block` is what the room is at, `block_since` when that began to run; without it the clock rests.
    """

    postmortem = models.OneToOneField(Postmortem, on_delete=models.CASCADE, related_name="meeting")
    uid = models.UUIDField(default=uuid.uuid4, editable=False, help_text="Of the calendar entry; the same for every change of it.")
    sequence = models.PositiveIntegerField(default=0, help_text="Grows with each change of what was sent, as calendars expect.")
    starts_at = models.DateTimeField(null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(default=60, validators=[MinValueValidator(5), MaxValueValidator(480)])
    place = models.CharField(max_length=200, blank=True)
    link = models.URLField(max_length=500, blank=True, help_text="Of the call.")
    block = models.ForeignKey("AgendaBlock", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    block_since = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField(null=True, blank=True, help_text="When the clock was started first.")
    asked = models.JSONField(default=list, blank=True, help_text="Keys of what was asked at the close.")
    held_at = models.DateTimeField(null=True, blank=True)
    waived_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="Why there is no meeting.")
    soak_ended_at = models.DateTimeField(null=True, blank=True, help_text="When a person ended the soak time early.")
    soak_reason = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = MeetingQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=models.Q(held_at=None) | models.Q(waived_at=None), name="meeting_held_or_waived")]

    def __str__(self) -> str:
        return f"Meeting of {self.postmortem.reference}"

    @property
    def outcome(self) -> str:
        return "held" if self.held_at else "waived" if self.waived_at else "planned"

    @property
    def met_at(self) -> datetime | None:
        """When what was parked began to soak: when the meeting was held, or was found not to be needed."""
        return self.held_at or self.waived_at


class AgendaBlock(models.Model):
    """One block of the run sheet: what is planned, how long it took, and what was noted."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="blocks")
    position = models.PositiveSmallIntegerField(default=0)
    title = models.CharField(max_length=200)
    minutes = models.PositiveSmallIntegerField(default=5, validators=[MinValueValidator(1), MaxValueValidator(480)])
    spent = models.PositiveIntegerField(default=0, help_text="Seconds, without those that run now.")
    notes = models.TextField(blank=True, max_length=20_000)
    version = models.PositiveIntegerField(default=1, help_text="Of the notes.")
    updated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title


class ParkedIdeaQuerySet(models.QuerySet["ParkedIdea"]):
    def visible_to(self, actor: Actor) -> ParkedIdeaQuerySet:
        return self.filter(access.postmortem_filter(actor, "postmortem__"))


class ParkedIdea(models.Model):
    """An idea that waits: written down at once, decided on after the soak time."""

    class State(models.TextChoices):
        PARKED = "parked", "Parked"
        ACTION = "action", "Action item"
        LEFT = "left", "Left"

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="parked_ideas")
    text = models.CharField(max_length=500)
    said_by = models.CharField(max_length=150, blank=True, help_text="Whose idea it is.")
    in_meeting = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.PARKED)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was left.")
    action_item = models.ForeignKey(ActionItem, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)
    added_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = ParkedIdeaQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text
