"""Pure. Timelines as people write them: pasted text, Markdown, wikitext, HTML and plain reports.

The time a line begins with makes it an entry; days come from the line, the heading above, the document or the file's
name, zones from the line, a sentence such as "all times in UTC", or the person who imports. What is missing is asked for.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator

from incidents.lib.timestamps import Moment, TimeError
from incidents.sources import words
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.text import document as documents
from incidents.sources.text.about import INCIDENT, severity_of, summary_of, title_of
from incidents.sources.text.entries import found
from incidents.sources.text.entry import Entry
from incidents.sources.text.placing import OVER, after, moment_of, placed_days, start_of
from incidents.sources.text.prose import PROSE, SENTENCE
from incidents.sources.text.setting import Setting, setting
from incidents.sources.text.story_days import FAILING

FAULT = re.compile(
    r"\b(?:outages?|disruptions?|unavailab\w+|inaccessible|unreachable|degrad\w+|downtime|crashed|\w*ausfall|ausgefallen|nicht (?:mehr )?erreichbar|pannes?|indispon\w+|inaccessibles?|onbereikbaar|fuera de servicio|fora do ar|failed|failures?|rebooted|hung|froze|lost power|stopped (?:running|working|responding)|leak\w*|vazamento\w*|explos\w+|accidents?|acidentes?|accidentes?|incidentes?|interruzion\w+|blackout|ca\u00edda|ca\u00eddo|сбо[йяеию]\w*|недоступ\w+|авари\w+|(?:is|was|are|were|went|goes) down)\b",
    re.I,
)
TOP = 60  # lines that may say what a text is about
LOOK = 256 * 1024
SPEAKER = re.compile(r"^(?:<\s?[+@%]?(?P<irc>[^>\s]{1,40})>|@(?P<at>[\w.-]{2,40})\b[:,]?|(?P<name>[A-Za-z][\w.'-]{1,30}(?: [A-Z][\w.'-]{1,30})?):(?=\s))\s*")
NOT_NAMES = frozenset(
    [
        "Event",
        "Time",
        "What",
        "When",
        "Who",
        "Details",
        "Message",
        "Note",
        "Update",
        "Summary",
        "Impact",
        "Resolved",
        "Detected",
        "Start",
        "End",
        "Problem",
        "Recovery",
        "Alert",
        "Action",
        "Fix",
        "Error",
        "Warning",
        "Status",
        "Outage",
        "Mitigation",
        "Resolution",
        "Detection",
        "Investigation",
        "Cause",
        "Trigger",
        "Result",
        "Monitoring",
        "Identified",
        "Investigating",
        "Root",
        "Next",
        "Slack",
        "Email",
        "Deploy",
        "Deployment",
        "Rollback",
        "Ongoing",
        "Symptom",
        "Symptoms",
        "Issue",
        "Incident",
        "Title",
        "Description",
        "Info",
        "Critical",
        "Completed",
    ]
)
ADVICE = "Write each entry on a line of its own that begins with its time, such as “14:02 UTC - paged the on-call”, or paste a table with a time column."


def detect(payload: Payload) -> int:
    """Text is the last resort: any format that knows its own shape is surer."""
    head = payload.head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if payload.size > documents.LONGEST or b"\x00" in head[:4096] and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return 0
    if head.startswith(b"%PDF"):
        return 1  # to say what to do with it
    if head.startswith((b"PK\x03\x04", b"\x1f\x8b", b"\x89PNG")):
        return 0
    try:
        part = documents.read(payload.file.read(LOOK))
        payload.file.seek(0)
        entries = found(part, setting(part, payload.name))
    except SourceError:
        payload.file.seek(0)
        return 1
    first = head.split(b"\n", 1)[0]
    if head.startswith((b"{", b"[{")) or len(entries) < 2 or (b"," in first or b"\t" in first) and re.fullmatch(rb"[\w\",\t.-]{3,}\r?", first):
        return 2 if head.startswith((b"{", b"[")) else 8
    return 50


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    document = documents.read(payload.file.read(documents.LONGEST + 1), options.encoding)
    state = setting(document, payload.name, options.date)
    entries = found(document, state)
    few = sum(1 for line in document.lines if line.strip()) <= 3
    stated = any(says_all(entry, document) for entry in entries)
    if not entries or (len(entries) < 2 and not few and not stated) or not tells(entries, state, options, document):
        raise SourceError(f"No timeline was found in this text. {ADVICE}", f"line {entries[0].line}" if entries else "line 1")
    title, summary, severity = title_of(document, entries[0].line), summary_of(document), severity_of(document)
    if title or summary or severity:
        yield IncidentDraft(title=title, summary=summary, severity=severity)
    seen: dict[str, int] = {}
    moments: list[tuple[Entry, Moment | str]] = []
    for entry, day in placed_days(entries, state, options):
        try:
            moments.append((entry, moment_of(entry, day, options, state)))
        except TimeError as error:
            moments.append((entry, f"{error} Correct the time, or leave the line out."))
    if (reasons := [moment for _, moment in moments if isinstance(moment, str)]) and len(reasons) == len(moments):
        raise SourceError(f"No time in this text can be read. The first: {reasons[0]}", f"line {entries[0].line}")
    start = start_of(moments)
    names = speakers(entries)
    for order, (entry, moment) in enumerate(moments):
        if isinstance(moment, str):
            yield Rejected(f"line {entry.line}", moment)
        else:
            yield draft_of(entry, after(moment, start, entry.lead.offset, options), order, seen, names)


def tells(entries: list[Entry], state: Setting, options: ReadOptions, document: documents.Document) -> bool:
    """Say whether sentences alone tell of something that happened: they name a day, or the text speaks of a failure."""
    if options.date or state.day or any(entry.block not in {PROSE, PROSE - 1} or entry.day or entry.heading_day or entry.lead.date for entry in entries):
        return True
    return any(pattern.search("\n".join(document.lines)[:LOOK]) for pattern in (FAULT, FAILING, INCIDENT, OVER))


def says_all(entry: Entry, document: documents.Document) -> bool:
    """Say whether one entry is a timeline by itself: a day and a time of a start, or of a sentence about an outage."""
    if not entry.lead.date and not (entry.block == PROSE and entry.heading_day):
        return False
    if entry.label and entry.label[1] == "impact_started":
        return True
    text = FAULT if entry.block == PROSE else FAILING
    if not entry.lead.clock or text.search(entry.text):
        return bool(entry.lead.clock)
    around = " ".join(document.lines[:TOP])[:LOOK]  # a time in a text on an outage: one with its zone in a sentence, one with its day elsewhere
    return bool((FAULT if entry.block == PROSE else INCIDENT).search(around) and (entry.lead.zone or entry.block != PROSE))


def speakers(entries: list[Entry]) -> frozenset[str]:
    """Return the words before a colon that are people: what stands there twice, or where the entries read like chat."""
    said = Counter(match["name"] for entry in entries if (match := SPEAKER.match(entry.text)) and match["name"] and match["name"].capitalize() not in NOT_NAMES)
    chat = sum(said.values()) * 2 > len(entries) or sum(1 for entry in entries if re.match(r"<[^>\s]{1,40}>", entry.text)) > 0
    return frozenset(name for name, count in said.items() if count > 1 or chat)


def reading_of(text: str) -> words.Reading:
    """Return what an entry is: by its first sentence, unless a later one says something weightier, such as that all is resolved."""
    whole = words.kind_of(text)
    opening = SENTENCE.split(text[:600], 1)[0]
    first = words.kind_of(opening) if opening != text else whole
    return first if first.kind != "message" and first.salience >= whole.salience else whole


def draft_of(entry: Entry, moment: Moment, order: int, seen: dict[str, int], names: frozenset[str]) -> EventDraft:
    text = entry.text.strip() or entry.lead.written
    actor = entry.actor
    if not actor and (match := SPEAKER.match(text)) and ((name := match["irc"] or match["at"] or match["name"]) in names or not match["name"]):
        actor = name
        text = text[match.end() :] or text
    text = re.sub(r"\*\*|__|^:\s+|^!-\s+", "", text)
    if entry.lead.end and not entry.label and entry.lead.end not in text:
        text = f"{text} (until {entry.lead.end})"
    if entry.label:
        kind, milestone = entry.label
        rule, salience = "a label in the text", 2
    else:
        reading = reading_of(text)
        kind, rule, salience, milestone = reading.kind, reading.rule, reading.salience, ""
    identity = f"{entry.lead.written}|{text[:500]}"
    seen[identity] = seen.get(identity, 0) + 1
    key = hashlib.blake2b(f"{identity}|{seen[identity]}".encode(), digest_size=16).hexdigest()
    return EventDraft(
        at=moment.at, text=text[:20_000], key=key, where=f"line {entry.line}", order=order, needs=moment.needs, local=moment.local, zone=moment.zone,
        zone_assumed=moment.zone_assumed, precision=moment.precision, kind=kind, rule=rule[:60], salience=salience, actor=actor[:200], milestone=milestone,
        raw=f"{entry.lead.written} {entry.text}".strip()[:16_000],
    )  # fmt: skip


SOURCE = Source(
    name="plain_text",
    label="Text or Markdown",
    detect=detect,
    read=read,
    docs="Lists, tables, headings and sentences that begin or end with a time, in Markdown, reStructuredText, AsciiDoc, wikitext, HTML or plain text; "
    "planned windows, paths and how long something took are no entries; a date or zone that the text lacks is asked for.",
)
