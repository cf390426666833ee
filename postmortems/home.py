"""Reads. What the start page says about post-mortems: my action items, my drafts, what was published."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from incidents.access import Actor
from incidents.hooks import Panel
from postmortems import discussion, process_overview, states, surveying
from postmortems import near_misses as reports
from postmortems.access import full_view, may_read_draft
from postmortems.models import (
    ActionItem,
    Conversation,
    Decision,
    Participant,
    Postmortem,
    PrivateNote,
    Reading,
    Review,
    Reviewer,
    Revision,
    Section,
    SharedDraft,
    Survey,
    WrittenAccount,
)

ROWS = 6
MOST_REVIEWS = 50


def my_actions(actor: Actor) -> Panel:
    mine = ActionItem.objects.visible_to(actor).open().filter(owner=actor)
    items = list(mine.select_related("incident").order_by(F("due_on").asc(nulls_last=True), "pk")[: ROWS + 2])
    return Panel("postmortems/_home_actions.html", {"items": items, "today": today(actor)})


def near_misses(actor: Actor) -> Panel | None:
    """Reports of near misses that wait for a thank you, and thanks for one's own."""
    to_thank, thanks = reports.news(actor, ROWS)
    return Panel("postmortems/_home_near_misses.html", {"to_thank": to_thank, "thanks": thanks}) if to_thank or thanks else None


def my_steps(actor: Actor) -> Panel | None:
    """What I was asked and have not answered, and the steps of retrospectives that I am to take."""
    if not may_read_draft(actor):
        return None
    day = today(actor)
    waiting, asked = process_overview.waiting_for(actor, day, ROWS), process_overview.invitations(actor, ROWS)
    return Panel("postmortems/_home_process.html", {"steps": waiting, "invitations": asked, "today": day}) if waiting or asked else None


def my_mentions(actor: Actor) -> Panel | None:
    mentions = discussion.waiting_for(actor, ROWS)
    return Panel("postmortems/_home_mentions.html", {"mentions": mentions}) if mentions else None


def my_drafts(actor: Actor) -> Panel | None:
    drafts = list(Postmortem.objects.visible_to(actor).filter(owner=actor, status__in=states.AT_WORK).select_related("incident")[:ROWS])
    return Panel("postmortems/_home_drafts.html", {"drafts": drafts}) if drafts else None


def my_reviews(actor: Actor) -> Panel | None:
    """What waits for this person's review: in review, asked, and either nothing was said in this round or a text has changed since.

    Texts only: whether rows of a timeline or of action items changed is told by the page of the review, which reads the whole document.
    """
    asked = Reviewer.objects.filter(user=actor, has_handed_over=False, review__closed_at=None).values("review__postmortem")
    takes_part = Participant.objects.filter(user=actor, role__in=["approver", "reviewer"]).exclude(state=Participant.State.DECLINED).values("postmortem")
    mine = Postmortem.objects.visible_to(actor).filter(Q(pk__in=asked) | Q(pk__in=takes_part), status=Postmortem.Status.IN_REVIEW).exclude(owner=actor)
    found = list(mine.select_related("incident").order_by("pk")[:MOST_REVIEWS])
    rounds = {one.postmortem_id: one for one in Review.objects.filter(postmortem__in=found, closed_at=None).select_related("opened_by")}
    said = {one.review_id: one for one in Decision.objects.filter(review__in=rounds.values(), user=actor).order_by("pk")}
    versions: dict[int, dict[str, int]] = {}
    for owner, key, version in Section.objects.filter(postmortem__in=found).values_list("postmortem_id", "key", "version"):
        versions.setdefault(owner, {})[key] = version
    rows: list[dict[str, Any]] = []
    for one in found:
        review = rounds.get(one.pk)
        last = said.get(review.pk) if review else None
        changed = last is not None and any(versions[one.pk].get(key, seal["version"]) != seal["version"] for key, seal in last.covered.items())
        if last is None or changed:
            rows.append({"postmortem": one, "review": review, "changed": changed})
    rows.sort(key=lambda row: (row["review"].due_on if row["review"] and row["review"].due_on else date.max, row["postmortem"].pk))
    return Panel("postmortems/_home_reviews.html", {"rows": rows[:ROWS], "today": today(actor)}) if rows else None


def my_accounts(actor: Actor) -> Panel | None:
    """The reviews that wait for my account; a viewer may be asked, too."""
    over = [Postmortem.Status.PUBLISHED, Postmortem.Status.ARCHIVED]
    rows = Participant.objects.filter(full_view(actor, "postmortem__"), user=actor, role=Participant.Role.PARTICIPANT)
    rows = rows.exclude(state=Participant.State.DECLINED).exclude(postmortem__status__in=over)
    accounts = WrittenAccount.objects.readable_by(actor).filter(author=actor).values_list("postmortem_id", flat=True)
    notes = PrivateNote.objects.readable_by(actor).filter(author=actor).values_list("postmortem_id", flat=True)
    rows = rows.exclude(postmortem__in=accounts).exclude(postmortem__in=notes)
    asked = list(rows.select_related("postmortem__incident").order_by("-pk")[:ROWS])
    return Panel("postmortems/_home_accounts.html", {"asked": asked}) if asked else None


def my_voice(actor: Actor) -> Panel | None:
    """What waits for my word: notes of a conversation with me, a draft of what I was part of, the questions after a meeting."""
    if not Participant.objects.filter(user=actor).exclude(state=Participant.State.DECLINED).exists():  # most people, on most days
        return None
    over = [Postmortem.Status.PUBLISHED, Postmortem.Status.ARCHIVED]
    talks = Conversation.objects.readable_by(actor).filter(user=actor, confirmed_at=None).select_related("author", "postmortem__incident")
    taking_part = Participant.objects.filter(full_view(actor, "postmortem__"), user=actor, role=Participant.Role.PARTICIPANT)
    taking_part = taking_part.exclude(state=Participant.State.DECLINED).exclude(postmortem__status__in=over)
    drafts = SharedDraft.objects.filter(postmortem__in=taking_part.values("postmortem"))
    answered = Reading.objects.readable_by(actor).filter(author=actor, postmortem=OuterRef("postmortem"), answered_at__gte=OuterRef("shared_at"))
    to_read = list(drafts.exclude(Exists(answered)).select_related("postmortem__incident", "shared_by").order_by("-shared_at")[:ROWS])
    to_confirm = list(talks.order_by("-pk")[:ROWS])
    asked = surveys(actor)
    found = {"talks": to_confirm, "drafts": to_read, "surveys": asked}
    return Panel("postmortems/_home_voice.html", found) if any(found.values()) else None


def surveys(actor: Actor) -> list[Survey]:
    """Return those that wait for my answer. Who answered is a list in the row itself, so it is looked at here."""
    mine = Participant.objects.filter(user=actor).exclude(state=Participant.State.DECLINED)
    there, leading = mine.filter(role__in=surveying.PRESENT), mine.filter(role=Participant.Role.FACILITATOR)
    rows = Survey.objects.visible_to(actor).filter(is_closed=False, closes_on__gte=today(actor), postmortem__in=there.values("postmortem"))
    rows = rows.exclude(postmortem__in=leading.values("postmortem"))
    rows = rows.select_related("postmortem__incident").order_by("closes_on", "pk")[:MOST_REVIEWS]
    return [row for row in rows if actor.pk not in row.answered][:ROWS]


def recent_publications(actor: Actor) -> Panel | None:
    newer = Revision.objects.filter(postmortem=OuterRef("postmortem"), number__gt=OuterRef("number"))
    rows = Revision.objects.visible_to(actor).filter(~Exists(newer)).defer("document", "html").select_related("postmortem", "published_by")
    revisions = list(rows.order_by("-published_at")[:ROWS])
    return Panel("postmortems/_home_published.html", {"revisions": revisions}) if revisions else None


def today(actor: Actor) -> date:
    """The date where the person is, so that nothing is overdue for them before their day is over."""
    return timezone.localdate(timezone=ZoneInfo(getattr(actor, "time_zone", "UTC")))
