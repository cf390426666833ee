"""`manage.py serve` as real processes: starts, answers, minds its children, stops without leaving any."""

import json
import os
import signal
import socket

import pytest

from tests.installation import PATIENCE, alive, descendants, wait_for

pytestmark = pytest.mark.slow


def served(installation):
    process = installation.start("serve")
    wait_for(lambda: "Debrief is ready" in process.log.read_text() or process.poll() is not None, "serve")
    assert process.poll() is None, process.log.read_text()
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_and_stops_whole(installation, number):
    process = served(installation)
    assert installation.get("/livez")[:2] == (200, '{"status": "ok"}')
    # The worker has swept when jobs are on time.
    wait_for(lambda: json.loads(installation.get("/readyz")[1]) == {"status": "ok"}, "the worker's sweep")
    children = wait_for(lambda: found if len(found := descendants(process.pid)) >= 5 else None, "web, worker and beat")
    process.send_signal(number)
    assert process.wait(PATIENCE) == 0
    assert "Debrief has stopped." in process.log.read_text()
    assert not [pid for pid in children if alive(pid)]


def test_it_restarts_a_child_that_dies(installation):
    process = served(installation)
    worker = next(pid for pid in descendants(process.pid) if b"\0worker\0" in cmdline(pid))
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: "The worker process ended (-9)" in process.log.read_text(), "the news")
    again = wait_for(lambda: [p for p in descendants(process.pid) if b"\0worker\0" in cmdline(p)], "another worker")
    assert worker not in again


def test_its_children_do_not_outlive_a_killed_supervisor(installation):
    process = served(installation)
    children = descendants(process.pid)
    assert len(children) >= 3  # web, worker and beat
    process.kill()
    wait_for(lambda: not [pid for pid in children if alive(pid)], "the children's end")


def test_a_busy_port_is_one_clear_line(installation):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", installation.port))
        taken.listen()
        result = installation.manage("serve", check=False)
    assert result.returncode == 1
    assert result.stderr.strip() == f"CommandError: Port {installation.port} is in use. Choose another: make run PORT={installation.port + 1}"


def test_unapplied_migrations_are_refused(installation):
    installation.manage("migrate", "sessions", "zero")
    for only in ([], ["--only", "web"], ["--only", "worker"], ["--only", "beat"]):
        result = installation.manage("serve", *only, check=False)
        assert (result.returncode, "migrations are not applied" in result.stderr) == (1, True)


def test_preparing_again_changes_nothing(installation):
    before = fingerprint(installation)
    assert installation.manage("prepare").stdout == ""
    assert fingerprint(installation) == before


def fingerprint(installation):
    tables = ("incidents_severity", "incidents_milestonekind", "postmortems_retrospectivetemplate", "django_migrations")
    files = sorted((path.name, path.stat().st_mtime_ns) for path in (installation.folder / "static").rglob("*") if path.is_file())
    return [installation.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables], files


def cmdline(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""
