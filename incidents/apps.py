"""The incidents app."""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"
    verbose_name = "People and incidents"

    def ready(self) -> None:
        from incidents import assigning, intake  # noqa: F401 - they register their jobs
