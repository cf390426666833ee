"""Pure. What a search gives, before and after its rows are loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from postmortems.models import SearchEntry

# Marks around a hit that cannot occur in stored text, as control characters are cleaned from it.
OPEN, CLOSE = "\x02", "\x03"
ELLIPSIS = " … "


@dataclass(frozen=True)
class Scope:
    """Where to search: what the actor may see, what is hidden from them, and what of the first the filters leave, if there are any."""

    visible: QuerySet[SearchEntry]
    hidden: QuerySet[SearchEntry]
    chosen: QuerySet[SearchEntry] | None


@dataclass(frozen=True)
class RawHit:
    entry_id: int
    title: str
    snippet: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a list of hits says about one post-mortem and its incidents: severity and times are of the main one. Services and severity come with key and name."""

    postmortem_id: int
    incident_id: int
    published_at: datetime
    started_at: datetime
    time_zone: str
    severity_key: str | None
    severity_name: str | None
    services: list[tuple[str, str]]
    tags: list[str]
    kind: str = "incident"
    related_ids: Sequence[int] = ()

    @property
    def reference(self) -> str:
        return f"PM-{self.postmortem_id}"

    @property
    def kind_name(self) -> str:
        """Empty for an incident: only what is not one is named."""
        return {"near_miss": "Near miss", "good_catch": "Good catch"}.get(self.kind, "")

    @property
    def related(self) -> list[str]:
        return [f"INC-{pk}" for pk in self.related_ids]

    @property
    def incident(self) -> str:
        return f"INC-{self.incident_id}"


@dataclass(frozen=True)
class Hit:
    """One found post-mortem; title and snippet are safe HTML with the found words in <mark>."""

    subject: Subject
    title: SafeString
    snippet: SafeString


@dataclass(frozen=True)
class Results:
    """A page of hits. `total` is counted to a bound: `total_is_bound` says that there are at least that many."""

    hits: list[Hit]
    total: int
    total_is_bound: bool = False


def highlighted(text: str) -> SafeString:
    """Return the engine's text as HTML: everything escaped, the marks as <mark>."""
    return mark_safe(str(escape(text)).replace(OPEN, "<mark>").replace(CLOSE, "</mark>"))  # noqa: S308 - escaped just before
