"""Reads. Whether this installation can serve (fail otherwise) and whether its jobs are on time (degraded otherwise)."""

from __future__ import annotations

import shutil
import time
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.core.cache import cache as shared_cache
from django.db import connection
from django.utils import timezone

from incidents import jobs
from incidents.models import Job

JOB_LAG = timedelta(minutes=5)
WORKER_SILENCE = 60  # seconds
FREE_DISK = 0.05

Findings = dict[str, str]


def failures() -> Findings:
    """Return what keeps pages from being served, by name: the database, its migrations, the cache."""
    found: Findings = {}
    for name, probe in (("database", probe_database), ("migrations", probe_migrations), ("cache", probe_cache)):
        try:
            problem = probe()
        except Exception as error:  # any failure of a probe is what it looks for
            problem = f"{type(error).__name__}: {error}"
        if problem:
            found[name] = problem
    return found


def delays() -> Findings:
    """Return what is late or short though pages are served: jobs, the worker, the disk."""
    found: Findings = {}
    late = Job.objects.filter(state=Job.State.WAITING, run_after__lt=timezone.now() - JOB_LAG).count()
    if late:
        found["jobs"] = f"{late} jobs have waited for more than {JOB_LAG.seconds // 60} minutes"
    seen = shared_cache.get(jobs.HEARTBEAT)
    if seen is None or time.time() - seen > WORKER_SILENCE:
        found["worker"] = "no worker has swept for jobs in the last minute"
    usage = shutil.disk_usage(settings.DATA_DIR)
    if usage.free < usage.total * FREE_DISK:
        found["disk"] = f"{usage.free // 2**20} MiB free"
    return found


def probe_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return "" if cursor.fetchone() == (1,) else "SELECT 1 is not 1"


def probe_migrations() -> str:
    return "" if migrated() else "migrations wait to be applied"


def probe_cache() -> str:
    shared_cache.get(jobs.HEARTBEAT)
    return ""


def unapplied() -> int:
    """Return how many migrations of this code the database lacks."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@cache
def _migrated_once() -> bool:
    if unapplied():
        raise LookupError  # not cached: somebody may migrate meanwhile
    return True


def migrated() -> bool:
    """Say whether the database has this code's migrations; a yes is kept, since reading the graph takes a tenth of a second."""
    try:
        return _migrated_once()
    except LookupError:
        return False
