"""The Celery app and its beat schedule. Tasks carry ids only; see `incidents/jobs.py`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("debrief")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {"sweep-jobs": {"task": "incidents.tasks.sweep_jobs", "schedule": 15.0}}
