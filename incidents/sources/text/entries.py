"""Pure. Lines of a report -> the entries of its timeline."""

from __future__ import annotations

import re
from datetime import date

from incidents.sources.text.document import Document
from incidents.sources.text.entry import Entry
from incidents.sources.text.labels import front_matter, stated
from incidents.sources.text.lead import minutes_of
from incidents.sources.text.prose import sentences
from incidents.sources.text.setting import Setting
from incidents.sources.text.shapes import FENCE, NO_TIMELINE
from incidents.sources.text.story_days import FAILING
from incidents.sources.text.walk import Walk

FEW = 2
PARAGRAPH = re.compile(r"(?![-*+•▪#|>\[=<`(]|\d{1,2}[.)]\s)[^|\t]{60,}$")


def is_paragraph(line: str) -> bool:
    return bool(PARAGRAPH.match(line))


def fenced(document: Document) -> set[int]:
    """Return the numbers of the lines within code fences."""
    inside: set[int] = set()
    opened = False
    for number, line in zip(document.numbers, document.lines, strict=True):
        if FENCE.match(line):
            opened = not opened
        elif opened:
            inside.add(number)
    return inside


def is_span(prose: list[Entry]) -> bool:
    """Say whether these begin with the start and the end of what a summary calls the impact."""
    return len(prose) > 1 and prose[1].label == ("recovery", "") and prose[0].line == prose[1].line


def begins(told: Entry, entries: list[Entry], state: Setting) -> bool:
    """Say whether a sentence above a list states, with its day, an outage that is earlier than all of the list."""
    if not told.lead.date or told.day is None or told.lead.end or not FAILING.search(told.text) or told.line >= entries[0].line:
        return False
    stated = [(entry.day or entry.heading_day or state.day or date.max, minutes_of(entry.lead.clock) or 0) for entry in entries]
    return (told.day, minutes_of(told.lead.clock) or 0) < min(stated)


def found(document: Document, state: Setting) -> list[Entry]:
    """Return the entries in the order of the document. Lists, tables, timed headings and labelled times first; sentences only where there are no such."""
    entries = Walk(document, state).entries()
    entries += stated(document, entries)
    entries += front_matter(document)
    entries.sort(key=lambda entry: entry.line)
    taken = {number for entry in entries for number in range(entry.line, entry.line + entry.text.count("\n") + 1)}
    lines = dict(zip(document.numbers, document.lines, strict=True))
    prose = told_of = list(sentences(document, state, NO_TIMELINE))
    if sum(1 for entry in entries if entry.label is None) >= FEW:
        known = any(entry.label and entry.label[1] == "impact_started" for entry in entries)
        first = next((index for index, entry in enumerate(prose) if entry.label and entry.label[1] == "impact_started"), None)
        if first is None:
            first = next((index for index, entry in enumerate(prose) if entry.lead.end and entry.line < entries[0].line and is_span(prose[index:])), None)
        if first is None and not known:
            first = next((index for index, entry in enumerate(prose) if begins(entry, entries, state)), None)
        listed = {minutes_of(entry.lead.clock) for entry in entries}
        others = [entry for entry in prose if entry.line not in taken and minutes_of(entry.lead.clock) not in listed]
        fences = fenced(document)
        if len(others) >= FEW and all(entry.line in fences for entry in entries):
            prose = others  # the lists are excerpts of logs: the story is told around them
        elif len(others) > max(FEW, len(entries)) and all(is_paragraph(lines.get(entry.line, "")) for entry in entries):
            prose = others  # paragraphs, some of which happen to begin with their time
        else:
            prose = [] if known or first is None else prose[first : first + (2 if is_span(prose[first:]) else 1)]  # the impact and its end
    else:
        for only in [entry for entry in entries if entry.label is None]:
            if sum(only.line <= entry.line <= only.line + only.text.count("\n") for entry in prose) >= FEW:
                entries.remove(only)  # one update that tells the whole story
                taken -= set(range(only.line, only.line + only.text.count("\n") + 1))
        told = {entry.line for entry in entries if entry.label}
        prose = [entry for entry in prose if entry.line not in taken or (entry.label and entry.label[1] and entry.line not in told)]
    named = {(entry.day or entry.heading_day or state.day, minutes_of(entry.lead.clock)) for entry in entries if entry.label}
    prose = [entry for entry in prose if entry.label or (entry.day or entry.heading_day or state.day, minutes_of(entry.lead.clock)) not in named]
    if prose:
        entries = sorted(entries + prose, key=lambda entry: entry.line)
    started = [entry for entry in entries if entry.label and entry.label[1] == "impact_started"]
    for entry in started[1:]:
        entry.label = ("impact", "")  # an incident starts once
    zones = {entry.lead.zone for entry in entries if entry.lead.zone} or {entry.lead.zone for entry in told_of if entry.lead.zone}
    if len(zones) == 1 and (zone := zones.pop()):  # said once, meant for all
        for entry in entries:
            entry.zone = entry.zone or zone
    return entries
