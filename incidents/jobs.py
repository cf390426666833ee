"""Writes. Work that must happen: rows are the truth, the broker is a hint.

`enqueue` writes the row in the caller's transaction and wakes a worker after the commit. A worker claims the row by
compare-and-set with a lease, which it renews while it works, and a fence. The beat sweep does everything that is due,
so that losing every message in the broker, or a worker at any moment, loses no work. A handler may therefore run
twice, even at once, and must have one effect.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from functools import partial
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from incidents.access import Actor
from incidents.models import Job

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
MAX_LOST = 3  # a job that took its worker with it this often is poison
MAX_DELAY = timedelta(hours=1)
SWEEP_FOR = 60.0  # seconds; a sweep starts no more jobs after that, the next one goes on
KEEP_DONE = timedelta(days=30)
BROKER_PAUSE = 5.0  # seconds without another try after a broker did not answer
HEARTBEAT = "jobs.swept_at"  # in the shared cache: when a worker last swept

_broker_away_until = 0.0

HANDLERS: dict[str, Callable[[int], None]] = {}
UNDER_WAY = (Job.State.WAITING, Job.State.RUNNING)
WORKED_ON: dict[str, Any] = {}  # kind -> the model of its rows, which has `visible_to`


class GiveUp(Exception):
    """Raised by a handler when trying again cannot help; the message is shown to administrators."""


def handles(kind: str, on: Any = None) -> Callable[[Callable[[int], None]], Callable[[int], None]]:
    """Register the function that does jobs of `kind`; it takes the id of the row to work on, of the model `on`."""

    def register(function: Callable[[int], None]) -> Callable[[int], None]:
        HANDLERS[kind] = function
        if on is not None:
            WORKED_ON[kind] = on
        return function

    return register


def enqueue(kind: str, object_id: int) -> None:
    """Ask for `kind` to be done on a row. Asking again while it still waits changes nothing."""
    waiting = Job.objects.filter(kind=kind, object_id=object_id, state=Job.State.WAITING)
    for _ in range(5):
        # Writing to the waiting row holds it until the caller commits: a worker that took it before could not see
        # what the caller changed, and the request would be lost.
        if waiting.update(run_after=F("run_after")):
            return
        try:
            with transaction.atomic():
                job = Job.objects.create(kind=kind, object_id=object_id, run_after=timezone.now())
        except IntegrityError:
            continue  # somebody asked at the same time, and a worker may have it already
        transaction.on_commit(partial(wake, job.pk))
        return
    raise RuntimeError(f"{kind} {object_id} could not be enqueued.")


def wake(job_id: int) -> None:
    """Tell a worker. A broker that cannot be reached is no error: the sweep finds the row."""
    from incidents.tasks import run_job

    global _broker_away_until
    if time.monotonic() < _broker_away_until:
        return
    try:
        # One try, and none for a while when it fails: a page must not wait for a broker that is down.
        run_job.apply_async((job_id,), retry=False)
    except Exception as error:  # the broker's own exceptions differ by transport
        _broker_away_until = time.monotonic() + BROKER_PAUSE
        log.warning("Jobs wait for the sweep, the broker cannot be reached: %s", error)


def lease() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


def due() -> Q:
    """Return the condition for jobs to be taken: their time has come, or their worker is gone."""
    now = timezone.now()
    return Q(state=Job.State.WAITING, run_after__lte=now) | Q(state=Job.State.RUNNING, lease_until__lt=now)


def claim(job_id: int) -> Job | None:
    """Take the job for this worker. Returns None when another has it or it was poison."""
    mine = {"state": Job.State.RUNNING, "lease_until": timezone.now() + lease(), "fence": F("fence") + 1, "attempts": F("attempts") + 1}
    job = Job.objects.filter(due(), pk=job_id).first()
    if job is None:
        return None
    lost = job.lost + (job.state == Job.State.RUNNING)
    if not Job.objects.filter(due(), pk=job_id, fence=job.fence).update(**mine, lost=lost):
        return None
    job.fence, job.attempts, job.lost = job.fence + 1, job.attempts + 1, lost
    if lost >= MAX_LOST:
        finish(job, Job.State.DEAD, job.error or f"Its worker died {lost} times while doing it.")
        return None
    return job


def run(job_id: int) -> bool:
    """Claim the job and do it. Returns False, having done nothing, when another worker has it."""
    job = claim(job_id)
    if job is None:
        return False
    try:
        # Inside a caller's transaction (an eager test) a failed statement must not take the caller's with it.
        with heartbeat(job), transaction.atomic() if connection.in_atomic_block else nullcontext():
            HANDLERS[job.kind](job.object_id)
    except GiveUp as reason:
        finish(job, Job.State.DEAD, str(reason))
    except SoftTimeLimitExceeded:
        retry(job, f"It took longer than {settings.CELERY_TASK_SOFT_TIME_LIMIT} seconds.")
    except Exception as error:
        log.exception("Job %s failed", job)
        retry(job, f"{type(error).__name__}: {error}")
    else:
        finish(job, Job.State.DONE)
    return True


def finish(job: Job, state: str, error: str = "") -> None:
    """Write the outcome, unless another worker has taken the job since."""
    Job.objects.filter(pk=job.pk, fence=job.fence).update(state=state, error=error, finished_at=timezone.now(), lease_until=None)


def retry(job: Job, error: str) -> None:
    """Put the job back for later, with growing and random delays; give up after the last attempt."""
    if job.attempts >= MAX_ATTEMPTS:
        return finish(job, Job.State.DEAD, error)
    delay = min(timedelta(seconds=5 * 2**job.attempts), MAX_DELAY) * random.random()  # noqa: S311 - jitter, no secret
    again = {"state": Job.State.WAITING, "error": error, "run_after": timezone.now() + delay, "lease_until": None}
    try:
        with transaction.atomic():
            Job.objects.filter(pk=job.pk, fence=job.fence).update(**again)
    except IntegrityError:  # the same work was asked for meanwhile and waits already
        finish(job, Job.State.DONE, error)


@contextmanager
def heartbeat(job: Job) -> Iterator[None]:
    """Renew the lease from a thread of its own while the handler works; a killed worker stops renewing."""
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(settings.JOB_LEASE_SECONDS / 3):
                try:
                    if not Job.objects.filter(pk=job.pk, fence=job.fence, state=Job.State.RUNNING).update(lease_until=timezone.now() + lease()):
                        return
                except DatabaseError as error:  # the next beat may succeed
                    log.warning("The lease of job %s was not renewed: %s", job.pk, error)
                    connection.close()
        finally:
            connection.close()  # this thread's own

    thread = threading.Thread(target=beat, name=f"lease-{job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def sweep() -> int:
    """Do every job that is due or whose worker died, for a minute at most; return how many were done.

    Does them itself and sends no messages, so that none pile up while workers are busy or away.
    """
    started, done = time.monotonic(), 0
    cache.set(HEARTBEAT, time.time(), None)
    for job_id in Job.objects.filter(due()).order_by("run_after", "pk").values_list("pk", flat=True)[:1000]:
        if time.monotonic() - started > SWEEP_FOR:
            break
        done += run(job_id)
        cache.set(HEARTBEAT, time.time(), None)
    return done


def forget_done() -> int:
    """Delete jobs that were done a month ago; those given up stay until somebody looks."""
    count, _ = Job.objects.filter(state=Job.State.DONE, finished_at__lt=timezone.now() - KEEP_DONE).delete()
    return count


def hidden_from(actor: Actor) -> Q:
    """Return the condition for jobs on rows that the actor may not see."""
    hidden = Q(pk__in=[])
    for kind, model in WORKED_ON.items():
        rows = model.objects.exclude(pk__in=model.objects.visible_to(actor).order_by().values("pk")).order_by()
        hidden |= Q(kind=kind, object_id__in=rows.values("pk"))
    return hidden


def under_way(kind: str, object_id: int) -> bool:
    """Say whether a worker does this, or will by itself."""
    return Job.objects.filter(kind=kind, object_id=object_id, state__in=UNDER_WAY).exists()


def again(kind: str, object_id: int) -> None:
    """Ask anew for what was given up: by the row that tells of it, so that it does not stay in the list of what went wrong."""
    dead = Job.objects.filter(kind=kind, object_id=object_id, state=Job.State.DEAD).order_by("-pk").values_list("pk", flat=True).first()
    if dead is None or not revive(dead):
        enqueue(kind, object_id)


def revive(job_id: int) -> bool:
    """Let an administrator try a job again that was given up. Returns False when it was not, or waits already."""
    again = {"state": Job.State.WAITING, "attempts": 0, "lost": 0, "run_after": timezone.now(), "finished_at": None}
    try:
        with transaction.atomic():
            revived = bool(Job.objects.filter(pk=job_id, state=Job.State.DEAD).update(**again))
    except IntegrityError:
        return False
    if revived:
        transaction.on_commit(lambda: wake(job_id))
    return revived
