"""Reads. The perspectives that are shared with a review, as a document tells them: by moment, and outside without names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from incidents.access import SYSTEM
from incidents.lib.text import clean_line, clean_text
from incidents.models import IncidentMember
from postmortems.document_names import SOMEBODY, names_of, roles_of
from postmortems.facilitation.texts import PERSPECTIVE
from postmortems.models import Difference, Participant, Perspective, Postmortem
from postmortems.naming import hider

MOST = 200


def perspective_rows(postmortem: Postmortem, members: Iterable[IncidentMember], internal: bool, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return the shared perspectives in order. What is private is never among them, whoever asks."""
    rows = list(Perspective.objects.readable_by(SYSTEM).filter(postmortem=postmortem).select_related("user")[:MOST])
    if not rows:
        return []
    participants = list(Participant.objects.filter(postmortem=postmortem).select_related("user"))
    aliases = aliases_of(rows, members, participants, everyone=not internal)
    hide = hider(aliases)
    differing = differences(rows)
    return [
        {
            "at": row.at.isoformat(),
            "local": span(row, zone),
            "who": aliases.get(row.name, clean_line(row.name)),
            "role": clean_line(row.role) if row.name not in aliases else "",
            "lines": [{"label": label, "text": hide(clean_text(getattr(row, name)).strip())} for name, (label, _) in PERSPECTIVE.items() if getattr(row, name)],
            "differs": [{"who": aliases.get(other.name, clean_line(other.name)), "note": hide(clean_line(note))} for other, note in differing.get(row.pk, [])],
        }
        for row in rows
    ]


def aliases_of(rows: Iterable[Perspective], members: Iterable[IncidentMember], participants: Iterable[Participant], *, everyone: bool) -> dict[str, str]:
    """Return name -> what stands for it: for everyone, or only for those who asked not to be named."""
    unnamed = {name for part in participants if part.asks_to_be_unnamed for name in names_of(part.user, part.name)}
    roles = dict.fromkeys((name for part in participants for name in names_of(part.user, part.name)), "") | roles_of(members)
    roles |= {name: clean_line(row.role) or roles.get(name, "") for row in rows for name in names_of(row.user, row.name)}
    return {name: role or SOMEBODY for name, role in roles.items() if everyone or name in unnamed}


def differences(rows: Iterable[Perspective]) -> dict[int, list[tuple[Perspective, str]]]:
    by_id = {row.pk: row for row in rows}
    found: dict[int, list[tuple[Perspective, str]]] = {}
    for mark in Difference.objects.filter(first__in=by_id, second__in=by_id):
        found.setdefault(mark.first_id, []).append((by_id[mark.second_id], mark.note))
        found.setdefault(mark.second_id, []).append((by_id[mark.first_id], mark.note))
    return found


def span(row: Perspective, zone: ZoneInfo) -> str:
    """Return when, as it is read: “2 March 2026, 14:02 to 14:09 CET”."""
    here, until = row.at.astimezone(zone), row.until.astimezone(zone) if row.until else None
    end = f" to {until:%H:%M}" if until and until.date() == here.date() else f" to {until.day} {until:%B, %H:%M}" if until else ""
    return f"{here.day} {here:%B %Y, %H:%M}{end} {here:%Z}"
