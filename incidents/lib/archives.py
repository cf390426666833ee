"""Pure. ZIP files from strangers, read member by member and never written to disk.

What the archive says about itself is checked before anything is read; what it costs is counted while it is read.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

MAX_ENTRIES = 10_000
MAX_ENTRY = 50 * 1024 * 1024
MAX_TOTAL = 200 * 1024 * 1024
MAX_RATIO = 100  # for entries over a megabyte
MEGABYTE = 1024 * 1024
END = b"PK\x05\x06"
FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError, OverflowError, struct.error, IndexError)


class ArchiveError(ValueError):
    """The archive is broken or not one that is opened here. The message is for people."""


def is_zip(head: bytes) -> bool:
    return head[:4] in (b"PK\x03\x04", END)


def open_zip(file: BinaryIO) -> Archive:
    """Open an archive whose every entry passed the checks. Raises ArchiveError."""
    _check_end(file)
    try:
        opened = zipfile.ZipFile(file)
        entries = opened.infolist()
    except FAULTS:
        raise ArchiveError("The ZIP file is broken.") from None
    _check_entries(entries, opened.start_dir)
    return Archive(opened, [entry for entry in entries if not entry.is_dir()])


class Archive:
    """A checked archive. All reading shares one budget."""

    def __init__(self, opened: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
        self._opened = opened
        self.entries = {entry.filename: entry for entry in entries}
        self.read_so_far = 0

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def open(self, name: str) -> BinaryIO:
        """Open a member for reading. Reading raises ArchiveError."""
        entry = self.entries[name]
        try:
            return io.BufferedReader(_Counted(self, entry, self._opened.open(entry)), 64 * 1024)
        except FAULTS:
            raise ArchiveError(f"{name[:200]} in the ZIP file cannot be read.") from None


class _Counted(io.RawIOBase):
    """The bytes of one member, counted as they come out: the sizes in the header may lie."""

    def __init__(self, archive: Archive, entry: zipfile.ZipInfo, stream: object) -> None:
        self.archive = archive
        self.entry = entry
        self.stream = stream
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data: bytes = self.stream.read(len(buffer))  # type: ignore[attr-defined]
        except FAULTS:
            raise ArchiveError(f"{self.entry.filename[:200]} in the ZIP file is broken.") from None
        self.count += len(data)
        self.archive.read_so_far += len(data)
        if self.count > MAX_ENTRY:
            raise ArchiveError(f"{self.entry.filename[:200]} in the ZIP file is larger than 50 MiB.")
        if self.archive.read_so_far > MAX_TOTAL:
            raise ArchiveError("The ZIP file unpacks to more than 200 MiB.")
        if self.count > MEGABYTE and self.count > MAX_RATIO * max(self.entry.compress_size, 1):
            raise ArchiveError(f"{self.entry.filename[:200]} in the ZIP file unpacks to over {MAX_RATIO} times its size.")
        buffer[: len(data)] = data
        return len(data)


def _check_end(file: BinaryIO) -> None:
    """Refuse by the end record alone: listing a million entries would cost more than all else."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(END)
    if at < 0 or len(tail) - at < 22:
        raise ArchiveError("The ZIP file is broken or cut off.")
    count, directory = struct.unpack("<H", tail[at + 10 : at + 12])[0], struct.unpack("<L", tail[at + 12 : at + 16])[0]
    if count == 0xFFFF or directory == 0xFFFFFFFF or tail[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
        raise ArchiveError("ZIP64 files are not opened. Export fewer days or channels at a time.")
    if count > MAX_ENTRIES or directory > MAX_ENTRIES * 400:
        raise ArchiveError(f"The ZIP file has more than {MAX_ENTRIES:,} entries.")


def _check_entries(entries: list[zipfile.ZipInfo], end: int) -> None:
    if len(entries) > MAX_ENTRIES:
        raise ArchiveError(f"The ZIP file has more than {MAX_ENTRIES:,} entries.")
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename
        shown = "".join(c if c.isprintable() else "?" for c in name[:200])
        parts = name.split("/")
        if not name or "\0" in name or "\\" in name or name.startswith("/") or ".." in parts or (len(name) > 1 and name[1] == ":"):
            raise ArchiveError(f"The ZIP file has an entry with an unsafe name: {shown}")
        if entry.filename in seen:
            raise ArchiveError(f"The ZIP file has two entries named {shown}")
        seen.add(entry.filename)
        if entry.flag_bits & 0x1:
            raise ArchiveError("The ZIP file is encrypted. Unpack it and zip it again without a password.")
        if (entry.external_attr >> 16) & 0o170000 == 0o120000:
            raise ArchiveError(f"The ZIP file has a symbolic link: {shown}")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ArchiveError(f"{shown} in the ZIP file is packed in a way that is not read here.")
    _check_overlaps(entries, end)


def _check_overlaps(entries: list[zipfile.ZipInfo], end: int) -> None:
    """Entries that share bytes are how a small file unpacks to terabytes."""
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    starts = [entry.header_offset for entry in ordered[1:]] + [end]
    for entry, following in zip(ordered, starts, strict=True):
        if entry.header_offset < 0 or entry.header_offset + 30 + entry.compress_size > following:
            raise ArchiveError("The ZIP file has entries that overlap.")
