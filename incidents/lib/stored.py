"""Pure. Values that are kept as text: how a moment, a day and an address are read back. Anything else is None."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

#: An address of the web, or one on this site.
ADDRESS = re.compile(r"https?://[^\s<>\"]+|/(?![/\\])[^\s<>\"]*")


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
