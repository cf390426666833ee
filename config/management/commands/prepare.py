"""`manage.py prepare`: bring tables, built-in rows and static files up to date; what is, stays as it is."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config import preparing


class Command(BaseCommand):
    help = "Migrate, make the cache table, seed and collect static files, each only when needed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo too, into an installation without accounts")
        parser.add_argument("--static-only", action="store_true", help="collect static files and nothing else, as when an image is built")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["static_only"]:
            preparing.collect_static(self.stdout)
        else:
            preparing.prepare(self.stdout, demo=options["demo"])
