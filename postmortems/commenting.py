"""Writes. Comments on a working text: threads that keep to their passage, replies, mentions, and a thread's end.

What somebody said is theirs: only they edit or delete it, and a deleted comment leaves its place empty. Resolving hides a
thread, it deletes nothing.
"""

from __future__ import annotations

import re

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Lower
from django.utils import timezone

from incidents.access import Actor
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_text
from incidents.models import AuditEvent, User
from postmortems import access, anchors
from postmortems.access import require_open
from postmortems.models import Comment, Mention, Postmortem, Section

BODY_LIMIT = 5_000
MOST_MENTIONS = 20
MOST_FOLLOWED = 500
NAME = re.compile(r"(?<![\w@/.`])@([\w.@+-]{1,150})")
CODE = re.compile(r"`[^`\n]*`")


@transaction.atomic
def comment(*, actor: Actor, section: Section, body: str, quote: str = "", near: int = 0) -> Comment:
    """Begin a thread about the words `quote` nearest to the offset `near`, or about the whole section without any.

    Raises ValidationError when the words are not in the section as it is stored, or the text is not acceptable.
    """
    require_open(actor, section.postmortem_id)
    found = anchors.Anchor("")
    if quote.strip():
        here = anchors.find(section.body, clean_text(quote, limit=anchors.LONGEST), max(near, 0))
        if here is None:
            raise ValidationError(
                {"quote": "These words are not in the section as it is saved. Copy them from the text, or leave this empty for the whole section."}
            )
        found = here
    said = add(actor, section, body, quote=found.quote, prefix=found.prefix, suffix=found.suffix, position=found.position)
    AuditEvent.record(actor, "comment.added", section.postmortem.reference, section=section.key)
    return said


@transaction.atomic
def reply(*, actor: Actor, thread: Comment, body: str) -> Comment:
    """Answer in a thread; a resolved one is opened again by it."""
    root = thread.thread or thread
    require_open(actor, root.section.postmortem_id)
    said = add(actor, root.section, body, thread=root)
    if root.resolved_at:
        settle(actor=actor, thread=root, resolved=False)
    return said


def add(actor: Actor, section: Section, body: str, **fields: object) -> Comment:
    body = checked(body)
    named = mentioned(section.postmortem, body)
    said = Comment.objects.create(section=section, body=body, author=actor if isinstance(actor, User) else None, **fields)
    Mention.objects.bulk_create(Mention(comment=said, user=person) for person in named)
    return said


def checked(body: str) -> str:
    body = clean_text(body, limit=BODY_LIMIT + 1).strip()
    if not body:
        raise ValidationError({"body": "Say something."})
    if len(body) > BODY_LIMIT:
        raise ValidationError({"body": f"A comment has at most {BODY_LIMIT:,} characters."})
    return body


def mentioned(postmortem: Postmortem, body: str) -> list[User]:
    """Return the people that a comment names. Raises ValidationError for somebody who may not read it."""
    names = {name.lower() for written in NAME.findall(CODE.sub(" ", body)) for name in (written, written.rstrip(".@+-"))}
    people: list[User] = list(User.objects.annotate(folded=Lower("username")).filter(folded__in=names)[: MOST_MENTIONS + 1]) if names else []
    if len(people) > MOST_MENTIONS:
        raise ValidationError({"body": f"A comment mentions at most {MOST_MENTIONS} people."})
    allowed = set(access.draft_readers(postmortem).filter(pk__in=[person.pk for person in people]).values_list("pk", flat=True)) if people else set()
    hidden = [f"@{person.username}" for person in people if person.pk not in allowed]
    if hidden:
        who = " and ".join(hidden)
        raise ValidationError({"body": f"{who} may not read this working text, and would not learn of it. Leave the mention out, or give them access first."})
    return people


@transaction.atomic
def edit(*, actor: Actor, said: Comment, version: int, body: str) -> Comment:
    """Change one's own words on top of `version`. Raises Conflict when that is not the newest."""
    require_own(actor, said)
    body = checked(body)
    named = mentioned(said.section.postmortem, body)
    change(said, version, body=body, edited_at=timezone.now())
    Mention.objects.filter(comment=said).exclude(user__in=named).delete()
    Mention.objects.bulk_create([Mention(comment=said, user=person) for person in named], ignore_conflicts=True)
    return Comment.objects.select_related("author", "section__postmortem").get(pk=said.pk)


@transaction.atomic
def delete(*, actor: Actor, said: Comment) -> None:
    """Take back one's own words. Their place stays, so that the answers still make sense."""
    require_own(actor, said)
    Comment.objects.filter(pk=said.pk).update(body="", deleted_at=timezone.now(), version=F("version") + 1)
    Mention.objects.filter(comment=said).delete()
    AuditEvent.record(actor, "comment.deleted", said.section.postmortem.reference, section=said.section.key)


@transaction.atomic
def settle(*, actor: Actor, thread: Comment, resolved: bool) -> None:
    """Resolve a thread or open it again. Doing it twice changes nothing."""
    root = thread.thread or thread
    require_open(actor, root.section.postmortem_id)
    at, by = (timezone.now(), actor if isinstance(actor, User) else None) if resolved else (None, None)
    if Comment.objects.filter(pk=root.pk, resolved_at__isnull=resolved).update(resolved_at=at, resolved_by=by, version=F("version") + 1):
        verb = "comment.resolved" if resolved else "comment.reopened"
        AuditEvent.record(actor, verb, root.section.postmortem.reference, section=root.section.key)


def require_own(actor: Actor, said: Comment) -> None:
    require_open(actor, said.section.postmortem_id)
    if said.deleted_at or said.author_id is None or said.author_id != actor.pk:
        raise PermissionDenied("Only its author can change or delete a comment.")


def change(said: Comment, version: int, **fields: object) -> None:
    if not Comment.objects.filter(pk=said.pk, version=version, deleted_at=None).update(version=F("version") + 1, **fields):
        raise Conflict(Comment.objects.select_related("author", "section__postmortem").get(pk=said.pk))


def follow(section: Section, body: str) -> None:
    """Keep the threads of a section at their passages after an edit. Called in the transaction that saved `body`."""
    threads = Comment.objects.filter(section=section, thread=None).exclude(quote="")[:MOST_FOLLOWED]
    moved = []
    for thread in threads:
        after = anchors.follow(body, thread.anchor)
        if after != thread.anchor:
            thread.prefix, thread.suffix, thread.position = after.prefix, after.suffix, after.position
            moved.append(thread)
    if moved:
        Comment.objects.bulk_update(moved, ["prefix", "suffix", "position"])
