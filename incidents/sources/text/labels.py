"""Pure. Times that a report gives under a label or in its front matter: "Impact started: 14:02 UTC"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from incidents.lib.zones import zone_named
from incidents.sources.text import lead as leads
from incidents.sources.text.beside import is_planned
from incidents.sources.text.document import Document
from incidents.sources.text.entry import Entry
from incidents.sources.text.lead import Lead
from incidents.sources.text.parts import CLOCK, DATE
from incidents.sources.text.setting import dated
from incidents.sources.text.stated_zone import zone_in

STATES = r"(?P<label>(?:incident |impact |outage |issue |event )?(?:began|started|start(?: time)?|begin|detected|first detected|time of detection|declared|incident declared|acknowledged|mitigated|repaired|resolved|ended|end(?: time)?))"
STATED = re.compile(
    STATES + r"\s*(?:at|on|:|=|\*\*:?|by)*\s*\**\s*(?P<when>\d{4}-\d\d-\d\d[ T]\d{1,2}:\d\d(?::\d\d)?)\**(?:\s*(?P<zone>UTC|GMT|Z|[A-Z]{3,4})\b)?",
    re.IGNORECASE,
)
KEYED = re.compile(  # "Start time: Oct 22nd 2022 9:00 AM (EAT), end time: ..."
    STATES + rf"\s*\**[:=]\**\s*(?P<when>(?:{DATE.pattern}),?\s+(?:at\s+)?(?:{CLOCK.pattern})(?:\s*\(?[A-Z]{{3,4}}\b\)?)?)(?P<zone>)",
    re.IGNORECASE,
)
LABELS = (  # label as people write it -> (kind, milestone)
    (
        re.compile(r"(?:impact|incident|outage|issue|event|fault)?\s*(?:start(?:ed|s)?|began|begins?|onset|occur(?:s|red))(?: time| at)?$", re.I),
        "impact",
        "impact_started",
    ),
    (re.compile("(?:\u969c\u5bb3)?\u767a\u751f(?:\u65e5\u6642|\u6642\u523b)?$"), "impact", "impact_started"),
    (re.compile("\u691c\u77e5(?:\u65e5\u6642|\u6642\u523b)?$"), "alert", "detected"),
    (re.compile("(?:\u89e3\u6c7a|\u5fa9\u65e7)(?:\u65e5\u6642|\u6642\u523b)?$"), "resolution", "resolved"),
    (re.compile(r"(?:(?:first|incident|issue|fault|time of|initially) )?(?:detect(?:ed|ion)|noticed|identified)(?: at| time)?$", re.I), "alert", "detected"),
    (re.compile(r"(?:incident )?acknowledged(?: at)?$", re.I), "acknowledgement", "acknowledged"),
    (re.compile(r"(?:incident )?(?:declared|opened)(?: at)?$", re.I), "status", ""),
    (re.compile(r"(?:incident |issue )?(?:mitigated|repaired|mitigation|contained)(?: at)?$", re.I), "mitigation", "mitigated"),
    (
        re.compile(
            r"(?:incident |issue |impact |outage )?(?:time of )?(?:resolved|resolution|end(?:ed|s)?|stop(?:ped|s)?|fixed|closed|recovered)(?: at| time)?$", re.I
        ),
        "resolution",
        "resolved",
    ),
)
LABELLED = re.compile(  # spaces are never given back: the columns of a terminal's table, shared out between four of them, took half a second a line
    r"^[\s*_•+>|#-]*+(?P<label>[^\W\d_][^\W\d_ /()\u2013-]{1,40}?|[A-Za-z][A-Za-z /()\u2013-]{2,40}?)\s*+(?:\*\*|__)?\s*+[:|=–\uff1a-]?\s*+(?:\*\*|__)?\s*+(?=\d|~|\*|(?:from |between )|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)\w*\b)",
    re.I,
)
LENGTH = re.compile(r"[~\s]*\d[\d.,]*\s?(?:h|hrs?|hours?|m|mins?|minutes?)\b[^()]{0,30}\(\s*", re.IGNORECASE)  # "Duration: 2 hours (09:00 - 11:00)"
MOMENT = re.compile(r"(?:^|\s)dates?(?:\s*(?:/|&|and)\s*times?)?(?:\s+of)?(?=\s|$)", re.IGNORECASE)
PERIOD = re.compile(
    r"(?:(?:incident|outage|impact|disruption|downtime) )?(?:period|duration|window|time(?:s|frame| frame| period)?|downtime|outage|impact|when|start(?: time)? ?[-\u2013/] ?end(?: time)?)",
    re.I,
)


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


def label_of(line: str) -> tuple[tuple[str, str], Lead] | None:
    """Read "First detected 2020-08-14 10:43" and the like: a known label, then a time, then nothing much."""
    if len(line) > 160 or (match := LABELLED.match(line)) is None:
        return None
    length = LENGTH.match(line, match.end()) if PERIOD.fullmatch(match["label"].strip(" *_")) else None
    lead = leads.read(line[(length or match).end() :])
    rest = re.sub("[(\uff08][^()\uff08\uff09]*[)\uff09]", "", lead.rest) if lead else ""
    if (
        lead is None
        or not lead.clock
        or len(rest) > 40
        and not (lead.date and lead.parted and match["label"].strip(" *_").lower() in {"start", "started", "end", "ended"})
        or re.search(r"\d:\d\d", rest)
    ):
        return None
    label = re.sub(r"\s*\(.*", "", match["label"]).strip(" *_")
    if lead.end and PERIOD.fullmatch(label):
        return ("impact", "impact_started"), lead
    label = MOMENT.sub("", label).strip() or label  # "Start date/time", "Date and time detected"
    for pattern, kind, milestone in LABELS:
        if pattern.match(label):
            return (kind, milestone), lead
    return None


def stated(document: Document, known: list[Entry]) -> list[Entry]:
    """Read "Incident began at 2019-03-12 18:30 and ended at 2019-03-12 22:50 (all times are US/Pacific)"."""
    taken = {entry.line for entry in known}
    entries = []
    for offset, line in enumerate(document.lines[:200]):
        number = document.numbers[offset]
        if number in taken or "20" not in line:
            continue
        keyed = list(KEYED.finditer(line[:600]))
        said = keyed if len(keyed) > 1 else list(STATED.finditer(line[:600]))
        if said and is_planned(document.lines, offset):
            continue
        for match in said:
            for pattern, kind, milestone in LABELS:
                if pattern.match(match["label"].strip()):
                    lead = leads.read(match["when"])
                    if lead:
                        near = " ".join(document.lines[offset : offset + 3])
                        zone = match["zone"] if match["zone"] and zone_named(match["zone"]) else zone_in(near.replace("**", ""))
                        made = Entry(
                            number,
                            replace(lead, zone=lead.zone or zone),
                            match[0].replace("*", ""),
                            dated(lead.date, None),
                            "",
                            None,
                            lead.zone or zone,
                            (kind, milestone),
                            block=-1,
                        )
                        entries.append(made)
                    break
    return entries


def front_matter(document: Document) -> list[Entry]:
    """Read what status sites keep above the text: when it began and when it was resolved."""
    keys = {"date": ("impact", ""), "started": ("impact", "impact_started"), "start": ("impact", "impact_started"), "start_time": ("impact", "impact_started")}
    keys |= {
        "resolvedwhen": ("resolution", "resolved"),
        "resolved_at": ("resolution", "resolved"),
        "end": ("resolution", "resolved"),
        "end_time": ("resolution", "resolved"),
    }
    if not {"resolvedwhen", "resolved_at", "started", "end", "start_time", "end_time"} & set(document.front):
        return []
    title = document.front.get("title", (0, ""))[1] or "The incident"
    entries = []
    for key, (kind, milestone) in keys.items():
        number, value = document.front.get(key, (0, ""))
        lead = leads.read(value)
        if lead and lead.clock:
            text = f"Resolved: {title}" if kind == "resolution" else title
            entries.append(Entry(number, lead, text, dated(lead.date, None), "", None, lead.zone, (kind, milestone), block=-1))
    return entries
