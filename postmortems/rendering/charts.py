"""Pure. The chart of the milestones: a strip of time with the decided moments, and a bar for each measured interval.

Names stand in columns of equal width, in the order of time, each with a line to its place on the strip, so that no two
texts ever meet however close the moments are. The scale is linear; where the first moments would fall together on it,
it is logarithmic from the first moment on, and says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

WIDTH, LEFT, RIGHT = 720, 198, 8
HEAD, STRIP, ROW = 34, 62, 26
#: From this ratio of the whole span to the first step on, a linear strip would show the first moments as one.
CROWDED = 40
LETTER = 0.52  # mean width of a letter in em, for keeping texts in their column

METRIC_ENDS = {
    "mttd": ("impact_started", "detected"),
    "mtta": ("detected", "acknowledged"),
    "mttm": ("impact_started", "mitigated"),
    "mttr": ("impact_started", "resolved"),
}


@dataclass(frozen=True)
class Mark:
    """A moment: where its name stands, and where it lies on the strip."""

    name: str
    time: str
    column: float
    place: float
    first_line: str = ""
    second_line: str = ""


@dataclass(frozen=True)
class Bar:
    name: str
    duration: str
    start: float
    width: float
    y: float


@dataclass(frozen=True)
class Chart:
    width: int
    height: int
    left: float
    right: float
    strip: float
    marks: Sequence[Mark]
    bars: Sequence[Bar]
    is_log: bool
    summary: str


def clipped(text: str, width: float, size: float) -> str:
    """Return as much of the text as stands in `width`, with an ellipsis where some is left out."""
    most = max(3, int(width / (size * LETTER)))
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def two_lines(text: str, width: float, size: float) -> tuple[str, str]:
    words, first = text.split(), ""
    most = int(width / (size * LETTER))
    while words and len(first) + len(words[0]) + 1 <= most:
        first = f"{first} {words.pop(0)}".strip()
    if not first:
        return clipped(text, width, size), ""
    return first, clipped(" ".join(words), width, size) if words else ""


def milestone_chart(document: Mapping[str, Any]) -> Chart | None:
    """Return the chart of a document, or None when fewer than two moments are decided."""
    moments = sorted(
        (datetime.fromisoformat(row["at"]), index, row) for index, row in enumerate(document["milestones"]) if row["state"] == "recorded" and row["at"]
    )
    if len(moments) < 2:
        return None
    place, is_log = scale([at for at, _, _ in moments])
    right = WIDTH - RIGHT
    column = (right - LEFT) / len(moments)
    marks, places = [], {}
    for number, (at, _, row) in enumerate(moments):
        first, second = two_lines(row["name"], column - 8, 11)
        places[row["key"]] = LEFT + place(at) * (right - LEFT)
        marks.append(Mark(row["name"], short_time(row["local"], column), round(LEFT + column * (number + 0.5), 2), round(places[row["key"]], 2), first, second))
    bars: list[Bar] = []
    for metric in document["metrics"]:
        ends = METRIC_ENDS.get(metric["key"])
        if metric["state"] != "recorded" or ends is None or not all(key in places for key in ends):
            continue
        start, end = (places[key] for key in ends)
        y = HEAD + STRIP + 14 + ROW * len(bars)
        bars.append(Bar(clipped(metric["name"], 128, 12), metric["duration"], round(start, 2), round(max(end - start, 2), 2), y))
    summary = "; ".join(f"{row['name']} {row['local']}" for _, _, row in moments)
    height = HEAD + STRIP + (14 + ROW * len(bars) if bars else 8)
    return Chart(WIDTH, height, LEFT, right, HEAD + STRIP - 8, marks, bars, is_log, summary)


def short_time(local: str, column: float) -> str:
    """ "2 March 2026, 14:02 CET" as "2 Mar, 14:02": the year and zone stand in the table below."""
    day, _, clock = local.partition(", ")
    parts = day.split()
    short = f"{parts[0]} {parts[1][:3]}, {clock.split()[0]}" if len(parts) == 3 and clock else local
    return clipped(short, column - 4, 10.5)


def scale(moments: Sequence[datetime]) -> tuple[Any, bool]:
    """Return the function from a moment to its place between 0 and 1, and whether it is logarithmic."""
    first = moments[0]
    offsets = [(at - first).total_seconds() for at in moments]
    span = offsets[-1]
    if not span:
        return (lambda _: 0.0), False
    step = min(offset for offset in offsets if offset > 0)
    if span / step <= CROWDED:
        return (lambda at: (at - first).total_seconds() / span), False
    whole = math.log1p(span / step)
    return (lambda at: math.log1p((at - first).total_seconds() / step) / whole), True
