"""manage.py import_factors: factors that were written elsewhere, by the words of another vocabulary."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.http import Http404

from incidents.access import SYSTEM
from postmortems import access, translating
from postmortems.vocabularies import vocabularies

COLUMNS = ("term", "statement")
LARGEST = 5_000_000


class Command(BaseCommand):
    help = "Add factors from a CSV file with the columns term, statement and, where --vocabulary is not given, vocabulary. They are drafts, to be reviewed."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("postmortem", help="such as PM-12")
        parser.add_argument("file", help="a CSV file; - is standard input")
        parser.add_argument("--vocabulary", choices=list(vocabularies()), help="whose words the terms are")
        parser.add_argument("--dry-run", action="store_true", help="say what would be added, and add nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            postmortem = access.postmortem_for(SYSTEM, options["postmortem"])
        except Http404:
            raise CommandError(f"There is no {options['postmortem']}.") from None
        rows = self.rows(options["file"], options["vocabulary"])
        with transaction.atomic():
            try:
                found = translating.bring_in(actor=SYSTEM, postmortem=postmortem, rows=rows)
            except ValidationError as error:
                raise CommandError(" ".join(error.messages)) from error
            for one in found:
                self.stdout.write(told(one))
            transaction.set_rollback(options["dry_run"])
        added = sum(one.factor is not None for one in found)
        self.stdout.write(f"{added} of {len(found)} {'would be' if options['dry_run'] else 'are'} added to {postmortem.reference}.")

    def rows(self, name: str, vocabulary: str | None) -> list[translating.Written]:
        try:
            text = sys.stdin.read(LARGEST) if name == "-" else Path(name).read_bytes()[:LARGEST].decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{name} cannot be read as text: {error}") from error
        reader = csv.DictReader(text.splitlines())
        missing = [column for column in (*COLUMNS, *(() if vocabulary else ("vocabulary",))) if column not in (reader.fieldnames or ())]
        if missing:
            raise CommandError(f"The file lacks {' and '.join(missing)} in its first line.")
        return [
            translating.Written((row["statement"] or "").strip(), vocabulary or (row["vocabulary"] or "").strip(), (row["term"] or "").strip())
            for row in reader
        ]


def told(one: translating.Brought) -> str:
    words = one.statement[:70] or "(no words)"
    if one.factor is None:
        return f"-  {words}: {one.reason or f'trigger {one.trigger}'}"
    may_be = f", may be {', '.join(one.candidates[:3])}" if one.candidates else ""
    return f"+  {words}: {one.factor.leaf.key if one.factor.leaf else 'not classified yet'}{may_be}"
