"""Connections to PostgreSQL that are cut, as by its restart: between requests nobody notices, inside one there is one clean answer, and no job is lost."""

import json
import os
import threading

import pytest

from tests.installation import PATIENCE, Caller, as_form, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.environ.get("TEST_ENGINE") != "postgres", reason="SQLite has no connection that could be cut")]

#: Everybody's connection but the one that asks.
CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def caller(installation):
    caller = Caller(installation)
    installation.start("serve", "--only", "web")
    wait_for(lambda: (installation.get("/readyz") or [0])[0] == 200, "the web")
    return caller


def cut_while(installation, table, ask):
    """Hold `table`, ask, cut the connection that waits for it, and return what was answered."""
    import psycopg

    answers = []
    with psycopg.connect(installation.env["DATABASE_URL"]) as holder:
        holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        thread = threading.Thread(target=lambda: answers.append(ask()))
        thread.start()
        ((pid,),) = wait_for(lambda: installation.rows(WAITING), "the request to wait")
        installation.rows(f"SELECT pg_terminate_backend({pid})")
        thread.join(PATIENCE)
    return answers[0]


def test_between_requests_nobody_notices(installation, caller):
    cut = 0
    for _ in range(30):
        assert caller.ask("/api/v1/incidents/")[0] == 200
        cut += installation.rows(CUT)[0][0]
        assert installation.get("/livez")[0] == 200
    assert caller.ask("/api/v1/incidents/", json.dumps({"title": "After the cuts"}).encode())[0] == 201
    assert cut > 10


def test_inside_a_request_there_is_one_clean_error_and_nothing_half_done(installation, caller):
    body = json.dumps({"title": "Written once"}).encode()
    for path, sent in (("/api/v1/incidents/", None), ("/api/v1/incidents/", body)):
        status, text = cut_while(installation, "incidents_incident", lambda path=path, sent=sent: caller.ask(path, sent))
        assert status in {500, 503}
        assert not [word for word in ("Traceback", "psycopg", "SELECT", "terminat") if word in text], text
    assert installation.rows("SELECT count(*) FROM incidents_incident") == [(0,)]
    assert caller.ask("/api/v1/incidents/")[0] == 200
    assert caller.ask("/api/v1/incidents/", body)[0] == 201
    assert installation.rows("SELECT count(*) FROM incidents_incident") == [(1,)]


def test_a_job_whose_connection_is_cut_is_done_again_with_one_effect(installation, caller):
    incident = json.loads(caller.ask("/api/v1/incidents/", json.dumps({"title": "Orders hang"}).encode())[1])["reference"]
    lines = "".join(f"2026-03-02 14:{minute:02} UTC - entry {minute}\n" for minute in range(40))
    assert caller.ask(f"/api/v1/incidents/{incident}/imports/", *as_form("notes.txt", lines))[0] == 202

    def work():
        installation.start("serve", "--only", "worker")
        installation.start("serve", "--only", "beat")

    cut_while(installation, "incidents_timelineevent", work)
    wait_for(lambda: installation.rows("SELECT DISTINCT state FROM incidents_job") == [("done",)], "the job")
    assert installation.rows("SELECT state FROM incidents_delivery") == [("imported",)]
    assert installation.rows("SELECT count(*) FROM incidents_timelineevent") == [(40,)]
    assert installation.rows("SELECT max(attempts) FROM incidents_job")[0][0] > 1
