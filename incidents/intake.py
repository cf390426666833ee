"""Writes. What came in is stored first, byte for byte; then it is read into events, as often as needed, with one effect.

`receive` keeps the bytes and the row, `import_delivery` is the job. It may be killed anywhere, run twice or twice at
once: batches are hidden until one short transaction finishes the delivery, and keys tell what is there already.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as time_of_day
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents import fusing, jobs, mappings, sources, storing
from incidents.access import Actor
from incidents.intake_report import Report
from incidents.intake_rows import Batches, discard, retried
from incidents.lib.text import clean_line, clean_text
from incidents.lib.wrapped_files import WrappingError, unwrapped
from incidents.lib.zones import zone_named
from incidents.measuring import remeasure
from incidents.models import AuditEvent, Delivery, Incident, Job, TimelineEvent, User
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError

log = logging.getLogger(__name__)

State = Delivery.State
HEAD = 64 * 1024
MEGABYTE = 1024 * 1024
UPLOAD_LIMIT = 50 * MEGABYTE
COMMAND_LIMIT = 2048 * MEGABYTE
HARD_EVENT_LIMIT = 1_000_000
MAX_COLUMNS = 100
KEPT = ("wrapping", "received")  # of a webhook: how its body was wrapped, and when it came
LOOK = 50  # items that a look at a file reads
PASSES = 5
OPTIONS = ("source", "time_zone", "date", "clock", "mapping", "encoding", *KEPT)
#: What a source's own mistake looks like. A stranger's file must not take the worker down, nor be tried eight times.
FAULTS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError, AssertionError)


@dataclass(frozen=True)
class Look:
    """What the first part of a file shows, before anything is stored."""

    source: Source
    incident: IncidentDraft
    events: int
    needs: str


def clean_options(options: dict[str, Any] | None) -> dict[str, Any]:
    """Return the options as they are kept. Raises ValidationError for a zone, date or source that is none."""
    given: dict[str, Any] = {name: value for name, value in (options or {}).items() if value and name in OPTIONS}
    if zone := given.get("time_zone"):
        if zone_named(str(zone)) is None:
            raise ValidationError(
                {"time_zone": f"“{clean_line(str(zone), limit=60)}” is no time zone that Debrief knows. Use a name such as Europe/Paris, or UTC."}
            )
        given["time_zone"] = str(zone).strip()
    if day := given.get("date"):
        try:
            given["date"] = (day if isinstance(day, date) else date.fromisoformat(str(day))).isoformat()
        except ValueError:
            raise ValidationError({"date": "Write the date as 2026-03-02."}) from None
    if clock := given.get("clock"):
        try:
            given["clock"] = (
                (clock if isinstance(clock, time_of_day) else time_of_day.fromisoformat(str(clock).strip())).replace(tzinfo=None).strftime("%H:%M:%S")
            )
        except ValueError:
            raise ValidationError({"clock": "Write the time of day as 14:02 or 14:02:11."}) from None
    if (name := given.get("source")) in ("auto", None):
        given.pop("source", None)
    elif name not in sources.registered():
        raise ValidationError({"source": f"There is no source “{clean_line(str(name), limit=40)}”. Known: {', '.join(sources.registered())}."})
    if mapping := given.get("mapping"):
        if not isinstance(mapping, dict):
            raise ValidationError({"mapping": "Give the mapping as column name and field."})
        given["mapping"] = {clean_text(str(column), limit=200): clean_text(str(field), limit=40) for column, field in list(mapping.items())[:200]}
    return given


def read_options(options: dict[str, Any]) -> ReadOptions:
    day = options.get("date")
    return ReadOptions(
        time_zone=options.get("time_zone", ""),
        date=date.fromisoformat(day) if day else None,
        mapping=options.get("mapping") or {},
        encoding=options.get("encoding", ""),
        clock=options.get("clock", ""),
        received=datetime.fromisoformat(options["received"]) if options.get("received") else None,
    )


def payload_of(file: BinaryIO, name: str) -> Payload:
    """Return what a file holds, taken out of what is around it. Raises SourceError when that is broken."""
    try:
        file = unwrapped(file)
    except WrappingError as error:
        raise SourceError(str(error)) from None
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    return Payload(file=file, name=name, size=size, head=head)


def source_for(payload: Payload, options: dict[str, Any]) -> Source:
    """Return the stated source, or the one that is surest. Raises SourceError."""
    if name := options.get("source"):
        return sources.named(name)
    try:
        return sources.detect(payload)
    except FAULTS:
        log.exception("A source failed to look at a file")
        raise SourceError("This file cannot be read.") from None


def items(source: Source, payload: Payload, options: dict[str, Any]) -> Iterator[Item]:
    """Read the payload. Raises SourceError and nothing else that a file can cause."""
    payload.file.seek(0)
    try:
        yield from source.read(payload, read_options(options))
    except FAULTS:
        log.exception("Source %s failed on a file", source.name)
        raise SourceError(f"This file cannot be read as {source.label}.") from None


def look(file: BinaryIO, name: str, options: dict[str, Any] | None = None, *, lenient: bool = False) -> Look:
    """Say what a file is, from its first items. Raises SourceError when it is none that can be read, ValidationError for options.

    `lenient` lets a table pass whose columns are not understood: a person can say what they mean.
    """
    given = clean_options(options)
    payload = payload_of(file, clean_line(name, limit=255))
    if payload.size == 0:
        raise SourceError("The file is empty.")
    source = source_for(payload, given)
    report, events, needs = Report(), 0, ""
    understood, columns, _ = known_columns(source, payload, given)
    try:
        for number, item in enumerate(items(source, payload, understood)):
            if isinstance(item, IncidentDraft):
                report.note_incident(item)
            elif isinstance(item, EventDraft):
                events += 1
                needs = needs or item.needs
            if number >= LOOK:
                break
    except SourceError:
        if not (lenient and columns):
            raise
    file.seek(0)
    about = dict(report.incident)
    about |= {name: tuple(about[name]) for name in ("services", "labels") if name in about}
    return Look(source, IncidentDraft(**about), events, needs)


def columns_of(source: Source, payload: Payload, options: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what each column is taken for, as guessed and as a person corrected it."""
    if source.guess is None:
        return []
    payload.file.seek(0)
    mapping = options.get("mapping") or {}
    try:
        columns = source.guess(payload)[:MAX_COLUMNS]
    except (SourceError, *FAULTS):
        return []
    finally:
        payload.file.seek(0)
    return [{"name": each.name, "field": mapping.get(each.name, each.field), "samples": [text[:80] for text in each.samples[:3]]} for each in columns]


def known_columns(source: Source, payload: Payload, options: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
    """Return the options to read with, what each column is taken for, and the saved mapping that said so: it holds unless the options have their own."""
    columns = columns_of(source, payload, options)
    saved = mappings.saved_for(source.name, [column["name"] for column in columns]) if columns and not options.get("mapping") else None
    if saved is None:
        return options, columns, {}
    columns = [{**column, "field": saved.fields[column["name"]]} for column in columns]
    return {**options, "mapping": saved.fields}, columns, {"id": saved.pk, "name": saved.name}


def first_line(file: BinaryIO) -> str:
    """Return the heading of a pasted text, if its first line is one."""
    file.seek(0)
    line = file.readline(400).decode("utf-8", "replace").strip()
    file.seek(0)
    return clean_line(line.lstrip("# ")) if line.startswith("#") else ""


def receive(*, actor: Actor, incident: Incident, file: Any, name: str, channel: str, options: dict[str, Any] | None = None) -> Delivery:
    """Keep what came in and ask for its import. Raises ValidationError when it is empty, too large or the options are none."""
    given = clean_options(options)
    limit = COMMAND_LIMIT if channel == Delivery.Channel.COMMAND else UPLOAD_LIMIT
    try:
        stored = storing.keep(file, limit=limit)
    except storing.TooLarge as error:
        raise ValidationError({"file": str(error)}) from None
    if stored.size == 0:
        raise ValidationError({"file": "The file is empty."})
    with transaction.atomic():
        delivery = Delivery.objects.create(
            incident=incident,
            channel=channel,
            file_name=clean_line(name, limit=255),
            sha256=stored.sha256,
            size=stored.size,
            stored_as=stored.name,
            options=given,
            received_by=actor if isinstance(actor, User) else None,
        )
        AuditEvent.record(actor, "delivery received", incident.reference, delivery=delivery.pk, sha256=stored.sha256, size=stored.size, channel=channel)
        jobs.enqueue("import", delivery.pk)
    return delivery


def earlier(incident: Incident, sha256: str) -> Delivery | None:
    """Return the imported delivery of the same bytes on this incident, if there is one."""
    return Delivery.objects.filter(incident=incident, sha256=sha256, state=State.IMPORTED).order_by("-pk").first()


@transaction.atomic
def replay(*, actor: Actor, delivery: Delivery, options: dict[str, Any] | None = None) -> Delivery:
    """Read the kept bytes again, with other options if any are given. What was imported stays shown: it is read as a new delivery."""
    given = clean_options(delivery.options if options is None else {**delivery.options, **options})
    current = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if current.state == State.IMPORTED:
        same = ("incident_id", "endpoint_id", "channel", "file_name", "sha256", "size", "stored_as", "facts", "decision")
        person = actor if isinstance(actor, User) else None
        current = Delivery.objects.create(**{name: getattr(current, name) for name in same}, options=given, received_by=person)
    elif current.state != State.IMPORTING:
        Delivery.objects.filter(pk=current.pk).update(state=State.RECEIVED, options=given, source="", report={}, progress=0, finished_at=None)
    AuditEvent.record(actor, "delivery read again", f"INC-{current.incident_id}", delivery=current.pk, of=delivery.pk)
    jobs.enqueue("import", current.pk)
    current.refresh_from_db()
    return current


@jobs.handles("import")
def import_delivery(delivery_id: int) -> None:
    """Do the import, or finish what an earlier try left."""
    delivery = Delivery.objects.select_related("incident").filter(pk=delivery_id).first()
    if delivery is None or delivery.incident is None:
        return
    if delivery.state in (State.RECEIVED, State.IMPORTING):
        Delivery.objects.filter(pk=delivery.pk, state=State.RECEIVED).update(state=State.IMPORTING)
        report = Report()
        try:
            with storing.opened(delivery.stored_as, delivery.options.get("wrapping", "")) as file:
                payload = payload_of(file, delivery.file_name)
                source = source_for(payload, delivery.options)
                if delivery.source != source.name:
                    delivery.source = source.name
                    Delivery.objects.filter(pk=delivery.pk).update(source=source.name)
                options, report.columns, report.mapping = known_columns(source, payload, delivery.options)
                while not finish(read_into(delivery, source, payload, options), delivery, report):
                    log.info("Delivery %s is read again: an import that shared its events was refused meanwhile", delivery.pk)
        except SourceError as error:
            report.refuse(error)
            discard(delivery)
            close(delivery, State.REFUSED, report)
        except FileNotFoundError:
            raise jobs.GiveUp("The stored file is gone; restore it from a backup and try again.") from None
        delivery.refresh_from_db()
    if delivery.state == State.IMPORTED:
        fusing.refresh(incident=delivery.incident)
        remeasure(incident=delivery.incident)  # outside the import's transaction: it reads all events; a crash before it is made good by the retry


def read_into(delivery: Delivery, source: Source, payload: Payload, options: dict[str, Any]) -> Batches:
    """Read the file into batches until what is stored is what was read: once, or again when another import was at the same events."""
    stored = TimelineEvent.objects.filter(incident=delivery.incident_id, source=source.name)
    fresh = not stored.exists()
    for attempt in range(PASSES):
        batches = Batches(delivery, Report(), fresh=fresh)
        read(batches, source, payload, options)
        batches.settle_early()
        if batches.is_complete():
            return batches
        fresh = False
        time.sleep(0.1 * attempt)
    raise RuntimeError("Other imports of the same events do not come to rest.")


def read(batches: Batches, source: Source, payload: Payload, options: dict[str, Any]) -> None:
    report, limit = batches.report, event_limit(batches.delivery)
    for item in items(source, payload, options):
        if isinstance(item, EventDraft):
            if item.at is None:
                report.note_needs(item)
            else:
                report.note_placed(item)
                batches.add(item)
            if report.read + report.skipped > limit:
                raise SourceError(f"The file has more than {limit:,} events. Export a shorter time, or split it.", item.where)
        elif isinstance(item, Rejected):
            report.note_rejected(item)
        else:
            report.note_incident(item)
    batches.flush()
    if not report.read and not report.skipped:
        reason, where = report.why_none()
        raise SourceError(f"No event was found in this file. {reason}".strip(), where)


def event_limit(delivery: Delivery) -> int:
    return HARD_EVENT_LIMIT if delivery.channel == Delivery.Channel.COMMAND else min(settings.EVENT_LIMIT, HARD_EVENT_LIMIT)


def finish(batches: Batches, delivery: Delivery, about: Report) -> bool:
    """Show everything at once, or ask for what is missing. False when a row that another import had stored was taken away again."""
    report = batches.report
    report.columns, report.mapping = about.columns, about.mapping
    if report.needs_answer:
        close(delivery, State.NEEDS_ANSWER, report)
        return True

    def work() -> None:
        with transaction.atomic():
            Incident.objects.select_for_update().filter(pk=batches.incident_id).first()  # as curations do, which must not slip in between
            if not batches.settle():
                raise Disturbed
            close(delivery, State.IMPORTED, report)

    try:
        retried(work)
    except Disturbed:
        return False
    return True


class Disturbed(Exception):
    """Takes the finishing transaction back."""


def close(delivery: Delivery, state: str, report: Report) -> None:
    """Set the final state with the report, unless another worker did."""
    now = timezone.now()
    with transaction.atomic():
        fields = {"state": state, "report": report.as_json(), "progress": report.read, "finished_at": now}
        if Delivery.objects.filter(pk=delivery.pk, state=State.IMPORTING).update(**fields):
            AuditEvent.record(delivery.received_by, f"delivery {state}", f"INC-{delivery.incident_id}", delivery=delivery.pk, events=report.events())


def import_now(delivery: Delivery) -> Delivery:
    """Do the waiting import in this process, or wait for the worker that took it first."""
    job = Job.objects.filter(kind="import", object_id=delivery.pk).order_by("-pk").first()
    while job is not None:
        jobs.run(job.pk)
        job.refresh_from_db()
        if job.state in (Job.State.DONE, Job.State.DEAD):
            break
        time.sleep(0.5)
    delivery.refresh_from_db()
    return delivery
