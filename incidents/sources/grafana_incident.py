"""Pure. Grafana Incident and IRM: incidents, the activity of their timeline, and outgoing webhooks.

https://grafana.com/docs/grafana-cloud/alerting-and-irm/irm/reference/incident-api/reference/ defines what is read.
An activity is placed at its `eventTime`, which people may move; `createdTime` is when it was recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import Drafts
from incidents.sources.drafts import ReadOptions
from incidents.sources.markup import plain
from incidents.sources.members import as_json, first, mapping, mappings, name_of, part, spoken, string
from incidents.sources.reading import Format, certainty, read_objects

# Words in the kind of an activity -> kind, weight. The first that occurs decides.
KINDS = (
    ("usernote", "note", 1),
    ("severity", "severity", 2),
    ("status", "status", 2),
    ("incidentcreated", "status", 2),
    ("role", "role", 1),
    ("label", "status", 0),
    ("title", "status", 0),
    ("drill", "status", 0),
    ("task", "note", 0),
    ("summary", "note", 1),
    ("keyupdate", "note", 2),
    ("chat", "message", 1),
    ("message", "message", 1),
    ("alert", "alert", 1),
    ("hook", "message", 0),
    ("sift", "message", 1),
)
TO_RESOLVED = re.compile(r"\bto\W{0,5}resolved\b", re.I)


def detect(payload: Payload) -> int:
    return certainty(payload, FORMAT)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_objects(payload, options, FORMAT)


def _shape(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    if "activityItemID" in value and "activityKind" in value:
        return "activity"
    if isinstance(value.get("incident"), dict) and "incidentID" in value["incident"] and "event" in value:
        return "webhook"
    if "incidentID" in value and "title" in value and any(key in value for key in ("createdTime", "isDrill", "overviewURL")):
        return "incident"
    if isinstance(value.get("data"), dict) and "grafana_irm_app" in string(value.get("type")) and "incident" in string(value.get("type")):
        return "cloud_event"
    return ""


def _incident(drafts: Drafts, incident: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    identity, title, url = string(incident.get("incidentID")), string(incident.get("title")), first(incident, "incidentUrl", "overviewURL")
    severity = first(incident, "severityLabel", "severity").removeprefix("pending")
    labels = [(string(each.get("key")) or "label", first(each, "value", "label")) for each in mappings(incident.get("labels"))]
    yield from drafts.incident(
        identity,
        title=title,
        summary=string(incident.get("summary")),
        severity=severity,
        services=[value for name, value in labels if name.lower() in ("service", "service_name")],
        url=url,
        labels=[("severity", severity), ("status", string(incident.get("status"))), ("type", string(incident.get("incidentType"))), *labels],
    )
    created, begun, ended, closed = (incident.get(name) for name in ("createdTime", "incidentStart", "incidentEnd", "closedTime"))
    who = name_of(mapping(incident.get("createdByUser")))
    drill = "Drill" if incident.get("isDrill") is True else "Incident"
    moments: list[tuple[str, Any, str, str, str, Any]] = [("createdTime", created, f"{drill} declared", "status", "", None)]
    if drafts.apart(begun, created):
        moments.append(("incidentStart", begun, f"{drill} started", "impact", "impact_started", created))
    if ended and not drafts.apart(ended, closed):
        moments.append(("incidentEnd", ended, f"{drill} resolved", "resolution", "resolved", None))
    else:
        moments.append(("incidentEnd", ended, f"{drill} ended", "resolution", "resolved", closed))
        moments.append(
            ("closedTime", closed, f"{drill} {'closed' if ended else 'resolved'}", "status" if ended else "resolution", "" if ended else "resolved", None)
        )
    for member, stamp, words, kind, milestone, recorded in moments:
        yield from drafts.event(
            stamp,
            f"{words}: {title}" + (f" ({severity})" if severity and member == "createdTime" else ""),
            key=f"{identity}:{member}",
            where=f"{where}.{member}",
            raw=raw if member == "createdTime" else part(incident, "incidentID", "title", "status", member),
            rule=f"incident {member}",
            kind=kind,
            salience=2,
            actor=who if member == "createdTime" else "",
            url=url,
            milestone=milestone,
            recorded=recorded,
            needed=False,
        )
    for number, task in enumerate(mappings(mapping(incident.get("taskList")).get("tasks"))):
        yield from _task(drafts, task, f"{where}.taskList.tasks[{number}]", identity)


def _task(drafts: Drafts, task: Mapping[str, Any], where: str, incident: str) -> Iterator[Item]:
    done, text = task.get("status") == "done", plain(string(task.get("text")))
    who = name_of(mapping(task.get("assignedUser"))) or name_of(mapping(task.get("authorUser")))
    for member, words in (("createdTime", "Task noted"), ("modifiedTime", "Task done by then")):
        if member == "createdTime" or done:
            yield from drafts.event(
                task.get(member),
                f"{words}: {text}",
                key=f"{incident}:task:{string(task.get('taskID'))}:{member}",
                where=where,
                raw=as_json(task),
                rule=f"task {member}",
                kind="note",
                salience=0 if task.get("immutable") is True else 1,
                actor=who,
                needed=False,
            )


def _activity(drafts: Drafts, item: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    sort, body = string(item.get("activityKind")), plain(string(item.get("body")))
    kind, weight = next(((kind, weight) for word, kind, weight in KINDS if word in sort.lower()), ("message", 1))
    resolved = kind == "status" and TO_RESOLVED.search(body) is not None
    person, subject = name_of(mapping(item.get("user"))), name_of(mapping(item.get("subjectUser")))
    text = body or spoken(sort)
    if subject and subject != person and subject not in text:
        text += f" ({subject})"
    attached = [string(each.get("attachmentErr")) or string(each.get("useSourceURL")) or first(each, "sourceURL") for each in mappings(item.get("attachments"))]
    yield from drafts.incident(string(item.get("incidentID"))) if item.get("incidentID") else ()
    yield from drafts.event(
        item.get("eventTime") or item.get("createdTime"),
        text,
        key=f"activity:{string(item.get('activityItemID'))}",
        where=where,
        raw=raw,
        rule=f"activity {sort}",
        kind="resolution" if resolved else kind,
        salience=0 if item.get("relevance") == "low" else weight,
        said=body if kind == "note" else "",
        actor=person,
        url=string(item.get("url")) or next((each for each in attached if each), ""),
        milestone="resolved" if resolved else "",
        recorded=item.get("createdTime"),
    )


def _webhook(drafts: Drafts, delivery: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    incident, event = mapping(delivery["incident"]), delivery["event"]
    sort = string(event) or string(mapping(event).get("type"))
    yield from _incident(drafts, incident, f"{where}.incident" if where != "the document" else "incident", as_json(incident))
    words = sort.removeprefix("grafana.incident.").replace(".", " ").replace("_", " ")
    if words not in ("created", "incident created"):
        yield from _delivered(drafts, delivery.get("time") or mapping(event).get("time"), words, incident, first(delivery, "id"), where, raw)


def _cloud_event(drafts: Drafts, delivery: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    data = mapping(delivery["data"])
    incident = mapping(data.get("incident")) or data
    if _shape(incident) == "incident":
        yield from _incident(drafts, incident, f"{where}.data", as_json(incident))
    words = string(delivery["type"]).partition(".incident.")[2].replace(".", " ") or "event"
    yield from _delivered(drafts, delivery.get("time"), words, incident, first(delivery, "id"), where, raw)


def _delivered(drafts: Drafts, stamp: Any, words: str, incident: Mapping[str, Any], key: str, where: str, raw: str) -> Iterator[Item]:
    kind = next((kind for word, kind, _ in KINDS if word in words.replace(" ", "").lower()), "status")
    value = {"severity": first(incident, "severityLabel", "severity"), "status": string(incident.get("status"))}.get(words.split()[-1] if words else "", "")
    yield from drafts.event(
        stamp,
        f"Incident {words}{f' ({value})' if value else ''}: {string(incident.get('title'))}",
        key=f"webhook:{key or words}",
        timed=not key,
        where=where,
        raw=raw,
        rule=f"webhook {words}",
        kind=kind,
        actor=name_of(mapping(incident.get("modifiedByUser"))),
        needed=False,
    )


FORMAT = Format(
    vendor="Grafana Incident",
    lists=("incidents", "incidentPreviews", "activityItems"),
    shape=_shape,
    readers={"activity": _activity, "webhook": _webhook, "incident": _incident, "cloud_event": _cloud_event},
    nothing="There is no incident and no activity of Grafana Incident in this file. Save the answer of ActivityService.QueryActivity or IncidentsService.GetIncident.",
)

SOURCE = Source(
    name="grafana_incident",
    label="Grafana Incident",
    detect=detect,
    read=read,
    docs="Grafana Incident and IRM: incidents, the activity of their timeline, and outgoing webhooks "
    "(https://grafana.com/docs/grafana-cloud/alerting-and-irm/irm/reference/incident-api/reference/).",
)
