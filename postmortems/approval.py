"""Pure. Which approvals a post-mortem needs, which of them are given, and which have lapsed.

An approval remembers what each section said when it was given. It holds as long as the sections it covers say the same, and for
publications that reach no further than the one it was given for. Nothing is stored about a lapse: it is found by comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

#: Each audience stands further outside than the one before.
REACH = {"internal": 0, "stakeholder": 1, "public": 2}
AUDIENCES = {"internal": "internal readers", "stakeholder": "stakeholders", "public": "the public"}
#: The title has no section; it is covered by what covers the whole document.
TITLE = "#title"
REVIEW_DAYS = 3

Names = Mapping[int, str]


@dataclass(frozen=True)
class Subject:
    """What rules ask about, as ids with names."""

    severity: Names
    services: Names
    team: Names
    tags: Names
    audience: str


@dataclass(frozen=True)
class Rule:
    """An approval rule without its rows. `people` are those who may give the approval here, by id."""

    pk: int
    name: str
    reason: str
    severities: Names = field(default_factory=dict)
    services: Names = field(default_factory=dict)
    teams: Names = field(default_factory=dict)
    tags: Names = field(default_factory=dict)
    audience: str = "internal"
    sections: Sequence[str] = ()
    people: Names = field(default_factory=dict)
    needed: int = 1
    owner_counts: bool = False


@dataclass(frozen=True)
class Answer:
    """Whether a rule asks for its approval, and why or why not, in words."""

    rule: Rule
    applies: bool
    reasons: tuple[str, ...]
    sections: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        return " and ".join(self.reasons)


@dataclass(frozen=True)
class Seal:
    """What a section said at a moment."""

    version: int
    digest: str


@dataclass(frozen=True)
class Opinion:
    """One decision of one person about the sections in `covered`."""

    pk: int
    person: int
    name: str
    approves: bool
    covered: Mapping[str, Seal]
    audience: str = "internal"
    by_owner: bool = False


@dataclass(frozen=True)
class Lapse:
    """An approval that no longer covers what the sections in `keys` say."""

    opinion: Opinion
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Standing:
    """How far one needed approval is."""

    answer: Answer
    given: tuple[Opinion, ...] = ()
    lapsed: tuple[Lapse, ...] = ()
    against: tuple[Opinion, ...] = ()
    own: tuple[Opinion, ...] = ()  # by the owner, where that does not count
    able: Names = field(default_factory=dict)

    @property
    def missing(self) -> int:
        return max(self.answer.rule.needed - len(self.given), 0)

    @property
    def is_met(self) -> bool:
        return not self.missing

    @property
    def is_possible(self) -> bool:
        """Whether so many people may give it at all."""
        return len(self.able) >= self.answer.rule.needed

    @property
    def waiting(self) -> Names:
        """Who may still give it."""
        done = {opinion.person for opinion in self.given}
        return {pk: name for pk, name in self.able.items() if pk not in done} if self.missing else {}


def listed(names: Iterable[str], word: str = "or") -> str:
    found = sorted(set(names))
    return f" {word} ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def ask(rule: Rule, subject: Subject, sections: Mapping[str, str]) -> Answer:
    """Say whether the rule asks for its approval of this document, whose `sections` are given as key -> kind."""
    yes, no = [], []
    asked = (
        ("severity", rule.severities, subject.severity),
        ("service", rule.services, subject.services),
        ("team", rule.teams, subject.team),
        ("tag", rule.tags, subject.tags),
    )
    for noun, wanted, found in asked:
        if not wanted:
            continue
        both = [name for pk, name in found.items() if pk in wanted]
        here = f"its {noun} is {listed(found.values(), 'and')}" if found else f"it has no {noun}"
        if both:
            yes.append(f"its {noun} is {listed(both, 'and')}")
        else:
            no.append(f"{here}, not {listed(wanted.values())}")
    if rule.audience != "internal":
        reaches = REACH[subject.audience] >= REACH[rule.audience]
        (yes if reaches else no).append(f"it is published for {AUDIENCES[subject.audience]}" + ("" if reaches else f", not {AUDIENCES[rule.audience]}"))
    keys = tuple(key for key, kind in sections.items() if not rule.sections or key in rule.sections or kind in rule.sections)
    if rule.sections:
        if keys:
            yes.append(f"it has the section{'s' if len(keys) > 1 else ''} that this signs off")
        else:
            no.append(f"it has no section {listed(rule.sections)}")
    if no:
        return Answer(rule, False, tuple(no))
    return Answer(rule, True, tuple(yes) or ("every post-mortem needs it",), keys if rule.sections else (*keys, TITLE))


def stand(answer: Answer, opinions: Sequence[Opinion], seals: Mapping[str, Seal], *, owner: int | None, audience: str) -> Standing:
    """Say how far a needed approval is. `opinions` in the order in which they were given."""
    rule = answer.rule
    able = {pk: name for pk, name in rule.people.items() if rule.owner_counts or pk != owner}
    given, lapsed, against, own = [], [], [], []
    for person in dict.fromkeys(opinion.person for opinion in opinions if opinion.person in rule.people):
        mine = [opinion for opinion in opinions if opinion.person == person and REACH[opinion.audience] >= REACH[audience]]
        latest = {key: opinion for opinion in mine for key in opinion.covered}
        about = [latest[key] for key in answer.sections if key in latest]
        if not about:
            continue
        last = max(about, key=lambda opinion: opinion.pk)
        refused = [opinion for opinion in about if not opinion.approves]
        stale = tuple(key for key in answer.sections if key not in latest or latest[key].covered[key].digest != seals[key].digest)
        if refused:
            against.append(max(refused, key=lambda opinion: opinion.pk))
        elif stale:
            lapsed.append(Lapse(last, stale))
        elif not rule.owner_counts and (person == owner or any(opinion.by_owner for opinion in about)):
            own.append(last)
        else:
            given.append(last)
    return Standing(answer, tuple(given), tuple(lapsed), tuple(against), tuple(own), able)


def handed_over(people: Names, handovers: Sequence[tuple[int, int, str]]) -> dict[int, str]:
    """Return who may give an approval once some handed theirs over: (from, to, name of the latter), in order."""
    able = dict(people)
    for before, after, name in handovers:
        if able.pop(before, None) is not None:
            able[after] = name
    return able
