"""The only seam to the incidents app: what we answer when it asks, what we do when it tells."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils import timezone

from incidents import hooks
from incidents.access import Actor, may
from incidents.models import Incident
from incidents.signals import incident_changed
from postmortems import home, lapsing, stepping
from postmortems.models import ActionItem, LearningAssessment, Postmortem
from postmortems.signals import document_changed

#: What names a person.
OWNER = ("owner__first_name", "owner__last_name", "owner__username")
UPDATED_BY = ("updated_by__first_name", "updated_by__last_name", "updated_by__username")
OVER = {Incident.Status.RESOLVED, Incident.Status.CLOSED}


def register() -> None:
    """Called once at start."""
    incident_changed.connect(stepping.follow_incident)
    incident_changed.connect(lapsing.follow_incident)
    document_changed.connect(lapsing.follow_document)
    hooks.incident_panels.append(incident_panel)
    hooks.hidden_subjects.append(hidden_subjects)
    hooks.home_panels.extend([home.my_accounts, home.my_voice, home.my_steps, home.my_mentions, home.my_actions, home.near_misses])
    hooks.home_panels.extend([home.my_reviews, home.my_drafts, home.recent_publications])


def incident_panel(actor: Actor, incident: Any) -> hooks.Panel | None:
    """The post-mortems of an incident, its action items, and the way to start one."""
    visible = Postmortem.objects.visible_to(actor).about_one(incident.pk)
    postmortems = list(visible.select_related("owner", "template").only("title", "status", "published_at", "incident_id", "template__name", *OWNER))
    about = Q(incident=incident) | Q(postmortem__in=postmortems) if postmortems else Q(incident=incident)
    items = list(ActionItem.objects.visible_to(actor).filter(about).select_related("owner").only("title", "status", "due_on", *OWNER))
    may_start = may(actor, "draft")
    if not postmortems and not items and not may_start:
        return None
    is_over = incident.has_happened and incident.status in OVER
    context = {"incident": incident, "postmortems": postmortems, "action_items": items, "may_start": may_start, "today": timezone.localdate()}
    context |= {"is_over": is_over, "assessment": assessment_of(actor, incident) if is_over and not postmortems else None}
    return hooks.Panel("postmortems/_incident_panel.html", context)


def assessment_of(actor: Actor, incident: Any) -> LearningAssessment | None:
    """What was decided on a review of the incident, with what its panel shows of it."""
    rows = LearningAssessment.objects.visible_to(actor).filter(incident=incident).order_by().select_related("updated_by")
    return next(iter(rows.only("incident_id", "decision", "depth", "reason", "updated_at", *UPDATED_BY)), None)


def hidden_subjects(actor: Actor) -> set[str]:
    """References of post-mortems and action items that the actor may not know of."""
    drafts = Postmortem.objects.exclude(pk__in=Postmortem.objects.visible_to(actor).values("pk")).values_list("pk", flat=True)
    items = ActionItem.objects.exclude(pk__in=ActionItem.objects.visible_to(actor).values("pk")).values_list("pk", flat=True)
    return {f"PM-{pk}" for pk in drafts} | {f"ACT-{pk}" for pk in items}
