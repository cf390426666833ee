"""Pure. What a source makes of a payload: frozen drafts, which only `intake.py` turns into rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from incidents.lib.text import clean_line


def tidy(value: str, limit: int) -> str:
    """Return a short field on one line, cleaned where it must be."""
    return value[:limit] if value.isascii() and value.isprintable() else clean_line(value, limit=limit)


@dataclass(frozen=True, slots=True)
class EventDraft:
    """One event as the evidence gives it.

    `at` is aware, or None when the evidence does not place it without help; `needs` then says what is missing
    ("date", "zone", "order" of day and month). `key` identifies the event within its source, the same on every reading of the same evidence:
    the vendor's id, or a hash of what identifies it. `order` is its position in the file, for events of one instant.
    """

    at: datetime | None
    text: str
    key: str
    where: str
    order: int = 0
    needs: str = ""
    local: str = ""  # the time as written
    zone: str = ""  # stated or assumed zone: an IANA name, "UTC", or an offset such as "+02:00"
    zone_assumed: bool = False
    precision: str = "second"  # second, minute, hour, day
    kind: str = "message"  # a value of models.Kind
    rule: str = ""  # what decided the kind: "log_entry type", "word: rolled back"
    salience: int = 1  # 0 noise, 1 normal, 2 key moment
    actor: str = ""
    url: str = ""
    thread: str = ""  # key of the event that opened the thread
    milestone: str = ""  # when the source itself states one: impact_started, detected, acknowledged, mitigated, resolved
    raw: str = ""  # the original as received, this event's part of it
    recorded: datetime | None = None  # when the source wrote it down, where that is another moment than `at`: "posted 15:10: began 14:02"
    revised: str = ""  # "edited" or "deleted" when the source says that this is not, or no longer, what was said first


@dataclass(frozen=True, slots=True)
class Rejected:
    """A part of the payload that is no event although it looks like one, and what to do about it."""

    where: str
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "where", tidy(self.where, 200))
        object.__setattr__(self, "reason", tidy(self.reason, 1000))


@dataclass(frozen=True, slots=True)
class IncidentDraft:
    """What the payload says about the incident as a whole; each field may be empty.

    `key` is the vendor's id of what the delivery is about (incident, alert group, dedup key): the same in every delivery about it.
    `labels` are the names and values by which a team routes ("team": "payments", "env": "prod").
    """

    title: str = ""
    summary: str = ""
    severity: str = ""
    services: tuple[str, ...] = ()
    url: str = ""
    key: str = ""
    labels: tuple[tuple[str, str], ...] = ()


def a_day_ahead() -> datetime:
    """The clock is read where options are made, not where times are."""
    return datetime.now(UTC) + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read what the payload leaves open. `mapping` is column or key name -> field ("" to leave it out), for tables
    and JSON; `encoding` is set for text that is not UTF-8: "cp1252"; `clock` is when a recording began on `date`: "14:02:11".
    """

    time_zone: str = ""
    date: date | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    encoding: str = ""
    clock: str = ""
    received: datetime | None = None  # when a webhook's body came: what happened in it and states no time happened then
    latest: datetime = field(default_factory=a_day_ahead)  # a later time is an error of the payload


class SourceError(Exception):
    """The payload is not what this source reads, or is broken. Says where and what to do; shown to the person as it is."""

    def __init__(self, message: str, where: str = "") -> None:
        self.message = tidy(message, 1000)
        self.where = tidy(where, 200)
        super().__init__(self.message)
