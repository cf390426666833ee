"""Pure. Text files of any size, a line at a time, in whatever encoding their lines are."""

from __future__ import annotations

import io
from collections.abc import Iterator

from incidents.sources.base import Payload
from incidents.sources.drafts import SourceError

MAX_LINE = 256 * 1024
UTF16 = (b"\xff\xfe", b"\xfe\xff")
ENCODINGS = ("utf-8", "utf-16", "cp1252")


def lines_of(payload: Payload, encoding: str = "") -> Iterator[tuple[int, str]]:
    """Yield number and text of each line, at most MAX_LINE of it. Old chat logs mix UTF-8 with Western lines: each is taken as it can be read.

    Raises SourceError for what is no text.
    """
    if encoding and encoding.lower() not in ENCODINGS:
        raise SourceError(f"The encoding “{encoding[:40]}” is not read here. Known: {', '.join(ENCODINGS)}.")
    payload.file.seek(0)
    if payload.head.startswith(UTF16) or encoding.lower() == "utf-16":
        wrapped = io.TextIOWrapper(payload.file, "utf-16", errors="replace", newline="\n")
        try:
            yield from _numbered(wrapped)
        except UnicodeError:
            raise SourceError("The file is not UTF-16.") from None
        finally:
            wrapped.detach()
        return
    if b"\x00" in payload.head[:4096]:
        raise SourceError("This is no text.")
    number = 0
    while line := payload.file.readline(MAX_LINE):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        text = _decoded(line, encoding)
        while line and not line.endswith(b"\n"):
            line = payload.file.readline(MAX_LINE)  # what is longer is left out
        yield number, text.rstrip("\r\n")


def _numbered(file: io.TextIOWrapper) -> Iterator[tuple[int, str]]:
    number = 0
    while line := file.readline(MAX_LINE):
        number += 1
        text = line
        while line and not line.endswith("\n"):
            line = file.readline(MAX_LINE)
        yield number, text.rstrip("\r\n")


def _decoded(line: bytes, encoding: str) -> str:
    if encoding.lower() == "cp1252":
        return line.decode("cp1252", "replace")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("cp1252" if len(line) < MAX_LINE else "utf-8", "replace")


def first_lines(payload: Payload) -> list[str]:
    """Return the whole lines within the first 64 KiB, for a look; none when it is no text."""
    head = payload.head
    if head.startswith(UTF16):
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
    elif b"\x00" in head[:4096]:
        return []
    else:
        text = head.decode("utf-8-sig", "replace")
    found = text.split("\n")
    if payload.size > len(head) and len(found) > 1:
        found.pop()
    return [line.rstrip("\r") for line in found]
