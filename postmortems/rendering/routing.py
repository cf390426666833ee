"""Pure. Lines between boxes that stand in rows: down or up through the gaps between rows and the lanes beside the boxes.

Every line is made of upright and level parts. In a gap, lines to one target share a level track; in a lane they share an
upright one. So lines cross each other at right angles at most, and none runs through a box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GAP, TRACK, CORNER, ARROW = 20, 7, 5, 5
LANE = 6  # between upright lines beside each other
CLEAR = 3  # of a line from a box

Point = tuple[float, float]


@dataclass(frozen=True)
class Link:
    source: int
    target: int
    relation: str


@dataclass(frozen=True)
class Box:
    number: int
    x: float
    y: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True)
class Row:
    """Boxes side by side; the gap above ends at `top`, which leaves room for a caption."""

    boxes: Sequence[Box]
    top: float


@dataclass(frozen=True)
class Edge:
    """A line as an SVG path, and the triangle at its end."""

    relation: str
    path: str
    arrow: str


def tracks_between(plan: Sequence[Sequence[int]], links: Sequence[Link]) -> list[float]:
    """Return the height of the gap above each row: room for one track for each target that lines in it lead to."""
    at = {number: index for index, row in enumerate(plan) for number in row}
    used = gaps_used(at, links)
    return [GAP + TRACK * len(used.get(index, ())) if index else 0.0 for index in range(len(plan))]


def gaps_used(at: dict[int, int], links: Sequence[Link]) -> dict[int, list[int]]:
    """Return for each gap, named by the row below it, the targets that have a track in it, in order."""
    used: dict[int, set[int]] = {}
    for link in links:
        start, end = at[link.source], at[link.target]
        gaps = {start} if start == end else {start + 1, end} if start < end else {start, end + 1}
        for gap in gaps:
            used.setdefault(gap, set()).add(link.target)
    return {gap: sorted(targets) for gap, targets in used.items()}


def route(rows: Sequence[Row], links: Sequence[Link], width: float, margin: float) -> list[Edge]:
    """Return a line for each link."""
    return Router(rows, links, width, margin).edges()


class Router:
    def __init__(self, rows: Sequence[Row], links: Sequence[Link], width: float, margin: float) -> None:
        self.rows, self.links, self.width, self.margin = rows, links, width, margin
        self.boxes = {box.number: box for row in rows for box in row.boxes}
        self.at = {box.number: index for index, row in enumerate(rows) for box in row.boxes}
        self.used = gaps_used(self.at, links)
        self.lanes: dict[float, list[int]] = {}  # middle of a lane -> targets that have an upright line in it

    def edges(self) -> list[Edge]:
        return [edge_of(link.relation, self.points(link)) for link in self.links]

    def points(self, link: Link) -> list[Point]:
        source, target = self.boxes[link.source], self.boxes[link.target]
        start, end = self.at[link.source], self.at[link.target]
        down = start < end
        leave = self.leaving(link)
        first = (leave, source.bottom) if down else (leave, source.y)
        if start == end:  # over the top of both
            y = self.track(start, link.target)
            return [(leave, source.y), (leave, y), (target.middle, y), (target.middle, target.y)]
        edge = target.y if down else target.bottom
        if abs(start - end) == 1:
            arrive = leave if target.x + 12 <= leave <= target.x + target.width - 12 and target.width > self.width / 2 else target.middle
            y = self.track(max(start, end), link.target)
            return [first, (leave, y), (arrive, y), (arrive, edge)]
        lane = self.lane(link, leave, target.middle, range(min(start, end) + 1, max(start, end)))
        near = self.track(start + 1 if down else start, link.target)
        far = self.track(end if down else end + 1, link.target)
        arrive = lane if target.x + 12 <= lane <= target.x + target.width - 12 else target.middle
        return [first, (leave, near), (lane, near), (lane, far), (arrive, far), (arrive, edge)]

    def leaving(self, link: Link) -> float:
        """Where a line leaves its box: beside each other, where several do so on one side."""
        box, down = self.boxes[link.source], self.at[link.source] < self.at[link.target]
        mates = [one.target for one in self.links if one.source == link.source and (self.at[one.source] < self.at[one.target]) == down]
        mates.sort(key=lambda target: (self.boxes[target].middle, target))
        place = mates.index(link.target) - (len(mates) - 1) / 2
        # Off the middle, where a line arrives on the same side.
        meets = any(one.target == link.source and (self.at[one.source] > self.at[link.source]) == down for one in self.links)
        shift = 18 if meets else 0
        return box.middle + shift + place * 16

    def track(self, gap: int, target: int) -> float:
        """Return the height of the level track to `target` in the gap above row `gap`."""
        top = max(box.bottom for box in self.rows[gap - 1].boxes) if gap else self.rows[0].top - GAP
        targets = self.used[gap]
        room = self.rows[gap].top - top
        return top + room * (targets.index(target) + 1) / (len(targets) + 1)

    def lane(self, link: Link, leave: float, arrive: float, crossed: range) -> float:
        """Return where a line can pass the rows it crosses: in a gutter that all of them leave free, or at the edge."""
        boxes = [box for index in crossed for box in self.rows[index].boxes]
        edges = sorted({round(box.x + box.width, 1) for box in boxes})
        gutters = [right + 18 for right in edges if right + 36 < self.width - self.margin]
        free = [x for x in gutters if not any(box.x - CLEAR < x < box.x + box.width + CLEAR for box in boxes)]
        choices = [*free, self.margin / 2, self.width - self.margin / 2]
        middle = min(choices, key=lambda x: (abs(x - leave) + abs(x - arrive), x))
        targets = self.lanes.setdefault(middle, [])
        if link.target not in targets:
            targets.append(link.target)
        place = targets.index(link.target)
        offset = LANE * ((place + 1) // 2) * (1 if place % 2 else -1)
        most = (self.margin if middle < self.margin or middle > self.width - self.margin else 36) / 2 - CLEAR
        return middle + max(-most, min(most, offset))


def edge_of(relation: str, points: Sequence[Point]) -> Edge:
    """Return the line through the points, with rounded corners and an arrow at its end."""
    corners = [points[0]]
    for point in points[1:]:
        if max(abs(point[0] - corners[-1][0]), abs(point[1] - corners[-1][1])) >= 0.5:
            corners.append(point)
    straight = [corner for index, corner in enumerate(corners) if not is_between(corners, index)]
    end, before = straight[-1], straight[-2]
    down = end[1] >= before[1]
    stop = (end[0], end[1] - ARROW if down else end[1] + ARROW)
    path = f"M{spell(straight[0])}"
    for index in range(1, len(straight) - 1):
        corner = straight[index]
        path += f" L{spell(towards(corner, straight[index - 1]))} Q{spell(corner)} {spell(towards(corner, straight[index + 1]))}"
    path += f" L{spell(stop)}"
    base = stop[1]
    arrow = f"M{spell(end)} L{spell((end[0] - ARROW + 1, base))} L{spell((end[0] + ARROW - 1, base))} Z"
    return Edge(relation, path, arrow)


def is_between(corners: Sequence[Point], index: int) -> bool:
    """Tell whether a corner lies on the straight line from the one before it to the one after."""
    if index in (0, len(corners) - 1):
        return False
    before, here, after = corners[index - 1], corners[index], corners[index + 1]
    return before[0] == here[0] == after[0] or before[1] == here[1] == after[1]


def towards(corner: Point, other: Point) -> Point:
    """Return the point a corner's radius away from it on the way to `other`, at most half of the way."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = abs(dx) + abs(dy)
    share = min(CORNER, length / 2) / length
    return corner[0] + dx * share, corner[1] + dy * share


def spell(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"
