"""The Celery app and its beat schedule. Tasks carry ids only; see `incidents/jobs.py`."""

import os
import warnings
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Messages are JSON of our own making, never pickle: a worker run by root is no more dangerous than the web run by root.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

app = Celery("debrief")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A sweep that nobody took before the next one is due is worthless: it expires, so that none pile up while no worker runs.
app.conf.beat_schedule = {
    "sweep-jobs": {"task": "incidents.tasks.sweep_jobs", "schedule": float(settings.JOB_SWEEP_SECONDS), "options": {"expires": settings.JOB_SWEEP_SECONDS}},
    "sweep-steps": {"task": "postmortems.tasks.sweep_steps", "schedule": 900.0, "options": {"expires": 900}},
    "forget-done-jobs": {"task": "incidents.tasks.forget_done_jobs", "schedule": 3600.0, "options": {"expires": 3600}},
    "forget-strays": {"task": "incidents.tasks.forget_strays", "schedule": 6 * 3600.0, "options": {"expires": 3600}},
}


def leave_logging_to_django(**kwargs: Any) -> None:
    """Being connected is enough: Celery then sets up no logging of its own."""


setup_logging.connect(leave_logging_to_django)


def make_broker_folders() -> None:
    """The file-system broker expects its folders to be there."""
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    for name in ("data_folder_in", "data_folder_out", "control_folder"):
        if name in options:
            Path(str(options[name])).mkdir(parents=True, exist_ok=True)


make_broker_folders()
