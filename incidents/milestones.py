"""Pure. Entries of a timeline -> proposals for its milestones, each with its evidence, rule and interval.

Structure comes first: what the source itself states, then what kind of event it is, then words. A proposal is only
that: a person confirms it or says otherwise. Two meanings are kept apart on purpose: mitigated (the effect stopped) is
never concluded from a resolve, and an alert proves that something was detected, not that anybody was affected by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from incidents.milestone_words import LABELS, PARTLY, STEMS, WORDS, hedged

#: How long a stated time may stretch: "14:02" is any moment of that minute.
SPANS = {"second": timedelta(0), "minute": timedelta(seconds=59), "hour": timedelta(minutes=59, seconds=59), "day": timedelta(hours=23, minutes=59, seconds=59)}
MARGIN = timedelta(minutes=15)  # around an alert, when it must stand for the start of the impact
RIVAL_RANGE = timedelta(hours=24)  # evidence further away speaks of something else
AGREES, DISAGREES = timedelta(minutes=2), timedelta(minutes=10)
CONFLICT = timedelta(minutes=1)  # from which two sources do not say the same
EVIDENCE_LIMIT = 5
TOLD = frozenset({"plain_text", "table"})  # sources whose entries carry the time they tell of, not the time of telling
TEXT_LIMIT = 300  # a sentence that states a milestone stands at the start

#: Kinds that can be evidence by themselves, and kinds whose words are read.
TELLING_KINDS = frozenset({"alert", "page", "acknowledgement", "impact", "mitigation", "resolution", "recovery"})
WORDY_KINDS = frozenset({"message", "note", "status", "communication", "decision", "action", "hypothesis", "role", "change", "impact", "recovery", "severity"})


NAMES = {
    "impact_started": "the start of the impact",
    "detected": "the detection",
    "acknowledged": "the acknowledgement",
    "mitigated": "the mitigation",
    "resolved": "the resolution",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as curated: its time, kind and words as people see them. Hidden ones are left out by the caller."""

    id: int
    at: datetime
    kind: str
    salience: int = 1
    text: str = ""
    source: str = ""
    milestone: str = ""
    precision: str = "second"
    actor: str = ""
    also: tuple[Voice, ...] = ()  # the further evidence of a fused entry: the same fact, so no second proof


@dataclass(frozen=True, slots=True)
class Voice:
    """What one source says about a milestone. `meaning` keeps the vendor's: a monitor that is quiet again signals recovery and resolves nothing."""

    source: str
    at: datetime
    event: int
    precision: str = "second"
    meaning: str = "says"


@dataclass(frozen=True, slots=True)
class Proposal:
    at: datetime
    earliest: datetime
    latest: datetime
    confidence: float
    rule: str
    evidence: list[int]
    voices: list[Voice] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that may be the milestone. Lower `rank` is stronger evidence."""

    rank: int
    entry: Entry
    confidence: float
    rule: str
    margin: timedelta = timedelta(0)


def propose(entries: Iterable[Entry], labels: Mapping[str, str] | None = None) -> dict[str, Proposal]:
    """Return a proposal for each milestone that the entries give evidence of; without evidence there is none. `labels` names sources."""
    found: dict[str, list[Candidate]] = {}
    last_trouble: datetime | None = None
    rules: dict[str, str] = {}  # each once: a million entries repeat a few
    for entry in entries:
        if entry.kind in ("alert", "page", "impact"):
            last_trouble = entry.at if last_trouble is None else max(last_trouble, entry.at)
        for key, candidate in candidates(entry, labels or {}):
            slim = replace(candidate, entry=replace(entry, text=""), rule=rules.setdefault(candidate.rule, candidate.rule))
            found.setdefault(key, []).append(slim)  # without its words, which nothing asks for again
    proposals: dict[str, Proposal] = {}

    def after_trouble(rows: list[Candidate]) -> Candidate:
        return first_after(rows, last_trouble)

    pickers: dict[str, Callable[[list[Candidate]], Candidate]] = {"mitigated": after_trouble, "resolved": after_trouble}
    # Resolved first: what is only read from kinds or words and comes after it is hindsight. Kinds that a team added come last.
    order = ("resolved", "impact_started", "detected", "acknowledged", "mitigated")
    for key in sorted(found, key=lambda key: order.index(key) if key in order else len(order)):
        rows = found[key]
        if key in order[1:] and "resolved" in proposals:
            rows = [row for row in rows if row.rank == 0 or row.entry.at <= proposals["resolved"].latest]
        if key == "acknowledged" and "detected" in proposals:
            rows = [row for row in rows if row.entry.at >= proposals["detected"].earliest] or rows
        if rows:
            proposals[key] = decide(rows, pickers.get(key, first))
    return began_by_detection(proposals, found.get("impact_started", []))


def began_by_detection(proposals: dict[str, Proposal], found: list[Candidate]) -> dict[str, Proposal]:
    """Move a start that is only a first description of the effect back to the detection: what was detected had begun."""
    impact, detected = proposals.get("impact_started"), proposals.get("detected")
    if impact and detected and impact.at > detected.at and min(row.rank for row in found) in (1, 2):
        rule = "The effect was first described after the detection, so it had begun by then. When it began is not in the evidence: check the graphs."
        evidence = [*detected.evidence[:1], *(event for event in impact.evidence if event not in detected.evidence[:1])]
        proposals["impact_started"] = Proposal(detected.at, detected.earliest - MARGIN, detected.latest, 0.3, rule, evidence[:EVIDENCE_LIMIT], impact.voices)
    return proposals


def candidates(entry: Entry, labels: Mapping[str, str]) -> Iterable[tuple[str, Candidate]]:
    """Yield what the entry is evidence of, by the strongest rule that holds for each milestone."""
    given = set()
    if entry.milestone:
        given.add(entry.milestone)
        yield (
            entry.milestone,
            Candidate(
                0, entry, 0.9, f"{labels.get(entry.source) or source_name(entry.source)} states {NAMES.get(entry.milestone, entry.milestone)} with this event."
            ),
        )
    if entry.kind in WORDY_KINDS | TELLING_KINDS and entry.salience > 0:
        for key, pattern in LABELS.items():
            if key not in given and (match := pattern.match(entry.text)):
                given.add(key)
                yield key, Candidate(1, entry, 0.7, f"The entry is labelled “{' '.join(match.group().strip(' *_:#|–—').split())}”.")
    for key, candidate in by_kind(entry):
        if key not in given:
            given.add(key)
            yield key, candidate
    if entry.kind in WORDY_KINDS and entry.salience > 0:
        text = entry.text[:TEXT_LIMIT]
        lower = text.lower()
        for key, stems in STEMS.items():
            if key in given or not any(stem in lower for stem in stems):
                continue
            match = WORDS[key].search(text)
            if match and not hedged(text, match):
                # A report's sentence that states the start is as good as the first description of an effect; in a chat it only looks back.
                rank, confidence = (1, 0.55) if key == "impact_started" and entry.source in TOLD else (4, 0.4)
                yield key, Candidate(rank, entry, confidence, f"Words: “{' '.join(match.group().split())}”.")


def by_kind(entry: Entry) -> Iterable[tuple[str, Candidate]]:
    """Yield what follows from the kind of the event alone."""
    match entry.kind:
        case "impact":
            yield (
                "impact_started",
                Candidate(1, entry, 0.55, "The first entry that describes an effect. The effect may have begun before it was written down.", MARGIN),
            )
            if entry.actor:
                yield "detected", Candidate(3, entry, 0.4, "The first time a person described an effect; no alert came before.")
        case "alert" if entry.salience > 0 or entry.milestone:
            yield "detected", Candidate(1, entry, 0.75, "The first alert.")
            if "alertmanager" in entry.source:
                rule = "The alert's own start (startsAt). It shows when a threshold was passed, not when people were first affected: check the graphs."
                yield "impact_started", Candidate(2, entry, 0.35, rule, MARGIN)
        case "page":
            yield "detected", Candidate(1, entry, 0.75, "The first page to a person.")
        case "acknowledgement":
            yield "acknowledged", Candidate(1, entry, 0.8, "The first acknowledgement.")
        case "mitigation":
            yield "mitigated", Candidate(1, entry, 0.6, "An entry of the kind mitigation.")
        case "resolution":
            yield "resolved", Candidate(1, entry, 0.65, "An entry of the kind resolution.")
        case "recovery" if PARTLY.search(entry.text[:TEXT_LIMIT]):
            yield "resolved", Candidate(5, entry, 0.3, "A signal recovered in part, or began to.")
        case "recovery":
            yield "resolved", Candidate(3, entry, 0.4, "The signal recovered. A quiet signal does not yet mean that the condition behind it is gone.")


def first(rows: list[Candidate]) -> Candidate:
    return min(rows, key=lambda row: (row.entry.at, row.rank))


def first_after(rows: list[Candidate], trouble: datetime | None) -> Candidate:
    """Return the first that no alert or effect follows, else the last: a resolve before a new trigger was not the end."""
    settled = [row for row in rows if trouble is None or row.entry.at >= trouble]
    return min(settled, key=lambda row: row.entry.at) if settled else max(rows, key=lambda row: row.entry.at)


def decide(rows: list[Candidate], pick: Callable[[list[Candidate]], Candidate]) -> Proposal:
    """Pick among the strongest evidence; what other sources say widens the interval and moves the confidence."""
    best = min(row.rank for row in rows)
    # An alert's own start and the first described effect are equal: whichever came first.
    strongest = [row for row in rows if row.rank == best or (best == 1 and row.rank == 2)]
    chosen = pick(strongest)
    at, margin = chosen.entry.at, chosen.margin
    earliest, latest = at - margin, at + SPANS.get(chosen.entry.precision, timedelta(0)) + margin
    confidence, evidence = chosen.confidence, [chosen.entry.id]
    by_source: dict[str, list[Candidate]] = {}
    voices = [voice(chosen), *chosen.entry.also]
    same = {each.source for each in voices}  # what they say of this fact is said already
    for row in rows:
        if row.entry.source not in same and abs(row.entry.at - at) <= RIVAL_RANGE:
            by_source.setdefault(row.entry.source, []).append(row)
    for others in by_source.values():
        rival = pick([row for row in others if row.rank == min(other.rank for other in others)])
        earliest, latest = min(earliest, rival.entry.at), max(latest, rival.entry.at + SPANS.get(rival.entry.precision, timedelta(0)))
        distance = abs(rival.entry.at - at)
        confidence += 0.05 if distance <= AGREES else -0.1 if distance > DISAGREES else 0
        evidence.append(rival.entry.id)
        voices.append(voice(rival))
    if chosen.entry.precision in ("hour", "day"):
        confidence -= 0.2
    return Proposal(at, earliest, latest, round(min(0.98, max(0.1, confidence)), 2), chosen.rule, evidence[:EVIDENCE_LIMIT], voices[:EVIDENCE_LIMIT])


#: What an event means where its vendor means less than the milestone.
MEANINGS = {"recovery": "signals recovery at"}


def voice(row: Candidate) -> Voice:
    entry = row.entry
    meaning = "states" if row.rank == 0 else MEANINGS.get(entry.kind, "says")
    return Voice(entry.source, entry.at, entry.id, entry.precision, meaning)


def disagree(voices: Iterable[Voice]) -> bool:
    """Whether two sources put it further apart than their precision and a minute explain."""
    rows = list(voices)
    return any(
        later.at - earlier.at > SPANS.get(earlier.precision, timedelta(0)) + CONFLICT for earlier in rows for later in rows if later.source != earlier.source
    )


def source_name(source: str) -> str:
    return source.replace("_", " ").strip().capitalize() or "The source"
