"""The contract of a timeline source. A vendor is one module with one `Source`, listed in `settings.TIMELINE_SOURCES`.

`read` is a generator: it yields drafts in the order of the payload, in bounded memory, and rejected parts in between.
It raises SourceError when the payload as a whole cannot be read, and nothing else, whatever the bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected

Item = EventDraft | IncidentDraft | Rejected


@dataclass(frozen=True)
class Payload:
    """What came in. `file` is seekable and stands at its start whenever a source gets it; `name` is only ever a hint."""

    file: BinaryIO
    name: str
    size: int
    head: bytes  # the first 64 KiB


@dataclass(frozen=True)
class Column:
    """A column of a table or a key of objects, the field it was guessed to be ("" for none), and some of its values."""

    name: str
    field: str
    samples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """`detect` says how sure the source is that the payload is its own: 0 not at all, 100 certain; it may look at `file`
    but reads at most a megabyte of it and leaves it at its start."""

    name: str  # stable: stored with every event
    label: str  # for people
    detect: Callable[[Payload], int]
    read: Callable[[Payload, ReadOptions], Iterator[Item]]
    docs: str  # one sentence for docs/sources.md: what is read, and the vendor's page that defines it
    guess: Callable[[Payload], list[Column]] | None = None  # what each column is taken for; corrected by ReadOptions.mapping

    @property
    def asks_mapping(self) -> bool:
        return self.guess is not None
