"""Pure. What other vocabularies call a factor or a trigger, as data from seeds/vocabularies.yaml -> our catalogue.

Categories are for finding similar reviews. So a term that may mean several of ours stays unclassified, with what it may mean
beside it, and one that judges people is not taken over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "seeds" / "vocabularies.yaml"


@dataclass(frozen=True)
class Term:
    """One word of another vocabulary. `leaves` and `groups` are keys of the catalogue, `triggers` kinds of trigger, `kind` a kind of factor."""

    name: str
    also: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    kind: str = ""
    leave_out: str = ""

    @property
    def leaf(self) -> str:
        """The one leaf that it means, or nothing where it may mean more."""
        return self.leaves[0] if len(self.leaves) == 1 and not self.groups else ""

    @property
    def trigger(self) -> str:
        return self.triggers[0] if len(self.triggers) == 1 else ""

    def may_mean(self, leaves: Sequence[str]) -> list[str]:
        """Return those of the given leaves that it may mean."""
        return [leaf for leaf in leaves if leaf in self.leaves or leaf.partition(".")[0] in self.groups]


@dataclass(frozen=True)
class Vocabulary:
    key: str
    name: str
    terms: tuple[Term, ...]

    def find(self, word: str) -> Term | None:
        return next((term for term in self.terms if plain(word) in {plain(name) for name in (term.name, *term.also)}), None)


@dataclass(frozen=True)
class Written:
    """A factor as another tool has it: its words, and what it is called there. `line` is that of its file, 0 where there is none."""

    statement: str
    vocabulary: str
    term: str
    line: int = 0


class UnknownWordError(LookupError):
    """No vocabulary, or not that one, has the word. `column` is "vocabulary" or "term"; the words say what is known."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column


def meaning_of(row: Written) -> Term:
    """Return what the term of a row means. Raises UnknownWordError."""
    vocabulary = next((one for one in vocabularies().values() if plain(row.vocabulary) in (plain(one.key), plain(one.name))), None)
    if vocabulary is None:
        raise UnknownWordError("vocabulary", f"no vocabulary is called “{row.vocabulary[:60]}”. Known are {', '.join(vocabularies())}.")
    term = vocabulary.find(row.term)
    if term is None:
        known = ", ".join(one.name for one in vocabulary.terms)
        raise UnknownWordError("term", f"{vocabulary.name} has no “{row.term[:60]}” here. Known are {known}.")
    return term


def plain(word: str) -> str:
    return " ".join(word.casefold().replace("_", " ").replace("-", " ").split())


@cache
def vocabularies() -> dict[str, Vocabulary]:
    """Return the vocabularies by key."""
    with open(FILE, encoding="utf-8") as file:
        rows = yaml.safe_load(file)
    return {row["key"]: Vocabulary(row["key"], row["name"], tuple(term_of(term) for term in row["terms"])) for row in rows}


def term_of(row: dict[str, object]) -> Term:
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items() if name != "term"}
    return Term(name=str(row["term"]), **given)  # type: ignore[arg-type]
