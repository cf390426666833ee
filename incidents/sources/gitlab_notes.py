"""Pure. What GitLab itself writes below an issue: system notes, resource events, and the timeline of an incident.

https://docs.gitlab.com/operations/incident_management/incident_timeline_events/ names the tags of a timeline that state milestones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from incidents.sources.gitlab_shapes import Subject
from incidents.sources.markup import plain_markdown
from incidents.sources.members import mapping, string

COMPARE = re.compile(r"\[Compare with previous version\]\([^()\s]*\)")
SEVERITY = re.compile(r"^(?:severity|priority)\s*::|^(?:sev|p|s)[-_ ]?\d$", re.IGNORECASE)


class Said(NamedTuple):
    kind: str
    salience: int
    milestone: str = ""


# How a system note begins -> kind, weight, milestone. Only an incident has a status that states acknowledgement and resolution.
NOTES: tuple[tuple[re.Pattern[str], Said], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), said)
    for pattern, said in (
        (r"(?:changed|set) the incident status to \**acknowledged", Said("acknowledgement", 2, "acknowledged")),
        (r"(?:changed|set) the incident status to \**resolved", Said("resolution", 2, "resolved")),
        (r"resolved the incident\b", Said("resolution", 2, "resolved")),
        (r"(?:changed|set) the incident status", Said("status", 2)),
        (r"(?:changed|set) the (?:incident )?severity", Said("severity", 2)),
        (r"(?:assigned|unassigned|removed assignee|requested review|removed review|(?:added|removed) .{1,60} as (?:assignee|reviewer))", Said("role", 1)),
        (r"(?:closed|reopened)\b", Said("status", 1)),
        (r"merged\b", Said("change", 1)),
        (r"(?:added|removed) (?:~|.{0,200} labels?\b)", Said("status", 1)),
        (r"(?:promoted|changed|moved|converted) .{0,60}(?:type|to (?:an )?incident)", Said("status", 1)),
        (r"(?:approved|unapproved|requested changes)", Said("status", 0)),
        (r"(?:paged|escalated|created an alert|.{0,60}alert)", Said("alert", 1)),
        (r"(?:added|edited|deleted) .{0,80}timeline event", Said("note", 0)),
        (r"(?:added|deleted|restored|created) .{0,60}(?:commits?|branch)|enabled an automatic merge", Said("change", 0)),
        (r"(?:mentioned|marked|changed|set|removed|added|created|locked|unlocked|made|resolved|started|aborted|enabled|canceled|unmarked)", Said("status", 0)),
    )
)
# The tags that GitLab gives for events of an incident's timeline -> kind, milestone.
TAGS: dict[str, tuple[str, str]] = {
    "start time": ("impact", "impact_started"),
    "impact detected": ("alert", "detected"),
    "response initiated": ("acknowledgement", "acknowledged"),
    "impact mitigated": ("mitigation", "mitigated"),
    "end time": ("resolution", "resolved"),
    "cause identified": ("hypothesis", ""),
}


# Events that GitLab itself puts on an incident's timeline: "@ada changed the incident status to **Acknowledged**".
ITSELF = re.compile(r"^@[\w.-]+ (?=(?:changed|resolved|created|promoted|set) )")


def of_note(body: str) -> Said:
    return next((said for pattern, said in NOTES if pattern.match(body)), Said("status", 0))


def spelled(body: str, subject: Subject) -> str:
    """Return a system note with the issue that it stands below: "Issue #12: changed the severity to High"."""
    text = plain_markdown(COMPARE.sub("", body))
    what = Subject(number=subject.number, merge=subject.merge, incident=subject.incident).spoken()
    return f"{what[:1].upper()}{what[1:]}: {text}"


def tagged(names: list[str]) -> tuple[str, str]:
    """Return kind and milestone that the tags of a timeline event state."""
    return next((TAGS[name.lower()] for name in names if name.lower() in TAGS), ("note", ""))


def of_resource(event: Mapping[str, Any], what: str) -> tuple[str, str, Said]:
    """Return action, words and meaning of a resource event: a change of state, label, milestone, weight."""
    action = string(event.get("action"))
    if state := string(event.get("state")):
        return state, f"{state.capitalize()} {what}", Said("change" if state == "merged" else "status", 1)
    added = "added to" if action == "add" else "removed from" if action in ("remove", "delete") else f"{action or 'changed'} on"
    if label := string(mapping(event.get("label")).get("name")):
        return f"{action}:{label}", f"Label “{label}” {added} {what}", Said("severity" if SEVERITY.match(label) and action == "add" else "status", 1)
    for part in ("label", "milestone", "iteration"):
        if part in event and event[part] is None:
            return f"{action}:{part}", f"A {part} that is no longer there was {added} {what}", Said("status", 0)
    for part in ("milestone", "iteration"):
        if name := string(mapping(event.get(part)).get("title")):
            return f"{action}:{name}", f"{part.capitalize()} “{name}” {added} {what}", Said("status", 0)
    if "weight" in event:
        return f"weight:{event['weight']}", f"Weight of {what} set to {event['weight'] if isinstance(event['weight'], int) else 'nothing'}", Said("status", 0)
    return action or "changed", f"{(action or 'changed').capitalize()} {what}", Said("status", 0)
