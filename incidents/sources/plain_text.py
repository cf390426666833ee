"""Pure. Timelines as people write them: pasted text, Markdown, wikitext, HTML and plain reports.

The time a line begins with makes it an entry; days come from the line, the heading above, the document or the file's
name, zones from the line, a sentence such as "all times in UTC", or the person who imports. What is missing is asked for.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from incidents.lib.text import clean_line, clean_text
from incidents.lib.timestamps import Moment, TimeError, read_human
from incidents.lib.zones import zone_named
from incidents.sources import words
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.text import document as documents
from incidents.sources.text import lead as leads
from incidents.sources.text.chat import speaker_line
from incidents.sources.text.document import Document
from incidents.sources.text.entries import found
from incidents.sources.text.entry import Entry
from incidents.sources.text.lead import minutes_of
from incidents.sources.text.prose import PROSE
from incidents.sources.text.setting import HEADING, Setting, headings, setting

BACKWARDS = timedelta(hours=6)  # a step back this long is midnight
PROSE_BACKWARDS = timedelta(hours=12)  # sentences look back more often
BEGAN = re.compile(
    r"\b(?:began|begin+ing|started|starting|since|from|at)\b.{0,200}\b(?:outages?|disruptions?|unavailab\w+|inaccessible|unreachable|degrad\w+|went down|downtime|crashed)\b",
    re.I | re.S,
)
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
INCIDENT = re.compile(r"\b(?:incident|outage|post-?mortem|rca|downtime|disruption)\b", re.IGNORECASE)
SUMMARY = re.compile(r"(?:executive |incident |issue )?(?:summary|overview|abstract|tl;?dr)", re.IGNORECASE)
SEVERITY = re.compile(r"^[\s>*_|-]*(?:incident )?(?:severity|priority)(?: level)?[\s*_]*[:|][\s*_]*(?P<value>[\w -]{1,30}?)[\s*_|.]*$", re.IGNORECASE)
LINK = re.compile(r"\[([^\[\]]{0,200})\]\([^()]{0,500}\)|<[^<>]{1,200}>")
PART = re.compile(
    r"(?:(?:executive |incident |event )?(?:summary|overview|timeline|description|details?|background|introduction|context|report|status|metadata|impact|contents?|duration|post-?mortem|authors?|date|incident)"
    r"|table of contents|what happened\??|(?:summary of )?(?:the )?impact|impact time|(?:incident )?(?:report|post-?mortem)s?(?: template)?|root cause(?: analysis)?|rca|owner of review process"
    r"|actionables?|conclusions?|home|reviewed|draft|final|[A-Z][a-z]+ [A-Z][a-z]+|introduction and summary|updates?)",
    re.I,
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
    stated = any(says_all(entry) for entry in entries)
    if not entries or (len(entries) < 2 and not few and not stated):
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


def says_all(entry: Entry) -> bool:
    """Say whether one entry is a timeline by itself: a day and a time of a start, or of a sentence about an outage."""
    if not entry.lead.date:
        return False
    return bool(entry.label and entry.label[1] == "impact_started" or entry.block == PROSE and entry.lead.clock and BEGAN.search(entry.text))


def start_of(moments: list[tuple[Entry, Moment | str]]) -> Moment | None:
    """Return the moment that offsets such as T+5m count from: a labelled start, else the first time given in full."""
    known = [(entry, moment) for entry, moment in moments if isinstance(moment, Moment) and moment.at is not None]
    stated = [moment for entry, moment in known if entry.label and entry.label[1] == "impact_started"]
    return stated[0] if stated else known[0][1] if known else None


def after(moment: Moment, start: Moment | None, offset: int | None, options: ReadOptions) -> Moment:
    """Place an offset after the start, where there is one."""
    if offset is None or start is None or start.at is None:
        return moment
    try:
        at = start.at + timedelta(seconds=offset)
    except OverflowError:
        return moment
    return replace(moment, at=at, needs="", zone=start.zone, zone_assumed=start.zone_assumed) if at <= options.latest else moment


def title_of(document: Document, first: int) -> str:
    """Return the title: of the front matter, else the first heading or short line that says more than what part of a report it is."""
    stated = document.front.get("title", (0, ""))[1]
    tops = headings(document.lines)[:4]
    for text in [
        stated,
        *(top for top in tops if INCIDENT.search(top) and not PART.fullmatch(top)),
        *tops,
        *first_lines([line for line, number in zip(document.lines, document.numbers, strict=True) if number <= first]),
    ]:
        title = clean_line(re.sub(r"[*`#]+|(?<!\w)_+|_+(?!\w)", "", LINK.sub(r"\1", text))).strip(" :-–|")
        if (
            4 < len(title) <= 200
            and not PART.fullmatch(re.sub(r"\s*\([^()]*\)$", "", title))
            and ((lead := leads.read(title)) is None or (len(lead.rest) > 8 and not lead.clock))
            and title[0] not in "[!"
        ):
            return title
    return ""


def summary_of(document: Document) -> str:
    """Return the paragraphs under a heading such as "Summary", or what the front matter gives."""
    taken: list[str] | None = None
    for line in document.lines[:2000]:
        if (match := HEADING.match(line)) is not None:
            if taken:
                break
            taken = [] if SUMMARY.fullmatch((match["md"] or match["title"] or "").strip(" :*_")) else None
        elif taken is not None and not line.startswith(("|", "```")):
            taken.append(line)
    text = "\n".join(taken or []).strip() or document.front.get("summary", (0, ""))[1]
    return clean_text(text, limit=2000).strip()


def severity_of(document: Document) -> str:
    """Return the severity as the front matter or a line "Severity: ..." gives it."""
    stated = document.front.get("severity", (0, ""))[1]
    for line in document.lines[:80] if not stated else []:
        if match := SEVERITY.match(line):
            stated = match["value"]
            break
    return clean_line(stated.strip(" *_`|"), limit=40)


def first_lines(lines: list[str]) -> list[str]:
    """Return what may be a title among the first lines: short, no list, no table, no number, no sentence on its own."""
    plain = (line.strip(" #*=") for line in lines[:8] if speaker_line(line) is None and not re.match(r"\s*(?:[-*•|\[<]|\d)", line))
    return [line for line in plain if 4 < len(line) < 120 and not re.search(r"[.,;:]$|^[A-Z][A-Za-z ]{2,20}: ", line)]


def placed_days(entries: list[Entry], state: Setting, options: ReadOptions) -> Iterator[tuple[Entry, date | None]]:
    """Give each entry its day: its own, else the one in force, carried past midnight where the clock steps back."""
    newest_first = steps(entries) < 0
    current: date | None = None
    block, last, longest = 0, None, BACKWARDS
    for entry in entries:
        own = entry.day
        base = own or entry.heading_day or state.day or options.date
        minutes = minutes_of(entry.lead.clock)
        step = timedelta(0) if entry.lead.written.lower().endswith("midnight") else longest  # "by midnight" ends the day
        goes_on = current is not None and base is not None and current > base and minutes is not None and last is not None and 0 <= minutes - last < 360
        if own is not None or (entry.block != block and not goes_on) or current is None:
            # A new list under the same day begins on that day, unless it goes on from a list that has passed midnight.
            current, last = base, minutes
            longest = PROSE_BACKWARDS if entry.block == PROSE else BACKWARDS
        elif minutes is not None and last is not None:
            if entry.block == PROSE and base is not None and current > base and minutes - last > longest.seconds // 60:
                current = base  # the next part of the story begins on the first evening again
            elif not newest_first and last - minutes > step.seconds // 60:
                current += timedelta(days=1)
            elif newest_first and minutes - last > longest.seconds // 60:
                current -= timedelta(days=1)
            last = minutes
        block = entry.block
        lost = own is None and bool(entry.lead.date)  # it names a day that cannot be read: no other day may stand in for it
        yield entry, None if base is None or lost else current


def steps(entries: list[Entry]) -> int:
    """Return whether times mostly rise (positive) or fall (negative) down the page."""
    total = 0
    keys = [(entry.day or entry.heading_day or date.min, minutes_of(entry.lead.clock) or 0) for entry in entries if entry.label is None]
    for before, after in zip(keys, keys[1:], strict=False):
        up = (after > before) - (after < before)
        leap = after[1] - before[1] if after[0] == before[0] else 0
        total += -up if leap < -720 or leap > 1080 else up  # a leap of half a day back is midnight; forward it is a quiet night
    return total


def moment_of(entry: Entry, day: date | None, options: ReadOptions, state: Setting) -> Moment:
    """Place the entry. Raises TimeError when its time cannot be meant."""
    if entry.lead.offset is not None:
        return Moment(local=entry.lead.written, needs="date", precision="minute")
    stated = entry.zone
    if (region := zone_named(stated)) is not None and "/" in region.name:
        stated = region.name  # "Pacific Time"
    if not entry.lead.clock:
        return whole_day(entry, day, options, state)
    if not entry.lead.clock and day is not None:
        moment = read_human(day.isoformat(), zone=stated or options.time_zone, latest=options.latest)
        return replace(moment, local=entry.lead.written[:100])
    clock = re.sub(r"^(00?[:.]\d\d(?:[:.]\d\d)?)\s*a\.?m\b\.?", r"\1", entry.lead.clock, flags=re.I)  # 00:23am
    clock += f" {stated}" if stated else ""
    moment = read_human(clock, zone=options.time_zone, date=day, day_first=state.day_first, latest=options.latest)
    local = entry.lead.written or entry.lead.clock
    needs = entry.day_needs if entry.day is None and entry.day_needs == "order" else moment.needs
    if moment.at is None and day is None:
        needs = "order" if entry.day_needs == "order" else "date" if stated or options.time_zone else "date, zone"
    return replace(moment, local=local[:100], needs=needs, at=None if needs else moment.at)


def whole_day(entry: Entry, day: date | None, options: ReadOptions, state: Setting) -> Moment:
    """Place an entry that names a day only, at the beginning of that day."""
    day = entry.day or day
    local = (entry.lead.written or entry.lead.date)[:100]
    if day is None:
        return Moment(local=local, needs=entry.day_needs or "date", precision="day")
    moment = read_human(f"{day:%Y-%m-%d}", zone=entry.zone or options.time_zone, latest=options.latest)
    return replace(moment, local=local, zone_assumed=moment.zone_assumed and not entry.zone)


def speakers(entries: list[Entry]) -> frozenset[str]:
    """Return the words before a colon that are people: what stands there twice, or where the entries read like chat."""
    said = Counter(match["name"] for entry in entries if (match := SPEAKER.match(entry.text)) and match["name"] and match["name"].capitalize() not in NOT_NAMES)
    chat = sum(said.values()) * 2 > len(entries) or sum(1 for entry in entries if re.match(r"<[^>\s]{1,40}>", entry.text)) > 0
    return frozenset(name for name, count in said.items() if count > 1 or chat)


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
        reading = words.kind_of(text)
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
    docs="Lists, tables, headings and sentences that begin with a time, in Markdown, wikitext, HTML or plain text; a date or zone that the text lacks is asked for.",
)
