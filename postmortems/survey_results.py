"""Pure. What may be shown of anonymous answers: only with at least five of them, and never so that two sums give one answer away.

Answers are shown once no more are taken: who reads them at five and again at six would know the sixth. Surveys with fewer than
five answers are added to sums over time together, once there are five among them and once the quarter is over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from postmortems.facilitation.texts import SURVEY

LEAST = 5
POINTS = 5


@dataclass(frozen=True)
class Answers:
    """The answers to one question: how many gave each of the points, from 1. Empty where there are too few."""

    key: str
    text: str
    counts: tuple[int, ...] = ()

    @property
    def number(self) -> int:
        return sum(self.counts)

    @property
    def mean(self) -> float | None:
        return sum(place * number for place, number in enumerate(self.counts, 1)) / self.number if self.number else None

    @property
    def bars(self) -> list[tuple[int, int]]:
        """The points with how many gave each, the best first as they are read."""
        return list(enumerate(self.counts, 1))


@dataclass(frozen=True)
class Results:
    questions: tuple[Answers, ...]
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quarter:
    year: int
    number: int
    surveys: int
    questions: tuple[Answers, ...]

    @property
    def name(self) -> str:
        return f"{self.year} Q{self.number}"


def nothing() -> dict[str, list[int]]:
    return {key: [0] * POINTS for key in SURVEY}


def with_answer(counts: Mapping[str, Sequence[int]], scores: Mapping[str, int | None]) -> dict[str, list[int]]:
    """Return the counts with one more answer; a question may be left out."""
    return {key: [number + (scores.get(key) == place) for place, number in enumerate(numbers, 1)] for key, numbers in filled(counts).items()}


def filled(counts: Mapping[str, Sequence[int]]) -> dict[str, Sequence[int]]:
    return {key: counts.get(key) or [0] * POINTS for key in SURVEY}


def results_of(counts: Mapping[str, Sequence[int]], words: Sequence[str], answered: int) -> Results | None:
    """Return what may be shown of a survey that is over, or nothing with fewer than `LEAST` answers. Each question needs as many."""
    if answered < LEAST:
        return None
    enough = {key: tuple(numbers) if sum(numbers) >= LEAST else () for key, numbers in filled(counts).items()}
    return Results(tuple(Answers(key, SURVEY[key], enough[key]) for key in SURVEY), tuple(sorted(words)))


def over_time(surveys: Iterable[tuple[date, Mapping[str, Sequence[int]]]], today: date) -> list[Quarter]:
    """Return the sums by quarter, the latest first. `surveys` are those that are over: the day on which each closed, and its counts."""
    quarters: dict[tuple[int, int], list[dict[str, Sequence[int]]]] = defaultdict(list)
    for closed_on, counts in surveys:
        quarters[quarter_of(closed_on)].append(filled(counts))
    found = []
    for (year, number), rows in sorted(quarters.items(), reverse=True):
        questions = tuple(Answers(key, SURVEY[key], summed([row[key] for row in rows], is_over=quarter_of(today) > (year, number))) for key in SURVEY)
        if any(one.counts for one in questions):
            found.append(Quarter(year, number, len(rows), questions))
    return found


def quarter_of(day: date) -> tuple[int, int]:
    return day.year, (day.month + 2) // 3


def summed(rows: Sequence[Sequence[int]], *, is_over: bool) -> tuple[int, ...]:
    """Return the sum of what may be shown: each survey that shows its own numbers, and the others together once that hides each."""
    open_to_see = [row for row in rows if sum(row) >= LEAST]
    small = [row for row in rows if sum(row) < LEAST]
    if is_over and sum(map(sum, small)) >= LEAST:
        open_to_see += small
    return tuple(map(sum, zip(*open_to_see, strict=True))) if open_to_see else ()
