"""Pure. Runs of build and deployment tools as events: that one began, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from incidents.lib.timestamps import TimeError, read_machine
from incidents.sources.base import Item
from incidents.sources.drafts import EventDraft, ReadOptions, Rejected
from incidents.sources.objects import Found, about, event

FAILED = {"failed", "failure", "error", "failing", "stopped", "unstable", "infrastructure_fail", "timedout", "partiallysucceeded", "rejected"}
WORDS = {"success": "succeeded", "failure": "failed", "successful": "succeeded", "completed": "completed", "": "ended"}


def run(
    found: Found,
    options: ReadOptions,
    name: str,
    key: str,
    begun: Any,
    ended: Any,
    state: str,
    *,
    rule: str,
    who: str = "",
    url: str = "",
    facts: tuple[str, ...] = (),
    project: str = "",
    labels: tuple[tuple[str, str], ...] = (),
    weight: int = 1,
    began_as: str = "",
    ended_as: str = "",
) -> Iterator[Item]:
    """Yield what a run is about, its start and its end. Once it has ended its start is folded away; `weight` is that of what remains."""
    more = ", ".join(filter(None, facts))
    yield about(name, key=key, services=(project,), url=url, labels=[("project", project), *labels])
    start = event(
        found,
        options,
        begun,
        at=began_as,
        text=f"{name} started" + (f" by {who}" if who else "") + (f" ({more})" if more else ""),
        key=f"{key}:started",
        kind="change",
        rule=f"{rule} started",
        salience=0 if ended else weight,
        actor=who,
        url=url,
    )
    if begun or not ended:
        yield start
    if not ended:
        return
    failed = state.lower().replace(" ", "").replace("-", "_") in FAILED
    word = state.lower().replace("_", " ")
    text = f"{name} {WORDS.get(word, word)}" + (f" after {_took(begun, ended)}" if _took(begun, ended) else "")
    end = event(
        found,
        options,
        ended,
        at=ended_as,
        text=text + (f" ({more})" if more else ""),
        key=f"{key}:ended",
        kind="change",
        rule=f"{rule} {state or 'ended'}",
        salience=max(weight, 1) if failed else weight,
        actor=who,
        url=url,
    )
    if isinstance(end, EventDraft) or not isinstance(start, Rejected):
        yield end


def _took(begun: Any, ended: Any) -> str:
    try:
        first, last = read_machine(begun).at, read_machine(ended).at
    except TimeError:
        return ""
    if first is None or last is None or last < first:
        return ""
    seconds = round((last - first).total_seconds())
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
