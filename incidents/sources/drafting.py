"""Pure. From what a source found of an event to its draft: the time read, the text cleaned, the events counted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from incidents.lib.text import clean_line, clean_text
from incidents.lib.timestamps import Moment, TimeError, read_machine
from incidents.sources.drafts import EventDraft, ReadOptions, Rejected, tidy
from incidents.sources.json_stream import MAX_RAW
from incidents.sources.values import digest, scalar
from incidents.sources.words import kind_of

Raw = str | Mapping[str, Any]


class Drafting:
    """Makes the drafts of one reading; `order` is how many it has made."""

    def __init__(self, options: ReadOptions) -> None:
        self.options = options
        self.order = 0

    def event(
        self,
        stamp: object,
        text: str,
        key: str,
        where: str,
        raw: Raw,
        *,
        kind: str = "message",
        rule: str = "",
        salience: int = 1,
        actor: object = "",
        url: object = "",
        thread: str = "",
        milestone: str = "",
        recorded: object = None,
        revised: str = "",
        spoken: bool = False,
    ) -> EventDraft | Rejected:
        """Return the draft, or why there is none. What is `spoken` by a person gets its kind from its words, when they say one."""
        try:
            moment = read_machine(stamp, self.options.time_zone, self.options.latest)
        except TimeError as error:
            return Rejected(where, str(error))
        if moment.at is None and not moment.needs:
            return Rejected(where, "This has no time.")
        if spoken and (read := kind_of(text)).rule:
            kind, rule, salience = read.kind, read.rule, read.salience
        self.order += 1
        link = scalar(url)
        return EventDraft(
            at=moment.at,
            text=clean_text(text.strip(), limit=20_000).strip() or "(no text)",
            key=short_key(key),
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
            actor=clean_line(scalar(actor), limit=200),
            url=clean_line(link, limit=1000) if link.startswith(("https://", "http://")) else "",
            thread=short_key(thread) if thread else "",
            milestone=milestone,
            raw=clean_text((raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False))[:MAX_RAW]) or "{}",
            recorded=self.recorded(recorded, moment),
            revised=revised,
        )

    def recorded(self, stamp: object, moment: Moment) -> datetime | None:
        """Return when the event was written down, where that is another moment than its own."""
        try:
            found = read_machine(stamp, self.options.time_zone, self.options.latest).at
        except TimeError:
            return None
        return found if found != moment.at else None

    def second(self, stamp: object) -> str:
        """Return a time as part of a key: the same however many fractions and whatever zone it is written with."""
        try:
            moment = read_machine(stamp, self.options.time_zone, self.options.latest)
        except TimeError:
            return ""
        return f"{moment.at:%Y%m%dT%H%M%S}" if moment.at else moment.local


def short_key(key: str) -> str:
    cleaned = clean_line(key, limit=1000)
    return cleaned if len(cleaned) <= 200 else f"{cleaned[:160]}~{digest(cleaned)}"


def labels_of(facts: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the labels by which a team routes, cleaned, without those that say nothing."""
    pairs = ((clean_line(name, limit=60), clean_line(value, limit=200)) for name, value in facts)
    return tuple((name, value) for name, value in pairs if name and value)
