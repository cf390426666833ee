"""How far a long command is, on a terminal; a log file gets none of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.core.management.base import OutputWrapper

Row = TypeVar("Row")
EVERY = 0.5  # seconds


def told(rows: Iterable[Row], out: OutputWrapper, noun: str) -> Iterator[Row]:
    """Yield the rows, saying on one line of the terminal how many there were."""
    shown, count = 0.0, 0
    for count, row in enumerate(rows, start=1):
        yield row
        if out.isatty() and time.monotonic() - shown > EVERY:
            shown = time.monotonic()
            write(out, f"{count:,} {noun}")
    if shown:
        write(out, "")


def write(out: Any, text: str) -> None:
    out.write(f"\r\x1b[K{text}", ending="")
    out.flush()
