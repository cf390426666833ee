"""Pure. Webhooks of trackers of errors: Rollbar, Bugsnag, Honeybadger and Raygun, whose bodies wrap an error in what happened to it.

https://docs.rollbar.com/docs/webhooks, https://docs.bugsnag.com/product/integrations/data-forwarding/webhook/ and
https://docs.honeybadger.io/guides/integrations/webhook/ define what is read. What happened to an error (resolved, assigned) often has no time of its
own: it happened when the body came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.builds import outcome
from incidents.sources.drafting import about
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.envelopes import certainty
from incidents.sources.members import digest, first, first_of, line_of, mapping, name_of, number, second_of, spoken, string
from incidents.sources.reading import Fact, read_facts

Facts = Iterator[Fact | IncidentDraft | Rejected]

LEVELS = {"10": "debug", "20": "info", "30": "warning", "40": "error", "50": "critical"}
ALERT, BACK = ("alert", "detected", 2), ("recovery", "", 1)
# What happened -> words, kind, milestone, weight, the member of the item with its time ("" for none).
ROLLBAR = {
    "new_item": ("New error", *ALERT, "first_occurrence_timestamp"),
    "occurrence": ("Error", "alert", "", 1, "last_occurrence_timestamp"),
    "exp_repeat_item": ("Error again", "alert", "", 1, "last_occurrence_timestamp"),
    "item_velocity": ("Error at a high rate", *ALERT, "last_occurrence_timestamp"),
    "reactivated_item": ("Error is back", *ALERT, "last_activated_timestamp"),
    "reopened_item": ("Error opened again", "status", "", 1, "last_activated_timestamp"),
    "resolved_item": ("Error resolved", *BACK, "last_resolved_timestamp"),
}
BUGSNAG = {
    "firstException": ("New error", *ALERT, "receivedAt"),
    "powerTen": ("Error again", "alert", "", 1, "receivedAt"),
    "exception": ("Error", "alert", "", 1, "receivedAt"),
    "errorEventFrequency": ("Error at a high rate", *ALERT, "receivedAt"),
    "reopened": ("Error is back", *ALERT, "receivedAt"),
    "projectSpiking": ("Spike of errors", *ALERT, ""),
    "comment": ("Comment on the error", "note", "", 1, ""),
    "errorStateManualChange": ("Error", "status", "", 1, ""),
}
HONEYBADGER = {
    "occurred": ("Error", *ALERT),
    "resolved": ("Error resolved", *BACK),
    "unresolved": ("Error opened again", "status", "", 1),
    "down": ("Down", *ALERT),
    "up": ("Up again", *BACK),
    "check_in_missing": ("Check-in missing", *ALERT),
    "check_in_reporting": ("Check-in reports again", *BACK),
    "rate_exceeded": ("Error at a high rate", *ALERT),
    "deployed": ("Deployed", "change", "", 1),
    "commented": ("Comment on the error", "note", "", 1),
    "assigned": ("Error assigned", "role", "", 1),
}
RAYGUN = {
    "NewErrorOccurred": ("New error", *ALERT, "firstOccurredOn"),
    "ErrorReoccurred": ("Error is back", *ALERT, "lastOccurredOn"),
    "StatusChanged": ("Status changed", "status", "", 1, "activityDate"),
    "AssignedToUser": ("Error assigned", "role", "", 1, "activityDate"),
    "CommentAdded": ("Comment on the error", "note", "", 1, "activityDate"),
}


def shape_of(value: dict[str, Any]) -> str:
    data = mapping(value.get("data"))
    if string(value.get("event_name")) and (isinstance(data.get("item"), dict) or isinstance(data.get("deploy"), dict)):
        return "rollbar"
    if isinstance(value.get("trigger"), dict) and isinstance(value.get("project"), dict) and "type" in value["trigger"] and "account" in value:
        return "bugsnag"
    if string(value.get("event")).startswith("error_") and "eventType" in value and isinstance(value.get("error"), dict):
        return "raygun"
    if string(value.get("event")) and "message" in value and isinstance(value.get("project"), dict) and value.keys() & _HONEY:
        return "honeybadger"
    return ""


_HONEY = {"fault", "site", "check_in", "deploy", "outage", "notice"}


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, marks=(b"event_name", b'"trigger"', b'"project"', b'"eventtype"'))


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_facts(payload, options, shape_of, _facts, "a tracker of errors")


def _facts(value: dict[str, Any]) -> Facts:
    yield from {"rollbar": _rollbar, "bugsnag": _bugsnag, "honeybadger": _honeybadger, "raygun": _raygun}[shape_of(value)](value)


def _deployed(tool: str, stamp: Any, state: str, who: str, environment: str, revision: str, comment: str) -> Fact:
    text = line_of(f"Deployment {outcome(state or 'succeeded')[0]}" + (f" to {environment}" if environment else ""), comment)
    text += f" ({revision[:12]})" if revision else ""
    return Fact(stamp, text, f"{tool}:deploy:{revision}:{second_of(stamp) if stamp else ''}", "change", "deployment", who)


def _rollbar(value: Mapping[str, Any]) -> Facts:
    sort, data = string(value["event_name"]), mapping(value["data"])
    if deploy := mapping(data.get("deploy")):
        stamp, state = first_of(deploy, "finish_time", "start_time"), first(deploy, "status")
        yield _deployed(
            "rollbar", stamp, state, first(deploy, "local_username"), first(deploy, "environment"), first(deploy, "revision"), first(deploy, "comment")
        )
        return
    item, trigger = mapping(data["item"]), mapping(data.get("trigger"))
    occurrence = mapping(data.get("occurrence")) or mapping(item.get("last_occurrence"))
    title, environment = first(item, "title"), first(item, "environment")
    level = first(occurrence, "level") or LEVELS.get(first(item, "level"), first(item, "level"))
    identity = f"rollbar item {first(item, 'id')}"
    labels = [("environment", environment), ("level", level), ("framework", first(occurrence, "framework")), ("project", first(item, "project_id"))]
    yield about(title, "", level, (), first_of(data, "url") or "", identity, labels)
    words, kind, milestone, weight, member = ROLLBAR.get(sort, (spoken(sort), "status", "", 1, ""))
    stamp = (occurrence.get("timestamp") if sort == "occurrence" else None) or item.get(member)
    facts = ", ".join(filter(None, (environment, level, f"{first(item, 'total_occurrences')} times" if sort in ("exp_repeat_item", "item_velocity") else "")))
    more = f"\n{first(trigger, 'threshold')} in {first(trigger, 'window_size_description')}" if trigger.get("threshold") else ""
    key = f"{identity}:{sort}:{second_of(stamp) if stamp else ''}"
    yield Fact(stamp, f"{words}: {title}" + (f" ({facts})" if facts else "") + more, key, kind, f"event {sort}", "Rollbar", "", milestone, weight)


def _bugsnag(value: Mapping[str, Any]) -> Facts:
    trigger, error, project = mapping(value["trigger"]), mapping(value.get("error")), name_of(value["project"])
    sort, who = first(trigger, "type"), name_of(value.get("user"))
    if sort == "release":
        release = mapping(value.get("release"))
        stage = name_of(release.get("releaseStage"))
        yield _deployed("bugsnag", release.get("releaseTime"), "", first(release, "releasedBy"), stage, first(release, "version"), project)
        return
    name = ": ".join(filter(None, (first(error, "exceptionClass"), first(error, "message"))))
    app, link = mapping(error.get("app")), first(error, "url")
    stage, identity = first(app, "releaseStage") or first(error, "releaseStage"), f"bugsnag {first(error, 'errorId', 'id') or project}"
    labels = [("project", project), ("stage", stage), ("severity", first(error, "severity")), ("version", first(app, "version"))]
    yield about(name or first(trigger, "message"), "", first(error, "severity"), (project,), link, identity, labels)
    words, kind, milestone, weight, member = BUGSNAG.get(sort, (first(trigger, "message") or spoken(sort), "status", "", 1, ""))
    if state := first(trigger, "stateChange"):
        words, (kind, milestone, weight) = f"Error {spoken(state).lower()}", BACK if state == "fixed" else ("status", "", 1)
    stamp = error.get(member) if member else None
    facts = ", ".join(filter(None, (project, stage, first(error, "context"))))
    said = first(mapping(value.get("comment")), "message") or first(trigger, "rate")
    text = line_of(f"{words}: {name}" if name else words, said) + (f" ({facts})" if facts else "")
    key = f"{identity}:{sort}:{state}:{second_of(stamp) if stamp else ''}"
    yield Fact(stamp, text, key, kind, f"trigger {sort}", who if not member and who else "Bugsnag", link, milestone, weight)


def _honeybadger(value: Mapping[str, Any]) -> Facts:
    sort, project = string(value["event"]), name_of(value["project"])
    fault, site, outage, beat, deploy = (mapping(value.get(name)) for name in ("fault", "site", "outage", "check_in", "deploy"))
    stamps = {
        "occurred": first_of(mapping(value.get("notice")), "created_at") or fault.get("last_notice_at"),
        "down": outage.get("down_at"),
        "up": outage.get("up_at"),
        "check_in_missing": beat.get("expected_at"),
        "check_in_reporting": beat.get("reported_at"),
        "deployed": deploy.get("created_at"),
    }
    title = first(fault, "klass") or name_of(site) or name_of(beat) or project
    identity = f"honeybadger {first(fault, 'id') or first(site, 'id') or first(beat, 'id') or digest(title)}"
    link = first(fault, "url") or first(outage, "details_url") or first(site, "details_url") or first(beat, "details_url")
    labels = [("project", project), ("environment", first(fault, "environment"))]
    yield about(line_of(title, first(fault, "message")), "", "", (project,), link, identity, labels)
    words, kind, milestone, weight = HONEYBADGER.get(sort, (spoken(sort), "status", "", 1))
    stamp, who = stamps.get(sort), name_of(value.get("actor"))
    text = line_of(words, string(value["message"]) or title, first(outage, "reason") if sort == "down" else "")
    key = f"{identity}:{sort}:{second_of(stamp) if stamp else ''}"
    yield Fact(stamp, text, key, kind, f"event {sort}", who or "Honeybadger", link, milestone, weight)


def _raygun(value: Mapping[str, Any]) -> Facts:
    sort, error, application = string(value["eventType"]), mapping(value["error"]), name_of(value.get("application"))
    message, link = first(error, "message"), first(error, "url")
    identity = f"raygun {link or digest(message)}"
    yield about(message, "", "", (application,), link, identity, [("application", application), ("status", first(error, "status"))])
    words, kind, milestone, weight, member = RAYGUN.get(sort, (f"Error again ({spoken(sort).lower()})", "alert", "", 1, "lastOccurredOn"))
    stamp = error.get(member)
    seen = f", {first(error, 'totalOccurrences')} times" if number(error.get("totalOccurrences")) > 1 else ""
    text = first(error, "description") or f"{words}: {message}"
    text = line_of(f"{text}{f' ({application}{seen})' if application else ''}", first(error, "comment"))
    who = first(error, "user") if "activityDate" in error else ""
    yield Fact(stamp, text, f"{identity}:{sort}:{second_of(stamp) if stamp else ''}", kind, f"event {sort}", who or "Raygun", link, milestone, weight)


SOURCE = Source(
    name="error_trackers",
    label="Rollbar, Bugsnag, Honeybadger, Raygun",
    detect=detect,
    read=read,
    docs="Webhooks of Rollbar (items, deployments), Bugsnag (errors, spikes, releases), Honeybadger (errors, outages, check-ins, deployments) and Raygun (errors) "
    "(https://docs.rollbar.com/docs/webhooks).",
)
