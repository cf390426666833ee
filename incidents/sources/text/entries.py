"""Pure. Lines of a report -> the entries of its timeline."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from incidents.lib.zones import zone_named
from incidents.sources.text import lead as leads
from incidents.sources.text.chat import posted_below, speaker_line
from incidents.sources.text.document import Document
from incidents.sources.text.entry import Entry, entry_of
from incidents.sources.text.labels import front_matter, label_of, span, stated
from incidents.sources.text.lead import WEEKDAY, Lead
from incidents.sources.text.prose import NEXT, sentences
from incidents.sources.text.setting import HEADING, Setting, dated, zone_in

BOLD_LINE = re.compile(r"^\s*(?:\*\*|__)(?P<bold>[^*_]{1,120})(?:\*\*|__):?\s*$")
UNDERLINE = re.compile(r"^(?:={3,}|-{3,})\s*$")
RULE = re.compile(r"^[\s|:+=-]+$")
FENCE = re.compile(r"^\s*(?:```|~~~)")
BULLET = re.compile(r"^(?P<indent>\s*)(?:[-*+•‣▪◦·]|\d{1,3}[.)])\s+")
NO_TIMELINE = re.compile(
    r"^(?:action|follow|next step|to ?do|remediation|corrective|preventa?tive|references?|links?|see also|related|learning|lessons|contents|table of contents|glossary)",
    re.I,
)
TIMELINE = re.compile(r"\btime ?lines?\b|chronolog|(?:sequence|order|chain) of events|\bkey events|^events$|\bhistory\b|^log$|what happened", re.I)
COLUMNS = {
    "time": re.compile(r"^(?:start )?time\b|^when|^timestamp|^utc\b|^clock|time\s*\(|^hour", re.I),
    "date": re.compile(r"^date|^day", re.I),
    "actor": re.compile(r"^(?:who|actor|person|author|by|name|responder|user|engineer)\W*$", re.I),
}
QUESTION = re.compile(  # "How was it detected?" and "Root cause" head the next section
    r"(?:[A-Z]|\d{1,2}[.)] [A-Z])[^.:?]{8,110}\?|"
    r"(?:Root [Cc]auses?|Lessons|What went|Corrective|Action [Ii]tems|Follow[- ]?[Uu]ps?|Next [Ss]teps|Background|Analysis|Conclusions?|References|Post[- ]?[Mm]ortem|Resolution|Impact|Summary|Detection)\b[^.,;]{0,40}:?"
)
ALL_TIMES = re.compile(r"\s*[*-]\s+(?:all times are|\[send feedback)", re.IGNORECASE)
FEW = 2


def found(document: Document, state: Setting) -> list[Entry]:
    """Return the entries in the order of the document. Lists, tables, timed headings and labelled times first; sentences only where there are no such."""
    entries = list(structured(document, state))
    entries += stated(document, entries)
    entries += front_matter(document)
    entries.sort(key=lambda entry: entry.line)
    taken = {number for entry in entries for number in range(entry.line, entry.line + entry.text.count("\n") + 1)}
    prose = list(sentences(document, state, NO_TIMELINE))
    if sum(1 for entry in entries if entry.label is None) >= FEW:
        known = any(entry.label and entry.label[1] == "impact_started" for entry in entries)
        first = next((index for index, entry in enumerate(prose) if entry.label and entry.label[1] == "impact_started"), None)
        prose = [] if known or first is None else prose[first : first + 2]  # the impact and its end
    else:
        prose = [entry for entry in prose if entry.line not in taken or (entry.label and entry.label[1])]
    if len(prose) + len(entries) >= 2:
        entries = sorted(entries + prose, key=lambda entry: entry.line)
    started = [entry for entry in entries if entry.label and entry.label[1] == "impact_started"]
    for entry in started[1:]:
        entry.label = ("impact", "")  # an incident starts once
    zones = {entry.lead.zone for entry in entries if entry.lead.zone}
    if len(zones) == 1 and (zone := zones.pop()):  # said once, meant for all
        for entry in entries:
            entry.zone = entry.zone or zone
    return entries


def structured(document: Document, state: Setting) -> Iterator[Entry]:
    current: Entry | None = None
    heading_day, zone = state.day, state.zone
    excluded = fenced = False
    block = 0
    columns: dict[str, int] = {}
    blank = running = False  # running: the line before is text, but no entry of its own
    timed_heading = False
    listed = False  # under a heading that says that a timeline follows
    below = {start: (at, when) for start, at, when in posted_below(document.lines)}
    skip_to = -1
    open_row = False  # within a row of a table whose text goes on over the lines, headings and all
    pending, current_at = "", 0  # items without a time beside the entry's own: its details only when another entry follows
    for offset, line in enumerate(document.lines):
        number = document.numbers[offset]
        if offset <= skip_to:
            continue
        if offset in below and (at := leads.read(below[offset][1])) and at.clock:
            if current:
                yield current
                current = None
            skip_to = below[offset][0]
            text = "\n".join(each.strip() for each in document.lines[offset:skip_to] if each.strip())
            yield entry_of(number, at, text, state, heading_day, zone, block)
            continue
        if open_row and current is not None:
            row = row_lead([cell.strip() for cell in line.strip().strip("|").split("|")], columns) if line.lstrip().startswith("|") else None
            if row is None and not ALL_TIMES.match(line):
                current.text = f"{current.text}\n{line.strip()}" if len(current.text) < 18_000 else current.text
                continue
            current.text = once(current.text)
            open_row = row is not None
        if FENCE.match(line):
            fenced = not fenced
            continue
        if not line.strip():
            blank, running = True, False
            if not timed_heading and current is not None and current.text:
                yield current
                current = None
            continue
        following = document.lines[offset + 1] if offset + 1 < len(document.lines) else ""
        heading = heading_of(line, following)
        if RULE.match(line) and "|" not in line:
            continue
        if heading is not None:
            columns = {}
            at = leads.read(heading)
            if at and at.clock and len(at.rest) <= 200 and not excluded:
                if current:
                    yield current
                current = entry_of(number, at, at.rest, state, heading_day, zone, block)
                heading_day = current.day or heading_day
                timed_heading = True
                continue
            if current:
                yield current
                current = None
            timed_heading = False
            block += 1
            excluded = bool(NO_TIMELINE.match(heading.strip("*_ :0123456789.")))
            listed = bool(TIMELINE.search(heading)) or (listed and dated(heading, state.day_first, heading_day or state.near) is not None)
            if day := dated(heading, state.day_first, heading_day or state.near):
                heading_day, excluded = day, False
            zone = zone_in(heading) or zone
            continue
        if excluded:
            continue
        in_table = columns or line.lstrip().startswith("|") or ("|" in following and RULE.match(following))
        if in_table and "|" in line and line.count("|") >= (1 if columns else 2):
            if RULE.match(line):
                continue
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if header := columns_of(cells):
                columns = header
                zone = zone_in(" ".join(f"({cell})" if zone_named(cell) else cell for cell in cells)) or zone
                continue
            if current:
                yield current
                current = None
            if row := row_lead(cells, columns):
                lead, rest = row
                current = entry_of(number, lead, rest, state, heading_day, zone, block)
                current.actor = cells[columns["actor"]].strip("*_") if columns.get("actor", len(cells)) < len(cells) else ""
                heading_day = current.day or heading_day
                timed_heading = not rest  # the text follows below, as in exported status pages
                open_row = not rest and bool(columns)
                if rest:
                    yield current
                    current = None
            continue
        at_line = leads.read(line)
        if at_line and at_line.clock and NEXT.match(at_line.rest):
            continue
        inside_text = running
        if at_line and accepted(at_line, line, fenced, running) and not NEXT.match(at_line.rest):
            if current:
                if pending and (not blank or BULLET.match(document.lines[current_at]) is None):
                    current.text = f"{current.text}{pending}"
                yield current
            current = entry_of(number, at_line, at_line.rest, state, heading_day, zone, block)
            heading_day = current.day or heading_day
            timed_heading, blank, running = not at_line.rest, False, False
            pending, current_at = "", offset
            if at_line.end and not at_line.rest:
                yield from span(current, document.lines[offset - 1].strip(" #*:") if offset else "")
                current = None
            continue
        if at_line and listed and dated_entry(at_line) and not inside_text:
            if current:
                yield current
            current = entry_of(number, at_line, at_line.rest, state, heading_day, zone, block)
            heading_day = current.day or heading_day
            timed_heading, blank, running = False, False, False
            continue
        if (day_line := at_line) and day_line.date and not day_line.clock and len(day_line.rest) < 12:
            if current:
                yield current
                current = None
            heading_day = dated(day_line.date, state.day_first, heading_day or state.near) or heading_day
            block += 1
            running = False
            continue
        if labelled := label_of(line):
            if current:
                yield current
                current = None
            label, at_label = labelled
            made = entry_of(number, at_label, line.strip(" *-•#|\t"), state, heading_day, zone, block)
            made.label = label
            if at_label.end and label[1] == "impact_started":
                words = made.text
                made, *ends = span(made, "the impact")
                yield from (replace(made, text=words), *ends)
                continue
            yield made
            continue
        if (said := speaker_line(line)) and (spoken_at := leads.read(said[1])):
            if current:
                yield current
            current = entry_of(number, spoken_at, "", state, heading_day, zone, block)
            current.actor = said[0]
            heading_day = current.day or heading_day
            timed_heading, blank, running = True, False, False
            continue
        if current is not None and QUESTION.fullmatch(line):
            yield current
            current = None
        elif current is not None and beside(document.lines[current_at], line):
            pending = f"{pending}\n{line.strip()}"[:18_000]
        elif current is not None and (timed_heading or not blank or line[:1] in " \t"):
            current.text = f"{current.text}\n{line.strip()}".strip() if len(current.text) < 18_000 else current.text
        elif current is not None:
            yield current
            current = None
        blank, running = False, True
    if current:
        current.text = once(current.text) if open_row else current.text
        yield current


def once(text: str) -> str:
    """Return the text of a row that an export wrote in two columns, the same in both, once."""
    parts = dict.fromkeys(part.strip() for part in re.split(r"\n\|(?=\n)", text))
    return re.sub(r"\n{3,}", "\n\n", "\n\n".join(part for part in parts if part))


def beside(own: str, line: str) -> bool:
    """Say whether a line is an item of the same list as an entry's own line, no deeper than it."""
    first, second = BULLET.match(own), BULLET.match(line)
    return second is not None and len(second["indent"]) <= (len(first["indent"]) if first else 0)


def heading_of(line: str, following: str) -> str | None:
    if match := HEADING.match(line):
        return match["md"] if match["md"] is not None else match["title"]
    if match := BOLD_LINE.match(line):
        return match["bold"]
    if UNDERLINE.match(following) and len(line) < 120 and "|" not in line and not BULLET.match(line):
        return line.strip()
    return None


def accepted(lead: Lead, line: str, fenced: bool, inside: bool) -> bool:
    """Say whether a line that begins with a time is an entry, rather than a sentence or a number. `inside`: it goes on from running text."""
    halved = re.search(r"[ap]\.?m", lead.clock, re.I) and (lead.rest[:1].isdigit() or lead.rest.startswith(("http", "`", "@")))
    if inside and not lead.marked and not lead.parted and not lead.rest[:1].isupper() and not halved and not (not lead.rest and (lead.end or alone(line))):
        return False
    if lead.offset is not None:
        return bool(lead.rest) and (lead.marked or lead.written.startswith("T"))
    if not lead.clock or (fenced and not lead.date and not lead.marked and not re.match(r"\s*[\[(]?\d", line)):
        return False
    if lead.spoken and not lead.marked:
        return False  # "At 14:02 …" opens a sentence; `sentences` reads those
    if "." in lead.clock and ":" not in lead.clock and not re.search(r"[ap]\.?m", lead.clock, re.I) and not lead.zone and not lead.rest:
        return False
    return bool(lead.date or lead.zone) or not re.match(r"(?:%|ms\b(?!-)|seconds\b|minutes\b|hours\b|x\b)", lead.rest)


def alone(line: str) -> bool:
    """Say whether a time such as 17:21 is all that its line holds."""
    return bool(re.fullmatch(r"\s*\d\d:\d\d(?::\d\d)?\s*", line))


def dated_entry(lead: Lead) -> bool:
    """Say whether a line under a timeline's heading is an entry of a whole day: "- 5 February 2021: Disclosure"."""
    return bool(
        lead.date and not lead.clock and lead.rest and lead.parted and (lead.marked or not lead.spoken) and not WEEKDAY.fullmatch(lead.rest.strip("()*_ "))
    )


def columns_of(cells: list[str]) -> dict[str, int]:
    """Return where a header row says that time and date stand; empty when it is no header."""
    if any(re.search(r"\d{1,2}[:.]\d\d|\d{4}-\d\d", cell) for cell in cells):
        return {}
    names = {name: index for name, pattern in COLUMNS.items() for index, cell in reversed(list(enumerate(cells))) if pattern.search(cell.strip("*_ "))}
    return names


def row_lead(cells: list[str], columns: dict[str, int]) -> tuple[Lead, str] | None:
    """Return the time of a table's row and the text of its other cells."""
    order = [columns[name] for name in ("time", "date") if columns.get(name, 99) < len(cells)] if columns else range(min(3, len(cells)))
    lead, day, used = None, "", set()
    for index in dict.fromkeys([*order, *range(min(3, len(cells)))]):
        found = leads.read(cells[index])
        if found is None or len(found.rest) > (200 if index == columns.get("time") else 25):
            continue
        if found.clock and lead is None:
            lead = found
            used.add(index)
        elif found.date and not found.clock and not day:
            day = found.date
            used.add(index)
    if lead is None:
        return None
    if day and not lead.date:
        lead = replace(lead, date=day, written=f"{day} {lead.written}")
    rest = [cell for index, cell in enumerate(cells) if index not in used and cell and index != columns.get("actor")]
    return lead, " | ".join([lead.rest, *rest] if lead.rest else rest)
