"""Pure. The outer form of a table: encoding, delimiter, rows with their text, the header."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from incidents.sources.base import Payload
from incidents.sources.drafts import SourceError
from incidents.sources.fields import time_shape

DELIMITERS = ",;\t|"
MAX_COLUMNS = 200
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
ENCODINGS = ("utf-8", "utf-16", "cp1252")
RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)+\|?\s*")


def encoding_of(payload: Payload, chosen: str = "") -> str:
    """Return the encoding: the one chosen, by the byte order mark, or UTF-8 when every byte of the file is. Raises SourceError."""
    if chosen:
        if chosen.lower() not in ENCODINGS:
            raise SourceError(f"The encoding “{chosen[:40]}” is not read here. Known: {', '.join(ENCODINGS)}.")
        return chosen.lower()
    for mark, name in BOMS:
        if payload.head.startswith(mark):
            return name
    decoder = codecs.getincrementaldecoder("utf-8")()
    payload.file.seek(0)
    line = 1
    while data := payload.file.read(1 << 20):
        try:
            decoder.decode(data)
        except UnicodeDecodeError as error:
            line += data[: error.start].count(b"\n")
            payload.file.seek(0)
            raise SourceError("The file is not UTF-8. Save it as “CSV UTF-8”, or say that its encoding is cp1252 (Windows, Western).", f"line {line}") from None
        line += data.count(b"\n")
    payload.file.seek(0)
    return "utf-8"


def text_of_head(payload: Payload, chosen: str = "") -> str:
    """Return the first 64 KiB as text, for a look; broken characters are replaced."""
    encoding = chosen if chosen.lower() in ENCODINGS else next((name for mark, name in BOMS if payload.head.startswith(mark)), "utf-8")
    text = payload.head.decode(encoding, "replace")
    if payload.size > len(payload.head):
        text = text[: text.rfind("\n") + 1] or text
    return text


class Rows:
    """Rows of a table with their line numbers and their text as received. A broken row is a reason instead of values."""

    def __init__(self, lines: Iterable[str], delimiter: str) -> None:
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._reader = csv.reader(self._feed(), delimiter=delimiter, strict=True)
        self._line = 0

    def _feed(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else next(self._lines, None)
            if line is None:
                return
            self._taken.append(line)
            yield line

    def __iter__(self) -> Iterator[tuple[int, list[str] | str, str]]:
        taken = self._taken
        following = self._reader.__next__
        while True:
            number = self._line + 1
            try:
                values: list[str] | str = following()
            except StopIteration:
                return
            except csv.Error as error:
                values = f"The row cannot be read: {error}."
                if len(taken) > 1:  # a quote that is never closed: only its first line is lost
                    self._again.extendleft(reversed(taken[1:]))
                    del taken[1:]
                    self._reader = csv.reader(self._feed(), dialect=self._reader.dialect)
                    following = self._reader.__next__
            self._line += len(taken)
            raw = taken[0] if len(taken) == 1 else "".join(taken)
            taken.clear()
            yield number, values, raw


def open_rows(file: BinaryIO, encoding: str, delimiter: str) -> tuple[Rows, io.TextIOWrapper]:
    """Return the rows of a file, and the wrapper that must be detached afterwards."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, errors="strict" if encoding != "cp1252" else "replace", newline="")
    return Rows(_without_sep(text), delimiter), text


def _without_sep(lines: Iterable[str]) -> Iterator[str]:
    """Pass the lines on; Excel's first line "sep=;" becomes an empty one."""
    for number, line in enumerate(lines):
        yield "\n" if number == 0 and line.lower().startswith("sep=") and len(line) < 8 else line


def delimiter_of(text: str) -> tuple[str, int, float]:
    """Return the delimiter of a table, its number of columns, and the share of rows that have them; by trying each on 4 KiB."""
    if text.lower().startswith("sep=") and text[4:5] in DELIMITERS and text[4:5]:
        text = text.partition("\n")[2] or text
    lines = text[:4096].splitlines(keepends=True)
    lines = lines[:-1] if len(text) > 4096 and len(lines) > 2 else lines
    if len(text) > 4096 and len(lines) <= 2:
        lines = text[:65536].splitlines(keepends=True)[:20]
    best, best_score = (",", 0, 0.0), 0.0
    for delimiter in DELIMITERS:
        widths = [len(values) for _, values, _ in Rows(lines, delimiter) if isinstance(values, list) and any(values)]
        if not widths:
            continue
        width, times = Counter(widths).most_common(1)[0]
        share = times / len(widths)
        score = share * (1 + min(width, 12) / 100) if width > 1 else 0
        if score > best_score:
            best, best_score = (delimiter, width, share), score
    return best


def is_markdown(text: str) -> bool:
    return any(RULE.fullmatch(line) for line in text[:8000].splitlines()[:40])


def header_of(rows: list[list[str]], width: int) -> tuple[int, list[str]]:
    """Return how many of the first rows come before the data, and the columns' names; made-up names when there is no header."""
    for index, row in enumerate(rows[:6]):
        if sum(bool(cell.strip()) for cell in row) < max(2, min(width, 2)) or len(row) < width * 0.6:
            continue  # a title or an empty line above the table
        cells = [cell.strip() for cell in row]
        wordy = [cell for cell in cells if cell]
        is_header = all(len(cell) <= 80 and not cell.replace(".", "", 1).isdigit() and not cell.startswith(("http://", "https://", "{")) for cell in wordy)
        if is_header and not any(time_shape(cell) for cell in wordy) and len(set(wordy)) * 2 > len(wordy):
            return index + 1, _named(cells, width)
        return index, _named([], width)
    return 0, _named([], width)


def _named(cells: list[str], width: int) -> list[str]:
    names: list[str] = []
    for index in range(max(width, len(cells))):
        name = cells[index] if index < len(cells) else ""
        name = name.strip().lstrip("\ufeff") or f"column {index + 1}"
        names.append(name if name not in names else f"{name} ({index + 1})")
    return names
