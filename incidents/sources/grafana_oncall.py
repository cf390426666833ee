"""Pure. Grafana OnCall and IRM: alert groups, alerts and resolution notes of the public API, and outgoing webhooks.

https://grafana.com/docs/oncall/latest/oncall-api-reference/ and .../configure/outgoing-webhooks/ define what is read.
An alert group and its webhooks give one event each for created, acknowledged, silenced and resolved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import Drafts
from incidents.sources.drafts import ReadOptions
from incidents.sources.markup import plain
from incidents.sources.members import digest, first, mapping, mappings, name_of, part, spoken, string
from incidents.sources.reading import Format, certainty, read_objects

# Member of an alert group -> word, who did it, the same in a webhook, kind, weight, milestone.
TIMES = (
    ("created_at", "Alert group created", "", "", "alert", 2, "detected"),
    ("acknowledged_at", "Acknowledged", "acknowledged_by", "alert_group_acknowledged_by", "acknowledgement", 2, "acknowledged"),
    ("silenced_at", "Silenced", "silenced_by", "", "status", 1, ""),
    ("resolved_at", "Resolved", "resolved_by", "alert_group_resolved_by", "resolution", 2, "resolved"),
)
# Type of a webhook whose time the alert group does not hold itself -> words, kind.
DELIVERIES = {
    "escalation": ("Escalated", "escalation"),
    "unacknowledge": ("Acknowledgement taken back", "status"),
    "unresolve": ("Reopened", "status"),
    "unsilence": ("No longer silenced", "status"),
    "silence": ("Silenced", "status"),
    "personal notification": ("Notified", "page"),
    "resolution note added": ("Resolution note added", "note"),
}
SAME = {"alert group created", "firing", "acknowledge", "resolve", "status change"}


def detect(payload: Payload) -> int:
    return certainty(payload, FORMAT)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_objects(payload, options, FORMAT)


def _shape(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    if isinstance(value.get("alert_group"), dict) and isinstance(value.get("event"), dict):
        return "webhook"
    if "alerts_count" in value and "integration_id" in value and "created_at" in value:
        return "group"
    if "alert_group_id" in value and "created_at" in value:
        return "alert" if isinstance(value.get("payload"), dict) else "note" if "text" in value else ""
    return ""


def _about(drafts: Drafts, group: Mapping[str, Any], delivery: Mapping[str, Any]) -> Iterator[Item]:
    integration, alert = mapping(delivery.get("integration")), mapping(delivery.get("alert_payload"))
    links, inner = mapping(group.get("permalinks")), mapping(alert.get("labels")) or mapping(alert.get("commonLabels"))
    labels = {name: string(value) for name, value in (*inner.items(), *_labels(integration.get("labels")), *_labels(group.get("labels")))}
    yield from drafts.incident(
        string(group.get("id")),
        title=string(group.get("title")),
        summary=first(mapping(alert.get("annotations")), "description", "summary", "message"),
        severity=first(labels, "severity", "priority"),
        services=[first(labels, "service", "service_name")],
        url=first(links, "web", "web_link", "slack", "slack_app"),
        labels=[
            *labels.items(),
            ("team", string(integration.get("team")) or string(group.get("team_id"))),
            ("integration", name_of(integration) or string(group.get("integration_id"))),
            ("state", string(group.get("state"))),
        ],
    )


def _labels(value: Any) -> list[tuple[str, Any]]:
    """Return labels, which are an object in webhooks and a list of keys and values with names in the API."""
    if isinstance(value, dict):
        return list(value.items())
    return [(name_of(each.get("key")), name_of(each.get("value"))) for each in mappings(value)]


def _group(drafts: Drafts, group: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    yield from _times(drafts, group, {}, where, raw)
    if _shape(last := group.get("last_alert")) == "alert" and last:
        yield from _alert(drafts, last, f"{where}.last_alert", part(group, "id", "last_alert"))


def _times(drafts: Drafts, group: Mapping[str, Any], delivery: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    yield from _about(drafts, group, delivery)
    identity, title = string(group.get("id")), string(group.get("title")) or "(no title)"
    links, integration = mapping(group.get("permalinks")), name_of(mapping(delivery.get("integration")))
    for member, word, by, named, kind, weight, milestone in TIMES:
        person = name_of(delivery.get(named)) if named else ""
        yield from drafts.event(
            group.get(member),
            f"{word}{f' by {person}' if person else ''}: {title}",
            key=f"{identity}:{member}",
            timed=True,
            where=f"{where}.{member}",
            raw=raw if member == "created_at" else part(group, "id", "title", "state", member, by),
            rule=f"alert group {member}",
            kind=kind,
            salience=weight,
            actor=(person or name_of(group.get(by))) if by else integration or "Grafana OnCall",
            url=first(links, "web", "web_link", "slack"),
            milestone=milestone,
            needed=member == "created_at",
        )


def _webhook(drafts: Drafts, delivery: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    group, event = mapping(delivery["alert_group"]), mapping(delivery["event"])
    if (done := {"acknowledge": "acknowledged", "resolve": "resolved"}.get(string(event.get("type")), "")) and name_of(delivery.get("user")):
        delivery = {f"alert_group_{done}_by": delivery["user"]} | {name: each for name, each in delivery.items() if each is not None}
    spot = f"{where}.alert_group" if where != "the document" else "alert_group"
    yield from _times(drafts, group, delivery, spot, raw)
    sort = string(event.get("type")).replace("_", " ").lower()
    words, kind = DELIVERIES.get(sort, (spoken(sort), "status"))
    stamp = event.get("time")
    if sort in SAME or (sort == "silence" and drafts.at(stamp) == drafts.at(group.get("silenced_at"))):
        return
    person, page = name_of(delivery.get("user")), kind == "page"
    until = f"until {ends:%Y-%m-%d %H:%M} UTC" if sort == "silence" and (ends := drafts.at(event.get("until"))) else ""
    told = person or ", ".join(name_of(each) for each in mappings(delivery.get("notified_users")))
    yield from drafts.event(
        stamp,
        " ".join(filter(None, (words, told if page else "", until))) + f": {string(group.get('title'))}",
        key=f"{string(group.get('id'))}:{sort}",
        timed=True,
        where=where,
        raw=raw,
        rule=f"webhook event {sort}",
        kind=kind,
        actor="Grafana OnCall" if page else person,
        url=string(mapping(group.get("permalinks")).get("web")),
    )


def _alert(drafts: Drafts, alert: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    payload = mapping(alert.get("payload"))
    labels, notes = (mapping(payload.get(name)) or mapping(payload.get(f"common{name.title()}")) for name in ("labels", "annotations"))
    head = first(payload, "title", "ruleName", "subject", "name") or first(labels, "alertname") or first(notes, "title", "summary")
    body = first(payload, "message", "description", "summary") or first(notes, "description", "message", "summary")
    ended = first(payload, "status", "state").lower() in ("resolved", "ok", "normal")
    yield from drafts.incident(string(alert.get("alert_group_id")))
    yield from drafts.event(
        alert.get("created_at"),
        f"{'Alert resolved' if ended else 'Alert'}: {plain(head) or 'unnamed'}" + (f"\n{plain(body)}" if body and body != head else ""),
        key=f"alert:{string(alert.get('id'))}",
        timed=not alert.get("id"),
        where=where,
        raw=raw,
        rule="alert created_at",
        kind="recovery" if ended else "alert",
        actor="Grafana OnCall",
        url=first(payload, "link_to_upstream_details", "ruleUrl", "generatorURL", "externalURL"),
        milestone="" if ended else "detected",
    )


def _note(drafts: Drafts, note: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    text = plain(string(note.get("text")))
    yield from drafts.incident(string(note.get("alert_group_id")))
    yield from drafts.event(
        note.get("created_at"),
        f"Resolution note: {text}",
        key=f"note:{string(note.get('id')) or digest(text)}",
        timed=not note.get("id"),
        where=where,
        raw=raw,
        rule="resolution note",
        kind="note",
        said=text,
        actor=name_of(note.get("author")),
    )


FORMAT = Format(
    vendor="Grafana OnCall",
    lists=("results",),
    shape=_shape,
    readers={"webhook": _webhook, "group": _group, "alert": _alert, "note": _note},
    nothing="There is no alert group, alert or resolution note of Grafana OnCall in this file. Save the answer of its API, such as /api/v1/alert_groups/.",
)

SOURCE = Source(
    name="grafana_oncall",
    label="Grafana OnCall",
    detect=detect,
    read=read,
    docs="Grafana OnCall and IRM: alert groups, alerts and resolution notes of the public API, and outgoing webhooks "
    "(https://grafana.com/docs/oncall/latest/oncall-api-reference/).",
)
