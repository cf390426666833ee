"""Pure. Finding a vendor's objects in whatever they came wrapped in, a part of the file at a time, each with its place.

A source says by `shape_of` what of its vendor's an object is. Looked into are lists, pages, JSON lines, requests that were logged around
a body, messages of queues (SNS, SQS, Pub/Sub), JSON in texts, plain or as base64, and a column of a table such as `data`, as raw layers of
warehouses and logs of webhooks keep them. What stands among a vendor's objects in a list and is none of them is rejected by its place.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from incidents.lib import strict_json
from incidents.lib.strict_json import JsonError
from incidents.lib.timestamps import TimeError, read_machine
from incidents.sources.base import Payload
from incidents.sources.drafts import Rejected, tidy
from incidents.sources.json_stream import CHUNK, MAX_RAW, Node, Path, looks_like_json, place, read_nodes, sample

ShapeOf = Callable[[dict[str, Any]], object]  # what of the vendor's an object is; "" or False for nothing of it
DEPTH = 8  # levels of wrapping that are looked into
WHOLE = 8 * 1024 * 1024  # an object of up to this size is kept whole
COLUMNS = ("data", "payload", "body", "request_body", "raw", "json", "event")  # of a table whose cells hold what was sent
BASE64_OF_JSON = re.compile(r"(?:eyJ|ewo|eyA|ew0|W3s)[A-Za-z0-9+/_\-\s]{8,}={0,2}\s*")
# Where an envelope says when it was received: of its headers, and of itself.
HEADERS = ("sentry-hook-timestamp", "x-received-at", "date")
RECEIVED = ("received_at", "receivedAt", "received", "@timestamp", "timestamp", "Timestamp", "time", "date", "publishTime", "created_at", "createdAt")


@dataclass(frozen=True, slots=True)
class Found:
    """An object of the vendor. `shape` is what `shape_of` called it, `path` the keys and numbers that lead to it."""

    value: dict[str, Any]
    shape: Any
    where: str
    path: Path
    text: str = ""  # as received, where it stood alone
    wrappers: tuple[Mapping[str, Any], ...] = ()  # the objects around it, the outermost first
    rest: bool = False  # lists were taken out of it, which have been read before

    @property
    def raw(self) -> str:
        return self.text or json.dumps(self.value, ensure_ascii=False)

    @property
    def received(self) -> Any:
        """The time at which the innermost wrapper that states one was received."""
        return next((stamp for wrapper in reversed(self.wrappers) if (stamp := _received(wrapper)) is not None), None)


def found_in(payload: Payload, shape_of: ShapeOf, lists: Collection[str], vendor: str) -> Iterator[Found | Rejected]:
    """Yield the vendor's objects in the order of the payload, and what cannot be read or stands among them and is none.

    `lists` are the members of objects at the top whose elements are read one by one, so that the object need not fit into memory.
    """
    if (single := _single(payload, shape_of, lists)) is not None:
        yield single
        return
    for node in read_nodes(payload, lists) if looks_like_json(payload.head) else _cells(payload):
        if node.error:
            yield Rejected(node.where, node.error)
        else:
            yield from of_node(node, shape_of, vendor)


def of_node(node: Node, shape_of: ShapeOf, vendor: str) -> Iterator[Found | Rejected]:
    """Yield the vendor's objects in one part of a payload; a rejection when there is none."""
    nothing = True
    for each in within(node.value, shape_of, node):
        nothing = False
        yield each if isinstance(each, Found) else Rejected(each, _strange(vendor))
    if nothing and not node.rest:
        yield Rejected(node.where, _strange(vendor))


def opened(nodes: Iterable[Node], shape_of: ShapeOf) -> Iterator[Node]:
    """Yield nodes as they are, but for one that wraps the vendor's objects these: for sources that look at nodes themselves."""
    for node in nodes:
        found = []
        if not (node.error or node.rest or isinstance(node.value, dict) and shape_of(node.value)):
            found = [each for each in within(node.value, shape_of, node) if isinstance(each, Found)]
        yield from (Node(each.path, each.value, each.raw, node.page, node.line) for each in found) if found else (node,)


def _strange(vendor: str) -> str:
    return f"This is nothing that {vendor} writes, or it lacks what makes it an event."


def certainty(
    payload: Payload, shape_of: ShapeOf, lists: Collection[str] = (), marks: Collection[bytes] = (), sure: int = 95, beside: Collection[object] = ()
) -> int:
    """Return `sure` when at least half of the first objects of a payload are the vendor's, else 0.

    One of the `marks`, in small letters, stands near the start of all that is its own: what has none is not parsed. Shapes that
    stand `beside` what happened neither make a file the vendor's nor speak against it.
    """
    if marks and not any(mark in payload.head.lower() for mark in marks):
        return 0
    known = count = 0
    for node in _first(payload, lists):
        shapes = {each.shape for each in within(node.value, shape_of, node) if isinstance(each, Found)} if beside else ()
        ours = bool(shapes - set(beside)) if isinstance(shapes, set) else holds(node.value, shape_of)
        known += ours
        count += ours or not (node.rest or bool(shapes))
    return sure if known and known * 2 >= count else 0


def holds(value: Any, shape_of: ShapeOf) -> bool:
    """Tell whether an object of the vendor is in a value."""
    return any(isinstance(each, Found) for each in within(value, shape_of))


def within(
    value: Any, shape_of: ShapeOf, node: Node | None = None, path: Path = (), wrappers: tuple[Mapping[str, Any], ...] = (), depth: int = DEPTH
) -> Iterator[Found | str]:
    """Yield the vendor's objects in a value: itself, or what it wraps; and the places of what stands beside one in a list and is none."""
    value = _parsed(value) if isinstance(value, str) else value
    if isinstance(value, dict):
        if shape := shape_of(value):
            yield Found(
                value,
                shape,
                _where(node, path),
                (*node.path, *path) if node else path,
                node.raw if node and not path else "",
                wrappers,
                bool(node and node.rest),
            )
        elif depth:
            for key, each in value.items():
                if isinstance(each, (dict, list)) or isinstance(each, str) and len(each) > 1:
                    yield from within(each, shape_of, node, (*path, key), (*wrappers, value), depth - 1)
    elif isinstance(value, list) and depth:
        strange: list[int] = []
        known = False
        for number, each in enumerate(value):
            nothing = True
            for inner in within(each, shape_of, node, (*path, number), wrappers, depth - 1) if isinstance(each, (dict, list, str)) else ():
                nothing = False
                known = known or isinstance(inner, Found) and inner.value is each
                yield inner
            if nothing and isinstance(each, dict):
                strange.append(number)
        if known:
            yield from (_where(node, (*path, number)) for number in strange)


def _where(node: Node | None, path: Path) -> str:
    if node is None or not node.line:
        return place((*node.path, *path), node.page) if node else place(path)
    return tidy(f"{node.where}{'' if not path else place(path) if isinstance(path[0], int) else f'.{place(path)}'}", 200)


def inside(where: str, name: str) -> str:
    """Return the place of a member of what stands at a place."""
    if where == "the document":
        return name
    return f"{where}, {name}" if where.startswith(("line ", "item ")) and where.partition(" ")[2].isdigit() else f"{where}.{name}"


def _parsed(text: str) -> Any:
    """Return the JSON in a text, plain or as base64; the text itself when it is none."""
    text = text.strip()
    if text[:1] not in ("{", "["):
        if text[:2] not in ("ey", "ew", "W3") or not BASE64_OF_JSON.fullmatch(text):
            return text
        try:
            text = base64.b64decode(text, altchars=b"-_" if "-" in text or "_" in text else None).decode("utf-8").strip()
        except (binascii.Error, ValueError):
            return text
    try:
        return strict_json.loads(text)
    except JsonError:
        return text


def _received(wrapper: Mapping[str, Any]) -> Any:
    headers = wrapper.get("headers")
    lowered = {str(key).lower(): each for key, each in headers.items()} if isinstance(headers, dict) else {}
    for value in [lowered.get(name) for name in HEADERS] + [wrapper.get(name) for name in RECEIVED]:
        value = value[0] if isinstance(value, list) and value else value
        try:
            if not isinstance(value, (dict, list)) and read_machine(value).at is not None:
                return value
        except TimeError:
            continue
    return None


def _first(payload: Payload, lists: Collection[str]) -> list[Node]:
    """Return the first parts of a payload. Of a large one every list is taken apart, so that little is read."""
    if looks_like_json(payload.head):
        return sample(payload, lists if payload.size <= WHOLE else None, 12)
    names = payload.head.split(b"\n", 1)[0].lower()
    if not any(name.encode() in names for name in COLUMNS):
        return []
    part = Payload(io.BytesIO(payload.head), payload.name, len(payload.head), payload.head)
    return [node for node in _cells(part) if not node.error][:12]


def _cells(payload: Payload) -> Iterator[Node]:
    """Yield the JSON in the column of a table."""
    payload.file.seek(0)
    text = io.TextIOWrapper(payload.file, "utf-8-sig", "replace", newline="")
    rows = csv.reader(text)
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        column = next((header.index(name) for name in COLUMNS if name in header), -1)
        for row in rows if column >= 0 else ():
            if len(row) > column:
                try:
                    yield Node((), strict_json.loads(row[column]), row[column].strip(), line=rows.line_num)
                except JsonError as error:
                    yield Node((), None, "", line=rows.line_num, error=error.message)
    except csv.Error as error:
        yield Node((), None, "", line=rows.line_num, error=f"The row cannot be read: {error}.")
    finally:
        text.detach()


def _single(payload: Payload, shape_of: ShapeOf, lists: Collection[str]) -> Found | None:
    """Return the only object of a file of some megabytes: an issue with long lists in it, which must not be taken apart."""
    if not CHUNK < payload.size <= WHOLE or not payload.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    payload.file.seek(0)
    try:
        text = strict_json.decoded(payload.file.read(WHOLE + 1))
        value = strict_json.loads(text)
    except JsonError:
        return None  # several values, or a broken one, which the stream says with its place
    if not isinstance(value, dict) or any(isinstance(value.get(name), list) for name in lists) or not (shape := shape_of(value)):
        return None
    return Found(value, shape, "the document", (), text[:MAX_RAW])
