"""Pure. The loop that sources share whose JSON holds objects of several known shapes, alone, in lists, in pages or in envelopes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload
from incidents.sources.drafting import Raw
from incidents.sources.drafts import Rejected
from incidents.sources.wrapped import known_parts, read_objects, sample_objects

ShapeOf = Callable[[Any], object]


def certainty(payload: Payload, lists: Collection[str], shape_of: ShapeOf, sure: int = 95) -> int:
    """Return `sure` when at least half of the first objects hold one of a known shape."""
    found = [node.value for node in sample_objects(payload, lists) if not node.rest]
    known = sum(any(True for _ in known_parts(value, "", shape_of)) for value in found)
    return sure if known and known * 2 >= len(found) else 0


def read_shapes(
    payload: Payload, lists: Collection[str], shape_of: ShapeOf, read: Callable[[Mapping[str, Any], str, Raw], Iterator[Item]], vendor: str
) -> Iterator[Item]:
    """Yield what `read` makes of each known object, and a rejection for each element in which there is none."""
    for node in read_objects(payload, lists):
        if node.error:
            yield Rejected(node.where, node.error)
            continue
        found = False
        for where, value in known_parts(node.value, node.where, shape_of):
            found = True
            yield from read(value, where, node.raw if value is node.value else value)
        if not found and not node.rest and (node.path or node.line):
            yield Rejected(node.where, f"This is nothing that {vendor} writes, or it has no time.")
