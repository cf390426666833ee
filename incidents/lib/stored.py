"""Pure. Values that are kept as text: how a moment is written, and how a moment, a day and an address are read back. Anything else is None."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from typing import Any, overload

#: An address of the web, or one on this site.
ADDRESS = re.compile(r"https?://[^\s<>\"]+|/(?![/\\])[^\s<>\"]*")


@overload
def iso(at: datetime, timespec: str = "auto") -> str: ...
@overload
def iso(at: datetime | None, timespec: str = "auto") -> str | None: ...
def iso(at: datetime | None, timespec: str = "auto") -> str | None:
    """Return a moment in UTC with a Z, none as none; `timespec` as in `datetime.isoformat`."""
    return at.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z") if at else None


def moment(value: Any) -> datetime | None:
    """Return a moment with its offset."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo else None


def day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def words(kind: str, value: Any, zone: tzinfo) -> str:
    """Return a "moment" or a "date" as people read it; empty where the value is none."""
    if kind == "moment" and (at := moment(value)):
        here = at.astimezone(zone)
        return f"{here.day} {here:%b %Y, %H:%M %Z}"
    if kind == "date" and (on := day(value)):
        return f"{on.day} {on:%b %Y}"
    return ""
