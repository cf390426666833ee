"""Pure. What is still missing in a post-mortem, in words its writers can act on.

A section's `minimum` is a sentence for people. What a program can check of it is read from it: numbers of words and
list items, fields named in it, and the phrases in quotation marks that may stand instead. The rest is left to the
reader; nothing here forbids anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from incidents.custom_fields import Told
from postmortems import action_quality, factors, kinds
from postmortems.fields import label_of
from postmortems.row_checks import gaps_of_rows

#: The questions that help may be put into a text as headings; they are not what somebody wrote.
HEADING = re.compile(r"^ {0,3}#{1,6} .*$", re.M)
WORDS = re.compile(r"\b(\d+)(?:-(\d+))? words")
ITEMS = re.compile(r">=(\d+) (?:bullet|factor|statement|theme)")
ENTRIES = re.compile(r"(?:>=)?(\d+) entries")
LINKS = re.compile(r"at least (two|three|\d+) links")
QUOTED = re.compile(r"""["']([^"']{4,60})["']""")
AT_MOST_ACTIONS = re.compile(r"\b0-(\d+) actions")
NUMBERS = {"two": 2, "three": 3}
ITEM = re.compile(r"^\s{0,3}(?:[-*+•]|\d{1,3}[.)])\s+\S", re.MULTILINE)
LINK = re.compile(r"https?://\S+|\]\([^)\s]+\)")
WORD = re.compile(r"[^\W_][\w'’.-]*")
UNKNOWN = re.compile(r"\b(ongoing|unknown)\b", re.IGNORECASE)
MILESTONES = {"impact_start": "impact_started", "first_human_awareness": "detected", "mitigated": "mitigated", "resolved": "resolved"}
BY_ITEMS = {"bullets", "factors", "themes", "surprises"}


class Text(kinds.Text, Protocol):
    """What is asked of a section; the model's rows have it."""

    key: str
    title: str
    minimum: str
    required: bool
    body: str
    version: int


@dataclass(frozen=True)
class Surroundings:
    """What some kinds show besides their own text."""

    milestones: frozenset[str] = frozenset()  # keys of the decided ones, or said not to apply
    further_milestones: tuple[tuple[str, frozenset[str]], ...] = ()  # the same of further incidents, by reference
    key_entries: int = 0
    entries: int = 0
    actions: int = 0
    actions_without_owner: int = 0
    actions_without_date: int = 0
    perspectives: int = 0  # that are shared with the review
    action_items: tuple[action_quality.Facts, ...] = ()
    factors: tuple[factors.Facts, ...] = ()
    fields: tuple[Told, ...] = ()  # that the incident has
    further_fields: tuple[tuple[str, tuple[Told, ...]], ...] = ()  # the same of further incidents, by reference


@dataclass(frozen=True)
class Check:
    """One section's state: done, missing (required and empty), thin (something is lacking) or empty (and optional)."""

    key: str
    title: str
    required: bool
    state: str
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Completeness:
    checks: Sequence[Check] = field(default_factory=tuple)

    @property
    def wanted(self) -> int:
        return sum(check.required for check in self.checks)

    @property
    def done(self) -> int:
        return sum(check.required and check.state == "done" for check in self.checks)

    @property
    def percent(self) -> int:
        return round(100 * self.done / self.wanted) if self.wanted else 100

    @property
    def open(self) -> list[Check]:
        """The sections that still want something; an optional one only if somebody began it."""
        return [check for check in self.checks if check.state in {"missing", "thin"}]

    def of(self, key: str) -> Check:
        return next(check for check in self.checks if check.key == key)


def check_all(sections: Sequence[Text], around: Surroundings) -> Completeness:
    return Completeness(tuple(check(section, around) for section in sections))


def check(section: Text, around: Surroundings) -> Check:
    if is_empty(section, around):
        if not section.required:
            return Check(section.key, section.title, False, "empty")
        return Check(section.key, section.title, True, "missing", (empty_gap(section),))
    gaps = tuple(gaps_of(section, around))
    return Check(section.key, section.title, section.required, "thin" if gaps else "done", gaps)


def is_empty(section: Text, around: Surroundings) -> bool:
    if HEADING.sub("", section.body).strip():
        return False
    if section.kind == "milestones":
        return not around.milestones and not any(decided for _reference, decided in around.further_milestones)
    if section.kind == "timeline":
        return not around.entries
    if section.kind == "actions":
        return not around.actions
    if section.kind == "perspectives":
        return not around.perspectives
    if section.kind == "factors" and around.factors:
        return False
    if any(row.words for told in fields_around(around) for row in kinds.shown_of_incident(section, told)):
        return False
    return not any(str(value).strip() for name, value in section.values.items() if name != "rows") and not kinds.rows_of(section.values)


def empty_gap(section: Text) -> str:
    if section.kind == "milestones":
        return "No milestone is decided yet: confirm or set them on the incident."
    if section.kind == "timeline":
        return "The timeline has no entries yet: import them or add them on the incident."
    if section.kind == "actions":
        return "No action item yet. If nothing is worth its cost, say so in a sentence."
    if section.kind == "perspectives":
        return "No perspective is shared yet: ask those who were there what it looked like to them."
    return "Nothing written yet."


def gaps_of(section: Text, around: Surroundings) -> list[str]:
    """What is lacking in a section that holds something."""
    if section.kind == "milestones":
        return milestone_gaps(section, around)
    if section.kind == "timeline":
        return entry_gaps(section, around)
    if section.kind == "actions":
        return action_gaps(section, around)
    if section.kind == "factors" and around.factors:
        return factors.gaps_together(around.factors, section.minimum)
    gaps = field_gaps(section) + incident_gaps(section, around)
    if section.version == 1 and section.body.strip():
        gaps.append("Prefilled from the incident: read it, make it yours and save it.")
    columns = {column.name for column in kinds.columns_of(section)}
    if any(phrase.lower() in section.body.lower() for phrase in QUOTED.findall(section.minimum) if phrase not in columns):
        return gaps
    rows = kinds.rows_of(section.values)
    if rows:
        return gaps + gaps_of_rows(section, rows, section.minimum, section.body)
    return gaps + word_gaps(section) + item_gaps(section)


def word_gaps(section: Text) -> list[str]:
    wanted = WORDS.search(section.minimum)
    if not wanted or section.kind in {"factors", "actions"} or kinds.columns_of(section):
        return []
    words, least, most = count_words(section.body), int(wanted[1]), int(wanted[2] or 0)
    enough_links = LINKS.search(section.minimum)
    if words < least:
        number = enough_links and (NUMBERS.get(enough_links[1]) or int(enough_links[1]))
        if number and len(LINK.findall(section.body)) >= number:
            return []
        return [f"{words} of at least {least} words."]
    if most and words > most:
        return [f"{words} words: {most} are enough."]
    return []


def item_gaps(section: Text) -> list[str]:
    wanted = ITEMS.search(section.minimum) if section.kind in BY_ITEMS else None
    if not wanted:
        return []
    found, least = count_items(section.body), int(wanted[1])
    return [f"{found} of at least {least} points."] if found < least else []


def field_gaps(section: Text) -> list[str]:
    """The fields that the minimum names and nobody filled in; an end may be said to be ongoing or unknown instead."""
    excused = "ongoing" in section.minimum and UNKNOWN.search(section.body)
    wanted = [one for one in kinds.facts_of(section) if re.search(rf"\b{one.name}\b", section.minimum) and not section.values.get(one.name)]
    numbers = [one for one in kinds.facts_of(section) if kinds.has_sources(section, one) and section.values.get(one.name)]
    if numbers and all(section.values.get(one.name + kinds.QUALITY) for one in numbers):
        wanted = [one for one in wanted if one.name != "estimate_quality"]  # said of each
    gaps = [f"“{one.label}” is empty." for one in wanted if not (excused and one.type == "moment")]
    measured = [one for one in numbers if section.values.get(one.name + kinds.QUALITY) == "measured"]
    gaps += [f"“{one.label}” is measured: name the source." for one in measured if not section.values.get(one.name + kinds.SOURCE)]
    start, end = section.values.get("impact_start"), section.values.get("impact_end")
    if start and end and end < start:  # both are ISO 8601 in UTC, so their order is that of the text
        gaps.append("The impact ends before it starts.")
    return gaps


def incident_gaps(section: Text, around: Surroundings) -> list[str]:
    """The incidents' fields that are wanted, by an administrator or by the section's minimum, and that nobody filled in."""
    gaps = [f"{label} is not filled in." for label in unfilled(section, around.fields)]
    for reference, told in around.further_fields:
        if labels := unfilled(section, told):
            gaps.append(f"{reference}: {listed(labels)} {'is' if len(labels) == 1 else 'are'} not filled in.")
    return gaps


def unfilled(section: Text, told: Sequence[Told]) -> list[str]:
    empty = [row for row in kinds.shown_of_incident(section, told) if not row.words]
    return [f"“{row.field.label}”" for row in empty if row.is_missing or re.search(rf"\b{row.field.key}\b", section.minimum)]


def fields_around(around: Surroundings) -> list[tuple[Told, ...]]:
    return [around.fields, *(told for _reference, told in around.further_fields)]


def milestone_gaps(section: Text, around: Surroundings) -> list[str]:
    named = [name for name in MILESTONES if re.search(rf"\b{name}\b", section.minimum)]
    gaps = [f"“{label_of(MILESTONES[name])}” is not decided." for name in named if MILESTONES[name] not in around.milestones]
    for reference, decided in around.further_milestones:
        missing = [f"“{label_of(MILESTONES[name])}”" for name in named if MILESTONES[name] not in decided]
        if missing:
            gaps.append(f"{reference}: {listed(missing)} {'is' if len(missing) == 1 else 'are'} not decided.")
    return gaps


def entry_gaps(section: Text, around: Surroundings) -> list[str]:
    wanted = ENTRIES.search(section.minimum)
    shown = around.entries if section.values.get("show") == "all" else around.key_entries or around.entries
    if wanted and shown < int(wanted[1]):
        more = " Mark more of them as key moments, or show all." if around.entries >= int(wanted[1]) else ""
        return [f"{shown} of at least {wanted[1]} entries.{more}"]
    return []


def action_gaps(section: Text, around: Surroundings) -> list[str]:
    if not around.actions:
        words = count_words(section.body)
        return [f"No action items: say why in at least ten words ({words} so far)."] if words < 10 else []
    gaps = []
    most = AT_MOST_ACTIONS.search(section.minimum)
    if most and around.actions > int(most[1]):
        gaps.append(f"{around.actions} action items: {most[1]} are enough here.")
    if around.actions_without_owner:
        gaps.append(f"{counted(around.actions_without_owner)} no owner.")
    if around.actions_without_date:
        gaps.append(f"{counted(around.actions_without_date)} no due date.")
    gaps += action_quality.gaps_together(around.action_items, leave_out=("Q2", "Q3", "Q12"))
    if not most:
        gaps += action_quality.too_many(len(around.action_items))
    return gaps


def counted(number: int) -> str:
    return "1 action item has" if number == 1 else f"{number} action items have"


def listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def count_words(text: str) -> int:
    return len(WORD.findall(HEADING.sub("", text)))


def count_items(text: str) -> int:
    """The list items, or where there is no list the paragraphs."""
    text = HEADING.sub("", text)
    return len(ITEM.findall(text)) or len([part for part in re.split(r"\n\s*\n", text) if part.strip()])
