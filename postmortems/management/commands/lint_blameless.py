"""manage.py lint_blameless: the coach on plain text or Markdown."""

from __future__ import annotations

import argparse
import json
import sys
from bisect import bisect_right
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from postmortems import blameless, coaching
from postmortems.coach.texts import CATEGORIES, NOT_CHECKED, NOTHING_FOUND


class Command(BaseCommand):
    help = "Ask about wording that judges people in plain text or Markdown. Advice only: the exit code is 0 whatever is found, 1 when a file cannot be read."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", metavar="FILE", default=["-"], help="files to read; - or nothing is standard input")
        parser.add_argument(
            "--kind", choices=blameless.KINDS, default="document", help="what the text is; without it a document, whose headings tell timeline and actions"
        )
        parser.add_argument("--profile", choices=blameless.PROFILES, default="standard", help="how findings are weighed")
        parser.add_argument(
            "--off", action="append", default=[], metavar="CATEGORY[:SEVERITY]", help="leave this out, such as judgement or single_cause:hint; may be repeated"
        )
        parser.add_argument("--team", action="store_true", help="leave out what the team has switched off in the admin; reads the database")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        off = off_of(options["off"]) | (coaching.switched_off() if options["team"] else frozenset())
        texts = [(name, self.read(name)) for name in options["files"]]
        found = [(name, text, one) for name, text in texts for one in blameless.lint(text, options["kind"], profile=options["profile"], off=off)]
        unread = [name for name, text in texts if not blameless.is_english(text)]
        for name in unread:
            self.stderr.write(f"{name}: {NOT_CHECKED}")
        found = [(name, text, one) for name, text, one in found if name not in unread]
        if options["json"]:
            self.stdout.write(json.dumps([{"file": name, **as_json(one)} for name, _text, one in found], ensure_ascii=False))
            return
        for name, text, one in found:
            self.stdout.write(
                f"{name}:{position(text, one.start)}: {one.severity} {one.category}: “{' '.join(one.text.split())}”\n    {one.message} {one.suggestion}"
            )
        self.stdout.write(
            f"{len(found)} passage{'' if len(found) == 1 else 's'} to look at." if found else NOTHING_FOUND if len(unread) < len(texts) else NOT_CHECKED
        )

    def read(self, name: str) -> str:
        try:
            data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
            text = data.decode("utf-8-sig")
        except OSError as error:
            raise CommandError(f"{name} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise CommandError(f"{name} is no text in UTF-8.") from None
        if len(text) > blameless.LIMIT:
            raise CommandError(f"{name} is longer than {blameless.LIMIT:,} characters. Split it.")
        return text


def off_of(given: list[str]) -> frozenset[tuple[str, str]]:
    """Return what "judgement" or "judgement:hint" leave out. Raises CommandError for a name that is none."""
    severities = ("strong", "ask", "hint")
    found = set()
    for text in given:
        category, _colon, severity = text.partition(":")
        if category not in CATEGORIES or severity and severity not in severities:
            raise CommandError(f"{text} is no category, or no severity of one. Categories: {', '.join(CATEGORIES)}. Severities: {', '.join(severities)}.")
        found |= {(category, one) for one in ([severity] if severity else severities)}
    return frozenset(found)


def as_json(finding: blameless.Finding) -> dict[str, Any]:
    """Return a finding as it is printed here and answered by the API."""
    return {
        "start": finding.start,
        "end": finding.end,
        "text": finding.text,
        "category": finding.category,
        "severity": finding.severity,
        "message": finding.message,
        "suggestion": finding.suggestion,
    }


def position(text: str, start: int) -> str:
    """Return line and column, counted from one."""
    breaks = [-1, *(number for number, letter in enumerate(text) if letter == "\n")]
    line = bisect_right(breaks, start - 1)
    return f"{line}:{start - breaks[line - 1]}"
