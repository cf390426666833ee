"""Pure. Opsgenie: alerts, their logs and notes, incidents with their timeline, post-mortems, webhooks, and rows that wrap these.

https://docs.opsgenie.com/docs/alert-api, .../incident-api, .../incident-timeline-api, .../postmortem-api and
https://support.atlassian.com/opsgenie/docs/opsgenie-edge-connector-alert-action-data/ define what is read. Jira Service Management sends the same.
Created, acknowledged and closed are keyed by alert and second, so that an alert and its webhooks give one event each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import Drafts
from incidents.sources.drafts import ReadOptions
from incidents.sources.markup import plain
from incidents.sources.members import as_json, changed, digest, first, mapping, mappings, name_of, part, spoken, string, strings
from incidents.sources.opsgenie_words import ACTIONS, adf, kind_of_log
from incidents.sources.reading import Format, certainty, read_objects

# Member of a post-mortem -> words, kind, milestone. Its start and end are those of the impact, as in the incident.
POSTMORTEM = (
    ("startTime", "Impact started", "impact", "impact_started"),
    ("respondTime", "Responded", "acknowledgement", "acknowledged"),
    ("endTime", "Impact ended", "mitigation", "mitigated"),
    ("resolveTime", "Resolved", "resolution", "resolved"),
)


def detect(payload: Payload) -> int:
    return certainty(payload, FORMAT)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_objects(payload, options, FORMAT)


def _shape(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    if isinstance(value.get("action"), str) and isinstance(value.get("alert"), dict) and ("alertId" in value["alert"] or "tinyId" in value["alert"]):
        return "webhook"
    if (
        isinstance(value.get("action"), str)
        and isinstance(value.get("incident"), dict)
        and ("incidentId" in value["incident"] or "tinyId" in value["incident"])
    ):
        return "incident_webhook"
    if "postmortemId" in value or ("rootIncident" in value and "startTime" in value):
        return "postmortem"
    if "tinyId" in value and "message" in value and "createdAt" in value:
        return "incident" if any(key in value for key in ("impactStartDate", "impactedServices", "extraProperties")) else "alert"
    if "eventTime" in value and "group" in value and isinstance(value.get("description"), dict):
        return "entry"
    if "createdAt" in value and ("offset" in value or "owner" in value):
        return "log" if "log" in value else "note" if "note" in value else ""
    return ""


def _priority(value: Mapping[str, Any]) -> str:
    """Return "P3", which webhooks write as 3."""
    stated = string(value.get("priority"))
    return f"P{stated}" if stated in ("1", "2", "3", "4", "5") else stated


def _about(drafts: Drafts, value: Mapping[str, Any], identity: str) -> Iterator[Item]:
    """Yield what an alert or incident says about itself."""
    responders = [name_of(each) for each in mappings(value.get("responders")) if each.get("type") == "team"]
    teams = dict.fromkeys([string(value.get("ownerTeam")), *strings(value.get("teams")), *responders])
    details = mapping(value.get("details")) or mapping(value.get("extraProperties"))
    labels = [
        *(("team", team) for team in teams),
        ("priority", _priority(value)),
        *((name, name_of(value.get(name))) for name in ("alias", "entity", "source", "integration")),
        *(("tag", tag) for tag in strings(value.get("tags"))),
        *((name, string(each)) for name, each in list(details.items())[:20]),
    ]
    yield from drafts.incident(
        identity,
        title=string(value.get("message")),
        summary=string(value.get("description")),
        severity=_priority(value),
        services=[string(value.get("entity"))],
        url=string(mapping(value.get("links")).get("web")),
        labels=labels,
    )


def _alert(drafts: Drafts, alert: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    identity, title, report = string(alert.get("id")), string(alert.get("message")), mapping(alert.get("report"))
    yield from _about(drafts, alert, identity)
    created, origin = alert.get("createdAt"), string(alert.get("source")) or name_of(alert.get("integration"))
    priority = f" ({alert['priority']})" if string(alert.get("priority")) else ""
    url = string(mapping(alert.get("links")).get("web"))
    yield from drafts.event(
        created,
        f"Alert: {title}{priority}",
        key=f"{identity}:created",
        timed=True,
        where=where,
        raw=raw,
        rule="alert createdAt",
        kind="alert",
        salience=2,
        actor=origin,
        milestone="detected",
        url=url,
    )
    yield from _reported(drafts, alert, where, url)
    if string(alert.get("status")) == "closed" and not report.get("closeTime"):
        yield from drafts.event(
            alert.get("updatedAt"),
            f"Alert was closed by then: {title}",
            key=f"{identity}:updated",
            timed=True,
            where=f"{where}.updatedAt",
            raw=part(alert, "id", "status", "updatedAt"),
            rule="alert updatedAt",  # the last change of a closed alert; what changed is not said
            kind="status",
            needed=False,
            url=url,
        )
    if isinstance(count := alert.get("count"), int) and count > 1:
        yield from drafts.event(
            alert.get("lastOccurredAt"),
            f"Alert occurred {count} times by then: {title}",
            key=f"{identity}:occurred",
            timed=True,
            where=f"{where}.lastOccurredAt",
            raw=part(alert, "id", "count", "lastOccurredAt"),
            rule="alert lastOccurredAt",
            kind="alert",
            actor=origin,
            needed=False,
            url=url,
        )


def _reported(drafts: Drafts, alert: Mapping[str, Any], where: str, url: str) -> Iterator[Item]:
    """Read who took and who closed the alert, from the milliseconds that its report counts."""
    identity, title, report, created = string(alert.get("id")), string(alert.get("message")), mapping(alert.get("report")), alert.get("createdAt")
    for member, word, who, kind, milestone in (
        ("ackTime", "acknowledged", "acknowledgedBy", "acknowledgement", "acknowledged"),
        ("closeTime", "closed", "closedBy", "resolution", "resolved"),
    ):
        stamp = _after(drafts, created, report.get(member))
        person = string(report.get(who))
        yield from drafts.event(
            stamp,
            f"Alert {word}{f' by {person}' if person else ''}: {title}",
            key=f"{identity}:{word}",
            timed=True,
            where=f"{where}.report.{member}",
            raw=as_json({"id": identity, "createdAt": created, "report": report}),
            rule=f"alert report {member}",
            kind=kind,
            salience=2,
            actor=person,
            milestone=milestone,
            needed=False,
            url=url,
        )


def _after(drafts: Drafts, created: Any, milliseconds: Any) -> str:
    """Return the time that many milliseconds after the alert, as text."""
    start = drafts.at(created)
    if start is None or isinstance(milliseconds, bool) or not isinstance(milliseconds, (int, float)) or not 0 < milliseconds < 10**11:
        return ""
    return (start + timedelta(milliseconds=milliseconds)).isoformat()


def _webhook(drafts: Drafts, delivery: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    yield from _delivery(drafts, delivery, mapping(delivery.get("alert")), "Alert", where, raw)


def _incident_webhook(drafts: Drafts, delivery: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    yield from _delivery(drafts, delivery, mapping(delivery.get("incident")), "Incident", where, raw)


def _delivery(drafts: Drafts, delivery: Mapping[str, Any], alert: Mapping[str, Any], what: str, where: str, raw: str) -> Iterator[Item]:
    identity, action = first(alert, "alertId", "incidentId", "id"), string(delivery.get("action"))
    yield from _about(drafts, alert, identity)
    for member, words, sort, stated in (
        ("impactStartDate", "Impact started", "impact", "impact_started"),
        ("impactEndDate", "Impact ended", "mitigation", "mitigated"),
    ):
        yield from drafts.event(
            alert.get(member),
            f"{words}: {string(alert.get('message'))}",
            key=f"{identity}:{member}",
            where=f"{where}.{what.lower()}.{member}" if where != "the document" else f"{what.lower()}.{member}",
            raw=part(alert, "incidentId", "message", member),
            rule=f"incident {member}",
            kind=sort,
            salience=2,
            milestone=stated,
            needed=False,
        )
    word, kind, weight, milestone = ACTIONS.get(action.lower(), (spoken(action).lower(), "status", 1, ""))
    title, note, person = string(alert.get("message")), string(alert.get("note")), first(alert, "username", "userFullName")
    details = [string(alert.get(name)) for name in ("owner", "addedTags", "removedTags", "escalationName", "escalationNotify")]
    if until := drafts.at(alert.get("snoozedUntil") or alert.get("snoozeEndDate")):
        details.append(f"until {until:%Y-%m-%d %H:%M} UTC")
    details += [name_of(alert.get(name)) for name in ("escalationNotify", "recipient", "team", "teamName") if alert.get(name)]
    details += [name_of(delivery.get(name)) for name in ("escalationNotify", "escalationName") if delivery.get(name)]  # of older versions
    if string(alert.get("oldPriority")) and string(alert.get("priority")):
        details = [changed("priority", string(alert["oldPriority"]), string(alert["priority"]))]
    said = ", ".join(dict.fromkeys(filter(None, details)))
    text = f"{what} {word}{f' ({said})' if said else ''}{f': {title}' if title else ''}" if action.lower() != "addnote" else f"Note: {plain(note)}"
    if note and action.lower() != "addnote":
        text += f"\n{plain(note)}"
    yield from drafts.event(
        alert.get("createdAt") if action.lower() == "create" else alert.get("updatedAt") or alert.get("createdAt"),
        text,
        key=f"{identity}:{word}" if milestone else f"{identity}:{word}:{digest(note or said)}",
        timed=True,
        where=where,
        raw=raw,
        rule=f"webhook action {action}",
        kind=kind,
        salience=weight,
        said=note if action.lower() == "addnote" else "",
        actor=person or string(alert.get("source")),
        milestone=milestone,
    )


def _log(drafts: Drafts, log: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    text = plain(string(log.get("log")))
    kind, weight, milestone = kind_of_log(text)
    yield from drafts.event(
        log.get("createdAt"),
        text or "Log entry",
        key=f"log:{string(log.get('offset')) or digest(text)}",
        timed=not log.get("offset"),
        where=where,
        raw=raw,
        rule=f"log {string(log.get('type'))}",
        kind=kind,
        salience=weight,
        actor=string(log.get("owner")),
        milestone=milestone,
    )


def _note(drafts: Drafts, note: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    text = plain(string(note.get("note")))
    yield from drafts.event(
        note.get("createdAt"),
        text or "Empty note",
        key=f"note:{string(note.get('offset')) or digest(text)}",
        timed=not note.get("offset"),
        where=where,
        raw=raw,
        rule="note",
        kind="note",
        said=text,
        actor=string(note.get("owner")),
    )


def _incident(drafts: Drafts, incident: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    identity, title, url = string(incident.get("id")), string(incident.get("message")), string(mapping(incident.get("links")).get("web"))
    yield from _about(drafts, incident, identity)
    priority = f" ({incident['priority']})" if string(incident.get("priority")) else ""
    for member, text, kind, milestone in (
        ("impactStartDate", f"Impact started: {title}", "impact", "impact_started"),
        ("createdAt", f"Incident opened: {title}{priority}", "alert", "detected"),
        ("impactEndDate", f"Impact ended: {title}", "mitigation", "mitigated"),
    ):
        yield from drafts.event(
            incident.get(member),
            text,
            key=f"{identity}:{'created' if member == 'createdAt' else member}",
            timed=member == "createdAt",
            where=f"{where}.{member}",
            raw=raw if member == "createdAt" else part(incident, "id", "message", member),
            rule=f"incident {member}",
            kind=kind,
            salience=2,
            url=url,
            milestone=milestone,
            needed=member == "createdAt",
        )
    for number, entry in enumerate(mappings(incident.get("timelines"))):
        yield from _entry(drafts, entry, f"{where}.timelines[{number}]", as_json(entry))
    if incident.get("status") in ("resolved", "closed"):
        # Resolving sets the end of the impact. Is that the last change, it was the resolve; else only the timeline says when that was.
        sure = bool(incident.get("impactEndDate")) and incident.get("impactEndDate") == incident.get("updatedAt")
        yield from drafts.event(
            incident.get("updatedAt"),
            f"Incident {'' if sure else 'was '}{incident['status']}{'' if sure else ' by then'}: {title}",
            key=f"{identity}:updated",
            timed=True,
            where=f"{where}.updatedAt",
            raw=part(incident, "id", "status", "impactEndDate", "updatedAt"),
            rule="incident status, updatedAt",
            kind="resolution" if sure else "status",
            salience=2 if sure else 1,
            url=url,
            milestone="resolved" if sure else "",
            needed=False,
        )


def _entry(drafts: Drafts, entry: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    """Read an entry of an incident's timeline. An entry that people hid is kept, as noise."""
    title, body = plain(name_of(mapping(entry.get("title")).get("content"))), mapping(entry.get("description"))
    said = plain(string(body.get("content")) or string(body.get("name")))
    text = ": ".join(filter(None, (title, said if said != title else ""))) or spoken(string(entry.get("type")))
    written = entry.get("group") == "custom"
    kind, weight, milestone = ("note", 1, "") if written else kind_of_log(f"{spoken(string(entry.get('type')))} {text}")
    yield from drafts.event(
        entry.get("eventTime"),
        text,
        key=f"entry:{string(entry.get('id'))}",
        timed=not entry.get("id"),
        where=where,
        raw=raw,
        rule=f"timeline {string(entry.get('type'))}",
        kind=kind,
        salience=0 if entry.get("hidden") is True else weight,
        said=said if written else "",
        actor=name_of(entry.get("actor")),
        milestone=milestone,
        revised="edited" if mapping(entry.get("lastEdit")).get("editTime") else "",
    )


def _postmortem(drafts: Drafts, report: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    root = mapping(report.get("rootIncident"))
    identity, title = first(root, "id") or string(report.get("postmortemId")), string(report.get("title")) or string(root.get("message"))
    sections = [adf(report.get(name)) for name in ("executiveSummary", "content")]
    yield from drafts.incident(
        identity,
        title=title,
        summary="\n\n".join(filter(None, sections)),
        severity=first(report, "severity") or string(root.get("priority")),
        labels=[("priority", string(root.get("priority"))), ("post-mortem", string(report.get("status")))],
    )
    for member, words, kind, milestone in POSTMORTEM:
        yield from drafts.event(
            report.get(member),
            f"{words}: {title}",
            key=f"{identity}:postmortem:{member}",
            where=f"{where}.{member}" if where != "the document" else member,
            raw=part(report, "postmortemId", "title", "status", member),
            rule=f"postmortem {member}",
            kind=kind,
            salience=2,
            milestone=milestone,
            recorded=report.get("createdAtTime"),
            needed=False,
        )
    yield from drafts.event(
        report.get("createdAtTime"),
        f"Post-mortem begun: {title}",
        key=f"{identity}:postmortem:created",
        where=where,
        raw=part(report, "postmortemId", "title", "status", "createdAtTime"),
        rule="postmortem createdAtTime",
        kind="status",
        salience=0,
        needed=False,
    )
    for number, entry in enumerate([*mappings(report.get("timeline")), *mappings(mapping(report.get("timeline")).get("entries"))]):
        if _shape(entry) == "entry":
            yield from _entry(drafts, entry, f"{where}.timeline[{number}]", as_json(entry))


FORMAT = Format(
    vendor="Opsgenie",
    lists=("data", "entries", "values"),  # "values" in Jira Service Management
    shape=_shape,
    readers={
        "webhook": _webhook,
        "incident_webhook": _incident_webhook,
        "postmortem": _postmortem,
        "incident": _incident,
        "alert": _alert,
        "entry": _entry,
        "log": _log,
        "note": _note,
    },
    nothing="There is no alert, log, note, incident, timeline or post-mortem of Opsgenie in this file. Save the answer of its API, such as "
    "/v2/alerts/{id}/logs or /v2/incident-timelines/{id}/entries.",
)

SOURCE = Source(
    name="opsgenie",
    label="Opsgenie",
    detect=detect,
    read=read,
    docs="Opsgenie: answers of its API (alerts, logs, notes, incidents, incident timelines, post-mortems), webhooks of alerts, which Jira Service Management "
    "sends too, and rows that wrap these (https://docs.opsgenie.com/docs/api-overview).",
)
