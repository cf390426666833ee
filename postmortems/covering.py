"""Writes. Which incidents a post-mortem covers besides its main one.

Who sees a post-mortem may see all its incidents (`access.related_filter`). Taking one out can therefore show a text to more
people, so what a revision already tells of stays, and what is private takes the right to say who sees what.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from incidents.access import Actor, require
from incidents.measuring import announce
from incidents.models import AuditEvent, Incident, Tag, User
from postmortems import access
from postmortems.access import require_open
from postmortems.models import Factor, Perspective, Postmortem, RelatedIncident

MOST = 20
NEARBY = 8


def incidents_of(postmortem: Postmortem) -> list[Incident]:
    """Return all incidents of a post-mortem, the main one first, the others as they began."""
    known = {"severity", "type", "team", "lead"}
    rows = access.incidents_of(postmortem)
    return sorted(rows.select_related(*known).prefetch_related("services", "tags"), key=lambda row: (row.pk != postmortem.incident_id, row.started_at, row.pk))


def keys_of(postmortem: Postmortem) -> list[int]:
    """Return the keys of all incidents of a post-mortem, the main one first."""
    return [postmortem.incident_id, *postmortem.related.values_list("incident_id", flat=True)]


@dataclass
class Covered:
    """What a post-mortem is about: keys of its incidents, the main one first, and names of their services, each once."""

    incidents: list[int]
    near: set[int] = field(default_factory=set)  # those that did not happen, and have no milestones
    services: list[str] = field(default_factory=list)

    @property
    def further(self) -> list[str]:
        return [f"INC-{key}" for key in self.incidents[1:]]


def covered_by_id(postmortems: Sequence[Postmortem]) -> dict[int, Covered]:
    """Return what each of a page of post-mortems is about, in one query."""
    found = {one.pk: Covered([one.incident_id]) for one in postmortems}
    names = ("incident_id", "incident__services__name", "incident__kind")
    main = Postmortem.objects.filter(pk__in=found).order_by().values_list("pk", *names)
    further = RelatedIncident.objects.filter(postmortem__in=found).order_by().values_list("postmortem_id", *names)
    rows = sorted(main.union(further), key=lambda row: (row[1] != found[row[0]].incidents[0], row[1], (row[2] or "").casefold()))
    for key, incident, service, kind in rows:
        one = found[key]
        one.incidents += [incident] if incident not in one.incidents else []
        one.near |= {incident} if kind != Incident.Kind.INCIDENT else set()
        one.services += [service] if service and service not in one.services else []
    return found


@transaction.atomic
def cover(*, actor: Actor, postmortem: Postmortem, incidents: Iterable[Incident]) -> list[RelatedIncident]:
    """Cover further incidents; those that it covers already are left as they are. Raises ValidationError for more than one text can hold together."""
    require_open(actor, postmortem)
    locked = Postmortem.objects.select_for_update(of=("self",)).get(pk=postmortem.pk)
    had = set(locked.related.values_list("incident_id", flat=True)) | {locked.incident_id}
    wanted = {incident.pk: incident for incident in incidents if incident.pk not in had}
    if len(had) - 1 + len(wanted) > MOST:
        raise ValidationError({"incidents": f"A post-mortem covers at most {MOST} further incidents."})
    person = actor if isinstance(actor, User) else None
    added = RelatedIncident.objects.bulk_create(RelatedIncident(postmortem=locked, incident=incident, added_by=person) for incident in wanted.values())
    if added:
        touch(locked)
        AuditEvent.record(actor, "postmortem.covers", locked.reference, added=", ".join(incident.reference for incident in wanted.values()))
    return added


@transaction.atomic
def uncover(*, actor: Actor, postmortem: Postmortem, incident: Incident) -> None:
    """Take a further incident out. Raises ValidationError when a revision tells of it, PermissionDenied when the text would be laid open without the right to."""
    require_open(actor, postmortem)
    locked = Postmortem.objects.select_for_update(of=("self",)).get(pk=postmortem.pk)
    row = locked.related.filter(incident=incident).first()
    if row is None:
        return
    if row.is_published:
        raise ValidationError({"incidents": f"A published revision tells of {incident.reference}, so it stays with this post-mortem."})
    if incident.is_private:
        require(actor, "restrict")
    # Whoever could not see the incident sees the text from now on, so nothing of its timeline may stay behind.
    for model in (Factor, Perspective):
        model.events.through.objects.filter(**{f"{model._meta.model_name}__postmortem": locked}, timelineevent__incident=incident).delete()
    row.delete()
    touch(locked)
    AuditEvent.record(actor, "postmortem.covers", locked.reference, removed=incident.reference)


def touch(postmortem: Postmortem) -> None:
    """What somebody is about to publish is no longer what they saw."""
    announce(postmortem.incident_id)  # dates, people and approvals look at all of its incidents
    Postmortem.objects.filter(pk=postmortem.pk).update(version=F("version") + 1, updated_at=timezone.now())


def seal(postmortem: Postmortem) -> None:
    """A revision tells of all its incidents from now on. Called in the transaction that publishes."""
    postmortem.related.filter(is_published=False).update(is_published=True)


def nearby(actor: Actor, incident: Incident, leave_out: Iterable[int] = ()) -> QuerySet[Incident]:
    """Return what may belong together with an incident: of the same services or tags, or of the hours around it; the nearest in time, newest first."""
    tags = Tag.objects.filter(incidents=incident)
    close = Q(services__in=incident.services.all()) | Q(tags__in=tags)
    hours = Q(started_at__range=(incident.started_at - timedelta(hours=24), incident.started_at + timedelta(hours=24)))
    span = Q(started_at__range=(incident.started_at - timedelta(days=60), incident.started_at + timedelta(days=60)))
    ids = Incident.objects.filter(span & (hours | close)).values("pk")
    rows = Incident.objects.visible_to(actor).filter(pk__in=ids).exclude(pk__in=[incident.pk, *leave_out])
    return rows.select_related("severity").order_by("-started_at", "-pk")[:NEARBY]
