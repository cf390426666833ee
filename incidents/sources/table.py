"""Pure. Tables: CSV and its kin with any columns in any order, whose meaning is guessed, shown and correctable."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from incidents.lib.text import clean_line
from incidents.lib.timestamps import NUMERIC_DATE
from incidents.sources.base import Column, Item, Payload, Source
from incidents.sources.dialect import MAX_COLUMNS, Rows, delimiter_of, encoding_of, header_of, is_markdown, open_rows, text_of_head
from incidents.sources.drafts import ReadOptions, Rejected, SourceError
from incidents.sources.fields import SHARE, guess_fields, looks_of, plain_name
from incidents.sources.json_stream import looks_like_json
from incidents.sources.rows import RowReader, corrected, day_first_of

DAY_FIRST = {
    "datum",
    "zeit",
    "uhrzeit",
    "zeitstempel",
    "zeitpunkt",
    "heure",
    "horodatage",
    "fecha",
    "hora",
    "fechahora",
    "dataora",
    "datahora",
    "ora",
}  # languages that do
FEW = 100  # broken rows that are always borne


@dataclass(frozen=True)
class Layout:
    """How a table is laid out: `skip` rows come before the data; `named` is False when there is no header."""

    delimiter: str
    columns: tuple[str, ...]
    skip: int
    named: bool
    share: float
    values: dict[str, list[str]]


def layout_of(payload: Payload, encoding: str = "") -> Layout:
    text = text_of_head(payload, encoding).lstrip("\ufeff")
    delimiter, width, share = delimiter_of(text)
    rows = [values for _, values, _ in itertools.islice(Rows(text.splitlines(keepends=True), delimiter), 300) if isinstance(values, list)]
    if text.lower().startswith("sep=") and rows:
        rows[0] = []
    skip, names = header_of(rows, width)
    columns = tuple(clean_line(name, limit=100) for name in names[: MAX_COLUMNS + 1])
    data = [row for row in rows[skip:] if any(row)]
    values = {name: [row[index] for row in data if index < len(row)] for index, name in enumerate(columns)}
    return Layout(delimiter, columns, skip, not names or names[0] != "column 1" or len(names) > 1 and names[1] != "column 2", share, values)


def detect(payload: Payload) -> int:
    if looks_like_json(payload.head) or b"\0" in payload.head[:4096] and payload.head[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return 0
    if is_markdown(text_of_head(payload)):
        return 0
    layout = layout_of(payload)
    if len(layout.columns) < 2 or layout.share < 0.75:
        return 0
    guessed = guess_fields(layout.values, named=layout.named)
    fields = set(guessed.values())
    if not layout.named and "date" not in fields and any(looks_of(layout.values[name]).day >= SHARE for name, field in guessed.items() if field == "time"):
        return 0  # days alone at the start of lines: a chat log with a comma after the date
    if "time" in fields and "text" in fields:
        rows = len(next(iter(layout.values.values())))
        return 75 if layout.named else 60 if layout.share > 0.9 and rows > 1 else 30  # one line with commas may be a sentence
    return 25 if layout.named and len(layout.columns) >= 3 and layout.share > 0.9 and len(next(iter(layout.values.values()))) >= 1 else 0


def guess(payload: Payload, encoding: str = "") -> list[Column]:
    """Return what each column is taken for, with some of its values."""
    layout = layout_of(payload, encoding)
    fields = guess_fields(layout.values, named=layout.named)
    return [Column(name, fields.get(name, ""), tuple(clean_line(each, limit=120) for each in looks_of(layout.values[name]).samples)) for name in layout.columns]


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    encoding = encoding_of(payload, options.encoding)
    layout = layout_of(payload, options.encoding)
    if len(layout.columns) > MAX_COLUMNS:
        raise SourceError(f"The table has more than {MAX_COLUMNS} columns.")
    guessed = guess_fields(layout.values, named=layout.named)
    fields = corrected(guessed, options.mapping, layout.columns)
    reader = RowReader(layout.columns, fields, options, _day_first(payload, encoding, layout, fields))
    rows, text = open_rows(payload.file, encoding, layout.delimiter)
    bad = total = 0
    last = ""
    try:
        for line, values, raw in itertools.islice(rows, layout.skip, None):
            total += 1
            if isinstance(values, str):
                items: tuple[Item, ...] = (Rejected(f"line {line}", values),)
            elif len(values) > MAX_COLUMNS:
                items = (Rejected(f"line {line}", f"The row has more than {MAX_COLUMNS} columns."),)
            else:
                items = reader.items(values, raw.rstrip("\r\n"), f"line {line}")
            if items and type(items[0]) is Rejected:
                bad += 1
                last = items[0].reason
                if bad > FEW and bad * 10 > total:
                    raise SourceError(f"More than a tenth of the first {total} rows cannot be read; the last: {last}", f"line {line}")
            yield from items
    except UnicodeError:
        raise SourceError(f"The file is not {encoding.removesuffix('-sig').upper()}.", "the file") from None
    finally:
        text.detach()
    if not reader.count:
        raise SourceError(f"No row of the table can be read. The last: {last}" if bad else "The table has no row with a time and a text.")


def _day_first(payload: Payload, encoding: str, layout: Layout, fields: dict[str, str]) -> bool | None:
    """Decide between day/month and month/day over the whole file."""
    wanted = [index for index, name in enumerate(layout.columns) if fields.get(name) in ("time", "date", "end")]
    if not any(NUMERIC_DATE.search(value) for index in wanted for value in layout.values[layout.columns[index]][:50]):
        return None
    rows, text = open_rows(payload.file, encoding, layout.delimiter)
    try:
        found = day_first_of((values for _, values, _ in rows if isinstance(values, list)), wanted)
        return True if found is None and any(plain_name(name) in DAY_FIRST for name in layout.columns) else found
    except UnicodeError:
        return None  # said when the rows are read
    finally:
        text.detach()


SOURCE = Source(
    name="table",
    label="Table (CSV, TSV)",
    detect=detect,
    read=read,
    docs="Tables separated by comma, semicolon, tab or bar, with any columns in any order: time, text, who, kind, link, end, zone are guessed and can be corrected "
    "(https://www.rfc-editor.org/rfc/rfc4180).",
    guess=guess,
)
