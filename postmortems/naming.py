"""Pure. Names of people in texts -> the roles that stand for them: of everybody outside, inside of those who asked to be unnamed.

Outside a text may rather suffer than tell who was there, so every name that is known goes, whatever else it means. Inside,
the document of a team that knows its people has to stay readable: a first or last name alone goes where it is written with a
capital, and a name that is an ordinary word only where somebody is called by it, or where nothing else is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
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
SHORTEST = 3  # letters; what is shorter is a word, too

#: Takes a text or all that is in a part of a document, and returns it with the names replaced. Values that are no text are left alone.
Hide = Callable[[Any], Any]


@dataclass(frozen=True)
class Unnamed:
    """One person: every name they go by, and what stands instead, such as "a participant"."""

    names: tuple[str, ...]
    role: str


@dataclass(frozen=True)
class Form:
    """One way to write a name, as a pattern, and the role that stands for it."""

    pattern: str
    role: str


def hider(aliases: Mapping[str, str]) -> Hide:
    """Return what replaces every name by its role, in any case."""
    forms = {name.lower(): Form(f"(?i:{re.escape(name)})", role) for name, role in aliases.items() if len(name) >= SHORTEST}
    return replacing(forms, before=r"@?(?<!\w)", after=r"(?!\w)")


def unnaming(people: Iterable[Unnamed]) -> Hide:
    """Return what replaces the names of these people, and neither addresses nor names that only begin or end like one of theirs."""
    names = [(" ".join(name.split()), person.role) for person in people for name in person.names]
    forms: dict[str, Form] = {}
    for name, role in names:
        if len(name) >= SHORTEST:
            written = f"(?i:{re.escape(name)})"
            is_word = name.capitalize() in ORDINARY
            forms.setdefault(name.lower(), Form(rf"(?:(?<=@){written}|\A{written}\Z)" if is_word else written, role))
    for name, role in names:
        for word in name.split(" ") if " " in name else []:
            if len(word) >= SHORTEST and word[0].isupper() and word not in ORDINARY:
                forms.setdefault(word.lower(), Form(re.escape(word), role))
    return replacing(forms, before=r"(?<![\w.@-])@?", after=r"(?![\w@]|[-.]\w)")


def replacing(forms: Mapping[str, Form], *, before: str, after: str) -> Hide:
    """Return what replaces the forms, by their names in lower case, where they stand between `before` and `after`; the longest first."""
    if not forms:
        return lambda value: value
    ordered = [forms[name].pattern for name in sorted(forms, key=lambda name: (-len(name), name))]
    pattern = re.compile(f"{before}({'|'.join(ordered)}){after}")

    def role_of(found: re.Match[str]) -> str:
        if form := forms.get(found[1].lower()):
            return form.role
        # Letters that are one to a pattern may differ in lower case, such as "ſ" and "s".
        return next(form.role for form in forms.values() if re.compile(form.pattern).fullmatch(found.string, *found.span(1)))

    def hide(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(lambda match: cased(role_of(match), value, match.start()), value)
        if isinstance(value, dict):
            return {name: each if name in UNTOUCHED else hide(each) for name, each in value.items()}
        if isinstance(value, list):
            return [hide(each) for each in value]
        return value

    return hide


def cased(role: str, text: str, place: int) -> str:
    """Return the role, with a capital where a text or a sentence begins."""
    before = text[:place].rstrip(' \t*_>#-"“(')
    begins = not before or before[-1] in ".!?:\n"
    return role[0].upper() + role[1:] if begins else role
