"""Comments on a working text: threads about a passage or a whole section. They are never published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef

from incidents.access import Actor
from incidents.models import User
from postmortems import access
from postmortems.anchors import Anchor
from postmortems.models.postmortem import Section

if TYPE_CHECKING:
    from postmortems.models.postmortem import Postmortem


class CommentQuerySet(models.QuerySet["Comment"]):
    def visible_to(self, actor: Actor) -> CommentQuerySet:
        """Whoever reads the working text reads what is said about it."""
        return self.filter(access.postmortem_filter(actor, "section__postmortem__")) if access.may_read_draft(actor) else self.none()

    def threads(self) -> CommentQuerySet:
        return self.filter(thread=None)

    def open(self) -> CommentQuerySet:
        return self.filter(resolved_at=None)


class Comment(models.Model):
    """One thing that was said. The first of a thread has its passage and whether it is resolved; replies name it as their `thread`."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="comments")
    thread = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="replies")
    part = models.CharField(max_length=80, blank=True, help_text="The field, row, factor or action item it is about, as parts.py names it; empty for the text.")
    is_gone = models.BooleanField(default=False, help_text="The row it is about was removed.")
    quote = models.TextField(blank=True, max_length=1_000, help_text="The words it is about, or what its part said last; empty for the whole section.")
    prefix = models.CharField(max_length=64, blank=True)
    suffix = models.CharField(max_length=64, blank=True)
    position = models.PositiveIntegerField(default=0, help_text="Where the quote began when it was last seen, in characters; of a row its place.")
    body = models.TextField(max_length=5_000, blank=True, help_text="Empty once it is deleted.")
    author = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=models.Q(thread=None) | models.Q(quote="", part="", resolved_at=None), name="comment_reply_is_plain")]

    def __str__(self) -> str:
        return f"{self.author or 'Somebody'}: {self.body[:60]}"

    @property
    def anchor(self) -> Anchor:
        return Anchor(self.quote, self.prefix, self.suffix, self.position)

    @property
    def postmortem(self) -> Postmortem:
        return self.section.postmortem


class MentionQuerySet(models.QuerySet["Mention"]):
    def waiting(self, person: User) -> MentionQuerySet:
        """Mentions of a person in open threads in which they have not said anything since."""
        root = OuterRef("comment__thread")
        answered = Comment.objects.filter(models.Q(thread=root) | models.Q(thread=OuterRef("comment")), author=person, pk__gt=OuterRef("comment"))
        open_thread = models.Q(comment__thread=None, comment__resolved_at=None) | models.Q(comment__thread__isnull=False, comment__thread__resolved_at=None)
        return self.filter(open_thread, ~Exists(answered), user=person)


class Mention(models.Model):
    """Somebody whom a comment asks. Deleted with the words that named them."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    objects = MentionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["comment", "user"], name="mention_once")]

    def __str__(self) -> str:
        return f"@{self.user}"
