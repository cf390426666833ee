"""Writes. Looking back three months later: did it help, did it surprise us, what follows. One note, changed by compare-and-set."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents.access import Actor
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line
from incidents.models import AuditEvent, User
from postmortems import stepping
from postmortems.access import require_open
from postmortems.facilitation.texts import LOOK_BACK
from postmortems.models import LookBack, Postmortem

LIMIT = 500


@transaction.atomic
def write(*, actor: Actor, postmortem: Postmortem, version: int | None, now: datetime | None = None, **lines: str) -> LookBack:
    """Keep the three lines; `version` is None for the first time. The next revision tells them. Raises Conflict or ValidationError."""
    require_open(actor, postmortem)
    texts = {name: clean_line(lines.get(name, ""), limit=LIMIT) for name in LOOK_BACK}
    if not texts["helped"]:
        raise ValidationError({"helped": "Say whether it helped. “Not that we can tell” is an answer."})
    values = texts | {"written_at": now or timezone.now(), "written_by": actor if isinstance(actor, User) else None}
    row = LookBack.objects.filter(postmortem=postmortem).first()
    if row is None:
        row = LookBack.objects.create(postmortem=postmortem, **values)
    elif not LookBack.objects.filter(pk=row.pk, version=version or 0).update(version=F("version") + 1, **values):
        raise Conflict(LookBack.objects.select_related("written_by").get(pk=row.pk))
    AuditEvent.record(actor, "postmortem.looked_back", postmortem.reference)
    stepping.follow(postmortem.pk, "looked_back")
    return LookBack.objects.select_related("written_by").get(pk=row.pk)


def lines_of(found: LookBack | None) -> list[tuple[str, str]]:
    """Return the questions with what was answered."""
    return [(question, getattr(found, name)) for name, (question, _) in LOOK_BACK.items() if getattr(found, name)] if found else []
