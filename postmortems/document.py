"""Reads. Rows -> one frozen document: all that a revision says, as plain JSON values, for one audience.

The document is versioned by `schema`; rendering, search and diffs read nothing else. Nothing in it changes once it is
published: what is computed later from the rows (overdue, the present status of an action item) is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from incidents import measuring, metrics
from incidents.lib import durations
from incidents.lib.stored import iso
from incidents.lib.text import clean_line, clean_text
from incidents.models import Incident, IncidentMember, Milestone
from postmortems import chains, covering, document_factors, document_fields, document_names, document_timeline, kinds, pictures, rows
from postmortems.facilitation.texts import LOOK_BACK
from postmortems.fields import factor_of
from postmortems.models import ActionItem, Audience, LookBack, Postmortem, Section, SectionKind
from postmortems.naming import hider, unnaming
from postmortems.overview import moments_of
from postmortems.telling import perspective_rows

SCHEMA = 1
#: How far each audience stands outside: a text reaches the audience whose number is at most its own.
DISTANCE = {Audience.INTERNAL: 0, Audience.STAKEHOLDER: 1, Audience.PUBLIC: 2}
ASSIGNED = "assigned"

Document = dict[str, Any]


def build(postmortem: Postmortem, audience: str, now: datetime) -> Document:
    """Return the document of the post-mortem as it is now, with the sections that `audience` gets to read."""
    incidents = covering.incidents_of(postmortem)
    incident = incidents[0]
    zone = ZoneInfo(incident.time_zone)
    internal = audience == Audience.INTERNAL
    everything = list(postmortem.sections.all())
    sections = [section for section in everything if DISTANCE[Audience(section.audience)] >= DISTANCE[Audience(audience)]]
    asked = {section.kind for section in sections}
    shows = shown_rows(postmortem, asked, {section.kind for section in everything}, internal)
    moments = moments_of(incidents) if shows[SectionKind.MILESTONES] else {}
    entries, total = document_timeline.entries_of(incidents, sections, zone) if shows[SectionKind.TIMELINE] else ([], 0)
    members = list(IncidentMember.objects.filter(incident__in=incidents).select_related("user"))
    reporter = document_names.unnamed_reporter(postmortem)
    people = document_names.people_of(postmortem, incidents, members, entries, reporter) if internal else []
    factors = document_factors.rows(postmortem, zone, internal=internal, shows_actions=shows[SectionKind.ACTIONS]) if SectionKind.FACTORS in shows else []
    told = perspective_rows(postmortem, members, internal, zone) if SectionKind.PERSPECTIVES in asked else []
    shows |= {SectionKind.PERSPECTIVES: True} if told else {}
    # Outside, evidence is let out with the timeline only.
    proof = document_timeline.evidence_of(postmortem, incidents, sections, zone) if internal or shows[SectionKind.TIMELINE] else []
    aliases = document_names.aliases_of([*entries, *proof], members, reporter, internal=internal)
    hide = hider(aliases)
    entries, proof = document_names.told_with(aliases, entries, proof, internal=internal)
    if factors and not internal:
        factors = document_factors.without_names(factors, document_names.aliases_told(postmortem, incidents) | aliases)
    related = [related_row(one, moments.get(one.pk, []), zone, now) for one in incidents[1:]]
    related = related if internal else [row | {"title": hide(row["title"])} for row in related]
    reached = moments.get(incident.pk, [])
    told_fields = document_fields.of(incidents) if SectionKind.FIELDS in asked else []
    named = document_factors.lead(postmortem, sections, factors) if factors else {}
    document = {
        "schema": SCHEMA,
        "reference": postmortem.reference,
        "title": clean_line(postmortem.title),
        "audience": str(audience),
        "generated_at": iso(now),
        "zone": incident.time_zone,
        "incident": incident_row(incident, zone) | ({"title": hide(clean_line(incident.title))} if related else {}),
        "related": related,
        "people": people,
        "sections": [section_row(section, zone, internal, told_fields, named) for section in sections if has_content(section, shows, told_fields)],
        "milestones": [milestone_row(row, zone) for row in reached],
        "metrics": [metric_row(measure) for measure in measuring.measures(reached, now)] if reached else [],
        "trigger": document_factors.trigger_row(postmortem) if SectionKind.FACTORS in shows else None,
        "factors": factors,
        "timeline": entries,
        "timeline_total": total,
        "perspectives": told,
        "evidence": proof,
        "pictures": pictures.shown_in(postmortem, [text for section in sections for text in kinds.texts_of(section)]),
        "actions": [action_row(item, internal) for item in actions_of(postmortem)] if shows[SectionKind.ACTIONS] else [],
    }
    if internal and (written := look_back_row(postmortem, zone)):
        document["look_back"] = written
    hidden: Document = unnaming(document_names.unnamed_of(postmortem, incidents, members, reporter))(document)
    return hidden


def shown_rows(postmortem: Postmortem, asked: Set[str], there: Set[str], internal: bool) -> dict[SectionKind, bool]:
    """Return which rows are told: `asked` are the kinds of sections that this audience reads, `there` all of the post-mortem's.

    Internally what no section asks for is told all the same; outside nothing is that a section does not let out.
    """
    shows = {
        kind: kind in asked or (internal and kind not in there and kind != SectionKind.TIMELINE)
        for kind in (SectionKind.MILESTONES, SectionKind.TIMELINE, SectionKind.ACTIONS, SectionKind.FACTORS)
    }
    if not (shows[SectionKind.FACTORS] and (postmortem.trigger or postmortem.factors.exists())):
        del shows[SectionKind.FACTORS]  # factors told in prose alone have a section like any other
    return shows


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
        "kind": incident.kind,
        "kind_name": incident.get_kind_display(),
        "status": incident.get_status_display() if incident.has_happened else incident.get_kind_display(),
        "type": {"key": incident.type.key, "name": incident.type.name} if incident.type else None,
        "severity": {"key": severity.key, "name": severity.name, "rank": severity.rank, "description": severity.description} if severity else None,
        "services": [{"key": service.key, "name": service.name} for service in incident.services.all()],
        "tags": [tag.name for tag in incident.tags.all()],
        "team": incident.team.name if incident.team else "",
        "started_at": iso(incident.started_at),
        "started": local(incident.started_at, zone),
        "private": incident.is_private,
    }


def related_row(incident: Incident, rows: list[Milestone], zone: ZoneInfo, now: datetime) -> Document:
    """A further incident, told in the zone of the main one."""
    return incident_row(incident, zone) | {
        "title": clean_line(incident.title),
        "milestones": [milestone_row(row, zone) for row in rows],
        "metrics": [metric_row(measure) for measure in measuring.measures(rows, now)] if rows else [],
    }


def has_content(section: Section, shows: dict[SectionKind, bool], fields: Sequence[document_fields.OfIncident] = ()) -> bool:
    """Say whether the section has anything to read; one that only shows rows has them."""
    written = bool(section.body.strip()) or any(str(value).strip() for name, value in section.values.items() if name != "show")
    return written or SectionKind(section.kind) in shows or bool(document_fields.shown(section, fields, internal=True))


def section_row(
    section: Section, zone: ZoneInfo, internal: bool, of_incident: Sequence[document_fields.OfIncident] = (), named: Mapping[int, str] | None = None
) -> Document:
    """Return a section with the columns and rows that its kind has, as they are read. Further out nobody is named by a field that holds a person.

    What the incident says with its custom fields (`document_fields.of`) is frozen with the section that shows it. `named` are the factors of
    the document by id, as a chain of questions that leads to one tells it.
    """
    hidden = set() if internal else {field.name for field in kinds.facts_of(section) if field.type == "person"}
    values = {name: clean_text(str(value)) for name, value in section.values.items() if name not in hidden | {"rows"}}
    fields = [
        {"name": field.name, "label": field.label, "value": kinds.fact_text(section, field, values, zone)}
        for field in kinds.facts_of(section)
        if values.get(field.name, "").strip()
    ]
    return {
        "key": section.key,
        "title": clean_line(section.title),
        "kind": section.kind,
        "audience": section.audience,
        "body": clean_text(section.body).strip(),
        "values": values,
        "fields": document_fields.shown(section, of_incident, internal=internal) + fields,
        **section_rows(section, zone, internal, named or {}),
    }


def section_rows(section: Section, zone: ZoneInfo, internal: bool, named: Mapping[int, str]) -> Document:
    columns = [column for column in kinds.columns_of(section) if internal or column.type != "person"]
    cells = [(row, {column.name: clean_text(text) for column, text in kinds.cells_of(columns, row, zone)}) for row in kinds.rows_of(section.values)]
    for row, texts in cells if named and chains.is_chain(section) else ():
        if words := named.get(factor_of(row.get(chains.COLUMN, "")) or 0):
            texts[chains.COLUMN] = words
    found = [{"depth": rows.depth_of(row), "cells": texts} for row, texts in cells if texts]
    if not found:
        return {}
    described = [{"name": column.name, "label": column.label, "type": column.type} for column in columns]
    return {"layout": kinds.layout_of(section), "row": kinds.row_name(section), "columns": described, "rows": found}


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


def actions_of(postmortem: Postmortem) -> Iterable[ActionItem]:
    order = {ActionItem.Priority.HIGH: 0, ActionItem.Priority.MEDIUM: 1, ActionItem.Priority.LOW: 2}
    return sorted(postmortem.action_items.select_related("owner"), key=lambda item: (order[ActionItem.Priority(item.priority)], item.pk))


def look_back_row(postmortem: Postmortem, zone: ZoneInfo) -> Document | None:
    """What was written three months later: for those inside, as it speaks of how people worked since."""
    written = LookBack.objects.filter(postmortem=postmortem).first()
    if written is None:
        return None
    day = written.written_at.astimezone(zone)
    lines = [{"label": question, "text": clean_line(getattr(written, name), limit=500)} for name, (question, _) in LOOK_BACK.items() if getattr(written, name)]
    return {"local": f"{day.day} {day:%B %Y}", "lines": lines}


def action_row(item: ActionItem, internal: bool) -> Document:
    owner = str(item.owner) if item.owner else ""
    return {
        "reference": item.reference,
        "title": clean_line(item.title),
        "description": clean_text(item.description).strip() if internal else "",
        "kind": item.kind,
        "kind_name": item.get_kind_display(),
        "strength": item.strength,
        "strength_name": item.get_strength_display() if item.strength else "",
        "done_when": clean_text(item.done_when).strip() if internal else "",
        "priority": item.priority,
        "priority_name": item.get_priority_display(),
        "status": item.status,
        "status_name": item.get_status_display(),
        "owner": owner if internal else (ASSIGNED if owner else ""),
        "due_on": item.due_on.isoformat() if item.due_on else None,
    } | ({"expected_effect": clean_text(item.expected_effect).strip()} if internal and item.expected_effect.strip() else {})
