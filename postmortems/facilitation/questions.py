"""Pure. Entries of a timeline -> questions to ask about them, by the kind of statement each one is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

MOST = 6  # entries of one kind: more than that no meeting gets to


@dataclass(frozen=True)
class Family:
    """A kind of statement, the kinds of entries that are such, and what helps to ask about them."""

    key: str
    name: str
    kinds: frozenset[str]
    questions: tuple[str, ...]


FAMILIES = (
    Family(
        "decision",
        "Decisions",
        frozenset({"decision", "severity"}),
        ("What were the options?", "What was known at that moment, and what was still open?", "What would have made you choose otherwise?"),
    ),
    Family(
        "hypothesis",
        "Explanations",
        frozenset({"hypothesis"}),
        ("What made this the likely explanation?", "What would have spoken against it?", "How sure were you, and what did you look at next?"),
    ),
    Family(
        "action",
        "Actions",
        frozenset({"action", "change", "mitigation"}),
        ("What were you trying to achieve?", "What did you expect to happen, and what did you see instead?", "How is this done on an ordinary day?"),
    ),
    Family(
        "observation",
        "Signals and observations",
        frozenset({"alert", "impact", "recovery", "resolution"}),
        ("Who saw this, and where?", "What did you take it to mean?", "What else was asking for your attention just then?"),
    ),
    Family(
        "handover",
        "Paging and handing over",
        frozenset({"page", "acknowledgement", "escalation", "role"}),
        ("What did you know when it reached you?", "What would have helped to get into it sooner?", "How did you know who to turn to?"),
    ),
    Family(
        "message",
        "Messages",
        frozenset({"message", "note"}),
        ("What was on your mind when you wrote this?", "Who needed to hear it, and how did it reach them?", "What had you tried or ruled out by then?"),
    ),
    Family(
        "communication",
        "Telling others",
        frozenset({"communication", "status"}),
        ("What did you want people to know?", "What could you not say yet, and why?", "What came back?"),
    ),
)
FAMILY_OF = {kind: family.key for family in FAMILIES for kind in family.kinds}


@dataclass(frozen=True, slots=True)
class Statement:
    """One entry, as far as a question needs it."""

    id: int
    clock: str
    kind_name: str
    kind: str
    text: str
    actor: str = ""
    is_key: bool = False


@dataclass(slots=True)
class Asked:
    """The statements of one kind with the questions for them; `others` are entries beyond those."""

    family: Family
    statements: list[Statement] = field(default_factory=list)
    others: int = 0


def bank(statements: Iterable[Statement]) -> list[Asked]:
    """Return the kinds that occur, each with its weightiest statements in the order of the timeline."""
    groups = {family.key: Asked(family) for family in FAMILIES}
    for statement in statements:
        if key := FAMILY_OF.get(statement.kind):
            groups[key].statements.append(statement)
    for group in groups.values():
        order = {statement.id: place for place, statement in enumerate(group.statements)}
        chosen = sorted(group.statements, key=lambda each: (not each.is_key, order[each.id]))[:MOST]
        group.others = len(group.statements) - len(chosen)
        group.statements = sorted(chosen, key=lambda each: order[each.id])
    return [group for group in groups.values() if group.statements]
