"""Pure. New Relic: webhooks of legacy alerts and of workflows with any template, issues and incidents of NerdGraph, NrAiIncident and NrAiIssue
events, violations, incidents and deployments of REST v2.

https://docs.newrelic.com/docs/alerts/get-notified/notification-integrations/ and https://docs.newrelic.com/docs/alerts/organize-alerts/ define what is
read. An issue closes by itself when its incidents do: only a closing by a person, or an incident called resolved, states a resolution.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.envelopes import certainty
from incidents.sources.markup import plain
from incidents.sources.members import first_of, line_of, mapping, mappings, string, strings, templated
from incidents.sources.reading import Fact, read_facts
from incidents.sources.words import kind_of

# State of a legacy incident -> kind, what it is called, milestone that it states.
STATES: dict[str, tuple[str, str, str]] = {
    "open": ("alert", "Alert", "detected"),
    "opened": ("alert", "Alert", "detected"),
    "acknowledged": ("acknowledgement", "Acknowledged", "acknowledged"),
    "closed": ("recovery", "Closed", "resolved"),
    "resolved": ("recovery", "Resolved", "resolved"),
    "test": ("message", "Test notification", ""),
}
EVENTS = {"open": "open", "create": "open", "activate": "activated", "acknowledge": "acknowledged", "close": "closed"}
ISSUE_LINK = ("issueurl", "issuepageurl", "issuelink", "url")


def shape_of(value: Mapping[str, Any]) -> str:
    """Return what of New Relic's an object is, or "" for nothing of it."""
    if "current_state" in value and ("incident_id" in value or "condition_name" in value or "policy_name" in value):
        return "legacy"
    if isinstance(value.get("event"), str) and ("incidentId" in value or "issueId" in value) and "timestamp" in value:
        return "logged"
    if "openTime" in value and "incidentId" in value:
        return "logged"
    if "opened_at" in value and ("policy_name" in value or "condition_name" in value or "incident_preference" in value):
        return "violation"
    if "revision" in value and "created_at" in value and ("deployed_by" in value or "deployment_url" in value):
        return "deployment"
    if "revision" in value and "timestamp" in value and ("changelog" in value or "user" in value or "application" in mapping(value.get("links"))):
        return "deployment"
    return "issue" if _is_issue(value) else ""


def _is_issue(value: Mapping[str, Any]) -> bool:
    if not 3 <= len(value) <= 120:
        return False
    if "issueId" in value and "createdAt" in value and ("state" in value or "priority" in value):
        return True
    if "incidentId" in value and "createdAt" in value and "state" in value and ("accountIds" in value or "priority" in value):
        return True
    found = templated(value)
    link = string(first_of(found, *ISSUE_LINK))
    stated = "state" in found or "issuestate" in found or "currentstate" in found
    ours = "newrelic.com" in link or "alertpolicynames" in found or "alertconditionnames" in found
    return stated and ours and any(name in found for name in ("createdat", "updatedat", "activatedat", "closedat", "acknowledgedat", "issueid"))


def facts(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    yield from READERS[shape_of(value)](value)


def _legacy(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    state, key = string(value["current_state"]).lower(), f"incident {string(value.get('incident_id'))}"
    targets = mappings(value.get("targets"))
    names = [name for each in targets if (name := string(each.get("name")))]
    title = plain(first_of(value, "details", "condition_name") or "") or "Alert"
    labels = {name: held for each in targets for name, held in mapping(each.get("labels")).items()}
    link = string(value.get("incident_url"))
    labels |= {"policy": value.get("policy_name"), "condition": value.get("condition_name"), "account": value.get("account_name")}
    yield about(title, string(value.get("condition_description")), _severity(value.get("severity")), names, link, key, labels)
    kind, word, milestone = STATES.get(state, ("status", state.capitalize() or "Status", ""))
    who = string(value.get("owner"))
    if string(value.get("event_type")).upper() == "INCIDENT_RESOLVED" and who:
        kind = "resolution"
    text = f"{word}: {line_of(value.get('condition_name'), title)}"
    facts_ = [string(value.get("policy_name")), *names] if not any(name and name in text for name in names) else [string(value.get("policy_name"))]
    text += f" ({', '.join(each for each in facts_ if each)})" if any(facts_) else ""
    at = first_of(value, "timestamp", "timestamp_utc_string")
    by = who if state == "acknowledged" or kind == "resolution" else ""
    word_key = f"{key}:{state}" + (f":{at}" if state not in ("acknowledged", "closed") else "")
    yield Fact(at, text, word_key, kind, f"current_state {state}", by or "New Relic", link, milestone, 0 if state == "test" else 1)


def _severity(value: Any) -> str:
    return "" if string(value).upper() in ("INFO", "NONE") else string(value)


def _issue(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    found = templated(value)
    identity = string(first_of(found, "issueid", "id", "incidentid")) if not string(first_of(found, "incidentid")) else string(found["incidentid"])
    key = f"issue {identity}"
    titles = first_of(found, "title", "annotationstitle", "issuetitle", "details", "description")
    title = plain(titles[0] if isinstance(titles, list) and titles and isinstance(titles[0], str) else titles, 500) or "Issue"
    policies, conditions = (
        strings(first_of(found, "alertpolicynames", "policyname", "alertpolicyname")),
        strings(first_of(found, "alertconditionnames", "conditionname")),
    )
    entities = strings(first_of(found, "impactedentities", "entitynames", "entitiesdatanames", "targetname"))
    link, priority, state = (
        string(first_of(found, *ISSUE_LINK)),
        string(first_of(found, "priority", "severity")),
        string(first_of(found, "state", "issuestate", "currentstate")).lower(),
    )
    labels = {"policy": ", ".join(policies), "condition": ", ".join(conditions), "workflow": found.get("workflowname"), "priority": priority}
    yield about(title, "", priority, entities, link, key, labels)
    suffix = f": {title}" + (f" ({', '.join(filter(None, [priority, *policies]))})" if priority or policies else "")
    owner = string(first_of(found, "acknowledgedby", "owner", "issueacknowledgeduser"))
    told = 0

    def fact(at: Any, word: str, name: str, kind: str, milestone: str = "", who: str = "", weight: int = 1) -> Fact:
        return Fact(at, f"{word}{suffix}", f"{key}:{name}", kind, f"issue {name.partition(':')[0]}", who or "New Relic", link, milestone, weight)

    created, activated = first_of(found, "createdat"), first_of(found, "activatedat")
    if created:
        yield fact(created, "Alert", "created", "alert", "detected")
    if activated and activated != created:
        yield fact(activated, "Issue activated", "activated", "status", "", "", 0)
    if at := first_of(found, "acknowledgedat"):
        yield fact(at, "Acknowledged", "acknowledged", "acknowledgement", "acknowledged", owner, 2)
        told += state == "acknowledged"
    closer = string(first_of(found, "closedby", "issueclosedbyuser"))
    if at := first_of(found, "closedat") or (found.get("updatedat") if state in ("closed", "resolved") else None):
        yield fact(at, "Closed", "closed", "resolution" if closer else "recovery", "resolved" if closer else "", closer, 2 if closer else 1)
        told += 1
    updated, trigger = found.get("updatedat"), string(first_of(found, "trigger", "triggerevent"))
    if state == "acknowledged" and not told:
        yield fact(updated, "Acknowledged", "acknowledged", "acknowledgement", "acknowledged", owner, 2)
    elif state in ("closed", "resolved") and not told:
        yield fact(None, "Closed", "closed", "recovery")
    elif updated and updated != created and not told:
        word = {"USER_ACTION": "A person acted on the issue"}.get(
            trigger, f"Issue updated{f' ({trigger.replace(chr(95), chr(32)).lower()})' if trigger else ''}"
        )
        yield fact(updated, word, f"updated:{updated}", "status", weight=0)
    elif not created and not told:
        yield fact(None, f"Issue {state}", state, "alert" if state in ("created", "activated", "open") else "status")


def _logged(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    """Read an NrAiIncident or NrAiIssue: one is written for the opening and one for the close, which repeats when it opened."""
    event = string(value.get("event")).lower() or ("close" if value.get("closeTime") else "open")
    subject = "incident" if value.get("incidentId") else "issue"
    key = f"{subject} {string(value.get('incidentId')) or string(value.get('issueId'))}"
    title = plain(first_of(value, "title", "conditionName", "description") or "", 500) or key
    priority, entity = string(value.get("priority")), string(first_of(value, "entity.name", "targetName", "entityName"))
    labels = {"policy": value.get("policyName"), "condition": value.get("conditionName"), "entity": entity}
    yield about(title, plain(value.get("description") or "", 2000), priority, [entity], string(value.get("incidentLink")), key, labels)
    text = line_of(value.get("conditionName"), title) + (f" ({', '.join(filter(None, (priority, string(value.get('policyName')))))})" if priority else "")
    state = EVENTS.get(event, event)
    opened = first_of(value, "openTime") if state in ("open", "closed") else None
    if opened or state == "open":
        at = opened or value.get("timestamp")
        yield Fact(at, f"Alert: {text}", f"{key}:open", "alert", f"event {event}", "New Relic", string(value.get("incidentLink")), "detected")
    if state == "open":
        return
    kind, word, milestone = STATES.get(state, ("status", f"{subject.capitalize()} {state}", ""))
    at = first_of(value, "closeTime", "timestamp") if state == "closed" else value.get("timestamp")
    milestone = milestone if state == "acknowledged" else ""
    who = string(first_of(value, "acknowledgedBy", "closedBy")) or "New Relic"
    yield Fact(at, f"{word}: {text}", f"{key}:{state}", kind, f"event {event}", who, string(value.get("incidentLink")), milestone)


def _violation(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    key = f"{'incident' if 'incident_preference' in value else 'violation'} {string(value.get('id'))}"
    entity = string(mapping(value.get("entity")).get("name"))
    title = plain(first_of(value, "label", "condition_name") or "", 500) or key.capitalize()
    text = line_of(title, entity if entity not in title else "") + (f" ({value['policy_name']})" if string(value.get("policy_name")) else "")
    yield about(
        title, "", string(value.get("priority")), [entity], key=key, labels={"policy": value.get("policy_name"), "condition": value.get("condition_name")}
    )
    yield Fact(value.get("opened_at"), f"Alert: {text}", f"{key}:open", "alert", "opened_at", "New Relic", milestone="detected", part=".opened_at")
    if closed := value.get("closed_at"):
        yield Fact(closed, f"Closed: {text}", f"{key}:closed", "recovery", "closed_at", "New Relic", part=".closed_at")


def _deployment(value: Mapping[str, Any]) -> Iterator[Fact]:
    said = plain(first_of(value, "description", "changelog") or "", 1000)
    text = f"Deployed {string(value['revision'])}" + (f": {said}" if said else "")
    application = string(value.get("application_name"))
    text = f"{application}: {text}" if application else text
    at, link = first_of(value, "timestamp", "created_at"), string(value.get("deployment_url"))
    key = f"deployment {string(value.get('id')) or link.rpartition('/')[2] or at}"
    who = string(first_of(value, "user", "deployed_by")) or "New Relic"
    yield Fact(at, text, key, "change", "deployment", who, link, salience=kind_of(text).salience)


READERS = {"legacy": _legacy, "issue": _issue, "logged": _logged, "violation": _violation, "deployment": _deployment}


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_facts(payload, options, shape_of, facts, "New Relic")


SOURCE = Source(
    name="newrelic",
    label="New Relic",
    detect=detect,
    read=read,
    docs="New Relic: webhooks of legacy alerts and of workflows, issues and incidents of NerdGraph, NrAiIncident and NrAiIssue events, violations and "
    "deployments of REST v2 (https://docs.newrelic.com/docs/alerts/get-notified/notification-integrations/).",
)
