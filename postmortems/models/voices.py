"""The people before the meeting: conversations with one of them, the draft that is shown to all, and who was asked how they are.

Words are read as perspectives are: through `readable_by`, by those to whom their owner opened them.
"""

from __future__ import annotations

from django.db import models

from incidents.access import Actor
from incidents.models import User
from postmortems.models.participation import Participant
from postmortems.models.perspectives import Confided, ConfidedQuerySet
from postmortems.models.postmortem import Postmortem


class ConversationQuerySet(ConfidedQuerySet["Conversation"]):
    def own(self, actor: Actor) -> models.Q:
        return models.Q(author=actor) | models.Q(user=actor)


class Conversation(Confided):
    """Notes of an interview. They are the words of the person asked: it is for them to confirm the notes, change them and say who reads them."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Whom it was held with, where they have an account."
    )
    name = models.CharField(max_length=150, help_text="Of the person, or the role they spoke from.")
    held_on = models.DateField()
    notes = models.TextField(max_length=20_000)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="The person, or who noted their word where they have no account."
    )

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["held_on", "pk"]


class SharedDraft(models.Model):
    """The draft was shown to those who take part. `shared_at` is the last time: answers given before then were to an earlier text."""

    postmortem = models.OneToOneField(Postmortem, on_delete=models.CASCADE, related_name="shared_draft")
    shared_at = models.DateTimeField()
    shared_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"draft of {self.postmortem_id}, shared"


class ReadingQuerySet(ConfidedQuerySet["Reading"]):
    pass


class Reading(Confided):
    """What a person who took part says of the draft. That they would rather be unnamed is kept with their part."""

    class Verdict(models.TextChoices):
        CORRECT = "correct", "It says it as it was, as far as I can tell"
        CHANGE = "change", "Something is to be changed or added"

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict)
    words = models.TextField(blank=True, max_length=5_000)
    answered_at = models.DateTimeField()
    taken_up_at = models.DateTimeField(null=True, blank=True, help_text="When somebody said that the draft follows it.")
    taken_up_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = ReadingQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["postmortem", "author"], name="reading_once")]


class WelfareCheck(models.Model):
    """Whom the facilitators spoke to in person. A list of ticks for them alone: nothing that was said, no dates, and not who did it."""

    postmortem = models.OneToOneField(Postmortem, on_delete=models.CASCADE, related_name="+")
    reached = models.ManyToManyField(Participant, related_name="+", blank=True)
    is_done = models.BooleanField(default=False, help_text="Everybody who was close to it was reached.")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return "welfare check"
