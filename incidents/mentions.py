"""Pure. Who is called upon in the texts of a timeline, and whether they are among those who act in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

#: How names stand in a text, and what is written the same way and is no person.
MENTION = re.compile(r"(?<![\w.@/<])@([A-Za-z][\w.-]*\w(?: [A-Z][\w'-]+)?)(?![\w/])")
CALLED = re.compile(r"\b(?:(?:re)?assigned|escalated|delegated) to |\b(?:paged|notified|called in) ", re.I)
NAME = re.compile(r"([A-Z][\w'-]+ [A-Z][\w'-]+)")
WORDS = re.compile(r"[\s._-]+")
NOBODY = re.compile(
    r"here|channel|everyone|all|team|on-?call|support|group|squad|dev|devs|ops|sre|engineering|infra|platform|security|admins?|users?|bot\b|param|return|media",
    re.I,
)
GROUP = re.compile(r"(?:^|[-_.])(?:team|oncall|on-call|sre|ops|devs|support|group|bot|eng)(?:$|[-_.])|^[UW][A-Z0-9]{6,}$", re.I)


def names_in(text: str) -> Iterator[str]:
    """Yield who is called upon: after an @, and after “assigned to” and its like."""
    if "@" in text:
        for match in MENTION.finditer(text):
            name = match[1]
            if not NOBODY.fullmatch(name.split(" ")[0]) and not GROUP.search(name):
                yield name
    for match in CALLED.finditer(text):
        if called := NAME.match(text, match.end()):
            yield called[1]


def seen(name: str, actors: Iterable[str]) -> bool:
    """Whether somebody who acts may be the one named: “@ana”, “@ana.lima” and “Ana” are Ana Lima."""
    words = WORDS.split(name.lower())
    return any(words[0] in (parts := WORDS.split(actor)) or len(words) > 1 and words[-1] in parts or name.lower().startswith(actor) for actor in actors)
