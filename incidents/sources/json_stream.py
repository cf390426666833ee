"""Pure. JSON files of any size, a part at a time: documents, pages after one another, arrays, JSON lines.

A file is read as a sequence of nodes. Every element of an array at the top is a node, and every element of an array of
objects that is a member of an object at the top (or of a large object in it); so is what remains of each top-level object.
`lists` names the members that are taken apart that way; None means all of them.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from incidents.lib import strict_json
from incidents.lib.strict_json import JsonError
from incidents.sources.base import Payload
from incidents.sources.drafts import SourceError, tidy

CHUNK = 256 * 1024
MAX_VALUE = 16 * 1024 * 1024  # characters of one element
MAX_LINE = 4 * 1024 * 1024
MAX_RAW = 16 * 1024

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """`value` at `path` of the `page`-th top-level value; `raw` is its text as received. For a line, `line` is its number.

    The remainder of a top-level object has `path` () and `rest` True when arrays were taken out of it.
    """

    path: Path
    value: Any
    raw: str
    page: int = 1
    line: int = 0
    rest: bool = False
    error: str = ""  # this part could not be read; the next one can

    @property
    def where(self) -> str:
        if self.line:
            return f"line {self.line}, {place(self.path)}" if self.path else f"line {self.line}"
        return place(self.path, self.page)


def place(path: Path, page: int = 1) -> str:
    """Return "log_entries[3]", or "page 2, log_entries[3]"."""
    spelled = "".join(f"[{part}]" if isinstance(part, int) else f".{part[:60]}" for part in path).lstrip(".") or "the document"
    spelled = tidy(spelled, 150)
    return spelled if page == 1 else f"page {page}, {spelled}"


class _Text:
    """A window over the decoded file: `buffer[position:]` is what has not been consumed."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.buffer = ""
        self.position = 0
        self.consumed = 0  # characters before the buffer
        self.ended = False
        if not self._more():
            return
        self.buffer = self.buffer.removeprefix("\ufeff")

    def _more(self, size: int = CHUNK) -> bool:
        """Append more text. Drops what was consumed."""
        if self.ended:
            return False
        data = self.file.read(size)
        try:
            text = self.decoder.decode(data, final=not data)
        except UnicodeDecodeError:
            raise JsonError("The file is not UTF-8. Save it as UTF-8.", 0) from None
        self.ended = not data
        self.consumed += self.position
        self.buffer = self.buffer[self.position :] + text
        self.position = 0
        return True

    def peek(self) -> str:
        """Return the next character that is no white space, or "" at the end."""
        while True:
            self.position = strict_json.space(self.buffer, self.position)
            if self.position < len(self.buffer):
                return self.buffer[self.position]
            if not self._more():
                return ""

    def skip(self) -> None:
        self.position += 1

    def expect(self, character: str) -> None:
        found = self.peek()
        if found != character:
            what = {",": "A comma or a closing bracket", ":": "A colon", '"': "A key in double quotes"}.get(character, f"“{character}”")
            raise JsonError(f"{what} is missing.", self.position)
        self.skip()

    def value(self, limit: int = MAX_VALUE) -> tuple[Any, str]:
        """Parse the next value. Returns it and its text. Raises JsonError."""
        self.peek()
        size = CHUNK
        while True:
            start = self.position
            try:
                value, end = strict_json.scan(self.buffer, start)
            except JsonError as error:
                if not error.unfinished or self.ended:
                    raise
                if len(self.buffer) - start > limit:
                    raise JsonError("One element is larger than 16 MiB.", start) from None
                size *= 2
                self._more(size)
                continue
            if end == len(self.buffer) and not self.ended and not isinstance(value, (dict, list, str)):
                self._more()  # a number may go on
                continue
            self.position = end
            return value, self.buffer[start:end]


def nodes(file: BinaryIO, lists: Collection[str] | None = None) -> Iterator[Node]:
    """Yield the nodes of a file that holds one JSON value or several after one another. Raises SourceError, with the place."""
    path: list[str | int] = []
    page = 1
    text = None
    try:
        text = _Text(file)
        while first := text.peek():
            if first == "{":
                yield from _object(text, path, page, lists)
            elif first == "[":
                yield from _array(text, path, page)
            else:
                raise JsonError("JSON begins with { or [.", text.position)
            path.clear()
            page += 1
            if text.peek() == ",":  # objects one after another with commas between, as copied out of an array
                text.skip()
    except JsonError as error:
        at = "" if text is None else f"character {text.consumed + error.position + 1}"
        spot = place(tuple(path), page) if path else at
        raise SourceError(f"{error.message} ({at})" if spot != at and at else error.message, spot or "the start of the file") from None


def _array(text: _Text, path: list[str | int], page: int) -> Iterator[Node]:
    text.expect("[")
    number = 0
    while text.peek() != "]":
        path.append(number)
        value, raw = text.value()
        yield Node(tuple(path), value, raw, page)
        path.pop()
        number += 1
        if text.peek() == "]":
            break
        text.expect(",")
    text.skip()


def _object(text: _Text, path: list[str | int], page: int, lists: Collection[str] | None) -> Iterator[Node]:
    """Yield the elements of the arrays of objects among the members, then the object without them."""
    rest: dict[str, Any] = {}
    pieces: list[str] = []
    streamed = False
    text.expect("{")
    while text.peek() != "}":
        if text.peek() != '"':
            raise JsonError("A key in double quotes is missing.", text.position)
        key, spelled = text.value()
        if key in rest:
            raise JsonError(f"The key “{key[:60]}” occurs twice in one object.", text.position)
        text.expect(":")
        path.append(key)
        rest[key] = None
        first = text.peek()
        if first == "[" and (lists is None or key in lists) and _holds_objects(text):
            streamed = True
            yield from _array(text, path, page)
        elif first == "{" and len(path) < 3 and _is_large(text):
            streamed = True
            yield from _object(text, path, page, lists)
        else:
            rest[key], raw = text.value()
            if sum(map(len, pieces)) < MAX_RAW:
                pieces.append(f"{spelled}:{raw}")
        path.pop()
        if text.peek() == "}":
            break
        text.expect(",")
    text.skip()
    yield Node(tuple(path), rest, "{" + ",".join(pieces) + "}", page, rest=streamed)


def _holds_objects(text: _Text) -> bool:
    """Tell whether the array that begins here begins with an object."""
    while True:
        at = strict_json.space(text.buffer, text.position + 1)
        if at < len(text.buffer) or not text._more():
            return at < len(text.buffer) and text.buffer[at] == "{"


def _is_large(text: _Text) -> bool:
    """Tell whether the object that begins here does not end within a chunk."""
    if len(text.buffer) - text.position < CHUNK:
        text._more()
    try:
        strict_json.scan(text.buffer, text.position)
    except JsonError as error:
        return error.unfinished and not text.ended
    return False


def lines(file: BinaryIO, lists: Collection[str] = ()) -> Iterator[Node]:
    """Yield a node for every line of JSON lines; a broken line is a node with an error."""
    number = 0
    scan = strict_json.loads
    while True:
        line = file.readline(MAX_LINE + 1)
        if not line:
            return
        number += 1
        if len(line) > MAX_LINE:
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE)
            yield Node((), None, "", line=number, error="The line is longer than 4 MiB.")
            continue
        line = line.strip()
        if not line or line == b"\xef\xbb\xbf":
            continue
        try:
            text = strict_json.decoded(line)
            value = scan(text)
            if lists and isinstance(value, dict) and (keys := [key for key in lists if _is_list_of_objects(value.get(key))]):
                for key in keys:
                    for index, element in enumerate(value[key]):
                        yield Node((key, index), element, json.dumps(element, ensure_ascii=False), line=number)
                rest = {key: each for key, each in value.items() if key not in keys}
                yield Node((), rest, json.dumps(rest, ensure_ascii=False), line=number, rest=True)
            else:
                yield Node((), value, text, line=number)
        except JsonError as error:
            yield Node((), None, line[:MAX_RAW].decode("utf-8", "replace"), line=number, error=error.message)


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def is_lines(head: bytes) -> bool:
    """Tell whether a file is JSON lines: of the first lines at least two are each a whole object, and few are not."""
    whole = broken = 0
    found = [line.strip() for line in head.split(b"\n")[:12]]
    found = [line for line in found if line]
    for line in found[:-1] if len(found) > 2 and not head.endswith(b"\n") else found:
        try:
            whole += isinstance(strict_json.loads(line), dict)
        except JsonError:
            broken += 1
    return whole >= 2 and whole > broken


def read_nodes(payload: Payload, lists: Collection[str] | None = None) -> Iterator[Node]:
    """Yield the nodes of a payload, as JSON lines or as documents."""
    payload.file.seek(0)
    return lines(payload.file, lists or ()) if is_lines(payload.head) else nodes(payload.file, lists)


def sample(payload: Payload, lists: Collection[str] | None = None, count: int = 30) -> list[Node]:
    """Return the first nodes for a look at them, as far as they can be read; the file is left at its start."""
    found: list[Node] = []
    if not looks_like_json(payload.head):
        return found
    try:
        for node in read_nodes(payload, lists):
            if not node.error:
                found.append(node)
            if len(found) >= count or payload.file.tell() > 1_000_000:
                break
    except SourceError:
        pass
    finally:
        payload.file.seek(0)
    return found


def looks_like_json(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")
