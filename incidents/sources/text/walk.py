"""Pure. The walk down a report, line by line: what stands open, which day and zone are in force, what a line adds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from itertools import pairwise

from incidents.sources.text import beside, shapes
from incidents.sources.text import lead as leads
from incidents.sources.text.chat import posted_below, speaker_line
from incidents.sources.text.entry import Entry
from incidents.sources.text.labels import span
from incidents.sources.text.lead import Lead
from incidents.sources.text.parts import PREFIX
from incidents.sources.text.prose import NEXT
from incidents.sources.text.rows import Rows
from incidents.sources.text.setting import dated, occurred, title_day
from incidents.sources.text.stand import LONGEST
from incidents.sources.text.stated_zone import headed_zone, zone_in


class Walk(Rows):
    """Each method below `line` knows one shape: it takes the line and returns True, or leaves it to the next."""

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
            self.told,
            self.speech,
            self.titled,
        )
        if not any(shape(offset, line) for shape in known):
            self.text(line)

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
        day = dated(at.date if at and at.date.isascii() and "-" in at.date else heading, self.state.day_first, self.day or self.state.near)
        self.listed = bool(shapes.TIMELINE.search(heading)) or (self.listed and day is not None)
        if day and not self.is_title(offset, heading, day):
            self.day, self.excluded = day, False
        if day and self.listed and at and at.date and not at.rest:  # the text below may be all that is told of the day
            self.days.add(id(self.open(offset, at, "")))
            self.below = True
        self.zone = zone_in(heading) or (headed_zone(heading) if shapes.TIMELINE.search(heading) else "") or self.zone
        return True

    def is_title(self, offset: int, heading: str, day: date) -> bool:
        """Say whether a heading is the report's title whose day, without a year, is the one after that of the first sentence that states day and time."""
        if offset != self.first or self.state.day is None or re.search(r"\d{4}", heading) or abs((day - self.state.day).days) > 1:
            return False
        return occurred(self.document.lines[:80], self.state.day_first) == self.state.day

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

    def goes_on_list(self, offset: int, at: Lead) -> bool:
        """Say whether a line below running text is nevertheless an entry, by what stands above and below it."""
        lines, is_open = self.document.lines, bool(self.done or self.current)
        if beside.as_before(self.done, at) or beside.listed_spans(lines, offset, at, is_open=is_open) or beside.in_column(lines, offset):
            return True
        above = self.current or (self.done[-1] if self.done else None)
        return above is not None and beside.alike(above.lead, at, lines[offset])

    def timed(self, offset: int, line: str) -> bool:
        at = self.at
        if (
            at is None
            or shapes.of_mail(at, self.document.lines[offset - 1] if offset else "")
            or not shapes.accepted(at, line, self.fenced, self.running and not self.goes_on_list(offset, at))
            or (self.running and not at.marked and beside.in_sentence(self.document.lines, offset))
            or NEXT.match(at.rest)
        ):
            return False
        if self.current is not None and self.pending and (not self.blank or shapes.BULLET.match(self.document.lines[self.current_at]) is None):
            self.current.text = f"{self.current.text}{self.pending}"
        self.close()
        entry = self.open(offset, at, at.rest)
        self.heads = beside.heads_text(self.document.lines, offset, at, as_above=self.heads)
        self.below, self.blank, self.running = not at.rest or self.heads, False, False
        self.pending, self.current_at = "", offset
        if at.end and not at.rest:
            self.done += span(entry, self.document.lines[offset - 1].strip(" #*:") if offset else "")
            self.current = None
        return True

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
        lines = self.document.lines
        if self.at is None or not self.at.date or self.at.clock:
            return False
        rowed = beside.among_days(lines, offset, self.at) or self.listed and beside.day_column(lines, offset, self.at)
        if not rowed:
            known = self.listed or beside.among_times(lines, offset, self.at)
            if not known or not shapes.dated_entry(self.at) or (self.running and not self.at.marked):
                return False
        self.close()
        self.open(offset, self.at, self.at.rest)
        self.below = self.blank = self.running = False
        return True

    def day_line(self, offset: int, line: str) -> bool:
        at = self.at
        if at is None or not at.date or at.clock or len(at.rest) >= 12:
            return False
        self.close()
        self.day = dated(at.date, self.state.day_first, self.day or self.state.near) or self.day
        self.block += 1
        self.running = False
        if not at.rest and (PREFIX.match(line) or self.listed and re.search(r"\d{4}", at.date)):  # "Update: 18 April 2022" above its text
            self.days.add(id(self.open(offset, at, "")))
            self.below, self.current_at = True, offset
        return True

    def told(self, offset: int, line: str) -> bool:
        """An item of a timeline whose time stands at its end: "- Pages sent out: 14:02"."""
        found = shapes.time_last(line) if self.listed and not self.fenced else None
        if found is None:
            return False
        self.close()
        self.open(offset, found[1], found[0])
        self.below = self.blank = self.running = False
        self.pending, self.current_at = "", offset
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
