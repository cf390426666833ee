"""Writes. Comments on a working text: threads that keep to their passage, replies, mentions, and a thread's end.

What somebody said is theirs: only they edit or delete it, and a deleted comment leaves its place empty. Resolving hides a
thread, it deletes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Lower
from django.utils import timezone

from incidents.access import Actor
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_text
from incidents.models import AuditEvent, User
from postmortems import access, anchors, kinds, parts
from postmortems.access import require_open
from postmortems.models import ActionItem, Comment, Factor, Mention, Postmortem, Section, SectionVersion

BODY_LIMIT = 5_000
MOST_MENTIONS = 20
MOST_FOLLOWED = 500
NAME = re.compile(r"(?<![\w@/.`])@([\w.@+-]{1,150})")
CODE = re.compile(r"`[^`\n]*`")


@transaction.atomic
def comment(*, actor: Actor, section: Section, body: str, quote: str = "", near: int = 0, part: str = "") -> Comment:
    """Begin a thread about the words `quote` nearest to the offset `near`, about a `part` of the section, or about the whole of it.

    Raises ValidationError when the words or the part are not in the section as it is stored, or the text is not acceptable.
    """
    require_open(actor, section.postmortem_id)
    found = anchors.Anchor("")
    if part:
        return about_part(actor, section, body, part, clean_text(quote, limit=anchors.LONGEST))
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


def about_part(actor: Actor, section: Section, body: str, named: str, quote: str) -> Comment:
    """Begin a thread about a part; of a row, `quote` or the seal in its name tell which is meant when others moved it meanwhile."""
    found = part_named(section, named, quote)
    if found is None:
        raise ValidationError({"part": "This is not in the section as it is saved. Look at it again, then choose what the comment is about."})
    place = parts.number_of(found.key) if parts.kind_of(found.key) == parts.ROW else 0
    key = parts.ROW if parts.kind_of(found.key) == parts.ROW else found.key
    said = add(actor, section, body, part=key, position=place, quote=found.words)
    AuditEvent.record(actor, "comment.added", section.postmortem.reference, section=section.key)
    return said


def part_named(section: Section, named: str, quote: str = "") -> parts.Part | None:
    """Return the part of a section that a key names, as it is stored now."""
    if not parts.KEY.fullmatch(named):
        return None
    kind, name, seal = [*named.split(":"), ""][:3]
    if kind == parts.FIELD:
        return next((one for one in parts.fields_in(section) if one.key == f"{kind}:{name}"), None)
    if kind == parts.ROW:
        rows = parts.rows_in(section)
        place = parts.find_row(kinds.rows_of(section.values), int(name), seal=seal, quote=quote) if rows else None
        return rows[place] if place is not None else None
    return next((one for one in shown_parts(section) if one.key == f"{kind}:{name}"), None)


def shown_parts(section: Section) -> list[parts.Part]:
    """Return the factors or action items that a section of their kind shows."""
    if parts.ROWS_OF.get(section.kind) == parts.FACTOR:
        factors = Factor.objects.filter(postmortem=section.postmortem_id).values_list("pk", "statement")
        return [parts.Part(f"{parts.FACTOR}:{pk}", f"Factor {number}", words) for number, (pk, words) in enumerate(factors, start=1)]
    if parts.ROWS_OF.get(section.kind) == parts.ACTION:
        items = ActionItem.objects.filter(postmortem=section.postmortem_id).order_by("pk").values_list("pk", "title")
        return [parts.Part(f"{parts.ACTION}:{pk}", f"ACT-{pk}", words) for pk, words in items]
    return []


def all_parts(section: Section) -> list[parts.Part]:
    """Return everything in a section that can be commented on, besides its text."""
    return [*parts.fields_in(section), *parts.rows_in(section), *shown_parts(section)]


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


def follow(section: Section, version: int, body: str, values: dict[str, Any]) -> None:
    """Keep the threads of a section at their passages and parts after an edit. Called in the transaction that saved `body` and `values` on top of `version`."""
    threads = list(Comment.objects.filter(section=section, thread=None).exclude(quote="", part="")[:MOST_FOLLOWED])
    follow_passages([thread for thread in threads if not thread.part], body)
    at_parts = [thread for thread in threads if thread.part.startswith((parts.ROW, parts.FIELD))]
    if at_parts:
        before = SectionVersion.objects.filter(section=section, number=version, is_lost=False).values_list("values", flat=True).first() or {}
        section.values = values
        follow_parts(at_parts, section, kinds.rows_of(before))


def follow_parts(threads: Iterable[Comment], section: Section, before: parts.Rows) -> None:
    """Let threads go with their rows and keep what these say; a row that comes back as it was takes its threads back."""
    rows, fields = parts.rows_in(section), {one.key: one for one in parts.fields_in(section)}
    went = parts.followed(before, kinds.rows_of(section.values)) if rows else {}
    for thread in threads:
        found = fields.get(thread.part)
        if thread.part == parts.ROW:
            found = next((one for one in rows if one.words == thread.quote), None) if thread.is_gone else None
            if not thread.is_gone and (place := went.get(thread.position)) is not None:
                found = rows[place]
            thread.position = parts.number_of(found.key) if found else thread.position
        thread.is_gone = found is None
        thread.quote = found.words if found else thread.quote
    Comment.objects.bulk_update(threads, ["position", "quote", "is_gone"])


def release(section_kind: str, key: str, postmortem_id: int, words: str) -> None:
    """Keep what a factor or an action item said last with the threads about it. Called in the transaction that removes it."""
    Comment.objects.filter(section__postmortem=postmortem_id, section__kind=section_kind, part=key).update(quote=words[: parts.LONGEST], is_gone=True)


def follow_passages(threads: Iterable[Comment], body: str) -> None:
    moved = []
    for thread in threads:
        after = anchors.follow(body, thread.anchor)
        if after != thread.anchor:
            thread.prefix, thread.suffix, thread.position = after.prefix, after.suffix, after.position
            moved.append(thread)
    if moved:
        Comment.objects.bulk_update(moved, ["prefix", "suffix", "position"])
