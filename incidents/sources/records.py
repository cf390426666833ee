"""Pure. What the sources of vendors' JSON share: taking files and envelopes apart, and making one draft of an event.

A vendor is a `Format`: the lists that hold its objects, what an object is (its shape), and who reads each shape.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from incidents.lib import strict_json
from incidents.lib.strict_json import JsonError
from incidents.lib.text import clean_line, clean_text
from incidents.lib.timestamps import Moment, TimeError, read_machine
from incidents.sources.base import Item, Payload
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError, tidy
from incidents.sources.json_stream import MAX_RAW, looks_like_json, read_nodes, sample
from incidents.sources.members import as_json, link, plain
from incidents.sources.words import kind_of

#: What stands around a vendor's objects: answers of an API, logged requests, rows of a raw table, messages of SNS.
WRAPPERS = ("data", "body", "Message", "payload", "request", "json")
SAME_MOMENT = timedelta(minutes=1)  # a tool writes both times of one act: within this nobody stated another

Reader = Callable[["Drafts", Mapping[str, Any], str, str], Iterator[Item]]


@dataclass(frozen=True)
class Format:
    """`shape` names what of the vendor's a value is, "" for nothing of it; `lists` are taken apart while the file is read."""

    lists: tuple[str, ...]
    shape: Callable[[Any], str]
    readers: Mapping[str, Reader]
    nothing: str  # what is said when there is no event, and what would be one
    wrappers: tuple[str, ...] = WRAPPERS
    silent: frozenset[str] = frozenset()  # shapes that stand beside what happened: no complaint about them, and no reason to claim a file


def certainty(payload: Payload, form: Format) -> int:
    """Return 95 when at least half of what the file begins with is the vendor's."""
    found = [(value, rest) for value, _, _, rest in _values(payload, form, look=True)]
    shapes = [{form.shape(each) for _, each in _unfolded(value, form)} for value, _ in found]
    known = [bool(each - form.silent - {""}) for each in shapes]
    count = sum(1 for (_, rest), ours, each in zip(found, known, shapes, strict=True) if ours or not (rest or each <= form.silent))
    return 95 if any(known) and sum(known) * 2 >= count else 0


def read_objects(payload: Payload, options: ReadOptions, form: Format) -> Iterator[Item]:
    """Yield what the readers of a format make of a file. Raises SourceError when there is no event and no incident in it."""
    drafts = Drafts(options)
    for value, where, raw, rest in _values(payload, form):
        if isinstance(value, JsonError):
            yield Rejected(where, value.message)
            continue
        for suffix, each in _unfolded(value, form):
            shape = form.shape(each)
            if shape in form.silent:
                continue
            if shape:
                spot = f"{where}{suffix}" if where != "the document" else suffix.lstrip(".") or where
                yield from form.readers[shape](drafts, each, spot, raw if not suffix else as_json(each))
            elif not rest:
                yield Rejected(f"{where}{suffix}", f"This is none of the objects read here. {form.nothing}")
    if not drafts.order and not drafts.incidents:
        raise SourceError(form.nothing)


def _values(payload: Payload, form: Format, look: bool = False) -> Iterator[tuple[Any, str, str, bool]]:
    """Yield value, place, text, and whether lists were taken out of it before; the value is an error when it cannot be read."""
    if looks_like_json(payload.head):
        for node in sample(payload, form.lists, 12) if look else read_nodes(payload, form.lists):
            yield JsonError(node.error) if node.error else node.value, node.where, node.raw, node.rest
    elif look:
        head = io.TextIOWrapper(io.BytesIO(payload.head), "utf-8", "replace", newline="")
        yield from ((value, "", "", False) for _, value, _ in json_cells(head) if not isinstance(value, JsonError))
    else:
        payload.file.seek(0)
        text = io.TextIOWrapper(payload.file, "utf-8-sig", "replace", newline="")
        try:
            yield from ((value, f"line {line}", raw, False) for line, value, raw in json_cells(text))
        finally:
            text.detach()


def json_cells(text: io.TextIOBase) -> Iterator[tuple[int, Any, str]]:
    """Yield line, value and text of the JSON in a table's `data` column; the value is an error when it cannot be read."""
    rows = csv.reader(text)
    try:
        header = next(rows, [])
        column = header.index("data") if "data" in header else -1
        if column < 0:
            return
        for row in rows:
            if len(row) <= column:
                continue
            try:
                yield rows.line_num, strict_json.loads(row[column]), row[column]
            except JsonError as error:
                yield rows.line_num, error, ""
    except csv.Error as error:
        yield rows.line_num, JsonError(f"The row cannot be read: {error}."), ""


def _unfolded(value: Any, form: Format, depth: int = 5) -> Iterator[tuple[str, Any]]:
    """Yield what an envelope holds, with where in it: the value itself when it has a shape or holds nothing that has one."""
    if depth and not form.shape(value):
        if isinstance(value, list):
            for number, each in enumerate(value):
                yield from ((f"[{number}]{suffix}", inner) for suffix, inner in _unfolded(each, form, depth - 1))
            return
        held: list[tuple[str, Any]] = []
        for key in dict.fromkeys((*form.lists, *form.wrappers)) if isinstance(value, dict) else ():
            inner = value.get(key)
            if isinstance(inner, str) and inner.lstrip()[:1] in ("{", "["):
                try:
                    inner = strict_json.loads(inner)
                except JsonError:
                    continue
            if isinstance(inner, (dict, list)) and inner:
                found = [(f".{key}{suffix}", each) for suffix, each in _unfolded(inner, form, depth - 1)]
                held += found if any(form.shape(each) for _, each in found) else []
        if held:
            yield from held
            return
    yield "", value


class Drafts:
    """Makes the drafts of one reading: counts the events, and gives each key and each incident once."""

    def __init__(self, options: ReadOptions) -> None:
        self.options = options
        self.order = 0
        self.keys: set[int] = set()  # of a million events, hashes are a third of what the keys would take
        self.incidents: set[int] = set()

    def event(
        self,
        stamp: Any,
        text: str,
        *,
        key: str,
        where: str,
        raw: str,
        rule: str,
        kind: str = "message",
        salience: int = 1,
        said: str = "",
        actor: str = "",
        url: str = "",
        thread: str = "",
        milestone: str = "",
        recorded: Any = None,
        revised: str = "",
        timed: bool = False,
        needed: bool = True,
    ) -> Iterator[Item]:
        """Yield the event, or why it cannot be read; nothing when it was yielded already, or has no time and needs none.

        `said` are a person's words, whose kind wins when they have one. `timed` makes the second a part of the key.
        """
        try:
            moment = self.moment(stamp)
        except TimeError as error:
            yield Rejected(where, f"{error} Correct it, or add the event by hand.")
            return
        if moment.at is None and not moment.needs:
            if needed:
                yield Rejected(where, "This has no time. Add it by hand where it belongs.")
            return
        if timed:
            key = f"{key}:{f'{moment.at:%Y%m%dT%H%M%S}' if moment.at else moment.local}"
        key = clean_line(key, limit=200)
        if hash(key) in self.keys:
            return
        self.keys.add(hash(key))
        read = kind_of(said) if said else None
        if read is not None and read.rule and read.kind != "message":
            kind, rule, salience = read.kind, read.rule, max(read.salience, salience)
        self.order += 1
        yield EventDraft(
            at=moment.at,
            text=clean_text(text, limit=20_000).strip() or rule,
            key=key or f"event:{self.order}",
            where=tidy(where, 200),
            order=self.order,
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
            thread=clean_line(thread, limit=200),
            milestone=milestone,
            raw=clean_text(raw[:MAX_RAW]),
            recorded=self.recorded(recorded, moment.at),
            revised=revised,
        )

    def incident(
        self,
        key: str,
        *,
        title: str = "",
        summary: str = "",
        severity: str = "",
        services: Iterable[str] = (),
        url: str = "",
        labels: Iterable[tuple[str, str]] = (),
    ) -> Iterator[Item]:
        """Yield what is said about the incident as a whole, the first time it is."""
        identity = hash((key or title, bool(title)))  # a delivery that only names its incident may come before one that describes it
        if identity in self.incidents:
            return
        self.incidents.add(identity)
        yield IncidentDraft(
            title=clean_line(title),
            summary=clean_text(plain(summary), limit=20_000),
            severity=clean_line(severity, limit=60),
            services=tuple(dict.fromkeys(clean_line(each, limit=200) for each in services if each)),
            url=link(url),
            key=clean_line(key, limit=200),
            labels=tuple((clean_line(name, limit=60), clean_line(value, limit=200)) for name, value in labels if name and value),
        )

    def moment(self, stamp: Any) -> Moment:
        return read_machine(stamp, self.options.time_zone, self.options.latest)

    def at(self, stamp: Any) -> datetime | None:
        """Return a time that is of use but not worth a complaint."""
        try:
            return self.moment(stamp).at
        except TimeError:
            return None

    def recorded(self, stamp: Any, at: datetime | None) -> datetime | None:
        written = self.at(stamp) if stamp else None
        return written if written and at and abs(written - at) >= timedelta(seconds=1) else None

    def apart(self, one: Any, other: Any) -> bool:
        """Tell whether two times are too far apart to be of one act: the tool wrote one of them, a person stated the other."""
        first, second = self.at(one), self.at(other)
        return bool(first and second and abs(first - second) >= SAME_MOMENT)


def nothing_of(drafts: Drafts, value: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    """The reader of what is the vendor's, but holds no event."""
    return iter(())
