"""manage.py export_template KEY: templates as YAML."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from postmortems import authoring, template_yaml
from postmortems.models import RetrospectiveTemplate
from postmortems.publishing import write_whole


class Command(BaseCommand):
    help = "Write templates as one YAML file that import_template reads: those named, or all."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("keys", nargs="*", metavar="KEY", help="such as standard_blameless; none for all")
        parser.add_argument("--output", metavar="FILE", help="write it here instead of printing it")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = {row.key: row for row in RetrospectiveTemplate.objects.prefetch_related("sections")}
        wanted = options["keys"] or list(rows)
        if unknown := [key for key in wanted if key not in rows]:
            raise CommandError(f"There is no template {unknown[0]}. There are: {', '.join(rows)}.")
        text = template_yaml.write([authoring.content_of(rows[key]) for key in wanted])
        if not options["output"]:
            self.stdout.write(text, ending="")
            return
        try:
            write_whole(Path(options["output"]).resolve(), text.encode())
        except OSError as error:
            raise CommandError(f"{options['output']} is not written: {error.strerror or error}") from None
