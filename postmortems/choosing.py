"""Pure. Which template an incident should get, and why: the first rule that holds, else the template for its depth, else the default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from incidents.conditions import Facts, Group


@dataclass(frozen=True)
class Offer:
    """A template that can be chosen."""

    key: str
    name: str
    depth: str = ""
    is_default: bool = False


@dataclass(frozen=True)
class Rule:
    name: str
    template: str
    when: Group
    is_active: bool = True

    def __str__(self) -> str:
        return str(self.when)


@dataclass(frozen=True)
class Tried:
    """What became of one rule: holds, holds_not, after (an earlier one held already) or unoffered (its template is switched off)."""

    rule: Rule
    outcome: str


@dataclass(frozen=True)
class Choice:
    """`template` is a key, empty when there is no template at all. `why` is a sentence."""

    template: str
    why: str
    rule: str = ""
    tried: tuple[Tried, ...] = ()


def choose(facts: Facts, rules: Sequence[Rule], offers: Sequence[Offer], depth: str) -> Choice:
    """Say which of the offered templates comes first for an incident with these facts, for a review of this depth."""
    offered = {offer.key: offer for offer in offers}
    tried, found = [], None
    for rule in rules:
        if not rule.when.holds(facts):
            tried.append(Tried(rule, "holds_not"))
        elif rule.template not in offered:
            tried.append(Tried(rule, "unoffered"))
        elif found:
            tried.append(Tried(rule, "after"))
        else:
            found = rule
            tried.append(Tried(rule, "holds"))
    if found:
        return Choice(found.template, f"The rule “{found.name}” holds: {found.when.held(facts)}.", found.name, tuple(tried))
    template, why = without_rule(offers, depth)
    return Choice(template, why, "", tuple(tried))


def without_rule(offers: Sequence[Offer], depth: str) -> tuple[str, str]:
    default = next((offer for offer in offers if offer.is_default), None)
    if default and default.depth == depth:
        return default.key, f"No rule says more, and “{default.name}” is the default for a {depth} review."
    fitting = next((offer for offer in offers if offer.depth == depth), None)
    if fitting:
        return fitting.key, f"No rule says more, and “{fitting.name}” is the template for a {depth} review."
    first = default or next(iter(offers), None)
    if first is None:
        return "", "No template is switched on."
    return (
        first.key,
        f"No rule says more, and no template is kept for a {depth} review; “{first.name}” is {'the default' if first.is_default else 'the first'}.",
    )
