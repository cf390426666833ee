"""Pure. Sentry: webhooks of integrations (issues, issue alerts, errors, metric alerts, comments) and of the older plugin, issues with their
activity, events and incidents of its API.

https://docs.sentry.io/organization/integrations/integration-platform/webhooks/ and https://docs.sentry.io/api/events/ define what is read.
The webhook of an issue does not say when it was resolved or assigned: that was when it was received (`Sentry-Hook-Timestamp`), or on the
date that a person gives.
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
from incidents.sources.members import digest, first_of, line_of, mapping, mappings, string, strings
from incidents.sources.reading import Fact, read_facts
from incidents.sources.sentry_activity import fact_of, listed, milestone_of, person

SUBJECTS = ("metric_alert", "issue", "event", "error", "comment")
ISSUE_OF_LINK = re.compile(r"/issues/(\d+)")

# Action of a webhook about an issue -> kind, weight, what it is called.
ACTIONS: dict[str, tuple[str, int, str]] = {
    "created": ("alert", 2, "New issue"),
    "resolved": ("resolution", 2, "Resolved"),
    "unresolved": ("status", 2, "Reopened"),
    "assigned": ("role", 1, "Assigned"),
    "unassigned": ("role", 1, "Unassigned"),
    "ignored": ("status", 1, "Ignored"),
    "archived": ("status", 1, "Archived"),
}


def shape_of(value: Mapping[str, Any]) -> str:
    """Return what of Sentry's an object is, or "" for nothing of it."""
    data = mapping(value.get("data"))
    if isinstance(value.get("action"), str) and ("installation" in value or "actor" in value):
        subject = next((name for name in SUBJECTS if name in data), "")
        if subject and (isinstance(data[subject], dict) or "issue_id" in data):
            return f"hook_{subject}"
    if ("project_slug" in value or "project_name" in value) and isinstance(value.get("event"), dict) and ("culprit" in value or "triggering_rules" in value):
        return "plugin"
    if {"firstSeen", "lastSeen"} <= value.keys() and ("shortId" in value or "culprit" in value or "permalink" in value):
        return "issue"
    if (first_of(value, "date_started", "dateStarted")) and ("alert_rule" in value or "alertRule" in value):
        return "incident"
    if ("eventID" in value or "event_id" in value) and ("platform" in value or "culprit" in value or "groupID" in value) and _event_time(value) is not None:
        return "event"
    if isinstance(value.get("activity"), list) and any("dateCreated" in each and "type" in each for each in mappings(value["activity"])):
        return "activities"
    return "activity" if "dateCreated" in value and {"type", "user", "data"} <= value.keys() and isinstance(value["data"], dict) else ""


def facts(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    yield from READERS[shape_of(value)](value)


def _hook_issue(hook: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    action, data = string(hook["action"]), mapping(hook["data"])
    issue, who = mapping(data["issue"]), person(hook.get("actor"))
    yield _about_issue(issue)
    key, title, link = _issue_key(issue), _title(issue), string(first_of(issue, "web_url", "permalink"))
    kind, weight, word = ACTIONS.get(action, ("status", 1, action.replace("_", " ").capitalize()))
    seen = issue.get("firstSeen")
    if seen:
        yield _seen(issue, key, title, link, ".data.issue")
    if action == "created" and seen:
        return
    if action == "assigned":
        word = f"Assigned to {person(data.get('assignee')) or person(issue.get('assignedTo')) or 'somebody'}"
    elif action == "resolved" and string(data.get("resolution_type")) not in ("", "now"):
        word = f"Resolved ({string(data['resolution_type']).replace('_', ' ')})"
    milestone = milestone_of(kind, action) if kind == "resolution" else "detected" if action == "created" else ""
    at = first_of(mapping(issue.get("statusDetails")), "dateResolved", "date_resolved")
    yield Fact(at, f"{word}: {title}", f"{key}:{action}", kind, f"issue {action}", who or "Sentry", link, milestone, weight, part=".data.issue")


def _about_issue(issue: Mapping[str, Any]) -> IncidentDraft:
    project = mapping(issue.get("project"))
    return about(
        title=_title(issue),
        summary=string(issue.get("culprit")),
        severity=string(first_of(issue, "priority", "level")),
        services=[string(first_of(project, "slug", "name"))],
        url=string(first_of(issue, "web_url", "permalink")),
        key=_issue_key(issue),
        labels={"project": first_of(project, "slug", "name"), "level": issue.get("level"), "platform": issue.get("platform"), "short id": issue.get("shortId")},
    )


def _issue_key(issue: Mapping[str, Any]) -> str:
    return f"issue {string(issue.get('id')) or string(issue.get('shortId'))}"


def _title(thing: Mapping[str, Any]) -> str:
    said = mapping(thing.get("metadata"))
    named = line_of(said.get("type"), said.get("value")) or string(said.get("title"))
    return plain(first_of(thing, "title", "message") or "", 500).partition("\n")[0] or named or string(thing.get("culprit")) or "Unnamed issue"


def _seen(issue: Mapping[str, Any], key: str, title: str, link: str, part: str) -> Fact:
    place = string(issue.get("culprit"))
    text = f"New issue: {title}" + (f" in {place}" if place and place not in title else "")
    return Fact(issue["firstSeen"], text, f"{key}:first seen", "alert", "issue firstSeen", "Sentry", link, "detected", part=f"{part}.firstSeen")


def _hook_event(hook: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    data = mapping(hook["data"])
    name = "event" if "event" in data else "error"
    event = mapping(data[name])
    rule = string(data.get("triggered_rule")) or string(mapping(data.get("issue_alert")).get("title"))
    yield from _alerted(event, rule, f".data.{name}", {})


def _plugin(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    event = mapping(value["event"])
    rules = ", ".join(strings(value.get("triggering_rules")))
    yield from _alerted(event, rules, ".event", value)


def _alerted(event: Mapping[str, Any], rule: str, part: str, outer: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    """Read an event that a rule sent; `outer` is what the plugin writes around it."""
    link = string(first_of(event, "web_url")) or string(outer.get("url"))
    found = ISSUE_OF_LINK.search(f"{string(event.get('issue_url'))} {link}")
    issue = string(first_of(event, "issue_id", "groupID")) or string(outer.get("id")) or (found[1] if found else "")
    project = string(first_of(outer, "project_slug", "project_name", "project")) or _project(link, event)
    title, environment = _title(event) if event.get("title") or event.get("metadata") else _title(outer), string(event.get("environment"))
    level, culprit = string(first_of(event, "level") or outer.get("level")), string(first_of(event, "culprit") or outer.get("culprit"))
    pairs = event["tags"] if isinstance(event.get("tags"), list) else []
    tags = {pair[0]: pair[1] for pair in pairs if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)}
    labels = {"project": project, "level": level, "environment": environment or tags.get("environment"), "release": event.get("release")}
    yield about(title, culprit, level, [project], link, f"issue {issue}" if issue else "", labels)
    text = f"{level.capitalize() or 'Event'}: {title}" + (f" in {culprit}" if culprit and culprit not in title else "")
    facts_ = [name for name in (f"environment {environment}" if environment else "", f"rule “{rule}”" if rule else "") if name]
    text += f" ({', '.join(facts_)})" if facts_ else ""
    said = plain(first_of(event, "message") or outer.get("message") or "", 1000)
    yield _event_fact(event, f"{text}\n{said}" if said and said not in text and title not in said else text, link, part, issue)


def _event_fact(event: Mapping[str, Any], text: str, link: str, part: str, issue: str) -> Fact:
    at = _event_time(event)
    identity = string(first_of(event, "event_id", "eventID", "id")) or f"{issue}:{digest(f'{at}{text}')}"
    return Fact(at, text, f"event {identity}", "alert", "event", "Sentry", link, "detected", part=part, recorded=first_of(event, "received", "dateReceived"))


def _event_time(event: Mapping[str, Any]) -> Any:
    return first_of(event, "datetime", "timestamp", "dateCreated", "received", "dateReceived")


def _project(link: str, event: Mapping[str, Any]) -> str:
    found = re.search(r"/projects/[^/\s]+/([^/\s]+)/", string(event.get("url")) or link)
    return found[1] if found else string(event.get("projectID"))


def _hook_incident(hook: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    data = mapping(hook["data"])
    incident = mapping(data["metric_alert"])
    yield from _incident(incident, string(hook["action"]), data)


def _incident(incident: Mapping[str, Any], action: str = "", data: Mapping[str, Any] | None = None) -> Iterator[Fact | IncidentDraft]:
    """Read an alert on a metric. Sentry calls it an incident and closes it when the metric is back: a recovery."""
    data = data or {}
    rule = mapping(first_of(incident, "alert_rule", "alertRule"))
    name = string(incident.get("title")) or string(rule.get("name"))
    title = string(data.get("description_title")) or name or "Metric alert"
    bare = re.sub(r"^(?:Resolved|Critical|Warning):\s*", "", title)
    key, link = f"metric alert {string(incident.get('id')) or string(incident.get('identifier'))}", string(first_of(data, "web_url") or incident.get("web_url"))
    projects = strings(incident.get("projects"))
    text, said = line_of(name, bare), plain(data.get("description_text") or "", 1000).replace("\\n", "\n")
    yield about(
        bare, said, action if action in ("critical", "warning") else "", projects, link, key, {"project": ", ".join(projects), "rule": rule.get("name")}
    )
    closed = first_of(incident, "date_closed", "dateClosed")
    at = first_of(incident, "date_detected", "dateDetected", "date_created", "dateCreated", "date_started", "dateStarted")
    word = {"warning": "Warning"}.get(action, "Alert")
    yield Fact(
        at, f"{word}: {text}" + (f"\n{said}" if said and action != "resolved" else ""), f"{key}:detected", "alert", "metric alert date_detected", "Sentry", link,
        "detected", part=".data.metric_alert" if data else "", recorded=first_of(incident, "date_created", "dateCreated"),
    )  # fmt: skip
    if closed or action == "resolved":
        yield Fact(closed, f"Recovered: {text}", f"{key}:closed", "recovery", "metric alert date_closed", "Sentry", link)
    for number, entry in enumerate(mappings(incident.get("activities"))):
        comment, value, before = plain(entry.get("comment") or ""), string(entry.get("value")), string(entry.get("previousValue"))
        shown = comment or f"Status changed from {_status(before)} to {_status(value)}"
        yield Fact(
            entry.get("dateCreated"), shown, f"{key}:activity {string(entry.get('id'))}", "note" if comment else "status", "incident activity",
            person(entry.get("user")) or "Sentry", part=f".activities[{number}]", salience=1 if comment else 0, raw=entry,
        )  # fmt: skip


def _status(value: str) -> str:
    return {"1": "open", "2": "closed", "10": "warning", "20": "critical", "": "nothing"}.get(value, value)


def _hook_comment(hook: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    data, action = mapping(hook["data"]), string(hook["action"])
    entry = {
        "type": "note",
        "data": {"text": data.get("comment")},
        "dateCreated": data.get("timestamp"),
        "user": hook.get("actor"),
        "id": data.get("comment_id"),
    }
    yield about(key=f"issue {string(data.get('issue_id'))}", labels={"project": data.get("project_slug")})
    fact = fact_of(entry, "", f"issue {string(data.get('issue_id'))}", ".data")
    revised = {"updated": "edited", "deleted": "deleted"}.get(action, "")
    yield Fact(fact.at, fact.text, fact.key, fact.kind, fact.rule, fact.actor, salience=fact.salience, part=".data", revised=revised)


def _issue(issue: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    yield _about_issue(issue)
    key, title, link = _issue_key(issue), _title(issue), string(first_of(issue, "web_url", "permalink"))
    if issue.get("firstSeen"):
        yield _seen(issue, key, title, link, "")
    if (last := issue.get("lastSeen")) and last != issue.get("firstSeen"):
        count, users = string(issue.get("count")), string(issue.get("userCount"))
        seen = f" ({count} events{f', {users} users' if users not in ('', '0') else ''})" if count else ""
        yield Fact(last, f"Last seen: {title}{seen}", f"{key}:last seen:{last}", "alert", "issue lastSeen", "Sentry", link, salience=0, part=".lastSeen")
    yield from listed(issue.get("activity"), title, key, ".activity")


def _event(event: Mapping[str, Any]) -> Iterator[Fact]:
    issue, title = string(first_of(event, "groupID", "issue_id")), _title(event)
    level = next((string(each.get("value")) for each in mappings(event.get("tags")) if each.get("key") == "level"), string(event.get("level")))
    culprit = string(event.get("culprit"))
    text = f"{level.capitalize() or 'Event'}: {title}" + (f" in {culprit}" if culprit and culprit not in title else "")
    yield _event_fact(event, text, string(first_of(event, "web_url", "permalink")), "", issue)


def _activities(value: Mapping[str, Any]) -> Iterator[Fact]:
    yield from listed(value["activity"], "", "", ".activity")


def _activity(entry: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    issue = mapping(entry.get("issue"))
    if issue:
        yield _about_issue(issue)
    yield fact_of(entry, _title(issue) if issue else "", _issue_key(issue) if issue else "")


READERS = {
    "hook_issue": _hook_issue,
    "hook_event": _hook_event,
    "hook_error": _hook_event,
    "hook_metric_alert": _hook_incident,
    "hook_comment": _hook_comment,
    "plugin": _plugin,
    "issue": _issue,
    "incident": _incident,
    "event": _event,
    "activities": _activities,
    "activity": _activity,
}


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_facts(payload, options, shape_of, facts, "Sentry")


SOURCE = Source(
    name="sentry",
    label="Sentry",
    detect=detect,
    read=read,
    docs="Sentry: webhooks of integrations (issues, issue alerts, errors, metric alerts, comments) and of the older plugin, and issues with their activity, "
    "events and metric alerts of its API (https://docs.sentry.io/organization/integrations/integration-platform/webhooks/).",
)
