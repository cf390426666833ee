"""Reads. What is said about a working text: its threads with their passages as they stand now, and what waits for whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q

from incidents.access import Actor
from postmortems import anchors, commenting, parts
from postmortems.models import Comment, Mention, Postmortem, Section
from postmortems.models.comments import CommentQuerySet

STATES = ("open", "resolved", "mentions")
#: Threads shown beside the editor; the page of comments has all.
BESIDE = 50


@dataclass(frozen=True)
class Thread:
    """A thread with where its passage stands in the section's text now; `span` is None where it is gone, or where the whole section is meant.

    For one about a field, a row, a factor or an action item `part` says what that is now; None when it is gone.
    """

    root: Comment
    replies: Sequence[Comment]
    span: tuple[int, int] | None
    part: parts.Part | None = None

    @property
    def is_lost(self) -> bool:
        """Say whether the words it is about were changed, or the part is gone."""
        return self.part is None if self.root.part else bool(self.root.quote) and self.span is None

    @property
    def lost_kind(self) -> str:
        """What it was about and is no longer there: "a row"."""
        return parts.GONE.get(parts.kind_of(self.root.part), "")

    @property
    def comments(self) -> list[Comment]:
        return [self.root, *self.replies]

    @property
    def passage(self) -> str:
        """The words in the text now, which may be a little other than the quote."""
        return self.root.section.body[slice(*self.span)] if self.span else ""


def roots(actor: Actor, postmortem: Postmortem, state: str = "open", section: str = "") -> CommentQuerySet:
    """Return the first comments of the threads in a state, in the order of the sections; those in which all was deleted are left out."""
    threads = Comment.objects.visible_to(actor).threads().filter(section__postmortem=postmortem)
    alive = Comment.objects.filter(thread=OuterRef("pk"), deleted_at=None)
    threads = threads.filter(Q(deleted_at=None) | Exists(alive))
    threads = threads.filter(resolved_at__isnull=state != "resolved")
    if state == "mentions":
        waiting = Mention.objects.waiting(actor).filter(comment__section__postmortem=postmortem)
        threads = threads.filter(Q(pk__in=waiting.values("comment_id")) | Q(pk__in=waiting.values("comment__thread_id")))
    if section:
        threads = threads.filter(section__key=section)
    return threads.order_by("section__position", "section_id", "position", "pk")


def with_replies(threads: Any) -> list[Thread]:
    """Load threads with all that is shown of them, in two queries."""
    replies = Prefetch("replies", Comment.objects.select_related("author"))
    loaded = threads.select_related("author", "resolved_by", "section").prefetch_related(replies)
    rows = list(loaded)
    known = known_parts([root.section for root in rows if root.part])
    return [
        Thread(
            root, list(root.replies.all()), None if root.part else anchors.locate(root.section.body, root.anchor), known.get((root.section_id, key_of(root)))
        )
        for root in rows
    ]


def key_of(root: Comment) -> str:
    """Return the key of the part that a thread is about, as it is now."""
    return f"{parts.ROW}:{root.position}" if root.part == parts.ROW and not root.is_gone else root.part


def known_parts(sections: Iterable[Section]) -> dict[tuple[int, str], parts.Part]:
    """Return the parts of some sections of one post-mortem; factors and action items are asked for where a section shows them."""
    found: dict[tuple[int, str], parts.Part] = {}
    for section in {section.pk: section for section in sections}.values():
        found |= {(section.pk, one.key): one for one in commenting.all_parts(section)}
    return found


def of_section(actor: Actor, postmortem: Postmortem, section: Section) -> dict[str, Any]:
    """What the panel beside the editor shows."""
    rows = with_replies(roots(actor, postmortem, "open", section.key)[: BESIDE + 1])
    # Those about the whole section first, then fields and rows in their order, then in the order of the text; what lost its passage or row last.
    choices = commenting.all_parts(section)
    order = {one.key: place for place, one in enumerate(choices, start=1)}
    rows.sort(key=lambda row: (row.is_lost, row.span is not None, order.get(row.part.key, 0) if row.part else 0, row.span or (0, 0), row.root.pk))
    resolved = roots(actor, postmortem, "resolved", section.key).count()
    return {"threads": rows[:BESIDE], "threads_more": len(rows) > BESIDE, "resolved_count": resolved, "parts": choices}


def of_part(actor: Actor, postmortem: Postmortem, section: Section | None, key: str) -> dict[str, Any]:
    """What the page of a factor or an action item shows: the open threads about it in the section that shows such. Without one there is no place for them."""
    threads = with_replies(roots(actor, postmortem, "open", section.key).filter(part=key)[:BESIDE]) if section else []
    return {"comment_section": section, "comment_part": key, "threads": threads}


def by_part(threads: Iterable[Thread]) -> dict[str, list[Thread]]:
    found: dict[str, list[Thread]] = {}
    for row in threads:
        if row.part:
            found.setdefault(row.part.key, []).append(row)
    return found


def count_open(postmortem: Postmortem, sections: Iterable[Section]) -> int:
    """Give each section its number of open threads as `open_comments`; return how many there are in all."""
    alive = Comment.objects.filter(thread=OuterRef("pk"), deleted_at=None)
    threads = Comment.objects.threads().open().filter(Q(deleted_at=None) | Exists(alive), section__postmortem=postmortem)
    counts = dict(threads.order_by().values_list("section_id").annotate(Count("pk")))
    for section in sections:
        section.open_comments = counts.get(section.pk, 0)  # type: ignore[attr-defined]
    return sum(counts.values())


def waiting_for(actor: Actor, limit: int) -> list[Mention]:
    """Mentions of the actor that nobody has resolved and they have not answered, newest first, in what they may see."""
    visible = Comment.objects.visible_to(actor)
    mentions = Mention.objects.waiting(actor).filter(comment__in=visible.values("pk"))
    return list(mentions.select_related("comment__author", "comment__section__postmortem").order_by("-pk")[:limit])


def names(people: Iterable[Any]) -> list[dict[str, str]]:
    return [{"username": person.username, "name": str(person)} for person in people]
