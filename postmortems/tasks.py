"""Celery's way in to what post-mortems do by the clock."""

from celery import shared_task

from postmortems import stepping


@shared_task
def sweep_steps() -> None:
    stepping.sweep()
