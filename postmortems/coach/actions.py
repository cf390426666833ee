"""Pure. What an action item needs so that somebody else can tell when it is done. The wording rules are in tables/actions.yaml."""

from __future__ import annotations

import re

from postmortems.coach.rules import TABLES

#: What shows that somebody else could tell when it is done.
EVIDENCE = re.compile(
    r"(?<![\w.])(?<!v)\d+(?:[.,]\d+)*(?: ?%| ?(?:ms|s|min|minutes?|hours?|days?|weeks?|GB|MB|kB|TB|x|k)\b)?(?![\w.]*\.\d)(?![\w])|\b[A-Z][A-Z0-9]+-\d+\b|(?<!\w)#\d+\b"
    r"|\bwhen\b[^\n]{0,80}\b(?:fails?|exceeds?|drops?|above|below|reach(?:es)?|lags?|is missing|runs? out|expires?|falls?|rises?|stops?)\b|\b(?:so that|until|exits|ADR|publish (?:the|an?)|record the|for (?:all|each|every)|verify that|such that|at most|at least|no more than|within)\b|\bby (?:the end of|Q[1-4]|January|February|March|April|May|June|July|August|September|October|November|December)",
    re.IGNORECASE,
)
#: First words of short actions that say what is done.
DOING = frozenset((TABLES / "doing.txt").read_text(encoding="utf-8").split())


def is_stub(action: str) -> bool:
    """Four words or fewer, and none that says what is done: "Documentation", "Alert tuning"."""
    words = re.findall(r"[A-Za-z][\w'’/-]*", action)
    if not words or len(words) > 4:
        return False
    first = words[0].lower()
    return not (
        {
            first,
            first.split("-")[0],
            first.removeprefix("re"),
            first.removeprefix("un"),
            first.removesuffix("ing"),
            first.removesuffix("ing") + "e",
            first.removesuffix("s"),
        }
        & DOING
    )
