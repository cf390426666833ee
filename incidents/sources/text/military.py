"""Pure. Logs whose lines begin with four digits: "0912 first customer call", which are clocks where a log says so and several lines do."""

from __future__ import annotations

import re
from itertools import pairwise

LOG = re.compile(r"\blogs?\b|time ?lines?|\btimes?\b|chronolog|\bevents\b|\bhours\b", re.IGNORECASE)
MARKUP = r"[*_`~\[(<]{0,3}"
DIGITS = re.compile(
    rf"\s*(?:[-*+\u2022\u2013]\s+|\d{{1,2}}[.)]\s+)?{MARKUP}(?P<first>(?:[01]\d|2[0-3])[0-5]\d)(?P<end>\s?[-\u2013]\s?(?:[01]\d|2[0-3])[0-5]\d)?"
    r"(?=[*_`~\])>]{0,3}(?:\s*(?:[:;,.=\u2192]|->|=>)+)?[ \t]+(?!(?:UTC|GMT|Z|hrs?|h|[A-Z]{2,4}T)\b)(?:[^\W\d]|[@`\[\"\u201c(*_#/~<]|\d+[% ]))"
)
YEARS = range(1900, 2060)
FEW = 3
TOP = 40  # lines that may say that this is a log


def with_hours(lines: list[str]) -> list[str]:
    """Mark the digits of such lines as hours, "0912h"; one alone, or years one after another, stay as they are."""
    found = {index: match for index, line in enumerate(lines) if (match := DIGITS.match(line))}
    if len(found) < FEW or all(int(match["first"]) in YEARS for match in found.values()) or not LOG.search("\n".join(lines[:TOP])):
        return lines
    marked = list(lines)
    for run in runs(list(found), lines):
        hours = [int(found[index]["first"]) for index in run]
        if len(run) >= FEW and sum(after < before for before, after in pairwise(hours)) <= 1:  # they rise, but for one midnight
            for index in run:
                at = found[index].end()
                marked[index] = f"{lines[index][:at]}h{lines[index][at:]}"
    return marked


def runs(indexes: list[int], lines: list[str]) -> list[list[int]]:
    """Return the lines that follow each other with nothing but empty or indented ones between."""
    done: list[list[int]] = []
    for index in indexes:
        if done and all(not line.strip() or line[:1] in " \t" for line in lines[done[-1][-1] + 1 : index]):
            done[-1].append(index)
        else:
            done.append([index])
    return done
