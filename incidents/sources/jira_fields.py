"""Pure. Recognising what Jira writes, and a change of one of its fields in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incidents.lib.text import clean_line, clean_text
from incidents.sources.drafting import labels_of
from incidents.sources.drafts import IncidentDraft
from incidents.sources.markup import clipped, plain_document, plain_wiki
from incidents.sources.members import mapping, mappings, string

KEY = re.compile(r"^[A-Z][A-Z0-9_]{0,50}-\d{1,12}$")
SITE = re.compile(r"^(https?://[^\s]+?)/rest/(?:api|agile|servicedeskapi)/")
LONG = 300  # characters of a value that is still shown whole

# Field, in small letters -> kind, weight of its change. A field that is not here is a change of low weight.
FIELDS: dict[str, tuple[str, int]] = {
    "status": ("status", 2),
    "resolution": ("status", 1),
    "priority": ("severity", 2),
    "severity": ("severity", 2),
    "urgency": ("severity", 1),
    "impact": ("severity", 1),
    "major incident": ("severity", 2),
    "assignee": ("role", 1),
    "incident commander": ("role", 1),
    "incident manager": ("role", 1),
    "responders": ("role", 1),
    "affected services": ("status", 1),
    "labels": ("status", 1),
    "fix version": ("status", 0),
    "component": ("status", 1),
    "issuetype": ("status", 1),
    "attachment": ("note", 0),
}
# Resolutions that say that nothing was solved.
NOT_SOLVED = {
    "won't do",
    "won't fix",
    "wont fix",
    "duplicate",
    "cannot reproduce",
    "can't reproduce",
    "declined",
    "invalid",
    "incomplete",
    "not a bug",
    "rejected",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """The issue that an event is about."""

    key: str = ""
    title: str = ""
    url: str = ""
    incident: bool = False  # its type says so

    @property
    def prefix(self) -> str:
        return f"{self.key}: " if self.key else ""


def shape_of(value: Any) -> str:
    """Return what of Jira's a value is, or "" for nothing of it."""
    if not isinstance(value, dict):
        return ""
    author, address = mapping(value.get("author")), string(value.get("self"))
    named = any(name in author for name in ("accountId", "displayName", "avatarUrls")) or "/rest/api/" in address
    for shape, holds in (
        ("webhook", isinstance(value.get("webhookEvent"), str)),
        ("transition", "to_status" in mapping(value.get("transition")) and isinstance(value.get("issue"), dict)),
        ("issue", isinstance(value.get("fields"), dict) and bool(KEY.match(string(value.get("key"))))),
        ("history", "created" in value and any("field" in each and ("toString" in each or "to" in each) for each in mappings(value.get("items")))),
        ("worklog", "timeSpent" in value and ("started" in value or "created" in value) and named),
        ("comment", "body" in value and "created" in value and named),
    ):
        if holds:
            return shape
    return ""


def subject_of(issue: Mapping[str, Any]) -> Subject:
    fields, key = mapping(issue.get("fields")), string(issue.get("key"))
    site = SITE.match(string(issue.get("self")))
    sort = string(mapping(fields.get("issuetype")).get("name")).lower()
    return Subject(key, clean_line(string(fields.get("summary"))), f"{site[1]}/browse/{key}" if site and key else "", "incident" in sort or "outage" in sort)


def as_incident(issue: Mapping[str, Any], subject: Subject) -> IncidentDraft:
    fields = mapping(issue.get("fields"))
    components = [name for each in mappings(fields.get("components")) if (name := string(each.get("name")))]
    labels = [each for each in (fields.get("labels") or []) if isinstance(each, str)] if isinstance(fields.get("labels"), list) else []
    facts = [
        ("project", string(mapping(fields.get("project")).get("key")) or subject.key.rpartition("-")[0]),
        ("type", string(mapping(fields.get("issuetype")).get("name"))),
        ("priority", string(mapping(fields.get("priority")).get("name"))),
        *(("component", each) for each in components),
        *(("label", each) for each in labels[:20]),
    ]
    return IncidentDraft(
        title=subject.title,
        summary=clean_text(plain_document(fields.get("description")), limit=20_000),
        severity=clean_line(facts[2][1], limit=60),
        services=tuple(clean_line(each, limit=200) for each in components),
        url=clean_line(subject.url, limit=1000),
        key=clean_line(subject.key, limit=200),
        labels=labels_of(facts),
    )


def who(value: Any) -> str:
    found = mapping(value)
    return string(found.get("displayName")) or string(found.get("name")) or string(found.get("key")) or string(found.get("accountId"))


def is_solved(resolution: str) -> bool:
    return bool(resolution) and resolution.lower().replace("\u2019", "'") not in NOT_SOLVED


def change_of(item: Mapping[str, Any]) -> tuple[str, str, int]:
    """Return what a changed field says, its kind and its weight."""
    field = string(item.get("field")) or string(item.get("fieldId")) or "a field"
    kind, weight = FIELDS.get(field.lower(), ("status", 0))
    before, after = (_value(item, name, bare) for name, bare in (("fromString", "from"), ("toString", "to")))
    name = field[:1].upper() + field[1:]
    if field.lower() in ("link", "remoteissuelink", "remoteworkitemlink"):
        return (f"Linked: {after}" if after else f"Link removed: {before}"), kind, weight
    if field.lower() == "attachment":
        return (f"Attached {after}" if after else f"Attachment removed: {before}"), kind, weight
    if field.lower() in ("description", "comment", "environment") or max(len(before), len(after)) > LONG:
        return f"{name} {'written' if not before else 'edited'}", kind, weight
    if before and after:
        return f"{name} changed from {before} to {after}", kind, weight
    return (f"{name} set to {after}" if after else f"{name} {before} removed".replace("  ", " ")), kind, weight


def _value(item: Mapping[str, Any], name: str, bare: str) -> str:
    return clean_line(clipped(plain_wiki(string(item.get(name)) or string(item.get(bare))), LONG + 50), limit=LONG + 60)
