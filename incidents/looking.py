"""Reads. What a file is, before and while it is imported: its options, the source that reads it, what its columns are taken for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as time_of_day
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError

from incidents import mappings, sources
from incidents.intake_report import Report
from incidents.lib.text import clean_line, clean_text
from incidents.lib.wrapped_files import WrappingError, unwrapped
from incidents.lib.zones import zone_named
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, SourceError

log = logging.getLogger(__name__)
HEAD = 64 * 1024
MAX_COLUMNS = 100
KEPT = ("wrapping", "received")  # of a webhook: how its body was wrapped, and when it came
LOOK = 50  # items that a look at a file reads
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
