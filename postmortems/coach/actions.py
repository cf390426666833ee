"""Pure. What an action item needs so that somebody else can tell when it is done. The wording rules are in tables/actions.yaml."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from postmortems.coach.words import TABLES

#: What shows that somebody else could tell when it is done.
EVIDENCE = re.compile(
    r"(?<![\w.])(?<!v)\d+(?:[.,]\d+)*(?: ?%| ?(?:ms|s|min|minutes?|hours?|days?|weeks?|GB|MB|kB|TB|x|k)\b)?(?![\w.]*\.\d)(?![\w])|\b[A-Z][A-Z0-9]+-\d+\b|(?<!\w)#\d+\b"
    r"|\bwhen\b[^\n]{0,80}\b(?:fails?|exceeds?|drops?|above|below|reach(?:es)?|lags?|is missing|runs? out|expires?|falls?|rises?|stops?)\b|\b(?:so that|until|exits|ADR|publish (?:the|an?)|record the|for (?:all|each|every)|verify that|such that|at most|at least|no more than|within)\b|\bby (?:the end of|Q[1-4]|January|February|March|April|May|June|July|August|September|October|November|December)",
    re.IGNORECASE,
)
#: Where it is worked on: the address of an issue or a change, or its number in one of the well-known trackers.
TRACKED = re.compile(
    r"https?://[^\s)>\]]*/(?:issues?|pulls?|merge_requests|browse|tickets?|changes?|c|commit)/[\w/+-]*\d|https?://[^\s)>\]]*/T\d{3,}|\bT\d{4,}\b|\bgerrit:\d+"
)
DONE_WHEN_MISSING = "VA8"
#: Says in words when it is done, wherever it stands.
DONE_WHEN = re.compile(
    r"\bdone (?:when|once|if|as soon as)\b|\bdefinition of done\b|\baccept(?:ed|ance)\b|\b(?:we|you|one|they) (?:can |will )?(?:see|tell|know|prove|show) (?:it |that )|\b(?:shown|proven|proved|verified|measured|visible) (?:by|when|in|on)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Given:
    """What is known of an action item. None where nobody asks for it."""

    title: str
    description: str = ""
    has_owner: bool | None = None
    has_due_date: bool | None = None
    has_kind: bool | None = None
    factors: int | None = None
    done_when: str = ""


@dataclass(frozen=True)
class Gap:
    rule: str
    question: str


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


def gaps(given: Given) -> Sequence[Gap]:
    """Return what the fields of an action item leave open."""
    found = [
        Gap("VA4", "Who sees to it? One name; it may change hands later.") if given.has_owner is False else None,
        Gap("VA5", "By when? A date that is moved says more than none.") if given.has_due_date is False else None,
        Gap("VA6", "What does it do: prevent, detect, limit, learn?") if given.has_kind is False else None,
        Gap("VA7", "Which contributing factor does it act on?") if given.factors == 0 else None,
        Gap(DONE_WHEN_MISSING, "How will somebody else see that it is done? Say it under “Done when”.")
        if given.title.strip() and not tells_when_done(given)
        else None,
    ]
    return [gap for gap in found if gap]


def tells_when_done(given: Given) -> bool:
    return bool(given.done_when.strip() or EVIDENCE.search(given.title) or EVIDENCE.search(given.description) or DONE_WHEN.search(given.description))
