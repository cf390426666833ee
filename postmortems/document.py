"""Reads. Rows -> one frozen document: all that a revision says, as plain JSON values, for one audience.

The document is versioned by `schema`; rendering, search and diffs read nothing else. Nothing in it changes once it is
published: what is computed later from the rows (overdue, the present status of an action item) is not in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from incidents import measuring, metrics, sources, timeline
from incidents.lib import citations, durations
from incidents.lib.text import clean_line, clean_text
from incidents.models import Incident, IncidentMember, Kind, Milestone, Precision, Salience, TimelineEvent, User
from postmortems import chains, covering, document_factors, document_fields, evidence, kinds, pictures, responders, rows, unnamed
from postmortems.facilitation.texts import LOOK_BACK
from postmortems.fields import factor_of
from postmortems.models import ActionItem, Audience, LookBack, NearMiss, Participant, Postmortem, Section, SectionKind
from postmortems.naming import hider
from postmortems.overview import committed, moments_of, printed_entries
from postmortems.telling import perspective_rows

SCHEMA = 1
#: More entries than any reader reads; the incident keeps them all.
LONGEST_TIMELINE = 5_000
LONGEST_ENTRY = 4_000
MOST_PEOPLE = 40
MOST_NAMES = 500

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
    incidents = covering.incidents_of(postmortem)
    incident = incidents[0]
    zone = ZoneInfo(incident.time_zone)
    internal = audience == Audience.INTERNAL
    everything = list(postmortem.sections.all())
    sections = [section for section in everything if DISTANCE[Audience(section.audience)] >= DISTANCE[Audience(audience)]]
    asked = {section.kind for section in sections}
    shows = shown_rows(postmortem, asked, {section.kind for section in everything}, internal)
    moments = moments_of(incidents) if shows[SectionKind.MILESTONES] else {}
    entries, total = entries_of(incidents, sections, zone) if shows[SectionKind.TIMELINE] else ([], 0)
    members = list(IncidentMember.objects.filter(incident__in=incidents).select_related("user"))
    reporter = unnamed_reporter(postmortem)
    people = people_of(postmortem, incidents, members, entries, reporter) if internal else []
    factors = document_factors.rows(postmortem, zone, internal=internal, shows_actions=shows[SectionKind.ACTIONS]) if SectionKind.FACTORS in shows else []
    told = perspective_rows(postmortem, members, internal, zone) if SectionKind.PERSPECTIVES in asked else []
    shows |= {SectionKind.PERSPECTIVES: True} if told else {}
    # Outside, evidence is let out with the timeline only.
    proof = evidence_of(postmortem, incidents, sections, zone) if internal or shows[SectionKind.TIMELINE] else []
    aliases = aliases_of_one(reporter) if internal else aliases_of([*entries, *proof], members)
    related = [related_row(one, moments.get(one.pk, []), zone, now) for one in incidents[1:]]
    hide = hider(aliases)
    if internal:
        entries, proof = told_with(aliases, entries), told_with(aliases, proof)
    else:
        factors = document_factors.without_names(factors, hider(dict.fromkeys(names_told(postmortem, incidents), SOMEBODY) | aliases)) if factors else []
        shown = without_names([*entries, *proof], aliases)
        entries, proof = shown[: len(entries)], shown[len(entries) :]
        related = [row | {"title": hide(row["title"])} for row in related]
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
    hidden: Document = unnamed.hide(document, unnamed_of(postmortem, incidents, members, reporter))
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


def entries_of(incidents: Sequence[Incident], sections: Iterable[Section], zone: ZoneInfo) -> tuple[list[Document], int]:
    """Return the entries of all incidents in one order, as the timeline section shows them, and how many there are: all of some weight, or the key moments only."""
    section = next(section for section in sections if section.kind == SectionKind.TIMELINE)
    shown = printed_entries(incidents, section.values.get("show", "key"))
    rows = [entry_row(event, zone) for event in shown.defer("raw")[:LONGEST_TIMELINE]]
    return told_of(rows, incidents), len(rows) if len(rows) < LONGEST_TIMELINE else shown.count()


def told_of(entries: list[Document], incidents: Sequence[Incident]) -> list[Document]:
    """Return the entries, which name their incident only where there are several."""
    return entries if len(incidents) > 1 else [row | {"incident": ""} for row in entries]


def entry_row(event: Any, zone: ZoneInfo) -> Document:
    curation = getattr(event, "curation", None)
    here = event.at.astimezone(zone)
    precision = Precision.SECOND if curation and curation.corrected_at else event.precision
    return {
        "incident": f"INC-{event.incident_id}",  # named where there are several
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


def evidence_of(postmortem: Postmortem, incidents: Sequence[Incident], sections: Iterable[Section], zone: ZoneInfo) -> list[Document]:
    """Return the entries that the texts cite, numbered as they first appear."""
    ids = [number for section in sections for text in kinds.texts_of(section) for number in citations.cited(text)]
    known = evidence.resolved(postmortem, ids)
    named = sources.labels()
    cited = [known[number] for number in dict.fromkeys(ids) if number in known]
    entries = told_of([entry_row(event, zone) for event in cited], incidents)
    return [
        {"id": event.pk, "number": place, **row, "source_name": named.get(event.source, event.source)}
        for place, (event, row) in enumerate(zip(cited, entries, strict=True), 1)
    ]


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


def people_of(
    postmortem: Postmortem, incidents: Iterable[Incident], members: Iterable[IncidentMember], entries: Iterable[Document], unnamed: User | None
) -> list[Document]:
    """Return who had a part, each once: who owns the document, who led, who is on the incidents, whose words the timeline holds; not who asked to stay unnamed."""
    parts = [(str(postmortem.owner or ""), "Owner of this document"), *((str(incident.lead or ""), "Incident lead") for incident in incidents)]
    parts += [(str(member.user), member.role or "Responder") for member in members]
    parts += [(entry["actor"], "In the timeline") for entry in entries if entry["kind"] in SPOKEN and not BOT.search(entry["actor"])]
    people: dict[str, list[str]] = {}
    for name, role in parts:
        if name and name != str(unnamed or "") and (role not in ("In the timeline", "Responder") or name not in people):
            people.setdefault(name, []).append(role)
    return [{"name": name, "role": ", ".join(dict.fromkeys(roles))} for name, roles in list(people.items())[:MOST_PEOPLE]]


def aliases_of_one(person: User | None) -> dict[str, str]:
    return dict.fromkeys((str(person), person.username), SOMEBODY) if person else {}


def unnamed_reporter(postmortem: Postmortem) -> User | None:
    """Return who reported it and does not want to be named in the document."""
    found = NearMiss.objects.filter(postmortem=postmortem).exclude(credit=NearMiss.Credit.NAMED).select_related("reporter").first()
    return found.reporter if found else None


def unnamed_of(postmortem: Postmortem, incidents: Sequence[Incident], members: Iterable[IncidentMember], reporter: User | None) -> list[unnamed.Unnamed]:
    """Return who asked that published texts speak of their role, with every name the timelines have for them, and who reported without their name."""
    kept_out = [unnamed.Unnamed((str(reporter), reporter.username), SOMEBODY)] if reporter else []
    rows = list(Participant.objects.filter(postmortem=postmortem, asks_to_be_unnamed=True).select_related("user"))
    if not rows:
        return kept_out
    roles = {member.user_id: member.role.lower() for member in members if member.role}
    actors = set(committed(incidents).exclude(actor="").order_by().values_list("actor", flat=True).distinct())
    return [unnamed.Unnamed(names_of(row, actors), unnamed_role(row, roles.get(row.user_id or 0, ""), incidents)) for row in rows] + kept_out


def names_of(row: Participant, actors: Iterable[str]) -> tuple[str, ...]:
    keys = responders.keys_of(row.user) if row.user else {responders.key_of(row.name)}
    names = {row.name} | ({str(row.user), row.user.username, row.user.email} if row.user else set())
    return tuple(sorted(name for name in names | {actor for actor in actors if responders.key_of(actor) in keys} if name))


def unnamed_role(row: Participant, role: str, incidents: Sequence[Incident]) -> str:
    """Return what stands for a person: their part in the incident where they had one, else that in the retrospective."""
    if role or (row.user_id and row.user_id in {incident.lead_id for incident in incidents}):
        return f"the {role or 'incident lead'}"
    return {Participant.Role.FACILITATOR: "the facilitator", Participant.Role.SCRIBE: "the scribe"}.get(
        Participant.Role(row.role), f"a {row.get_role_display().lower()}"
    )


def tools_of(entries: Sequence[Document]) -> set[str]:
    """The actors behind which no person stands."""
    return {entry["actor"] for entry in entries if entry["kind"] in SENT_BY_TOOLS} - {entry["actor"] for entry in entries if entry["kind"] in SPOKEN}


def aliases_of(entries: Sequence[Document], members: Iterable[IncidentMember]) -> dict[str, str]:
    """Return what outsiders read in place of each name."""
    roles = {name: member.role.lower() for member in members if member.role for name in (str(member.user), member.user.username)}
    aliases = {name: roles.get(name, SOMEBODY) for name in {entry["actor"] for entry in entries} - tools_of(entries) if name}
    return aliases | {name: roles.get(name, SOMEBODY) for member in members for name in (str(member.user), member.user.username)}


def told_with(aliases: Mapping[str, str], entries: Sequence[Document]) -> list[Document]:
    """Return the entries with actors and the names in their texts replaced."""
    hide = hider(aliases)
    return [entry | {"actor": aliases.get(entry["actor"], entry["actor"]), "text": hide(entry["text"]), "note": hide(entry["note"])} for entry in entries]


def names_told(postmortem: Postmortem, incidents: Sequence[Incident]) -> list[str]:
    """Names that people may have written: of the timelines, the participants, and owners of the document and its actions."""
    spoken = TimelineEvent.objects.filter(incident__in=incidents, shown_kind__in=SPOKEN).exclude(actor="").order_by()
    actors = [actor for actor in spoken.values_list("actor", flat=True).distinct()[:MOST_NAMES] if not BOT.search(actor)]
    owners = [str(owner) for owner in [postmortem.owner, *(item.owner for item in postmortem.action_items.select_related("owner"))] if owner]
    return [*actors, *postmortem.participants.values_list("name", flat=True), *owners]


def without_names(entries: Sequence[Document], aliases: Mapping[str, str]) -> list[Document]:
    """Return the entries as outsiders read them: actors as roles, and their names in the texts too."""
    tools, hide = tools_of(entries), hider(aliases)
    return [
        entry
        | {"actor": A_TOOL if entry["actor"] in tools else aliases.get(entry["actor"], ""), "text": hide(entry["text"]), "note": "", "source": ""}
        | ({"source_name": ""} if "source_name" in entry else {})
        for entry in entries
    ]
