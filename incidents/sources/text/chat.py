"""Pure. Times beside or below what they belong to: chat copied with a line for the speaker, updates copied from status pages."""

from __future__ import annotations

import re
from collections.abc import Sequence

SPEAKER_LINE = re.compile(
    r"^(?P<who>[@\w][\w.'\u2019()-]{0,40}(?: [\w.'\u2019()|-]{1,30}){0,3}?)(?:\s+(?:APP|BOT))?\s+(?:[\u2014\u2013-]\s*)?(?:(?:today|yesterday)(?: at)?\s+)?"
    r"(?P<when>[\[(]\s*(?:\d{4}-\d\d-\d\d )?\d{1,2}:\d\d(?::\d\d)?(?:\s*[ap]\.?m\.?)?\s*[\])]|\d{1,2}:\d\d(?::\d\d)?\s*[ap]m|(?:\d{1,2}/\d{1,2}/\d{2,4},? )\d{1,2}:\d\d(?:\s*[ap]m)?)$",
    re.IGNORECASE,
)
STATUS = re.compile(
    r"^\W{0,4}(?P<status>investigating|identified|monitoring|resolved|update|updated|post-?mortem|in progress|verifying|completed|scheduled|investigation|fixed|mitigated)\b",
    re.IGNORECASE,
)
POSTED = re.compile(
    r"^(?:posted\b(?:.{0,40}?(?:ago\.?|on|at))?[\s:]+)?(?P<when>(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?(?:[a-z]{3,9}\.? \d{1,2},?(?: \d{4})?|\d{4}-\d\d-\d\d)\s*[-,@]?\s*(?:at )?\d{1,2}:\d\d(?::\d\d)?(?:\s*[ap]m)?\s*\(?(?:(?:utc|gmt)[+-]\d{1,2}(?::?\d\d)?|[a-z]{1,5})\)?)$",
    re.IGNORECASE,
)


def speaker_line(line: str) -> tuple[str, str] | None:
    """Return who and when of "alice [2:07 PM]", whose words follow on the next lines."""
    if len(line) > 120 or (match := SPEAKER_LINE.match(line.strip())) is None:
        return None
    return match["who"].lstrip("@"), match["when"].strip("[]() ")


def posted_below(lines: Sequence[str]) -> list[tuple[int, int, str]]:
    """Return the updates whose time stands on the line below them, as (first line, line of the time, time).

    An update begins with its status, or, where at least two say "Posted", below the one before.
    """
    found: list[tuple[int, int, str]] = []
    start = -1  # the line an update began with, if one is open
    plainly = sum(1 for line in lines if is_posted(line)) > 1
    after = first_update(lines) if plainly else 0
    for index, line in enumerate(lines):
        plain = line.strip(" *_")
        if len(plain) < 120 and (match := POSTED.match(plain)):
            if start < 0 and plainly and is_posted(line) and any(each.strip() for each in lines[after:index]):
                start = after
            if start >= 0:
                found.append((start, index, match["when"]))
            start, after = -1, index + 1
        elif STATUS.match(plain):
            start = index if start < 0 else start
        elif line.startswith("#") or (start >= 0 and index - start > 200):
            start, after = -1, index + 1
    return found


def is_posted(line: str) -> bool:
    plain = line.strip(" *_")
    return plain[:6].lower() == "posted" and len(plain) < 120 and bool(POSTED.match(plain))


def first_update(lines: Sequence[str]) -> int:
    """Return the line below "Incident Report for ...", which heads a status page's incident; else the first."""
    return next((index + 1 for index, line in enumerate(lines[:40]) if line.strip(" #*").lower().startswith("incident report for")), 0)
