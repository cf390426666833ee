"""Pure. What a file holds, taken out of what programs put around it: gzip, a ZIP file of JSON files, UTF-16, the head of an HTTP message.

Nothing is written but to a temporary file without a name, and what comes out is counted while it is unpacked. ZIP files that are a
format of their own, such as exports of Slack and workbooks, are left as they are.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO, cast

from incidents.lib.archives import MAX_TOTAL, MEGABYTE, ArchiveError, is_zip, open_zip

GZIP = b"\x1f\x8b\x08"
HEAD = 64 * 1024
HTTP = re.compile(rb"(?:HTTP/\d(?:\.\d)? \d{3}[^\r\n]{0,200}|(?:GET|POST|PUT|PATCH) \S{1,4000} HTTP/\d(?:\.\d)?)\r?\n")
BLANK = re.compile(rb"\r?\n\r?\n")
DEPTH = 3  # an answer of curl with two heads, a packed file that is UTF-16
JSON = re.compile(r"\.(?:json|jsonl|ndjson)(?:\.gz)?$", re.IGNORECASE)
OTHER = re.compile(r"\.(?:txt|csv|tsv|log|md|html?|xml|ics|eml|mbox|vtt|srt|sbv|zip|yaml|yml)$", re.IGNORECASE)  # data, but not JSON
HIDDEN = re.compile(r"(?:^|/)(?:\.|__MACOSX/)")
OF_SLACK = re.compile(r"(?:^|/)(?:\d{4}-\d\d-\d\d|users|channels|groups|m?p?dms|mpims|integration_logs|[CDG][A-Z0-9]{7,}(?:-[\d.]+)?)\.json$")


class WrappingError(ValueError):
    """What is around the content is broken, or unpacks to too much. The message is for people."""


def unwrapped(file: BinaryIO, *, archives: bool = True) -> BinaryIO:
    """Return the file itself, or a file of what it holds; it stands at its start. Raises WrappingError.

    `archives` is False for what came out of one: an archive may hold itself.
    """
    for _ in range(DEPTH):
        inner = _inner(file, archives)
        if inner is None:
            break
        file.seek(0)
        archives = archives and not is_zip(file.read(4))
        file = inner
    file.seek(0)
    return file


def _inner(file: BinaryIO, archives: bool) -> BinaryIO | None:
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    if head.startswith(GZIP):
        return _unpacked(file)
    if is_zip(head):
        return _joined(file) if archives else None
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _as_utf8(file)
    if HTTP.match(head) and (end := BLANK.search(head)) and head[end.end() :].lstrip()[:5].startswith((b"{", b"[", b"HTTP/")):
        file.seek(end.end())
        return _kept(iter(lambda: file.read(MEGABYTE), b""))
    return None


def _kept(blocks: Iterator[bytes]) -> BinaryIO:
    """Return a temporary file of these bytes. Raises WrappingError when they are too many."""
    target = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - it lives as long as the payload
    for block in blocks:
        target.write(block)
        if target.tell() > MAX_TOTAL:
            target.close()
            raise WrappingError(f"The file unpacks to more than {MAX_TOTAL // MEGABYTE} MiB.")
    return target


def _unpacked(file: BinaryIO) -> BinaryIO:
    try:
        with gzip.GzipFile(fileobj=file) as packed:
            return _kept(iter(lambda: packed.read(MEGABYTE), b""))
    except (OSError, EOFError, zlib.error):
        raise WrappingError("The gzip file is broken or cut off.") from None


def _as_utf8(file: BinaryIO) -> BinaryIO | None:
    """Return the text as UTF-8; None when it is no UTF-16 after all."""
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        return _kept(decoder.decode(block, final=not block).encode("utf-8") for block in _blocks(file))
    except UnicodeError:
        return None


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the blocks of a file, and an empty one at its end."""
    while block := file.read(MEGABYTE):
        yield block
    yield b""


def _joined(file: BinaryIO) -> BinaryIO | None:
    """Return the JSON files of an archive one after another, None for an archive that is something else."""
    try:
        archive = open_zip(file)
        names = sorted(name for name in archive if not HIDDEN.search(name))
        wanted = [name for name in names if JSON.search(name)]
        if not wanted or any(OTHER.search(name) or OF_SLACK.search(name) for name in names) or "[Content_Types].xml" in names:
            return None
        target = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - it lives as long as the payload
        for name in wanted:
            with archive.open(name) as entry:
                content = unwrapped(io.BytesIO(entry.read()), archives=False)
            start = content.read(3)
            target.write(start.removeprefix(codecs.BOM_UTF8))
            shutil.copyfileobj(content, target)
            target.write(b"\n")
            if target.tell() > MAX_TOTAL:
                raise WrappingError(f"The file unpacks to more than {MAX_TOTAL // MEGABYTE} MiB.")
    except ArchiveError:
        return None  # whoever reads archives says what is wrong with it
    return target
