"""The steps of a retrospective: as administrators plan them, and as they go in one retrospective."""

from __future__ import annotations

from datetime import date

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from incidents.access import Actor
from incidents.models import User
from postmortems import access, steps
from postmortems.models.participation import Participant
from postmortems.models.postmortem import Postmortem
from postmortems.models.template import RetrospectiveTemplate

DAYS = [MinValueValidator(-100), MaxValueValidator(300)]


class StepPlan(models.Model):
    """A list of steps for a size of retrospective. A retrospective gets a copy of it at its start."""

    class Size(models.TextChoices):
        LIGHT = "light", "Light"
        STANDARD = "standard", "Standard"
        DEEP = "deep", "Deep"

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    size = models.CharField(max_length=10, choices=Size, default=Size.STANDARD)
    use_when = models.CharField(max_length=300, blank=True)
    templates = models.ManyToManyField(
        RetrospectiveTemplate, blank=True, related_name="step_plans", help_text="Retrospectives with these start with this list."
    )
    is_default = models.BooleanField(default=False, help_text="For templates that are in no list.")
    urgent_rank = models.PositiveSmallIntegerField(
        default=1, help_text="Incidents up to this rank of severity go by the urgent dates; 1 is the worst, 0 for none."
    )
    late_after = models.PositiveSmallIntegerField(
        default=10,
        validators=[MaxValueValidator(500)],
        help_text="A retrospective that was started more working days after the incident was resolved counts its dates from its own start.",
    )
    conversations = models.PositiveSmallIntegerField(
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
        help_text="So many, held and confirmed, complete the interviews; two to five is usual.",
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class StepText(models.Model):
    """What a planned step and a step have in common: the latter is a copy."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner of the document"
        FACILITATOR = "facilitator", "Facilitator"
        SCRIBE = "scribe", "Scribe"
        REVIEWER = "reviewer", "Reviewer"
        APPROVER = "approver", "Approver"
        PARTICIPANT = "participant", "Participants"

    class Unit(models.TextChoices):
        WORKING = steps.WORKING, "working days"
        CALENDAR = steps.CALENDAR, "calendar days"

    class From(models.TextChoices):
        RESOLVED = steps.RESOLVED, "the incident was resolved"
        STARTED = steps.STARTED, "the retrospective was started"
        MEETING = steps.MEETING, "the meeting"
        PUBLISH = steps.PUBLISH, "the publication"

    key = models.SlugField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)
    title = models.CharField(max_length=100)
    guidance = models.CharField(max_length=300, blank=True, help_text="When it is done, in a sentence.")
    role = models.CharField(max_length=20, choices=Role, default=Role.OWNER)
    offset = models.SmallIntegerField(default=1, validators=DAYS, help_text="Negative for before.")
    unit = models.CharField(max_length=10, choices=Unit, default=Unit.WORKING)
    counted_from = models.CharField(max_length=20, choices=From, default=From.RESOLVED, verbose_name="after")
    urgent_offset = models.SmallIntegerField(null=True, blank=True, validators=DAYS, help_text="Instead, for urgent severities.")
    urgent_unit = models.CharField(max_length=10, choices=Unit, default=Unit.WORKING)
    rule = models.CharField(max_length=20, blank=True, choices=steps.rule_choices, verbose_name="done when", help_text="A person may always say so by hand.")
    mandatory = models.BooleanField(default=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title


class PlannedStep(StepText):
    plan = models.ForeignKey(StepPlan, on_delete=models.CASCADE, related_name="steps")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["plan", "key"], name="planned_step_once")]


class Process(models.Model):
    """Which list of steps a retrospective goes by."""

    postmortem = models.OneToOneField(Postmortem, on_delete=models.CASCADE, related_name="process")
    plan = models.ForeignKey(StepPlan, null=True, on_delete=models.SET_NULL, related_name="processes")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.plan} of {self.postmortem.reference}"


class StepQuerySet(models.QuerySet["Step"]):
    def visible_to(self, actor: Actor) -> StepQuerySet:
        """Steps are working matter: a viewer sees none, also of what is published."""
        return self.filter(access.postmortem_filter(actor, "postmortem__")) if access.may_read_draft(actor) else self.none()

    def open(self) -> StepQuerySet:
        """Those that still ask for something, as `steps.nudges` has it."""
        over = Q(postmortem__status=Postmortem.Status.PUBLISHED) & ~Q(counted_from=StepText.From.PUBLISH) & ~Q(rule__in=steps.LATER)
        return self.filter(state=Step.State.OPEN).exclude(over | Q(postmortem__status=Postmortem.Status.ARCHIVED))

    def asking(self, today: date) -> StepQuerySet:
        """The open ones but for those whose day is still far."""
        return self.open().exclude(rule__in=steps.LATER, due_on__gt=today)

    def overdue(self, today: date) -> StepQuerySet:
        return self.open().filter(due_on__lt=today)

    def of(self, person: User) -> StepQuerySet:
        """What this person is to do: by name, or as the holder of the role where no name is given."""
        accepted = Participant.objects.filter(
            postmortem=models.OuterRef("postmortem_id"), role=models.OuterRef("role"), user=person, state=Participant.State.ACCEPTED
        )
        return self.filter(Q(owner=person) | Q(owner=None) & (Q(role=StepText.Role.OWNER, postmortem__owner=person) | models.Exists(accepted)))


class Step(StepText):
    """One step of one retrospective. `due_on` moves with what it counts from until a person sets it."""

    class State(models.TextChoices):
        OPEN = steps.OPEN, "Open"
        DONE = steps.DONE, "Done"
        SKIPPED = steps.SKIPPED, "Skipped"

    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="steps")
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Instead of whoever holds the role.")
    due_on = models.DateField(null=True, blank=True)
    due_by_hand = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    by_itself = models.BooleanField(default=False, help_text="A rule found it done.")
    note = models.CharField(max_length=300, blank=True, help_text="What happened, or why it was skipped.")
    by_hand_only = models.BooleanField(default=False, help_text="A person opened it again: no rule completes it any more.")
    version = models.PositiveIntegerField(default=1)

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["postmortem", "key"], name="step_once")]
        indexes = [models.Index(fields=["state", "due_on"], name="step_due")]  # what is overdue, and what a person has to do next

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN


class StepEvent(models.Model):
    """What happened to a step, kept for good: who did what when. Without an actor a rule did it."""

    class Verb(models.TextChoices):
        DONE = "done", "done"
        SKIPPED = "skipped", "skipped"
        REOPENED = "reopened", "opened again"
        DATED = "dated", "date"
        OWNED = "owned", "owner"

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="events")
    verb = models.CharField(max_length=10, choices=Verb)
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.step} {self.get_verb_display()}"
