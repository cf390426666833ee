"""Pure. Names in a timeline and accounts -> who is who, and who was part of the response.

A name is an account's when it is its user name, full name or e-mail address, whatever the case and with dots for spaces;
a name that would fit two accounts fits none, since a wrong match would speak for a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

BETWEEN = re.compile(r"[\s._\-]+")


class Account(Protocol):
    """What a match looks at; a User has it."""

    pk: int
    username: str
    email: str

    def get_full_name(self) -> str: ...


@dataclass(frozen=True)
class Part:
    """One person found on an incident: the account where one fits, and why they are here."""

    name: str
    user_id: int | None
    why: str
    responded: bool = True


def key_of(name: str) -> str:
    """Return a name without what people write differently: "@Tom.Okafor" is "tom okafor"."""
    return BETWEEN.sub(" ", name.strip().lstrip("@").casefold()).strip()


def keys_of(account: Account) -> set[str]:
    names = {account.username, account.get_full_name(), account.email, account.email.partition("@")[0]}
    return {key for name in names if (key := key_of(name))}


def directory(accounts: Iterable[Account]) -> dict[str, int | None]:
    """Return key -> account id; None where several accounts answer to it. A user name wins over another's address."""
    accounts = list(accounts)
    found: dict[str, int | None] = {}
    for account in accounts:
        for key in keys_of(account):
            found[key] = account.pk if key not in found or found[key] == account.pk else None
    return found | {key_of(account.username): account.pk for account in accounts}


def parts_of(
    *,
    leads: Iterable[int],
    members: Iterable[tuple[int, str]],
    actors: Mapping[str, int],
    names: Mapping[int, str],
    known: Mapping[str, int | None],
    private: bool,
) -> list[Part]:
    """Return everybody found on the incidents of a review, each once, those who did most first.

    `members` are account ids with their part, `actors` the names in the timeline with their number of entries, `names` the
    accounts' names. On a private incident a member without a part is there to read: no responder.
    """
    reasons: dict[int | str, list[str]] = {}
    responded: set[int | str] = set()
    shown: dict[int | str, str] = {}
    for lead in leads:
        reasons.setdefault(lead, []).append("led the incident")
        responded.add(lead)
    for user_id, role in members:
        reasons.setdefault(user_id, []).append(f"was {role.lower()}" if role else "is on the incident")
        if role or not private:
            responded.add(user_id)
    for actor, number in sorted(actors.items(), key=lambda pair: (-pair[1], pair[0])):
        account = known.get(key_of(actor))
        who: int | str = account if account is not None and account in names else key_of(actor)
        if not who:
            continue
        shown.setdefault(who, actor.strip())
        reasons.setdefault(who, []).append(f"has {number} {'entry' if number == 1 else 'entries'} in the timeline")
        responded.add(who)
    return [
        Part(names[who] if isinstance(who, int) else shown[who], who if isinstance(who, int) else None, joined(said), who in responded)
        for who, said in reasons.items()
        if not isinstance(who, int) or who in names
    ]


def joined(said: list[str]) -> str:
    once = list(dict.fromkeys(said))
    return once[0] if len(once) == 1 else f"{', '.join(once[:-1])} and {once[-1]}"
