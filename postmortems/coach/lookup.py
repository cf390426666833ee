"""Pure. Which patterns have a chance in a sentence: one walk over its letters in place of a search for each of more than a thousand."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from postmortems.coach.rules import Rule, Search, rules

#: Parts of words are found by their first letters.
FIRST = 3


class Lookup:
    """All searches of all rules by the parts of words they need."""

    def __init__(self, all_rules: tuple[Rule, ...]) -> None:
        self.rules = all_rules
        self.always: list[tuple[int, int]] = []
        wanted: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, rule in enumerate(all_rules):
            for place, search in enumerate(rule.searches):
                if not search.wanted:
                    self.always.append((number, place))
                for part in search.wanted:
                    wanted[part].append((number, place))
        self.short = {part: found for part, found in wanted.items() if len(part) < FIRST}
        self.long: dict[str, list[tuple[str, list[tuple[int, int]]]]] = defaultdict(list)
        for part, found in wanted.items():
            if len(part) >= FIRST:
                self.long[part[:FIRST]].append((part, found))

    def possible(self, lower: str) -> list[tuple[Rule, list[Search]]]:
        """Return the rules that may speak in a sentence, given in small letters, in their order, each with the searches to run."""
        found = set(self.always)
        for part, searches in self.short.items():
            if part in lower:
                found.update(searches)
        for start in range(len(lower) - FIRST + 1):
            for part, searches in self.long.get(lower[start : start + FIRST], ()):
                if lower.startswith(part, start):
                    found.update(searches)
        by_rule: dict[int, list[Search]] = defaultdict(list)
        for number, place in sorted(found):
            by_rule[number].append(self.rules[number].searches[place])
        return [(self.rules[number], searches) for number, searches in by_rule.items()]


@cache
def lookup() -> Lookup:
    return Lookup(rules())
