"""Pure. The states of a post-mortem and the moves between them: one table, asked by pages, API and commands alike."""

from __future__ import annotations

from dataclasses import dataclass

DRAFT, IN_REVIEW, CHANGES, APPROVED, PUBLISHED, ARCHIVED = "draft", "in_review", "changes_requested", "approved", "published", "archived"
#: What waits for reviewers, and what they may still say something about.
UNDER_REVIEW = frozenset({IN_REVIEW, CHANGES, APPROVED})
AT_WORK = frozenset({DRAFT, IN_REVIEW, CHANGES, APPROVED})
#: Nothing that belongs to it changes in these, but the state itself.
READ_ONLY = frozenset({ARCHIVED})


@dataclass(frozen=True)
class Move:
    """One way from state to state. `by` is who may: a writer, a reviewer, a publisher, or nobody where it follows from something else."""

    name: str
    label: str  # on the button
    done: str  # in the history
    before: frozenset[str]
    after: str
    by: str = "writer"
    wants_note: bool = False


MOVES = {
    move.name: move
    for move in (
        Move("submit", "Submit for review", "Submitted for review", frozenset({DRAFT, CHANGES, PUBLISHED}), IN_REVIEW),
        Move("withdraw", "Withdraw from review", "Withdrawn from review", frozenset({IN_REVIEW, CHANGES, APPROVED}), DRAFT),
        Move("request", "Request changes", "Changes requested", frozenset({IN_REVIEW, APPROVED}), CHANGES, "reviewer", True),
        Move("approve", "Approve", "Approved", frozenset({IN_REVIEW}), APPROVED, "reviewer"),
        Move("lapse", "", "In review again", frozenset({APPROVED}), IN_REVIEW, "nobody"),
        Move("publish", "Publish", "Published", AT_WORK | {PUBLISHED}, PUBLISHED, "publisher"),
        Move("edit", "", "Next revision begun", frozenset({PUBLISHED}), DRAFT, "nobody"),
        Move("archive", "Archive", "Archived", AT_WORK | {PUBLISHED}, ARCHIVED, "publisher", True),
        Move("restore", "Take out of the archive", "Taken out of the archive", frozenset({ARCHIVED}), DRAFT, "publisher"),
    )
}
#: What people ask for by name; the others come with a decision, a publication or an edit.
ASKED_FOR = ("submit", "withdraw", "archive", "restore")


class NoSuchMove(ValueError):
    """From this state there is no such way. The message is for people."""


def check(name: str, before: str) -> Move:
    """Return the move. Raises NoSuchMove when it does not lead away from `before`."""
    move = MOVES[name]
    if before not in move.before:
        raise NoSuchMove(f"“{move.label or move.done}” is not possible: it is {before.replace('_', ' ')}.")
    return move


def possible(before: str) -> list[Move]:
    """Return what may be asked for in this state, in the order of the table."""
    return [MOVES[name] for name in ASKED_FOR if before in MOVES[name].before]
