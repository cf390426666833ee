"""Celery's way in to what post-mortems do by the clock."""

from celery import shared_task

from postmortems import lapsing, stepping


@shared_task
def sweep_steps() -> None:
    """Renew the steps, and the approvals that they look at."""
    lapsing.sweep()
    stepping.sweep()
