"""Pure. The loop that sources share whose JSON holds objects of several known shapes, alone, in lists, in pages or in envelopes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from incidents.lib import strict_json
from incidents.lib.strict_json import JsonError
from incidents.sources.base import Item, Payload
from incidents.sources.drafting import Raw
from incidents.sources.drafts import Rejected
from incidents.sources.json_stream import CHUNK, MAX_RAW
from incidents.sources.wrapped import known_parts, read_objects, sample_objects

SINGLE = 8 * 1024 * 1024
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
    if (single := _single(payload)) is not None and shape_of(single[0]):
        yield from read(single[0], "the document", single[1])
        return
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


def _single(payload: Payload) -> tuple[dict[str, Any], str] | None:
    """Return the only object of a file of some megabytes: one issue with long lists in it, which must not be taken apart."""
    if not CHUNK < payload.size <= SINGLE or not payload.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    payload.file.seek(0)
    try:
        text = strict_json.decoded(payload.file.read(SINGLE + 1))
        value = strict_json.loads(text)
    except JsonError:
        return None  # several values, or a broken one, which the stream says with its place
    return (value, text[:MAX_RAW]) if isinstance(value, dict) else None
