"""Pure. Whether dates such as 02/03/26 begin with the day, decided over a whole file that does not say so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from incidents.sources.drafts import ReadOptions
from incidents.sources.fields import ORDERS

COLUMN = "date"  # by this name a person says which it is, as of a table's column
PARTS = re.compile(r"(\d{1,4})[./-]\s?(\d{1,2})[./-]\s?(\d{1,4})")


def day_first(days: Iterable[str], options: ReadOptions) -> bool | None:
    """Decide by what a person said, dots, numbers above 12, dates that would lie in the future, and the order in which messages stand. None: it stays open."""
    if (chosen := options.mapping.get(COLUMN, "")) in ORDERS:
        return ORDERS[chosen]
    possible = {True, False}
    last: dict[bool, date | None] = {True: None, False: None}
    back = {True: 0, False: 0}
    before = ""
    for text in days:
        parts = PARTS.match(text) if text != before else None
        before = text
        if parts is None or len(parts[1]) == 4:
            continue
        if "." in parts[0]:
            return True
        for first in tuple(possible):
            day, earlier = _date(parts, first), last[first]
            if day is None or day > options.latest.date():
                possible.discard(first)
            else:
                back[first] += earlier is not None and day < earlier
                last[first] = day
        if len(possible) == 1:
            return possible.pop()
    if len(possible) == 2 and (back[True] == 0) != (back[False] == 0):
        return back[True] == 0
    return None


def _date(parts: re.Match[str], first: bool) -> date | None:
    one, two, year = int(parts[1]), int(parts[2]), int(parts[3])
    try:
        return date(year + 2000 if year < 100 else year, *((two, one) if first else (one, two)))
    except ValueError:
        return None
