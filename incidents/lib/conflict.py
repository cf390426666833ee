"""Pure. What a lost compare-and-set raises."""

from __future__ import annotations

from typing import Any


class Conflict(Exception):
    """Somebody else saved the row since it was read. `current` is the row as it is now; nothing was written."""

    def __init__(self, current: Any) -> None:
        super().__init__("Somebody else changed this in the meantime.")
        self.current = current
