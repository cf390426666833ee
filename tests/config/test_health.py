"""What load balancers and monitors are told."""

import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from config import health
from incidents import jobs
from incidents.models import Job
from tests.factories import make_user


@pytest.fixture(autouse=True)
def _swept(db):
    cache.set(jobs.HEARTBEAT, time.time(), None)


def ready(client, query=""):
    response = client.get(f"/readyz{query}")
    return response.status_code, response.json()


def test_all_is_well(client):
    assert ready(client) == (200, {"status": "ok"})


def test_the_process_lives_without_a_database(client, monkeypatch, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/livez").json() == {"status": "ok"}


def test_late_jobs_are_degraded_and_strictly_a_failure(client):
    Job.objects.create(kind="pdf", object_id=1, run_after=timezone.now() - timedelta(minutes=6))
    assert ready(client) == (200, {"status": "degraded"})
    assert ready(client, "?strict") == (503, {"status": "degraded"})


def test_a_silent_worker_is_degraded(client):
    cache.set(jobs.HEARTBEAT, time.time() - 61, None)
    assert ready(client) == (200, {"status": "degraded"})


def test_only_an_administrator_sees_why(client, alice):
    cache.delete(jobs.HEARTBEAT)
    client.force_login(alice)
    assert ready(client)[1] == {"status": "degraded"}
    client.force_login(make_user("root", role="admin"))
    assert "worker" in ready(client)[1]["findings"]


@pytest.mark.parametrize("probe", ["probe_database", "probe_migrations", "probe_cache"])
def test_what_keeps_pages_away_fails(client, monkeypatch, probe):
    def away():
        raise OSError("gone")

    monkeypatch.setattr(health, probe, away)
    assert ready(client) == (503, {"status": "fail"})


def test_a_disk_that_fills_up_is_degraded(client, monkeypatch):
    monkeypatch.setattr(health, "FREE_DISK", 1.1)
    assert ready(client) == (200, {"status": "degraded"})
