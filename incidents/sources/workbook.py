"""Pure. XLSX workbooks, sheet by sheet and row by row as text, streamed out of their ZIP file (ECMA-376, part 1, section 18).

Dates are numbers there: days since 1899-12-30, or since 1904-01-01, told from other numbers by the format of their cell.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO
from xml.parsers import expat

from incidents.lib.archives import Archive, ArchiveError, open_zip
from incidents.sources.dialect import MAX_COLUMNS
from incidents.sources.drafts import SourceError

CHUNK = 64 * 1024
MAX_CELL = 32_767  # characters, as Excel has it
MAX_SHEETS = 100
MAX_STRINGS = 2_000_000
EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}
BUILT_IN = {14: "d", 15: "d", 16: "d", 17: "d", 18: "h", 19: "hs", 20: "h", 21: "hs", 22: "dh", 45: "hs", 46: "hs", 47: "hs"}  # format -> what it shows
FAR_EAST = {*range(27, 32), 36, *range(50, 55), 57, 58}  # dates; 32 to 35, 55 and 56 are clock times
LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
COLUMN = re.compile(r"([A-Z]{1,3})\d+")
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and any workbook with a password
SAVE_AS = "Save it as an Excel workbook (.xlsx) without a password, or as CSV."

Event = tuple[str, str, dict[str, str] | str]


@dataclass(frozen=True)
class Sheet:
    name: str
    part: str
    hidden: bool


@dataclass(frozen=True)
class Row:
    number: int
    values: list[str]
    empty_formulas: bool  # a formula has no value: the file was written by a program and never calculated


class Workbook:
    """An opened workbook. Raises SourceError for what is none."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            self.archive: Archive = open_zip(file)
            main = self._main()
            if main not in self.archive.entries or main.endswith(".bin"):
                raise SourceError(f"This is no workbook that is read here. {SAVE_AS}")
            self.sheets, self.epoch = self._contents(main)
            targets = {kind: target for _, kind, target in self._relations(main)}
            self.formats = self._formats(targets.get("styles", ""))
            self.strings = self._strings(targets.get("sharedStrings", ""))
        except ArchiveError as error:
            raise SourceError(str(error)) from None

    def _main(self) -> str:
        return next((target for _, kind, target in self._relations("") if kind == "officeDocument"), "xl/workbook.xml")

    def _relations(self, part: str) -> Iterator[tuple[str, str, str]]:
        """Yield id, kind and target of what a part refers to."""
        folder, name = posixpath.split(part)
        for kind, tag, value in self._events(posixpath.join(folder, "_rels", f"{name}.rels")):
            if kind == "start" and tag == "Relationship" and isinstance(value, dict):
                target = value.get("Target", "")
                target = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                yield value.get("Id", ""), value.get("Type", "").rpartition("/")[2], target

    def _contents(self, main: str) -> tuple[list[Sheet], datetime]:
        parts = {name: target for name, _, target in self._relations(main)}
        sheets, from_1904 = [], False
        for kind, tag, value in self._events(main):
            if kind != "start" or not isinstance(value, dict):
                continue
            if tag == "workbookPr":
                from_1904 = value.get("date1904", "") in ("1", "true")
            elif tag == "sheet" and (part := parts.get(value.get("id", ""))) in self.archive.entries and part is not None:
                sheets.append(Sheet(value.get("name", "")[:100], part, value.get("state", "visible") != "visible"))
        return sheets[:MAX_SHEETS], EPOCHS[from_1904]

    def _formats(self, part: str) -> list[str]:
        """Return what the format of each style shows: "d" the day, "h" the clock, "hs" with seconds, "" neither."""
        custom: dict[int, str] = {}
        styles: list[str] = []
        within = False
        for kind, tag, value in self._events(part):
            if tag == "cellXfs":
                within = kind == "start"
            elif kind == "start" and tag == "numFmt" and isinstance(value, dict):
                custom[_number(value.get("numFmtId", ""))] = value.get("formatCode", "")
            elif kind == "start" and tag == "xf" and within and isinstance(value, dict):
                number = _number(value.get("numFmtId", ""))
                styles.append(shown(custom[number]) if number in custom else BUILT_IN.get(number, "d" if number in FAR_EAST else ""))
        return styles

    def _strings(self, part: str) -> list[str]:
        strings: list[str] = []
        pieces: list[str] = []
        taken = aside = False
        for kind, tag, value in self._events(part):
            if kind == "text":
                if taken and not aside:
                    pieces.append(str(value))
            elif tag == "t":
                taken = kind == "start"
            elif tag == "rPh":  # how it is pronounced
                aside = kind == "start"
            elif tag == "si" and kind == "end":
                strings.append("".join(pieces)[:MAX_CELL])
                pieces = []
                if len(strings) > MAX_STRINGS:
                    raise SourceError("The workbook has too many texts. Export the sheet with the timeline as CSV.")
        return strings

    def rows(self, sheet: Sheet) -> Iterator[Row]:
        """Yield the rows of a sheet that have a value. Raises SourceError."""
        values: list[str] = []
        number = column = 0
        form = style = text = ""
        taken = formula = unfilled = False
        try:
            for kind, tag, value in self._events(sheet.part):
                if kind == "text":
                    if taken and len(text) < MAX_CELL:
                        text += str(value)
                elif kind == "start" and isinstance(value, dict):
                    if tag == "row":
                        number, values, column, unfilled = _number(value.get("r", "")) or number + 1, [], 0, False
                    elif tag == "c":
                        column = _column(value.get("r", "")) or column + 1
                        form, style, text, formula = value.get("t", "n"), value.get("s", ""), "", False
                    elif tag in ("v", "t"):
                        taken = True
                    formula = formula or tag == "f"
                elif tag in ("v", "t"):
                    taken = False
                elif tag == "c":
                    unfilled = unfilled or (formula and not text)
                    if text and column <= MAX_COLUMNS:
                        values += [""] * (column - len(values))
                        values[column - 1] = self._value(text[:MAX_CELL], form, style)
                elif tag == "row" and (any(values) or unfilled):
                    yield Row(number, values, unfilled)
        except ArchiveError as error:
            raise SourceError(str(error), f"sheet “{sheet.name}”") from None

    def _value(self, text: str, form: str, style: str) -> str:
        if form == "s":
            index = _number(text) if text.strip().isdigit() else -1
            return self.strings[index] if 0 <= index < len(self.strings) else ""
        if form == "b":
            return "true" if text.strip() == "1" else "false"
        if form != "n":
            return "" if form == "e" else text
        index = _number(style)
        shows = self.formats[index] if index < len(self.formats) else ""
        return self.moment(text, shows) if shows else plain(text)

    def moment(self, text: str, shows: str = "dh") -> str:
        """Return a serial number as the time that it stands for: a day, a clock, or both."""
        try:
            serial = float(text)
            at = self.epoch + timedelta(milliseconds=round(serial * 86_400_000))
        except (ValueError, OverflowError):
            return text
        if at.microsecond >= 999_000 or at.microsecond <= 1000:  # a second is no finite fraction of a day
            at = (at + timedelta(milliseconds=1)).replace(microsecond=0)
        clock = f"{at:%H:%M:%S}" if at.second or "s" in shows else f"{at:%H:%M}"
        if at.microsecond:
            clock += f".{at.microsecond // 1000:03d}"
        if 0 <= serial < 1 and "h" in shows:
            return clock
        return f"{at:%Y-%m-%d}" if serial == int(serial) and shows == "d" else f"{at:%Y-%m-%d} {clock}"

    def _events(self, part: str) -> Iterator[Event]:
        """Yield the start of elements with their attributes, their end, and the text between, names without their namespace."""
        if part not in self.archive.entries:
            return
        found: list[Event] = []
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, attributes: found.append(("start", _local(name), {_local(key): each for key, each in attributes.items()}))
        parser.EndElementHandler = lambda name: found.append(("end", _local(name), ""))
        parser.CharacterDataHandler = lambda text: found.append(("text", "", text))
        parser.StartDoctypeDeclHandler = _refuse
        with self.archive.open(part) as stream:
            while True:
                data = stream.read(CHUNK)
                try:
                    parser.Parse(data, not data)
                except (expat.ExpatError, ValueError, LookupError) as error:
                    raise SourceError(f"The workbook is broken: {str(error)[:100]}. {SAVE_AS}", part) from None
                yield from found
                found.clear()
                if not data:
                    return


def _refuse(*_: object) -> None:
    """Entities are how a small document unfolds into a large one; a workbook declares none."""
    raise SourceError(f"The workbook declares a document type, which none has. {SAVE_AS}")


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _column(reference: str) -> int:
    """Return 28 for "AB7", 0 for what is no reference."""
    match = COLUMN.fullmatch(reference)
    number = 0
    for letter in match[1] if match else "":
        number = number * 26 + ord(letter) - 64
    return number


def plain(text: str) -> str:
    """Return a number as people write it: 3 and not 3.0, 1772460120 and not 1.77246012E9."""
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() and abs(number) < 1e19 else text if "e" not in text.lower() else repr(number)


def shown(code: str) -> str:
    """Return what a format shows of a date: "d", "h", "dh", with "s" for seconds; "" when it is for other numbers."""
    code = LITERAL.sub("", code.split(";")[0]).lower().replace("general", "").replace("am/pm", "").replace("a/p", "")
    day, clock = any(sign in code for sign in "dy"), "h" in code or "s" in code
    if not day and not clock and "m" in code and not any(sign in code for sign in "0#?@"):
        day = True  # "mmmm"
    return ("d" if day else "") + ("h" if clock else "") + ("s" if clock and "s" in code else "")
