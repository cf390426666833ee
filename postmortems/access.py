"""Who may see post-mortems. A post-mortem is seen by whoever sees all its incidents; a viewer sees published ones only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.http import Http404

from incidents.access import HIDDEN, SYSTEM, Actor, incident_filter, number_of, require
from postmortems import states

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from incidents.models import Incident, User
    from incidents.models.incident import IncidentQuerySet
    from postmortems.models import Postmortem


#: The post-mortems that cover a private incident which a person is no member of.
OUT_OF_REACH = f"SELECT postmortem_id FROM postmortems_relatedincident WHERE incident_id IN ({HIDDEN})"  # noqa: S608 - the text is fixed


def postmortem_filter(actor: Actor, prefix: str = "") -> Q:
    """Return the condition for rows whose post-mortem, reached through `prefix` ("postmortem__"), the actor may see."""
    condition = full_view(actor, prefix)
    if getattr(actor, "role", "viewer") == "viewer":
        condition &= Q(**{f"{prefix}published_at__isnull": False})
    return condition


def related_filter(actor: Actor, prefix: str = "") -> Q:
    """Return the condition for rows whose post-mortem covers, besides its main incident, none that is hidden from the actor. Rows without one pass."""
    if actor is SYSTEM or not getattr(actor, "is_authenticated", False):
        return Q()
    return ~Q(**{f"{prefix}in" if prefix else "pk__in": out_of_reach(actor)})


def out_of_reach(actor: Actor) -> RawSQL:
    """Return the keys of post-mortems that cover, besides their main incident, one that is hidden from a person."""
    return RawSQL(OUT_OF_REACH, [actor.pk])  # noqa: S611 - the text is fixed


def full_view(actor: Actor, prefix: str = "") -> Q:
    """Return the condition for rows whose post-mortem, reached through `prefix`, has no incident that is hidden from the actor, published or not."""
    return incident_filter(actor, f"{prefix}incident__") & related_filter(actor, prefix)


def may_know(person: User, postmortem: Postmortem) -> bool:
    """Say whether somebody may know of all its incidents, and so of the post-mortem."""
    return bool(type(postmortem)._default_manager.filter(full_view(person), pk=postmortem.pk).exists())


def private_incidents(postmortem: Postmortem) -> list[Incident]:
    """Return those of its incidents that only members know of."""
    return list(incidents_of(postmortem).filter(is_private=True))


def incidents_of(postmortem: Postmortem) -> IncidentQuerySet:
    """Return all incidents of a post-mortem, whoever asks."""
    rows: IncidentQuerySet = apps.get_model("incidents", "Incident").objects.all()
    return rows.filter(Q(pk=postmortem.incident_id) | Q(pk__in=postmortem.related.values("incident_id")))


def may_read_draft(actor: Actor) -> bool:
    """Viewers read what was published, never the working text."""
    return getattr(actor, "role", "viewer") != "viewer"


class ReadOnly(PermissionDenied):
    """The post-mortem was laid by: everything that belongs to it is there to be read. The message is for people, `heading` what a page puts above it."""

    heading = "It is archived"


def require_open(actor: Actor, postmortem: Postmortem | int | None, verb: str = "draft") -> None:
    """Raise PermissionDenied unless the actor's role allows `verb`, and ReadOnly where the post-mortem is archived. Without a post-mortem only the role counts.

    Every function that changes something of a post-mortem asks here: its texts, rows, comments, factors, people, meeting, steps, pictures.
    """
    require(actor, verb)
    check_open(postmortem)


def check_open(postmortem: Postmortem | int | None) -> None:
    """Raise ReadOnly where the post-mortem is archived, as it is stored now."""
    if postmortem is None:
        return
    key = postmortem if isinstance(postmortem, int) else postmortem.pk
    if apps.get_model("postmortems", "Postmortem").objects.filter(pk=key, status__in=states.READ_ONLY).exists():
        raise ReadOnly(f"PM-{key} is archived, so it can be read and not changed. Who publishes can take it out of the archive, on its review page.")


def draft_readers(postmortem: Postmortem) -> QuerySet[User]:
    """Return the people who may read the working text of a post-mortem: those whom a comment on it may ask."""
    people = apps.get_model("incidents", "User").objects.filter(is_active=True).exclude(role="viewer")
    for incident in private_incidents(postmortem):
        people = people.filter(pk__in=incident.members.values("user_id"))
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
    rows = model.objects.filter(full_view(actor)).select_related("incident__severity", "owner", "template")
    if not may_read_draft(actor):
        taking_part = apps.get_model("postmortems", "Participant").objects.filter(user=actor).exclude(state="declined")
        rows = rows.filter(pk__in=taking_part.values("postmortem"))
    postmortem: Postmortem | None = rows.filter(pk=number_of(reference, "PM")).first()
    if postmortem is None:
        raise Http404
    return postmortem
