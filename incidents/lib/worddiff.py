"""Pure. The difference of two texts, word by word, for people to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

TOKEN = re.compile(r"\s+|\w+|[^\w\s]")
# Comparing words is quadratic at worst; above this a changed block is shown as a whole.
MOST_TOKENS = 4_000
#: Characters in common between two changes, below which they are shown as one.
SHARED = 6


@dataclass(frozen=True)
class Piece:
    """A run of text that is `same`, only in the `old`, or only in the `new` one."""

    op: str
    text: str


def word_diff(old: str, new: str) -> list[Piece]:
    """Return the pieces that lead from `old` to `new`: lines first, then the words within the lines that changed."""
    return list(joined(calmed(joined(pieces(old, new)))))


def pieces(old: str, new: str) -> Iterator[Piece]:
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for op, a, b, c, d in SequenceMatcher(None, before, after).get_opcodes():
        left, right = "".join(before[a:b]), "".join(after[c:d])
        if op == "equal":
            yield Piece("same", left)
        else:
            yield from words(left, right)


def words(old: str, new: str) -> Iterator[Piece]:
    before, after = TOKEN.findall(old), TOKEN.findall(new)
    if len(before) + len(after) > MOST_TOKENS:
        yield from (Piece("old", old), Piece("new", new))
        return
    for op, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if op == "equal":
            yield Piece("same", "".join(before[a:b]))
        else:
            yield Piece("old", "".join(before[a:b]))
            yield Piece("new", "".join(after[c:d]))


def calmed(parts: Iterator[Piece]) -> Iterator[Piece]:
    """Where two rewritten passages share no more than a word or so between them, one passage: confetti is hard to read."""
    run: list[Piece] = []
    for part in [*parts, Piece("same", "")]:
        between = part.op == "same" and part.text and len(part.text.strip()) < SHARED and "\n" not in part.text
        if part.op != "same" or (run and between):
            run.append(part)
            continue
        while run and run[-1].op == "same":  # what stands after the last change is no part of it
            part = Piece("same", run.pop().text + part.text)
        yield from (Piece(op, "".join(piece.text for piece in run if piece.op in {op, "same"})) for op in ("old", "new") if run)
        run = []
        yield part


def joined(parts: Iterator[Piece]) -> Iterator[Piece]:
    """Runs of the same sort as one piece, empty ones left out."""
    last: Piece | None = None
    for part in parts:
        if not part.text:
            continue
        if last and last.op == part.op:
            last = Piece(last.op, last.text + part.text)
            continue
        if last:
            yield last
        last = part
    if last:
        yield last
