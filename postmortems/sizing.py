"""Pure. How deep a retrospective should go: by how much there is to learn. Severity only says what is the least.

None ticked suggests a light one, three or more a deep one; so says the checklist of the guide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DEEP_FROM = 3
ORDER = ("light", "standard", "deep")
NAMES = {"light": "a light one, the quick retro", "standard": "a standard review", "deep": "a deep one, the learning review"}
#: The checklist that every installation begins with: key, words, tags that tick it.
QUESTIONS = (
    ("teams", "More than two teams took part, or teams that had not worked together", ""),
    ("surprise", "People were surprised by how the system behaves", "surprise"),
    ("nearly", "It nearly became much worse", "near-miss"),
    ("recurring", "Something “trivial” keeps coming back, such as an expired certificate or a wrong environment", "recurring"),
    ("new", "A technology or a team that is new here, or about to grow, took part", "new-technology"),
    ("accounts", "Accounts of what happened differ", ""),
    ("long", "It lasted long, or took many false starts", ""),
    ("recovery", "The recovery was unusually good", ""),
    ("asked", "Somebody asked for a review; anybody may", "review-requested"),
    ("outside", "Customers or regulators will ask", "regulator, customer-escalation"),
)


@dataclass(frozen=True)
class Depth:
    """The depth that is suggested. `learning` is what the ticks alone say; `why` are sentences for people."""

    depth: str
    learning: str
    why: tuple[str, ...]


def learning_value(ticks: int) -> str:
    return "deep" if ticks >= DEEP_FROM else "standard" if ticks else "light"


def suggested(ticked: Sequence[str], *, is_answered: bool, least: str = "", severity: str = "") -> Depth:
    """Return the depth for the ticked lines of the checklist; `least` is what `severity` asks for.

    As long as nobody answered and nothing is known, the middle is suggested: silence is not the same as nothing to learn.
    """
    number = len(ticked)
    if not number and not is_answered:
        learning, first = (
            "standard",
            "Nobody has ticked what applies yet; until then a standard review is a safe beginning. Nothing ticked suggests a light one.",
        )
    else:
        learning = learning_value(number)
        first = f"{counted(number)} {'is' if number == 1 else 'are'} ticked, which suggests {NAMES[learning]}."
    if least and ORDER.index(least) > ORDER.index(learning):
        return Depth(least, learning, (first, f"{severity} asks for {NAMES[least]} at least, however little there seems to learn."))
    return Depth(
        learning, learning, (first, f"{severity} asks for {NAMES[least]} at least; that is met." if least else "Severity alone makes nothing mandatory here.")
    )


def counted(number: int) -> str:
    return {0: "None of the lines", 1: "One of the lines", 2: "Two of the lines"}.get(number, f"{number} of the lines")
