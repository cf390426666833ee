"""Pure. Milestones -> measures: each duration with its state and, where there is none, the reason in words.

Only what a person decided counts as recorded. Proposals give a provisional value, shown apart and never mixed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

RECORDED, PENDING, NOT_APPLICABLE, INVALID = "recorded", "pending", "not_applicable", "invalid"
DECIDED = frozenset({"confirmed", "overridden"})


@dataclass(frozen=True, slots=True)
class Definition:
    """A duration between two milestone kinds, named by their keys."""

    key: str
    name: str
    definition: str
    start: str
    end: str
    start_name: str
    end_name: str


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known of one milestone: `at` counts if a person decided so, `proposed_at` is only what the evidence suggests."""

    kind: str
    decision: str = "open"
    at: datetime | None = None
    proposed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    key: str
    name: str
    definition: str
    state: str
    reason: str = ""
    seconds: int | None = None
    provisional_seconds: int | None = None


def measure(definitions: Iterable[Definition], milestones: Iterable[Moment], now: datetime) -> list[Measure]:
    """Return one measure for each definition, in their order."""
    moments = {moment.kind: moment for moment in milestones}
    return [measure_one(definition, moments, now) for definition in definitions]


def measure_one(definition: Definition, moments: dict[str, Moment], now: datetime) -> Measure:
    def result(state: str, reason: str = "", seconds: int | None = None, provisional: int | None = None) -> Measure:
        return Measure(definition.key, definition.name, definition.definition, state, reason, seconds, provisional)

    ends = [
        (definition.start_name, moments.get(definition.start, Moment(definition.start))),
        (definition.end_name, moments.get(definition.end, Moment(definition.end))),
    ]
    absent = [name for name, moment in ends if moment.decision == "not_applicable"]
    if absent:
        return result(NOT_APPLICABLE, f"“{absent[0]}” does not apply to this incident.")
    (start_name, start), (end_name, end) = ends
    start_at, end_at = decided(start), decided(end)
    future = [name for (name, _), at in zip(ends, (start_at, end_at), strict=True) if at is not None and at > now]
    if future:
        return result(INVALID, f"“{future[0]}” lies in the future.")
    if start_at is not None and end_at is not None:
        if end_at < start_at:
            return result(INVALID, f"“{end_name}” is before “{start_name}”.")
        return result(RECORDED, seconds=seconds_between(start_at, end_at))
    undecided = [(name, moment) for (name, moment), at in zip(ends, (start_at, end_at), strict=True) if at is None]
    return result(PENDING, reason(undecided), provisional=provisional(start_at or start.proposed_at, end_at or end.proposed_at, now))


def decided(moment: Moment) -> datetime | None:
    return moment.at if moment.decision in DECIDED else None


def reason(undecided: list[tuple[str, Moment]]) -> str:
    """Say which milestones are missing and which only wait for a person."""
    missing = [f"“{name}”" for name, moment in undecided if moment.proposed_at is None]
    waiting = [f"“{name}”" for name, moment in undecided if moment.proposed_at is not None]
    said = [f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing." if missing else ""]
    said.append(f"{' and '.join(waiting)} {'is' if len(waiting) == 1 else 'are'} only proposed." if waiting else "")
    return " ".join(part for part in said if part)


def provisional(start: datetime | None, end: datetime | None, now: datetime) -> int | None:
    if start is None or end is None or end < start or end > now:
        return None
    return seconds_between(start, end)


def seconds_between(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds())
