"""manage.py import_template FILE: templates from YAML."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from incidents.access import SYSTEM
from postmortems import authoring, template_yaml
from postmortems.models import SectionKind
from postmortems.template_yaml import MOST_BYTES, TemplateFileError


class Command(BaseCommand):
    help = "Import templates from a YAML file: a known key gets a next version, a new one becomes a template that is switched off."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--offer", action="store_true", help="switch the templates on at once")
        parser.add_argument("--check", action="store_true", help="only say what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        try:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror or error}") from None
        try:
            contents = template_yaml.read(data, path.name, SectionKind.values)
        except TemplateFileError as error:
            raise CommandError("\n".join(error.problems)) from None
        if options["check"]:
            for content, outcome, changed in authoring.expected(contents):
                self.report(content.key, f"would be {outcome}", changed)
            return
        for one in authoring.take_in(actor=SYSTEM, contents=contents, offer=options["offer"]):
            self.report(one.template.key, f"{one.outcome}, version {one.template.version}", one.changed if one.outcome == "changed" else "")

    def report(self, key: str, outcome: str, changed: str) -> None:
        self.stdout.write(f"{key}: {outcome}{f' ({changed})' if changed else ''}")
