"""Pure. Contributing factors: what makes one tell something, and which kinds of the catalogue its words suggest.

A factor is a condition that took part, never a person or an act by itself. There is no place for a single root cause, and
nothing here forbids anything: every check is a sentence that its writers may act on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import yaml

from postmortems import blameless

SEEDS = Path(__file__).parent / "seeds"
#: What a kind of factor means for the outcome: the five polarities that similar reviews are found by.
POLARITY = {
    "trigger": "contributed",
    "condition": "contributed",
    "enabler": "contributed",
    "amplifier": "worsened",
    "prolonger": "prolonged",
    "mitigator": "reduced",
    "bystander": "present_without_effect",
}
#: What each kind means, beside its name where it is chosen.
MEANING = {
    "trigger": "set it off at that moment",
    "condition": "had to be true for it to happen",
    "enabler": "made another condition possible, or let it through",
    "amplifier": "made it wider or worse",
    "prolonger": "made it last longer",
    "mitigator": "kept it smaller or shorter",
    "bystander": "a hazard seen on the way",
}
HELPERS = "helper"  # key of the group whose leaves are all mitigators
LEAST_WORDS = 8
MANY = 7
WORD = re.compile(r"[^\W_][\w'’.-]*")
FACTORS_WANTED = re.compile(r">=\s*(\d+) factor")
#: What a light template says instead, after the section's own sentence: so many factors, and nothing of their variety.
FEWER_WANTED = re.compile(r"minimum (\d+) factor")
GROUPS_WANTED = re.compile(r">=\s*(\d+) different first-level group")
STEM = 6
#: Words that say nothing about the kind of a condition.
COMMON = frozenset(
    [
        "about",
        "after",
        "again",
        "another",
        "anyone",
        "because",
        "before",
        "behaviour",
        "between",
        "changed",
        "change",
        "could",
        "different",
        "during",
        "every",
        "known",
        "later",
        "system",
        "systems",
        "their",
        "there",
        "these",
        "thing",
        "things",
        "those",
        "through",
        "under",
        "unclear",
        "where",
        "which",
        "while",
        "within",
        "without",
        "would",
        "service",
        "people",
        "someone",
        "something",
    ]
)


@dataclass(frozen=True)
class Facts:
    """What is asked of one factor. `group` and `leaf` are keys, empty when it is not classified yet."""

    statement: str
    kind: str = ""
    stage: str = ""
    leaf: str = ""
    group: str = ""
    events: int = 0
    has_account: bool = False
    has_link: bool = False

    @property
    def has_evidence(self) -> bool:
        return bool(self.events or self.has_account or self.has_link)

    @property
    def is_mitigator(self) -> bool:
        return self.kind == "mitigator"


def count_words(text: str) -> int:
    return len(WORD.findall(text))


@lru_cache(maxsize=4096)
def verdict_in(statement: str) -> str:
    """Return the words that the coach reads as a verdict on a person, or an empty text."""
    found = blameless.lint(statement, "prose") if blameless.is_english(statement) else []
    return next((one.text for one in found if one.severity == "strong"), "")


def gaps_of(facts: Facts) -> list[str]:
    """What one factor still lacks."""
    gaps = []
    if (words := count_words(facts.statement)) < LEAST_WORDS:
        gaps.append(f"{words} of at least {LEAST_WORDS} words: say what the condition led to, and how.")
    if verdict := verdict_in(facts.statement):
        gaps.append(f"“{verdict}” speaks of a person: which condition made it the likely thing to do?")
    if not facts.has_evidence:
        gaps.append("No evidence yet: a timeline entry, a link, or somebody's account.")
    elif not facts.events:
        gaps.append("Not linked to a timeline entry yet.")
    if not facts.kind:
        gaps.append("The part it played is not chosen.")
    if not facts.stage:
        gaps.append("When it took part is not chosen.")
    if not facts.leaf:
        gaps.append("Not classified yet; the catalogue helps to find it again.")
    elif facts.group == HELPERS and facts.kind and not facts.is_mitigator:
        gaps.append("It is classified as something that helped, but not as a mitigator.")
    return gaps


#: The same checks over all factors of a review: which facts fail, and the words for one and for several.
TOGETHER: tuple[tuple[Callable[[Facts], bool], str, str], ...] = (
    (lambda one: count_words(one.statement) < LEAST_WORDS, "is shorter than eight words", "are shorter than eight words"),
    (lambda one: bool(verdict_in(one.statement)), "speaks of a person", "speak of a person"),
    (lambda one: not one.has_evidence, "has no evidence", "have no evidence"),
    (lambda one: one.has_evidence and not one.events, "is not linked to a timeline entry", "are not linked to a timeline entry"),
    (lambda one: not one.kind or not one.stage, "lacks the part it played or when", "lack the part they played or when"),
)


def gaps_together(all_facts: Sequence[Facts], minimum: str) -> list[str]:
    """What the factors of a review lack as a whole. `minimum` is the section's: only what it names is counted."""
    counted = [one for one in all_facts if one.kind != "trigger"]
    gaps = []
    fewer = FEWER_WANTED.search(minimum)
    wanted = fewer or FACTORS_WANTED.search(minimum)
    if wanted and len(counted) < int(wanted[1]):
        gaps.append(f"{len(counted)} of at least {wanted[1]} factor{'' if wanted[1] == '1' else 's'}.")
    if fewer:
        minimum = ""
    groups = {one.group for one in counted if one.group and one.group != HELPERS}
    wanted = GROUPS_WANTED.search(minimum)
    if wanted and counted and len(groups) < int(wanted[1]):
        gaps.append(f"{len(groups)} of at least {wanted[1]} groups of the catalogue: look beside the technical, or beside the human.")
    if "reduced" in minimum and counted and not any(one.is_mitigator for one in counted):
        gaps.append("None says what kept it smaller or shorter.")
    for fails, for_one, for_several in TOGETHER:
        if number := sum(fails(one) for one in all_facts):
            gaps.append(f"1 factor {for_one}." if number == 1 else f"{number} factors {for_several}.")
    return gaps


def hints_for(all_facts: Sequence[Facts]) -> list[str]:
    """What may be worth a second look in the whole list, and is no gap."""
    hints = []
    if len(all_facts) > MANY:
        hints.append(f"{len(all_facts)} factors. With more than seven, some are often actions or facts of the timeline.")
    triggers = sum(one.kind == "trigger" for one in all_facts)
    if triggers and triggers == sum(not one.is_mitigator for one in all_facts):
        hints.append("Only the trigger is named. What had to be true for it to have this effect?")
    return hints


# Which kinds of the catalogue the words suggest ----------------------------------------------------


@dataclass(frozen=True)
class Leaf:
    """A kind of the catalogue as far as the suggestion reads it."""

    key: str
    name: str
    use_when: str
    question: str


@dataclass(frozen=True)
class Suggestion:
    leaf: Leaf
    words: tuple[str, ...]  # of the statement, that led to it


@cache
def cues() -> dict[str, tuple[str, ...]]:
    """Words that tell of a kind, from seeds/factor_cues.yaml; a star stands for any ending."""
    with open(SEEDS / "factor_cues.yaml", encoding="utf-8") as file:
        return {key: tuple(part.strip() for part in line.split(",")) for key, line in yaml.safe_load(file).items()}


@lru_cache(maxsize=2048)
def pattern_of(cue: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)" + re.escape(cue.rstrip("*")) + (r"\w*" if cue.endswith("*") else r"(?!\w)"), re.IGNORECASE)


def stems(text: str) -> dict[str, str]:
    """Return the words of some length by their beginning."""
    words = [word.strip(".") for word in WORD.findall(text.lower()) if len(word) >= 5 and word not in COMMON]
    return {word[:STEM]: word for word in words}


def suggest(statement: str, leaves: Iterable[Leaf], most: int = 3) -> list[Suggestion]:
    """Return the kinds whose words occur in the statement, best first. A cue counts twice, a word of the description once."""
    statement = statement[:2000]
    own = stems(statement)
    scored = []
    for place, leaf in enumerate(leaves):
        found = [match[0].lower() for cue in cues().get(leaf.key, ()) if (match := pattern_of(cue).search(statement))]
        described = [own[stem] for stem in stems(f"{leaf.name} {leaf.use_when}") if stem in own and own[stem] not in found]
        score = 2 * len(found) + len(described)
        if score >= 2:
            scored.append((-score, place, Suggestion(leaf, tuple({word[:STEM]: word for word in [*described, *found]}.values())[:4])))
    return [suggestion for _score, _place, suggestion in sorted(scored, key=lambda row: row[:2])[:most]]
