"""Pure. What a rule is: a pattern over one sentence, what excuses it, and what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from postmortems.coach.words import MARK, expand

Severity = Literal["strong", "ask", "hint"]
PROSE = frozenset({"prose", "five_whys", "action"})
NARRATIVE = frozenset({"prose", "five_whys"})
ANY = frozenset({"prose", "five_whys", "action", "timeline"})
ACTION = frozenset({"action"})


@dataclass(frozen=True)
class Rule:
    """`needs` are parts of words of which the sentence must hold one, so that most rules never run: a search costs, a look does not.

    `rewrite` takes the matched words and returns what may stand instead without changing what is said; "" takes them out.
    """

    id: str
    category: str
    severity: Severity
    pattern: str
    needs: str = ""
    unless: str = ""
    kinds: frozenset[str] = PROSE
    reads_questions: bool = False
    keep_case: bool = False
    rewrite: tuple[tuple[str, str], ...] = ()
    find: re.Pattern[str] = field(init=False, repr=False, compare=False)
    excuse: re.Pattern[str] | None = field(init=False, repr=False, compare=False)
    about_people: bool = field(init=False, repr=False, compare=False)
    needs_person: bool = field(init=False, repr=False, compare=False)
    wanted: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        flags = re.NOFLAG if self.keep_case else re.IGNORECASE
        pattern = expand(self.pattern)
        object.__setattr__(self, "find", re.compile(pattern, flags))
        object.__setattr__(self, "excuse", re.compile(expand(self.unless), re.IGNORECASE) if self.unless else None)
        object.__setattr__(self, "about_people", MARK in pattern)
        object.__setattr__(self, "needs_person", all(MARK in branch for branch in branches(pattern)))
        object.__setattr__(self, "wanted", tuple(self.needs.split("|")) if self.needs else ())


def branches(pattern: str) -> list[str]:
    """Return the alternatives of a pattern at its outermost level."""
    depth, found, in_class, escaped = 0, [""], False, False
    for letter in pattern:
        if letter == "|" and not (depth or in_class or escaped):
            found.append("")
            continue
        if not escaped:
            in_class = letter == "[" or in_class and letter != "]"
            depth += 0 if in_class or letter == "]" else (letter == "(") - (letter == ")")
        escaped = letter == "\\" and not escaped
        found[-1] += letter
    return found
