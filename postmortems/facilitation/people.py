"""Pure. Names as they stand in a timeline -> people: one row a person, however many names and accounts they have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

WORDS = re.compile(r"[\s._@-]+")
AROUND = re.compile(r"\s*[(\[|/].*$")


@dataclass(frozen=True)
class Known:
    """A person with an account; `names` are all that may stand for them: full name, user name, the part of the address before the @."""

    id: int
    label: str
    names: tuple[str, ...]
    is_member: bool = False
    role: str = ""


@dataclass(slots=True)
class Heard:
    """One person as the timeline has them. Without entries they are there for another reason: a member, or only named by others."""

    name: str
    user: int | None = None
    role: str = ""
    names: list[str] = field(default_factory=list)
    entries: int = 0
    first: datetime | None = None
    last: datetime | None = None
    named_in: tuple[int, ...] = ()
    is_member: bool = False

    @property
    def is_heard(self) -> bool:
        return self.entries > 0


def plain(name: str) -> str:
    """Return a name for comparing: “@Ana.Lima (SRE)” and “ana lima” are one."""
    return " ".join(word for word in WORDS.split(AROUND.sub("", name).casefold()) if word)


class Book:
    """Who is meant by a name. A given name alone is enough where only one person of the incident has it."""

    def __init__(self, people: Sequence[Known]) -> None:
        self.by_id = {person.id: person for person in people}
        self.exact: dict[str, int | None] = {}
        for person in people:
            for name in {plain(name) for name in person.names} - {""}:
                # One name of two people is nobody's: asking the wrong one is worse than asking none.
                self.exact[name] = None if self.exact.get(name, person.id) != person.id else person.id
        self.given: dict[str, int | None] = {}
        for person in people:
            if person.is_member:
                first = plain(person.label).split(" ")[0]
                self.given[first] = None if self.given.get(first, person.id) != person.id else person.id

    def find(self, name: str) -> Known | None:
        key = plain(name)
        found = self.exact.get(key) if key in self.exact else self.given.get(key)
        return self.by_id.get(found) if found is not None else None


def gather(spoken: Iterable[tuple[str, datetime]], people: Sequence[Known], named: Iterable[tuple[str, tuple[int, ...]]] = ()) -> list[Heard]:
    """Return everyone to think of: who speaks in the timeline by first entry, then members who do not, then who is only named."""
    book = Book(people)
    found: dict[object, Heard] = {}

    def row(name: str) -> Heard:
        person = book.find(name)
        key: object = person.id if person else plain(name)
        if key not in found:
            found[key] = Heard(person.label, person.id, person.role, is_member=person.is_member) if person else Heard(name)
        return found[key]

    for name, at in spoken:
        each = row(name)
        each.entries += 1
        each.first, each.last = each.first or at, at
        if name not in each.names and len(each.names) < 5:
            each.names.append(name)
    for person in people:
        if person.is_member:
            found.setdefault(person.id, Heard(person.label, person.id, person.role, is_member=True))
    for name, events in named:
        each = row(name)
        if not each.is_heard:
            each.named_in = events
    return list(found.values())
