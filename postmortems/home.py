"""Reads. What the start page says about post-mortems: my action items, my drafts, what was published."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import F
from django.utils import timezone

from incidents.access import Actor
from incidents.hooks import Panel
from postmortems import discussion
from postmortems.models import ActionItem, Postmortem, Revision

ROWS = 6


def my_actions(actor: Actor) -> Panel:
    mine = ActionItem.objects.visible_to(actor).open().filter(owner=actor)
    items = list(mine.select_related("incident").order_by(F("due_on").asc(nulls_last=True), "pk")[: ROWS + 2])
    return Panel("postmortems/_home_actions.html", {"items": items, "today": today(actor)})


def my_mentions(actor: Actor) -> Panel | None:
    mentions = discussion.waiting_for(actor, ROWS)
    return Panel("postmortems/_home_mentions.html", {"mentions": mentions}) if mentions else None


def my_drafts(actor: Actor) -> Panel | None:
    working = [Postmortem.Status.DRAFT, Postmortem.Status.IN_REVIEW]
    drafts = list(Postmortem.objects.visible_to(actor).filter(owner=actor, status__in=working).select_related("incident")[:ROWS])
    return Panel("postmortems/_home_drafts.html", {"drafts": drafts}) if drafts else None


def recent_publications(actor: Actor) -> Panel | None:
    revisions = list(Revision.objects.visible_to(actor).defer("document", "html").select_related("postmortem", "published_by").order_by("-published_at")[:ROWS])
    return Panel("postmortems/_home_published.html", {"revisions": revisions}) if revisions else None


def today(actor: Actor) -> date:
    """The date where the person is, so that nothing is overdue for them before their day is over."""
    return timezone.localdate(timezone=ZoneInfo(getattr(actor, "time_zone", "UTC")))
