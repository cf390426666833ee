"""Pure. A timeline and what surrounds it -> what a careful reader would ask about it: findings, each with ways to mend it.

A finding has a key that is the same whenever it is found again, so that a person's “that is fine” is remembered. None is
a mistake for certain: each says what was seen and leaves the word to a person.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from incidents.clocks import Suggestion, in_words
from incidents.lib import durations
from incidents.mentions import names_in, seen
from incidents.milestones import NAMES, Voice, disagree

SILENCE = timedelta(minutes=30)
MOST_SILENCES, MOST_PEOPLE, MOST_EVENTS = 8, 8, 5
EARLY = timedelta(minutes=1)

#: Tools that texts speak of, how they are recognised, and the sources (by the start of their name) that bring their own record.
TRACES: dict[str, tuple[re.Pattern[str], tuple[str, ...]]] = {
    "PagerDuty": (re.compile(r"\bpager ?duty\b|\bPD (?:alert|page|incident)\b", re.I), ("pagerduty",)),
    "Opsgenie": (re.compile(r"\bopsgenie\b", re.I), ("opsgenie",)),
    "Grafana": (re.compile(r"\bgrafana\b", re.I), ("grafana", "grafana_oncall", "grafana_incident", "alertmanager")),
    "Datadog": (re.compile(r"\bdatadog\b|\bdatadoghq\.", re.I), ("datadog",)),
    "Sentry": (re.compile(r"\bsentry\.io\b|\bsentry (?:issue|alert|error)", re.I), ("sentry",)),
    "a status page": (re.compile(r"\bstatus ?page\b", re.I), ("statuspage",)),
    "a Zoom call": (re.compile(r"\bzoom\.us/|\bzoom (?:call|bridge|meeting|room|link)\b|\b(?:on|join(?:ed|ing)?(?: the)?) zoom\b", re.I), ("transcript",)),
    "a Google Meet call": (re.compile(r"\bmeet\.google\.com/|\bgoogle meet\b", re.I), ("transcript",)),
    "a Teams call": (re.compile(r"\bteams\.microsoft\.com/|\bteams (?:call|meeting|bridge)\b", re.I), ("msteams", "transcript")),
    "Slack": (re.compile(r"\bslack\.com/archives/|\b(?:slack channel|on slack|in slack)\b", re.I), ("slack",)),
    "Jira": (re.compile(r"\bjira\b|\.atlassian\.net/browse/", re.I), ("jira",)),
    "GitHub": (re.compile(r"\bgithub\.com/[\w.-]+/[\w.-]+/(?:issues|pull|actions|deployments|commit)", re.I), ("github", "git")),
    "GitLab": (re.compile(r"\bgitlab\.[\w.]+/\S+/(?:issues|merge_requests|pipelines|commit)", re.I), ("gitlab", "git")),
    "Kubernetes": (re.compile(r"\bkubectl\b|\bCrashLoopBackOff\b|\bOOMKilled\b"), ("kubernetes", "argocd")),
}  # fmt: skip
#: One of these is in every text that TRACES know: looking for them first makes the common message cost next to nothing.
TRACE_WORDS = re.compile(r"pager|PD |opsgenie|grafana|datadog|sentry|status ?page|zoom|meet|teams|slack|jira|atlassian|git|kubectl|CrashLoop|OOMKilled", re.I)


@dataclass(frozen=True, slots=True)
class Seen:
    """One entry as far as this looks at it."""

    id: int
    at: datetime
    source: str
    kind: str = "message"
    actor: str = ""
    text: str = ""
    milestone: str = ""
    occurred_at: datetime | None = None
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """One milestone: `at` is what a person decided, else what is proposed."""

    key: str
    name: str
    decision: str = "open"
    at: datetime | None = None
    has_evidence: bool = False
    note: str = ""
    voices: tuple[Voice, ...] = ()


@dataclass(frozen=True, slots=True)
class Assumed:
    """Times of one source whose zone was not stated."""

    source: str
    zone: str
    number: int
    delivery: int | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Times that the clocks of a zone skipped or showed twice."""

    zone: str
    day: str
    is_gap: bool
    events: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """What a delivery could not bring: rows that were rejected, all of it, or all until somebody answers."""

    delivery: int
    name: str
    state: str
    digest: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known beside the entries. `sources` are those on the incident; `labels` what people call them."""

    zone: tzinfo
    marks: Sequence[Mark] = ()
    sources: Iterable[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    assumed: Sequence[Assumed] = ()
    doubts: Sequence[Doubt] = ()
    left: Sequence[Left] = ()
    duplicates: int = 0
    newest_duplicate: int = 0
    clocks: Sequence[Suggestion] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One click that mends: `to` names where the page goes or what it does, `of` with what."""

    label: str
    to: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    key: str
    kind: str
    title: str
    detail: str = ""
    events: tuple[int, ...] = ()
    steps: tuple[Step, ...] = ()


@dataclass(slots=True)
class Notes:
    """What one pass over the entries leaves."""

    first: datetime | None = None
    last: datetime | None = None
    previous: tuple[int, datetime] | None = None
    silences: list[tuple[int, datetime, datetime]] = field(default_factory=list)
    actors: set[str] = field(default_factory=set)
    named: dict[str, list[int]] = field(default_factory=dict)
    traces: dict[str, list[int]] = field(default_factory=dict)
    trouble: Seen | None = None
    responses: list[Seen] = field(default_factory=list)
    too_early: Counter[str] = field(default_factory=Counter)
    early_events: dict[str, list[int]] = field(default_factory=dict)


def inspect(entries: Iterable[Seen], around: Surroundings) -> list[Finding]:
    """Return the findings, what changes the story most first. `entries` are in order; one that stands for several is one."""
    notes = read(entries)
    # First what explains others: once a clock is right and a fact is one entry, sources may agree.
    found = [*clock_findings(around), *duplicates(around), *end_of_impact(around), *order(notes, around), *conflicts(around)]
    found += [*without_evidence(around), *leftovers(around), *doubtful_times(around), *assumed_zones(around)]
    return found + [*missing_sources(notes, around), *silences(notes, around), *people(notes)] if notes.first else found


def read(entries: Iterable[Seen]) -> Notes:
    notes = Notes()
    for entry in entries:
        notes.first = notes.first or entry.at
        notes.last = entry.at
        if notes.previous and entry.at - notes.previous[1] >= SILENCE:
            notes.silences.append((notes.previous[0], notes.previous[1], entry.at))
        notes.previous = (entry.id, entry.at)
        if entry.actor:
            notes.actors.add(entry.actor.lower())
        for name in names_in(entry.text):
            keep(notes.named, name, entry.id)
        for trace, (pattern, _) in TRACES.items() if TRACE_WORDS.search(entry.text) else ():
            if len(notes.traces.get(trace, ())) < MOST_EVENTS and pattern.search(entry.text):
                keep(notes.traces, trace, entry.id)
        if entry.kind in ("alert", "page") and notes.trouble is None:
            notes.trouble = entry
        elif notes.trouble is None and (entry.kind == "acknowledgement" or entry.milestone in ("acknowledged", "resolved")):
            notes.responses.append(entry)
        if entry.recorded_at and entry.occurred_at and entry.recorded_at < entry.occurred_at - EARLY:
            notes.too_early[entry.source] += 1
            keep(notes.early_events, entry.source, entry.id)
    return notes


def keep(lists: dict[str, list[int]], name: str, event: int) -> None:
    events = lists.setdefault(name, [])
    if len(events) < MOST_EVENTS and event not in events:
        events.append(event)


def clock(at: datetime, around: Surroundings) -> str:
    here = at.astimezone(around.zone)
    return f"{here:%H:%M:%S}" if here.second else f"{here:%H:%M}"


def day(at: datetime, around: Surroundings, *, year: bool = False) -> str:
    here = at.astimezone(around.zone)
    return f"{here.day} {here:%b %Y}" if year else f"{here.day} {here:%b}"


def label(source: str, around: Surroundings) -> str:
    return around.labels.get(source, source)


def set_steps(mark: Mark) -> tuple[Step, ...]:
    return (Step("Set the time", "milestone", mark.key),)


def end_of_impact(around: Surroundings) -> Iterator[Finding]:
    ends = [mark for mark in around.marks if mark.key in ("mitigated", "resolved")]
    if ends and all(mark.decision == "open" and mark.at is None for mark in ends):
        detail = "Neither a mitigation nor a resolution is in the evidence: nobody can say how long it lasted."
        yield Finding("end-of-impact", "no_end", "The end of the impact is missing", detail, (), (*set_steps(ends[0]), Step("Import more", "import")))


def order(notes: Notes, around: Surroundings) -> Iterator[Finding]:
    """What cannot have been: milestones against their order, answers before the question, words before the fact."""
    known = [mark for mark in around.marks if mark.at is not None and mark.decision != "not_applicable"]
    for before, later in zip(known, known[1:], strict=False):
        if before.at and later.at and later.at < before.at:
            detail = (
                f"{later.name} at {clock(later.at, around)}, {before.name} at {clock(before.at, around)}. One of them is wrong, or an entry has the wrong kind."
            )
            steps = (Step(f"Look at {later.name}", "milestone", later.key), Step(f"Look at {before.name}", "milestone", before.key))
            yield Finding(f"order:{before.key}:{later.key}", "order", f"{later.name} is before {before.name}", detail, (), steps)
    trouble = notes.trouble
    for answer in notes.responses:
        if trouble and trouble.at - answer.at > EARLY:
            what = NAMES.get(answer.milestone or "acknowledged", answer.kind)
            detail = (
                f"{label(answer.source, around)} has {what} at {clock(answer.at, around)}; the first alert is {label(trouble.source, around)}'s at "
                f"{clock(trouble.at, around)}. A clock may be off, or an earlier alert is missing."
            )
            steps = (Step("See the entry", "event", str(answer.id)), Step("Sources' clocks", "clocks"))
            yield Finding(f"order:before-alert:{answer.id}", "order", "An answer comes before the first alert", detail, (answer.id, trouble.id), steps)
            break
    for source, number in sorted(notes.too_early.items()):
        events = tuple(notes.early_events[source])
        detail = f"{number} of {label(source, around)}'s entries were written down before they happened, by its own times."
        yield Finding(f"order:recorded:{source}", "order", "Written down before it happened", detail, events, (Step("See the entry", "event", str(events[0])),))


def conflicts(around: Surroundings) -> Iterator[Finding]:
    for mark in around.marks:
        if mark.decision == "open" and disagree(mark.voices):
            said = ", ".join(f"{label(voice.source, around)} {voice.meaning} {clock(voice.at, around)}" for voice in mark.voices)
            events = tuple(voice.event for voice in mark.voices)
            yield Finding(f"conflict:{mark.key}", "conflict", f"Sources differ on {mark.name}", f"{said}.", events, (Step("Decide", "milestone", mark.key),))


def clock_findings(around: Surroundings) -> Iterator[Finding]:
    for each in around.clocks:
        way = "behind" if each.offset > 0 else "ahead of"
        detail = (
            f"{each.pairs} facts that both saw differ by {in_words(each.low)} to {in_words(each.high)}."
            if each.low != each.high
            else f"{each.pairs} facts that both saw differ by just that."
        )
        title = f"{label(each.source, around)} is {in_words(each.offset)} {way} {label(each.reference, around)}"
        steps = (
            Step(f"Move {label(each.source, around)} by {'+' if each.offset > 0 else '−'}{in_words(each.offset)}", "clock", f"{each.source}:{each.offset}"),
        )
        yield Finding(f"clock:{each.source}", "clock", title, detail, (), (*steps, Step("Sources' clocks", "clocks")))


def duplicates(around: Surroundings) -> Iterator[Finding]:
    if around.duplicates:
        many = around.duplicates > 1
        title = f"{around.duplicates} pairs of entries may be the same fact" if many else "Two entries may be the same fact"
        steps = (Step("Compare", "fusions"), Step(f"Fuse all {around.duplicates}" if many else "Fuse them", "fuse_all"))
        yield Finding(f"duplicates:{around.newest_duplicate}", "duplicates", title, "Fused, they count as one entry and keep all their evidence.", (), steps)


def without_evidence(around: Surroundings) -> Iterator[Finding]:
    lacking_end = any(True for _ in end_of_impact(around))
    for mark in around.marks:
        if mark.decision == "open" and mark.at is None and not (lacking_end and mark.key in ("mitigated", "resolved")):
            steps = (*set_steps(mark), Step("Not applicable", "not_applicable", mark.key))
            yield Finding(f"evidence:{mark.key}", "evidence", f"No evidence of “{mark.name}”", "No entry states it, and none speaks of it.", (), steps)
        elif mark.decision == "overridden" and not mark.has_evidence and not mark.note:
            detail = "The time was set by hand, no entry supports it, and no reason is given."
            yield Finding(
                f"evidence:{mark.key}", "evidence", f"“{mark.name}” stands on nobody's word", detail, (), (Step("Give a reason", "milestone", mark.key),)
            )


def leftovers(around: Surroundings) -> Iterator[Finding]:
    for each in around.left:
        steps = (Step("See what and why", "delivery", str(each.delivery)),)
        if each.state == "needs_answer":
            yield Finding(f"answer:{each.digest}", "left_out", f"{each.name} waits for an answer", "None of it is in the timeline yet.", (), steps)
        elif each.state == "refused":
            yield Finding(f"refused:{each.digest}", "left_out", f"{each.name} was refused", "None of it is in the timeline.", (), steps)
        else:
            title = f"{each.number} row{'s' if each.number > 1 else ''} of {each.name} could not be read"
            yield Finding(f"rejected:{each.digest}:{each.number}", "left_out", title, "They are not in the timeline.", (), steps)


def doubtful_times(around: Surroundings) -> Iterator[Finding]:
    for each in around.doubts:
        number = f"{len(each.events)} entr{'ies' if len(each.events) > 1 else 'y'}"
        happened = "skipped" if each.is_gap else "showed twice"
        read_as = "They were moved forward" if each.is_gap else "The first of the two was taken"
        detail = f"On {each.day} the clocks in {each.zone} {happened} the hour in which {number} stand{'' if len(each.events) > 1 else 's'}. {read_as}; check, and correct the time."
        steps = (Step("See the entry", "event", str(each.events[0])), Step("Correct its time", "edit", str(each.events[0])))
        yield Finding(
            f"dst:{each.zone}:{each.day}", "zone", f"A time that {'never was' if each.is_gap else 'came twice'}", detail, each.events[:MOST_EVENTS], steps
        )


def assumed_zones(around: Surroundings) -> Iterator[Finding]:
    for each in around.assumed:
        many = each.number > 1
        title = f"{each.number} time{'s' if many else ''} of {label(each.source, around)} name{'' if many else 's'} no zone"
        steps = (Step("Read it again in another zone", "delivery", str(each.delivery)),) if each.delivery else ()
        yield Finding(f"zone:{each.source}:{each.zone}", "zone", title, f"{each.zone or 'UTC'} was assumed.", (), (*steps, Step("Sources' clocks", "clocks")))


def missing_sources(notes: Notes, around: Surroundings) -> Iterator[Finding]:
    present = tuple(around.sources)
    for name, events in notes.traces.items():
        if not any(source.startswith(TRACES[name][1]) for source in present):
            detail = f"The entries speak of {name}, and nothing of it was imported."
            steps = (Step("Import it", "import"), Step("See the entry", "event", str(events[0])))
            yield Finding(f"missing:{name}", "missing", f"{name[0].upper()}{name[1:]} left no record here", detail, tuple(events), steps)


def silences(notes: Notes, around: Surroundings) -> Iterator[Finding]:
    """The longest silences while it went on; before and after, nothing is expected to be written."""
    times = {mark.key: mark.at for mark in around.marks if mark.at is not None}
    start = min((times[key] for key in ("impact_started", "detected") if key in times), default=notes.first)
    end = times.get("resolved") or times.get("mitigated") or notes.last
    within = [row for row in notes.silences if start and end and start <= row[1] and row[2] <= end]
    for event, since, until in sorted(sorted(within, key=lambda row: row[1] - row[2])[:MOST_SILENCES], key=lambda row: row[1]):
        title = f"Nothing is recorded for {durations.in_words(int((until - since).total_seconds()) // 60 * 60)}"
        years = since.astimezone(around.zone).year != until.astimezone(around.zone).year
        one, other = day(since, around, year=years), day(until, around, year=years)
        till = clock(until, around) if one == other else f"{clock(until, around)} on {other}"
        detail = f"From {clock(since, around)} on {one} to {till}. What was tried and thought then?"
        yield Finding(
            f"silence:{event}", "silence", title, detail, (event,), (Step("Add an entry", "add_after", str(event)), Step("See the place", "event", str(event)))
        )


def people(notes: Notes) -> Iterator[Finding]:
    reported: list[str] = []
    for name, events in notes.named.items():
        if len(reported) < MOST_PEOPLE and not seen(name, [*notes.actors, *reported]):
            reported.append(name.lower())
            detail = "They are called upon and nothing in the timeline is by them. Ask for their part, or import where they spoke."
            steps = (Step("See where", "event", str(events[0])), Step("Add their part", "add_after", str(events[0])))
            yield Finding(f"person:{name.lower()}"[:120], "person", f"{name} is named but never seen", detail, tuple(events), steps)
