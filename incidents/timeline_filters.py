"""Pure. What a reader of a timeline asks for, from the address of the page and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Protocol
from urllib.parse import urlencode


class Listed(Protocol):
    """What a mapping of query parameters offers (QueryDict does)."""

    def getlist(self, key: str, /) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Filters:
    """What part of a timeline is asked for. Everything empty asks for all that is not hidden."""

    kinds: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    actor: str = ""
    text: str = ""
    key_only: bool = False
    with_hidden: bool = False
    day: date | None = None  # start here
    known: str = ""  # a moment: show what was known by then

    @property
    def in_use(self) -> int:
        """How many of who, kind, source and day narrow the timeline."""
        return sum(map(bool, (self.kinds, self.sources, self.actor, self.day)))

    def __bool__(self) -> bool:
        return bool(self.in_use or self.text or self.key_only)

    def query(self, **more: str) -> str:
        """Return the filters as a query string, for links that keep them."""
        pairs = [("kind", kind) for kind in self.kinds] + [("source", source) for source in self.sources]
        single = {"actor": self.actor, "q": self.text, "key": "1" if self.key_only else "", "hidden": "1" if self.with_hidden else ""}
        single |= {"day": self.day.isoformat() if self.day else "", "known": self.known} | more
        return urlencode(pairs + [(name, value) for name, value in single.items() if value])


def parse_filters(params: Listed, kinds: Iterable[str]) -> Filters:
    """Read the filters of a page's address. What is not understood is left out, never an error."""
    known = set(kinds)

    def word(name: str) -> str:
        return (params.getlist(name) or [""])[-1].replace("\x00", "").strip()

    return Filters(
        kinds=tuple(kind for kind in params.getlist("kind") if kind in known),
        sources=tuple(source.replace("\x00", "") for source in params.getlist("source") if source)[:20],
        actor=word("actor")[:100],
        text=word("q")[:200],
        key_only=word("key") == "1",
        with_hidden=word("hidden") == "1",
        day=parse_day(word("day")),
        known=word("known")[:40],
    )


def parse_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_moment(text: str, zone: tzinfo) -> datetime | None:
    """Read "2026-03-02T14:07", in the zone of the page unless it names its own; None for what is no moment."""
    try:
        at = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())  # a plus in an address arrives as a space
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two entries: what comes after (at, sequence, id)."""

    at: datetime
    sequence: int
    id: int

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC).strftime('%Y%m%dT%H%M%S.%f')}-{self.sequence}-{self.id}"


def parse_cursor(text: str) -> Cursor | None:
    """Return the place, or None when the text is none."""
    at, _, rest = text.partition("-")
    sequence, _, number = rest.partition("-")
    if not (text.isascii() and sequence.isdigit() and number.isdigit() and len(sequence) < 11 and len(number) < 19):
        return None
    try:
        return Cursor(datetime.strptime(at, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC), int(sequence), int(number))
    except ValueError:
        return None
