"""Pure. What of a section a comment can be about besides its text: a field, a row, a factor, an action item; and which row is which after rows changed.

A part is named by a key: "field:users_affected", "row:3" (its place in the stored rows, from 0), "factor:12", "action_item:34". Rows have no names
of their own, so a row is known again by what it says, as a passage of the text is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any
from zoneinfo import ZoneInfo

from postmortems import kinds

FIELD, ROW, FACTOR, ACTION = "field", "row", "factor", "action_item"
KEY = re.compile(r"(?:field:[a-z0-9_.]{1,60}|(?:row|factor|action_item):\d{1,15})(?::[0-9a-f]{8})?")
#: What stands for a part that is no longer there.
GONE = {FIELD: "a field", ROW: "a row", FACTOR: "a factor", ACTION: "an action item"}
#: Kinds of sections that show rows of their own in a table, with what these are to a comment.
ROWS_OF = {"factors": FACTOR, "actions": ACTION}
LONGEST = 1_000
#: How much of a row must still be what it was, how much of it is compared, and with how many others.
ALIKE, COMPARED, NEAREST = 0.5, 400, 8
UTC = ZoneInfo("UTC")

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Part:
    """One thing to comment on, with what people call it and what it says now. `seal` tells whether a row still says what a page showed."""

    key: str
    label: str
    words: str = ""
    seal: str = ""

    @property
    def value(self) -> str:
        """The key as a form sends it."""
        return f"{self.key}:{self.seal}" if self.seal else self.key


def kind_of(key: str) -> str:
    return key.partition(":")[0]


def number_of(key: str) -> int:
    """Return the place of a row, or the id of a factor or action item."""
    return int(key.split(":")[1])


def fields_in(section: kinds.Text, zone: ZoneInfo = UTC) -> list[Part]:
    return [Part(f"{FIELD}:{field.name}", field.label, kinds.fact_text(section, field, section.values, zone)[:LONGEST]) for field in kinds.asked_of(section)]


def rows_in(section: kinds.Text, zone: ZoneInfo = UTC) -> list[Part]:
    """Return the rows as they are stored; those of questions are called by their question."""
    columns = kinds.columns_of(section)
    if not columns:
        return []
    name, asks = kinds.row_name(section).capitalize(), kinds.shape_of(section) == "questions"
    found = []
    for place, row in enumerate(kinds.rows_of(section.values)):
        words = " · ".join(text for column, text in kinds.cells_of(columns, row, zone) if not (asks and column.name == "question"))
        label = row["question"] if asks and row.get("question") else f"{name} {place + 1}"
        found.append(Part(f"{ROW}:{place}", label, words[:LONGEST], seal_of(row)))
    return found


def seal_of(row: Mapping[str, Any]) -> str:
    return hashlib.sha256(content(row).encode()).hexdigest()[:8]


def content(row: Mapping[str, Any]) -> str:
    """Return all that a row says, wherever it hangs."""
    return "\n".join(f"{name}\t{text}" for name, text in sorted(row.items()) if name != "depth")


def find_row(rows: Rows, place: int, *, seal: str = "", quote: str = "") -> int | None:
    """Return where the row is that somebody meant: with this seal or these words in one of its cells, nearest to `place`; without either the one at `place`."""
    wanted = " ".join(quote.split())
    meant = [
        number
        for number, row in enumerate(rows)
        if (not seal or seal_of(row) == seal) and (not wanted or any(wanted in " ".join(str(text).split()) for text in row.values()))
    ]
    if not seal and not wanted:
        return place if place < len(rows) else None
    return min(meant, key=lambda number: abs(number - place), default=None)


# After the rows changed --------------------------------------------------------------------------------


def followed(before: Rows, after: Rows) -> dict[int, int]:
    """Return where each row went, by place; what is not named is gone.

    First those that say the same, then those that are much alike, then what was written anew between the same neighbours.
    """
    went: dict[int, int] = {}
    texts = [content(row) for row in before], [content(row) for row in after]
    places: dict[str, list[int]] = {}
    for number, text in enumerate(texts[1]):
        places.setdefault(text, []).append(number)
    for number, text in enumerate(texts[0]):
        if free := places.get(text):
            went[number] = free.pop(min(range(len(free)), key=lambda at: abs(free[at] - number)))
    for _ratio, number, place in alike(texts, went):
        if number not in went and place not in went.values():
            went[number] = place
    for number in range(len(before)):
        last = went.get(number - 1) if number else -1
        if number in went or last is None or last + 1 >= len(after) or last + 1 in went.values():
            continue
        place = last
        if went.get(number + 1, len(after) if number + 1 == len(before) else None) == place + 2:
            went[number] = place + 1
    return went


def alike(texts: tuple[Sequence[str], Sequence[str]], went: Mapping[int, int]) -> list[tuple[float, int, int]]:
    """Return pairs of rows that are left over and much alike, the most alike first."""
    old = [number for number in range(len(texts[0])) if number not in went]
    new = sorted(set(range(len(texts[1]))) - set(went.values()))
    found = []
    for number in old:
        for place in sorted(new, key=lambda at: abs(at - number))[:NEAREST]:
            ratio = SequenceMatcher(None, texts[0][number][:COMPARED], texts[1][place][:COMPARED], autojunk=False).ratio()
            if ratio >= ALIKE:
                found.append((ratio, number, place))
    return sorted(found, key=lambda pair: (-pair[0], pair[1], pair[2]))
