"""Pure. A document without the names of people who asked to be unnamed: their role stands where they were named.

Every text of the document is looked at, whatever part it stands in, so that a part added later is covered from its first
day; only values that are no text (keys, references, times) are left alone. A full name, user name or address is found in
any case; a first or last name alone where it is written with a capital and is no ordinary word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

#: Names that are words as well: alone they stay, since a text would be ruined and nobody could tell whom it means.
WORDS = (
    "Admin April Art August Bill Black Brook Brown Case Chance Chase Christian Dale Dawn Day Dean Deploy Drew Drive Earl Faith Field Frank Grace Grant "
    "Green Gray Grey Guy Heath Hill Hope Hunter Iris Jack Jan Jay Joy June King Lane Little Long Major Mark Marina May Miles Norm Oncall Ops Owner Page "
    "Park Parker Pat Penny Port Price Rich Rob Robin Rock Root Rose Ruby Sage Sandy Short Sky Stone Story Summer Sunny Sue Support System Test User Van "
    "Violet Wade Wells West White Will Winter Wood Woods Young"
)
#: Values that say what something is or when it was, and never who was there.
STRUCTURE = (
    "schema reference key audience generated_at zone kind kind_name source precision at day local started_at due_on status status_name priority "
    "priority_name state decision sha256 version definition duration layout polarity stage stage_name confidence relation relation_name strength "
    "strength_name group group_name"
)
ORDINARY, UNTOUCHED = frozenset(WORDS.split()), frozenset(STRUCTURE.split())
SHORTEST = 3


@dataclass(frozen=True)
class Unnamed:
    """One person: every name they go by, and what stands instead, such as "a participant"."""

    names: tuple[str, ...]
    role: str


def hide(value: Any, people: Iterable[Unnamed]) -> Any:
    """Return the document, or a part of it, with the people's names replaced."""
    people = list(people)
    pattern, roles = pattern_of(people)
    return replaced(value, pattern, roles) if pattern else value


def pattern_of(people: list[Unnamed]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    """Return what finds the names, the longest first, and the role of each by the name in lower case."""
    roles: dict[str, str] = {}
    parts: dict[str, str] = {}
    for person in people:
        for name in person.names:
            name = " ".join(name.split())
            if len(name) < SHORTEST:
                continue
            roles.setdefault(name.lower(), person.role)
            called = "(?<=@)" if name.capitalize() in ORDINARY else ""  # an ordinary word is a name only where somebody is called by it
            parts.setdefault(name.lower(), f"{called}(?i:{re.escape(name)})")
    for person in people:
        for name in person.names:
            for word in name.split() if " " in name else []:
                if len(word) >= SHORTEST and word[0].isupper() and word not in ORDINARY and word.lower() not in roles:
                    roles[word.lower()] = person.role
                    parts[word.lower()] = re.escape(word)
    ordered = [parts[name] for name in sorted(parts, key=lambda name: (-len(name), name))]
    return (re.compile(rf"(?<![\w.@-])@?({'|'.join(ordered)})(?![\w@]|[-.]\w)") if ordered else None), roles


def replaced(value: Any, pattern: re.Pattern[str], roles: dict[str, str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(lambda match: cased(roles[match[1].lower()], value, match.start()), value)
    if isinstance(value, dict):
        return {name: each if name in UNTOUCHED else replaced(each, pattern, roles) for name, each in value.items()}
    if isinstance(value, list):
        return [replaced(each, pattern, roles) for each in value]
    return value


def cased(role: str, text: str, place: int) -> str:
    """Return the role with a capital at the start of a sentence in running text; a name that is all of a value stays as it is."""
    before = text[:place].rstrip(' \t*_>#-"“(')
    begins = not before or before[-1] in ".!?:\n"
    return role[0].upper() + role[1:] if begins else role
