"""manage.py verify_revisions: is every published revision still what was published?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from incidents.management.progress import told
from postmortems import publishing


class Command(BaseCommand):
    help = "Check the hashes of all published revisions. One line for each that is broken, and then exit code 1. Changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        checked = broken = 0
        for reference, problems in told(publishing.verify_all(), self.stderr, "post-mortems checked"):
            checked += 1
            broken += bool(problems)
            for problem in problems:
                self.stdout.write(f"{reference}: {problem}")
        if broken:
            raise CommandError(f"{broken} of {checked} published post-mortems are not what was published.")
        self.stdout.write(f"{checked} published post-mortems checked: every revision is what was published.")
