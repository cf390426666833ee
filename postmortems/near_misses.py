"""Writes. A near miss or good catch: from a short report to a light incident and its document, and the thanks for it.

Nothing failed, so nobody has to declare, measure or classify anything; and whoever reports decides how far their name goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from incidents import lifecycle
from incidents.access import SYSTEM, Actor, may, require
from incidents.lib.text import clean_line, clean_text
from incidents.lib.timestamps import impossible
from incidents.models import AuditEvent, Incident, Service, User
from postmortems import drafting
from postmortems.models import NearMiss, Postmortem, RetrospectiveTemplate

TEMPLATE = "near_miss"
TEXT_LIMIT = 5_000
#: What stopped it was there by ...
BY = {"design": "designed for it", "practice": "how we work", "expertise": "somebody's experience", "chance": "chance"}


@dataclass(frozen=True)
class Report:
    """What a person tells. Times are aware; only title, noticed and stopped are needed. `values` are those of custom fields, by key."""

    title: str
    noticed: str
    stopped: str
    unfolded: str = ""
    stopped_by: str = ""
    kind: str = Incident.Kind.NEAR_MISS
    at: datetime | None = None
    services: Iterable[Service] = ()
    tags: Iterable[str] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    credit: str = NearMiss.Credit.NAMED
    thanks_to: str = ""
    thanks_agreed: bool = False


@transaction.atomic
def report(*, actor: Actor, told: Report) -> Postmortem:
    """Keep a report: a light incident, the document with what was told in its sections, and who may be named. Everybody who is signed in may report."""
    require(actor, "report")
    at = told.at or timezone.now()
    if wrong := impossible(at, timezone.now()):
        raise ValidationError({"at": wrong})
    person = actor if isinstance(actor, User) else None
    is_named = told.credit == NearMiss.Credit.NAMED
    # Whoever wants no name kept has none in the records either: not as author, not in the log.
    known_as = actor if is_named else SYSTEM
    incident = lifecycle.declare(
        actor=known_as,
        kind=told.kind,
        title=told.title,
        summary=summary_of(told),
        services=told.services,
        tags=told.tags,
        values=told.values,
        started_at=at,
        status=Incident.Status.CLOSED,
        time_zone=person.time_zone if person and told.credit != NearMiss.Credit.UNNAMED else "UTC",
    )
    lifecycle.add_entry(actor=known_as, incident=incident, at=at, text=f"Noticed: {incident.title}")
    writer = known_as if may(known_as, "draft") else SYSTEM
    postmortem = drafting.start(actor=writer, incident=incident, template=template())
    for section in postmortem.sections.all():
        if text := text_of(section.key, told):
            drafting.save_section(actor=writer, section=section, version=section.version, body=text, values=section.values)
    NearMiss.objects.create(
        postmortem=postmortem,
        reporter=person if told.credit != NearMiss.Credit.UNNAMED else None,
        credit=told.credit,
        thanks_to=clean_line(told.thanks_to, limit=200),
        thanks_agreed=told.thanks_agreed,
    )
    postmortem.refresh_from_db()
    return postmortem


def template() -> RetrospectiveTemplate:
    """The template for near misses, also where it is not offered for incidents; else whichever is the default."""
    own = RetrospectiveTemplate.objects.filter(key=TEMPLATE).first()
    found = own or RetrospectiveTemplate.objects.filter(is_active=True).order_by("-is_default", "position").first()
    if found is None:
        raise ValidationError("There is no template to write it with. Ask an administrator to switch one on.")
    return found


def summary_of(told: Report) -> str:
    """What the incident says of itself, for those who read no draft."""
    parts = [told.noticed, f"What stopped it: {told.stopped}", f"How it could have unfolded: {told.unfolded}" if told.unfolded.strip() else ""]
    return "\n\n".join(clean_text(part, limit=TEXT_LIMIT).strip() for part in parts if part.strip())


def text_of(key: str, told: Report) -> str:
    """What was told as the first text of the template's section."""
    if key == "nm_what":
        return told.noticed
    if key == "nm_stopped":
        lines = [line.strip() for line in told.stopped.splitlines() if line.strip()]
        kind = f" ({told.stopped_by})" if told.stopped_by in BY else ""
        return "\n".join(f"- {line.removeprefix('- ')}{kind}" for line in lines)
    if key == "nm_could":
        return told.unfolded
    if key == "nm_thanks":
        name = clean_line(told.thanks_to, limit=200)
        return f"Thanks to {name} for noticing and saying so." if name and told.thanks_agreed else "Thanks to whoever noticed this and said so."
    return ""


def may_thank(actor: Actor, near_miss: NearMiss) -> bool:
    """Nobody thanks themselves, and once is enough."""
    return may(actor, "draft") and near_miss.thanked_at is None and (near_miss.reporter_id is None or near_miss.reporter_id != getattr(actor, "pk", None))


@transaction.atomic
def thank(*, actor: Actor, near_miss: NearMiss, words: str = "") -> NearMiss:
    """Say thank you, once. Nobody thanks themselves. Thanks that came first stay."""
    require(actor, "draft")
    person = actor if isinstance(actor, User) else None
    if person is not None and near_miss.reporter_id == person.pk:
        raise PermissionDenied("It is somebody else's turn to thank for your report.")
    thanked = {"thanked_at": timezone.now(), "thanked_by": person, "thanks": clean_line(words, limit=500)}
    if NearMiss.objects.filter(pk=near_miss.pk, thanked_at=None).update(**thanked):
        AuditEvent.record(actor, "near miss thanked", near_miss.postmortem.reference)
    return NearMiss.objects.select_related("postmortem", "reporter", "thanked_by").get(pk=near_miss.pk)


def to_thank(actor: Actor) -> Q:
    """Reports that nobody has thanked for yet; one's own are for the others."""
    visible = Q(postmortem__in=Postmortem.objects.visible_to(actor).values("pk"), thanked_at=None)
    return visible & (~Q(reporter=actor) | Q(reporter=None)) if may(actor, "draft") else Q(pk__in=[])


def thanked(actor: Actor) -> Q:
    """One's own reports that somebody thanked for in the last month."""
    since = timezone.now() - timedelta(days=30)
    return Q(reporter=actor, thanked_at__gte=since, postmortem__incident__in=Incident.objects.visible_to(actor).values("pk"))


def news(actor: Actor, limit: int) -> tuple[list[NearMiss], list[NearMiss]]:
    """Return reports that wait for a thank you, the oldest first, and the thanks for one's own, the latest first; up to `limit` of each."""
    rows = NearMiss.objects.filter(to_thank(actor) | thanked(actor)).select_related("postmortem__incident", "thanked_by")
    found = list(rows.order_by(F("thanked_at").desc(nulls_last=True), "pk")[: 2 * limit])
    return [one for one in found if one.thanked_at is None][:limit], [one for one in found if one.thanked_at][:limit]
