"""Pure. What a person types into the search box: words (all must occur), "exact phrases", -exclusions, OR between two."""

from __future__ import annotations

import re
from dataclasses import dataclass

from incidents.lib.text import clean_line

LONGEST = 200  # characters; more is cut, as no one types it
TOKEN = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
WORDS = re.compile(r"\w+")


@dataclass(frozen=True)
class Term:
    """One word or phrase, as the words it consists of."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.words)


@dataclass(frozen=True)
class Query:
    """Every group must occur, by any one of its terms; none of `excluded` may."""

    groups: tuple[tuple[Term, ...], ...] = ()
    excluded: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups or self.excluded)


def parse(text: str) -> Query:
    """Return the query. Never fails: signs that mean nothing here are separators, as both engines treat them."""
    groups: list[list[Term]] = []
    excluded: list[Term] = []
    join = False
    for match in TOKEN.finditer(clean_line(text, limit=LONGEST)):
        if match["word"] == "OR" and not match["minus"]:
            join = bool(groups)
            continue
        # "read-only" and "db.example.org" are words side by side: a phrase.
        words = tuple(WORDS.findall(match["phrase"] if match["phrase"] is not None else match["word"]))
        if not words:
            continue
        if match["minus"]:
            excluded.append(Term(words))
        elif join:
            groups[-1].append(Term(words))
        else:
            groups.append([Term(words)])
        join = False
    return Query(tuple(tuple(group) for group in groups), tuple(excluded))
