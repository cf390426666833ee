"""Pure. Splunk On-Call (VictorOps): incidents of its API and reporting with their transitions, outgoing webhooks, alerts sent to it.

https://portal.victorops.com/public/api-docs.html and https://help.victorops.com/knowledge-base/custom-outbound-webhooks/ define what is read.
A webhook holds every variable under a dotted name (`STATE.ACKED_AT`), or the same as an object; both are read as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import Drafts
from incidents.sources.drafts import ReadOptions, Rejected
from incidents.sources.markup import plain
from incidents.sources.members import as_json, first, mappings, name_of, part, spoken, string, strings
from incidents.sources.reading import Format, certainty, read_objects

# Beginning of a transition's name, a phase or a type of message -> word, kind, weight, milestone.
KINDS: tuple[tuple[str, str, str, int, str], ...] = (
    ("unacked", "Triggered", "alert", 2, "detected"),
    ("trigger", "Triggered", "alert", 2, "detected"),
    ("critical", "Triggered", "alert", 2, "detected"),
    ("warning", "Warning", "alert", 1, "detected"),
    ("ack", "Acknowledged", "acknowledgement", 2, "acknowledged"),
    ("resolve", "Resolved", "resolution", 2, "resolved"),
    ("recovery", "Recovered", "recovery", 2, ""),
    ("rerout", "Rerouted", "escalation", 1, ""),
    ("escalat", "Escalated", "escalation", 1, ""),
    ("pag", "Paged", "page", 1, ""),
    ("snooz", "Snoozed", "status", 1, ""),
)
OVER = {"OK", "UP", "RECOVERY", "ACKNOWLEDGEMENT"}  # states that are no severity
TYPES = {"CRITICAL", "WARNING", "INFO", "ACKNOWLEDGEMENT", "RECOVERY"}


def detect(payload: Payload) -> int:
    return certainty(payload, FORMAT)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_objects(payload, options, FORMAT)


def _shape(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    if "incidentNumber" in value and ("currentPhase" in value or "entityState" in value and isinstance(value.get("transitions"), list)):
        return "incident"
    if "STATE.INCIDENT_NAME" in value or "INCIDENT.INCIDENT_ID" in value:
        return "webhook"
    low = {key.lower(): each for key, each in value.items() if key.lower() in ("state", "incident") and isinstance(each, dict)}
    state, incident = ({name.lower(): each for name, each in low[key].items()} if key in low else None for key in ("state", "incident"))
    if isinstance(incident, dict) and "incident_timestamp" in incident and "current_phase" in incident:
        return "webhook"
    if isinstance(state, dict) and isinstance(incident, dict) and "current_alert_phase" in state and "incident_id" in incident:
        return "webhook"
    if isinstance(value.get("message_type"), str) and value["message_type"].upper() in TYPES and "entity_id" in value:
        return "sent"
    return ""


def _reading(name: str) -> tuple[str, str, int, str]:
    low = name.lower()
    return next(((word, kind, weight, milestone) for start, word, kind, weight, milestone in KINDS if low.startswith(start)), (spoken(low), "status", 1, ""))


def _severity(state: Any) -> str:
    return "" if string(state).upper() in OVER else string(state)


def _incident(drafts: Drafts, incident: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    identity = string(incident.get("incidentNumber"))
    title = first(incident, "entityDisplayName", "service", "entityId", "host") or f"Incident {identity}"
    url = first(incident, "incidentLink", "alertUrl")
    policies = [name_of(each.get("team")) for each in mappings(incident.get("pagedPolicies")) if isinstance(each.get("team"), dict)]
    yield from drafts.incident(
        identity,
        title=title,
        severity=_severity(incident.get("entityState")),
        services=[string(incident.get("service"))],
        url=url,
        labels=[
            *((label, string(incident.get(member))) for label, member in (("routing_key", "routingKey"), ("host", "host"), ("monitor", "monitorType"))),
            ("phase", string(incident.get("currentPhase"))),
            *(("team", team) for team in dict.fromkeys(filter(None, [*policies, *strings(incident.get("pagedTeams"))]))),
        ],
    )
    yield from _step(drafts, identity, "triggered", incident.get("startTime"), title, "", f"{where}.startTime", raw, "incident startTime", url, needed=False)
    for number, each in enumerate(mappings(incident.get("transitions"))):
        who, message = string(each.get("by")), plain(string(each.get("message")))
        spot, link = f"{where}.transitions[{number}]", string(each.get("alertUrl")) or url
        yield from _step(drafts, identity, string(each.get("name")), each.get("at"), message or title, who, spot, as_json(each), "transition", link)
    if (count := incident.get("alertCount")) and isinstance(count, int) and count > 1:
        yield from drafts.event(
            incident.get("lastAlertTime"),
            f"Alerted {count} times by then: {title}",
            key=f"{identity}:last",
            timed=True,
            where=f"{where}.lastAlertTime",
            raw=part(incident, "incidentNumber", "alertCount", "lastAlertTime", "lastAlertId"),
            rule="incident lastAlertTime",
            kind="alert",
            url=url,
            needed=False,
        )


def _step(
    drafts: Drafts, identity: str, name: str, stamp: Any, said: str, who: str, where: str, raw: str, rule: str, url: str = "", *, needed: bool = True
) -> Iterator[Item]:
    word, kind, weight, milestone = _reading(name)
    who = "" if who.upper() == "SYSTEM" else who
    yield from drafts.event(
        stamp,
        f"{word}{f' by {who}' if who and kind != 'page' else ''}: {said}" if said else word,
        key=f"{identity}:{word.lower()}",
        timed=True,
        where=where,
        raw=raw,
        rule=f"{rule} {name}" if rule == "transition" else rule,
        kind=kind,
        salience=weight,
        actor=who or "Splunk On-Call",
        url=url,
        milestone=milestone,
        needed=needed,
    )


def _flat(value: Any, name: str = "", depth: int = 6) -> Iterator[tuple[str, Any]]:
    """Yield the members of nested objects under dotted names in small letters."""
    if isinstance(value, (dict, list)) and depth:
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _flat(each, f"{name}.{key}".strip(".").lower(), depth - 1)
    else:
        yield name, value


def _webhook(drafts: Drafts, delivery: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    flat = dict(_flat(delivery))
    identity = first(flat, "incident.incident_id", "state.incident_name")
    title = first(flat, "incident.entity_display_name", "alert.entity_display_name", "state.service", "incident.service", "alert.entity_id")
    message = plain(first(flat, "alert.state_message"))
    phase = first(flat, "incident.current_phase", "state.current_alert_phase").upper()
    teams = [string(value) for name, value in flat.items() if name.endswith(".team.name")]
    yield from drafts.incident(
        identity,
        title=title,
        summary=message if not message.startswith(("Resolved by", "Acked by")) else "",
        severity=_severity(first(flat, "alert.entity_state", "state.current_state", "incident.entity_state")),
        services=[first(flat, "incident.service", "state.service")],
        url=first(flat, "state.info_url"),
        labels=[
            ("routing_key", first(flat, "alert.routing_key", "incident.routing_key")),
            ("monitor", first(flat, "alert.monitoring_tool", "incident.monitor_type")),
            ("host", first(flat, "incident.host", "state.host")),
            ("phase", phase),
            *(("team", team) for team in dict.fromkeys(teams)),
        ],
    )
    begun = flat.get("incident.incident_timestamp") or flat.get("state.incident_timestamp") or flat.get("state.state_start_time")
    said = ": ".join(dict.fromkeys(filter(None, (title, message if phase == "UNACKED" else ""))))
    yield from _step(drafts, identity, "triggered", begun, said, "", where, raw, "webhook incident_timestamp", first(flat, "state.info_url"))
    acked = [(value, string(flat.get(f"{name[:-2]}by"))) for name, value in flat.items() if name.endswith("acked_at") and value]
    for stamp, who in acked[:1]:
        yield from _step(drafts, identity, "acked", stamp, title, who, f"{where}, acked_at", raw, "webhook acked_at")
    ended = flat.get("state.resolved_at")
    if ended:
        who = first(flat, "state.resolved_by")
        yield from _step(drafts, identity, "resolved", ended, title, who, f"{where}, resolved_at", raw, "webhook resolved_at")
    elif phase == "RESOLVED" and drafts.options.received is not None:  # a delivery tells of it as it happens
        yield from _step(drafts, identity, "resolved", "", title, first(flat, "incident.user"), where, raw, "webhook current_phase")
    elif phase == "RESOLVED":
        yield Rejected(where, "The delivery says that the incident is resolved, but not when: STATE.RESOLVED_AT is empty. Import the incident from the API.")
    if phase in ("ACKED", "ACKNOWLEDGED") and not acked:
        stamp, who = flat.get("state.ack_timestamp"), first(flat, "state.ack_user")
        note = ": ".join(filter(None, (title, plain(first(flat, "state.ack_msg")))))
        yield from _step(drafts, identity, "acked", stamp, note, who, f"{where}, ack_timestamp", raw, "webhook ack_timestamp")


def _sent(drafts: Drafts, alert: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    """Read what a monitor sent to the REST endpoint of Splunk On-Call."""
    identity, title = string(alert.get("entity_id")), first(alert, "entity_display_name", "entity_id")
    yield from drafts.incident(
        identity,
        title=title,
        severity=_severity(alert.get("message_type")),
        services=[first(alert, "service")],
        labels=[("routing_key", first(alert, "routing_key")), ("host", first(alert, "host_name", "host")), ("monitor", first(alert, "monitoring_tool"))],
    )
    name, stamp = string(alert.get("message_type")), alert.get("timestamp") or alert.get("state_start_time")
    said = ": ".join(dict.fromkeys(filter(None, (title, plain(string(alert.get("state_message")))))))
    yield from _step(drafts, identity, name, stamp, said, first(alert, "ack_author"), where, raw, "message_type")


FORMAT = Format(
    vendor="Splunk On-Call",
    lists=("incidents",),
    shape=_shape,
    readers={"incident": _incident, "webhook": _webhook, "sent": _sent},
    nothing="There is no incident of Splunk On-Call in this file. Save the answer of its API, such as /api-reporting/v2/incidents.",
)

SOURCE = Source(
    name="splunk_oncall",
    label="Splunk On-Call",
    detect=detect,
    read=read,
    docs="Splunk On-Call (VictorOps): incidents of its API and of reporting with their transitions, outgoing webhooks, and alerts sent to it "
    "(https://portal.victorops.com/public/api-docs.html).",
)
