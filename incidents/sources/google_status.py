"""Pure. Google Cloud and Workspace status dashboards: incidents.json, the list or one incident of it.

https://status.cloud.google.com/incidents.schema.json defines it. `begin` and `end` are stated by the people who wrote the incident up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import Drafts
from incidents.sources.drafts import ReadOptions
from incidents.sources.markup import plain_markdown
from incidents.sources.members import as_json, first, mappings, name_of, part, spoken, string
from incidents.sources.reading import Format, certainty, read_objects

PAGE = "https://status.cloud.google.com/"
ACTOR = "Google status page"


def detect(payload: Payload) -> int:
    return certainty(payload, FORMAT)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_objects(payload, options, FORMAT)


def _shape(value: Any) -> str:
    return "incident" if isinstance(value, dict) and "external_desc" in value and "begin" in value and isinstance(value.get("updates"), list) else ""


def _incident(drafts: Drafts, incident: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    identity, title = first(incident, "id", "number"), plain_markdown(string(incident.get("external_desc")))
    uri = string(incident.get("uri"))
    url = f"{PAGE}{uri}" if uri and "://" not in uri else uri
    products = [name_of({"name": each.get("title")}) for each in mappings(incident.get("affected_products"))]
    yield from drafts.incident(
        identity,
        title=title,
        severity=first(incident, "severity"),
        services=[string(incident.get("service_name")), *products],
        url=url,
        labels=[(label, first(incident, member)) for label, member in (("service", "service_name"), ("impact", "status_impact"), ("severity", "severity"))],
    )
    yield from _beginning(drafts, incident, where, identity, title, url)
    end = drafts.at(incident.get("end"))
    is_closed = False
    for number, update in enumerate(mappings(incident.get("updates")) or mappings([incident.get("most_recent_update")])):
        closes = string(update.get("status")) == "AVAILABLE" and end is not None and drafts.at(_shown(update)) == end
        is_closed = is_closed or closes
        yield from _update(drafts, update, f"{where}.updates[{number}]", identity, url, closes)
    if not is_closed:
        yield from _end(drafts, incident, where, identity, title, url)


def _beginning(drafts: Drafts, incident: Mapping[str, Any], where: str, identity: str, title: str, url: str) -> Iterator[Item]:
    begun, created = incident.get("begin"), incident.get("created")
    stated = drafts.apart(begun, created)
    yield from drafts.event(
        begun,
        f"Incident began: {title}",
        key=f"{identity}:begin",
        where=f"{where}.begin",
        raw=part(incident, "id", "number", "begin", "created", "external_desc"),
        rule="incident begin",
        kind="impact" if stated else "status",
        salience=2,
        actor=ACTOR,
        url=url,
        milestone="impact_started" if stated else "",
        recorded=created,
        needed=False,
    )


def _shown(update: Mapping[str, Any]) -> Any:
    return update.get("when") or update.get("created")


def _update(drafts: Drafts, update: Mapping[str, Any], where: str, identity: str, url: str, closes: bool) -> Iterator[Item]:
    status, text = string(update.get("status")), plain_markdown(string(update.get("text")))
    yield from drafts.event(
        _shown(update),
        f"{spoken(status.lower())}: {text}" if status else text,
        key=f"{identity}:{string(_shown(update))}",
        where=where,
        raw=as_json({name: each for name, each in update.items() if name != "affected_locations"}),
        rule=f"update status {status}",
        kind="resolution" if closes else "communication",
        salience=2 if closes else 1,
        actor=ACTOR,
        url=url,
        milestone="resolved" if closes else "",
        recorded=update.get("created"),
        revised="edited" if drafts.apart(update.get("created"), update.get("modified")) else "",
    )


def _end(drafts: Drafts, incident: Mapping[str, Any], where: str, identity: str, title: str, url: str) -> Iterator[Item]:
    yield from drafts.event(
        incident.get("end"),
        f"Incident ended: {title}",
        key=f"{identity}:end",
        where=f"{where}.end",
        raw=part(incident, "id", "number", "end", "modified"),
        rule="incident end",
        kind="resolution",
        salience=2,
        actor=ACTOR,
        url=url,
        milestone="resolved",
        needed=False,
    )


FORMAT = Format(
    vendor="Google’s status dashboard",
    lists=("incidents",),
    shape=_shape,
    readers={"incident": _incident},
    nothing="There is no incident of Google's status dashboard in this file. Save https://status.cloud.google.com/incidents.json, or one incident of it.",
)

SOURCE = Source(
    name="google_status",
    label="Google Cloud status",
    detect=detect,
    read=read,
    docs="Google Cloud and Workspace status dashboards: incidents.json, or one incident of it (https://status.cloud.google.com/incidents.schema.json).",
)
