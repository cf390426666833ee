"""Who takes part in a retrospective, in which role."""

from __future__ import annotations

from django.db import models

from incidents.models import User
from postmortems.models.postmortem import Postmortem


class Participant(models.Model):
    """One part in one retrospective. A person may hold several; who has no account is there by name."""

    class Role(models.TextChoices):
        FACILITATOR = "facilitator", "Facilitator"
        SCRIBE = "scribe", "Scribe"
        REVIEWER = "reviewer", "Reviewer"
        APPROVER = "approver", "Approver"
        PARTICIPANT = "participant", "Participant"
        OBSERVER = "observer", "Observer"

    class State(models.TextChoices):
        INVITED = "invited", "Asked"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="participants")
    role = models.CharField(max_length=20, choices=Role, default=Role.PARTICIPANT)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=150, help_text="As the timeline or the account has it.")
    state = models.CharField(max_length=10, choices=State, default=State.INVITED)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was declined, or why it stands in spite of a conflict.")
    asks_to_be_unnamed = models.BooleanField(default=False, help_text="Published texts speak of the role instead.")
    was_no_responder = models.BooleanField(null=True, blank=True, help_text="Declared by a facilitator when accepting.")
    manages_nobody = models.BooleanField(null=True, blank=True, help_text="Of the main participants; declared likewise.")
    has_the_hours = models.BooleanField(null=True, blank=True, help_text="Declared likewise.")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Who recorded the answer.")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["postmortem", "role", "name"], name="participant_once"),
            models.UniqueConstraint(fields=["postmortem", "role", "user"], name="participant_user_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.get_role_display().lower()}"

    @property
    def request(self) -> str:
        """What the person is asked, after "Ana asks you"."""
        return REQUESTS[self.Role(self.role)]

    @property
    def is_asked(self) -> bool:
        """Nobody has answered yet."""
        return self.state == self.State.INVITED


REQUESTS = {
    Participant.Role.FACILITATOR: "to facilitate",
    Participant.Role.SCRIBE: "to take notes",
    Participant.Role.REVIEWER: "to read the draft",
    Participant.Role.APPROVER: "to approve the document",
    Participant.Role.PARTICIPANT: "to take part",
    Participant.Role.OBSERVER: "to listen in",
}
