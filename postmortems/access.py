"""Who may see post-mortems. A post-mortem is seen by whoever sees its incident; a viewer sees published ones only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Q
from django.http import Http404

from incidents.access import Actor, incident_filter, number_of, require

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from incidents.models import User
    from postmortems.models import Postmortem


def postmortem_filter(actor: Actor, prefix: str = "") -> Q:
    """Return the condition for rows whose post-mortem, reached through `prefix` ("postmortem__"), the actor may see."""
    condition = incident_filter(actor, f"{prefix}incident__")
    if getattr(actor, "role", "viewer") == "viewer":
        condition &= Q(**{f"{prefix}published_at__isnull": False})
    return condition


def may_read_draft(actor: Actor) -> bool:
    """Viewers read what was published, never the working text."""
    return getattr(actor, "role", "viewer") != "viewer"


def draft_readers(postmortem: Postmortem) -> QuerySet[User]:
    """Return the people who may read the working text of a post-mortem: those whom a comment on it may ask."""
    people = apps.get_model("incidents", "User").objects.filter(is_active=True).exclude(role="viewer")
    if postmortem.incident.is_private:
        members = apps.get_model("incidents", "IncidentMember").objects.filter(incident=postmortem.incident_id)
        people = people.filter(pk__in=members.values("user_id"))
    return people


def postmortem_for(actor: Actor, reference: str, verb: str = "read") -> Postmortem:
    """Return the post-mortem named "PM-12". Raises Http404 when it is unknown or hidden, PermissionDenied when `verb` is not allowed."""
    model = apps.get_model("postmortems", "Postmortem")
    postmortem = model.objects.visible_to(actor).select_related("incident__severity", "owner", "template").filter(pk=number_of(reference, "PM")).first()
    if postmortem is None:
        raise Http404
    if verb != "read":
        require(actor, verb)
    return postmortem


def review_for(actor: Actor, reference: str) -> Postmortem:
    """Return the post-mortem for whoever has a voice in it: who drafts, and who was asked to take part, also a viewer. Raises Http404 for others.

    It opens the actor's own account, never the working text.
    """
    model = apps.get_model("postmortems", "Postmortem")
    rows = model.objects.filter(incident_filter(actor, "incident__")).select_related("incident__severity", "owner", "template")
    if not may_read_draft(actor):
        taking_part = apps.get_model("postmortems", "Participant").objects.filter(user=actor).exclude(state="declined")
        rows = rows.filter(pk__in=taking_part.values("postmortem"))
    postmortem: Postmortem | None = rows.filter(pk=number_of(reference, "PM")).first()
    if postmortem is None:
        raise Http404
    return postmortem
