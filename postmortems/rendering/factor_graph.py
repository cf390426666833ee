"""Pure. The graph of contributing factors: what led to the effect above it, what kept it smaller below, drawn in rows.

Layout is deterministic and needs no library: factors that lead to others stand in rows above them, lines run in the gaps
between the rows and in the lanes beside the boxes, never through a box. Lines to one target share their lane, so that what
leads to it is seen as one. `routing.py` draws the lines; the list below the graph has all of it in words.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from postmortems.rendering import routing
from postmortems.rendering.routing import Box, Link, Row

WIDTH, MARGIN, GUTTER = 720, 30, 36
INNER = WIDTH - 2 * MARGIN
PADDING, HEAD, LINE, FOOT, CAPTION = 9, 15, 14, 13, 22
SIZE, SMALL = 12.0, 10.5  # of the text, in units of the drawing: 8.1 and 7.1 pt on an A4 page
MOST_LINES = 8
EFFECT = 0  # number of the effect among the factors, which count from 1
ABOVE, BELOW, ASIDE = "above", "below", "aside"
SIDES = {"mitigator": BELOW, "bystander": ASIDE}
CAPTIONS = {ABOVE: "What made it possible, wider or longer", BELOW: "What kept it smaller or shorter", ASIDE: "Seen on the way, without effect this time"}


@dataclass(frozen=True)
class Text:
    """One line of a box, at the left edge `x` and the baseline `y`."""

    text: str
    x: float
    y: float
    style: str  # head, body, foot, caption
    width: float = 0.0


@dataclass(frozen=True)
class Node:
    number: int
    kind: str
    x: float
    y: float
    width: float
    height: float
    texts: Sequence[Text]


@dataclass(frozen=True)
class Graph:
    width: int
    height: float
    nodes: Sequence[Node]
    edges: Sequence[routing.Edge]
    captions: Sequence[Text]
    summary: str


@dataclass
class Draft:
    """A box before it has its place."""

    number: int
    kind: str
    head: str
    statement: str
    feet: Sequence[str] = ()
    lines: list[str] = field(default_factory=list)

    def fit(self, width: float) -> float:
        """Break the text for `width` and return the height."""
        self.lines = wrapped(self.statement, width - 2 * PADDING - 4, SIZE, MOST_LINES)
        feet = [line for foot in self.feet for line in wrapped(foot, width - 2 * PADDING - 4, SMALL, 3)]
        self.feet = feet
        return PADDING + HEAD + LINE * len(self.lines) + FOOT * len(feet) + PADDING - 2


def factor_graph(document: Mapping[str, Any]) -> Graph | None:
    """Return the graph of a document, or None when it has fewer than two factors."""
    factors: Sequence[Mapping[str, Any]] = document.get("factors") or []
    if len(factors) < 2:
        return None
    kinds = {row["number"]: row["kind"] for row in factors}
    links = links_of(factors, kinds)
    drafts = {row["number"]: draft_of(row) for row in factors}
    drafts[EFFECT] = Draft(EFFECT, "effect", "The effect", document["title"])
    rows, captions = placed(drafts, kinds, links)
    edges = routing.route(rows, links, WIDTH, MARGIN)
    nodes = [node_of(drafts[box.number], box) for row in rows for box in row.boxes]
    height = max(box.bottom for row in rows for box in row.boxes) + 4
    return Graph(WIDTH, round(height, 1), nodes, edges, captions, summary_of(kinds))


def draft_of(row: Mapping[str, Any]) -> Draft:
    relations: dict[str, list[int]] = {}
    for link in row["links"]:
        relations.setdefault(link["relation_name"], []).append(link["to"])
    feet = [f"{name} no. {', '.join(map(str, numbers))}" for name, numbers in relations.items()]
    if row["actions"]:
        feet.append(f"Actions: {', '.join(row['actions'])}")
    return Draft(row["number"], row["kind"] or "condition", f"{row['number']} · {row['kind_name'] or 'Factor'}", row["statement"], feet)


def links_of(factors: Sequence[Mapping[str, Any]], kinds: Mapping[int, str]) -> list[Link]:
    """Return what leads to what. A factor that leads to no other on its side leads to the effect."""
    links = []
    for row in factors:
        number, side = row["number"], SIDES.get(row["kind"], ABOVE)
        own = [Link(number, link["to"], link["relation"]) for link in row["links"] if link["to"] in kinds]
        links += own
        leads_on = any(SIDES.get(kinds[link.target], ABOVE) == ABOVE for link in own)
        if side != ASIDE and not leads_on:
            links.append(Link(number, EFFECT, "reduced" if side == BELOW else "led"))
    return links


def placed(drafts: Mapping[int, Draft], kinds: Mapping[int, str], links: Sequence[Link]) -> tuple[list[Row], list[Text]]:
    """Return the rows from top to bottom with a place for each box, and the captions over the three parts."""
    sides = {side: [number for number in kinds if SIDES.get(kinds[number], ABOVE) == side] for side in (ABOVE, BELOW, ASIDE)}
    above = layers(sides[ABOVE], links)
    plan: list[tuple[str, list[int]]] = [(ABOVE, row) for layer in reversed(above) for row in in_rows(layer)]
    plan.append(("effect", [EFFECT]))
    plan += [(BELOW, row) for layer in layers(sides[BELOW], links) for row in in_rows(layer)]
    plan += [(ASIDE, row) for row in in_rows(sides[ASIDE])]
    tracks = routing.tracks_between([row for _side, row in plan], links)
    rows, captions, y, before = [], [], 0.0, ""
    for index, (side, numbers) in enumerate(plan):
        y += tracks[index]
        captioned = side != before and side in CAPTIONS
        if captioned:
            captions.append(Text(CAPTIONS[side], MARGIN, round(y + 11, 1), "caption", round(measured(CAPTIONS[side], SMALL) * 0.92 + 6, 1)))
            y += CAPTION
        before = side
        row = row_of(numbers, drafts, y, captioned=captioned)
        rows.append(row)
        y = max(box.bottom for box in row.boxes)
    return rows, captions


def row_of(numbers: Sequence[int], drafts: Mapping[int, Draft], y: float, *, captioned: bool) -> Row:
    """Give the boxes of a row their places: three, two or one beside each other, all of one height."""
    count = len(numbers)
    wide = INNER if numbers == [EFFECT] else (INNER - GUTTER * (max(count, 2) - 1)) / max(count, 2)
    height = max(drafts[number].fit(wide) for number in numbers)
    start = MARGIN + (INNER - count * wide - (count - 1) * GUTTER) / 2
    boxes = [Box(number, start + place * (wide + GUTTER), y, wide, height) for place, number in enumerate(numbers)]
    return Row(boxes, y - (CAPTION if captioned else 0))


def layers(numbers: Sequence[int], links: Iterable[Link]) -> list[list[int]]:
    """Return the factors by their distance from the effect: those that lead straight to it, those that lead to these, and so on."""
    within = {number: [link.target for link in links if link.source == number and link.target in set(numbers)] for number in numbers}
    depth: dict[int, int] = {}
    walked: set[int] = set()

    def measure(number: int) -> int:
        if number in depth:
            return depth[number]
        walked.add(number)
        # A link back to where the walk came from closes a circle; it is drawn, but it lifts nothing.
        depth_of_targets = [measure(target) + 1 for target in within[number] if target not in walked or target in depth]
        walked.discard(number)
        depth[number] = max(depth_of_targets, default=0)
        return depth[number]

    for number in numbers:
        measure(number)
    result: list[list[int]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for number in numbers:
        result[depth[number]].append(number)
    return ordered(result, within)


def ordered(result: list[list[int]], within: Mapping[int, Sequence[int]]) -> list[list[int]]:
    """Put each layer in the order of what it leads to, so that fewer lines cross."""
    place = {number: float(index) for index, number in enumerate(result[0])} if result else {}
    for layer in result[1:]:
        middle = {number: [place[target] for target in within[number] if target in place] for number in layer}
        layer.sort(key=lambda number: (sum(middle[number]) / len(middle[number]) if middle[number] else math.inf, number))
        place |= {number: float(index) for index, number in enumerate(layer)}
    return result


def in_rows(layer: Sequence[int]) -> list[list[int]]:
    """Cut a layer into rows of up to three, as even as they come."""
    number = math.ceil(len(layer) / 3)
    return [list(layer[len(layer) * index // number : len(layer) * (index + 1) // number]) for index in range(number)]


def node_of(draft: Draft, box: Box) -> Node:
    x, y = box.x + PADDING + 4, box.y + PADDING
    texts = [Text(draft.head, x, y + 9, "head")]
    y += HEAD + 10
    for line in draft.lines:
        texts.append(Text(line, x, y, "body"))
        y += LINE
    for line in draft.feet:
        texts.append(Text(line, x, y, "foot"))
        y += FOOT
    rounded = [Text(text.text, round(text.x, 1), round(text.y, 1), text.style) for text in texts]
    return Node(draft.number, draft.kind, round(box.x, 1), round(box.y, 1), round(box.width, 1), round(box.height, 1), rounded)


def summary_of(kinds: Mapping[int, str]) -> str:
    """What the picture is, for who does not see it; the list that follows has every factor."""
    helped = sum(SIDES.get(kind) == BELOW for kind in kinds.values())
    aside = sum(SIDES.get(kind) == ASIDE for kind in kinds.values())
    parts = [f"{len(kinds) - helped - aside} led to the effect", f"{helped} kept it smaller"] + ([f"{aside} had no effect this time"] if aside else [])
    return f"Graph of {len(kinds)} contributing factors: {', '.join(parts)}. The list below tells each of them."


# Text ---------------------------------------------------------------------------------------------


def measured(text: str, size: float) -> float:
    """Return about how wide the text is in the product's font."""
    return size * sum(1.0 if unicodedata.east_asian_width(sign) in "WF" else 0.62 if sign.isupper() or sign in "mwMW@%" else 0.485 for sign in text)


def wrapped(text: str, width: float, size: float, most: int) -> list[str]:
    """Break a text into lines of `width`; after `most` lines the rest is an ellipsis. A word that no line holds is cut."""
    lines, line = [], ""
    for word in text.split():
        for piece in pieces(word, width, size):
            if line and measured(f"{line} {piece}", size) > width:
                lines.append(line)
                line = piece
            else:
                line = f"{line} {piece}".strip()
        if len(lines) > most:
            break
    lines += [line] if line else []
    if len(lines) > most:
        last = lines[most - 1]
        while last and measured(f"{last} …", size) > width:
            last = last[:-1].rstrip()
        lines = [*lines[: most - 1], f"{last} …"]
    return lines


def pieces(word: str, width: float, size: float) -> list[str]:
    if measured(word, size) <= width:
        return [word]
    most = max(4, int(width / size))
    return [word[start : start + most] for start in range(0, len(word), most)]
