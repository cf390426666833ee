"""Pure. The Slack status API, versions 1 and 2: current incidents and their history, with the notes that were posted.

https://docs.slack.dev/reference/slack-status-api defines it. Nothing in it says when the impact began or ended: the notes do, in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import Drafts
from incidents.sources.drafts import ReadOptions
from incidents.sources.markup import plain
from incidents.sources.members import as_json, digest, first, mappings, part, spoken, string, strings
from incidents.sources.reading import Format, certainty, nothing_of, read_objects


def detect(payload: Payload) -> int:
    return certainty(payload, FORMAT)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_objects(payload, options, FORMAT)


def _shape(value: Any) -> str:
    if not isinstance(value, dict) or "date_created" not in value or "status" not in value:
        return ""
    if "title" in value and isinstance(value.get("notes"), list) and isinstance(value.get("services"), list):
        return "incident"
    quiet = value["status"] == "ok" and set(value) <= {"status", "date_created", "date_updated", "active_incidents"}
    return "page" if quiet and not value.get("active_incidents") else ""


def _incident(drafts: Drafts, incident: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    identity, title, sort = string(incident.get("id")), string(incident.get("title")), first(incident, "type")
    url = first(incident, "url")
    yield from drafts.incident(identity, title=title, services=strings(incident.get("services")), url=url, labels=[("type", sort)])
    yield from drafts.event(
        incident.get("date_created"),
        f"{spoken(sort) or 'Incident'} posted: {title}",
        key=f"{identity}:created",
        where=where,
        raw=part(incident, "id", "title", "type", "date_created", "services", "url"),
        rule="incident date_created",
        kind="communication",
        actor="Slack status page",
        url=url,
    )
    for number, note in enumerate(mappings(incident.get("notes"))):
        body = plain(string(note.get("body")))
        yield from drafts.event(
            note.get("date_created"),
            body,
            key=f"{identity}:{string(note.get('date_created'))}:{digest(body)}",
            where=f"{where}.notes[{number}]",
            raw=as_json(note),
            rule="note",
            kind="communication",
            actor="Slack status page",
            url=url,
        )


FORMAT = Format(
    vendor="Slack’s status page",
    lists=("active_incidents",),
    shape=_shape,
    readers={"incident": _incident, "page": nothing_of},
    nothing="There is no incident of Slack's status page in this file. Save https://slack-status.com/api/v2.0.0/history, or current while there is an incident.",
)

SOURCE = Source(
    name="slack_status",
    label="Slack status",
    detect=detect,
    read=read,
    docs="Slack's status API, versions 1 and 2: current and history (https://docs.slack.dev/reference/slack-status-api).",
)
