"""The postmortems app."""

from django.apps import AppConfig


class PostmortemsConfig(AppConfig):
    name = "postmortems"

    def ready(self) -> None:
        from postmortems import incident_hooks

        incident_hooks.register()
