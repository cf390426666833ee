"""Writes. What is "approved" goes back to review when the document stops saying what was approved, whatever changed it: entries, milestones, action items, rules.

Saves of a section look at once, in `reviewing.follow_edit`. Everything else is heard of after its commit; the sweep catches what nobody told. So
the state that is stored is the state that pages, lists and the API show, and none of them compares anything.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from incidents.access import SYSTEM
from incidents.lib.conflict import Conflict
from postmortems import states
from postmortems.approvals import Approvals
from postmortems.models import Postmortem
from postmortems.reviewing import move

log = logging.getLogger(__name__)


def follow_incident(sender: Any, incident_id: int, **kwargs: Any) -> None:
    """Hear that an incident changed: its timeline and milestones are in the documents about it, and its severity, services and tags choose the rules."""
    recheck(Postmortem.objects.about_one(incident_id))


def follow_document(sender: Any, postmortem_id: int, **kwargs: Any) -> None:
    """Hear that rows which a document shows changed."""
    recheck(Postmortem.objects.filter(pk=postmortem_id))


def sweep() -> int:
    """Look at every approved post-mortem again and return how many lapsed: approval rules, people and names change without a word."""
    return recheck(Postmortem.objects.all())


def recheck(rows: QuerySet[Postmortem]) -> int:
    """Put those that are approved and no longer should be back in review; return how many. One that fails keeps no other waiting, nor who changed something."""
    approved = rows.filter(status=states.APPROVED).select_related("incident__severity", "incident__team", "incident__lead", "owner")
    lapsed = 0
    try:
        for row in approved.distinct():
            lapsed += lapse(row)
    except Exception:  # what was changed is stored; the next sweep looks again
        log.exception("Approvals could not be looked at again")
    return lapsed


def lapse(row: Postmortem) -> bool:
    found = Approvals(row)
    if found.is_approved:
        return False
    try:
        with transaction.atomic():
            move(SYSTEM, row, "lapse", note=reason_of(found))
    except Conflict:
        return False  # somebody decided, edited or withdrew at this moment
    return True


def reason_of(found: Approvals) -> str:
    """Say which sections are no longer as they were approved, else which approval is missing."""
    keys = {key for one in found.standings for lapsed in one.lapsed for key in lapsed.keys}
    changed = [title for key, title in found.titles.items() if key in keys]
    if changed:
        return f"{', '.join(f'“{title}”' for title in changed)} changed after {'it was' if len(changed) == 1 else 'they were'} approved."
    return f"Not everything that is needed is approved any more. {' '.join(found.in_words())}".strip()
