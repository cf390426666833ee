"""Pure. Facts that two sources both saw -> by how much the clock of one was off, with the spread that says how sure that is.

A message that a bot posts some seconds after the alert is late, not on a wrong clock: only a difference that is longer
than that, and much the same in every pair, is suggested.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from incidents.fusion import Fact, Match

LEAST_PAIRS = 3
LEAST = {"second": 30, "minute": 120}  # seconds from which a difference is no delay, by how finely the times are stated
WINDOW = timedelta(hours=26)  # a zone read wrong puts a source hours off
BY_HAND = "manual"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Add `offset` seconds to the times of `source`, so that they agree with `reference`. `low` and `high` are the extremes of the pairs."""

    source: str
    reference: str
    offset: int
    pairs: int
    low: int
    high: int


def suggest(facts: Iterable[Fact], matches: Iterable[Match], decided: Iterable[str] = ()) -> list[Suggestion]:
    """Return at most one suggestion for each source; none for those in `decided`, about which a person spoke."""
    known = {fact.id: fact for fact in facts}
    spoken = {*decided, BY_HAND}
    differences: dict[tuple[str, str], list[int]] = defaultdict(list)
    coarse: set[tuple[str, str]] = set()
    for match in matches:
        first, second = known.get(match.first), known.get(match.second)
        if first is None or second is None or first.source == second.source or {first.precision, second.precision} & {"hour", "day"}:
            continue
        one, two = sorted((first, second), key=lambda fact: fact.source)
        differences[one.source, two.source].append(round((two.at - one.at).total_seconds()))
        if "minute" in (one.precision, two.precision):
            coarse.add((one.source, two.source))
    trust = trusts(known.values())
    found: dict[str, Suggestion] = {}
    for (one_name, two_name), seconds in sorted(differences.items()):
        middle = round(median(seconds))
        if len(seconds) < LEAST_PAIRS or abs(middle) < LEAST["minute" if (one_name, two_name) in coarse else "second"] or not agree(seconds, middle):
            continue
        movable = [name for name in (one_name, two_name) if name not in spoken]
        if not movable:
            continue
        source = min(movable, key=lambda name: (trust.get(name, 0.0), name))
        reference = two_name if source == one_name else one_name
        sign = 1 if source == one_name else -1
        low, high = sorted((sign * min(seconds), sign * max(seconds)))
        suggestion = Suggestion(source, reference, sign * middle, len(seconds), low, high)
        if source not in found or found[source].pairs < suggestion.pairs:
            found[source] = suggestion
    return list(found.values())


def agree(seconds: list[int], middle: int) -> bool:
    """Whether most pairs say much the same: half of them within a fifth of the difference, or half a minute."""
    far = median(abs(each - middle) for each in seconds)
    return far <= max(30, min(abs(middle) // 5, 300))


def trusts(facts: Iterable[Fact]) -> Mapping[str, float]:
    """Return how much a source's clock is to be trusted: the share of its events that a machine wrote with a field for their kind."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for fact in facts:
        counts[fact.source][0] += fact.structural
        counts[fact.source][1] += 1
    return {source: structural / total for source, (structural, total) in counts.items()}


def in_words(seconds: int) -> str:
    """Return “3 min 4 s” for 184, whatever the sign; nothing is rounded, as a form sends it back."""
    hours, minutes, rest = abs(seconds) // 3600, abs(seconds) // 60 % 60, abs(seconds) % 60
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", f"{rest} s" if rest or not (hours or minutes) else ""]
    return " ".join(part for part in parts if part)
