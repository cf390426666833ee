"""Pure. A set of 64-bit marks in sixteen bytes each at most: a million of them, as Python's own set, took a third of an import's memory."""

from __future__ import annotations

from array import array

WORD = 0xFFFF_FFFF_FFFF_FFFF


class Marks:
    """A hash table with open addresses. Two values with the same 64 bits count as one."""

    def __init__(self) -> None:
        self.slots = array("Q", [0]) * 4096
        self.count = 0

    def add(self, value: int) -> bool:
        """Put the value in; return whether it is new."""
        mark = value & WORD or 1  # 0 is an empty slot
        slots = self.slots
        last = len(slots) - 1
        place = mark & last
        while found := slots[place]:
            if found == mark:
                return False
            place = (place + 1) & last
        slots[place] = mark
        self.count += 1
        if self.count * 3 > len(slots) * 2:
            self._grow()
        return True

    def _grow(self) -> None:
        before = self.slots
        self.slots = slots = array("Q", [0]) * (2 * len(before))
        last = len(slots) - 1
        for mark in before:
            if mark:
                place = mark & last
                while slots[place]:
                    place = (place + 1) & last
                slots[place] = mark
