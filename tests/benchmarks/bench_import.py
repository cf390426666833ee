"""Import speed: events per second of the whole import job, as a ratio to a bare bulk insert of the same rows in the same run.

The bare insert gets its model instances ready-made and inserts them in batches of 1000. The job reads the stored file,
recognises it, parses times and kinds, hashes, inserts in hidden batches, finishes, and proposes milestones.
"""

from __future__ import annotations

import io
import json
import statistics
import time
from datetime import timedelta

from tests.benchmarks import database

EVENTS = 100_000
ROUNDS = 3
TARGET = 0.5
WORDS = [
    "the",
    "checkout",
    "service",
    "returned",
    "errors",
    "while",
    "the",
    "database",
    "primary",
    "was",
    "failing",
    "over",
    "to",
    "its",
    "replica",
    "in",
    "the",
    "second",
    "zone",
]


def run() -> list[dict]:
    database.prepare()
    from django.db import connection

    result: list[dict] = []
    for kind in ("jsonl", "csv"):
        data = content(kind)
        rounds = [one_round(kind, data) for _ in range(ROUNDS)]
        ratio = statistics.median(each["bare"] / each["import"] for each in rounds)
        per_second = {what: f"{EVENTS / statistics.median(each[what] for each in rounds):,.0f}" for what in rounds[0]}
        value = f"{per_second['import']}; bare insert {per_second['bare']}; the same file again {per_second['again']}"
        name = f"import of {EVENTS:,} events from {kind.upper()} ({connection.vendor})"
        result.append({"name": name, "value": value, "unit": "events/s", "ratio": round(ratio, 2), "target": TARGET, "higher": True})
    return result


def content(kind: str, count: int = EVENTS, first: int = 0) -> bytes:
    """Return `count` events as a file, or as the continuation of one that has `first` already."""
    from tests.factories import T0

    buffer = io.StringIO()
    if kind == "csv" and first == 0:
        buffer.write("timestamp,id,user,message\n")
    for number in range(first, first + count):
        at = (T0 + timedelta(seconds=number)).isoformat().replace("+00:00", "Z")
        text = " ".join(WORDS[(number * 7 + step) % len(WORDS)] for step in range(12))
        if kind == "csv":
            buffer.write(f"{at},e{number},user{number % 20},{text} {number}\n")
        else:
            buffer.write(json.dumps({"timestamp": at, "id": f"e{number}", "user": f"user{number % 20}", "message": f"{text} {number}"}) + "\n")
    return buffer.getvalue().encode()


def one_round(kind: str, data: bytes) -> dict[str, float]:
    """Import into a new incident, insert the same rows barely, import the same file again; return the seconds of each."""
    from incidents import intake, storing
    from incidents.models import Delivery, Incident, TimelineEvent
    from tests.factories import make_incident

    def imported(incident: Incident) -> tuple[float, Delivery]:
        stored = storing.keep(io.BytesIO(data), limit=intake.COMMAND_LIMIT)
        kept = {"sha256": stored.sha256, "size": stored.size, "stored_as": stored.name}
        delivery = Delivery.objects.create(incident=incident, channel="command", file_name=f"events.{kind}", **kept)
        start = time.perf_counter()
        intake.import_delivery(delivery.pk)
        seconds = time.perf_counter() - start
        delivery.refresh_from_db()
        return seconds, delivery

    incident, other = make_incident(), make_incident()
    first, delivery = imported(incident)
    assert delivery.report["events"]["created"] == EVENTS, delivery.report
    names = [field.attname for field in TimelineEvent._meta.concrete_fields if field.attname not in ("id", "incident_id", "delivery_id")]
    stored = TimelineEvent.objects.filter(incident=incident).order_by("external_key").values_list(*names)
    rows = [TimelineEvent(incident_id=other.pk, **dict(zip(names, values, strict=True))) for values in stored]
    start = time.perf_counter()
    for number in range(0, len(rows), 1000):
        TimelineEvent.objects.bulk_create(rows[number : number + 1000])
    bare = time.perf_counter() - start
    del rows
    again, delivery = imported(incident)
    assert delivery.report["events"]["duplicate"] == EVENTS, delivery.report
    while some := list(TimelineEvent.objects.values_list("pk", flat=True)[:10_000]):  # one statement takes 65,535 values
        TimelineEvent.objects.filter(pk__in=some).delete()
    return {"import": first, "bare": bare, "again": again}
