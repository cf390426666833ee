"""`manage.py demo`: a realistic example organisation; run again, it adds only what is missing."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from postmortems.demo.building import build


class Command(BaseCommand):
    help = "Load the example organisation: a year of incidents with timelines, post-mortems and action items."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("seed", verbosity=0)
        say = self.stdout.write if options["verbosity"] else lambda _line: None
        say("The example organisation is ready." if build(say) else "The example organisation is there already; nothing was changed.")
