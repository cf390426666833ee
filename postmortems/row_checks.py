"""Pure. What a section's minimum asks of its rows, read from its sentence as `completeness.py` reads the rest: how many, which cells, a tree that branches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from postmortems import kinds, rows
from postmortems.fields import Field, factor_of, label_of

Rows = Sequence[Mapping[str, str]]

COUNT = re.compile(r"(?:>=)?(\d+) (?:bullet|statement|theme|entr|row|line|term|link|question)")
#: ">=1 audience + channel + date", ">=1 bullet with expectation and observation", ">=1 image or snapshot with caption"
FILLED = re.compile(r">=(\d+) (?:(?P<plus>\w+(?: \+ \w+)+)|[\w ]+? with (?P<with>\w+(?:(?:,| and|, and) \w+)*))")
EACH_LINE = re.compile(r"each line has ([^;(]+)")
LONG_CELL = re.compile(r"'(\w+)' >=(\d+) words")
BRANCHES = re.compile(r">=(\d+) branches")
DEPTH = re.compile(r"depth >=(\d+)")
NAME = re.compile(r"[a-z][a-z0-9_]*")
WORD = re.compile(r"[^\W_][\w'’.-]*")
IMAGE = re.compile(r"!\[[^\]]*\]\([^)]+\)")
UNKNOWN = re.compile(r"\b(ongoing|unknown)\b", re.IGNORECASE)
#: Where a chain of questions may not stop.
PERSON = re.compile(r"\b(?:human|operator|user|pilot) errors?\b|\b(?:carelessness|negligence|inattention|forgot|forgetful\w*)\b", re.IGNORECASE)
OUTSIDE = {"customers", "partners", "regulators", "public"}
IMPERATIVE = re.compile(
    r"(?:please )?(?:add|alert|always|automate|avoid|be|build|change|check|create|define|delete|do|document|don['’]t|ensure|fix|give|improve|increase|"
    r"introduce|invest|keep|limit|make|migrate|monitor|move|never|prevent|provide|reduce|remember|remind|remove|replace|require|review|rewrite|run|"
    r"schedule|set|stop|teach|test|train|update|upgrade|use|verify|write)\b",
    re.IGNORECASE,
)


def gaps_of_rows(section: kinds.Text, found: Rows, minimum: str, body: str) -> list[str]:
    """Return what is lacking in rows that hold something."""
    columns = kinds.columns_of(section)
    gaps = [*count_gaps(section, found, minimum), *cell_gaps(columns, found, minimum, body), *word_gaps(columns, found, minimum)]
    if kinds.shape_of(section) == "tree":
        gaps += tree_gaps(found, minimum)
    if kinds.shape_of(section) == "questions":
        gaps += answer_gaps(section, found)
    if section.kind == "comms" and "external" in minimum:
        gaps += outside_gaps(found)
    if "imperative" in minimum:
        gaps += imperative_gaps(columns, found)
    return gaps


def count_gaps(section: kinds.Text, found: Rows, minimum: str) -> Iterator[str]:
    wanted = COUNT.search(minimum)
    if wanted and len(found) < int(wanted[1]) and kinds.shape_of(section) == "rows" and not FILLED.search(minimum):
        yield f"{len(found)} of at least {wanted[1]} {kinds.row_name(section)}s."


def cell_gaps(columns: Sequence[Field], found: Rows, minimum: str, body: str) -> Iterator[str]:
    """Cells that the minimum names: in so many rows, in each of them, or one row for each choice."""
    by_name = {column.name: column for column in columns}
    if match := FILLED.search(minimum):
        names = [name for name in NAME.findall(match["plus"] or match["with"]) if name in by_name]
        whole = sum(all(row.get(name) for name in names) for row in found)
        if names and whole < int(match[1]) and not (IMAGE.search(body) and "image" in minimum):
            yield f"Wanted in at least {'one row' if match[1] == '1' else f'{match[1]} rows'}: {spoken([label_of(name) for name in names])}."
    if match := EACH_LINE.search(minimum):
        excused = UNKNOWN.search(body)
        for name in NAME.findall(match[1]):
            missing = sum(not row.get(name) and not is_waived(row, name) for row in found) if name in by_name else 0
            if missing and not (excused and by_name[name].type == "moment"):
                yield f"“{label_of(name)}” is empty in {missing} of {len(found)}."
    if "under each" in minimum:
        for column in columns:
            words = [choice for choice in column.choices if not any(row.get(column.name) == choice for row in found)]
            if words:
                yield f"Nothing yet under {spoken([f'“{word}”' for word in words])}."


def is_waived(row: Mapping[str, str], name: str) -> bool:
    return name == "deadline" and row.get("status") == "not required"


def word_gaps(columns: Sequence[Field], found: Rows, minimum: str) -> Iterator[str]:
    for name, least in LONG_CELL.findall(minimum):
        short = sum(len(WORD.findall(row.get(name, ""))) < int(least) for row in found)
        if short and any(column.name == name for column in columns):
            yield f"“{label_of(name)}” has fewer than {least} words in {short} of {len(found)}."


def tree_gaps(found: Rows, minimum: str) -> Iterator[str]:
    """A chain that never branches told one story only; and where its ends lie."""
    leaves = [row for place, row in enumerate(found) if rows.end_of(found, place) == place + 1]
    deepest = max((rows.depth_of(row) for row in found), default=-1) + 1
    branches = BRANCHES.search(minimum)
    if branches and len(leaves) < int(branches[1]):
        yield "A single line so far: add a branch for “what else had to be true?”."
    wanted = DEPTH.search(minimum)
    if wanted and deepest < int(wanted[1]):
        yield f"{deepest} of at least {wanted[1]} levels: ask how the answers came about."
    open_ends = sum(not row.get("answer") for row in found)
    if open_ends:
        yield f"{counted(open_ends, 'question has', 'questions have')} no answer yet."
    if any(PERSON.search(row.get("answer", "")) for row in leaves):
        yield "A branch ends at a person: ask what made that the reasonable thing to do."
    loose = sum(not factor_of(row.get("factor", "")) for row in leaves)
    if loose and "links to a factor" in minimum:
        yield f"{counted(loose, 'end leads', 'ends lead')} to no contributing factor yet."


def answer_gaps(section: kinds.Text, found: Rows) -> Iterator[str]:
    done = {row.get("question") for row in found if row.get("answer") or row.get("not_applicable_because")}
    asked = list(dict.fromkeys([*section.questions, *(row.get("question") for row in found)]))
    missing = sum(question not in done for question in asked)
    if missing:
        yield f"{missing} of {len(asked)} questions: answer them, or say why they do not apply."


def outside_gaps(found: Rows) -> Iterator[str]:
    if not any(row.get("at") and row.get("audience") in OUTSIDE for row in found):
        yield "When the first message went to people outside is not recorded; if none went, say “none sent” and why."


def imperative_gaps(columns: Sequence[Field], found: Rows) -> Iterator[str]:
    first = columns[0].name
    for row in found:
        text = row.get(first, "").lstrip("*_ ")
        if IMPERATIVE.match(text):
            yield f"“{text[:40].rstrip()}{'…' if len(text) > 40 else ''}” reads as a task: say what is true, and keep the task among the action items."
            return


def counted(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def spoken(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
