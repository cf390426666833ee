"""Pure. The events of an issue or pull request on GitHub in words.

https://docs.github.com/en/rest/using-the-rest-api/issue-event-types lists them; GraphQL calls them ClosedEvent, LabeledEvent and so on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from incidents.sources.github_shapes import SEVERITY, Subject, login, subject_of
from incidents.sources.markup import headed, plain_markdown
from incidents.sources.members import mapping, string

HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Said(NamedTuple):
    text: str
    kind: str
    salience: int


# Event -> kind, weight, words; {s} is the issue, {d} what the event is about. An event that is not here is named by its type.
EVENTS: dict[str, tuple[str, int, str]] = {
    "opened": ("status", 1, "Opened {s}"),
    "closed": ("status", 1, "Closed {s}"),
    "reopened": ("status", 1, "Reopened {s}"),
    "merged": ("change", 1, "Merged {s}"),
    "labeled": ("status", 1, "Label “{d}” added to {s}"),
    "unlabeled": ("status", 1, "Label “{d}” removed from {s}"),
    "assigned": ("role", 1, "{d} was assigned to {s}"),
    "unassigned": ("role", 1, "{d} was unassigned from {s}"),
    "renamed": ("status", 0, "Title of {s} changed {d}"),
    "milestoned": ("status", 0, "{s} was put into milestone “{d}”"),
    "demilestoned": ("status", 0, "{s} was taken out of milestone “{d}”"),
    "typed": ("status", 1, "Type of {s} set to {d}"),
    "untyped": ("status", 1, "Type {d} taken from {s}"),
    "issue_type_added": ("status", 1, "Type of {s} set to {d}"),
    "issue_type_changed": ("status", 1, "Type of {s} changed {d}"),
    "issue_type_removed": ("status", 1, "Type {d} taken from {s}"),
    "deleted": ("status", 1, "Deleted {s}"),
    "transferred": ("status", 1, "Moved {s} to another repository"),
    "locked": ("status", 0, "Locked the conversation of {s}"),
    "unlocked": ("status", 0, "Unlocked the conversation of {s}"),
    "pinned": ("status", 0, "Pinned {s}"),
    "unpinned": ("status", 0, "Unpinned {s}"),
    "edited": ("status", 0, "Edited {s}"),
    "referenced": ("message", 0, "Commit {d} refers to {s}"),
    "cross-referenced": ("message", 0, "{s} was mentioned in {d}"),
    "mentioned": ("message", 0, "Was mentioned in {s}"),
    "subscribed": ("message", 0, "Subscribed to {s}"),
    "unsubscribed": ("message", 0, "Unsubscribed from {s}"),
    "review_requested": ("role", 0, "Review of {s} requested from {d}"),
    "review_request_removed": ("role", 0, "Review of {s} no longer requested from {d}"),
    "synchronize": ("change", 0, "New commits in {s}"),
    "deployed": ("change", 1, "Deployed {s}"),
    "head_ref_force_pushed": ("change", 0, "The branch of {s} was overwritten by force"),
    "base_ref_force_pushed": ("change", 1, "The target branch of {s} was overwritten by force"),
    "head_ref_deleted": ("change", 0, "The branch of {s} was deleted"),
    "head_ref_restored": ("change", 0, "The branch of {s} was restored"),
    "ready_for_review": ("status", 0, "{s} is ready for review"),
    "convert_to_draft": ("status", 0, "{s} became a draft"),
    "marked_as_duplicate": ("status", 1, "Marked {s} as a duplicate"),
    "thread_resolved": ("status", 0, "Resolved a review thread of {s}"),
    "thread_unresolved": ("status", 0, "Reopened a review thread of {s}"),
    "auto_merge_enabled": ("status", 0, "{s} will merge by itself"),
}
REASONS = {"completed": " as completed", "not_planned": " as not planned", "duplicate": " as a duplicate"}


def name_of(event: Mapping[str, Any]) -> str:
    """Return "closed" for the REST API's "closed" and GraphQL's "ClosedEvent"."""
    if name := string(event.get("event")):
        return name
    name = HUMP.sub("_", string(event.get("__typename")).removesuffix("Event")).lower()
    return {"cross_referenced": "cross-referenced", "renamed_title": "renamed"}.get(name, name)


def detail_of(event: Mapping[str, Any]) -> str:
    """Return what an event is about: the label, the person, the milestone, the commit, the other issue."""
    rename = mapping(event.get("rename")) or {"from": event.get("previous_title"), "to": event.get("current_title")}
    if rename.get("to"):
        return f"from “{string(rename.get('from'))}” to “{string(rename['to'])}”"
    if label := string(mapping(event.get("label")).get("name")):
        return label
    if who := login(event.get("assignee")) or login(event.get("requested_reviewer")) or login(event.get("requested_team")):
        return who
    before, kind = mapping(event.get("prev_issue_type")), mapping(event.get("issue_type") or event.get("type"))
    if kind.get("name"):
        return f"from {string(before['name'])} to {string(kind['name'])}" if before.get("name") else string(kind["name"])
    if milestone := string(mapping(event.get("milestone")).get("title")) or string(event.get("milestone_title")):
        return milestone
    source = mapping(event.get("source"))
    other = mapping(source.get("issue")) or source
    if (subject := subject_of(other)).name:
        return f"{subject.name} {subject.title}".strip()
    return string(event.get("commit_id"))[:7]


def said_of(event: Mapping[str, Any], subject: Subject) -> tuple[str, Said]:
    """Return the event's name and what it says."""
    name, detail = name_of(event), detail_of(event)
    kind, salience, words = EVENTS.get(name, ("status", 0, f"{name.replace('_', ' ').capitalize()}: {{s}}"))
    how = ""
    if name == "closed":
        how = REASONS.get(string(event.get("state_reason")).lower(), "")
        how += f" by commit {string(event.get('commit_id'))[:7]}" if event.get("commit_id") else ""
    spoken = (replace(subject, title="") if name == "renamed" else subject).spoken(how)
    spoken = spoken[:1].upper() + spoken[1:] if words.startswith("{s}") else spoken
    text = words.replace("{d}", detail or "something").replace("{s}", spoken)
    if name == "labeled" and SEVERITY.match(detail):
        kind = "severity"
    return name, Said(headed(text, plain_markdown(string(event.get("body")))), kind, salience)
