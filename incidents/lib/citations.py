"""Pure. Timeline entries cited in prose: `[[E12]]` in Markdown, where 12 is the entry's id.

The mark is plain text to every Markdown tool, so it survives copies, exports and diffs. In code it stays what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable

MARK = re.compile(r"\[\[E(\d{1,12})\]\]")
FENCE = r"^ {0,3}(?P<fence>`{3,}|~{3,})[^\n]*\n(?:.*?^ {0,3}(?P=fence)[`~]*[ \t]*$|.*\Z)"
CODE_OR_MARK = re.compile(rf"(?ms){FENCE}|(?P<tick>(?<!`)`+(?!`))[^\n]{{1,400}}?(?<!`)(?P=tick)(?!`)|[ \t]?\[\[E(?P<id>\d{{1,12}})\]\]")
#: A tag as nh3 writes it: values stand in double quotes and may hold a ">".
TAG = re.compile(r'(<(?:[^">]|"[^"]*")*>)')


def mark(entry_id: int) -> str:
    """Return the mark that cites an entry."""
    return f"[[E{entry_id}]]"


def cited(text: str) -> list[int]:
    """Return the ids that a Markdown text cites, each once, in order."""
    return list(dict.fromkeys(int(found["id"]) for found in CODE_OR_MARK.finditer(text) if found["id"]))


def replaced(text: str, write: Callable[[int], str]) -> str:
    """Return Markdown with its marks as `write` gives them, and a space before one with it; code is left alone."""

    def one(found: re.Match[str]) -> str:
        return write(int(found["id"])) if found["id"] else found[0]

    return CODE_OR_MARK.sub(one, text)


def without_marks(text: str) -> str:
    return replaced(text, lambda _: "")


def replaced_in_html(html: str, write: Callable[[int], str]) -> str:
    """Return cleaned HTML with the marks in its text as `write` gives them, which must be safe HTML. Attributes and code are left alone."""
    parts, inside = [], 0
    for part in TAG.split(html):
        if part.startswith("<"):
            name = part[1:].strip("/ >").split(" ")[0].split(">")[0]
            if name in ("code", "pre"):
                inside += -1 if part.startswith("</") else 1
        elif not inside:
            part = re.sub(r"[ \t]?" + MARK.pattern, lambda found: write(int(found[1])), part)
        parts.append(part)
    return "".join(parts)
