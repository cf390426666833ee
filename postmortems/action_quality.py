"""Pure. What makes an action item likely to be done and to have an effect: types, the ladder of strength, advisory rules.

No actions is a valid result, and so is a weak one that is named as such. Nothing here forbids anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from rapidfuzz import fuzz

from postmortems import blameless

#: What each type acts on, where it is chosen.
ACTS_ON = {
    "prevent": "makes the combination less likely",
    "contain": "limits spread or severity when it happens",
    "detect": "gives an earlier or clearer signal",
    "respond": "helps diagnosis, access, coordination or communication",
    "recover": "makes the return faster or safer",
    "repair": "cleans up after this event",
    "learn": "a time-boxed inquiry, experiment, drill or measurement",
    "share": "brings the learning to others",
    "arrange": "settles ownership, staffing, policy or priority",
}
#: Words of earlier versions and of other tools -> ours. Accepted wherever a type is read from outside.
EARLIER_KINDS = {"mitigate": "contain", "process": "arrange", "investigate": "learn"}
LADDER = {
    "strong": "Removes the hazard, or makes the wrong action impossible or harmless: types, safe defaults, automatic undo, separation, a check that also acts, real simplification.",
    "intermediate": "Slows or limits it, or shows it where people act: staged rollout, rate limit, preview, redundancy, slack, a checklist inside the tool, rehearsal.",
    "weak": "Relies on people remembering: document, reminder, training, extra sign-off, warning text, policy.",
}
#: What the coach says of a title that the rules hear: pairs of category and severity.
HEARD = (("vague_action", "ask"), ("punitive_action", "strong"), ("punitive_action", "ask"))
#: Types that need no factor: they clean up or pass on.
NEED_NO_FACTOR = {"repair", "share"}
DAYS = {1: 15, 2: 30}  # by rank of severity: within how many days it should be done
OTHERWISE_DAYS = 60
WORST = 2  # ranks up to here are asked about side effects and strength
LEAST_DONE_WORDS = 5
MOST, MOST_QUICK = 5, 2
ALIKE = 80  # of 100, from which on two titles may mean one thing


@dataclass(frozen=True)
class Facts:
    """What is asked of one action item; `rank` is the severity's (1 the worst), None where there is none."""

    title: str
    kind: str = ""
    strength: str = ""
    done_when: str = ""
    description: str = ""
    side_effects: str = ""
    expected_effect: str = ""
    trade_off: str = ""
    tracked_in: str = ""
    has_owner: bool = False
    is_accepted: bool = False
    due_on: date | None = None
    added_on: date | None = None
    rank: int | None = None
    factors: int = 0
    has_factors_to_link: bool = False
    is_open: bool = True
    off: frozenset[tuple[str, str]] = frozenset()  # pairs of category and severity that the coach is silent about


@dataclass(frozen=True)
class Gap:
    """One rule that is not met. `weight` is required (people expect it before publishing), ask, or hint."""

    rule: str
    weight: str
    text: str


def days_for(rank: int | None) -> int:
    return DAYS.get(rank or 0, OTHERWISE_DAYS)


@lru_cache(maxsize=4096)
def wording(title: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs of category and severity in which the coach would ask about the title."""
    return tuple(dict.fromkeys((one.category, one.severity) for one in blameless.lint(title, "action"))) if blameless.is_english(title) else ()


def gaps_of(facts: Facts) -> list[Gap]:
    """What one action item still lacks; a closed one lacks nothing."""
    if not facts.is_open:
        return []
    gaps: list[Gap] = []

    def lacks(rule: str, weight: str, text: str) -> None:
        gaps.append(Gap(rule, weight, text))

    said = {pair[0] for pair in wording(facts.title) if pair not in facts.off}
    if "vague_action" in said:
        lacks("Q1", "ask", "Begin with what is done, and name what it is done to.")
    if not facts.has_owner:
        lacks("Q2", "required", "Nobody owns it yet.")
    elif not facts.is_accepted:
        lacks("Q2", "required", "Its owner has not agreed to it yet.")
    if facts.due_on is None:
        lacks("Q3", "required", "It has no due date.")
    elif facts.added_on and facts.due_on > facts.added_on + timedelta(days=days_for(facts.rank)) and not facts.description.strip():
        lacks("Q3", "ask", f"Due later than the {days_for(facts.rank)} days meant for this severity: give the reason in the description.")
    if is_unchecked(facts):
        lacks("Q4", "required", f"“Done when” is for somebody else to check by: at least {LEAST_DONE_WORDS} words, and more than the title.")
    if facts.has_factors_to_link and not facts.factors and facts.kind not in NEED_NO_FACTOR:
        lacks("Q5", "ask", "Which factor does it act on?")
    if not facts.kind or not facts.strength:
        lacks("Q6", "required", "Its strength is not chosen.")
    if "punitive_action" in said:
        lacks("Q7", "required", "It seems to mend people. What could change around them?")
    if facts.rank and facts.rank <= WORST and not facts.side_effects.strip():
        lacks("Q8", "ask", "Which new difficulty could it bring? “None seen” is an answer.")
    if not facts.expected_effect.strip() and facts.kind not in NEED_NO_FACTOR:
        lacks("Q9", "ask", "What will be different, and how will one know? Whoever looks back in three months will ask.")
    if not facts.tracked_in:
        lacks("Q10", "ask", "Where is the work planned? A ticket’s key or address keeps it from being forgotten.")
    if not facts.trade_off:
        lacks("Q12", "hint", "What waits for it?")
    return gaps


def is_unchecked(facts: Facts) -> bool:
    words = facts.done_when.split()
    return len(words) < LEAST_DONE_WORDS or same(facts.done_when) == same(facts.title)


def same(text: str) -> str:
    return " ".join(text.lower().split()).rstrip(".")


#: Rules in the completeness of a section: words for one action item and for several.
TOGETHER = {
    "Q1": ("does not say what is done to what", "do not say what is done to what"),
    "Q2": ("has no owner who agreed", "have no owner who agreed"),
    "Q3": ("has no due date or one far off", "have no due date or one far off"),
    "Q4": ("has no “done when” that somebody else can check", "have no “done when” that somebody else can check"),
    "Q5": ("is linked to no factor", "are linked to no factor"),
    "Q6": ("has no strength", "have no strength"),
    "Q7": ("seems to mend people", "seem to mend people"),
    "Q8": ("says nothing of side effects", "say nothing of side effects"),
    "Q9": ("says nothing of the effect it is to have", "say nothing of the effect they are to have"),
    "Q10": ("does not say where the work is planned", "do not say where the work is planned"),
    "Q12": ("does not say what waits for it", "do not say what waits for them"),
}


def gaps_together(items: Iterable[Facts], *, leave_out: Sequence[str] = ()) -> list[str]:
    """What the action items of a review lack, each rule once."""
    numbers = Counter(rule for item in items for rule in dict.fromkeys(gap.rule for gap in gaps_of(item)))
    rules = [rule for rule in TOGETHER if numbers[rule] and rule not in leave_out]
    return [sentence(rule, numbers[rule]) for rule in rules]


def sentence(rule: str, number: int) -> str:
    return f"1 action item {TOGETHER[rule][0]}." if number == 1 else f"{number} action items {TOGETHER[rule][1]}."


def questions_about(items: Sequence[Facts]) -> list[str]:
    """Gentle questions, which keep no section from being done: about the mix, all of one type or all weak, and about what waits."""
    questions = []
    kinds = [item.kind for item in items]
    if len(kinds) > 1 and set(kinds) == {"detect"}:
        questions.append("All of these detect; nothing prevents or contains. Is seeing it sooner enough?")
    elif len(kinds) > 1 and set(kinds) == {"prevent"}:
        questions.append("All of these prevent. If it happens all the same, what would make it smaller or shorter?")
    elif len(kinds) > 1 and set(kinds) <= {"learn", "share", "arrange"}:
        questions.append("All of these learn, share or arrange. Is there a change to the system itself that is worth its cost?")
    worst = [item for item in items if item.rank and item.rank <= WORST]
    strengths = {item.strength for item in worst}
    if worst and "" not in strengths and not strengths & {"strong", "intermediate"}:
        questions.append("Each of these relies on people remembering. For an incident this severe: one stronger change, or a sentence why not?")
    if unsaid := sum(item.is_open and not item.trade_off for item in items):
        questions.append(sentence("Q12", unsaid))
    return questions


def too_many(number: int, *, is_quick: bool = False) -> list[str]:
    """Say so when there are more action items than are usually finished."""
    most = MOST_QUICK if is_quick else MOST
    return [f"{number} action items. Up to {most} are usually finished: which of these matter most?"] if number > most else []


def alike(title: str, others: Iterable[tuple[int, str]], most: int = 3) -> list[int]:
    """Return the ids of titles that may mean the same, the nearest first. `others` are pairs of id and title."""
    mine = same(title)
    scored = [(fuzz.token_sort_ratio(mine, same(other)), number) for number, other in others]
    return [number for score, number in sorted(scored, key=lambda row: (-row[0], row[1])) if score >= ALIKE][:most]
