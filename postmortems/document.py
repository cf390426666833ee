"""Reads. Rows -> one frozen document: all that a revision says, as plain JSON values, for one audience.

The document is versioned by `schema`; rendering, search and diffs read nothing else. Nothing in it changes once it is
published: what is computed later from the rows (overdue, the present status of an action item) is not in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from incidents import measuring, metrics, sources, timeline
from incidents.lib import citations, durations
from incidents.lib.text import clean_line, clean_text
from incidents.models import Incident, IncidentMember, Kind, Milestone, Precision, Salience
from postmortems import evidence, pictures
from postmortems.fields import parse_fields, show
from postmortems.models import ActionItem, Audience, Postmortem, Section, SectionKind
from postmortems.overview import printed_entries

SCHEMA = 1
#: More entries than any reader reads; the incident keeps them all.
LONGEST_TIMELINE = 5_000
LONGEST_ENTRY = 4_000
MOST_PEOPLE = 40

#: How far each audience stands outside: a text reaches the audience whose number is at most its own.
DISTANCE = {Audience.INTERNAL: 0, Audience.STAKEHOLDER: 1, Audience.PUBLIC: 2}
#: Kinds of events that a person stands behind, and kinds that a tool sends.
SPOKEN = {Kind.MESSAGE, Kind.HYPOTHESIS, Kind.DECISION, Kind.ACTION, Kind.MITIGATION, Kind.ACKNOWLEDGEMENT, Kind.COMMUNICATION, Kind.NOTE}
SENT_BY_TOOLS = {Kind.ALERT, Kind.RECOVERY, Kind.PAGE}
BOT = re.compile(r"bot\b|\bapp\b|\bsystem\b|webhook|alertmanager|pagerduty|opsgenie|statuspage|debrief", re.IGNORECASE)
#: What a reader has to know of words that are no longer there.
REVISED = {"deleted": " (deleted in the source)"}
SOMEBODY, A_TOOL, ASSIGNED = "a responder", "monitoring", "assigned"

Document = dict[str, Any]


def build(postmortem: Postmortem, audience: str, now: datetime) -> Document:
    """Return the document of the post-mortem as it is now, with the sections that `audience` gets to read."""
    incident = Incident.objects.select_related("severity", "team", "lead").get(pk=postmortem.incident_id)
    zone = ZoneInfo(incident.time_zone)
    internal = audience == Audience.INTERNAL
    everything = list(postmortem.sections.all())
    sections = [section for section in everything if DISTANCE[Audience(section.audience)] >= DISTANCE[Audience(audience)]]
    kinds = {section.kind for section in sections}
    shows = {
        # Internally what no section asks for is told all the same; outside nothing is that a section does not let out.
        kind: kind in kinds or (internal and kind not in {section.kind for section in everything} and kind != SectionKind.TIMELINE)
        for kind in (SectionKind.MILESTONES, SectionKind.TIMELINE, SectionKind.ACTIONS)
    }
    rows = list(Milestone.objects.filter(incident=incident).select_related("kind"))
    entries, total = entries_of(incident, sections, zone) if shows[SectionKind.TIMELINE] else ([], 0)
    members = list(IncidentMember.objects.filter(incident=incident).select_related("user"))
    people = people_of(postmortem, incident, members, entries) if internal else []
    # Outside, evidence is let out with the timeline only.
    proof = evidence_of(incident, sections, zone) if internal or shows[SectionKind.TIMELINE] else []
    if not internal:
        told = without_names([*entries, *proof], members)
        entries, proof = told[: len(entries)], told[len(entries) :]
    milestones = [milestone_row(row, zone) for row in rows] if shows[SectionKind.MILESTONES] else []
    return {
        "schema": SCHEMA,
        "reference": postmortem.reference,
        "title": clean_line(postmortem.title),
        "audience": str(audience),
        "generated_at": iso(now),
        "zone": incident.time_zone,
        "incident": incident_row(incident, zone),
        "people": people,
        "sections": [section_row(section, zone) for section in sections if has_content(section, shows)],
        "milestones": milestones,
        "metrics": [metric_row(measure) for measure in measuring.measures(rows, now)] if milestones else [],
        "timeline": entries,
        "timeline_total": total,
        "evidence": proof,
        "pictures": pictures.shown_in(postmortem, [section.body for section in sections]),
        "actions": [action_row(item, internal) for item in actions_of(postmortem)] if shows[SectionKind.ACTIONS] else [],
    }


def iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def local(at: datetime | None, zone: ZoneInfo) -> str:
    """Return a moment as it is read: "2 March 2026, 14:02 CET"; with seconds only where there are some."""
    if at is None:
        return ""
    here = at.astimezone(zone)
    clock = f"{here:%H:%M:%S}" if here.second else f"{here:%H:%M}"
    return f"{here.day} {here:%B %Y}, {clock} {here:%Z}"


def incident_row(incident: Incident, zone: ZoneInfo) -> Document:
    severity = incident.severity
    return {
        "reference": incident.reference,
        "status": incident.get_status_display(),
        "severity": {"key": severity.key, "name": severity.name, "rank": severity.rank, "description": severity.description} if severity else None,
        "services": [{"key": service.key, "name": service.name} for service in incident.services.all()],
        "tags": [tag.name for tag in incident.tags.all()],
        "team": incident.team.name if incident.team else "",
        "started_at": iso(incident.started_at),
        "started": local(incident.started_at, zone),
        "private": incident.is_private,
    }


def has_content(section: Section, shows: dict[SectionKind, bool]) -> bool:
    """Say whether the section has anything to read; one that only shows rows has them."""
    return (
        bool(section.body.strip()) or any(str(value).strip() for name, value in section.values.items() if name != "show") or SectionKind(section.kind) in shows
    )


def section_row(section: Section, zone: ZoneInfo) -> Document:
    values = {name: clean_text(str(value)) for name, value in section.values.items()}
    fields = [
        {"name": field.name, "label": field.label, "value": show(field, values[field.name], zone)}
        for field in parse_fields(section.fields)
        if values.get(field.name, "").strip()
    ]
    return {
        "key": section.key,
        "title": clean_line(section.title),
        "kind": section.kind,
        "audience": section.audience,
        "body": clean_text(section.body).strip(),
        "values": values,
        "fields": fields,
    }


def milestone_row(row: Milestone, zone: ZoneInfo) -> Document:
    state = {"open": "pending", "not_applicable": "not_applicable"}.get(row.decision, "recorded")
    return {
        "key": row.kind.key,
        "name": row.kind.name,
        "definition": row.kind.definition,
        "state": state,
        "at": iso(row.at),
        "local": local(row.at, zone),
        "decision": row.get_decision_display(),
        "note": clean_line(row.note),
    }


def metric_row(measure: metrics.Measure) -> Document:
    return {
        "key": measure.key,
        "name": measure.name,
        "definition": measure.definition,
        "state": measure.state,
        "seconds": measure.seconds,
        "duration": durations.in_words(measure.seconds) if measure.seconds is not None else "",
        "reason": measure.reason,
    }


def entries_of(incident: Incident, sections: Iterable[Section], zone: ZoneInfo) -> tuple[list[Document], int]:
    """Return the entries that the timeline section shows, and how many there are: all of some weight, or the key moments only."""
    section = next(section for section in sections if section.kind == SectionKind.TIMELINE)
    shown = printed_entries(incident, section.values.get("show", "key"))
    return [entry_row(event, zone) for event in shown.defer("raw")[:LONGEST_TIMELINE]], shown.count()


def entry_row(event: Any, zone: ZoneInfo) -> Document:
    curation = getattr(event, "curation", None)
    here = event.at.astimezone(zone)
    precision = Precision.SECOND if curation and curation.corrected_at else event.precision
    return {
        "at": iso(event.at),
        "day": f"{here:%A} {here.day} {here:%B %Y}",
        "local": timeline.clock(event.at, precision, zone),
        "zone": f"{here:%Z}",
        "precision": precision,
        "kind": event.shown_kind,
        "kind_name": Kind(event.shown_kind).label,
        "key": event.shown_salience >= Salience.KEY,
        "source": event.source,
        "actor": clean_line(event.actor, limit=100),
        "text": clean_text((curation.title if curation else "") or event.text, limit=LONGEST_ENTRY).strip() + REVISED.get(event.revised, ""),
        "note": clean_text(curation.note, limit=LONGEST_ENTRY).strip() if curation else "",
    }


def evidence_of(incident: Incident, sections: Iterable[Section], zone: ZoneInfo) -> list[Document]:
    """Return the entries that the texts cite, numbered as they first appear."""
    ids = [number for section in sections for number in citations.cited(section.body)]
    known = evidence.resolved(incident, ids)
    named = sources.labels()
    cited = [known[number] for number in dict.fromkeys(ids) if number in known]
    return [
        {"id": event.pk, "number": place, **entry_row(event, zone), "source_name": named.get(event.source, event.source)}
        for place, event in enumerate(cited, 1)
    ]


def actions_of(postmortem: Postmortem) -> Iterable[ActionItem]:
    order = {ActionItem.Priority.HIGH: 0, ActionItem.Priority.MEDIUM: 1, ActionItem.Priority.LOW: 2}
    return sorted(postmortem.action_items.select_related("owner"), key=lambda item: (order[ActionItem.Priority(item.priority)], item.pk))


def action_row(item: ActionItem, internal: bool) -> Document:
    owner = str(item.owner) if item.owner else ""
    return {
        "reference": item.reference,
        "title": clean_line(item.title),
        "description": clean_text(item.description).strip() if internal else "",
        "kind": item.kind,
        "kind_name": item.get_kind_display(),
        "priority": item.priority,
        "priority_name": item.get_priority_display(),
        "status": item.status,
        "status_name": item.get_status_display(),
        "owner": owner if internal else (ASSIGNED if owner else ""),
        "due_on": item.due_on.isoformat() if item.due_on else None,
    }


def people_of(postmortem: Postmortem, incident: Incident, members: Iterable[IncidentMember], entries: Iterable[Document]) -> list[Document]:
    """Return who had a part, each once: who owns the document, who led, who is on the incident, whose words the timeline holds."""
    parts = [(str(postmortem.owner or ""), "Owner of this document"), (str(incident.lead or ""), "Incident lead")]
    parts += [(str(member.user), member.role or "Responder") for member in members]
    parts += [(entry["actor"], "In the timeline") for entry in entries if entry["kind"] in SPOKEN and not BOT.search(entry["actor"])]
    people: dict[str, list[str]] = {}
    for name, role in parts:
        if name and (role not in ("In the timeline", "Responder") or name not in people):
            people.setdefault(name, []).append(role)
    return [{"name": name, "role": ", ".join(dict.fromkeys(roles))} for name, roles in list(people.items())[:MOST_PEOPLE]]


def without_names(entries: Iterable[Document], members: Iterable[IncidentMember]) -> list[Document]:
    """Return the entries as outsiders read them: actors as roles, and their names in the texts too."""
    entries = list(entries)
    roles = {name: member.role.lower() for member in members if member.role for name in (str(member.user), member.user.username)}
    tools = {entry["actor"] for entry in entries if entry["kind"] in SENT_BY_TOOLS} - {entry["actor"] for entry in entries if entry["kind"] in SPOKEN}
    aliases = {name: roles.get(name, SOMEBODY) for name in {entry["actor"] for entry in entries} - tools if name}
    aliases |= {name: roles.get(name, SOMEBODY) for member in members for name in (str(member.user), member.user.username)}
    names = sorted((name for name in aliases if len(name) > 2), key=lambda name: (-len(name), name))
    pattern = re.compile(r"@?(?<!\w)(" + "|".join(re.escape(name) for name in names) + r")(?!\w)", re.IGNORECASE) if names else None
    folded = {name.lower(): alias for name, alias in aliases.items()}

    def hide(text: str) -> str:
        return pattern.sub(lambda match: folded[match[1].lower()], text) if pattern else text

    return [
        entry
        | {"actor": A_TOOL if entry["actor"] in tools else aliases.get(entry["actor"], ""), "text": hide(entry["text"]), "note": "", "source": ""}
        | ({"source_name": ""} if "source_name" in entry else {})
        for entry in entries
    ]
