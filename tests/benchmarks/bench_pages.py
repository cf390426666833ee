"""Pages and API at 10,000 incidents with 20 events each, under the product's own web server, at 1 and at 4 clients.

Beside each is a bare WSGI view in the same run: under our own server, and under gunicorn with two synchronous workers. The
latter took 0.341 ms where the peers were measured on the same work, on another machine of the same size: "times faster"
compares what is left after dividing each by its gunicorn figure.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time

from tests.benchmarks import database
from tests.benchmarks.measuring import ms, p50, p95

INCIDENTS, EVENTS, REQUESTS, MOST_QUERIES, TARGET = 10_000, 20, 60, 12, 3.0
WARM_UP = 24  # until every thread of a process has its connection, and that its statements prepared
PEER_BARE = 0.000341  # seconds
#: The best peer's p50 in seconds at one client on like work: FireFighter, Dispatch, Response.
PEERS = {
    "list, 25 rows": ("Dispatch", 0.359),
    "list, 125 rows": ("FireFighter", 0.383),
    "search, 1 % term": ("Dispatch", 0.509),
    "search, common term": ("Dispatch", 0.529),
    "incident page, 20 events": ("Response", 0.060),
    "incident page, 300 events": ("Dispatch", 0.247),
    "create by API": ("FireFighter", 0.065),
    "published page": ("Response", 0.060),
}


class Server:
    """Granian as `manage.py serve` starts it, or gunicorn, with the application named."""

    def __init__(self, application: str, *, gunicorn: bool = False) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        from config import processes

        command = [*processes.web("127.0.0.1", self.port)[:-1], application]
        if gunicorn:
            command = [sys.executable, "-m", "gunicorn", "--workers", "2", "--bind", f"127.0.0.1:{self.port}", application]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "PORT": str(self.port)}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self) -> Server:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.1)
        raise SystemExit("The web server did not start.")

    def __exit__(self, *_exception: object) -> None:
        self.process.terminate()
        self.process.wait(30)


def load(port: int, clients: int, requests: int, method: str, path: str, headers: dict, body: bytes | None, statuses: set[int]) -> list[float]:
    """Return the seconds of each request, made by `clients` at once over kept connections."""
    times: list[float] = []
    problems: list[str] = []

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for number in range(requests // clients + WARM_UP):
            start = time.perf_counter()
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status not in statuses:
                problems.append(f"{method} {path}: {answer.status} {content[:200]!r}")
                return
            if number >= WARM_UP:
                times.append(time.perf_counter() - start)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise SystemExit(problems[0])
    return times


def queries_of(client, path: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200, path
    return len(queries)


def run() -> list[dict]:
    database.prepare()
    from django.conf import settings
    from django.test import Client
    from django.utils import timezone

    from incidents import tokens
    from incidents.access import SYSTEM
    from incidents.models import Incident
    from postmortems import drafting, publishing
    from postmortems.models import RetrospectiveTemplate

    settings.ALLOWED_HOSTS.append("testserver")
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
    subprocess.run(command, env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}, check=True)
    chance = random.Random(7)
    incidents = database.make_incidents(INCIDENTS, EVENTS, chance)
    database.make_published(incidents, chance, 120)
    long = Incident.objects.get(pk=incidents[0])
    long.events.all().delete()
    database.make_events(long, 300, chance)
    postmortem = drafting.start(
        actor=SYSTEM, incident=Incident.objects.get(pk=incidents[1]), template=RetrospectiveTemplate.objects.get(key="standard_blameless")
    )
    publishing.publish(actor=SYSTEM, postmortem=postmortem)
    user = database.make_user()
    _token, secret = tokens.issue(user=user, name="bench", scope="write", days=1, now=timezone.now())
    database.settle()
    client = Client()
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"}
    api = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    new = json.dumps({"title": "Checkout is slow", "severity": "sev2", "services": ["service-1"]}).encode()
    work = {
        "list, 25 rows": ("GET", "/incidents/", cookie, None),
        "list, 125 rows": ("GET", "/incidents/?size=125", cookie, None),
        "search, 1 % term": ("GET", "/knowledge/?q=flamingo", cookie, None),
        "search, common term": ("GET", "/knowledge/?q=incident", cookie, None),
        "incident page, 20 events": ("GET", f"/incidents/INC-{incidents[5000]}/", cookie, None),
        "incident page, 300 events": ("GET", f"/incidents/INC-{incidents[0]}/", cookie, None),
        "published page": ("GET", f"/knowledge/{postmortem.reference}/", cookie, None),
        "create by API": ("POST", "/api/v1/incidents/", api, new),
    }
    rows = []
    bare_view = "tests.benchmarks.bare:application"
    with Server(bare_view) as bare, Server(bare_view, gunicorn=True) as yardstick, Server("config.wsgi:application") as ours:
        for name, (method, path, headers, body) in work.items():
            queries = queries_of(client, path) if method == "GET" else None
            for clients in (1, 4):
                base = load(bare.port, clients, 400, "GET", "/", {}, None, {200})
                peer_base = load(yardstick.port, clients, 400, "GET", "/", {}, None, {200})
                times = load(ours.port, clients, REQUESTS * clients, method, path, headers, body, {200, 201})
                value = f"p50 {ms(p50(times))}, p95 {ms(p95(times))}; bare {ms(p50(base))}, under gunicorn {ms(p50(peer_base))}"
                row = {"name": f"{name}, {clients} client{'s' if clients > 1 else ''}", "value": value, "unit": "ms", "ratio": None, "target": None}
                if clients == 1:
                    peer, seconds = PEERS[name]
                    row |= {"ratio": round((seconds / PEER_BARE) / (p50(times) / p50(peer_base)), 1), "target": TARGET, "higher": True}
                    row["name"] += f" (times faster than {peer}; {queries} queries)" if queries is not None else f" (times faster than {peer})"
                    if queries is not None and queries > MOST_QUERIES:
                        row["name"] += f" MORE THAN {MOST_QUERIES} QUERIES"
                rows.append(row)
    return rows
