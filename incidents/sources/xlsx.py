"""Pure. Excel workbooks (.xlsx): every sheet that has a column of times and one of texts, wherever its header stands.

https://learn.microsoft.com/en-us/openspecs/office_standards/ms-oi29500 describes what Excel writes.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from incidents.lib.archives import is_zip
from incidents.lib.text import clean_line
from incidents.lib.timestamps import TimeError, read_date
from incidents.sources.base import Column, Item, Payload, Source
from incidents.sources.dialect import header_of
from incidents.sources.drafts import EventDraft, ReadOptions, Rejected, SourceError
from incidents.sources.fields import NAMES, guess_fields, looks_of, plain_name, time_shape
from incidents.sources.rows import RowReader, corrected, day_first_of
from incidents.sources.workbook import OLD, SAVE_AS, Row, Sheet, Workbook

LOOK = 300  # rows of a sheet that are looked at
MAX_ROW = 1_048_577  # the last one, and one more
DEEPEST = 30  # rows above a header
SERIALS = (36_526, 73_050)  # the days of 2000 to 2099
SERIAL = re.compile(r"\d{5}\.\d+")  # a whole number may be anything
TIMES = frozenset((*NAMES["time"], *NAMES["end"]))
KNOWN = frozenset(name for names in NAMES.values() for name in names)
UNFILLED = "A formula holds no value: open the workbook in Excel or LibreOffice and save it there once."


@dataclass(frozen=True)
class Layout:
    """How a sheet is laid out: its columns, their guessed fields, and the number of the first row of data."""

    columns: tuple[str, ...]
    fields: dict[str, str]
    first: int
    values: dict[str, list[str]]
    unfilled: bool

    @property
    def readable(self) -> bool:
        """Whether there is a time and a text."""
        found = set(self.fields.values())
        return bool(found & {"time", "date"}) and bool(found & {"text", "title"})


def detect(payload: Payload) -> int:
    if payload.head.startswith(OLD):
        return 1  # to say what to do with it
    if not is_zip(payload.head):
        return 0
    try:
        return 96 if Workbook(payload.file).sheets else 1
    except SourceError:
        return 1 if any(sign in payload.head for sign in (b"xl/workbook", b"opendocument.spreadsheet", b"Index/Document.iwa")) else 0
    finally:
        payload.file.seek(0)


def opened(payload: Payload) -> Workbook:
    if payload.head.startswith(OLD):
        raise SourceError(f"This is an old Excel file (.xls), or one with a password. {SAVE_AS}")
    if b"opendocument.spreadsheet" in payload.head:
        raise SourceError(f"This is an OpenDocument spreadsheet. {SAVE_AS}")
    if not is_zip(payload.head):
        raise SourceError(f"This is no Excel workbook. {SAVE_AS}")
    return Workbook(payload.file)


def layout_of(book: Workbook, sheet: Sheet) -> Layout | None:
    """Find the header: the row of which most names are known, and below which there are times and texts."""
    rows = list(itertools.islice(book.rows(sheet), LOOK))
    width = max((len(row.values) for row in rows), default=0)
    if not rows or width == 0:
        return None
    ranked = [(sum(plain_name(value) in KNOWN for value in row.values if value), -index) for index, row in enumerate(rows[:DEEPEST]) if is_header(row)]
    for known, place in sorted(ranked, reverse=True)[:5]:
        found = laid_out(book, [value.strip() for value in rows[-place].values], rows[1 - place :], width)
        if known and found.readable:
            return found
    skip, names = header_of([row.values for row in rows], width)
    return laid_out(book, names, rows[skip:], width, named=not names or not names[0].startswith("column 1"))


def is_header(row: Row) -> bool:
    filled = [value for value in row.values if value.strip()]
    return len(filled) > 1 and all(len(value) <= 80 and not time_shape(value) for value in filled)


def laid_out(book: Workbook, names: list[str], rows: list[Row], width: int, *, named: bool = True) -> Layout:
    columns: list[str] = []
    for index in range(max(width, len(names))):
        name = clean_line(names[index] if index < len(names) else "", limit=100) or f"column {index + 1}"
        columns.append(name if name not in columns else f"{name} ({index + 1})")
    values = {name: [row.values[index] if index < len(row.values) else "" for row in rows] for index, name in enumerate(columns)}
    for name in columns if named else []:
        if plain_name(name) in TIMES:
            values[name] = [dated(book, value) for value in values[name]]
    first = rows[0].number if rows else MAX_ROW
    return Layout(tuple(columns), guess_fields(values, named=named), first, values, any(row.empty_formulas for row in rows))


def dated(book: Workbook, value: str) -> str:
    """Return what stands in a column of times: a number of days that no format marks as one becomes the time it stands for."""
    if len(value) > 20 or not SERIAL.fullmatch(value) or not SERIALS[0] <= float(value) < SERIALS[1]:
        return value
    return book.moment(value)


def layouts(book: Workbook) -> list[tuple[Sheet, Layout | None]]:
    return [(sheet, layout_of(book, sheet)) for sheet in book.sheets if not sheet.hidden]


def guess(payload: Payload) -> list[Column]:
    """Return what each column is taken for, of the sheets that can be read, or of the first when none can."""
    found = [layout for _, layout in layouts(opened(payload)) if layout is not None]
    columns: dict[str, Column] = {}
    for layout in [layout for layout in found if layout.readable] or found[:1]:
        for name in layout.columns:
            if name not in columns and any(layout.values[name]):
                samples = tuple(clean_line(each, limit=120) for each in looks_of(layout.values[name]).samples)
                columns[name] = Column(name, layout.fields.get(name, ""), samples)
    return list(columns.values())


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    book = opened(payload)
    found = layouts(book)
    known = {name for _, layout in found if layout for name in layout.columns}
    missing = [name for name in options.mapping if name not in known]
    if missing:
        raise SourceError(f"There is no column “{missing[0][:60]}”. The columns are: {', '.join(sorted(known))[:500]}.")
    left: list[Rejected] = []
    count = 0
    for sheet, layout in found:
        if layout is None:
            continue
        try:
            for item in sheet_items(book, sheet, layout, options, count):
                count += isinstance(item, EventDraft)
                yield item
        except SourceError as error:
            left.append(Rejected(f"sheet “{sheet.name}”", error.message))
    left += [Rejected(f"sheet “{sheet.name}”", "The sheet is hidden. Unhide it if it is to be read.") for sheet in book.sheets if sheet.hidden]
    if not count:
        raise SourceError(left[0].reason if left else "The workbook has no sheet with rows.", left[0].where if left else "")
    yield from left


def sheet_items(book: Workbook, sheet: Sheet, layout: Layout, options: ReadOptions, before: int) -> Iterator[Item]:
    """Yield the events of a sheet, `before` the number of those of earlier sheets. Raises SourceError when it holds none."""
    mapping = {name: field for name, field in options.mapping.items() if name in layout.columns}
    fields = corrected(layout.fields, mapping, layout.columns)
    wanted = [index for index, name in enumerate(layout.columns) if fields.get(name) in ("time", "date", "end")]
    if options.date is None and (day := day_of(sheet.name)) is not None:
        options = replace(options, date=day)
    try:
        reader = RowReader(layout.columns, fields, options, day_first_of((row.values for row in book.rows(sheet)), wanted))
    except SourceError as error:
        raise SourceError(UNFILLED if layout.unfilled else error.message) from None
    reader.count = before
    unfilled = False
    last = ""
    for row in book.rows(sheet):
        if row.number < layout.first:
            continue
        unfilled = unfilled or row.empty_formulas
        values = list(row.values)
        for index in wanted:
            if index < len(values):
                values[index] = dated(book, values[index])
        for item in reader.items(values, "\t".join(values), f"sheet “{sheet.name}”, row {row.number}"):
            if isinstance(item, Rejected) and row.empty_formulas:
                item = Rejected(item.where, UNFILLED)
            last = item.reason if isinstance(item, Rejected) else last
            yield item
    if reader.count == before:
        raise SourceError(UNFILLED if unfilled else f"No row can be read. The last: {last}" if last else "There is no row with a time and a text.")


def day_of(name: str) -> date | None:
    """Return the day that a sheet is named by, as logs of a sheet a day are."""
    try:
        return read_date(name)[0]
    except TimeError:
        return None


SOURCE = Source(
    name="xlsx",
    label="Excel workbook (XLSX)",
    detect=detect,
    read=read,
    docs="Excel workbooks (.xlsx): every sheet with a column of times and one of texts, dates as numbers of days since 1900 or 1904, formulas by their saved values; "
    "columns are guessed and can be corrected (https://learn.microsoft.com/en-us/openspecs/office_standards/ms-oi29500).",
    guess=guess,
)
