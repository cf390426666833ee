"""The project's own app: system checks and management commands that belong to no feature; and which site the administration is."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        # The Celery app must exist in every process that enqueues, not only in workers.
        from config import celery, checks  # noqa: F401


class AdministrationConfig(AdminConfig):
    default_site = "config.administration.Administration"
