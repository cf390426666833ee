"""Pure. Recognising what GitHub writes, in the spelling of its REST API, of GraphQL and of the `gh` command, and the common parts."""

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

HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
SUBJECT = re.compile(r"https?://[^/\s]+/(?:api/v3/)?(?:repos/)?([^/\s]+/[^/\s]+)/(issues|pulls?)/(\d+)")
REPOSITORY = re.compile(r"https?://[^/\s]+/(?:api/v3/)?(?:repos/)?([^/\s]+/[^/\s]+)/")
SEVERITY = re.compile(
    r"^(?:severity|sev|priority|prio|impact)?[\s:/_.-]*(?:(?:sev|p|s)[-_ ]?[0-5]|[0-5]|critical|major|minor|high|medium|low|urgent|blocker)$", re.IGNORECASE
)
SERVICE = re.compile(r"^(?:service|svc)\s*[:/]+\s*(\S.*)$", re.IGNORECASE)
RENAMED = {"author": "user", "oid": "sha", "commit_oid": "sha", "database_id": "id"}

# What a webhook is about, by the object it carries: the first that is there decides.
NOUNS = (
    ("deployment_status", "deployment_status"),
    ("deployment", "deployment"),
    ("workflow_job", "job"),
    ("workflow_run", "run"),
    ("check_run", "check"),
    ("check_suite", "check"),
    ("comment", "comment"),
    ("review", "review"),
    ("pull_request", "issue"),
    ("issue", "issue"),
    ("release", "release"),
)
ACTIONLESS = {"zen": "ping", "context": "status", "ref": "push", "forkee": "fork", "pages": "gollum", "build": "page_build", "team": "team_add"}
BARE = {"repository", "sender", "organization", "installation", "enterprise", "status"}  # all that "public" and "repository_import" have


@dataclass(frozen=True, slots=True)
class Subject:
    """The issue or pull request that an event is about."""

    repository: str = ""
    number: str = ""
    title: str = ""
    url: str = ""
    pull: bool = False
    incident: bool = False  # its type says so

    @property
    def name(self) -> str:
        return f"{self.repository}#{self.number}" if self.number else ""

    def spoken(self, how: str = "") -> str:
        sort = "pull request" if self.pull else "incident" if self.incident else "issue"
        what = f"{sort} #{self.number}{how}" if self.number else f"the issue{how}"
        return f"{what}: {self.title}" if self.title else what


def in_rest_spelling(value: Any) -> Any:
    """Return an object of GraphQL or of `gh` ("createdAt", "CreatedAt") spelled as the REST API has it."""
    if isinstance(value, list):
        return [in_rest_spelling(each) for each in value]
    if not isinstance(value, dict):
        return value
    spelled: dict[str, Any] = {}
    for key, each in value.items():
        name = HUMP.sub("_", key).lower()
        if name == "database_id" or RENAMED.get(name, name) not in spelled:  # REST knows no other id than the database's
            spelled[RENAMED.get(name, name)] = in_rest_spelling(each)
    if spelled.get("nodes") is not None and isinstance(spelled["nodes"], list) and len(spelled) <= 3:
        return spelled["nodes"]
    if "://api." not in (url := string(spelled.get("url"))) and url:
        spelled.setdefault("html_url", url)
    return spelled


def normalised(value: Any) -> dict[str, Any]:
    found = value if isinstance(value, dict) else {}
    return in_rest_spelling(found) if any(key in found for key in ("createdAt", "CreatedAt", "tagName", "publishedAt", "submittedAt", "__typename")) else found


def shape_of(value: Any) -> str:
    """Return what of GitHub's a value is, or "" for nothing of it."""
    if not isinstance(value, dict):
        return ""
    found = normalised(value)
    if _is_webhook(found):
        return "webhook"
    dated = "created_at" in found
    who = isinstance(found.get("user"), dict) or isinstance(found.get("actor"), dict) or "node_id" in found
    for shape, holds in (
        ("activity", dated and string(found.get("type")).endswith("Event") and isinstance(found.get("repo"), dict) and isinstance(found.get("payload"), dict)),
        ("job", "run_id" in found and "started_at" in found and "conclusion" in found),
        ("run", any(key in found for key in ("workflow_id", "workflow_name", "workflow_database_id")) and ("status" in found or "conclusion" in found)),
        (
            "event",
            string(found.get("event"))
            and (dated or "submitted_at" in found or "sha" in found)
            and (_is_githubs(found) or "login" in mapping(found.get("actor"))),
        ),
        ("event", dated and string(found.get("__typename")).endswith("Event")),
        (
            "issue",
            dated
            and "number" in found
            and "title" in found
            and "iid" not in found
            and "incident_number" not in found
            and (_is_githubs(found) or "login" in mapping(found.get("user"))),
        ),
        ("review", "submitted_at" in found and "state" in found and who),
        ("comment", dated and "body" in found and "title" not in found and "tag_name" not in found and _is_githubs(found)),
        (
            "release",
            "tag_name" in found and ("draft" in found or "is_draft" in found or "prerelease" in found or "assets_url" in found or "target_commitish" in found),
        ),
        ("check", "head_sha" in found and "conclusion" in found and ("check_suite" in found or "latest_check_runs_count" in found)),
        ("deployment_status", dated and "deployment_url" in found and "state" in found),
        ("deployment", dated and "environment" in found and "sha" in found and ("task" in found or "original_environment" in found)),
        ("status", dated and "context" in found and "state" in found and ("target_url" in found or "avatar_url" in found)),
        ("commit", "sha" in found and isinstance(found.get("commit"), dict) and "message" in found["commit"]),
    ):
        if holds:
            return shape
    return ""


def _is_webhook(value: Mapping[str, Any]) -> bool:
    repository, sender = mapping(value.get("repository")), mapping(value.get("sender"))
    if isinstance(value.get("action"), str) and "ghsa_id" in mapping(value.get("security_advisory")):
        return True
    if "full_name" not in repository and "login" not in sender and not isinstance(value.get("hook"), dict):
        return False
    named = isinstance(value.get("action"), str) and (bool(sender) or any(isinstance(value.get(noun), dict) for noun, _ in NOUNS))
    if "uuid" in repository or "object_kind" in value:  # Bitbucket, GitLab
        return False
    if "login" in sender and "full_name" in repository and value.keys() <= BARE:
        return True
    return named or any(name in value for name in ACTIONLESS) and ("login" in sender or "full_name" in repository)


def _is_githubs(value: Mapping[str, Any]) -> bool:
    """Tell an issue, comment or event of GitHub from those of trackers that name their fields alike."""
    urls = " ".join(string(value.get(key)) for key in ("url", "html_url", "issue_url", "pull_request_url", "events_url"))
    return "node_id" in value or "/repos/" in urls or "github" in urls or "author_association" in value or bool(SUBJECT.match(string(value.get("html_url"))))


def subject_of(value: Mapping[str, Any]) -> Subject:
    """Return what an issue is, or what the issue is that a comment or event names by its address."""
    urls = [string(value.get(key)) for key in ("html_url", "issue_url", "pull_request_url", "url")]
    match = next((match for url in urls if (match := SUBJECT.match(url))), None)
    number = string(value.get("number")) or (match[3] if match else "")
    pull = any(key in value for key in ("pull_request", "merged_at", "pull_request_url")) or bool(match and match[2].startswith("pull"))
    url = urls[0].split("#")[0] if SUBJECT.match(urls[0]) else ""
    return Subject(match[1] if match else "", number, clean_line(string(value.get("title"))), url, pull, "incident" in type_of(value).lower())


def type_of(issue: Mapping[str, Any]) -> str:
    """Return the issue's type, which an organisation sets up: "Bug", "Incident"."""
    found = issue.get("type") or issue.get("issue_type")
    return string(mapping(found).get("name")) if isinstance(found, dict) else ""


def as_incident(issue: Mapping[str, Any], subject: Subject) -> IncidentDraft:
    labels = label_names(issue)
    services = tuple(clean_line(match[1], limit=200) for label in labels if (match := SERVICE.match(label)))
    facts = [("repository", subject.repository), ("type", type_of(issue)), *(("label", label) for label in labels[:20])]
    return IncidentDraft(
        title=subject.title,
        summary=clean_text(plain_markdown(string(issue.get("body"))), limit=20_000),
        severity=next((clean_line(label, limit=60) for label in labels if SEVERITY.match(label)), ""),
        services=services,
        url=clean_line(subject.url, limit=1000),
        key=clean_line(subject.name, limit=200) if subject.repository else "",  # a number alone is another issue elsewhere
        labels=labels_of(facts),
    )


def label_names(issue: Mapping[str, Any]) -> list[str]:
    labels = issue.get("labels")
    return [name for each in (labels if isinstance(labels, list) else ()) if (name := string(each) or string(mapping(each).get("name")))]


def login(value: Any) -> str:
    """Return who: people and apps have a login, authors of commits a name."""
    found = mapping(value)
    return string(found.get("login")) or string(found.get("name")) or string(found.get("slug"))


def repository_of(value: Mapping[str, Any]) -> str:
    """Return "owner/name" as an object says it, or as its addresses do."""
    found = mapping(value.get("repository"))
    if name := string(found.get("full_name")) or string(found.get("name_with_owner")):
        return name
    urls = (string(value.get(key)) for key in ("html_url", "url", "deployment_url"))
    return next((match[1] for url in urls if (match := REPOSITORY.match(url))), "")
