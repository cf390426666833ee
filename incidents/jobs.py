"""Writes. Work that must happen: rows are the truth, the broker is a hint.

`enqueue` writes the row in the caller's transaction and wakes a worker after the commit. A worker claims the row by
compare-and-set with a lease and a fence; the beat sweep wakes workers for everything due, so that losing every
message in the broker, or a worker at any moment, loses no work. A handler may therefore run twice and must have one
effect.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from incidents.models import Job

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=11)  # longer than the hard time limit of a task (10 minutes)
MAX_ATTEMPTS = 8
MAX_DELAY = timedelta(hours=1)

HANDLERS: dict[str, Callable[[int], None]] = {}


class GiveUp(Exception):
    """Raised by a handler when trying again cannot help; the message is shown to administrators."""


def handles(kind: str) -> Callable[[Callable[[int], None]], Callable[[int], None]]:
    """Register the function that does jobs of `kind`; it takes the id of the row to work on."""

    def register(function: Callable[[int], None]) -> Callable[[int], None]:
        HANDLERS[kind] = function
        return function

    return register


def enqueue(kind: str, object_id: int) -> None:
    """Ask for `kind` to be done on a row. Asking again while it still waits changes nothing."""
    try:
        with transaction.atomic():
            job = Job.objects.create(kind=kind, object_id=object_id, run_after=timezone.now())
    except IntegrityError:
        return
    transaction.on_commit(lambda: wake(job.pk))


def wake(job_id: int) -> None:
    """Tell a worker. A broker that cannot be reached is no error: the sweep finds the row."""
    from incidents.tasks import run_job

    try:
        run_job.delay(job_id)
    except Exception:  # the broker's own exceptions differ by transport
        log.warning("The broker cannot be reached; job %s waits for the sweep.", job_id)


def run(job_id: int) -> None:
    """Claim the job and do it. Does nothing when another worker has it."""
    now = timezone.now()
    due = Q(state=Job.State.WAITING, run_after__lte=now) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    claimed = Job.objects.filter(due, pk=job_id).update(state=Job.State.RUNNING, lease_until=now + LEASE, fence=F("fence") + 1, attempts=F("attempts") + 1)
    if not claimed:
        return
    job = Job.objects.get(pk=job_id)
    if job.attempts > MAX_ATTEMPTS:
        finish(job, Job.State.DEAD, job.error or "The worker died each time it tried.")
        return
    try:
        HANDLERS[job.kind](job.object_id)
    except GiveUp as reason:
        finish(job, Job.State.DEAD, str(reason))
    except Exception as error:
        log.exception("Job %s failed", job)
        if job.attempts >= MAX_ATTEMPTS:
            finish(job, Job.State.DEAD, repr(error))
        else:
            retry(job, repr(error))
    else:
        finish(job, Job.State.DONE)


def finish(job: Job, state: str, error: str = "") -> None:
    Job.objects.filter(pk=job.pk, fence=job.fence).update(state=state, error=error, finished_at=timezone.now(), lease_until=None)


def retry(job: Job, error: str) -> None:
    delay = min(timedelta(seconds=5 * 2**job.attempts), MAX_DELAY) * random.random()  # noqa: S311 - jitter, no secret
    again = {"state": Job.State.WAITING, "error": error, "run_after": timezone.now() + delay, "lease_until": None}
    try:
        with transaction.atomic():
            Job.objects.filter(pk=job.pk, fence=job.fence).update(**again)
    except IntegrityError:  # the same work was asked for meanwhile and waits already
        finish(job, Job.State.DONE, error)


def sweep() -> int:
    """Wake a worker for every job that is due or whose worker died; return how many."""
    now = timezone.now()
    due = Q(state=Job.State.WAITING, run_after__lte=now) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    ids = list(Job.objects.filter(due).values_list("pk", flat=True)[:500])
    for job_id in ids:
        wake(job_id)
    return len(ids)
