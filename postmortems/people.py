"""Pure. Names as they stand in a timeline, and accounts -> people: one row a person, however many names and accounts they have.

A name is an account's when it is its full name, user name or e-mail address, in whatever case and with dots for spaces; a
given name alone where only one person of the incident has it. A name that would fit two people fits none, since a wrong
match would speak for a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from incidents.lib.text import clean_line

#: Kinds of events that a person stands behind.
SPOKEN = frozenset({"message", "hypothesis", "decision", "action", "mitigation", "acknowledgement", "communication", "note"})
#: Names of what writes among people and is none.
BOT = re.compile(r"bot\b|\bapp\b|\bsystem\b|webhook|alertmanager|pagerduty|opsgenie|statuspage|debrief", re.IGNORECASE)

WORDS = re.compile(r"[\s._@-]+")
AROUND = re.compile(r"\s*[(\[|/].*$")
LONGEST_NAME = 150
MOST_NAMES = 5  # kept of one person


class Account(Protocol):
    """What a match looks at; a User has it."""

    pk: int
    username: str
    email: str

    def get_full_name(self) -> str: ...


@dataclass(frozen=True)
class Known:
    """A person with an account; `names` are all that may stand for them, and their user name is theirs whoever else is called so."""

    id: int
    label: str
    names: tuple[str, ...]
    is_member: bool = False
    role: str = ""
    username: str = ""


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


def names_of(account: Account) -> tuple[str, ...]:
    return account.get_full_name(), account.username, account.email, account.email.partition("@")[0]


def known(accounts: Iterable[Account], members: Iterable[tuple[int, str]]) -> list[Known]:
    """Return the accounts as people; `members` are ids of those on the incidents with their part, of which one wins over none."""
    roles = dict(sorted(members, key=lambda pair: pair[1]))
    return [
        Known(each.pk, clean_line(str(each), limit=LONGEST_NAME), names_of(each), each.pk in roles, roles.get(each.pk, ""), each.username) for each in accounts
    ]


class Book:
    """Who is meant by a name."""

    def __init__(self, people: Sequence[Known]) -> None:
        self.by_id = {person.id: person for person in people}
        by_name = owners((plain(name), person.id) for person in people for name in person.names)
        self.exact = by_name | owners((plain(person.username), person.id) for person in people)
        self.given = owners((plain(person.label).partition(" ")[0], person.id) for person in people if person.is_member)

    def find(self, name: str) -> Known | None:
        key = plain(name)
        found = self.exact.get(key) if key in self.exact else self.given.get(key)
        return self.by_id.get(found) if found is not None else None


def owners(pairs: Iterable[tuple[str, int]]) -> dict[str, int | None]:
    """Return name -> whose it is; a name of two people is nobody's: asking the wrong one is worse than asking none."""
    found: dict[str, int | None] = {}
    for name, owner in pairs:
        if name:
            found[name] = owner if found.get(name, owner) == owner else None
    return found


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
        if name not in each.names and len(each.names) < MOST_NAMES:
            each.names.append(name)
    for person in people:
        if person.is_member:
            found.setdefault(person.id, Heard(person.label, person.id, person.role, is_member=True))
    for name, events in named:
        each = row(name)
        if not each.is_heard:
            each.named_in = events
    return list(found.values())
