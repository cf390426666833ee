"""Templates of retrospectives: ordered sections with guidance, edited in the admin, seeded from `seeds/builtin_templates.yaml`."""

from __future__ import annotations

from django.db import models

from incidents.models import User


class SectionKind(models.TextChoices):
    """What a section holds; `postmortems.kinds` says how each is asked for, stored and printed."""

    MARKDOWN = "markdown", "Prose"
    BULLETS = "bullets", "Bullet list"
    IMPACT = "impact", "Impact fields"
    MILESTONES = "milestones", "Milestones and metrics"
    TIMELINE = "timeline", "Timeline"
    ACTIONS = "actions", "Action items"
    FIELDS = "fields", "Custom fields"
    META = "meta", "About this review"
    FACTORS = "factors", "Contributing factors"
    DECISIONS = "decisions", "Decisions"
    WHY_TREE = "why_tree", "Chain of questions"
    QA = "qa", "Questions and answers"
    SURPRISES = "surprises", "Surprises"
    THEMES = "themes", "Themes"
    COMMS = "comms", "Communication"
    SECURITY = "security", "Security"
    LINKS = "links", "Links"
    GLOSSARY = "glossary", "Glossary"
    SHARING = "sharing", "Sharing"
    PERSPECTIVES = "perspectives", "Perspectives"


FIELDS_HELP = (
    "One field a line; for kinds with rows, their columns. A name such as users_affected, or a name with its type: told_on(date), "
    "at(moment), reasons(long), address(link), owner(person), sent(bool), confidence(1-5), status(required|not required). "
    "In the kind “Custom fields” also those of the incident: region(incident); without any line it shows all of them."
)


class Audience(models.TextChoices):
    """How far outside a text may go; each reaches further than the one before."""

    INTERNAL = "internal", "Internal"
    STAKEHOLDER = "stakeholder", "Stakeholders"
    PUBLIC = "public", "Public"


class Depth(models.TextChoices):
    """How deep a retrospective goes, from shallow to deep."""

    LIGHT = "light", "Light"
    STANDARD = "standard", "Standard"
    DEEP = "deep", "Deep"


class RetrospectiveTemplate(models.Model):
    """What a post-mortem is started from. Its texts are kept as numbered versions, see `TemplateVersion`."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    use_when = models.CharField(max_length=300, blank=True)
    audience_note = models.CharField(max_length=200, blank=True)
    effort_hours = models.CharField(max_length=20, blank=True)
    meeting_minutes = models.PositiveSmallIntegerField(default=0)
    lint_profile = models.CharField(max_length=20, default="standard")
    depth = models.CharField(
        max_length=20, choices=Depth, blank=True, help_text="The one to suggest for this depth where no rule says more. Empty: only by a rule or by hand."
    )
    is_active = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=0, editable=False, help_text="The number of its newest version.")
    builtin_version = models.PositiveIntegerField(default=0, editable=False, help_text="The built-in text that was last taken over or declined.")

    class Meta:
        ordering = ["position", "name"]
        verbose_name = "template"

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """What a template said after one change. Kept for good: a post-mortem names the version it started with."""

    class Origin(models.TextChoices):
        BUILTIN = "builtin", "Built in"
        EDITED = "edited", "Edited"
        IMPORTED = "imported", "Imported"

    template = models.ForeignKey(RetrospectiveTemplate, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField(help_text="As template_content.py has it.")
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.EDITED)
    changed = models.CharField(max_length=300, blank=True, help_text="What is different from the version before.")
    note = models.CharField(max_length=300, blank=True, help_text="Why, in the words of who changed it.")
    saved_at = models.DateTimeField(auto_now_add=True)
    saved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="template_version_once")]

    def __str__(self) -> str:
        return f"{self.template} version {self.number}"


class SectionText(models.Model):
    """The texts that a template's section and a post-mortem's section share: the latter is a copy made at its start."""

    key = models.SlugField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=SectionKind, default=SectionKind.MARKDOWN)
    guidance = models.TextField(blank=True)
    prompts = models.TextField(blank=True, help_text="One question a line.")
    fields = models.TextField(blank=True, help_text=FIELDS_HELP)
    minimum = models.CharField(max_length=300, blank=True, help_text="What makes it complete, in words.")
    required = models.BooleanField(default=False)
    audience = models.CharField(max_length=20, choices=Audience, default=Audience.INTERNAL, help_text="The widest audience that gets to read it.")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    @property
    def questions(self) -> list[str]:
        return [line for line in self.prompts.splitlines() if line.strip()]


class TemplateSection(SectionText):
    template = models.ForeignKey(RetrospectiveTemplate, on_delete=models.CASCADE, related_name="sections")
    starting_text = models.TextField(
        blank=True,
        max_length=20_000,
        help_text="What a new post-mortem begins with here. Names such as {{ incident.severity }} are replaced.",
    )

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["template", "key"], name="template_section_once")]
