"""Pure. What a report says of itself: its title, its summary and its severity."""

from __future__ import annotations

import re

from incidents.lib.text import clean_line, clean_text
from incidents.sources.text import lead as leads
from incidents.sources.text.chat import speaker_line
from incidents.sources.text.document import Document
from incidents.sources.text.setting import HEADING, heading_text, headings

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
            taken = [] if SUMMARY.fullmatch(heading_text(match).strip(" :*_")) else None
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
