"""Pure. What the tools of the example organisation would export for one incident, as the bytes a person would upload."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZIP_TIME = (2020, 1, 1, 0, 0, 0)  # fixed, so that the same export has the same bytes


@dataclass(frozen=True)
class Export:
    """One file and how to read it."""

    name: str
    content: bytes
    options: dict[str, str] = field(default_factory=dict)


def exports(incident: Mapping[str, Any], people: Mapping[str, str], start: datetime) -> Iterator[Export]:
    """Yield the files of an incident that began at `start` (aware, in its zone). `people` is user name -> full name."""
    if incident.get("alerts"):
        yield Export("alertmanager.json", alertmanager(incident["alerts"], start))
    if incident.get("pages"):
        yield Export("pagerduty.json", pagerduty(incident, start))
    if incident.get("chat"):
        yield Export(f"slack-inc-{incident['key']}.zip", slack(incident, people, start))
    reading = {"date": start.date().isoformat(), "time_zone": zone_of(start)}
    if incident.get("text"):
        yield Export("notes.md", incident["text"].encode(), reading)
    if incident.get("table"):
        yield Export("timeline.csv", table(incident["table"], start), {"time_zone": zone_of(start)})


def zone_of(moment: datetime) -> str:
    assert isinstance(moment.tzinfo, ZoneInfo)  # noqa: S101 - for the type checker
    return moment.tzinfo.key


def at(start: datetime, minute: float, second: int = 0) -> datetime:
    return start.astimezone(UTC) + timedelta(minutes=minute, seconds=second)


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def alertmanager(alerts: list[list[Any]], start: datetime) -> bytes:
    """Return webhook bodies of version 4, one for each alert."""
    bodies = []
    for minute, name, service, summary, end in alerts:
        alert = {
            "status": "resolved",
            "labels": {"alertname": name, "service": service, "severity": "critical"},
            "annotations": {"summary": summary},
            "startsAt": iso(at(start, minute)),
            "endsAt": iso(at(start, end)),
            "generatorURL": f"https://prometheus.harbour.example/graph?g0.expr={name}",
            "fingerprint": f"{abs(hash_of(name + iso(start))):016x}",
        }
        bodies.append(
            {
                "version": "4",
                "status": "resolved",
                "receiver": "on-call",
                "groupKey": f'{{}}:{{alertname="{name}"}}',
                "groupLabels": {"alertname": name},
                "commonLabels": alert["labels"],
                "commonAnnotations": alert["annotations"],
                "externalURL": "https://alerts.harbour.example",
                "alerts": [alert],
            }
        )
    return json.dumps(bodies, indent=1).encode()


def hash_of(text: str) -> int:
    """Return a number that stays the same between runs, unlike `hash`."""
    number = 14695981039346656037
    for byte in text.encode():
        number = (number ^ byte) * 1099511628211 % 2**64
    return number


def pagerduty(incident: Mapping[str, Any], start: datetime) -> bytes:
    """Return an incident with its log entries, as the REST API gives them."""
    service = {"id": "PSVC1", "type": "service_reference", "summary": incident["services"][0]}
    entries = []
    for number, (minute, kind, who, text) in enumerate(incident["pages"]):
        agent = (
            {"id": "PUSR1", "type": "user_reference", "summary": who} if who and kind != "notify" else {"type": "service_reference", "summary": "Prometheus"}
        )
        entry: dict[str, Any] = {
            "id": f"R{incident['key'].upper()}{number:03}",
            "type": f"{kind}_log_entry",
            "summary": text if kind == "trigger" else f"{text} by {who}" if kind in {"acknowledge", "resolve"} else text,
            "created_at": iso(at(start, minute, 5 + number)),
            "agent": agent,
            "service": service,
            "incident": {"id": f"P{incident['key'].upper()}", "type": "incident_reference", "summary": incident["pages"][0][3]},
        }
        if kind == "notify":
            entry["user"] = {"id": "PUSR1", "type": "user_reference", "summary": who}
            entry["channel"] = {"type": "auto", "notification": {"type": text.rpartition(" ")[2]}}
        entries.append(entry)
    last = incident["pages"][-1][1]
    head = {
        "id": f"P{incident['key'].upper()}",
        "type": "incident",
        "title": incident["pages"][0][3],
        "summary": incident["pages"][0][3],
        "created_at": entries[0]["created_at"],
        "status": {"resolve": "resolved", "acknowledge": "acknowledged"}.get(last, "triggered"),
        "urgency": "high",
        "service": service,
    }
    return json.dumps({"incident": head, "log_entries": entries}, indent=1).encode()


def slack(incident: Mapping[str, Any], people: Mapping[str, str], start: datetime) -> bytes:
    """Return an export of the incident's channel: one file a day, with the users."""
    channel = f"inc-{incident['key']}"
    days: dict[str, list[dict[str, Any]]] = defaultdict(list)
    names = {**people, "deploy-bot": "Deploy bot"}
    for number, (minute, who, text) in enumerate(incident["chat"]):
        moment = at(start, minute, (number * 17) % 60)
        message = {"type": "message", "user": f"U{who.upper().replace('-', '')}", "text": text, "ts": f"{int(moment.timestamp())}.{number:06}"}
        days[moment.date().isoformat()].append(message)
    users = [
        {
            "id": f"U{name.upper().replace('-', '')}",
            "name": name,
            "real_name": full,
            "is_bot": name == "deploy-bot",
            "profile": {"real_name": full, "display_name": full},
        }
        for name, full in names.items()
    ]
    files = {f"{channel}/{day}.json": messages for day, messages in days.items()}
    files |= {"users.json": users, "channels.json": [{"id": "C0INC", "name": channel, "members": [user["id"] for user in users]}]}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, ZIP_TIME), json.dumps(content, ensure_ascii=False, indent=1))
    return buffer.getvalue()


def table(text: str, start: datetime) -> bytes:
    """Return the CSV with the day put before each time."""
    rows = list(csv.reader(io.StringIO(text)))
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows([f"{start:%Y-%m-%d} {row[0]}", *row[1:]] for row in rows[1:])
    return buffer.getvalue().encode()
