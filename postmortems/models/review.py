"""Review and approval: the rules that ask for approvals, the rounds of review, what was decided, and every change of state."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.db import models

from incidents.models import Service, Severity, Tag, Team, User
from postmortems.models.postmortem import Postmortem
from postmortems.models.template import Audience

SECTION_NAME = re.compile(r"[a-z0-9_-]{1,60}")


def check_section_names(text: str) -> None:
    """Raise ValidationError unless every word is a key or a kind of a section."""
    wrong = [word for word in text.split() if not SECTION_NAME.fullmatch(word)]
    if wrong:
        raise ValidationError(f"“{wrong[0][:40]}” is no key or kind of a section: they are small letters, digits and underscores, such as sec_duties.")


class ApprovalRule(models.Model):
    """Which post-mortems need whose approval before they are published. Every condition that is filled in must hold; an empty one always does."""

    class Who(models.TextChoices):
        PEOPLE = "people", "The people named below"
        APPROVER = "approver", "Approvers of the retrospective"
        REVIEWER = "reviewer", "Reviewers or approvers of the retrospective"
        LEAD = "lead", "The incident's lead"
        TEAM = "team", "Members of the incident's team"

    name = models.CharField(max_length=100, help_text="What people see, such as “Legal” or “Owner of the service”.")
    reason = models.CharField(max_length=300, help_text="Why it is needed, in a sentence for those who wait for it.")
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    severities = models.ManyToManyField(Severity, blank=True, related_name="+", help_text="Any of these.")
    services = models.ManyToManyField(Service, blank=True, related_name="+", help_text="Any of these.")
    teams = models.ManyToManyField(Team, blank=True, related_name="+", help_text="Any of these.")
    tags = models.ManyToManyField(Tag, blank=True, related_name="+", help_text="Any of these.")
    audience = models.CharField(
        max_length=20,
        choices=Audience,
        default=Audience.INTERNAL,
        help_text="The narrowest publication that needs it: “Stakeholders” leaves internal ones alone.",
    )
    sections = models.TextField(
        blank=True,
        max_length=1000,
        validators=[check_section_names],
        help_text="Keys or kinds of the sections to sign off, a line each, such as sec_duties or security. Empty: the whole document.",
    )
    who = models.CharField(max_length=10, choices=Who, default=Who.APPROVER, help_text="Who may give it.")
    people = models.ManyToManyField(User, blank=True, related_name="+", help_text="Only for “the people named below”.")
    needed = models.PositiveSmallIntegerField(default=1, help_text="How many of them.")
    owner_counts = models.BooleanField(default=False, help_text="The owner of the post-mortem may give it too. Usually nobody approves their own document.")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.CheckConstraint(condition=models.Q(needed__gte=1), name="approval_rule_needs_somebody")]

    def __str__(self) -> str:
        return self.name


class Review(models.Model):
    """One round of review, from its submission until it is published or withdrawn."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="reviews")
    audience = models.CharField(max_length=20, choices=Audience, default=Audience.INTERNAL, help_text="For whom it is to be published.")
    due_on = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True, max_length=2000, help_text="For the reviewers; also why required sections are empty.")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["postmortem"], condition=models.Q(closed_at=None), name="review_open_once")]

    def __str__(self) -> str:
        return f"review of {self.postmortem_id}"


class Reviewer(models.Model):
    """Somebody who was asked in one round."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="reviewers")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    instead_of = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Who handed it over.")
    reason = models.CharField(max_length=300, blank=True, help_text="Why it was handed over.")
    has_handed_over = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["review", "user"], name="reviewer_once")]

    def __str__(self) -> str:
        return f"{self.user} in review {self.review_id}"


class Decision(models.Model):
    """What one person said about some sections, as those were then. Rows are only ever added; the latest about a section counts."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", "Approved"
        CHANGES = "changes_requested", "Changes requested"

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="decisions")
    review = models.ForeignKey(Review, null=True, on_delete=models.SET_NULL, related_name="decisions")
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    verdict = models.CharField(max_length=20, choices=Verdict)
    note = models.TextField(blank=True, max_length=5000)
    is_whole = models.BooleanField(default=True, help_text="About the document as a whole, not about sections of it.")
    covered = models.JSONField(default=dict, help_text="Key of each section -> its version and the digest of what it said.")
    audience = models.CharField(max_length=20, choices=Audience, default=Audience.INTERNAL)
    by_owner = models.BooleanField(default=False, help_text="Who decided owned the document.")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} by {self.user}"


class Transition(models.Model):
    """One change of a post-mortem's state: who, when, from what to what, why. Rows are only ever added."""

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="transitions")
    name = models.CharField(max_length=20)
    before = models.CharField(max_length=20, choices=Postmortem.Status)
    after = models.CharField(max_length=20, choices=Postmortem.Status)
    note = models.TextField(blank=True, max_length=2000)
    detail = models.JSONField(default=dict, blank=True, help_text="For a publication: its revision, and the approvals as they stood.")
    at = models.DateTimeField()
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="None for the system.")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.before} to {self.after}"
