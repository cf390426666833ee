"""Pure. Chains of questions and the contributing factors that they lead to: which factor a row names, and the way from the first question to it.

A row names a factor as "factor:12 What the factor said": the words stay readable where only the row is at hand, and when the factor is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from postmortems import kinds, rows
from postmortems.fields import factor_of, factor_words

COLUMN = "factor"
LONGEST = 200


@dataclass(frozen=True)
class Chain:
    """The way to a factor: the section that holds it, and each question with its answer."""

    key: str
    title: str
    steps: tuple[tuple[str, str], ...]


def is_chain(section: kinds.Text) -> bool:
    return kinds.shape_of(section) == "tree" and any(column.type == COLUMN for column in kinds.columns_of(section))


def factors_named(values: Mapping[str, Any]) -> set[int]:
    """Return the ids of the factors that rows name."""
    return {pk for row in kinds.rows_of(values) if (pk := factor_of(row.get(COLUMN, "")))}


def renamed(found: Sequence[rows.Row], statements: Mapping[int, str]) -> list[rows.Row]:
    """Return rows with what the factors say now; of a factor that is not there the words stay."""
    result = []
    for row in found:
        text = row.get(COLUMN, "")
        pk = factor_of(text)
        if pk is not None:
            words = name_of(pk, statements[pk]) if pk in statements else factor_words(text)
            row = {name: value for name, value in row.items() if name != COLUMN} | ({COLUMN: words} if words else {})
        result.append(row)
    return result


def name_of(pk: int, statement: str) -> str:
    """Return how a row names a factor."""
    words = " ".join(statement.split())
    return f"factor:{pk} {words if len(words) <= LONGEST else f'{words[: LONGEST - 1].rstrip()}…'}"


def path_to(found: Sequence[Mapping[str, Any]], place: int) -> list[Mapping[str, Any]]:
    """Return the rows from the first question to the one at `place`."""
    path: list[Mapping[str, Any]] = []
    for row in found[: place + 1]:
        del path[rows.depth_of(row) :]
        path.append(row)
    return path


def chains_in(sections: Iterable[Any]) -> dict[int, list[Chain]]:
    """Return id of a factor -> the chains that lead to it, in the order of the sections."""
    chains: dict[int, list[Chain]] = {}
    for section in sections:
        if not is_chain(section):
            continue
        found = kinds.rows_of(section.values)
        for place, row in enumerate(found):
            if pk := factor_of(row.get(COLUMN, "")):
                steps = tuple((str(one.get("question", "")), str(one.get("answer", ""))) for one in path_to(found, place))
                chains.setdefault(pk, []).append(Chain(section.key, section.title, steps))
    return chains
