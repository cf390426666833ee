"""Pure. Rows of a timeline -> what a reader sees: days in their zone, folded noise and repeats, times no finer than the evidence.

The order is (at, sequence, id): time first, then the order in the source, so that events of one second keep theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from incidents.timeline_filters import Cursor

FOLD_FROM = 3  # fewer in a row are shown as they are
GAP = timedelta(minutes=30)  # a silence worth pointing out
#: Kinds that a tool sends again and again while nothing changes, and numbers that do not make it something else: “disk at 91 %”.
REPEATING = frozenset({"alert", "page", "recovery", "escalation", "change"})
NUMBER = re.compile(r"(?<![\w.-])\d+(?:[.,:]\d+)*(?: ?%)?(?![\w-])")

ICONS = {
    "alert": "bell",
    "page": "phone",
    "acknowledgement": "check",
    "escalation": "chevron-up",
    "status": "flag",
    "severity": "alert",
    "role": "user",
    "message": "message",
    "hypothesis": "search",
    "decision": "diff",
    "action": "wrench",
    "change": "git",
    "impact": "incident",
    "mitigation": "shield",
    "resolution": "check-circle",
    "recovery": "refresh",
    "communication": "users",
    "note": "edit",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Further evidence of an entry: another source's event of the same fact."""

    id: int
    source: str
    source_label: str
    at: datetime
    precision: str = "second"


@dataclass(frozen=True, slots=True)
class Opener:
    """What a reply answers."""

    id: int
    actor: str
    text: str


@dataclass(slots=True)
class Row:
    """One entry as curated. `title` is a person's wording; `text` is the evidence's own, shortened for the list."""

    id: int
    at: datetime
    sequence: int
    kind: str
    kind_label: str
    salience: int
    source: str
    actor: str
    text: str
    source_label: str = ""
    title: str = ""
    note: str = ""
    precision: str = "second"
    zone: str = ""
    zone_assumed: bool = False
    is_hidden: bool = False
    corrected: bool = False
    url: str = ""
    thread: str = ""
    revised: str = ""
    evidence: tuple[Piece, ...] = ()
    opener: Opener | None = None
    follows: bool = False  # right after what it answers, or another answer to it
    version: int = 0
    milestones: tuple[str, ...] = ()
    is_cut: bool = False
    clock: str = ""
    iso: str = ""
    icon: str = ""
    gap: str = ""

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.at, self.sequence, self.id)

    @property
    def is_key(self) -> bool:
        return self.salience >= 2

    @property
    def is_noise(self) -> bool:
        return self.salience == 0


@dataclass(slots=True)
class Fold:
    """Noise in a row, shown as one line that opens."""

    rows: list[Row]

    @property
    def summary(self) -> str:
        sources = sorted({row.source_label or row.source for row in self.rows})
        return f"{len(self.rows)} more of little weight from {', '.join(sources)}"


@dataclass(slots=True)
class Repeat:
    """The same thing again and again, shown once with how often; `others` open below the first."""

    first: Row
    others: list[Row]

    @property
    def count(self) -> int:
        return len(self.others) + 1

    @property
    def until(self) -> str:
        return self.others[-1].clock


Item = Row | Fold | Repeat


@dataclass(slots=True)
class Day:
    date: date
    label: str
    items: list[Item] = field(default_factory=list)
    continues: bool = False  # its heading stands at the end of the window before


def clock(at: datetime, precision: str, zone: tzinfo) -> str:
    """Return the time of day no finer than the evidence gives it."""
    local = at.astimezone(zone)
    match precision:
        case "second":
            return f"{local:%H:%M:%S}"
        case "minute":
            return f"{local:%H:%M}"
        case "hour":
            return f"about {local:%H:00}"
        case _:
            return "that day"


def dated(at: datetime, precision: str, zone: tzinfo) -> str:
    """Return the time with its day."""
    local = at.astimezone(zone)
    day = f"{local.day} {local:%b}"
    return day if precision == "day" else f"{day}, {clock(at, precision, zone)}"


def clock_for(moments: Iterable[datetime], zone: tzinfo) -> Callable[[datetime, str, tzinfo], str]:
    """Choose how a list without headings for its days tells the time: by `clock`, or by `dated` where it reaches over several days."""
    return dated if len({at.astimezone(zone).date() for at in moments}) > 1 else clock


def arrange(rows: Sequence[Row], zone: ZoneInfo, *, after: Cursor | None = None, fold: bool = True) -> list[Day]:
    """Return the rows by day in the zone, noise folded, long silences marked. `after` is where the window begins."""
    days: list[Day] = []
    previous = after.at if after else None
    above: Row | None = None
    last_day = previous.astimezone(zone).date() if previous else None
    for row in rows:
        row.clock, row.iso, row.icon = clock(row.at, row.precision, zone), row.at.astimezone(UTC).isoformat(), ICONS.get(row.kind, "edit")
        row.gap = silence(previous, row.at)
        row.follows = above is not None and row.opener is not None and (above.id == row.opener.id or above.thread == row.thread)
        previous, above = row.at, row
        today = row.at.astimezone(zone).date()
        if not days or days[-1].date != today:
            days.append(Day(today, f"{today:%A} {today.day} {today:%B %Y}", continues=not days and today == last_day))
        days[-1].items.append(row)
    if fold:
        for day in days:
            day.items = folded(gathered([row for row in day.items if isinstance(row, Row)]))
    return days


def gathered(rows: Sequence[Row]) -> list[Item]:
    """Return the rows with what repeats itself in one place, that of its first time; what people or milestones point at stays by itself."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        if row.kind in REPEATING and not (row.is_noise or row.milestones or row.note or row.title or row.is_hidden):
            groups.setdefault((row.source, row.actor, row.kind, str(row.salience), normal(row.text)), []).append(row)
    repeats = {id(group[0]): Repeat(group[0], group[1:]) for group in groups.values() if len(group) >= FOLD_FROM}
    away = {id(row) for repeat in repeats.values() for row in repeat.others}
    return [repeats.get(id(row), row) for row in rows if id(row) not in away]


def normal(text: str) -> str:
    """Return the text without what changes from one time to the next."""
    return " ".join(NUMBER.sub("#", text).lower().split())


def folded(rows: Sequence[Item]) -> list[Item]:
    """Return the rows with every run of noise in one fold; what a milestone stands on is never folded away."""
    result: list[Item] = []
    run: list[Row] = []
    for row in [*rows, None]:
        if isinstance(row, Row) and row.is_noise and not row.milestones and not row.note:
            run.append(row)
            continue
        if len(run) >= FOLD_FROM:
            result.append(Fold(run))
        else:
            result.extend(run)
        run = []
        if row is not None:
            result.append(row)
    return result


def silence(before: datetime | None, at: datetime) -> str:
    """Return “2 h 5 min” when nothing was recorded for long enough to be worth a line."""
    if before is None or at - before < GAP:
        return ""
    minutes = int((at - before).total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{days} d" if days else "", f"{hours} h" if hours else "", f"{minutes} min" if minutes and not days else ""]
    return " ".join(part for part in parts if part)


def positions(moments: Mapping[str, datetime]) -> dict[str, int]:
    """Return each moment's place on a line of 0 to 100, in proportion to time."""
    if not moments:
        return {}
    first, last = min(moments.values()), max(moments.values())
    span = (last - first).total_seconds() or 1.0
    return {key: round((at - first).total_seconds() / span * 100) for key, at in moments.items()}
