"""Pure. Run sheets: blocks with minutes, by template and length, and how the time of a meeting is spent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

Block = tuple[str, int]  # title, minutes


@dataclass(frozen=True)
class Agenda:
    key: str
    name: str
    blocks: tuple[Block, ...]

    @property
    def minutes(self) -> int:
        return sum(minutes for _, minutes in self.blocks)


AGENDAS = (
    Agenda(
        "standard",
        "Standard review, an hour",
        (
            ("Welcome, ground rules, goal", 4),
            ("Check-in: one word each", 3),
            ("Walk the timeline forward, stopping at forks and surprises", 32),
            ("What helped, what was hard, where was chance", 8),
            ("Learnings round: “I will tell my team …”", 7),
            ("Ideas parked, without decisions", 4),
            ("Close: thanks, next dates", 2),
        ),
    ),
    Agenda(
        "factors",
        "Factors and questions, an hour",
        (
            ("Welcome, ground rules", 3),
            ("Summary and impact check", 5),
            ("Timeline, stopping at forks", 20),
            ("Questions: how we detected, diagnosed, mitigated", 10),
            ("Factors and the branches of the chain of questions", 10),
            ("Ideas or actions", 10),
            ("Close", 2),
        ),
    ),
    Agenda(
        "factors_short",
        "Factors and questions, 45 minutes",
        (
            ("Welcome, ground rules", 3),
            ("Summary and impact check", 5),
            ("Timeline, stopping at forks", 14),
            ("Questions: how we detected, diagnosed, mitigated", 10),
            ("Factors and the branches of the chain of questions", 6),
            ("Ideas or actions", 5),
            ("Close", 2),
        ),
    ),
    Agenda(
        "learning",
        "Learning review, an hour and a half",
        (
            ("Welcome, ground rules, goal", 6),
            ("How did it feel, what are you curious about", 6),
            ("Narrative walk with several voices", 40),
            ("Ordinary work and decisions", 15),
            ("Themes: what does this say beyond today", 12),
            ("Learnings round", 8),
            ("Close: thanks, next dates", 3),
        ),
    ),
    Agenda(
        "quick",
        "Quick retro, a quarter of an hour",
        (
            ("Read the one-liner", 1),
            ("Round: surprised, helped, hard; no discussion", 6),
            ("Pick one, talk", 5),
            ("One change or none, and who owns it", 2),
            ("Is a longer look needed?", 1),
        ),
    ),
)
BY_KEY = {agenda.key: agenda for agenda in AGENDAS}
#: Built-in templates that have a run sheet of their own; others go by their length.
OF_TEMPLATE = {
    "standard_blameless": "standard",
    "sre_style": "factors_short",
    "coe_style": "factors",
    "learning_review": "learning",
    "quick_retro": "quick",
    "security_incident": "standard",
    "near_miss": "quick",
    "customer_summary": "quick",
}


def agenda_for(template: str, minutes: int) -> Agenda:
    """Return the run sheet that suits a template, or one it does not know by the length of the meeting it asks for."""
    if template in OF_TEMPLATE:
        return BY_KEY[OF_TEMPLATE[template]]
    return BY_KEY["quick" if 0 < minutes <= 25 else "factors_short" if 0 < minutes <= 50 else "learning" if minutes > 75 else "standard"]


def fitted(blocks: Sequence[Block], minutes: int) -> list[Block]:
    """Return the blocks stretched to the length, each a minute at least; what rounding leaves goes to the longest."""
    total = sum(each for _, each in blocks)
    if not blocks or total == minutes or minutes < len(blocks):
        return list(blocks)
    scaled = [(title, max(1, round(each * minutes / total))) for title, each in blocks]
    longest = max(range(len(scaled)), key=lambda place: scaled[place][1])
    left = minutes - sum(each for _, each in scaled)
    title, most = scaled[longest]
    scaled[longest] = (title, max(1, most + left))
    return scaled


class Timed(Protocol):
    """What is asked of a block; the model's rows have it."""

    pk: int
    title: str
    minutes: int
    spent: int


@dataclass(frozen=True)
class Slot:
    """One block as planned and as spent so far; seconds."""

    block: Timed
    begins: datetime | None
    planned: int
    spent: int
    is_current: bool

    @property
    def percent(self) -> int:
        """How much of its time is used, in percent; more than a hundred when it runs over."""
        return round(100 * self.spent / self.planned) if self.planned else 0

    @property
    def clock(self) -> str:
        """The time spent, as “12:05”."""
        return f"{self.spent // 60}:{self.spent % 60:02d}"


def slots(blocks: Iterable[Timed], starts_at: datetime | None, current: int | None, since: datetime | None, now: datetime) -> list[Slot]:
    """Return each block with its planned beginning, and with the time spent on it up to `now`."""
    result, at = [], starts_at
    for block in blocks:
        running = int((now - since).total_seconds()) if since and block.pk == current else 0
        result.append(Slot(block, at, block.minutes * 60, block.spent + max(0, running), block.pk is not None and block.pk == current))
        at = at + timedelta(minutes=block.minutes) if at else None
    return result
