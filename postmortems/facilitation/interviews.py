"""Pure. Whom to talk to first, and why: people and turning points -> an order, each reason with the entries it stands on.

Nothing here says who did what well. A high place means that a person can tell most about how it looked from inside, or
that the meeting could otherwise pass over them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from postmortems.people import Heard

NEAR = timedelta(minutes=10)  # of a milestone, for who acted or explained
CLOSE = timedelta(minutes=3)  # for who only spoke
ALONE = timedelta(minutes=15)
ACTING = frozenset({"action", "change", "mitigation", "decision"})
ANSWERING = ACTING | {"acknowledgement", "escalation"}
MOST = 4  # entries shown for one reason
WEIGHTS = {"turning": 3, "first": 3, "last": 3, "change": 3, "alone": 2, "differ": 3, "explained": 2, "unheard": 2}


@dataclass(frozen=True, slots=True)
class Told:
    """One entry that a person stands behind. `who` is the place of that person in the list of people."""

    id: int
    at: datetime
    kind: str
    who: int
    text: str = ""
    is_key: bool = False
    incident: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    kind: str
    text: str
    events: tuple[int, ...] = ()


@dataclass(slots=True)
class Candidate:
    person: Heard
    reasons: list[Reason] = field(default_factory=list)

    @property
    def score(self) -> int:
        return sum(WEIGHTS[reason.kind] + min(len(reason.events), MOST) - 1 for reason in self.reasons)


def rank(
    people: Sequence[Heard], told: Sequence[Told], marks: Mapping[int, Mapping[str, tuple[str, datetime]]], differing: Iterable[tuple[str, str]] = ()
) -> list[Candidate]:
    """Return those with a reason to be asked, the strongest first. `told` is in order; `marks` are by incident key -> (name, moment) of the
    milestones known so far; `differing` are pairs of names whose accounts somebody marked as different."""
    candidates = [Candidate(person) for person in people]
    for incident in dict.fromkeys(entry.incident for entry in told):
        part, here = [entry for entry in told if entry.incident == incident], marks.get(incident, {})
        for who, reason in (*turning(part, here), *first(part, here), *last(part, here), *change(part, here)):
            give(candidates[who], reason)
    for who, reason in (*alone(told), *explained(told)):
        give(candidates[who], reason)
    names = {name: each for each in candidates for name in (each.person.name, *each.person.names)}
    for one, other in dict.fromkeys(differing):
        for name, against in ((one, other), (other, one)):
            if name in names:
                names[name].reasons.append(Reason("differ", f"Their account and that of {against} differ: hear both before the room does."))
    for each in candidates:
        if each.person.named_in and not each.person.is_heard:
            each.reasons.append(Reason("unheard", "Others speak of them, and nothing in the timeline is by them.", each.person.named_in[:MOST]))
    chosen = [each for each in candidates if each.reasons]
    return sorted(chosen, key=lambda each: (-each.score, each.person.first is None, each.person.first or datetime.max, each.person.name))


def give(candidate: Candidate, reason: Reason) -> None:
    """Add a reason; one that somebody has already, from another incident, is told once with the entries of both."""
    had = next((one for one in candidate.reasons if (one.kind, one.text) == (reason.kind, reason.text)), None)
    if had is None:
        candidate.reasons.append(reason)
    else:
        candidate.reasons[candidate.reasons.index(had)] = Reason(had.kind, had.text, (*had.events, *reason.events)[:MOST])


def turning(told: Sequence[Told], marks: Mapping[str, tuple[str, datetime]]) -> Iterable[tuple[int, Reason]]:
    """Who decided, acted or explained around a milestone or in a key moment, and who spoke right beside a milestone."""
    near: dict[int, list[Told]] = {}
    names: dict[int, list[str]] = {}
    for entry in told:
        took_part = entry.kind in ACTING or entry.kind == "hypothesis"
        beside = [name for name, at in marks.values() if abs(entry.at - at) <= (NEAR if took_part else CLOSE)]
        if beside or (took_part and entry.is_key):
            near.setdefault(entry.who, []).append(entry)
            names.setdefault(entry.who, []).extend(beside)
    for who, entries in near.items():
        where = " and ".join(list(dict.fromkeys(name[:1].lower() + name[1:] for name in names[who]))[:2])
        text = f"Closest to a turning point: {where}." if where else "Closest to a key moment of the timeline."
        yield who, Reason("turning", text, ids(entries))


def first(told: Sequence[Told], marks: Mapping[str, tuple[str, datetime]]) -> Iterable[tuple[int, Reason]]:
    """Who answered first once it was felt."""
    start = min((marks[key][1] for key in ("impact_started", "detected") if key in marks), default=None)
    for entry in told:
        if entry.kind in ANSWERING and (start is None or entry.at >= start):
            yield entry.who, Reason("first", "Acted first: what did it look like before anybody knew what it was?", (entry.id,))
            return


def last(told: Sequence[Told], marks: Mapping[str, tuple[str, datetime]]) -> Iterable[tuple[int, Reason]]:
    """Who acted last before the effect stopped."""
    end = marks.get("mitigated") or marks.get("resolved")
    before = [entry for entry in told if end and entry.kind in ACTING and entry.at <= end[1]]
    if before:
        yield before[-1].who, Reason("last", "Acted last before it was mitigated: what made that the thing to try?", (before[-1].id,))


def change(told: Sequence[Told], marks: Mapping[str, tuple[str, datetime]]) -> Iterable[tuple[int, Reason]]:
    """Who made the last change before it began: talk to them early, so that nothing in the meeting takes them by surprise."""
    start = marks.get("impact_started")
    before = [entry for entry in told if start and entry.kind == "change" and entry.at <= start[1]]
    if before:
        yield (
            before[-1].who,
            Reason("change", "A change of theirs came last before it began. Talk early: they know what an ordinary change looks like.", (before[-1].id,)),
        )


def alone(told: Sequence[Told]) -> Iterable[tuple[int, Reason]]:
    """Who was the only voice for a while: between the entry of somebody else before, and that of somebody else after."""
    stretches: list[list[Told]] = []
    for entry in told:
        if stretches and stretches[-1][-1].who == entry.who:
            stretches[-1].append(entry)
        else:
            stretches.append([entry])
    found: dict[int, list[Told]] = {}
    for place, stretch in enumerate(stretches):
        before = stretches[place - 1][-1].at if place else None
        after = stretches[place + 1][0].at if place + 1 < len(stretches) else None
        # At the ends of a timeline everybody is alone; that says nothing.
        if before and after and after - before >= ALONE:
            found.setdefault(stretch[0].who, []).extend(stretch)
    for who, entries in found.items():
        yield who, Reason("alone", "Only they saw this stretch: nobody else wrote anything for a quarter of an hour around it.", ids(entries))


def explained(told: Sequence[Told]) -> Iterable[tuple[int, Reason]]:
    """Who held an explanation, where several people held one."""
    held: dict[int, list[Told]] = {}
    for entry in told:
        if entry.kind == "hypothesis":
            held.setdefault(entry.who, []).append(entry)
    if len(held) > 1:
        for who, entries in held.items():
            yield who, Reason("explained", "Several explanations were held; this one is theirs.", ids(entries))


def ids(entries: Sequence[Told]) -> tuple[int, ...]:
    """The entries to show, key moments first and then in order."""
    chosen = sorted(entries, key=lambda entry: (not entry.is_key, entry.at, entry.id))[:MOST]
    return tuple(entry.id for entry in sorted(chosen, key=lambda entry: (entry.at, entry.id)))
