"""Pure. What a rule is, and the rules themselves, read from tables/: data, so that they can be reviewed line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Literal

import yaml

from postmortems.coach.sayings import family, parts_of
from postmortems.coach.words import MARK, TABLES, expand

Severity = Literal["strong", "ask", "hint"]
#: The loader in C where there is one: the tables are long.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: In this order: where two rules of a category mean the same words, the earlier one speaks.
ORDER = (
    "people",
    "conduct",
    "errors",
    "alternatives",
    "endings",
    "verdicts",
    "actions",
    "turns_people",
    "turns_events",
    "sayings_neglect",
    "sayings_daring",
    "sayings_fitness",
    "sayings_causes",
    "sayings_omens",
    "sayings_ridicule",
    "sayings_chances",
    "sayings_mist",
    "sayings_discipline",
    "sayings_resolve",
    "frames_people",
    "frames_events",
    "clauses_faults",
    "clauses_slips",
    "clauses_alternatives",
    "clauses_verdicts",
    "clauses_omens",
    "clauses_causes",
    "clauses_mist",
    "clauses_discipline",
    "clauses_resolve",
    "plain_faults",
    "plain_slips",
    "plain_alternatives",
    "plain_omens",
    "plain_causes",
    "plain_verdicts",
    "plain_mist",
    "plain_discipline",
    "pictures_people",
    "pictures_events",
    "pictures_verdicts",
)
KINDS = {
    "any": frozenset({"prose", "five_whys", "action", "timeline"}),
    "prose": frozenset({"prose", "five_whys", "action"}),
    "narrative": frozenset({"prose", "five_whys"}),
    "action": frozenset({"action"}),
}


@dataclass(frozen=True)
class Search:
    """A pattern, and parts of words of which a sentence must hold one (of none, if there are none). Compiled when one first does: that is slow."""

    wanted: tuple[str, ...]
    spelled: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.spelled, re.IGNORECASE)


@dataclass(frozen=True)
class Rule:
    """One entry of a table.

    `find` is what it looks for in a sentence, `unless` what excuses the whole sentence. Each alternative
    of `find` is a search of its own that runs where a sentence holds a part of a word it cannot do without: a search costs, a look does not. `kinds` are the kinds of text it reads.
    `sayings` stand for <SAYINGS> in `find`, one a line, as sayings.py spells them out. `rewrite` has pairs of a pattern over the words found and what may stand instead without changing what is said.
    """

    id: str
    category: str
    severity: Severity
    find: str
    unless: str = ""
    kinds: str = "prose"
    reads_questions: bool = False
    rewrite: tuple[tuple[str, str], ...] = ()
    sayings: str = ""
    #: It looks at the text in which people are marked; `needs_person`: and cannot match without one.
    about_people: bool = field(init=False, repr=False, compare=False)
    needs_person: bool = field(init=False, repr=False, compare=False)
    searches: tuple[Search, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        written = self.written()
        patterns = [expand(pattern) for pattern, _wanted in written]
        derived = {
            "searches": tuple(Search(wanted, with_people(pattern)) for pattern, (_written, wanted) in zip(patterns, written, strict=True)),
            "about_people": any(MARK in pattern for pattern in patterns),
            "needs_person": all(MARK in branch for pattern in patterns for branch in branches(pattern)),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def written(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return what is looked for, as the table writes it, each with the parts of words it needs: a pattern a saying, or one an alternative."""
        if self.sayings:
            return [(self.find.replace("<SAYINGS>", said), wanted) for said, wanted in family(self.sayings)]
        return [(branch, parts_of(branch)) for branch in branches(self.find)]

    @cached_property
    def excuse(self) -> re.Pattern[str] | None:
        return re.compile(expand(self.unless), re.IGNORECASE) if self.unless else None

    def reads(self, kind: str) -> bool:
        return kind in KINDS[self.kinds]


def with_people(pattern: str) -> str:
    """Return a pattern in which what stands between a person and a deed may hold other people."""
    return pattern.replace(r"[\w", rf"[\w{MARK}")


@cache
def rules() -> tuple[Rule, ...]:
    """Return all rules; read and compiled when the first text is linted, not at every start."""
    return tuple(rule for name in ORDER for rule in table(name))


def table(name: str) -> list[Rule]:
    data: dict[str, Any] = yaml.load((TABLES / f"{name}.yaml").read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506  # both are safe loaders
    classes: dict[str, str] = {}
    for key, text in data["classes"].items():
        classes[f"<{key}>"] = joined(text, classes)
    return [Rule(**{key: value if key == "sayings" else joined_value(value, classes) for key, value in entry.items()}) for entry in data["rules"]]


def joined_value(value: Any, classes: dict[str, str]) -> Any:
    if isinstance(value, list):  # of rewrites
        return tuple((joined(find, classes), instead) for find, instead in value)
    return joined(value, classes) if isinstance(value, str) else value


def joined(text: str, classes: dict[str, str]) -> str:
    """Return a pattern on one line, with the table's own classes, defined above their use, spelled out."""
    text = text.replace("\n", "")
    for name, spelled in classes.items():
        text = text.replace(name, spelled)
    return text


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
