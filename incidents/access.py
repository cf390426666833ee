"""Who may see or do what. Nowhere else.

Reading: every queryset of protected rows is narrowed by `visible_to(actor)`, which asks `incident_filter` here.
Doing: views and functions ask `may(actor, verb, incident)`. What may not be seen answers 404, what may be seen but
not done answers 403.

Roles: an *admin* configures; a *facilitator* edits and publishes; a *responder* edits incidents and drafts; a *viewer*
reads incidents and published post-mortems, and may report a near miss. A private incident exists only for its members, whatever their role.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.http import Http404

if TYPE_CHECKING:
    from incidents.models import Endpoint, Incident

#: What each role may do to what it sees; every role may read, and report a near miss.
ABILITIES: dict[str, frozenset[str]] = {
    "viewer": frozenset({"report"}),
    "responder": frozenset({"report", "edit", "import", "declare", "draft"}),
    "facilitator": frozenset({"report", "edit", "import", "declare", "draft", "publish", "restrict"}),
    "admin": frozenset({"report", "edit", "import", "declare", "draft", "publish", "restrict", "configure"}),
}
#: What each ability lets a person do, in words for whoever lacks it.
DOING = {
    "edit": "change incidents",
    "import": "import evidence",
    "declare": "declare incidents",
    "draft": "work on post-mortems",
    "publish": "publish",
    "restrict": "decide who may see an incident",
    "configure": "change how Debrief is set up",
}


#: The private incidents that a person is no member of. Written out, because every page asks two or three times, and building this from
#: querysets took longer than running it.
HIDDEN = "SELECT id FROM incidents_incident WHERE is_private AND id NOT IN (SELECT incident_id FROM incidents_incidentmember WHERE user_id = %s)"


class System:
    """The actor of commands and jobs: the operator's own shell, trusted to see and do all."""

    is_authenticated = True
    role = "admin"
    pk = None

    def __str__(self) -> str:
        return "Debrief"


SYSTEM = System()

Actor = Any  # User, AnonymousUser or System; a token acts as its owner


def incident_filter(actor: Actor, prefix: str = "") -> Q:
    """Return the condition for rows whose incident, reached through `prefix` ("incident__"), the actor may see."""
    if isinstance(actor, System):
        return Q()
    if not getattr(actor, "is_authenticated", False) or not actor.is_active:
        return Q(pk__in=[])
    return ~Q(**{f"{prefix}in" if prefix else "pk__in": hidden_incidents(actor)})


def hidden_incidents(actor: Actor) -> RawSQL:
    """Return the keys of the private incidents that a person is not on: by what is hidden, not by what is shown, as these are few and indexed."""
    return RawSQL(HIDDEN, [actor.pk])  # noqa: S611 - the text is fixed


def delivery_filter(actor: Actor) -> Q:
    """Return the condition for deliveries the actor may see: those of visible incidents, and those of none for whoever configures."""
    visible = incident_filter(actor, "incident__")
    return visible if may(actor, "configure") else visible & Q(incident__isnull=False)


def may(actor: Actor, verb: str) -> bool:
    """Say whether the actor's role allows `verb` on what the actor may see."""
    if not getattr(actor, "is_authenticated", False):
        return False
    return verb in ABILITIES.get(actor.role, frozenset())


def require(actor: Actor, verb: str) -> None:
    """Raise PermissionDenied (403) unless the actor's role allows `verb`."""
    if not may(actor, verb):
        raise PermissionDenied(f"Your role does not let you {DOING.get(verb, 'do this')}. Ask an administrator for another role.")


def number_of(reference: str, prefix: str) -> int:
    """Return 12 for "INC-12" (any case). Raises Http404 for anything else, as for a row that is not there."""
    head, _, tail = reference.partition("-")
    if head.upper() != prefix or not tail.isascii() or not tail.isdigit() or len(tail) > 12:
        raise Http404
    return int(tail)


def incident_for(actor: Actor, reference: str, verb: str = "read", *, along: Mapping[str, RawSQL] | None = None) -> Incident:
    """Return the incident named "INC-12". Raises Http404 when it is unknown or hidden, PermissionDenied when `verb` is not allowed.

    `along` are further values to read in the same query, by the names of the attributes they become.
    """
    rows = apps.get_model("incidents", "Incident").objects.visible_to(actor).annotate(**along or {})
    try:
        incident: Incident = rows.select_related("severity", "type", "team", "lead").get(pk=number_of(reference, "INC"))
    except ObjectDoesNotExist:
        raise Http404 from None
    if verb != "read":
        require(actor, verb)
    return incident


def endpoint_for(actor: Actor, pk: int) -> Endpoint:
    """Return a webhook endpoint. Raises PermissionDenied for whoever does not configure, Http404 when there is none."""
    require(actor, "configure")
    endpoint = apps.get_model("incidents", "Endpoint").objects.select_related("team", "severity", "created_by").filter(pk=pk).first()
    if endpoint is None:
        raise Http404
    return endpoint
