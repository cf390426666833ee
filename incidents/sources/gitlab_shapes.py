"""Pure. Recognising what GitLab writes in its API and its webhooks, and the common parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incidents.lib.text import clean_line, clean_text
from incidents.sources.drafting import labels_of
from incidents.sources.drafts import IncidentDraft
from incidents.sources.markup import plain_markdown
from incidents.sources.members import mapping, string

ADDRESS = re.compile(r"https?://[^/\s]+/([^\s?#]+?)/(?:-/)?(issues|issues/incident|incidents|merge_requests|work_items|epics)/(?:incident/)?(\d+)")
PROJECT = re.compile(r"https?://[^/\s]+/([^\s?#]+?)/-/")
REFERENCE = re.compile(r"^([^\s#!]+)[#!](\d+)$")
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
NO_SEVERITY = {"", "unknown", "none"}


@dataclass(frozen=True, slots=True)
class Subject:
    """The issue or merge request that an event is about."""

    project: str = ""
    number: str = ""
    title: str = ""
    url: str = ""
    merge: bool = False
    incident: bool = False
    identity: str = ""  # the number that resource events name it by

    @property
    def name(self) -> str:
        return f"{self.project}{'!' if self.merge else '#'}{self.number}" if self.number else ""

    def spoken(self) -> str:
        sort = "merge request !" if self.merge else "incident #" if self.incident else "issue #"
        what = f"{sort}{self.number}" if self.number else "merge request" if self.merge else "issue"
        return f"{what}: {self.title}" if self.title else what


def in_rest_spelling(value: Any) -> Any:
    """Return an object of GraphQL ("occurredAt", lists as {"nodes": []}) spelled as the REST API has it."""
    if isinstance(value, list):
        return [in_rest_spelling(each) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("nodes"), list):
        return in_rest_spelling(value["nodes"])
    return {HUMP.sub("_", key).lower(): in_rest_spelling(each) for key, each in value.items()}


def normalised(value: Any) -> dict[str, Any]:
    found = value if isinstance(value, dict) else {}
    return in_rest_spelling(found) if "createdAt" in found or "occurredAt" in found else found


def shape_of(value: Any) -> str:
    """Return what of GitLab's a value is, or "" for nothing of it."""
    if not isinstance(value, dict):
        return ""
    if string(value.get("object_kind")) and any(key in value for key in ("object_attributes", "project", "project_id", "user", "build_id")):
        return "webhook"
    if string(value.get("event_name")) in ("push", "tag_push") and "project" in value:
        return "webhook"
    found = normalised(value)
    dated = "created_at" in found
    for shape, holds in (
        ("discussion", "individual_note" in found and isinstance(found.get("notes"), list)),
        ("note", dated and "body" in found and ("noteable_type" in found or ("system" in found and "author" in found))),
        ("timeline", "occurred_at" in found and "note" in found and ("timeline_event_tags" in found or "note_html" in found or "action" in found)),
        ("issue", dated and "iid" in found and "title" in found and any(key in found for key in ("project_id", "web_url", "references", "web_path"))),
        ("resource", dated and "resource_type" in found and "resource_id" in found),
        ("activity", dated and "action_name" in found and "target_type" in found),
        ("deployment", dated and isinstance(found.get("environment"), dict) and ("deployable" in found or "iid" in found)),
        ("job", dated and "stage" in found and "status" in found and ("pipeline" in found or "runner" in found)),
        ("pipeline", dated and "status" in found and "ref" in found and "sha" in found and ("project_id" in found or "source" in found or "web_url" in found)),
        ("release", "tag_name" in found and ("released_at" in found or "description_html" in found or "upcoming_release" in found)),
        ("commit", "short_id" in found and "committed_date" in found),
    ):
        if holds:
            return shape
    return ""


def subject_of(found: Mapping[str, Any], project: Mapping[str, Any] | None = None) -> Subject:
    """Return what an issue or merge request of the API or of a webhook is."""
    url = string(found.get("web_url")) or string(found.get("url"))
    address = ADDRESS.match(url)
    reference = REFERENCE.match(string(mapping(found.get("references")).get("full")))
    path = string(mapping(project).get("path_with_namespace")) or (address[1] if address else "") or (reference[1] if reference else "")
    merge = "source_branch" in found or bool(address and address[2] == "merge_requests")
    incident = "incident" in (string(found.get("issue_type")) or string(found.get("type"))).lower()
    number = string(found.get("iid"))
    identity = string(found.get("id")).rpartition("/")[2]
    return Subject(path, number, clean_line(string(found.get("title"))), url if address else "", merge, incident, identity)


def as_incident(found: Mapping[str, Any], subject: Subject) -> IncidentDraft:
    labels = label_names(found.get("labels"))
    scoped = [(name.strip(), value.strip()) for name, colons, value in (label.rpartition("::") for label in labels) if colons]
    severity = string(found.get("severity"))
    if severity.lower() in NO_SEVERITY:
        severity = next((value for name, value in scoped if name.lower() in ("severity", "priority")), "")
    facts = [("project", subject.project), ("type", string(found.get("issue_type")) or string(found.get("type"))), *scoped]
    return IncidentDraft(
        title=subject.title,
        summary=clean_text(plain_markdown(string(found.get("description"))), limit=20_000),
        severity=clean_line(severity, limit=60),
        services=tuple(clean_line(value, limit=200) for name, value in scoped if name.lower() == "service"),
        url=clean_line(subject.url, limit=1000),
        key=clean_line(subject.name, limit=200) if subject.project else "",  # a number alone is another issue elsewhere
        labels=labels_of(facts + [("label", label) for label in labels[:20] if "::" not in label]),
    )


def label_names(labels: Any) -> list[str]:
    found = (string(each) or string(mapping(each).get("title")) or string(mapping(each).get("name")) for each in (labels if isinstance(labels, list) else ()))
    return [name for name in found if name]


def who(value: Any) -> str:
    found = mapping(value)
    return string(found.get("name")) or string(found.get("username"))


def project_of(found: Mapping[str, Any]) -> str:
    if path := string(mapping(found.get("project")).get("path_with_namespace")):
        return path
    urls = (string(found.get("web_url")), string(mapping(found.get("_links")).get("self")), string(mapping(found.get("deployable")).get("web_url")))
    return next((match[1] for url in urls if (match := PROJECT.match(url))), "") or string(found.get("project_id"))
