"""Pure. Two changes of one text, put together. Only where both touched the same words does a person have to choose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

#: Texts are compared by sentences and lines: two people who change one sentence differently should read both.
PART = re.compile(r"[^\n]*?(?:[.!?][\"”’')\]]*[ \t]+|\n)|[^\n]+$")
#: What can stand where both changed the same place, in the order it is offered.
CHOICES = ("both", "theirs", "mine", "base")


@dataclass(frozen=True)
class Hunk:
    """One stretch of three texts. `op` says who changed it: nobody ("same"), "mine", "theirs", both alike ("agreed"), or both differently ("overlap")."""

    op: str
    base: str
    mine: str
    theirs: str

    @property
    def merged(self) -> str:
        """What the stretch says when everybody's change is taken; nothing is decided where they overlap."""
        return {"same": self.base, "mine": self.mine, "agreed": self.mine}.get(self.op, self.theirs)

    def chosen(self, choice: str) -> str:
        """What an overlap says after a choice; both one after the other unless one is named."""
        if self.op != "overlap":
            return self.merged
        if choice in ("mine", "theirs", "base"):
            return str(getattr(self, choice))
        return after_each_other(self.theirs, self.mine)


def after_each_other(first: str, second: str) -> str:
    """Join two versions of a stretch so that neither runs into the other."""
    if not first.strip() or not second.strip():
        return first if first.strip() else second
    between = "" if first.endswith(("\n", " ")) else "\n\n" if "\n" in first + second or len(first + second) > 160 else " "
    return first + between + second


def three_way(base: str, mine: str, theirs: str) -> list[Hunk]:
    """Return the stretches of the three texts in order. Joined, each side gives its text whole."""
    parts = PART.findall(base)
    ours, others = edits_of(parts, PART.findall(mine)), edits_of(parts, PART.findall(theirs))
    hunks: list[Hunk] = []
    place = 0
    for start, end, left, right in groups(ours, others):
        add(hunks, "same", *["".join(parts[place:start])] * 3)
        before = "".join(parts[start:end])
        one, two = applied(parts, start, end, left), applied(parts, start, end, right)
        op = "mine" if not right else "theirs" if not left else "agreed" if one == two else "overlap"
        add(hunks, op, before, one, two)
        place = end
    add(hunks, "same", *["".join(parts[place:])] * 3)
    return hunks


def add(hunks: list[Hunk], op: str, base: str, mine: str, theirs: str) -> None:
    if base or mine or theirs:
        hunks.append(Hunk(op, base, mine, theirs))


Edit = tuple[int, int, str]


def edits_of(parts: Sequence[str], changed: Sequence[str]) -> list[Edit]:
    codes = SequenceMatcher(None, parts, changed, autojunk=len(parts) > 4_000).get_opcodes()
    return [(a, b, "".join(changed[c:d])) for op, a, b, c, d in codes if op != "equal"]


def groups(ours: Sequence[Edit], others: Sequence[Edit]) -> Iterator[tuple[int, int, list[Edit], list[Edit]]]:
    """Yield the edits that touch each other together: (start, end, mine, theirs)."""
    waiting = sorted([(edit, 0) for edit in ours] + [(edit, 1) for edit in others])
    start, end, sides = 0, -1, ([], [])  # type: tuple[int, int, tuple[list[Edit], list[Edit]]]
    for edit, side in waiting:
        if any(sides) and not touches(start, end, edit):
            yield start, end, *sides
            sides = ([], [])
        if not any(sides):
            start, end = edit[0], edit[1]
        end = max(end, edit[1])
        sides[side].append(edit)
    if any(sides):
        yield start, end, *sides


def touches(start: int, end: int, edit: Edit) -> bool:
    """Tell whether an edit lies in a stretch; what is put in at either end of one has no order that a program could know."""
    if edit[0] < end:
        return True
    return edit[0] == end and (edit[0] == edit[1] or start == end)


def applied(parts: Sequence[str], start: int, end: int, edits: Sequence[Edit]) -> str:
    """Return parts[start:end] after the edits of one side."""
    result, place = [], start
    for first, last, text in edits:
        result += [*parts[place:first], text]
        place = last
    return "".join([*result, *parts[place:end]])


def put_together(hunks: Sequence[Hunk], choices: Mapping[int, str] | None = None) -> str:
    """Return one text; `choices` are by the number of the overlap, from 0."""
    chosen, number, result = choices or {}, 0, []
    for hunk in hunks:
        result.append(hunk.chosen(chosen.get(number, "both")))
        number += hunk.op == "overlap"
    return "".join(result)
