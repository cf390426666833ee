"""Pure. What single profiles look for besides the tables: questions that ask for a defence (learning), names and addresses from inside (public)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from postmortems.coach.words import participants

#: "Why did you ..." in a question; "why does the pool ..." asks about a machine all the same, and a hint may be wrong.
WHY = re.compile(
    r"\b(?:but |so |and )?why(?: on earth| exactly)? (?:did|didn['’]t|was|wasn['’]t|were|weren['’]t|had|hadn['’]t|would|wouldn['’]t|do|does|don['’]t|doesn['’]t|is|are)\b|\bhow come\b",
    re.IGNORECASE,
)
#: Names and addresses that mean something inside a network only.
INSIDE = re.compile(
    r"(?<![\w.@/-])(?:"
    r"(?:[a-z0-9][a-z0-9-]*\.)+(?:internal|intranet|intra|local|localdomain|lan|corp|priv|private|home\.arpa|svc|cluster\.local|prod|prd|stage|stg|staging|dev|test|qa)"
    r"|[a-z][a-z0-9]*(?:-[a-z0-9]+)*-(?:prod|prd|stg|dev|db|sql|web|app|api|node|host|srv|vm|lb|gw|cache|mq|k8s|worker|master|primary|replica)-?\d{1,4}"
    r"|(?:prod|prd|stg|db|sql|web|app|srv|vm|lb|gw|node|host)-?\d{1,4}(?:[.-](?:[a-z]{2,5}\d{1,2}|[a-z]{2,4}-[a-z]+-\d[a-z]?))"
    r"|10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}"
    r")(?![\w-]|\.\w)",
    re.IGNORECASE,
)


def defensive(sentence: str) -> Iterator[tuple[int, int]]:
    """Return where a question asks for a defence."""
    if sentence.rstrip(" \"”'’)*").endswith("?"):
        yield from (found.span() for found in WHY.finditer(sentence))


def exposed(text: str, names: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Return where a text names a person of the review, or a machine by its inner name or address; also in code and in quotes."""
    patterns = [INSIDE, *([people] if (people := participants(names)) else [])]
    yield from sorted({found.span() for pattern in patterns for found in pattern.finditer(text)})
