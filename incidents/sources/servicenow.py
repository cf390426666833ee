"""Pure. ServiceNow: incidents, changes and problems of the Table API, their journal (work notes, comments) and audit, and bodies that business rules send.

https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html defines what is read. The raw values of times are UTC, written without a zone; those for display are
in the zone of whoever asked, and come where a state is a word, not a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.envelopes import certainty
from incidents.sources.markup import plain
from incidents.sources.members import changed, digest, mapping, name_of, spoken, string
from incidents.sources.reading import Fact, read_facts
from incidents.sources.words import kind_of

LISTS = ("result", "records")
STATES = {"1": "New", "2": "In progress", "3": "On hold", "6": "Resolved", "7": "Closed", "8": "Cancelled"}  # of incidents
# Member -> what happened, kind, milestone, weight, who did it. Of the first two a record has both, the same act.
MOMENTS = (
    ("opened_at", "opened", "status", "", 2, "opened_by"),
    ("sys_created_on", "opened", "status", "", 2, "sys_created_by"),
    ("work_start", "work started", "change", "", 1, "assigned_to"),
    ("work_end", "work ended", "change", "", 1, "assigned_to"),
    ("reopened_time", "opened again", "status", "", 2, "reopened_by"),
    ("resolved_at", "resolved", "resolution", "resolved", 2, "resolved_by"),
    ("closed_at", "closed", "status", "", 1, "closed_by"),
)
JOURNALS = {"work_notes": "Work note", "comments": "Comment", "comments_and_work_notes": "Note"}
ENTRY = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) - (.{1,100}?) \((?:Work notes|Additional comments|Comments)[^)]*\)\s*$", re.MULTILINE)
NO_TROUBLE = ("CHG", "CTASK", "REQ", "RITM", "SCTASK")  # beginnings of numbers: their closing resolves nothing
NAIVE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
FIELDS = {
    "state": ("status", 2),
    "incident_state": ("status", 2),
    "priority": ("severity", 2),
    "severity": ("severity", 2),
    "assigned_to": ("role", 1),
    "assignment_group": ("role", 1),
}


def shape_of(value: dict[str, Any]) -> str:
    keys = value.keys()
    if "short_description" in keys and ("sys_id" in keys or "number" in keys) and keys & {"opened_at", "sys_created_on", "sys_updated_on", "state"}:
        return "record"
    if {"element", "value", "sys_created_on"} <= keys:
        return "journal"
    if {"fieldname", "newvalue", "sys_created_on"} <= keys:
        return "audit"
    return ""


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, (b"short_description", b'"element"', b'"fieldname"'))


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_facts(payload, options, shape_of, _facts, "ServiceNow", LISTS)


def _facts(value: dict[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    shape = shape_of(value)
    if shape == "record":
        yield from _record(value)
    elif shape == "journal":
        said = plain(string(value["value"]))
        kind, rule, weight = _spoken(said)
        who, key = _shown(value, "sys_created_by"), f"journal:{_shown(value, 'sys_id') or digest(said)}"
        yield Fact(_utc(value, "sys_created_on"), said, key, kind, rule or f"journal {_shown(value, 'element')}", who, salience=weight)
    else:
        field = _shown(value, "fieldname")
        kind, weight = FIELDS.get(field, ("status", 0))
        old, new = (STATES.get(each, each) if field.endswith("state") else each for each in (_shown(value, "oldvalue"), _shown(value, "newvalue")))
        text, who = changed(spoken(field), old, new), _shown(value, "user", "sys_created_by")
        yield Fact(_utc(value, "sys_created_on"), text, f"audit:{_shown(value, 'sys_id')}", kind, f"audit {field}", who, salience=weight)


def _shown(value: Mapping[str, Any], *names: str) -> str:
    """Return a member as people read it; a reference to another record, which only has its id, says nothing."""
    for name in names:
        each = value.get(name)
        if isinstance(each, dict):
            text = string(each.get("display_value")) or ("" if "link" in each else name_of(each) or string(each.get("value")))
        else:
            text = string(each)
        if text:
            return text
    return ""


def _raw(value: Mapping[str, Any], name: str) -> str:
    each = value.get(name)
    return string(mapping(each).get("value")) if isinstance(each, dict) else string(each)


def _utc(value: Mapping[str, Any], name: str) -> str:
    """Return a time, with its zone where that is known."""
    written, state = _raw(value, name), _raw(value, "state") or _raw(value, "incident_state")
    for_display = isinstance(value.get(name), str) and state and not state.lstrip("-").isdigit()
    return f"{written}Z" if NAIVE.fullmatch(written) and not for_display else written


def _spoken(text: str) -> tuple[str, str, int]:
    read = kind_of(text)
    return (read.kind, read.rule, read.salience) if read.rule else ("note", "", 1)


def _record(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    number, title = _shown(value, "number"), _shown(value, "short_description")
    identity = _raw(value, "sys_id") or number
    state = _shown(value, "state", "incident_state")
    state = STATES.get(state, state) if number.startswith("INC") or not number else state
    service = _shown(value, "business_service", "cmdb_ci")
    priority = _shown(value, "priority")
    labels = {"number": number, "priority": priority, "state": state, "group": _shown(value, "assignment_group"), "category": _shown(value, "category")}
    yield about(title, plain(_shown(value, "description")), priority, (service,), _shown(value, "url", "link"), identity, labels)
    name = f"{number} " if number else ""
    told: dict[str, str] = {}
    for member, words, kind, milestone, weight, who in MOMENTS:
        stamp = _utc(value, member)
        if stamp and told.get(words) is None:
            told[words] = stamp
            if member == "closed_at" and "resolved" not in told and not number.startswith(NO_TROUBLE):
                kind, milestone, weight = "resolution", "resolved", 2
            more = _shown(value, "close_notes") if milestone == "resolved" else ""
            facts = f" (priority {priority})" if words == "opened" and priority else ""
            text = f"{name}{words}{facts}: {title}" + (f"\n{more}" if more else "")
            yield Fact(
                stamp,
                text.strip(),
                f"{identity}:{words}",
                kind,
                f"record {member}",
                _shown(value, who),
                milestone=milestone,
                salience=weight,
                part=f".{member}",
            )
    updated, who = _utc(value, "sys_updated_on"), _shown(value, "sys_updated_by")
    notes = list(_journals(value, identity, updated, who))
    yield from notes
    if updated and state and not notes and updated not in told.values():
        now = "" if state.lstrip("-").isdigit() else f", {state.lower()}"
        yield Fact(updated, f"{name}updated{now}: {title}".strip(), f"{identity}:updated:{updated}", "status", "record sys_updated_on", who, salience=0)


def _journals(value: Mapping[str, Any], identity: str, updated: str, who: str) -> Iterator[Fact]:
    """Yield what was written: entries with their times in one text, as the tool shows them, or what a business rule sends of the last."""
    for member, sort in JOURNALS.items():
        text = _shown(value, member)
        parts = ENTRY.split(text)
        entries = list(zip(parts[1::3], parts[2::3], parts[3::3], strict=True)) if len(parts) > 3 else [(updated, who, text)] if text else []
        for stamp, author, said in entries:
            said = plain(said).strip()
            kind, rule, weight = _spoken(said)
            yield Fact(stamp, said, f"{identity}:note:{digest(f'{stamp}{said}')}", kind, rule or sort, author, salience=weight, part=f".{member}")


SOURCE = Source(
    name="servicenow",
    label="ServiceNow",
    detect=detect,
    read=read,
    docs="ServiceNow: incidents, changes and problems of the Table API, their journal and audit, and bodies that business rules send "
    "(https://www.servicenow.com/docs/r/api-reference/rest-apis/c_TableAPI.html).",
)
