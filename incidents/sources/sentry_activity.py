"""Pure. What people and Sentry did with an issue: the entries of its activity, by type.

https://github.com/getsentry/sentry/blob/master/src/sentry/types/activity.py names the types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.markup import plain
from incidents.sources.members import digest, first_of, mapping, string
from incidents.sources.reading import Fact
from incidents.sources.words import kind_of

# Type -> kind, weight, what it says; {name} is taken from the entry's data.
TYPES: dict[str, tuple[str, int, str]] = {
    "first_seen": ("alert", 1, "First seen"),
    "set_resolved": ("resolution", 2, "Resolved"),
    "set_resolved_by_age": ("recovery", 1, "Resolved automatically, not seen for {age} hours"),
    "set_resolved_in_release": ("resolution", 2, "Resolved in release {version}"),
    "set_resolved_in_commit": ("resolution", 2, "Resolved in commit {commit}"),
    "set_resolved_in_pull_request": ("resolution", 1, "Pull request {pullRequest} will resolve it"),
    "set_unresolved": ("status", 2, "Reopened"),
    "unresolved": ("status", 2, "Reopened"),
    "set_regression": ("alert", 2, "Regression: seen again {version}"),
    "set_escalating": ("alert", 2, "Escalating: seen more often than forecast"),
    "set_ignored": ("status", 1, "Archived"),
    "set_priority": ("severity", 2, "Priority set to {priority}"),
    "set_public": ("status", 0, "Made public"),
    "set_private": ("status", 0, "Made private"),
    "assigned": ("role", 1, "Assigned to {assignee}"),
    "unassigned": ("role", 1, "Unassigned"),
    "note": ("note", 1, "{text}"),
    "create_issue": ("note", 1, "Linked to {title} in {provider}"),
    "merge": ("status", 0, "Merged with {issues} other issues"),
    "unmerge_source": ("status", 0, "Events split off into another issue"),
    "unmerge_destination": ("status", 0, "Split off from another issue"),
    "reprocess": ("status", 0, "Reprocessed"),
    "mark_reviewed": ("status", 1, "Marked as reviewed"),
    "auto_set_ongoing": ("status", 0, "Became ongoing, not new any more"),
    "release": ("change", 1, "Release {version}"),
    "deploy": ("change", 1, "Deployed {version} to {environment}"),
    "new_processing_issues": ("status", 0, "Events could not be processed"),
}


def person(user: Any) -> str:
    found = mapping(user)
    return string(first_of(found, "name", "username", "email", "slug"))


def fact_of(entry: Mapping[str, Any], title: str, issue: str, part: str = "") -> Fact:
    """Return an entry of the activity as a fact; a type that is not known here keeps its name."""
    sort, data = string(entry.get("type")), dict(mapping(entry.get("data")))
    data["assignee"] = (
        string(first_of(data, "assigneeName", "assigneeEmail"))
        or person(data.get("assignee"))
        or f"{string(data.get('assigneeType'))} {string(data.get('assignee'))}"
    )
    kind, weight, words = TYPES.get(sort, ("status", 1, sort.replace("_", " ").capitalize() or "Activity"))
    text = _filled(words, data) or sort
    rule = f"activity {sort}"
    if sort == "note":
        read = kind_of(text)
        if read.kind != "message":
            kind, weight, rule = read.kind, read.salience, read.rule
    elif title:
        text = f"{text}: {title}"
    at = first_of(entry, "dateCreated", "date_created")
    identity = string(entry.get("id"))
    return Fact(
        at=at,
        text=text,
        key=f"activity {identity}" if identity and identity != "0" else f"{issue}:activity {sort}:{digest(f'{at}{text}')}",
        kind=kind,
        rule=rule,
        actor=person(entry.get("user")) or person(entry.get("sentry_app")) or "Sentry",
        milestone=milestone_of(kind, sort),
        salience=weight,
        part=part,
        raw=entry,
        revised="edited" if entry.get("dateUpdated") and entry.get("dateUpdated") != at else "",
    )


def milestone_of(kind: str, sort: str) -> str:
    """A person's resolution resolves; that an issue grew old, or that a change will resolve it, does not."""
    if kind == "resolution" and sort not in ("set_resolved_in_pull_request", "note"):
        return "resolved"
    return "detected" if sort == "first_seen" else ""


def _filled(words: str, data: Mapping[str, Any]) -> str:
    for name in ("age", "version", "commit", "pullRequest", "priority", "assignee", "text", "title", "provider", "issues", "environment"):
        if f"{{{name}}}" in words:
            held = data.get(name)
            inner = mapping(held)
            said = string(first_of(inner, "title", "message", "id", "name")) or (str(len(held)) if isinstance(held, list) else string(held))
            words = words.replace(f"{{{name}}}", plain(said, 2000))
    return " ".join(words.split()) if "\n" not in words else words.strip()


def listed(entries: Any, title: str, issue: str, part: str) -> Iterator[Fact]:
    """Yield the entries, oldest first: Sentry gives the newest first."""
    numbered = list(enumerate(entries)) if isinstance(entries, list) else []
    for number, entry in reversed(numbered):
        if isinstance(entry, dict) and "type" in entry and not (entry["type"] == "first_seen" and title):
            yield fact_of(entry, title, issue, f"{part}[{number}]")
