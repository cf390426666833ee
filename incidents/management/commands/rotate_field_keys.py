"""`manage.py rotate_field_keys`: seal what is secret in the database with the first of the field keys, so that the others can go."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from incidents import endpoints
from incidents.lib.sealing import SealError


class Command(BaseCommand):
    help = "Seal the secrets of webhooks with the first of DEBRIEF_FIELD_KEYS. All or nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = endpoints.reseal()
        except SealError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{count} secrets are sealed with the first key.")
