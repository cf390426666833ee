"""A million events in one file: the memory of the import, and what page and filters cost after it, beside an incident of 100 events."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

from tests.benchmarks import database
from tests.benchmarks.bench_import import content
from tests.benchmarks.measuring import in_turns, ms, p50

EVENTS, PIECE = 1_000_000, 50_000
MEMORY, PAGE = 200, 1.5


def run() -> list[dict]:
    database.prepare()
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    settings.ALLOWED_HOSTS.append("testserver")
    client = Client()
    client.force_login(database.make_user(), "allauth.account.auth_backends.AuthenticationBackend")
    small = database.make_incidents(1, 100, random.Random(7))[0]
    result: list[dict] = []
    for kind in ("jsonl", "csv"):
        incident, seconds, peak = imported(kind)
        name = f"memory of an import of {EVENTS:,} events from {kind.upper()} ({connection.vendor})"
        result.append({"name": name, "value": f"{peak} MiB in {seconds:.0f} s", "unit": "", "ratio": peak, "target": MEMORY})
    database.settle()

    def get(pk: int, query: str) -> None:
        assert client.get(f"/incidents/INC-{pk}/{query}").status_code == 200

    for label, query in (("its page", ""), ("key moments", "?key=1"), ("one kind", "?kind=alert"), ("a text", "?q=checkout")):
        many, few = in_turns(lambda query=query: get(incident, query), lambda query=query: get(small, query), 10)
        value = f"{ms(p50(many))}; with 100 events {ms(p50(few))}"
        target = PAGE if label == "its page" else None
        result.append(
            {"name": f"{label}, with {EVENTS:,} events, p50", "value": value, "unit": "ms", "ratio": round(p50(many) / p50(few), 2), "target": target}
        )
    return result


def imported(kind: str) -> tuple[int, float, int]:
    """Import a million events into a new incident; return it, the seconds and the peak of resident memory in MiB."""
    from incidents import intake, storing
    from incidents.models import Delivery
    from tests.factories import make_incident

    incident = make_incident()
    with tempfile.TemporaryFile() as file:
        for start in range(0, EVENTS, PIECE):
            file.write(content(kind, PIECE, start))
        file.seek(0)
        stored = storing.keep(file, limit=intake.COMMAND_LIMIT)
    kept = {"sha256": stored.sha256, "size": stored.size, "stored_as": stored.name}
    delivery = Delivery.objects.create(incident=incident, channel="command", file_name=f"events.{kind}", **kept)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    start_time = time.perf_counter()
    intake.import_delivery(delivery.pk)
    seconds = time.perf_counter() - start_time
    delivery.refresh_from_db()
    assert delivery.report["events"]["created"] == EVENTS, delivery.report["events"]
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return incident.pk, seconds, int(peak.split()[1]) // 1024
