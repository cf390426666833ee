"""Pure. What stands open on the way down a report: the entry whose text goes on, the day, zone and table in force."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from incidents.sources.text.document import Document
from incidents.sources.text.entry import Entry, entry_of
from incidents.sources.text.lead import Lead
from incidents.sources.text.setting import Setting

TRAILING_BAR = re.compile(r"(?<=[^|])\s*\|$")  # of a cell on a line of its own
LONGEST = 18_000  # characters of one entry's text


@dataclass
class Stand:
    """What a walk down a report has found, and what holds for the lines below."""

    document: Document
    state: Setting
    done: list[Entry] = field(default_factory=list)
    current: Entry | None = None  # open: the lines below may belong to it
    current_at: int = 0  # where its own line is
    pending: str = ""  # items without a time shapes.beside the entry's own: its details only when another entry follows
    day: date | None = None
    zone: str = ""
    block: int = 0
    columns: dict[str, int] = field(default_factory=dict)  # of the table that the walk is in
    excluded: bool = False  # under a heading such as "Action items"
    listed: bool = False  # under a heading that says that a timeline follows
    fenced: bool = False
    blank: bool = False
    running: bool = False  # the line before is text, but no entry of its own
    heads: bool = False  # the entry before is a heading without a mark: "09:15 UTC - Investigating" above a paragraph
    spoke: bool = False  # the open entry is what somebody said in a chat
    below: bool = False  # the open entry's text begins below its time
    open_row: bool = False  # within a row of a table whose text goes on over the lines, headings and all
    first: int = 0  # the first line that is not empty
    days: set[int] = field(default_factory=set)  # entries that a heading with a day began, and no more than that
    at: Lead | None = None  # the time that the line at hand begins with

    def open(self, offset: int, lead: Lead, text: str, *, keep_day: bool = False) -> Entry:
        """Begin an entry; the day it states holds for those below."""
        self.current = entry_of(self.document.numbers[offset], lead, text, self.state, self.day, self.zone, self.block)
        if not keep_day and lead.date:
            self.day = self.current.day or self.day
        return self.current

    def close(self) -> None:
        if self.current is not None:
            self.done.append(self.current)
        self.current = None
        self.spoke = False

    def following(self, offset: int) -> str:
        return self.document.lines[offset + 1] if offset + 1 < len(self.document.lines) else ""

    def append(self, line: str) -> None:
        if self.current is not None and len(self.current.text) < LONGEST:
            self.current.text = f"{self.current.text}\n{TRAILING_BAR.sub('', line.strip())}"
