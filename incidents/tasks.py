"""Celery's way in: tasks take ids and call one function."""

from celery import shared_task
from django.utils import timezone

from incidents import jobs, retention


@shared_task
def run_job(job_id: int) -> None:
    jobs.run(job_id)


@shared_task
def sweep_jobs() -> None:
    jobs.sweep()


@shared_task
def forget_done_jobs() -> None:
    jobs.forget_done()


@shared_task
def forget_strays() -> None:
    retention.forget_strays(timezone.now())
