"""Which template, and how deep: the checklist of learning value, the rules, what a severity asks for, and what was decided for an incident."""

from __future__ import annotations

from django.db import models

from incidents import conditions
from incidents.access import Actor, incident_filter
from incidents.models import Incident, Severity, User
from postmortems.models.template import Depth, RetrospectiveTemplate


class LearningQuestion(models.Model):
    """One line of the checklist that tells how much there is to learn."""

    key = models.SlugField(max_length=40, unique=True)
    text = models.CharField(max_length=200, help_text="What is ticked, such as “people were surprised by how the system behaves”.")
    ticked_for_tags = models.CharField(max_length=300, blank=True, help_text="Tags, separated by commas: with one of them it is ticked to begin with.")
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text


class TemplateRule(models.Model):
    """Under which conditions a template is suggested. Of the rules that are switched on, the first one that holds counts."""

    class Match(models.TextChoices):
        ALL = "all", "all of the conditions and brackets hold (and)"
        ANY = "any", "any of the conditions or brackets holds (or)"

    name = models.CharField(max_length=100, help_text="Shown beside the suggestion: “Security incidents”.")
    priority = models.PositiveSmallIntegerField(default=10, help_text="1 is asked first.")
    template = models.ForeignKey(RetrospectiveTemplate, on_delete=models.CASCADE, related_name="rules")
    match = models.CharField(max_length=3, choices=Match, default=Match.ALL, verbose_name="when")
    is_active = models.BooleanField(default=True, help_text="Switched off it is tried in the dry run only.")

    class Meta:
        ordering = ["priority", "pk"]

    def __str__(self) -> str:
        return self.name


class RuleCondition(models.Model):
    """One condition of a rule. Those with the same bracket are one part of it, in which the other word counts; see `conditions.bracketed`."""

    class Bracket(models.TextChoices):
        A = "A", "( A )"
        B = "B", "( B )"
        C = "C", "( C )"
        D = "D", "( D )"

    rule = models.ForeignKey(TemplateRule, on_delete=models.CASCADE, related_name="conditions")
    bracket = models.CharField(max_length=1, choices=Bracket, blank=True)
    field = models.CharField(max_length=60, help_text="A name of `conditions.INCIDENT_FIELDS`, or a custom field: fields.region.")
    operator = models.CharField(max_length=20, choices=[(name, words) for name, (words, _) in conditions.OPERATORS.items()], default="is")
    value = models.CharField(max_length=conditions.MAX_VALUE, help_text="For “is one of”: separated by commas.")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.field} {self.get_operator_display()} “{self.value}”"


class ReviewRequirement(models.Model):
    """What a severity makes mandatory, however little there seems to learn."""

    severity = models.OneToOneField(Severity, on_delete=models.CASCADE, related_name="+")
    depth = models.CharField(max_length=20, choices=Depth, blank=True, help_text="At least so deep. Empty: nothing is mandatory.")

    class Meta:
        ordering = ["severity__rank"]

    def __str__(self) -> str:
        return f"{self.severity}: {self.get_depth_display() or 'nothing mandatory'}"


class AssessmentQuerySet(models.QuerySet["LearningAssessment"]):
    def visible_to(self, actor: Actor) -> AssessmentQuerySet:
        return self.filter(incident_filter(actor, "incident__"))


class LearningAssessment(models.Model):
    """How much there is to learn from one incident, as people ticked it, and what follows: a review or none."""

    class Decision(models.TextChoices):
        OPEN = "open", "Not decided"
        REVIEW = "review", "Review"
        NONE = "none", "No review"

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="+")
    ticks = models.JSONField(null=True, blank=True, help_text="Keys of the lines that people ticked; null while nobody answered.")
    by_itself = models.JSONField(default=list, blank=True, help_text="Keys that the timeline suggested when it was answered, ticked or not.")
    depth = models.CharField(max_length=20, choices=Depth, help_text="What the answers suggest, with what the severity asks for.")
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.OPEN)
    reason = models.CharField(max_length=500, blank=True, help_text="Why there is no review.")
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.get_depth_display()}, {self.get_decision_display().lower()}"
