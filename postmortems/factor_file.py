"""Pure. A table of factors from another tool -> rows to bring in, and what is wrong with the others, said with file, line and column."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from incidents.lib.text import clean_line, clean_text
from incidents.sources.dialect import DELIMITERS, Rows
from postmortems.vocabularies import UnknownWordError, Written, meaning_of

MOST_BYTES = 512 * 1024
MOST_ROWS = 200
MOST_PROBLEMS = 40
LONGEST_STATEMENT = 1000
LONGEST_WORD = 100


@dataclass(frozen=True)
class Table:
    """Rows to bring in, and the faults of those that are left out: each line of `problems` names file, line, column and what is wrong."""

    rows: list[Written] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class FactorFileError(ValueError):
    """The file holds no row that can be taken. Each line of `problems` names file, line, column and what is wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


def read(source: bytes | str, name: str, vocabulary: str = "") -> Table:
    """Return the rows of a table with the columns term, statement and, where no `vocabulary` is given for all, vocabulary.

    Other columns are not read, empty rows are left out. Raises FactorFileError where no row is good.
    """
    rows = rows_of(text_of(source, name))
    _line, first = next(rows, (1, []))
    columns = [clean_line(cell).casefold() for cell in first] if isinstance(first, list) else []
    missing = [column for column in ("term", "statement", *(() if vocabulary else ("vocabulary",))) if column not in columns]
    if missing:
        raise FactorFileError([f"{name}, line 1: lacks the column{'s' if len(missing) > 1 else ''} {' and '.join(missing)}."])
    table = Table()
    for line, values in rows:
        if len(table.rows) >= MOST_ROWS:
            table.problems.append(f"{name}, line {line}: more than {MOST_ROWS} rows. Nothing from here on is read: bring it in by another file.")
            break
        if len(table.problems) >= MOST_PROBLEMS:
            table.problems.append(f"{name}, line {line}: too much is wrong. Nothing from here on is read.")
            break
        if isinstance(values, list) and len(values) > len(columns):
            values = f"{len(values)} values under {len(columns)} columns. Put a text that holds the separator into quotation marks."
        if isinstance(values, str):
            table.problems.append(f"{name}, line {line}: {values}")
            continue
        row = written(dict(zip(columns, values, strict=False)), vocabulary, line)
        wrong = [f"{name}, line {line}, {column}: {problem}" for column, problem in problems_of(row)]
        table.problems.extend(wrong)
        if not wrong:
            table.rows.append(row)
    if not table.rows:
        raise FactorFileError(table.problems or [f"{name}, line 2: no row stands below the names of the columns."])
    return table


def text_of(source: bytes | str, name: str) -> str:
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source[: error.start].count(b"\n") + 1
        raise FactorFileError([f"{name}, line {line}: not UTF-8. Save it as “CSV UTF-8”."]) from None


def rows_of(text: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield each row that holds something, with its line; of a broken one the reason. The first line says what separates the columns."""
    first = text.partition("\n")[0]
    for line, values, _raw in Rows(io.StringIO(text, newline=""), max(DELIMITERS, key=first.count)):
        if isinstance(values, str) or any(value.strip() for value in values):
            yield line, values


def written(row: dict[str, str], vocabulary: str, line: int) -> Written:
    words = {name: clean_line(row.get(name, ""), limit=LONGEST_WORD) for name in ("term", "vocabulary")}
    return Written(clean_text(row.get("statement", "")).strip(), vocabulary or words["vocabulary"], words["term"], line)


def problems_of(row: Written) -> list[tuple[str, str]]:
    """Return what is wrong with a row: column and words."""
    found = []
    try:
        meaning_of(row)
    except UnknownWordError as error:
        found.append((error.column, str(error)))
    if len(row.statement) > LONGEST_STATEMENT:
        found.append(("statement", f"{len(row.statement):,} characters; at most {LONGEST_STATEMENT:,}. What explains it goes into “How it worked”."))
    return found
