"""Pure. For sources whose events are JSON objects: finding a vendor's objects within whatever is wrapped around them, and making drafts of them.

A source says by `shape_of` what of its vendor's an object is. Lists, pages, lines, logged requests, JSON within a text and
in the `data` column of a raw table are looked into; what is no object of the vendor in a list of them is rejected by its place.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents.lib import strict_json
from incidents.lib.strict_json import JsonError
from incidents.lib.text import clean_line, clean_text
from incidents.lib.timestamps import TimeError, read_machine
from incidents.sources.base import Item, Payload
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError, tidy
from incidents.sources.json_stream import MAX_RAW, Node, Path, looks_like_json, place, read_nodes, sample

INSIDE = 6  # levels of wrapping that are looked into
SEPARATORS = re.compile(r"[^a-z0-9]+")

ShapeOf = Callable[[dict[str, Any]], str]


@dataclass(frozen=True, slots=True)
class Found:
    """An object of the vendor: `shape` is what `shape_of` called it, `path` the keys and numbers that lead to it."""

    value: dict[str, Any]
    shape: str
    where: str
    path: Path
    text: str  # as received, where it stood alone

    @property
    def raw(self) -> str:
        return clean_text((self.text or as_json(self.value))[:MAX_RAW])


def found_in(payload: Payload, shape_of: ShapeOf, lists: Collection[str], vendor: str) -> Iterator[Found | Rejected]:
    """Yield the vendor's objects in the order of the payload, and what stands among them and is none."""
    for node in read_nodes(payload, lists) if looks_like_json(payload.head) else _cells(payload):
        if node.error:
            yield Rejected(node.where, node.error)
            continue
        yield from of_node(node, shape_of, vendor)


def of_node(node: Node, shape_of: ShapeOf, vendor: str) -> Iterator[Found | Rejected]:
    count = 0
    for each in _within(node.value, node, (), shape_of, INSIDE):
        count += 1
        yield each
    listed = bool(node.path) and isinstance(node.path[-1], int)
    if not count and not node.rest and (listed or node.line):
        yield Rejected(node.where, f"This is nothing that {vendor} writes, or it lacks what makes it an event.")


def certainty(payload: Payload, shape_of: ShapeOf, lists: Collection[str], marks: Collection[bytes], sure: int = 95) -> int:
    """Say how sure the shapes make a source: `sure` when at least half of the first objects are the vendor's.

    One of the `marks`, in small letters, stands near the start of all that is its own: what has none is not parsed.
    """
    head = payload.head.lower()
    if not any(mark in head for mark in marks):
        return 0
    hits = [(any(True for _ in _within(node.value, node, (), shape_of, INSIDE)), node.rest) for node in _first(payload, lists)]
    known = sum(hit for hit, _ in hits)
    return sure if known and known * 2 >= sum(hit or not rest for hit, rest in hits) else 0


def _first(payload: Payload, lists: Collection[str]) -> list[Node]:
    if looks_like_json(payload.head) or b"data" not in payload.head.split(b"\n", 1)[0]:
        return sample(payload, lists, 12)
    part = Payload(io.BytesIO(payload.head), payload.name, len(payload.head), payload.head)
    return [node for node in _cells(part) if not node.error][:12]


def _cells(payload: Payload) -> Iterator[Node]:
    """Yield the JSON in a table's `data` column, as raw layers of warehouses keep it."""
    payload.file.seek(0)
    text = io.TextIOWrapper(payload.file, "utf-8-sig", "replace", newline="")
    try:
        rows = csv.reader(text)
        header = next(rows, [])
        column = header.index("data") if "data" in header else -1
        for row in rows if column >= 0 else ():
            if len(row) > column:
                value = _parsed(row[column].strip())
                error = "" if isinstance(value, (dict, list)) else "There is no JSON in the column “data”."
                yield Node((), value, row[column].strip(), line=rows.line_num, error=error)
    except csv.Error as error:
        yield Node((), None, "", line=1, error=f"The table cannot be read: {error}.")
    finally:
        text.detach()


def _within(value: Any, node: Node, path: Path, shape_of: ShapeOf, depth: int) -> Iterator[Found]:
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, dict):
        if shape := shape_of(value):
            where = tidy(node.where if not path else f"{node.where}.{place(path)}" if node.path or node.line else place((*node.path, *path), node.page), 200)
            yield Found(value, shape, where, (*node.path, *path), "" if path else node.raw)
        elif depth:
            for key, each in value.items():
                if isinstance(each, (dict, list)) or isinstance(each, str) and each[:1] in ("{", "["):
                    yield from _within(each, node, (*path, key), shape_of, depth - 1)
    elif isinstance(value, list) and depth:
        for number, each in enumerate(value):
            if isinstance(each, (dict, list)) or isinstance(each, str) and each[:1] in ("{", "["):
                yield from _within(each, node, (*path, number), shape_of, depth - 1)


def _parsed(text: str) -> Any:
    """Return the JSON in a text, as queues and raw tables wrap it; the text itself when it is none."""
    if text[:1] not in ("{", "["):
        return text
    try:
        return strict_json.loads(text)
    except JsonError:
        return text


def event(
    found: Found,
    options: ReadOptions,
    stamp: Any,
    *,
    text: str,
    key: str,
    kind: str,
    rule: str,
    at: str = "",
    salience: int = 1,
    milestone: str = "",
    actor: str = "",
    url: str = "",
    thread: str = "",
    recorded: datetime | None = None,
    revised: str = "",
    advice: str = "",
) -> EventDraft | Rejected:
    """Draft the event that an object states at `stamp`, which stands in its member `at`. `advice` says what to do about a missing time."""
    where = tidy(f"{found.where}.{at}" if at else found.where, 200)
    try:
        moment = read_machine(stamp, options.time_zone, options.latest)
    except TimeError as error:
        return Rejected(where, str(error))
    if moment.at is None and not moment.needs:
        return Rejected(where, f"This has no time. {advice}".strip())
    return EventDraft(
        at=moment.at,
        text=clean_text(text.strip(), limit=20_000) or "Event",
        key=short_key(key),
        where=where,
        needs=moment.needs,
        local=tidy(moment.local, 100),
        zone=moment.zone,
        zone_assumed=moment.zone_assumed,
        precision=moment.precision,
        kind=kind,
        rule=tidy(rule, 60),
        salience=salience,
        actor=clean_line(actor, limit=200),
        url=link(url),
        thread=short_key(thread) if thread else "",
        milestone=milestone,
        raw=found.raw or "{}",
        recorded=recorded,
        revised=revised,
    )


def about(
    title: str,
    *,
    key: str,
    summary: str = "",
    severity: str = "",
    services: Collection[str] = (),
    url: str = "",
    labels: Collection[tuple[str, str]] = (),
) -> IncidentDraft:
    """Draft what an object says about the incident as a whole."""
    return IncidentDraft(
        title=clean_line(title),
        summary=clean_text(summary, limit=20_000),
        severity=clean_line(severity, limit=60),
        services=tuple(clean_line(each, limit=200) for each in services if each),
        url=link(url),
        key=short_key(key) if key else "",
        labels=tuple((clean_line(name, limit=100), clean_line(value, limit=200)) for name, value in labels if name and value)[:40],
    )


def in_order(items: Iterator[Item], nothing: str, *, alone: bool = False) -> Iterator[Item]:
    """Number the events; what each thing is about is said once. Raises SourceError(`nothing`) when there was no event.

    `alone`: one change of many says nothing about the whole, so what it is about is said only when there is no other.
    """
    count = 0
    reason = ""
    told: set[str] = set()
    only: IncidentDraft | None = None
    for item in items:
        if isinstance(item, EventDraft):
            count += 1
            object.__setattr__(item, "order", count)  # just made, not yet seen by anybody
        elif isinstance(item, IncidentDraft):
            if item.key in told or len(told) > 10_000:
                continue
            told.add(item.key)
            if alone:
                only = item if len(told) == 1 else None
                continue
        else:
            reason = reason or f"{item.where}: {item.reason}"
        yield item
    if not count:
        raise SourceError(f"{nothing} {reason}".strip())
    if only is not None:
        yield only


def short_key(key: str) -> str:
    clean = clean_line(key, limit=1000)
    return clean if 0 < len(clean) <= 200 else f"{clean[:150]}:{digest(key)}"


def link(url: str) -> str:
    return clean_line(url, limit=1000) if url.startswith(("https://", "http://")) else ""


def digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=10).hexdigest()


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def string(value: Any) -> str:
    """Return a text or a number as text, anything else as ""."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e22 else ""


def first(value: dict[str, Any], *keys: str) -> str:
    """Return the first of some members that says anything."""
    return next((text for key in keys if (text := string(value.get(key)))), "")


def number(value: Any) -> int:
    """Return a whole number, also out of a text; -1 for anything else."""
    text = string(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else int(value) if isinstance(value, float) and 0 <= value < 1e18 else -1


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def flattened(value: dict[str, Any], depth: int = 3) -> dict[str, str]:
    """Return templated members by their plain names: EVENT.ID, event_id and {"event": {"id": …}} are all "eventid"."""
    plain: dict[str, str] = {}
    for key, each in value.items():
        name = SEPARATORS.sub("", key.lower())
        if isinstance(each, dict) and depth:
            for inner, text in flattened(each, depth - 1).items():
                plain.setdefault(name + inner, text)
        elif text := string(each):
            plain.setdefault(name, text)
    return plain
