"""Pictures in a post-mortem's texts. The bytes lie in the file storage under a random name and never change."""

from __future__ import annotations

import uuid

from django.db import models

from incidents.access import Actor
from incidents.models import User
from postmortems import access
from postmortems.models.postmortem import Postmortem
from postmortems.models.publication import Revision

SUFFIXES = {"image/png": "png", "image/jpeg": "jpg"}


class PictureQuerySet(models.QuerySet["Picture"]):
    def visible_to(self, actor: Actor) -> PictureQuerySet:
        """Who reads the working text sees its pictures; a viewer those of what was published."""
        visible = self.filter(access.postmortem_filter(actor, "postmortem__"))
        return visible if access.may_read_draft(actor) else visible.filter(uses__isnull=False).distinct()


class Picture(models.Model):
    """One picture as it was re-encoded when it came: nothing of the file that was sent is kept but what one sees."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    postmortem = models.ForeignKey(Postmortem, on_delete=models.CASCADE, related_name="pictures")
    alt = models.CharField(max_length=300, help_text="What it shows, for who cannot see it.")
    content_type = models.CharField(max_length=20)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField(help_text="In bytes.")
    sha256 = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = PictureQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.alt

    def get_absolute_url(self) -> str:
        return f"/media/a/{self.key}.{SUFFIXES[self.content_type]}"

    @property
    def markdown(self) -> str:
        """What puts it into a text."""
        words = self.alt.replace("\\", "").replace("[", "(").replace("]", ")")
        return f"![{words}]({self.get_absolute_url()})"


class PictureUse(models.Model):
    """A revision that shows a picture. As long as there is one, the picture stays."""

    picture = models.ForeignKey(Picture, on_delete=models.RESTRICT, related_name="uses")
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="pictures")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["picture", "revision"], name="picture_use_once")]

    def __str__(self) -> str:
        return f"{self.picture_id} in {self.revision_id}"
