"""Pure. From what a source found of an event or an incident to its draft: the time read, every text cleaned and cut, keys kept short.

`draft` makes one event and `about` one incident. What a reading of many adds, numbers and the leaving out of what was said already,
`Drafting`, `Drafts` and `in_order` add.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Required, TypedDict, Unpack

from incidents.lib.text import clean_line, clean_text
from incidents.lib.timestamps import Moment, TimeError, read_machine
from incidents.sources.base import Item
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError, tidy
from incidents.sources.envelopes import Found
from incidents.sources.json_stream import MAX_RAW
from incidents.sources.markup import plain
from incidents.sources.members import as_json, digest, link, string
from incidents.sources.words import kind_of

Raw = str | Mapping[str, Any]
Clock = Callable[[object, str, Any], Moment]  # reads a time in a zone, not later than another: `read_machine` or a vendor's own

TEXT, LINE = 20_000, 200  # characters
LABELS = 40
BY_HAND, CORRECTION = "Add it by hand where it belongs.", "Correct it, or add the event by hand."
SECOND = timedelta(seconds=1)
SAME_MOMENT = timedelta(minutes=1)  # a tool writes both times of one act: within this nobody stated another


class More(TypedDict, total=False):
    """What sources hand on to `draft`, which says what it means."""

    thread: str
    milestone: str
    recorded: Any
    revised: str
    timed: bool


class Said(More, total=False):
    kind: str
    rule: str
    salience: int
    advice: str


class Whole(Said, total=False):
    actor: str
    url: Any


class Placed(More, total=False):
    key: Required[str]
    where: Required[str]
    raw: Required[Raw]
    actor: str
    url: Any


def draft(
    stamp: Any,
    text: str,
    *,
    key: str,
    where: str,
    raw: Raw,
    options: ReadOptions,
    order: int = 0,
    kind: str = "message",
    rule: str = "",
    salience: int = 1,
    actor: str = "",
    url: Any = "",
    thread: str = "",
    milestone: str = "",
    recorded: Any = None,
    later: timedelta = SECOND,
    revised: str = "",
    received: Callable[[], Any] | None = None,
    dated: bool = False,
    timed: bool = False,
    advice: str = "",
    correction: str = "",
    clock: Clock = read_machine,
) -> EventDraft | Rejected:
    """Return the event that happened at `stamp`, or why there is none: with `advice` on a missing time, a `correction` of one that is none.

    What states no time happened when it was `received`, as its envelope or the options say; when it is `dated` and that is not known either, it needs a date, or takes
    that of the options. `timed` makes the second a part of the key: for what has no identity but what it says and when. What was `recorded` at another
    moment counts when it was that much `later`.
    """
    try:
        moment, is_arrival = _moment(stamp, options, received, dated, clock)
    except TimeError as error:
        return Rejected(where, f"{error} {correction}".strip())
    if not _stated(moment) and not dated:
        return Rejected(where, f"This has no time. {advice}".strip())
    if timed or is_arrival:
        key = f"{key}:{f'{moment.at:%Y%m%dT%H%M%S}' if moment.at else moment.local}"
    return placed(
        moment,
        text or rule,
        key=key or f"event:{order}",
        where=where,
        raw=raw,
        order=order,
        kind=kind,
        rule=rule,
        salience=salience,
        actor=actor,
        url=url,
        thread=thread,
        milestone=milestone,
        recorded=_recorded(recorded, moment, later, options, clock),
        revised=revised,
    )


def _moment(stamp: Any, options: ReadOptions, received: Callable[[], Any] | None, dated: bool, clock: Clock) -> tuple[Moment, bool]:
    """Return when it happened, and whether that is when it was received, for want of a time of its own. Raises TimeError."""
    moment, is_arrival = clock(stamp, options.time_zone, options.latest), False
    if not _stated(moment) and (received is not None or options.received):
        came = received() if received is not None else None
        moment = clock(came or (options.received and options.received.isoformat()), options.time_zone, options.latest)
        is_arrival = _stated(moment)
    if dated and not _stated(moment) and options.date is not None:
        moment = clock(options.date.isoformat(), options.time_zone or "UTC", options.latest)
    return moment, is_arrival


def placed(
    moment: Moment,
    text: str,
    *,
    key: str,
    where: str,
    raw: Raw,
    order: int,
    kind: str,
    rule: str,
    salience: int,
    actor: str = "",
    url: Any = "",
    thread: str = "",
    milestone: str = "",
    recorded: datetime | None = None,
    revised: str = "",
) -> EventDraft:
    """Return the event that happened at a moment, which needs a date when it is none."""
    return EventDraft(
        at=moment.at,
        text=clean_text(text, limit=TEXT).strip() or "(no text)",
        key=short_key(key),
        where=tidy(where, LINE),
        order=order,
        needs=moment.needs or ("" if moment.at else "date"),
        local=tidy(moment.local, 100),
        zone=moment.zone,
        zone_assumed=moment.zone_assumed,
        precision=moment.precision,
        kind=kind,
        rule=tidy(rule.strip(), 60),
        salience=salience,
        actor=clean_line(actor, limit=LINE),
        url=link(url),
        thread=short_key(thread),
        milestone=milestone,
        raw=clean_text((raw if isinstance(raw, str) else as_json(raw))[:MAX_RAW]) or "{}",
        recorded=recorded,
        revised=revised,
    )


def _stated(moment: Moment) -> bool:
    return moment.at is not None or bool(moment.needs)


def _recorded(stamp: Any, moment: Moment, later: timedelta, options: ReadOptions, clock: Clock) -> datetime | None:
    """Return when the event was written down, where that is another moment than its own."""
    try:
        written = stamp if isinstance(stamp, datetime) else clock(stamp, options.time_zone, options.latest).at if stamp else None
    except TimeError:
        return None
    return written if written and moment.at and abs(written - moment.at) >= later else None


def event(found: Found, options: ReadOptions, stamp: Any, *, text: str, key: str, at: str = "", **said: Unpack[Whole]) -> EventDraft | Rejected:
    """Draft the event that an object states at `stamp`, which stands in its member `at`."""
    return draft(stamp, text, key=key, where=f"{found.where}.{at}" if at else found.where, raw=found.raw, options=options, **said)


def about(
    title: str = "",
    summary: str = "",
    severity: str = "",
    services: Iterable[str] = (),
    url: Any = "",
    key: str = "",
    labels: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None,
) -> IncidentDraft:
    """Return what is said about the incident as a whole. What is empty or no text is left out."""
    return IncidentDraft(
        title=clean_line(title),
        summary=clean_text(summary.strip(), limit=TEXT),
        severity=clean_line(severity, limit=60),
        services=tuple(dict.fromkeys(clean_line(each, limit=LINE) for each in services if each)),
        url=link(url),
        key=short_key(key),
        labels=labels_of(labels.items() if isinstance(labels, Mapping) else labels or ()),
    )


def labels_of(facts: Iterable[tuple[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Return the labels by which a team routes, cleaned, without those that say nothing."""
    said = ((name, text) for name, value in facts if (text := string(value)))
    pairs = ((clean_line(str(name), limit=100), clean_line(text, limit=LINE)) for name, text in said)
    return tuple((name, value) for name, value in pairs if name and value)[:LABELS]


def short_key(key: str) -> str:
    """Return a key that is stored as it is: what is too long ends in a digest of the whole."""
    line = clean_line(key, limit=1000)
    return line if len(line) <= LINE else f"{line[:160]}:{digest(key)}"


class Reading:
    """One reading of a payload: `order` is how many events it has given."""

    def __init__(self, options: ReadOptions) -> None:
        self.options = options
        self.order = 0

    def at(self, stamp: Any) -> datetime | None:
        """Return a time that is of use but not worth a complaint."""
        try:
            return read_machine(stamp, self.options.time_zone, self.options.latest).at
        except TimeError:
            return None

    def second(self, stamp: Any) -> str:
        """Return a time as part of a key: the same however many fractions and whatever zone it is written with."""
        try:
            moment = read_machine(stamp, self.options.time_zone, self.options.latest)
        except TimeError:
            return ""
        return f"{moment.at:%Y%m%dT%H%M%S}" if moment.at else moment.local

    def apart(self, one: Any, other: Any) -> bool:
        """Tell whether two times are too far apart to be of one act: the tool wrote one of them, a person stated the other."""
        first, second = self.at(one), self.at(other)
        return bool(first and second and abs(first - second) >= SAME_MOMENT)


class Drafting(Reading):
    """Returns each draft, for sources that look at it before they yield it."""

    def event(
        self, stamp: Any, text: str, key: str, where: str, raw: Raw, *, actor: object = "", url: object = "", spoken: bool = False, **said: Unpack[Said]
    ) -> EventDraft | Rejected:
        """Return the draft, or why there is none. What is `spoken` by a person gets its kind from its words, when they say one."""
        if spoken and (read := kind_of(text)).rule:
            said["kind"], said["rule"], said["salience"] = read.kind, read.rule, read.salience
        made = draft(stamp, text, key=key, where=where, raw=raw, options=self.options, order=self.order + 1, actor=string(actor), url=url, **said)
        self.order += isinstance(made, EventDraft)
        return made


class Drafts(Reading):
    """Yields drafts, each key and each incident once: for sources whose deliveries tell the same thing again."""

    def __init__(self, options: ReadOptions) -> None:
        super().__init__(options)
        self.keys: set[int] = set()  # of a million events, hashes are a third of what the keys would take
        self.incidents: set[int] = set()

    def event(
        self, stamp: Any, text: str, *, rule: str, kind: str = "message", salience: int = 1, said: str = "", needed: bool = True, **more: Unpack[Placed]
    ) -> Iterator[Item]:
        """Yield the event, or why it cannot be read; nothing when it was yielded already, or has no time and needs none.

        `said` are a person's words, whose kind wins when they have one.
        """
        read = kind_of(said) if said else None
        if read is not None and read.rule and read.kind != "message":
            kind, rule, salience = read.kind, read.rule, max(read.salience, salience)
        if not needed and not self._states(stamp):
            return
        order = self.order + 1
        made = draft(stamp, text, rule=rule, kind=kind, salience=salience, options=self.options, order=order, advice=BY_HAND, correction=CORRECTION, **more)
        if isinstance(made, EventDraft):
            if hash(made.key) in self.keys:
                return
            self.keys.add(hash(made.key))
            self.order += 1
        yield made

    def _states(self, stamp: Any) -> bool:
        try:
            return _stated(read_machine(stamp, self.options.time_zone, self.options.latest))
        except TimeError:
            return True

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
        if identity not in self.incidents:
            self.incidents.add(identity)
            yield about(title, plain(summary), severity, services, url, key, labels)


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
