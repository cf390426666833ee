"""The project's own app: system checks and management commands that belong to no feature."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
