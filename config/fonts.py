"""Serves the reading font out of its package, so that pages look the same on a machine without fonts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import font_source_sans_pro
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.files.storage import FileSystemStorage

FOLDER = Path(next(iter(font_source_sans_pro.__path__))) / "files"
NAMES = ["SourceSansPro-Regular.ttf", "SourceSansPro-It.ttf", "SourceSansPro-Semibold.ttf"]


class FontFinder(BaseFinder):
    """Only the three cuts that the style sheet names; the package has two dozen."""

    def __init__(self) -> None:
        self.storage = FileSystemStorage(location=FOLDER)
        self.storage.prefix = "fonts"  # type: ignore[attr-defined]

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        folder, _, name = path.partition("/")
        found = str(FOLDER / name) if folder == "fonts" and name in NAMES else None
        return ([found] if found else []) if find_all else found

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        for name in NAMES:
            yield name, self.storage
