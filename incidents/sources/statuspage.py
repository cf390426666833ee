"""Pure. Statuspage: incidents.json and its kin, single incidents, lists of updates, webhooks of incidents and components.

https://developer.statuspage.io/ and https://support.atlassian.com/statuspage/docs/enable-webhook-notifications/ define what is read.
An update is placed where the page displays it; when it was written at another time, that is kept as the time of recording.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import Drafts
from incidents.sources.drafts import ReadOptions
from incidents.sources.markup import plain
from incidents.sources.members import as_json, changed, first, mapping, mappings, name_of, part, spoken, string
from incidents.sources.reading import Format, certainty, nothing_of, read_objects

# Status of an update -> kind, weight, milestone. "Monitoring" says that a fix is in place, not that the effect has stopped.
KINDS = {
    "resolved": ("resolution", 2, "resolved"),
    "monitoring": ("mitigation", 1, ""),
    "postmortem": ("note", 1, ""),
}
WORKS = {"operational", ""}


def detect(payload: Payload) -> int:
    return certainty(payload, FORMAT)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_objects(payload, options, FORMAT)


def _shape(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    if isinstance(value.get("component_update"), dict) and "new_status" in value["component_update"]:
        return "component"
    if isinstance(value.get("incident_updates"), list) and "name" in value and "id" in value:
        return "incident"
    if isinstance(value.get("maintenance_updates"), list) and "name" in value and "id" in value:
        return "maintenance"
    if "body" in value and "status" in value and "incident_id" in value and "display_at" in value:
        return "update"
    if isinstance(value.get("page"), dict) and value.get("incidents", value.get("scheduled_maintenances")) == []:
        return "page"
    return ""


def _incident(drafts: Drafts, incident: Mapping[str, Any], where: str, raw: str, listed: str = "incident_updates") -> Iterator[Item]:
    identity, title = string(incident.get("id")), string(incident.get("name"))
    link = first(incident, "shortlink")
    updates = mappings(incident.get(listed))
    components = [name_of(each) for each in mappings(incident.get("components"))]
    components += [name_of(each) for update in updates for each in mappings(update.get("affected_components"))]
    impact = first(incident, "impact_override", "impact").removeprefix("none")
    yield from drafts.incident(
        identity,
        title=title,
        summary=string(incident.get("postmortem_body")),
        severity=impact,
        services=components,
        url=link,
        labels=[("page", first(incident, "page_id")), ("impact", impact)],
    )
    yield from _started(drafts, incident, where, link)
    ends = set()
    planned = impact == "maintenance" or bool(incident.get("scheduled_for"))  # its end is no recovery from a failure
    for number, update in enumerate(updates):
        if update.get("status") in ("resolved", "completed"):
            ends.add(drafts.at(_shown(update)))
        yield from _update(drafts, update, f"{where}.{listed}[{number}]", as_json(update), title, link)
    ended = drafts.at(incident.get("resolved_at"))
    if ended and not any(end and abs((end - ended).total_seconds()) < 1 for end in ends):
        yield from drafts.event(
            incident.get("resolved_at"),
            f"{'Maintenance completed' if planned else 'Resolved'}: {title}",
            key=f"{identity}:resolved",
            timed=True,
            where=f"{where}.resolved_at",
            raw=part(incident, "id", "name", "status", "resolved_at"),
            rule="incident resolved_at",
            kind="status" if planned else "resolution",
            salience=1 if planned else 2,
            url=link,
            milestone="" if planned else "resolved",
        )
    if not updates:
        yield from drafts.event(
            incident.get("created_at"),
            f"{spoken(first(incident, 'status')) or 'Incident'}: {title}",
            key=f"{identity}:created",
            where=where,
            raw=raw,
            rule="incident created_at",
            kind="communication",
            url=link,
        )


def _started(drafts: Drafts, incident: Mapping[str, Any], where: str, link: str) -> Iterator[Item]:
    """Read the stated beginning, where it is another moment than the one at which the incident was written down."""
    started, created = incident.get("started_at"), incident.get("created_at")
    if drafts.apart(started, created):
        yield from drafts.event(
            started,
            f"Incident started: {string(incident.get('name'))}",
            key=f"{string(incident.get('id'))}:started",
            where=f"{where}.started_at",
            raw=part(incident, "id", "name", "started_at", "created_at"),
            rule="incident started_at",
            kind="impact",
            salience=2,
            url=link,
            milestone="impact_started",
            recorded=created,
        )


def _maintenance(drafts: Drafts, planned: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    """Read a maintenance of status pages that set them apart from incidents, as those of Better Stack and Instatus do."""
    start = planned.get("starts_at") or planned.get("maintenance_start_date") or planned.get("created_at")
    yield from _incident(drafts, {**planned, "scheduled_for": start}, where, raw, "maintenance_updates")


def _shown(update: Mapping[str, Any]) -> Any:
    return update.get("display_at") or update.get("created_at")


def _update(drafts: Drafts, update: Mapping[str, Any], where: str, raw: str, title: str = "", link: str = "") -> Iterator[Item]:
    status, identity = first(update, "status"), string(update.get("id"))
    kind, weight, milestone = KINDS.get(status, ("communication", 1, ""))
    body = plain(string(update.get("body")))
    yield from drafts.event(
        _shown(update),
        f"{spoken(status) or 'Update'}: {body or title}",
        key=identity or f"{string(update.get('incident_id'))}:{status}",
        timed=not identity,
        where=where,
        raw=raw,
        rule=f"update status {status}",
        kind=kind,
        salience=weight,
        actor="Status page",
        url=link,
        milestone=milestone,
        recorded=update.get("created_at"),
        revised="edited" if drafts.apart(update.get("created_at"), update.get("updated_at")) else "",
    )
    for each in mappings(update.get("affected_components")):
        old, new = first(each, "old_status"), first(each, "new_status")
        if old != new:
            yield from drafts.event(
                _shown(update),
                changed(name_of(each), spoken(old).lower(), spoken(new).lower()),
                key=f"{identity}:{first(each, 'code', 'id', 'name')}",
                where=where,
                raw=as_json(each),
                rule="affected component new_status",
                kind="recovery" if new in WORKS else "status",
                actor="Status page",
                url=link,
            )


def _component(drafts: Drafts, delivery: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    update, component = mapping(delivery.get("component_update")), mapping(delivery.get("component"))
    old, new = first(update, "old_status"), first(update, "new_status")
    name = name_of(component) or "Component"
    text = changed(name, spoken(old).lower(), spoken(new).lower())
    yield from drafts.incident(
        first(update, "component_id") or string(component.get("id")),
        title=f"{name}: {spoken(new).lower()}",
        severity="" if new in WORKS else new,
        services=[name],
        labels=[("page", first(mapping(delivery.get("page")), "id")), ("component", name)],
    )
    yield from drafts.event(
        update.get("created_at") or component.get("updated_at"),
        text,
        key=string(update.get("id")) or f"component:{name}:{new}",
        timed=not update.get("id"),
        where=where,
        raw=raw,
        rule="component_update new_status",
        kind="recovery" if new in WORKS else "status",
        actor="Status page",
    )


FORMAT = Format(
    vendor="Statuspage",
    lists=("incidents", "scheduled_maintenances"),
    shape=_shape,
    readers={"incident": _incident, "maintenance": _maintenance, "update": _update, "component": _component, "page": nothing_of},
    nothing="There is no incident of a status page in this file. Save incidents.json of the page, which lists the last 50 incidents with their updates.",
)

SOURCE = Source(
    name="statuspage",
    label="Statuspage",
    detect=detect,
    read=read,
    docs="Statuspage: incidents.json, unresolved.json and summary.json of a page, incidents and updates of its API, and webhooks of incidents and components "
    "(https://developer.statuspage.io/).",
)
