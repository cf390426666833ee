"""Pure. Leads, members and the names in a timeline -> who was part of the response, each once, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from postmortems.people import Book, Known, plain


@dataclass(frozen=True)
class Part:
    """One person found on an incident: the account where one fits, and why they are here."""

    name: str
    user_id: int | None
    why: str
    responded: bool = True


def parts_of(*, leads: Iterable[int], members: Iterable[tuple[int, str]], actors: Mapping[str, int], people: Sequence[Known], private: bool) -> list[Part]:
    """Return everybody found on the incidents of a review, each once, those who did most first.

    `members` are account ids with their part, `actors` the names in the timeline with their number of entries, `people` the
    accounts that may know of them. On a private incident a member without a part is there to read: no responder.
    """
    book = Book(people)
    reasons: dict[int | str, list[str]] = {}
    responded: set[int | str] = set()
    shown: dict[int | str, str] = {person.id: person.label for person in people}
    for lead in leads:
        reasons.setdefault(lead, []).append("led the incident")
        responded.add(lead)
    for user_id, role in members:
        reasons.setdefault(user_id, []).append(f"was {role.lower()}" if role else "is on the incident")
        if role or not private:
            responded.add(user_id)
    for actor, number in sorted(actors.items(), key=lambda pair: (-pair[1], pair[0])):
        account = book.find(actor)
        who = account.id if account else plain(actor)
        if not who:
            continue
        shown.setdefault(who, actor.strip())
        reasons.setdefault(who, []).append(f"has {number} {'entry' if number == 1 else 'entries'} in the timeline")
        responded.add(who)
    return [
        Part(shown[who], who if isinstance(who, int) else None, joined(said), who in responded)
        for who, said in reasons.items()
        if who in shown  # a lead or member who may not know of all the incidents is left out
    ]


def joined(said: list[str]) -> str:
    once = list(dict.fromkeys(said))
    return once[0] if len(once) == 1 else f"{', '.join(once[:-1])} and {once[-1]}"
