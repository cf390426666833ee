"""Pure. The walk down a report, line by line: what stands open, which day and zone are in force, what a line adds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise

from incidents.lib.zones import zone_named
from incidents.sources.text import lead as leads
from incidents.sources.text import shapes
from incidents.sources.text.chat import STATUS, posted_below, speaker_line
from incidents.sources.text.document import Document
from incidents.sources.text.entry import Entry, entry_of
from incidents.sources.text.labels import label_of, span
from incidents.sources.text.lead import Lead
from incidents.sources.text.prose import NEXT
from incidents.sources.text.setting import HEADING, Setting, dated, occurred, title_day, zone_in

TRAILING_BAR = re.compile(r"(?<=[^|])\s*\|$")  # of a cell on a line of its own
HALVED = re.compile(r"\d:\d\d\s*[ap]\.?m\b", re.IGNORECASE)
LONGEST = 18_000  # characters of one entry's text


@dataclass
class Walk:
    """Each method below `line` knows one shape: it takes the line and returns True, or leaves it to the next."""

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

    def entries(self) -> list[Entry]:
        self.day, self.zone = self.state.day, self.state.zone
        self.first = next((offset for offset, line in enumerate(self.document.lines) if line.strip()), 0)
        posted = {start: (end, when) for start, end, when in posted_below(self.document.lines)}
        skip_to = -1
        for offset, line in enumerate(self.document.lines):
            if offset <= skip_to:
                continue
            if offset in posted and (at := leads.read(posted[offset][1])) and at.clock:
                skip_to = posted[offset][0]
                self.close()
                self.open(offset, at, "\n".join(each.strip() for each in self.document.lines[offset:skip_to] if each.strip()), keep_day=True)
                self.close()
            else:
                self.line(offset, line)
        if self.current is not None and self.open_row:
            self.current.text = shapes.once(self.current.text)
        self.close()
        timed = {id(entry) for entry, below in pairwise(self.done) if entry.block == below.block and below.day in (None, entry.day)}
        return [entry for entry in self.done if id(entry) not in self.days or (entry.text and id(entry) not in timed)]

    def line(self, offset: int, line: str) -> None:
        if self.row_goes_on(line) or self.nothing(line) or self.heading(offset, line) or self.excluded or self.row(offset, line):
            return
        self.at = leads.read(line)
        if self.at and self.at.clock and NEXT.match(self.at.rest):
            return
        known: tuple[Callable[[int, str], bool], ...] = (
            self.speech_goes_on,
            self.keyed,
            self.timed,
            self.whole_day,
            self.day_line,
            self.notice,
            self.labelled,
            self.speech,
            self.titled,
        )
        if not any(shape(offset, line) for shape in known):
            self.text(line)

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

    def row_goes_on(self, line: str) -> bool:
        if not self.open_row or self.current is None:
            return False
        row = shapes.row_lead(shapes.cells_of(line), self.columns) if line.lstrip().startswith("|") else None
        if row is None and not shapes.ALL_TIMES.match(line):
            self.append(line)
            return True
        self.current.text = shapes.once(self.current.text)
        self.open_row = row is not None
        return False

    def append(self, line: str) -> None:
        if self.current is not None and len(self.current.text) < LONGEST:
            self.current.text = f"{self.current.text}\n{TRAILING_BAR.sub('', line.strip())}"

    def nothing(self, line: str) -> bool:
        """Fences, blank lines and rules add nothing; a blank line ends an entry that has its text."""
        if shapes.FENCE.match(line):
            self.fenced, self.running = not self.fenced, False
            return True
        if not line.strip():
            self.blank, self.running = True, False
            if not self.below and self.current is not None and self.current.text:
                self.close()
            return True
        return False

    def heading(self, offset: int, line: str) -> bool:
        """A heading with a time is an entry whose text stands below; any other begins a list of its own."""
        heading = shapes.heading_of(line, self.following(offset))
        if shapes.RULE.match(line) and "|" not in line:
            return True
        if heading is None:
            return False
        self.columns = {}
        at = leads.read(heading)
        self.close()
        if at and at.clock and len(at.rest) <= 400 and not self.excluded:
            self.open(offset, at, at.rest)
            self.below = True
            return True
        if not self.excluded and (timed := shapes.time_after(heading)):
            self.open(offset, timed[1], timed[0])
            self.below = True
            return True
        self.below = False
        self.block += 1
        self.excluded = bool(shapes.NO_TIMELINE.match(heading.strip("*_ :0123456789.")))
        day = dated(heading, self.state.day_first, self.day or self.state.near)
        self.listed = bool(shapes.TIMELINE.search(heading)) or (self.listed and day is not None)
        if day and not self.is_title(offset, heading, day):
            self.day, self.excluded = day, False
        if day and self.listed and at and at.date and not at.rest:  # the text below may be all that is told of the day
            self.days.add(id(self.open(offset, at, "")))
            self.below = True
        self.zone = zone_in(heading) or self.zone
        return True

    def is_title(self, offset: int, heading: str, day: date) -> bool:
        """Say whether a heading is the report's title whose day, without a year, is the one after that of the first sentence that states day and time."""
        if offset != self.first or self.state.day is None or re.search(r"\d{4}", heading) or abs((day - self.state.day).days) > 1:
            return False
        return occurred(self.document.lines[:80], self.state.day_first) == self.state.day

    def row(self, offset: int, line: str) -> bool:
        in_table = self.columns or line.lstrip().startswith("|") or ("|" in (following := self.following(offset)) and shapes.RULE.match(following))
        if not (in_table and line.count("|") >= (1 if self.columns else 2)):
            return False
        cells = shapes.cells_of(line)
        if shapes.RULE.match(line):
            return True
        if header := shapes.columns_of(cells):
            self.columns = header
            self.zone = zone_in(" ".join(f"({cell})" if zone_named(cell) else cell for cell in cells)) or self.zone
            return True
        if "example" in self.columns:
            return True
        self.close()
        if not self.columns and sum(map(bool, cells)) == 2 and len(cells) == 2 and (shapes.PLANNED.match(cells[0]) or self.labelled(offset, ": ".join(cells))):
            return True
        if row := shapes.row_lead(cells, self.columns) or (shapes.day_row(cells, self.columns) if self.listed else None):
            lead, rest = row
            entry = self.open(offset, lead, rest)
            entry.actor = cells[self.columns["actor"]].strip("*_") if self.columns.get("actor", len(cells)) < len(cells) else ""
            self.below = not rest  # the text follows below, as in exported status pages
            self.open_row = not rest and bool(self.columns)
            if rest:
                self.close()
        elif (at := next((at for cell in cells if (at := leads.read(cell))), None)) and at.date and len(at.rest) < 12 and sum(map(bool, cells)) == 1:
            self.day = dated(at.date, self.state.day_first, self.day or self.state.near) or self.day  # a row for the day alone
            self.block += 1
        return True

    def as_before(self, at: Lead) -> bool:
        """Say whether the lines before began in the same way: with a clock of half a day and no mark."""
        return bool(HALVED.search(at.clock)) and sum(1 for entry in self.done[-3:] if HALVED.search(entry.lead.clock) and not entry.lead.marked) > 1

    def listed_spans(self, offset: int, at: Lead) -> bool:
        """Say whether a day with a range stands below a colon, or below another: "... on 2 occasions:", "October 29, 2009: 8:15am - 11:41am"."""
        above = self.document.lines[offset - 1].rstrip() if offset else ""
        return bool(
            at.date and at.end and (above.endswith(":") or (self.done or self.current) and (before := leads.read(above)) and before.date and before.end)
        )

    def keyed(self, offset: int, line: str) -> bool:
        """ "Time: 14:02 UTC" above "Event: ..."."""
        match, below = shapes.KEYED.match(line), shapes.KEY.match(self.following(offset))
        at = leads.read(line[match.end() :]) if match and below else None
        if at is None or not at.clock or at.end or at.rest:
            return False
        self.close()
        self.open(offset, at, "")
        self.below, self.blank, self.running = True, False, False
        return True

    def speech_goes_on(self, offset: int, line: str) -> bool:
        """A clock alone below what somebody said: the next message of the same person, in the same half of the day."""
        if self.current is None or not self.spoke or not (match := shapes.ALONE.fullmatch(line)):
            return False
        before = self.current
        half = match["half"] or (re.search(r"\s*[ap]\.?m\.?$", before.lead.clock, re.I) or [""])[0]
        clock = match["clock"] + half
        self.close()
        self.open(offset, Lead(clock=clock, zone=before.lead.zone, written=clock), "").actor = before.actor
        self.below = self.spoke = True
        return True

    def timed(self, offset: int, line: str) -> bool:
        at = self.at
        if (
            at is None
            or shapes.of_mail(at, self.document.lines[offset - 1] if offset else "")
            or not shapes.accepted(at, line, self.fenced, self.running and not self.as_before(at) and not self.listed_spans(offset, at))
            or NEXT.match(at.rest)
        ):
            return False
        if self.current is not None and self.pending and (not self.blank or shapes.BULLET.match(self.document.lines[self.current_at]) is None):
            self.current.text = f"{self.current.text}{self.pending}"
        self.close()
        entry = self.open(offset, at, at.rest)
        self.heads = self.heads_text(offset, at)
        self.below, self.blank, self.running = not at.rest or self.heads, False, False
        self.pending, self.current_at = "", offset
        if at.end and not at.rest:
            self.done += span(entry, self.document.lines[offset - 1].strip(" #*:") if offset else "")
            self.current = None
        return True

    def heads_text(self, offset: int, at: Lead) -> bool:
        """Say whether a few words after a time head the paragraph below: a status, or a shape that the time below repeats."""
        if at.marked or not at.rest or len(at.rest) > 60 or at.rest.endswith((".", "!", ":", ";")) or self.following(offset).strip():
            return False
        below = [line for line in self.document.lines[offset + 1 : offset + 12] if line.strip()]
        if not below or not is_text(below[0]) or len(below[0]) < len(at.rest):
            return False
        repeats = next((line for line in below[1:] if not is_text(line)), "")
        return bool(STATUS.match(at.rest)) or self.heads or bool((again := leads.read(repeats)) and again.clock and not again.marked and len(again.rest) <= 60)

    def notice(self, offset: int, line: str) -> bool:
        """A status or capitals, a time, and the text below."""
        below = next((text for text in self.document.lines[offset + 1 : offset + 3] if text.strip()), "")
        found = shapes.notice_of(line, below, title=offset == self.first)
        if found is None or self.fenced:
            return False
        self.close()
        self.open(offset, found[1], found[0])
        self.below, self.blank, self.running = True, False, False
        self.pending, self.current_at = "", offset
        return True

    def titled(self, offset: int, line: str) -> bool:
        """A short line alone that ends with a day: the day of the times below."""
        above = self.document.lines[offset - 1] if offset else ""
        below = self.following(offset)
        if above.strip() or below.strip() and not ((at := leads.read(below)) and at.clock):
            return False
        day = title_day(line, self.state.day_first)
        if day is None:
            return False
        self.close()
        self.day = day
        self.block += 1
        return True

    def whole_day(self, offset: int, line: str) -> bool:
        if self.at is None or not (self.listed or self.among(offset)) or not shapes.dated_entry(self.at) or (self.running and not self.at.marked):
            return False
        self.close()
        self.open(offset, self.at, self.at.rest)
        self.below = self.blank = self.running = False
        return True

    def among(self, offset: int) -> bool:
        """Say whether an item of a day stands in a list whose other items give day and time."""
        near = [at for line in self.document.lines[offset + 1 : offset + 4] if (at := leads.read(line)) and at.marked]
        return bool(self.at and self.at.marked and any(at.date and at.clock for at in near))

    def day_line(self, offset: int, line: str) -> bool:
        at = self.at
        if at is None or not at.date or at.clock or len(at.rest) >= 12:
            return False
        self.close()
        self.day = dated(at.date, self.state.day_first, self.day or self.state.near) or self.day
        self.block += 1
        self.running = False
        if leads.PREFIX.match(line) and not at.rest:  # "Update: 18 April 2022" above its text
            self.days.add(id(self.open(offset, at, "")))
            self.below, self.current_at = True, offset
        return True

    def labelled(self, offset: int, line: str) -> bool:
        found = label_of(line)
        if found is None:
            return False
        self.close()
        label, lead = found
        made = self.open(offset, lead, line.strip(" *-•#|\t"), keep_day=True)
        made.label = label
        if lead.end and label[1] == "impact_started":
            words = made.text
            first, *ends = span(made, "the impact")
            self.done += [replace(first, text=words), *ends]
            self.current = None
        self.close()
        return True

    def speech(self, offset: int, line: str) -> bool:
        said = speaker_line(line)
        at = leads.read(said[1]) if said else None
        if said is None or at is None:
            return False
        self.close()
        self.open(offset, at, "").actor = said[0]
        self.below, self.blank, self.running = True, False, False
        self.spoke = True
        return True

    def text(self, line: str) -> None:
        """Any other line: the open entry's text, a detail that may yet be its, or the end of it."""
        if self.current is not None:
            if shapes.QUESTION.fullmatch(line):
                self.close()
            elif not self.below and shapes.beside(self.document.lines[self.current_at], line):
                self.pending = f"{self.pending}\n{line.strip()}"[:LONGEST]
            elif self.below or not self.blank or line[:1] in " \t":
                self.append(line)
                self.current.text = self.current.text.strip()
            else:
                self.close()
        self.blank, self.running = False, True


def is_text(line: str) -> bool:
    """Say whether a line is running text: no time, no heading, no item of a list, no row."""
    at = leads.read(line)
    return not (at and at.clock) and not HEADING.match(line) and not shapes.BULLET.match(line) and not line.startswith("|")
