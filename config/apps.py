"""The project's own app: system checks and management commands that belong to no feature."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        # The Celery app must exist in every process that enqueues, not only in workers.
        from config import celery, checks  # noqa: F401
