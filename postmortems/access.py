"""Who may see post-mortems. A post-mortem is seen by whoever sees all its incidents; a viewer sees published ones only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Q, QuerySet
from django.http import Http404

from incidents.access import SYSTEM, Actor, hidden_incidents, incident_filter, number_of, require

if TYPE_CHECKING:
    from postmortems.models import Postmortem


def postmortem_filter(actor: Actor, prefix: str = "") -> Q:
    """Return the condition for rows whose post-mortem, reached through `prefix` ("postmortem__"), the actor may see."""
    condition = incident_filter(actor, f"{prefix}incident__") & related_filter(actor, prefix)
    if getattr(actor, "role", "viewer") == "viewer":
        condition &= Q(**{f"{prefix}published_at__isnull": False})
    return condition


def related_filter(actor: Actor, prefix: str = "") -> Q:
    """Return the condition for rows whose post-mortem covers, besides its main incident, none that is hidden from the actor. Rows without one pass."""
    if actor is SYSTEM or not getattr(actor, "is_authenticated", False):
        return Q()
    return ~Q(**{f"{prefix}in" if prefix else "pk__in": out_of_reach(actor)})


def out_of_reach(actor: Actor) -> QuerySet[Any]:
    """Return the keys of post-mortems that cover, besides their main incident, one that is hidden from a person."""
    related = apps.get_model("postmortems", "RelatedIncident")
    return related.objects.filter(incident__in=hidden_incidents(actor)).order_by().values("postmortem_id")


def may_read_draft(actor: Actor) -> bool:
    """Viewers read what was published, never the working text."""
    return getattr(actor, "role", "viewer") != "viewer"


def postmortem_for(actor: Actor, reference: str, verb: str = "read") -> Postmortem:
    """Return the post-mortem named "PM-12". Raises Http404 when it is unknown or hidden, PermissionDenied when `verb` is not allowed."""
    model = apps.get_model("postmortems", "Postmortem")
    postmortem = model.objects.visible_to(actor).select_related("incident__severity", "owner", "template").filter(pk=number_of(reference, "PM")).first()
    if postmortem is None:
        raise Http404
    if verb != "read":
        require(actor, verb)
    return postmortem
