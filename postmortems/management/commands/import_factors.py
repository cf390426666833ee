"""manage.py import_factors: factors that were written elsewhere, by the words of another vocabulary."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.http import Http404

from incidents.access import SYSTEM
from postmortems import access, factor_file, translating
from postmortems.vocabularies import vocabularies


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
        bring_in = translating.foresee if options["dry_run"] else translating.bring_in
        try:
            table = factor_file.read(given(options["file"]), options["file"], options["vocabulary"] or "")
            found = bring_in(actor=SYSTEM, postmortem=postmortem, rows=table.rows)
        except factor_file.FactorFileError as error:
            raise CommandError(str(error)) from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        for one in found:
            self.stdout.write(told(one))
        for problem in table.problems:
            self.stderr.write(problem)
        added = sum(one.factor is not None for one in found)
        self.stdout.write(f"{added} of {len(found)} {'would be' if options['dry_run'] else 'are'} added to {postmortem.reference}.")


def given(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error}") from error


def told(one: translating.Brought) -> str:
    words = one.statement[:70] or "(no words)"
    if one.factor is None:
        return f"-  {words}: {one.reason or f'trigger {one.trigger}'}"
    may_be = f", may be {', '.join(one.candidates[:3])}" if one.candidates else ""
    return f"+  {words}: {one.factor.leaf.key if one.factor.leaf else 'not classified yet'}{may_be}"
