"""Pure. Lines of a report -> the entries of its timeline, with what the document says about days and zones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from incidents.lib.timestamps import TimeError, read_date
from incidents.lib.zones import zone_named
from incidents.sources.text import lead as leads
from incidents.sources.text.document import Document
from incidents.sources.text.lead import Lead

HEADING = re.compile(r"^\s{0,3}(?:#{1,6}\s*(?P<md>.*?)\s*#*|(?P<wiki>={1,6})\s*(?P<title>.*?)\s*={1,6})\s*$")
BOLD_LINE = re.compile(r"^\s*(?:\*\*|__)(?P<bold>[^*_]{1,120})(?:\*\*|__):?\s*$")
UNDERLINE = re.compile(r"^(?:={3,}|-{3,})\s*$")
RULE = re.compile(r"^[\s|:+=-]+$")
FENCE = re.compile(r"^\s*(?:```|~~~)")
BULLET = re.compile(r"^(?P<indent>\s*)(?:[-*+•‣▪◦·]|\d{1,3}[.)])\s+")
ZONES = re.compile(
    r"\b(?:all\s+)?(?:times?|timestamps?|timeline|clock times?)\b[^.\n:]{0,40}?[\s(*]((?:UTC|GMT)\s?[+\-−]\d{1,2}(?::\d\d)?|[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+|[A-Z]{3,5})\b|"
    r"^\W*(?:time ?)?zone\W{1,6}([A-Za-z]+/[A-Za-z_]+|[A-Z]{2,5}\b(?:[+-]\d{1,2})?)|\(((?:UTC|GMT)(?:[+-]\d{1,2})?|PST|PDT|CES?T|BST|E[SD]T)\)",
    re.MULTILINE,
)
DATED = re.compile(
    r"^[\s*_#>•+-]*(?:incident\s+|outage\s+|event\s+)?(?:date|day|when|start(?:ed)?|period|occurred|dates?)\b[\s*_]*[:=|-]?[\s*_]*(?P<text>\S.{3,120})$",
    re.IGNORECASE,
)
STATED = re.compile(
    r"(?P<label>(?:incident |impact |outage |issue |event )?(?:began|started|start(?: time)?|begin|detected|first detected|time of detection|declared|incident declared|acknowledged|mitigated|repaired|resolved|ended|end(?: time)?))"
    r"\s*(?:at|on|:|=|\*\*:?|by)*\s*\**\s*(?P<when>\d{4}-\d\d-\d\d[ T]\d{1,2}:\d\d(?::\d\d)?)\**(?:\s*(?P<zone>UTC|GMT|Z|[A-Z]{3,4})\b)?",
    re.IGNORECASE,
)
LABELS = (  # label as people write it -> (kind, milestone)
    (re.compile(r"(?:impact|incident|outage|issue|event)?\s*(?:start(?:ed|s)?|began|begins?|onset)(?: time)?$", re.I), "impact", "impact_started"),
    (re.compile(r"(?:(?:first|incident|issue|time of|initially) )?(?:detect(?:ed|ion)|noticed|identified)(?: at| time)?$", re.I), "alert", "detected"),
    (re.compile(r"(?:incident )?acknowledged(?: at)?$", re.I), "acknowledgement", "acknowledged"),
    (re.compile(r"(?:incident )?(?:declared|opened)(?: at)?$", re.I), "status", ""),
    (re.compile(r"(?:incident |issue )?(?:mitigated|repaired|mitigation|contained)(?: at)?$", re.I), "mitigation", "mitigated"),
    (
        re.compile(r"(?:incident |issue |impact |outage )?(?:resolved|resolution|end(?:ed|s)?|fixed|closed|recovered)(?: at| time)?$", re.I),
        "resolution",
        "resolved",
    ),
)
LABELLED = re.compile(
    r"^[\s*_•+>|#-]*(?P<label>[A-Za-z][A-Za-z /()-]{2,40}?)\s*(?:\*\*|__)?\s*[:|=–-]?\s*(?:\*\*|__)?\s*(?=\d|~|\*|(?:mon|tue|wed|thu|fri|sat|sun)\w*\b)", re.I
)
NO_TIMELINE = re.compile(
    r"^(?:action|follow|next step|to ?do|remediation|corrective|preventa?tive|references?|links?|see also|related|learning|lessons|contents|table of contents|glossary)",
    re.I,
)
TIMELINE = re.compile(r"time ?line|chronolog|sequence of events|order of events|events|history|log\b|what happened|context|timetable", re.I)
NEXT = re.compile(r"\bnext update\b|\bupdate (?:is )?(?:expected|due|scheduled)\b|\bprovide (?:an|another) update\b", re.I)
COLUMNS = {"time": re.compile(r"^(?:start )?time\b|^when|^timestamp|^utc\b|^clock|time\s*\(|^hour", re.I), "date": re.compile(r"^date|^day", re.I)}
SENTENCE = re.compile(r"(?:(?<=[.!?])\s+(?=[A-Z])|\n{2,})")
DAY = re.compile(r"(?<!\d)(20\d\d)[-_./]?(0[1-9]|1[0-2])[-_./]?(0[1-9]|[12]\d|3[01])(?!\d)")
FEW = 3


@dataclass(slots=True)
class Entry:
    """One entry before it is placed: its own words, and what was in force where it stands."""

    line: int
    lead: Lead
    text: str
    day: date | None = None  # stated on the entry itself
    day_needs: str = ""
    heading_day: date | None = None  # the last day heading or earlier dated entry above
    zone: str = ""  # stated for the section or document
    label: tuple[str, str] | None = None  # kind and milestone that its label states
    block: int = 0  # entries of one list share it: the order of days is followed within


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for the document: its day, the order of day and month, its zone."""

    day: date | None = None
    zone: str = ""
    day_first: bool | None = None


def setting(document: Document, name: str) -> Setting:
    """Find the day and the zone the document states for all of it."""
    head = "\n".join(document.lines[:400])
    day_first = order_of_days(document.lines)
    day: date | None = None
    for key in ("date", "incident_date", "started", "start"):
        if key in document.front and day is None:
            day = dated(document.front[key][1], day_first)
    if day is None:
        for line in document.lines[:120]:
            if (match := DATED.match(line)) and (day := dated(match["text"], day_first)):
                break
    if day is None:
        titles = [document.front.get("title", (0, ""))[1], next((line for line in document.lines if line.strip()), ""), *headings(document.lines)[:3]]
        day = next((found for title in titles if (found := dated(title, day_first))), None)
    if day is None and (match := DAY.search(name)):
        day = safe_date(int(match[1]), int(match[2]), int(match[3]))
    return Setting(day, zone_in(head), day_first)


def headings(lines: list[str]) -> list[str]:
    return [match["md"] or match["title"] or "" for line in lines[:60] if (match := HEADING.match(line))]


def order_of_days(lines: list[str]) -> bool | None:
    """Tell from dates such as 29/2/2016 whether the day comes first; None when none says so."""
    first = second = 0
    for line in lines[:5000]:
        for match in re.finditer(r"(?<!\d)(\d{1,2})([/.-])(\d{1,2})\2\d{4}(?!\d)", line[:500]):
            first += int(match[1]) > 12
            second += int(match[3]) > 12
    return None if first == second else first > second


def dated(text: str, day_first: bool | None, near: date | None = None) -> date | None:
    try:
        found, needs = read_date(text[:160], day_first=day_first, near=near)
    except TimeError:
        return None
    return found if not needs or needs == "order" else None


def safe_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def zone_in(text: str) -> str:
    """Return the zone that a sentence such as "all times in UTC" states."""
    for match in ZONES.finditer(text[:40_000]):
        name = next(group for group in match.groups() if group)
        if zone_named(name) is not None:
            return name
    return ""


def found(document: Document, state: Setting) -> list[Entry]:
    """Return the entries in the order of the document. Lists, tables, timed headings and labelled times first; sentences only where there are no such."""
    entries = list(structured(document, state))
    entries += stated(document, entries)
    entries += front_matter(document)
    entries.sort(key=lambda entry: entry.line)
    if sum(1 for entry in entries if entry.label is None) < FEW:
        taken = {entry.line for entry in entries}
        prose = [entry for entry in sentences(document, state) if entry.line not in taken]
        if len(prose) + len(entries) >= 2:
            entries = sorted(entries + prose, key=lambda entry: entry.line)
    return entries


def structured(document: Document, state: Setting) -> Iterator[Entry]:
    current: Entry | None = None
    heading_day, zone = state.day, state.zone
    excluded = fenced = False
    block = 0
    columns: dict[str, int] = {}
    blank = running = False  # running: the line before is text, but no entry of its own
    timed_heading = False
    for offset, line in enumerate(document.lines):
        number = document.first + offset
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
            if day := dated(heading, state.day_first, heading_day or state.day):
                heading_day, excluded = day, False
            zone = zone_in(heading) or zone
            continue
        if excluded:
            continue
        if "|" in line and line.count("|") >= (1 if columns else 2):
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
            if at := row_lead(cells, columns):
                lead, rest = at
                current = entry_of(number, lead, rest, state, heading_day, zone, block)
                heading_day = current.day or heading_day
                timed_heading = not rest  # the text follows below, as in exported status pages
                if rest:
                    yield current
                    current = None
            continue
        at_line = leads.read(line)
        if at_line and accepted(at_line, line, fenced, running) and not NEXT.search(line[:200]):
            if current:
                yield current
            current = entry_of(number, at_line, at_line.rest, state, heading_day, zone, block)
            heading_day = current.day or heading_day
            timed_heading, blank, running = not at_line.rest, False, False
            if at_line.end and not at_line.rest:
                label = document.lines[offset - 1].strip(" #*:") if offset else ""
                yield from span(current, label)
                current = None
            continue
        if (day_line := at_line) and day_line.date and not day_line.clock and len(day_line.rest) < 12:
            if current:
                yield current
                current = None
            heading_day = dated(day_line.date, state.day_first, heading_day or state.day) or heading_day
            block += 1
            continue
        if labelled := label_of(line):
            if current:
                yield current
                current = None
            label, at_label = labelled
            made = entry_of(number, at_label, line.strip(" *-•#|\t"), state, heading_day, zone, block)
            made.label = label
            yield made
            continue
        if current is not None and (timed_heading or not blank or line[:1] in " \t"):
            current.text = f"{current.text}\n{line.strip()}".strip() if len(current.text) < 18_000 else current.text
        elif current is not None:
            yield current
            current = None
        blank, running = False, True
    if current:
        yield current


def span(entry: Entry, label: str) -> Iterator[Entry]:
    """Read a range without a text, such as the line below "Impact time": its start and its end."""
    impact = bool(re.search(r"impact|outage|incident|downtime", label, re.I))
    entry.text = f"{label} {entry.lead.written}".strip()
    entry.label = ("impact", "impact_started") if impact else None
    yield entry
    if (end := leads.read(entry.lead.end)) and end.clock:
        day = dated(end.date, None, entry.day or entry.heading_day) if end.date else entry.day
        made = replace(entry, lead=replace(end, written=end.written or end.clock, zone=entry.lead.zone), text=f"End of {label or 'it'}", day=day)
        made.label = ("recovery", "") if impact else None
        yield made


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
    if inside and not lead.marked and not lead.parted and not lead.rest[:1].isupper():
        return False
    if lead.offset is not None:
        return bool(lead.rest) and (lead.marked or lead.written.startswith("T"))
    if not lead.clock or (fenced and not lead.date and not lead.marked and not re.match(r"\s*[\[(]?\d", line)):
        return False
    if lead.spoken and not lead.marked:
        return False  # "At 14:02 …" opens a sentence; `sentences` reads those
    if "." in lead.clock and ":" not in lead.clock and not re.search(r"[ap]\.?m", lead.clock, re.I) and not lead.zone and not lead.rest:
        return False
    return not re.match(r"(?:%|ms\b|seconds?\b|minutes?\b|hours?\b|x\b)", lead.rest)


def entry_of(number: int, lead: Lead, text: str, state: Setting, heading_day: date | None, zone: str, block: int) -> Entry:
    day, needs = None, ""
    if lead.date:
        try:
            day, needs = read_date(lead.date, day_first=state.day_first, near=heading_day or state.day)
        except TimeError:
            needs = "date"
    return Entry(number, lead, text, day, needs, heading_day, lead.zone or zone, None, block)


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
    rest = [cell for index, cell in enumerate(cells) if index not in used and cell]
    return lead, " | ".join([lead.rest, *rest] if lead.rest else rest)


def label_of(line: str) -> tuple[tuple[str, str], Lead] | None:
    """Read "First detected 2020-08-14 10:43" and the like: a known label, then a time, then nothing much."""
    if len(line) > 160 or (match := LABELLED.match(line)) is None:
        return None
    lead = leads.read(line[match.end() :])
    if lead is None or not lead.clock or len(lead.rest) > 40:
        return None
    label = re.sub(r"\s*\(.*", "", match["label"]).strip(" *_")
    for pattern, kind, milestone in LABELS:
        if pattern.match(label):
            return (kind, milestone), lead
    return None


def stated(document: Document, known: list[Entry]) -> list[Entry]:
    """Read "Incident began at 2019-03-12 18:30 and ended at 2019-03-12 22:50 (all times are US/Pacific)"."""
    taken = {entry.line for entry in known}
    entries = []
    for offset, line in enumerate(document.lines[:200]):
        number = document.first + offset
        if number in taken or "20" not in line:
            continue
        for match in STATED.finditer(line[:600]):
            for pattern, kind, milestone in LABELS:
                if pattern.match(match["label"].strip()):
                    lead = leads.read(match["when"])
                    if lead:
                        near = " ".join(document.lines[offset : offset + 3])
                        zone = match["zone"] if match["zone"] and zone_named(match["zone"]) else zone_in(near.replace("**", ""))
                        made = Entry(number, replace(lead, zone=zone), match[0].replace("*", ""), dated(lead.date, None), "", None, zone, (kind, milestone), -1)
                        entries.append(made)
                    break
    return entries


def front_matter(document: Document) -> list[Entry]:
    """Read what status sites keep above the text: when it began and when it was resolved."""
    keys = {"date": ("impact", ""), "started": ("impact", "impact_started"), "start": ("impact", "impact_started")}
    keys |= {"resolvedwhen": ("resolution", "resolved"), "resolved_at": ("resolution", "resolved"), "end": ("resolution", "resolved")}
    if not {"resolvedwhen", "resolved_at", "started", "end"} & set(document.front):
        return []
    title = document.front.get("title", (0, ""))[1] or "The incident"
    entries = []
    for key, (kind, milestone) in keys.items():
        number, value = document.front.get(key, (0, ""))
        lead = leads.read(value)
        if lead and lead.clock:
            text = f"Resolved: {title}" if kind == "resolution" else title
            entries.append(Entry(number, lead, text, dated(lead.date, None), "", None, lead.zone, (kind, milestone), -1))
    return entries


def sentences(document: Document, state: Setting) -> Iterator[Entry]:
    """Read sentences that begin with their time, for reports that tell the timeline in prose."""
    paragraph: list[str] = []
    start = document.first
    heading_day = state.day
    for offset, line in enumerate([*document.lines, ""]):
        if line.strip() and not HEADING.match(line):
            if not paragraph:
                start = document.first + offset
            paragraph.append(line.strip())
            continue
        text = " ".join(paragraph)[:20_000]
        paragraph = []
        for sentence in SENTENCE.split(text):
            opening = re.sub(r"^(?:[A-Z][\w ]{2,30}:\s+)", "", sentence)
            lead = leads.read(opening)
            if lead is None or not lead.clock or not lead.rest or not (lead.spoken or lead.zone or lead.date) or NEXT.search(sentence[:200]):
                continue
            made = entry_of(start, lead, sentence.strip(), state, heading_day, state.zone, 0)
            heading_day = made.day or heading_day
            if lead.end and re.match(r"summary of impact", sentence, re.I):
                made.label = ("impact", "impact_started")
                yield made
                made = replace(made, lead=replace(lead, clock=lead.end.split()[-1], written=lead.end), text="End of the impact", label=("recovery", ""))
            yield made
