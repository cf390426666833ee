"""Pure. Reports that tell what happened in sentences: each sentence that states a time is an entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import chain, islice

from incidents.lib.timestamps import MONTH
from incidents.sources import words
from incidents.sources.text import lead as leads
from incidents.sources.text.chat import is_posted
from incidents.sources.text.document import Document
from incidents.sources.text.entry import Entry, entry_of
from incidents.sources.text.lead import Lead, minutes_of
from incidents.sources.text.parts import CLOCK, DATE, WEEKDAY, ZONES
from incidents.sources.text.setting import HEADING, Setting, dated, heading_text
from incidents.sources.text.story_days import FAILING, FURTHEST, ITEM, YESTERDAY, day_meant, day_of_sentence, day_told
from incidents.sources.text.worded import SHARED, WORDED

NEXT = re.compile(r"\bnext update\b|\bupdate (?:is )?(?:expected|due|scheduled)\b|\bprovide (?:an|another) update\b", re.I)
AREA = rf"(?!(?:Pacific|Eastern|Central|Mountain|US|UK|London|{MONTH}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b)"  # a zone or a day, no new sentence
SENTENCE = re.compile(
    rf"(?:(?<=[.!?])(?<!\b[A-Za-z]\.)(?!(?<=\d\.)\s+(?i:{MONTH})(?!\w))|(?<=[.!?][\"\u201d)]))\s+(?=[A-Z\u00c0-\u00de\u0410-\u042f\[*~\u201c])|(?<=[\u3002\uff01\uff1f])\s*(?=\S)|(?<=[^\W\d][.!?])(?<!prox\.)(?<!\bca\.)(?<!\b[Kk]l\.)(?<!\bgodz\.)(?<!\b[a-z]\.)(?<!\bcirca\.)\s+(?=\d{{1,2}}:\d\d|\d{{1,3}} (?:hours?|minutes?|seconds?|days?|weeks?)\b)|(?<=\bp\.m\.)\s+{AREA}(?=[A-Z][a-z])|(?<=\ba\.m\.)\s+{AREA}(?=[A-Z][a-z])"
)
PLACED = re.compile(
    r"\b(?:kl|klockan|klokken|godz|godzin[aey]|por volta d[ae]s?|cerca d[ae]s?|at|by|from|since|between|around|about|approx(?:imately)?|until|till|before|after|to|roughly|as of|start of|end of|hours of|exactly|avant|apr\u00e8s|(?:alle )?ore|alentours de|environs de|um|gegen|ab|seit|bis|nach|zwischen|vers|\u00e0|d\u00e8s|depuis|alle|dalle|verso le|(?:at|in)torno a|entre|entre (?:as|les|las|le)|a las?|en torno a las?|las|il est|il \u00e9tait|es war|eran las|sono le|it was|\u00e0s|das|at\u00e9|om|rond|ongeveer|omstreeks|vanaf|sinds|tot|tegen|\u0432|\u0432\u043e|\u043e\u043a\u043e\u043b\u043e|\u0441|\u0434\u043e|\u043f\u043e\u0441\u043b\u0435)\W{1,3}"
    r"(?:(?:about|around|approx\w*|as early as|as late as|exactly|just (?:before|after)|ca|circa|etwa|ungef\u00e4hr|kurz (?:nach|vor)|ongeveer|environ|aproximadamente)\W{1,2})?$|[~(\[@]\W?$",
    re.I,
)
IMPACT = re.compile(r"^\W*(?:\[?\d\]?\s*)?(?:summary(?: of impact)?|(?:customer )?impact|what happened\??|(?:outage |incident )?duration)\W", re.I)
BEGINNING = re.compile(r"\b(?:starting|beginning|began|started|as early as)\b", re.I)
PLANNED = re.compile(
    r"\b(?:(?:we|i|they|he|she) propos\w+|propos(?:e|ed|ing)\b[^.;,]{0,40}(?:window|maintenance|time|date|start|for|at)\b|tentative\w*|we(?: will|['\u2019]ll| plan to| aim to| expect to)\b|will be (?:held|published|posted|provided|performed|carried out)|is scheduled|are scheduled|remind|(?:support|working|business|office|opening) hours|ge\u00f6ffnet|ET[RA]\b[^.;]{0,30}\d|revised to|e\.g\.|for example|gepland|geplant|planifi\u00e9e?s?|pr\u00e9vue?s?|programad[oa]s?|previst[oa]s?|ingepland)\b",
    re.I,
)
CODE = re.compile(
    r"\s\|\s|\w:\"|=>|::|[{}]\s|[\]\"'];\s|\w\([^()]{0,80}\);\s|[)\]}\"'=];\s*$|=[^=;]*;\s*$|\|\s*$|={3,}|-{5,}"
)  # listings that lost their frame
STAMP = re.compile(
    r"\W*(?:(?:re: )?post(?:ed)?\b|(?:blog )?(?:article|entry|note|billet|beitrag|artikel|art\u00edculo|artigo|articolo)\b|written\b|sent\b|published\b|created\b|last (?:updated|modified|edited)\b|by\b)",
    re.IGNORECASE,
)
PUBLISHED = re.compile(
    r"\b(?:publi\w+|update(?=:)|mise?s? \u00e0 jour|last (?:updated|modified)|aktualisiert|ver\u00f6ffentlicht|gepubliceerd|pubblicato)\b", re.IGNORECASE
)
BYLINE = re.compile(
    rf"{PUBLISHED.pattern}|\d+ (?:Minuten|Sekunden|minutes?|seconds?|min)(?: read)?\b|\buhr\b|{WEEKDAY.pattern}|\b(?:at|on|le|\u00e0|am|um|by)\b", re.IGNORECASE
)
LASTED = re.compile(  # "... began at 10:31 and lasted until 12:36"
    r"\b(?:lasted|lasting|continued|persisted|went on|ended|and ending)\b[^.;]{0,60}?\s(?=(?:until|till|to|at|by|around|about|approximately|through)\s)", re.I
)
UNPLACED = re.compile(
    r"\b(?:graph time|on the graph|per (?:day|hour)|(?:every|each) (?:day|night|week|morning|evening|\w+day)|(?:elke|iedere) \w+|jede[nrs]? (?:tag|nacht|woche|morgen|abend|\w+tag)|chaque \w+|cada (?:d\u00eda|dia|noche|noite|semana|ma\u00f1ana)|ogni \w+|point[- ]in[- ]time)\b",
    re.I,
)
APART = re.compile(r"\s*(?:[-*+•▪]\s|\d{1,2}[.)]\s|\[\d{1,2}\]\s|[A-Z][A-Za-z ]{2,30}:\s)")  # what begins a paragraph without an empty line above
CLAUSE = re.compile(
    r"[,;]?\s+(?:and|but|then|while|until|before|with|und|sowie|et|puis|y|e|en|maar)\s+(?:then\s+)?(?=[^\W\d])|;\s+(?=[^\W\d])"
    r"|,\s+(?=(?:at|by|around|about|um|gegen|ab|seit|vers|\u00e0|om|rond|vanaf|\u00e0s|a las)\s)",
    re.IGNORECASE,
)
AGAIN = re.compile(
    rf"\s+(?:and|und|et|e|y|en)\s+(?:(?:again\s+)?(?:from|between)\s+)?(?P<second>(?:{CLOCK.pattern})\s*(?:-|\u2013|to|until)\s*\d)", re.IGNORECASE
)
RANGED = re.compile(r"\bbetween\b[^,;]*$", re.IGNORECASE)  # "between 11:15 pm and just after midnight"
FUTURE = re.compile(
    r"\bwill (?:now )?(?:be|begin|start|take place|continue|attempt|try|commence|happen|occur|resume|expire|end|stop)\b", re.IGNORECASE
)  # what is yet to come, before its time
LATER = re.compile(
    r"\s*(?:action items?|next steps?|follow[- ]?ups?(?: actions?| items?)?|corrective actions?|to ?dos?|lessons learned):?\s*", re.IGNORECASE
)  # a heading without a mark
LENGTH_OF = re.compile(r"\d{1,2}h\d\d\s+(?:of|long|in total|total|outage|downtime)\b", re.IGNORECASE)  # "roughly 1h10 of outage"
SIGNED = re.compile("[\u6642\u65f6\u70b9\u9ede]")  # a clock that says so itself
LASTING = re.compile(r"\b(?:took|takes?|last(?:ed|ing)|duration|elapsed|uptime|for|in|of|within|over)\W{1,3}$", re.IGNORECASE)  # "took 00:12:30"
AT = re.compile(r"\b(?:kl|klockan|klokken|godz|godzin[aey]|at|by|around|about|approx(?:imately)?|until|since|after|before|um|gegen|ore)\W{1,3}$", re.IGNORECASE)
CLOSED = re.compile(r"\s*[,;]|\s+(?:on|this|that|yesterday)\b")  # "At 9.15, ..."
ARROW = re.compile(r"\s*(?:\u2192|->)\s*")
CELL = re.compile(r"\s*\|[^|\d]{2,60}\|(?P<text>[^|]*?[^\W\d]{2}[^|]*)\|\s*")
CELL_CLOCK = re.compile(r"\d:\d\d")
RULED = re.compile(r"\s*[-=*_~]{3,}\s*")
OWN = re.compile(r"[A-Z][^\d]{5,200}\d{1,2}:\d\d")  # a line with a time that begins as a sentence does
LONGEST = 20_000  # characters of a paragraph
HARD_WRAPPED = 160  # a longer line was not broken by hand: it is a paragraph
HEADED = 70  # characters of a line that may say what it heads
OPENING = 6  # sentences that may say of which day a report tells
WORDS = 30  # characters before a clock that hold the words of a time
MOST_CLOCKS = 8  # of a sentence that are looked at
PROSE = -2  # the block of all sentences
EITHER = re.compile(
    rf"{SHARED.pattern}|{CLOCK.pattern}|\b(?P<words>{WORDED.pattern})|(?<![\d.,:/-])(?P<bare>(?:[01]\d|2[0-3])[0-5]\d)(?=\s*(?:(?:-|–|to|and)\s*(?:[01]\d|2[0-3])[0-5]\d\s*)?(?:{ZONES}|h(?:rs|ours)?|LT|local time)\b)",
    re.IGNORECASE,
)


def sentences(document: Document, state: Setting, excluded: re.Pattern[str]) -> Iterator[Entry]:
    """Read the sentences that state a time, one entry each; what a section on action items says is left out."""
    day = state.day
    started = False
    impact: list[Entry] = []
    told = 0
    section = ""
    posted: int | None = None  # the clock at which what follows was written
    for line, text, heading in paragraphs(document, excluded):
        if heading != section:
            section = heading
            day = dated(heading, state.day_first, day or state.near) or day
        for sentence in chain.from_iterable(clauses(each) for each in SENTENCE.split(text)):
            told += 1
            if CODE.search(sentence[:2000]) or is_posted(sentence):
                continue
            lead = None if NEXT.search(sentence[:400]) or PLANNED.search(sentence[:400]) or UNPLACED.search(sentence[:400]) else time_within(sentence)
            if lead is None:
                day = day_told(sentence, state, day, opens=told <= OPENING)
                continue
            if (
                not lead.end
                and FAILING.search(sentence)
                and (over := LASTED.search(sentence[:2000]))
                and (last := time_within(sentence[over.end() : over.end() + 200]))
            ):
                lead = replace(lead, end=f"{last.date} {last.clock}".strip(), zone=lead.zone or last.zone)
            if stamp(sentence, lead):
                posted = minutes_of(lead.clock) if STAMP.match(sentence) else None
                day = day or (dated(lead.date, state.day_first, state.near) if STAMP.match(sentence) else None)
                continue
            if FUTURE.search(sentence[: sentence.find(lead.written)]):
                continue
            if not lead.date and (opening := day_of_sentence(sentence, lead.written)):
                lead = replace(lead, date=opening)
            made = entry_of(line, lead, ITEM.sub("", sentence).strip(), state, day, state.zone, PROSE)
            if made.day is None and not lead.date:
                made.day = day_meant(sentence, lead, state, day, impact, posted)
            aside = lead.weekday and day is not None or not lead.date and YESTERDAY.search(sentence)  # says nothing of the sentences that follow
            day = day if aside else made.day or day
            if (lead.end or BEGINNING.search(sentence[:120])) and IMPACT.match(sentence) and not started:
                started = True
                impact = list(outage(made, lead))
                yield from impact
                continue
            if lead.end and (words.kind_of(sentence).kind == "impact" or FAILING.search(sentence)):
                told_span = list(outage(made, lead, stated=False))
                impact = impact or told_span
                yield from told_span
                continue
            yield made


def stamp(sentence: str, lead: Lead) -> bool:
    """Say whether a sentence only says when something was written: a full time alone, or after a name and before a colon."""
    if not lead.date or not lead.clock or len(sentence) > 100:
        return False
    if PUBLISHED.search(sentence) and len(re.findall(r"[^\W\d_]", BYLINE.sub(" ", WEEKDAY.sub(" ", DATE.sub(" ", CLOCK.sub(" ", sentence)))))) < 6:
        return True  # "Fri 06/12/2019 - 16:33, updated 27/11/2020 at 09:01"
    before, _, after = sentence.partition(lead.written)
    before = WEEKDAY.sub(" ", before)
    return not re.search(r"[^\W\d_]", after) and (
        bool(STAMP.match(before)) or not re.search(r"[^\W\d_]{2}", before) or after.strip().startswith(":") and len(before) < 50
    )


def clauses(sentence: str) -> list[str]:
    """Return the parts of "Around 9:30 UTC it began to recover, and by 9:40 UTC it was over"; a sentence with one time stays whole."""
    if len(sentence) >= 2000:
        return [sentence]
    steps: list[str] = []
    for part in ARROW.split(sentence):  # "deploy at 14:02 → errors at 14:10 → calls time out"
        steps[len(steps) - (bool(steps) and time_within(part) is None) :] = [part] if not steps or time_within(part) else [f"{steps[-1]} → {part}"]
    if len(steps) > 1:
        return steps
    if LASTED.search(sentence) or PLANNED.search(sentence):
        return [sentence]
    if again := AGAIN.search(sentence):  # "from 9AM to 9:12AM and 10:50AM to 11:02AM"
        opening, rest = sentence[: again.start()], sentence[again.start("second") :]
        once, twice = time_within(opening), leads.read(rest)
        if once and once.end and twice and twice.end:
            return [opening, f"{opening.partition(once.written)[0]}{rest}"]
    parts = [sentence]
    for joint in islice(CLAUSE.finditer(sentence), MOST_CLOCKS):
        start = len(sentence) - len(parts[-1])
        first, second = sentence[start : joint.start()], sentence[joint.end() :]
        before, whole = time_within(first), time_within(sentence[start:])
        if RANGED.search(first) or first.count("(") > first.count(")"):
            continue
        if before and whole and whole.end == before.end and time_within(second) and second.count(" ") > 1:
            parts[-1:] = [first, second]
    return parts


def outage(made: Entry, lead: Lead, *, stated: bool = True) -> Iterator[Entry]:
    """Read "Summary of impact: Between 09:10 and 09:40 UTC on 3 May 2021, ...": its start, and its end."""
    made.label = ("impact", "impact_started") if stated else None
    if stated:
        made.block = PROSE - 1
    yield made
    end = leads.read(lead.end) or leads.read(f"{lead.end} UTC")  # four digits need a zone to be a clock
    if end is None or not end.clock:
        return
    day = dated(end.date, None, made.day or made.heading_day) if end.date else made.day
    first, last = minutes_of(lead.clock), minutes_of(end.clock)
    if day is not None and not end.date and first is not None and last is not None and last < first:
        day += timedelta(days=1)
    yield replace(made, lead=replace(end, zone=lead.zone, written=lead.end), text="End of the impact", day=day, label=("recovery", ""), block=PROSE - 1)


def paragraphs(document: Document, excluded: re.Pattern[str]) -> Iterator[tuple[int, str, str]]:
    """Return the paragraphs, list items and other lines of their own, each with the number of its first line and the heading above."""
    above = ""
    lines: list[str] = []
    start = 1
    fenced = skipped = False
    for offset, line in enumerate([*document.lines, ""]):
        if re.match(r"\s*(?:```|~~~)", line):
            fenced = not fenced
            line = ""
        heading = HEADING.match(line)
        if RULED.fullmatch(line):
            line = ""
        if cell := CELL.fullmatch(line) if not fenced and not skipped and CELL_CLOCK.search(line) else None:  # a table of keys may tell the story
            yield document.numbers[offset], cell["text"].strip(), above
        if heading or APART.match(line) or not line.strip() or fenced or line.startswith(("|", "\t", "    ")):
            if lines:
                yield start, " ".join(lines)[:LONGEST], above
            lines = []
        if heading:
            above = heading_text(heading)
            skipped = bool(excluded.match(above.strip("*_ :0123456789.")))
            continue
        skipped = skipped or bool(LATER.fullmatch(line))
        if (
            skipped
            or fenced
            or not line.strip()
            or line.startswith(("|", "\t", "    "))
            or len(line) < HEADED
            and excluded.match(line.strip("*_ -•[]0123456789."))
        ):
            continue
        if not lines:
            start = document.numbers[offset]
        lines.append(line.strip())
        following = document.lines[offset + 1] if offset + 1 < len(document.lines) else ""
        short = len(line) < (70 if offset < 5 else 45) and (not following or not following[:1].islower()) and not SENTENCE.search(line)
        titled = len(lines) == 1 and short and not line.rstrip().endswith((".", ",", ":"))
        titled = titled or bool(len(line) < 80 and OWN.match(line) and OWN.match(following))
        if len(line) > HARD_WRAPPED or len(lines) > 200 or titled or len(line) > HEADED and line.rstrip().endswith(":"):  # a line is a paragraph here
            yield start, " ".join(lines)[:LONGEST], above
            lines = []


def time_within(sentence: str) -> Lead | None:
    """Return the first time that a sentence states as one: with its zone, its half of the day, or a word such as "at" before it."""
    for clock in islice(clocks(sentence[:2000]), MOST_CLOCKS):
        before = sentence[max(0, clock.start() - FURTHEST) : clock.start()]
        if dated_before := re.search(r"\d{4}-\d\d-\d\d[T_]$", before):
            whole = leads.read(sentence[clock.start() - len(dated_before[0]) : clock.start() + 120])
            if whole is not None and whole.clock:
                return whole
        if before[-1:].isalnum() or before[-1:] in {"-", "/", ".", ":", "="} and not re.search(r"\d-$", before):
            continue
        alone = leads.read(sentence[clock.start() : clock.start() + 120])
        if alone is None or not alone.clock:
            continue
        uhr = SIGNED.search(alone.clock) or re.match(r"\s*(?:Uhr|uur|u)\b", sentence[clock.end() : clock.end() + 6])
        dotted = not uhr and "." in alone.clock.rstrip(".") and ":" not in alone.clock and not alone.zone and not re.search(r"[ap]\.?m", alone.clock, re.I)
        if dotted and not ((re.match(r"\d\d\.", alone.clock) or CLOSED.match(sentence, clock.end())) and AT.search(before[-WORDS:])):
            continue  # a version
        exact = alone.clock.count(":") == 2 and not LASTING.search(before[-WORDS:])
        half = re.search(r"[ap]\.?m", alone.clock, re.I)
        if not (uhr or exact or half or alone.zone or alone.end or alone.date or PLACED.search(before[-WORDS:]) or DATE.search(before[-20:])):
            continue
        if LENGTH_OF.match(alone.clock + sentence[clock.start() + len(alone.clock) : clock.end() + 20]):
            continue
        if re.match(r"\s*(?:%|hours?\b|minutes?\b|seconds?\b|ms\b|x\b|GB\b|MB\b)", sentence[clock.end() : clock.end() + 12]):
            continue
        return earliest(sentence, clock.start(), alone)
    return None


def clocks(sentence: str) -> Iterator[re.Match[str]]:
    """Yield what may be a clock time; words, and four digits before a zone, only where a word or a sign for a time comes before: "at noon", "~1400 UTC"."""
    for found in EITHER.finditer(sentence):
        if (found["bare"] is None and found["words"] is None) or PLACED.search(sentence[max(0, found.start() - WORDS) : found.start()]):
            yield found


def earliest(sentence: str, at: int, alone: Lead) -> Lead:
    """Return the time together with the date that stands before its clock."""
    start = max(0, at - FURTHEST)
    for pattern in (DATE, WEEKDAY):
        for opening in pattern.finditer(sentence, start, at + 8):
            if opening.end() > at or opening.start() and sentence[opening.start() - 1].isalnum():
                continue
            lead = leads.read(sentence[opening.start() : at + 120])
            if lead is not None and lead.clock == alone.clock and (lead.date or lead.weekday):
                return lead
    return alone
