"""Pure. Rows of a section: cleaning what comes in, moving them, trees made of depths, lists taken from a text, and two people's changes in one list.

A tree is a list in reading order whose rows have a `depth`, as a digit; a row belongs to the last one before it that is less deep.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from incidents.lib.text import clean_text, whole
from postmortems.fields import Field

Row = dict[str, str]
DEEPEST = 8
ITEM = re.compile(r"^ {0,3}(?:[-*+•]|\d{1,3}[.)])[ \t]+(?:\[[ xX]\][ \t]+)?(\S.*)$")


@dataclass(frozen=True)
class Node:
    """A row of a tree with what hangs on it."""

    row: Mapping[str, Any]
    children: list[Node] = field(default_factory=list)


def cleaned(rows: Sequence[Any], columns: Sequence[Field], *, is_tree: bool, most: int) -> list[Row]:
    """Return rows as they are stored: known columns only, clean strings, no empty row, depths without gaps."""
    result = []
    for row in rows:
        if not isinstance(row, Mapping):
            continue
        texts = {column.name: clean_text(str(row.get(column.name) or ""), limit=column.limit).strip() for column in columns}
        kept = {name: text for name, text in texts.items() if text}
        if kept:
            result.append(kept | ({"depth": str(row.get("depth") or "0")} if is_tree else {}))
    return levelled(result[:most]) if is_tree else result[:most]


def depth_of(row: Mapping[str, Any]) -> int:
    return min(whole(str(row.get("depth") or "")) or 0, DEEPEST)


def levelled(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of a tree so that none is more than one deeper than the one before."""
    result, before = [], -1
    for row in rows:
        before = min(depth_of(row), before + 1)
        result.append(row | {"depth": str(before)})
    return result


def end_of(rows: Sequence[Mapping[str, str]], place: int) -> int:
    """Return where the row at `place` ends with all that hangs on it."""
    end = place + 1
    while end < len(rows) and depth_of(rows[end]) > depth_of(rows[place]):
        end += 1
    return end


def arranged(rows: Sequence[Row], verb: str, place: int) -> list[Row]:
    """Return the rows after "up", "down", "deeper", "shallower" or "remove" at `place`. What cannot be done changes nothing."""
    rows = list(rows)
    if not 0 <= place < len(rows):
        return rows
    end, depth = end_of(rows, place), depth_of(rows[place])
    if verb == "remove":
        # What hung on it moves up to its place: nothing that was written goes with it.
        return [*rows[:place], *shifted(rows[place + 1 : end], -1), *rows[end:]]
    if verb == "down":
        return arranged(rows, "up", end) if end < len(rows) and depth_of(rows[end]) == depth else rows
    if verb == "up":
        before = next((n for n in range(place - 1, -1, -1) if depth_of(rows[n]) <= depth), -1)
        if before < 0 or depth_of(rows[before]) < depth:
            return rows
        return [*rows[:before], *rows[place:end], *rows[before:place], *rows[end:]]
    step = {"deeper": 1, "shallower": -1}.get(verb, 0)
    if not step or depth + step < 0 or depth + step > DEEPEST or (step > 0 and (not place or depth_of(rows[place - 1]) < depth)):
        return rows
    return levelled([*rows[:place], *shifted(rows[place:end], step), *rows[end:]])


def shifted(rows: Sequence[Row], step: int) -> list[Row]:
    return [row | {"depth": str(max(depth_of(row) + step, 0))} if "depth" in row else row for row in rows]


def tree(rows: Sequence[Mapping[str, Any]]) -> list[Node]:
    """Return the roots of a tree."""
    roots: list[Node] = []
    path: list[Node] = []
    for row in rows:
        node = Node(row)
        del path[depth_of(row) :]
        (path[-1].children if path else roots).append(node)
        path.append(node)
    return roots


def from_list(body: str) -> tuple[list[str], str]:
    """Return the items of the top-level lists of a text, and the text without them. An item goes on over indented lines."""
    items: list[str] = []
    rest: list[str] = []
    inside = fenced = False
    for line in body.splitlines():
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        found = None if fenced else ITEM.match(line)
        if found:
            items.append(found[1].strip())
            inside = True
        elif inside and line.startswith((" ", "\t")) and line.strip():
            items[-1] += "\n" + line.strip()
        else:
            inside = inside and not line.strip()
            rest.append(line)
    return items, re.sub(r"\n{3,}", "\n\n", "\n".join(rest)).strip()


# Two at once -----------------------------------------------------------------------------------------


def merged(base: Sequence[Row], mine: Sequence[Row], theirs: Sequence[Row]) -> list[Row] | None:
    """Return the rows of both changes, cell by cell, or None where both changed the same thing differently."""
    if mine in (theirs, base):
        return list(theirs)
    if theirs == base:
        return list(mine)
    ours, others = changes(base, mine), changes(base, theirs)
    result: list[Row] = []
    for place, row in enumerate([*base, None]):
        result += inserted(others, place, ours)
        if row is None:
            break
        left, right = ours.kept.get(place), others.kept.get(place)
        if left is None or right is None:
            if (left or right or row) != row:  # taken away by one, changed by the other
                return None
            continue
        cells = joined(row, left, right)
        if cells is None:
            return None
        result.append(cells)
    return result


@dataclass
class Changes:
    """What became of each row of the base, and what was put before it."""

    kept: dict[int, Row] = field(default_factory=dict)
    new: dict[int, list[Row]] = field(default_factory=dict)


def changes(base: Sequence[Row], rows: Sequence[Row]) -> Changes:
    found = Changes()
    matcher = SequenceMatcher(None, [key(row) for row in base], [key(row) for row in rows], autojunk=False)
    for _op, a, b, c, d in matcher.get_opcodes():
        both = min(b - a, d - c)
        found.kept |= {a + n: rows[c + n] for n in range(both)}
        if d - c > both:
            found.new[b] = list(rows[c + both : d])
    return found


def inserted(first: Changes, place: int, second: Changes) -> list[Row]:
    rows = first.new.get(place, [])
    return [*rows, *(row for row in second.new.get(place, []) if row not in rows)]


def joined(base: Row, mine: Row, theirs: Row) -> Row | None:
    result: Row = {}
    for name in {**base, **theirs, **mine}:
        was, left, right = base.get(name, ""), mine.get(name, ""), theirs.get(name, "")
        if left != right and was not in (left, right):
            return None
        if value := right if left == was else left:
            result[name] = value
    return result


def key(row: Row) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(row.items()))
