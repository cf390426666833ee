"""Pure. What a line of a report looks like: a heading, an entry, a row of a table, an item beside another."""

from __future__ import annotations

import re
from dataclasses import replace

from incidents.lib.zones import zone_named
from incidents.sources.text import lead as leads
from incidents.sources.text.chat import STATUS
from incidents.sources.text.lead import Lead
from incidents.sources.text.parts import DATE, WEEKDAY
from incidents.sources.text.setting import HEADING, MONTH_DAY, NUMERIC_SPAN, SHORT, SPAN, heading_text

BOLD_LINE = re.compile(r"^\s*(?:\*\*|__)(?P<bold>[^*_]{1,120})(?:\*\*|__):?\s*$")
UNDERLINE = re.compile(r"^(?:={3,}|-{3,})\s*$")
RULE = re.compile(r"^[\s|:+=-]+$")
FENCE = re.compile(r"^\s*(?:```|~~~)")
BULLET = re.compile(r"^(?P<indent>\s*)(?:[-*+•‣▪◦·⁃●○■□►»›→§\uf0b7\uf0a7]|o(?=\s+\d)|\d{1,3}[.)])\s+")
NO_TIMELINE = re.compile(
    r"^(?:action|follow|next step|to ?do|remediation|corrective|preventa?tive|references?|links?|see also|related|learning|lessons|contents|table of contents|glossary)",
    re.I,
)
TIMELINE = re.compile(
    r"\btime ?lines?\b|chronolog|(?:sequence|order|chain|course) of events|\bkey events|^events$|\bhistory\b|^log$|what happened|incident log|event log"
    r"|linha do tempo|l[ií]nea de(?:l)? tiempo|cronolog|d\u00e9roul\u00e9|zeitleiste|zeitlicher (?:ablauf|verlauf)|zeitverlauf|^(?:ablauf|verlauf)\b|tijdlijn|tijdsverloop"
    r"|linea temporale|tidslinje|h\u00e4ndelsef\u00f6rlopp|o\u015b czasu|przebieg|хронолог|таймлайн|ход событий|последовательность событий"
    r"|\u30bf\u30a4\u30e0\u30e9\u30a4\u30f3|\u6642\u7cfb\u5217|\u7d4c\u7def|\u7d4c\u904e|\u65f6\u95f4\u7ebf|\u6642\u9593\u7dda|\u65f6\u95f4\u8f74|\u7ecf\u8fc7|타임라인",
    re.I,
)
COLUMNS = {
    "time": re.compile(
        r"^(?:start )?time\b|^when|^timestamp|^utc\b|^clock|time\s*\(|^hour|^hora|^heure|^horodatage|^uhrzeit|^zeit(?:punkt)?\b|^tijd|^orario|^ora\b|^tid\b|^время|[時时][刻間间]|日時|시간|시각",
        re.I,
    ),
    "date": re.compile(r"^date|^day|^data\b|^fecha|^datum|^d[i\u00ed]a\b|^jour|^tag\b|^giorno|^дата|日[期付]|月日|날짜", re.I),
    "end": re.compile(r"^(?:end(?:ed)?|until|to|finish(?:ed)?)(?: time)?\b", re.I),
    "number": re.compile(r"^(?:#|no\.?|nr\.?|n\u00b0|step|seq\.?)$", re.I),
    "actor": re.compile(r"^(?:who|actor|person|author|by|name|responder|user|engineer|wer|qui|qui\u00e9n|quem|chi|wie|кто|担当者?|负责人)\W*$", re.I),
}
KEYED = re.compile(r"^[\s*_>-]*(?:time|timestamp|date(?:/| and )time|when)[\s*_]*[:=][\s*_]*(?=\d|[A-Z])", re.I)  # the first line of "Time: ...", "Event: ..."
KEY = re.compile(r"^[\s*_>-]*(?:event|what(?: happened)?|description|action|update|status|message|details?|summary)[\s*_]*[:=][\s*_]*", re.I)
ALONE = re.compile(r"\s*(?P<clock>\d{1,2}:\d\d)(?P<half>\s*[ap]m)?\s*", re.I)
QUESTION = re.compile(  # "How was it detected?" and "Root cause" head the next section
    r"(?:[A-Z]|\d{1,2}[.)] [A-Z])[^.:?]{8,110}\?|"
    r"(?:Root [Cc]auses?|Lessons|What went|Corrective|Action [Ii]tems|Follow[- ]?[Uu]ps?|Next [Ss]teps|Background|Analysis|Conclusions?|References|Post[- ]?[Mm]ortem|Resolution|Impact|Summary|Detection)\b[^.,;]{0,40}:?"
)
OFFSET_ALONE = re.compile(r"\W{0,4}T\s?[+-]\s?\d{1,3}:\d\d(?::\d\d)?\W{0,4}")  # above its text
NO_CLOCK = re.compile(  # what makes 16:10 a ratio, a length or a share
    r"(?:%|ms\b(?!-)|(?-i:sec(?:ond)?s?|min(?:ute)?s?)\b|hours\b|x\b|(?:ratio|aspect|odds|screens?|displays?|videos?|format|panels?)\b)", re.IGNORECASE
)
PART_OF_DAY = re.compile(r"[^\W\d][\w ]{1,18}\s[-\u2013\u2014:]\s+\S")
PLANNED = re.compile(r"\W*(?:next|follow[- ]?up|due|review|meeting|scheduled|planned|deadline)\b", re.IGNORECASE)  # what is yet to come
SOME_TEXT = 12  # characters after a day that are more than a weekday
EXAMPLE = re.compile(r"examples?|sample", re.IGNORECASE)
WITHIN = re.compile(r"(?<=[\s,(])\d{1,2}:\d\d(?::\d\d)?(?!\d)")
ENDS_IN_CLOCK = re.compile(r"\d[:h]\d\d")
CLOCK_LAST = re.compile(r"\d[:h.]\d\d(?::\d\d)?\s*(?:[ap]\.?m\.?)?\s*\(?(?:[A-Z]{1,5})?[)*_ ]*$", re.IGNORECASE)
LAST_TIME = re.compile(  # "Pages sent out: 14:02", "Recovery - 5 May, 14:02 UTC"
    rf"(?P<what>[^\W\d][^|\n]{{2,200}}?)\s*(?:[:,@\u2013\u2014]|\s-)\s*(?P<when>(?:\*\*)?(?:(?:{DATE.pattern}),?\s+(?:at\s+)?)?~?\d{{1,2}}[:h.]\d\d(?::\d\d)?\s*(?:[ap]\.?m\.?)?\s*\(?(?:UTC|GMT|[A-Z]{{2,5}})?\)?(?:\*\*)?)",
    re.IGNORECASE,
)
NOTICE = re.compile(  # "RESOLVED: Service outage 10:39 GMT" above its text
    rf"(?P<what>[^\W\d][^.|\n]{{2,60}}?)\s+[-\u2013(\[]?\s*(?P<when>(?:(?:{DATE.pattern}),?\s+(?:at\s+)?)?\d{{1,2}}[:h]\d\d(?::\d\d)?\s*(?:[ap]m)?\s*(?:UTC|GMT|[A-Z]{{2,4}}T)?)[)\]]?:?",
    re.IGNORECASE,
)
ALL_TIMES = re.compile(r"\s*[*-]\s+(?:all times are|\[send feedback)", re.IGNORECASE)


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
        return heading_text(match)
    if match := BOLD_LINE.match(line):
        return match["bold"]
    if UNDERLINE.match(following) and len(line) < 120 and "|" not in line and not BULLET.match(line):
        return line.strip()
    return None


def notice_of(line: str, following: str, *, title: bool = False) -> tuple[str, Lead] | None:
    """Return what a line says and its time, where it heads a notice: a status or capitals, then a time, and the text below."""
    if len(line) > 120 or not following.strip() or not ENDS_IN_CLOCK.search(line[-40:]) or (match := NOTICE.fullmatch(line.strip(" *_#[]:"))) is None:
        return None
    what = match["what"].strip(" :-\u2013(")
    capital = what.split()[0]
    if (
        not STATUS.match(what)
        and not (title and re.search(r"\d{4}", match["when"]))
        and not (len(capital.strip(":")) > 3 and capital.isupper())
        or (below := leads.read(following))
        and below.clock
    ):
        return None
    at = leads.read(match["when"])
    return (what, at) if at and at.clock and not at.rest else None


def time_last(line: str) -> tuple[str, Lead] | None:
    """Return the words and the time of an item such as "- Pages sent out: 14:02 UTC"."""
    if len(line) > 300 or not CLOCK_LAST.search(line[-30:]) or (mark := BULLET.match(line)) is None:
        return None
    match = LAST_TIME.fullmatch(line[mark.end() :].strip())
    if match is None or PLANNED.match(match["what"]) or NO_CLOCK.search(match["what"][-12:]):
        return None
    at = leads.read(match["when"])
    return (match["what"].strip("*_ "), at) if at and at.clock and not at.rest else None


def time_after(heading: str) -> tuple[str, Lead] | None:
    """Return the words and the time of a heading such as "Recovery (16:40-17:00)" and "Recovery - 16:40"."""
    match = re.fullmatch(r"(?P<what>[^\W\d][^()]{2,80}?)\s*\((?P<when>[^()]{4,60})\)[*_ :]*", heading.strip())
    if match is None and len(heading) < 120 and CLOCK_LAST.search(heading[-30:]):
        match = LAST_TIME.fullmatch(heading.strip(" *_:"))
    at = leads.read(match["when"]) if match else None
    return (match["what"], at) if match and at and at.clock and not at.rest else None


def of_mail(at: Lead, above: str) -> bool:
    """Say whether a full time alone below an address says when a mail was sent."""
    return bool(
        at.date and at.clock and not at.rest and re.search(r"\w@\w| at \w+[.\w-]*\.[a-z]{2,}$|^(?:from|von|de):|\brelease\W*$", above.strip(), re.IGNORECASE)
    )


def accepted(lead: Lead, line: str, fenced: bool, inside: bool) -> bool:
    """Say whether a line that begins with a time is an entry, rather than a sentence or a number. `inside`: it goes on from running text."""
    halved = re.search(r"[ap]\.?m", lead.clock, re.I) and (lead.rest[:1].isdigit() or lead.rest.startswith(("http", "`", "@")))
    if (
        inside
        and not lead.marked
        and not lead.parted
        and (not lead.rest[:1].isupper() or WEEKDAY.match(lead.rest))
        and not halved
        and not (not lead.rest and (lead.end or alone(line) or (lead.date and lead.clock and lead.zone)))
    ):
        return False
    if lead.offset is not None:
        if not lead.rest:
            return bool(OFFSET_ALONE.fullmatch(line))
        return lead.marked or lead.written[:1] in "Tt"
    if not lead.clock or (fenced and not lead.date and not lead.marked and not re.match(r"\s*[\[(]?\d", line)):
        return False
    if lead.spoken and not lead.marked:
        return False  # "At 14:02 …" opens a sentence; `sentences` reads those
    if "." in lead.clock and ":" not in lead.clock and not re.search(r"[ap]\.?m", lead.clock, re.I) and not lead.zone and not lead.rest:
        return False
    if not re.search(r"\d", lead.written) and not lead.parted:
        return False  # "Midnight Commander ..."
    return bool(lead.date or lead.zone) or not NO_CLOCK.match(lead.rest)


def alone(line: str) -> bool:
    """Say whether a time such as 17:21 is all that its line holds."""
    return bool(re.fullmatch(r"\s*(?:\d\d:\d\d(?::\d\d)?|\d{1,2}:\d\d\s?[ap]m)\s*", line, re.IGNORECASE))


def dated_entry(lead: Lead) -> bool:
    """Say whether a line under a timeline's heading is an entry of a whole day: "- 5 February 2021: Disclosure", "- 5 February, evening - Disclosure"."""
    parted = lead.parted or lead.marked and PART_OF_DAY.match(lead.rest) or is_full(lead) and lead.marked
    return bool(
        lead.date and not lead.clock and lead.rest and parted and (lead.marked or not lead.spoken) and not WEEKDAY.fullmatch(lead.rest.strip("()[]*_ :"))
    )


def is_full(lead: Lead) -> bool:
    """Say whether a day with its year stands before a text that says something: "2021-02-05 Reported to the maker"."""
    return bool(re.search(r"\d{4}", lead.date)) and not lead.clock and len(lead.rest) >= SOME_TEXT and not WEEKDAY.fullmatch(lead.rest.strip("()[]*_ :"))


def columns_of(cells: list[str]) -> dict[str, int]:
    """Return where a header row says that time and date stand; empty when it is no header."""
    if any(re.search(r"\d{1,2}[:.]\d\d|\d{4}-\d\d", cell) for cell in cells):
        return {}
    if any(EXAMPLE.fullmatch(cell.strip("*_ ")) for cell in cells):
        return {"example": 0}  # a guide
    names = {name: index for name, pattern in COLUMNS.items() for index, cell in reversed(list(enumerate(cells))) if pattern.search(cell.strip("*_ "))}
    if "time" not in names:  # a column that is headed by its zone holds times
        named = next((index for index, cell in enumerate(cells) if zone_named(cell.strip("*_ "))), None)
        names |= {} if named is None else {"time": named}
    again = [index for index, cell in enumerate(cells) if index != names.get("time") and zone_named(re.sub(r"(?i)\btime\b", "", cell).strip("*_ ()"))]
    return names | ({"again": again[0]} if again and "time" in names else {})  # the same times in another zone


def row_lead(cells: list[str], columns: dict[str, int]) -> tuple[Lead, str] | None:
    """Return the time of a table's row and the text of its other cells."""
    order = [columns[name] for name in ("time", "date") if columns.get(name, 99) < len(cells)] if columns else range(min(3, len(cells)))
    lead, day, used = None, "", set()
    for index in dict.fromkeys([*order, *range(min(3, len(cells)))]):
        found = leads.read(cells[index])
        if found is None or len(found.rest) > (200 if index == columns.get("time") else 25):
            continue
        if lead is None and (found.clock or found.offset is not None and index == columns.get("time", 0)):
            lead = found
            used.add(index)
        elif found.date and not found.clock and not day:
            day = found.date
            used.add(index)
    spoken = lead is None and bool(columns) and columns.get("time", len(cells)) < len(cells)
    if spoken and (clock := WITHIN.search(cells[columns["time"]])):  # "block 26049254, 18:58:59"
        lead = leads.read(cells[columns["time"]][clock.start() :])
    if lead is None:
        return None
    if day and not lead.date:
        lead = replace(lead, date=day, written=f"{day} {lead.written}")
    for index, cell in enumerate(cells):
        if index not in used and (found := leads.read(cell)) and found.clock and not found.rest and not found.end:
            if index == columns.get("end"):
                lead = replace(lead, end=lead.end or f"{found.date} {found.clock}".strip())
            if index in (columns.get("end"), columns.get("again")):
                used.add(index)
    left_out = {columns.get("actor"), columns.get("number")}
    if spoken:
        used.add(columns["time"])
    rest = [cell for index, cell in enumerate(cells) if index not in used and cell and index not in left_out]
    return lead, " | ".join([lead.rest, *rest] if lead.rest else rest)


def day_row(cells: list[str], columns: dict[str, int]) -> tuple[Lead, str] | None:
    """Return the day of a row that has no clock, from the column for days or times, and the text of its other cells."""
    at = columns.get("date", columns.get("time", len(cells)))
    if at >= len(cells) or not (rest := " | ".join(cell for index, cell in enumerate(cells) if cell and index not in (at, columns.get("number")))):
        return None
    cell = cells[at].strip("*_` ")
    plain = SHORT.fullmatch(cell) or MONTH_DAY.fullmatch(cell) or NUMERIC_SPAN.match(cell) or SPAN.match(cell)
    lead = Lead(date=cell, written=cell) if plain and len(cell) < 30 else leads.read(cell)
    return (lead, rest) if lead and lead.date and not lead.clock and len(lead.rest) < 12 else None


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
