"""Pure. The steps of a retrospective: when each is due, which comes next, and by which facts one is done by itself.

A rule turns facts into the sentence that says what happened, or into nothing. Dates count from the end of the incident in
working days of the team, or from another step; every date is a nudge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol, TypeVar

from postmortems.workdays import LATEST, Calendar

WORKING, CALENDAR = "working", "calendar"
RESOLVED, STARTED = "resolved", "started"
OPEN, DONE, SKIPPED = "open", "done", "skipped"
MEETING, PUBLISH = "meeting", "publish"
LATER = frozenset({"looked_back"})  # rules of steps that come long after the publication, and are silent until then


# Dates ----------------------------------------------------------------------------------------------


class Timed(Protocol):
    """What dates are worked out from; the model's rows have it."""

    key: str
    offset: int
    unit: str
    urgent_offset: int | None
    urgent_unit: str
    counted_from: str
    state: str
    due_on: date | None
    due_by_hand: bool


@dataclass(frozen=True)
class Start:
    """The day that dates count from, and what happened on it."""

    day: date
    reason: str


def start_of(calendar: Calendar, *, resolved: date | None, started: date, late: int, what: str = "the incident") -> Start:
    """Choose the day to count from: the incident's end, else the start of the retrospective; also the latter when it began more than `late` working days after the end.

    `what` was resolved on that day: of several incidents the last.
    """
    if resolved is None:
        return Start(started, f"the retrospective was started; the end of {what} is not known yet")
    if calendar.between(resolved, started) > late:
        return Start(started, f"the retrospective was started, {calendar.between(resolved, started)} working days after {what} was resolved")
    return Start(resolved, f"{what} was resolved")


def due_dates(steps: Sequence[Timed], calendar: Calendar, *, base: date, started: date, urgent: bool, happened: Mapping[str, date]) -> dict[str, date]:
    """Return key -> due date, of what a person dated as dated. `happened` says on which day steps were done or are planned for: what counts from them follows."""
    anchors = {RESOLVED: base, STARTED: started}
    dates: dict[str, date] = {}
    for step in steps:
        if step.due_by_hand and step.due_on:
            dates[step.key] = step.due_on
        elif step.key in happened:
            dates[step.key] = happened[step.key]
        elif step.counted_from in anchors:
            dates[step.key] = moved(anchors[step.counted_from], step, calendar, urgent)
    anchors |= {**dates, **happened}
    for step in steps:
        if step.key not in dates:
            anchor = base if step.counted_from == step.key else anchors.get(step.counted_from, base)
            dates[step.key] = moved(anchor, step, calendar, urgent)
    return dates


def moved(day: date, step: Timed, calendar: Calendar, urgent: bool) -> date:
    """Return the day by the step's offset later; days of the calendar end on a working day too, since nobody is nudged on a Sunday."""
    offset, unit = (step.urgent_offset, step.urgent_unit) if urgent and step.urgent_offset is not None else (step.offset, step.unit)
    if day >= LATEST - timedelta(days=4 * abs(offset) + 400):
        return day
    return calendar.add(day + timedelta(days=offset), 0) if unit == CALENDAR else calendar.add(day, offset)


# Progress -------------------------------------------------------------------------------------------


class Listed(Protocol):
    state: str
    mandatory: bool
    counted_from: str
    rule: str
    due_on: date | None


Row = TypeVar("Row", bound=Listed)


def nudges(step: Listed, status: str) -> bool:
    """Say whether a step still asks for something. Once a document is out, what was meant to come before it does so no more."""
    return step.state == OPEN and status != "archived" and (status != "published" or step.counted_from == PUBLISH or step.rule in LATER)


def next_of(steps: Sequence[Row], status: str, today: date) -> Row | None:
    """Return the first step that asks for something: an optional one only once nothing else does, one for later once its day has come."""
    still = [step for step in steps if nudges(step, status) and not (step.rule in LATER and step.due_on and step.due_on > today)]
    return next((step for step in still if step.mandatory), still[0] if still else None)


@dataclass(frozen=True)
class Progress:
    """How far a retrospective is; `next` is a row, `overdue` how many dates have passed."""

    settled: int
    total: int
    next: Any = None
    overdue: int = 0

    @property
    def is_over(self) -> bool:
        return self.settled == self.total


def progress_of(steps: Sequence[Any], status: str, today: date) -> Progress:
    """Return how far a retrospective of this status is."""
    late = sum(nudges(step, status) and step.due_on is not None and step.due_on < today for step in steps)
    return Progress(sum(step.state != OPEN for step in steps), len(steps), next_of(steps, status, today), late)


# What completes a step ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Facts:
    """What is true of a retrospective at this moment, as far as rules look at it."""

    owner: str = ""
    facilitators: tuple[str, ...] = ()  # who accepted
    asked: int = 0
    unasked: int = 0  # people of the timeline whom nobody has asked
    half_wrote: bool = False  # at least half of those asked gave their account
    talks: int = 0  # conversations whose notes are confirmed
    talks_wanted: int = 2
    cared: bool = False  # those closest to it were spoken to
    shown: bool = False  # the draft, to those who were there
    all_read: bool = False  # and each of them answered
    meeting_began: bool = False
    sources: tuple[str, ...] = ()  # labels of what was imported, each once
    entries: int = 0
    inspected: bool = False
    findings: int = 0
    required: int = 0
    unwritten: int = 0
    meeting: str = ""  # "was held on 3 March 2026", or "is waived: ..."
    surveyed: str = ""  # what became of the survey after it
    met: bool = False  # the meeting is behind us, or there is none
    soaked: bool = False  # it is, and so is the time to think
    actions: int = 0
    actions_without_owner: int = 0
    actions_without_date: int = 0
    actions_not_agreed: int = 0
    status: str = ""
    revisions: int = 0
    audiences: tuple[str, ...] = ()  # beyond the team, labels
    looked_back: bool = False


@dataclass(frozen=True)
class Rule:
    """`happened` returns the sentence for the record or "". What `stays` is done for good; anything else opens again when it is no longer so."""

    label: str
    happened: Callable[[Facts], str]
    stays: bool = False


def facilitator_found(facts: Facts) -> str:
    return f"{joined(facts.facilitators)} accepted to facilitate; {facts.owner} owns the document." if facts.facilitators and facts.owner else ""


def evidence_kept(facts: Facts) -> str:
    return f"The originals of {joined(facts.sources)} are kept." if len(facts.sources) > 1 else ""


def everyone_asked(facts: Facts) -> str:
    return f"Everyone found in the timeline is asked: {counted(facts.asked, 'person', 'people')}." if facts.asked and not facts.unasked else ""


def accounts_given(facts: Facts) -> str:
    return "At least half of those who were asked wrote their account." if facts.half_wrote else ""


def talks_held(facts: Facts) -> str:
    enough = facts.talks and facts.talks >= facts.talks_wanted
    return f"{counted(facts.talks, 'conversation was', 'conversations were')} held, and the notes confirmed." if enough else ""


def people_reached(facts: Facts) -> str:
    return "Those closest to it were spoken to in person." if facts.cared else ""


def draft_calibrated(facts: Facts) -> str:
    if not facts.shown:
        return ""
    if facts.all_read:
        return "The draft was shared, and everyone who was asked has answered."
    return "The draft was shared before the meeting." if facts.meeting_began else ""


def timeline_settled(facts: Facts) -> str:
    settled = facts.entries and facts.inspected and not facts.findings
    return f"{counted(facts.entries, 'entry', 'entries')}, and nothing is open in the quality report." if settled else ""


def draft_written(facts: Facts) -> str:
    if not facts.required or facts.unwritten:
        return ""
    return "The required section has its text." if facts.required == 1 else f"All {facts.required} required sections have a text."


def meeting_held(facts: Facts) -> str:
    return f"The meeting {facts.meeting}." if facts.meeting else ""


def survey_over(facts: Facts) -> str:
    return facts.surveyed


def soak_over(facts: Facts) -> str:
    return "The time between the meeting and the decisions is over." if facts.soaked else ""


def actions_owned(facts: Facts) -> str:
    open_ends = facts.actions_without_owner or facts.actions_without_date or facts.actions_not_agreed
    settled = facts.met and facts.actions and not open_ends
    return f"{counted(facts.actions, 'action item', 'action items')}, with owners who agreed and dates." if settled else ""


def approved(facts: Facts) -> str:
    return "The document was approved." if facts.status == "approved" else ""


def published(facts: Facts) -> str:
    return f"Revision {facts.revisions} was published." if facts.revisions else ""


def shared(facts: Facts) -> str:
    return f"Published for {joined(facts.audiences)}." if facts.audiences else ""


def looked_back(facts: Facts) -> str:
    return "Somebody looked back, and wrote it down." if facts.looked_back else ""


RULES: dict[str, Rule] = {
    "facilitator": Rule("A facilitator accepted, and the document has an owner", facilitator_found),
    "evidence": Rule("Files of at least two sources were imported", evidence_kept),
    "invited": Rule("Everyone found in the timeline is asked to take part", everyone_asked),
    "accounts": Rule("At least half of those asked wrote their account", accounts_given, stays=True),
    "talks": Rule("The conversations that the list asks for were held and confirmed", talks_held, stays=True),
    "welfare": Rule("A facilitator ticked those who were close to it as spoken to", people_reached, stays=True),
    "calibrated": Rule("The draft was shared, and all answered or the meeting began", draft_calibrated, stays=True),
    "timeline": Rule("The timeline has entries and no open finding on its quality", timeline_settled),
    "draft": Rule("Every required section has a text of its own", draft_written),
    "meeting": Rule("The meeting was held, or is waived with a reason", meeting_held),
    "soak": Rule("The meeting was held and its due date has come", soak_over, stays=True),
    "surveyed": Rule("After the meeting: five people or all of them answered the survey, or it is over", survey_over, stays=True),
    "actions": Rule("After the meeting: action items are there, each with an owner who agreed, and a date", actions_owned),
    "approved": Rule("The document was approved", approved, stays=True),
    "published": Rule("A revision was published", published, stays=True),
    "shared": Rule("A revision was published beyond the team", shared, stays=True),
    "looked_back": Rule("Somebody looked back; asked for once its day has come", looked_back, stays=True),
}


def rule_choices() -> list[tuple[str, str]]:
    return [("", "A person says so"), *((key, rule.label) for key, rule in RULES.items())]


def verdict(rule: str, facts: Facts) -> str:
    """Return the sentence that completes a step of this rule, or "" while nothing does."""
    return RULES[rule].happened(facts) if rule in RULES else ""


def comes_undone(rule: str, facts: Facts) -> bool:
    """Say whether a step that this rule completed is to be opened again."""
    return rule in RULES and not RULES[rule].stays and not RULES[rule].happened(facts)


def joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
