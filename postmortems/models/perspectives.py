"""What each person saw and knew, kept apart from the facts, and what was confided to the facilitator.

`readable_by` is the only way to these rows. What is private is read by who wrote it, by the person it is about, and by the
facilitators it was addressed to for as long as they facilitate; no role opens it, and neither does the system's own.
"""

from __future__ import annotations

from typing import TypeVar

from django.db import models

from incidents.access import Actor, System
from incidents.models import TimelineEvent, User
from postmortems import access
from postmortems.models.participation import Participant
from postmortems.models.postmortem import Postmortem


class Shared(models.TextChoices):
    """Who may read it."""

    REVIEW = "review", "Everyone who works on this review"
    PRIVATE = "private", "Only the facilitator"


Row = TypeVar("Row", bound="Confided")


class ConfidedQuerySet(models.QuerySet[Row]):
    """Rows whose author decides who reads them."""

    def own(self, actor: Actor) -> models.Q:
        return models.Q(author=actor)

    def readable_by(self, actor: Actor) -> ConfidedQuerySet[Row]:
        if isinstance(actor, System):
            return self.filter(state=Shared.REVIEW)
        if not getattr(actor, "is_authenticated", False) or not actor.is_active:
            return self.none()
        open_to_all = models.Q(state=Shared.REVIEW) if access.may_read_draft(actor) else models.Q(pk__in=[])
        return self.filter(access.full_view(actor, "postmortem__") & (self.own(actor) | open_to_all | self.confided_to(actor)))

    def confided_to(self, actor: Actor) -> models.Q:
        """Return the condition for rows that were addressed to the actor, as a facilitator who still is one."""
        facilitating = Participant.objects.filter(user=actor, role=Participant.Role.FACILITATOR).exclude(state=Participant.State.DECLINED)
        # By subqueries: a join over readers would bring each row once for every reader.
        addressed = self.model._default_manager.filter(readers=actor)
        return models.Q(pk__in=addressed.values("pk")) & models.Q(postmortem__in=facilitating.values("postmortem"))


class AccountQuerySet(ConfidedQuerySet["WrittenAccount"]):
    pass


class NoteQuerySet(ConfidedQuerySet["PrivateNote"]):
    pass


class PerspectiveQuerySet(ConfidedQuerySet["Perspective"]):
    def own(self, actor: Actor) -> models.Q:
        return models.Q(author=actor) | models.Q(user=actor)


class Confided(models.Model):
    """What the three kinds of rows share: whose they are, who reads them."""

    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Who wrote it down.")
    state = models.CharField(max_length=10, choices=Shared, default=Shared.REVIEW)
    readers = models.ManyToManyField(User, related_name="+", blank=True, help_text="The facilitators it is addressed to while it is private.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


class WrittenAccount(Confided):
    """A participant's short answers to the five questions, before the meeting."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="+")
    began = models.TextField(blank=True, max_length=5_000)
    noticed = models.TextField(blank=True, max_length=5_000)
    hard_and_helped = models.TextField(blank=True, max_length=5_000)
    surprised = models.TextField(blank=True, max_length=5_000)
    ask_about = models.TextField(blank=True, max_length=5_000)

    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["postmortem", "author"], name="account_once")]


class PrivateNote(Confided):
    """What somebody would rather tell the facilitator alone. It is private always."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="+")
    text = models.TextField(max_length=5_000)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["postmortem", "author"], name="private_note_once"),
            models.CheckConstraint(condition=models.Q(state=Shared.PRIVATE), name="private_note_is_private"),
        ]


class Perspective(Confided):
    """One person at one moment: what they saw, knew, believed, expected and did. `user` where they have an account, else `name` or `role`."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=150, help_text="Of the person, or the role they spoke from.")
    role = models.CharField(max_length=60, blank=True, help_text="What stands for the name outside: “the database on-call”.")
    at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    saw = models.TextField(blank=True, max_length=5_000)
    knew = models.TextField(blank=True, max_length=5_000)
    believed = models.TextField(blank=True, max_length=5_000)
    expected = models.TextField(blank=True, max_length=5_000)
    did = models.TextField(blank=True, max_length=5_000)
    events = models.ManyToManyField(TimelineEvent, related_name="+", blank=True)

    objects = PerspectiveQuerySet.as_manager()

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["postmortem", "at"], name="perspective_in_order")]
        constraints = [models.CheckConstraint(condition=models.Q(until=None) | models.Q(until__gte=models.F("at")), name="perspective_in_time")]


class Difference(models.Model):
    """Two accounts of one moment that a person found to differ. Both stand; neither is corrected."""

    first = models.ForeignKey(Perspective, on_delete=models.CASCADE, related_name="differences")
    second = models.ForeignKey(Perspective, on_delete=models.CASCADE, related_name="+")
    note = models.CharField(max_length=300, blank=True, help_text="In what they differ.")
    marked_at = models.DateTimeField(auto_now_add=True)
    marked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="difference_once"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="difference_in_order"),
        ]

    def __str__(self) -> str:
        return f"perspectives {self.first_id} and {self.second_id} differ"
