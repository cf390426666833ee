"""Pure. Accounts side by side: those of one moment together, with the facts that lie between the moments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

NEAR = timedelta(minutes=2)
MOST_BETWEEN = 6


class Told(Protocol):
    """What is asked of an account; the model's rows have it."""

    at: datetime
    until: datetime | None


class Fact(Protocol):
    at: datetime


@dataclass(slots=True)
class Moment:
    """Accounts whose times meet, and the facts since the moment before; `facts_left` more were left out."""

    accounts: list[Any] = field(default_factory=list)
    facts: list[Any] = field(default_factory=list)
    facts_left: int = 0

    @property
    def at(self) -> datetime:
        at: datetime = min(account.at for account in self.accounts)
        return at

    @property
    def until(self) -> datetime:
        until: datetime = max(account.until or account.at for account in self.accounts)
        return until


def together(accounts: Iterable[Told]) -> list[Moment]:
    """Return the moments in order. Two accounts are of one moment when their times overlap or nearly touch."""
    moments: list[Moment] = []
    for account in sorted(accounts, key=lambda each: each.at):
        if moments and account.at <= moments[-1].until + NEAR:
            moments[-1].accounts.append(account)
        else:
            moments.append(Moment([account]))
    return moments


def with_facts(moments: Sequence[Moment], facts: Sequence[Fact]) -> list[Any]:
    """Give each moment the facts since the one before, up to its own end; return those after the last moment, the first few."""
    place = 0
    for moment in moments:
        until = moment.until + NEAR
        start = place
        while place < len(facts) and facts[place].at <= until:
            place += 1
        # Those next to the moment explain it best.
        chosen = list(facts[max(start, place - MOST_BETWEEN) : place])
        moment.facts, moment.facts_left = chosen, place - start - len(chosen)
    return list(facts[place : place + MOST_BETWEEN])
