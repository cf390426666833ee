"""Writes. How much there is to learn from an incident, as people ticked it, and the decision that follows: a review, or none with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from incidents.access import Actor, require
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line
from incidents.models import AuditEvent, Incident, User
from postmortems import learning
from postmortems.models import LearningAssessment

REASON_LIMIT = 500
Decision = LearningAssessment.Decision


def answer(*, actor: Actor, incident: Incident, version: int, ticks: Sequence[str]) -> LearningAssessment:
    """Store which lines of the checklist apply. `version` is 0 while nobody has answered. Raises Conflict when somebody was faster."""
    require(actor, "draft")
    return store(actor, incident, version, ticks, decision=None, reason="")


def decide_none(*, actor: Actor, incident: Incident, version: int, ticks: Sequence[str] | None, reason: str) -> LearningAssessment:
    """Decide that there is no review, and say why. Where the severity asks for one, it takes the right to publish. Raises Conflict."""
    require(actor, "draft")
    reason = clean_line(reason, limit=REASON_LIMIT)
    if len(reason) < 5:
        raise ValidationError({"reason": "Say why there is no review; one sentence is enough."})
    if learning.suggest(actor, incident).is_mandatory:
        require(actor, "publish")
    return store(actor, incident, version, ticks, decision=Decision.NONE, reason=reason)


def decide_review(*, actor: Actor, incident: Incident, ticks: Sequence[str] | None = None) -> LearningAssessment:
    """A post-mortem is started, so there is a review; whatever was decided before. Ticks that come along are stored."""
    require(actor, "draft")
    exists = LearningAssessment.objects.filter(incident=incident).exists()
    return store(actor, incident, None if exists else 0, ticks, decision=Decision.REVIEW, reason="")


def store(actor: Actor, incident: Incident, version: int | None, ticks: Sequence[str] | None, *, decision: Decision | None, reason: str) -> LearningAssessment:
    """Write on top of `version`: 0 for the first time, None for whichever it is."""
    suggestion = learning.suggest(actor, incident, ticks)
    known = {line.key for line in suggestion.lines}
    if unknown := [key for key in ticks or () if key not in known]:
        raise ValidationError({"ticks": f"There is no line “{clean_line(str(unknown[0]), limit=40)}” in the checklist."})
    values: dict[str, Any] = {"depth": suggestion.depth.depth, "updated_by": actor if isinstance(actor, User) else None}
    if ticks is not None:
        values |= {"ticks": suggestion.ticked, "by_itself": [line.key for line in suggestion.lines if line.why]}
    if decision:
        values |= {"decision": decision, "reason": reason}
    with transaction.atomic():
        if version == 0:
            row = add(incident, values)
        else:
            rows = LearningAssessment.objects.filter(incident=incident)
            changed = rows if version is None else rows.filter(version=version)
            if not changed.update(**values, version=F("version") + 1, updated_at=timezone.now()):
                raise Conflict(rows.select_related("updated_by").first())
            row = rows.select_related("updated_by").get()
        AuditEvent.record(actor, "learning value assessed", incident.reference, ticks=row.ticks, depth=row.depth, decision=row.decision)
    return row


def add(incident: Incident, values: dict[str, Any]) -> LearningAssessment:
    try:
        with transaction.atomic():
            return LearningAssessment.objects.create(incident=incident, **values)
    except IntegrityError:  # somebody answered first
        raise Conflict(LearningAssessment.objects.select_related("updated_by").filter(incident=incident).first()) from None
