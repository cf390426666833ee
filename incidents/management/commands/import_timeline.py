"""`manage.py import_timeline`: files into one incident's timeline."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import Http404

from incidents import intake, looking, preview
from incidents.access import SYSTEM, incident_for
from incidents.intake_titles import describe
from incidents.models import Delivery, Incident, Milestone
from incidents.sources.drafts import SourceError

PACKED = ("users.json", "channels.json", "groups.json", "dms.json")


class Refused(Exception):
    """Ends the command with exit code 1 and says where."""

    def __init__(self, message: str, where: str, **more: Any) -> None:
        super().__init__(message)
        self.document = {"error": message, "where": where, **more}


@dataclass(frozen=True)
class Found:
    """A file to import: a path, bytes from standard input, or a folder packed into one export."""

    name: str
    path: Path | None = None
    content: bytes = b""

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        if self.path is None:
            yield io.BytesIO(self.content)
            return
        with self.path.open("rb") as file:
            yield file


class Command(BaseCommand):
    help = "Import files into one incident's timeline. Importing the same file again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "paths", nargs="+", metavar="PATH", help="A file, a folder (all files in it; an unpacked Slack export as one), or - for standard input."
        )
        parser.add_argument("--source", default="auto", help="The format, if it is not to be detected.")
        target = parser.add_mutually_exclusive_group()
        target.add_argument("--incident", metavar="REF", help="An existing incident, such as INC-12.")
        target.add_argument("--new", metavar="TITLE", help="Declare a new incident of this title.")
        parser.add_argument("--timezone", default="", metavar="ZONE", help="The zone of times that state none: Europe/Paris, UTC, +02:00.")
        parser.add_argument("--date", default="", metavar="YYYY-MM-DD", help="The date of the first time, where times have none.")
        parser.add_argument("--dry-run", action="store_true", help="Show what would come of it and store nothing.")
        parser.add_argument("--json", action="store_true", help="Print one JSON document on standard output and nothing else there.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document = self.document(options)
        except Refused as refused:
            if options["json"]:
                self.stdout.write(json.dumps(refused.document, ensure_ascii=False))
                raise SystemExit(1) from None
            where = refused.document["where"]
            raise CommandError(f"{where}: {refused}" if where else str(refused)) from None
        if options["json"]:
            self.stdout.write(json.dumps(document, ensure_ascii=False))
        else:
            self.stdout.write(in_words(document, dry_run=options["dry_run"]))

    def document(self, options: dict[str, Any]) -> dict[str, Any]:
        try:
            given = looking.clean_options({"source": options["source"], "time_zone": options["timezone"], "date": options["date"]})
        except ValidationError as error:
            raise Refused(error.messages[0], "") from None
        incident = None
        if options["incident"] is not None:
            try:
                incident = incident_for(SYSTEM, options["incident"])
            except Http404:
                raise Refused(f"There is no incident “{options['incident']}”.", "") from None
        files, ignored = checked([found for path in options["paths"] for found in files_at(path)], given, several=len(options["paths"]) > 1)
        if options["dry_run"]:
            return dry_run(files, ignored, given, incident)
        return store(files, ignored, given, incident, options["new"] or "")


def files_at(path: str) -> list[Found]:
    if path == "-":
        return [Found("standard input", content=sys.stdin.buffer.read())]
    place = Path(path)
    try:
        if not place.is_dir():
            with place.open("rb"):
                return [Found(place.name, place)]
        inside = sorted(each for each in place.rglob("*") if each.is_file() and not any(part.startswith(".") for part in each.relative_to(place).parts))
        if any(each.name in PACKED and len(each.relative_to(place).parts) <= 2 for each in inside):
            return [Found(f"{place.resolve().name}.zip", content=packed(place, inside))]
        if not inside:
            raise Refused("There is no file in this folder.", path)
        return [Found(str(each.relative_to(place)), each) for each in inside]
    except OSError as error:
        raise Refused(error.strerror or "This file cannot be read.", path) from None


def packed(place: Path, inside: list[Path]) -> bytes:
    """Return an unpacked export as the archive that it was: the same bytes for the same files, so that it counts as the same delivery."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in inside:
            if each.suffix == ".json":
                info = zipfile.ZipInfo(each.relative_to(place).as_posix(), (1980, 1, 1, 0, 0, 0))
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, each.read_bytes())
    return buffer.getvalue()


def checked(files: list[Found], given: dict[str, Any], *, several: bool) -> tuple[list[Found], list[dict[str, str]]]:
    """Look at every file before the first is stored. In a folder, what is no timeline is left out and reported."""
    good, ignored = [], []
    for found in files:
        try:
            with found.open() as file:
                looking.look(file, found.name, given)
            good.append(found)
        except SourceError as error:
            if len(files) == 1 or (several and found.path is None):
                raise Refused(error.message, error.where or found.name) from None
            ignored.append({"where": f"{found.name}: {error.where}" if error.where else found.name, "reason": error.message})
    if not good or (several and ignored):
        raise Refused(ignored[0]["reason"], ignored[0]["where"])
    return good, ignored


def dry_run(files: list[Found], ignored: list[dict[str, str]], given: dict[str, Any], incident: Incident | None) -> dict[str, Any]:
    previews = []
    for found in files:
        try:
            with found.open() as file:
                previews.append(preview.preview(file, found.name, given, limit=intake.HARD_EVENT_LIMIT, incident=incident))
        except SourceError as error:
            raise Refused(error.message, error.where or found.name) from None
    rows = preview.merged(previews)
    parts = [{"path": each.name, "source": each.source, "events": each.report.events(), "rejected": each.report.rejected} for each in previews]
    document = joined(incident.reference if incident else None, parts, ignored, preview.proposals(rows))
    document["timeline"] = preview.timeline(rows, several=len(previews) > 1)
    return document


def store(files: list[Found], ignored: list[dict[str, str]], given: dict[str, Any], incident: Incident | None, title: str) -> dict[str, Any]:
    declared = incident is None
    if incident is None:
        with files[0].open() as file:
            incident = describe(actor=SYSTEM, file=file, name=files[0].name, options=given, title=title)
    parts: list[dict[str, Any]] = []
    needs: dict[str, int] = {}
    for found in files:
        try:
            with found.open() as file:
                delivery = intake.receive(actor=SYSTEM, incident=incident, file=file, name=found.name, channel=Delivery.Channel.COMMAND, options=given)
        except ValidationError as error:
            raise Refused(error.messages[0], found.name) from None
        delivery = intake.import_now(delivery)
        report = delivery.report
        if delivery.state == Delivery.State.REFUSED:
            if declared and not parts:
                incident.delete()
            raise Refused(report["error"], report["where"] or found.name)
        if delivery.state not in (Delivery.State.IMPORTED, Delivery.State.NEEDS_ANSWER):
            raise Refused("The import did not finish; it is tried again in the background.", found.name, incident=incident.reference)
        for what, count in report["needs"].items():
            needs[what] = needs.get(what, 0) + count
        parts.append({"path": found.name, "source": delivery.source, "events": report["events"], "rejected": report["rejected"]})
    if needs and not any(sum(part["events"].values()) > part["events"]["skipped"] for part in parts):
        first = next(part["rejected"][0] for part in parts if part["rejected"])
        ask = " and ".join(
            {"date": "--date YYYY-MM-DD", "zone": "--timezone ZONE", "start": "a name with the day and clock of the start"}.get(what, what) for what in needs
        )
        if declared:
            incident.delete()
        raise Refused(f"No time could be placed. {first['reason']} Use {ask}.", first["where"], needs=needs)
    rows = Milestone.objects.filter(incident=incident).select_related("kind").exclude(proposed_at=None, at=None)
    found_milestones = {
        row.kind.key: preview.shape(row.at or row.proposed_at, row.earliest, row.latest, row.confidence, row.rule, row.evidence)
        | ({} if row.decision == Milestone.Decision.OPEN else {"decision": row.decision})
        for row in rows
    }
    return joined(incident.reference, parts, ignored, found_milestones)


def joined(incident: str | None, parts: list[dict[str, Any]], ignored: list[dict[str, str]], milestones: dict[str, Any]) -> dict[str, Any]:
    """Return the document of the command; with several files it also has a list of them."""
    several = len(parts) > 1
    names = {part["source"] for part in parts}
    rejected = [
        {"where": f"{part['path']}: {row['where']}" if several else row["where"], "reason": row["reason"]} for part in parts for row in part["rejected"]
    ]
    document: dict[str, Any] = {
        "incident": incident,
        "source": names.pop() if len(names) == 1 else "mixed",
        "events": {what: sum(part["events"][what] for part in parts) for what in ("created", "updated", "duplicate", "skipped")},
        "rejected": rejected + ignored,
        "milestones": milestones,
    }
    if several:
        document["files"] = [{"path": part["path"], "source": part["source"], "events": part["events"]} for part in parts]
    return document


def in_words(document: dict[str, Any], *, dry_run: bool) -> str:
    events = document["events"]
    lines = [f"{'Would import' if dry_run else 'Imported'} from {document['source']}: " + ", ".join(f"{count} {what}" for what, count in events.items()) + "."]
    for entry in document.get("timeline", [])[:200]:
        lines.append(f"  {entry['at'] or 'needs ' + entry['needs']:<27} {entry['kind']:<15} {entry['actor'][:20]:<20} {' '.join(entry['text'].split())[:100]}")
    if len(document.get("timeline", [])) > 200:
        lines.append(f"  … {len(document['timeline']) - 200} more; --json lists all")
    for row in document["rejected"][:20]:
        lines.append(f"  Not imported: {row['where']}: {row['reason']}")
    if len(document["rejected"]) > 20:
        lines.append(f"  … {len(document['rejected']) - 20} more; --json lists them")
    for key, found in document["milestones"].items():
        lines.append(f"  {'Proposed' if 'decision' not in found else 'Decided'} {key}: {found['at']} - {found['rule']}")
    if document["incident"]:
        lines.append(f"{document['incident']}  {settings.BASE_URL}/incidents/{document['incident']}/")
    return "\n".join(lines)
