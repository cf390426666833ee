"""`manage.py seed`: the rows every installation needs; run again, it adds what is missing and changes nothing else."""

from typing import Any

from django.core.management.base import BaseCommand

from incidents import seeding


class Command(BaseCommand):
    help = "Add built-in templates, severities, types of incidents, milestones and metrics that are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        added = seeding.seed_all()
        if options["verbosity"]:
            self.stdout.write(f"Seeded: {added} rows added.")
