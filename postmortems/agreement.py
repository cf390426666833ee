"""Pure. How far two people agree who sorted the same factors apart from each other: raw agreement, Cohen's kappa, and how sure that is.

The interval is kappa ± 1.96 standard errors, the error being sqrt(po (1 − po) / (n (1 − pe)²)) as Cohen gave it, cut off at −1
and 1; with few factors it is wide, which is what it is to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

ENOUGH = 0.6  # below it the leaves of a group want to be described anew, or merged
Z = 1.96


@dataclass(frozen=True)
class Agreement:
    """`number` factors, of which `same` were sorted alike. `kappa` is None where both used one group throughout: then nothing can be told."""

    number: int
    same: int
    kappa: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def raw(self) -> float:
        return self.same / self.number if self.number else 0.0

    @property
    def is_low(self) -> bool:
        return self.kappa is not None and self.kappa < ENOUGH


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """Return how far the first and the second of each pair agree."""
    number = len(pairs)
    same = sum(one == other for one, other in pairs)
    if not number:
        return Agreement(0, 0)
    firsts, seconds = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    expected = sum(firsts[key] * seconds[key] for key in firsts) / number**2
    if expected >= 1:
        return Agreement(number, same)
    observed = same / number
    kappa = (observed - expected) / (1 - expected)
    error = Z * sqrt(observed * (1 - observed) / (number * (1 - expected) ** 2))
    return Agreement(number, same, kappa, max(-1.0, kappa - error), min(1.0, kappa + error))


def by_group(pairs: Sequence[tuple[str, str]]) -> dict[str, tuple[Agreement, int]]:
    """Return for each group whether the two agree that a factor belongs to it, and how many factors one of them put there. `pairs` are of leaves."""
    groups = [(one.partition(".")[0], other.partition(".")[0]) for one, other in pairs]
    keys = sorted({key for pair in groups for key in pair if key})
    return {key: (agreement([(str(one == key), str(other == key)) for one, other in groups]), sum(key in pair for pair in groups)) for key in keys}
