"""Writes. What came in is stored first, byte for byte; then it is read into events, as often as needed, with one effect.

`receive` keeps the bytes and the row, `import_delivery` is the job. It may be killed anywhere, run twice or twice at
once: batches are hidden until one short transaction finishes the delivery, and keys tell what is there already.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from incidents import fusing, jobs, storing
from incidents.access import Actor
from incidents.intake_report import Report
from incidents.intake_rows import Batches, discard, retried
from incidents.lib.text import clean_line
from incidents.looking import clean_options, items, known_columns, payload_of, source_for
from incidents.measuring import remeasure
from incidents.models import AuditEvent, Delivery, Incident, Job, TimelineEvent, User
from incidents.sources.base import Payload, Source
from incidents.sources.drafts import EventDraft, Rejected, SourceError

log = logging.getLogger(__name__)
State = Delivery.State
MEGABYTE = 1024 * 1024
UPLOAD_LIMIT = 50 * MEGABYTE
COMMAND_LIMIT = 2048 * MEGABYTE
HARD_EVENT_LIMIT = 1_000_000
PASSES = 5


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


@jobs.handles("import", on=Delivery)
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
