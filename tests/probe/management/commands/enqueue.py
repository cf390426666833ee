from django.core.management.base import BaseCommand
from django.db import transaction

from incidents import jobs


class Command(BaseCommand):
    help = "Ask for jobs, as a page does."

    def add_arguments(self, parser):
        parser.add_argument("kind")
        parser.add_argument("numbers", nargs="+", type=int)

    def handle(self, *args, **options):
        for number in options["numbers"]:
            with transaction.atomic():
                jobs.enqueue(options["kind"], number)
