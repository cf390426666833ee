"""Pure. JSON that stands in something else: tables with JSON in their `data` column, rows and requests logged around a body.

Collectors such as Apache DevLake keep each answer of an API that way, and so do archives of deliveries.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterator
from typing import Any

from incidents.lib import strict_json
from incidents.lib.strict_json import JsonError
from incidents.sources.base import Payload
from incidents.sources.json_stream import Node, looks_like_json, read_nodes, sample

WRAPPERS = ("data", "Message", "body", "payload")  # a row of a raw table, a message of SNS, a logged request
COLUMN = "data"


def read_objects(payload: Payload, lists: Collection[str] | None = None) -> Iterator[Node]:
    """Yield the nodes of a payload of JSON, or one for each row of a table whose `data` column is JSON."""
    if looks_like_json(payload.head):
        yield from read_nodes(payload, lists)
        return
    payload.file.seek(0)
    text = io.TextIOWrapper(payload.file, "utf-8-sig", "replace", newline="")
    try:
        yield from _cells(text)
    finally:
        text.detach()


def sample_objects(payload: Payload, lists: Collection[str] | None = None, count: int = 12) -> list[Node]:
    """Return the first of these nodes that can be read; the file is left at its start."""
    if looks_like_json(payload.head):
        return sample(payload, lists, count)
    if b"{" not in payload.head:
        return []
    cells = _cells(io.TextIOWrapper(io.BytesIO(payload.head), "utf-8-sig", "replace", newline=""))
    return [node for node, _ in zip((cell for cell in cells if not cell.error), range(count), strict=False)]


def _cells(text: io.TextIOBase) -> Iterator[Node]:
    rows = csv.reader(text)
    try:
        header = next(rows, [])
        column = header.index(COLUMN) if COLUMN in header else -1
        for row in rows if column >= 0 else ():
            if len(row) <= column:
                continue
            try:
                yield Node((), strict_json.loads(row[column]), row[column], line=rows.line_num)
            except JsonError as error:
                yield Node((), None, "", line=rows.line_num, error=error.message)
    except csv.Error as error:
        yield Node((), None, "", line=rows.line_num, error=f"The row cannot be read: {error}.")


def unwrapped(value: Any, known: Callable[[Any], object], wrappers: Collection[str] = WRAPPERS) -> Any:
    """Return what a row or an envelope wraps: the first value inwards that is `known`, or as far in as it goes."""
    for _ in range(4):
        if not isinstance(value, dict) or known(value):
            return value
        inner = next((value[key] for key in wrappers if isinstance(value.get(key), (dict, str))), None)
        if isinstance(inner, str) and inner.lstrip().startswith("{"):
            try:
                inner = strict_json.loads(inner)
            except JsonError:
                return value
        if not isinstance(inner, dict):
            return value
        value = inner
    return value


def known_parts(value: Any, where: str, known: Callable[[Any], object], depth: int = 5) -> Iterator[tuple[str, Any]]:
    """Yield every known object in a value and where it stands: the value itself, or what its members, lists and texts of JSON hold."""
    if isinstance(value, dict):
        if known(value):
            yield where, value
        elif depth:
            for key, each in value.items():
                if isinstance(each, (dict, list)) or (isinstance(each, str) and each[:1] == "{" and key in WRAPPERS):
                    yield from known_parts(each, inside(where, key), known, depth - 1)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from known_parts(each, f"{where}[{number}]", known, depth - 1) if depth else ()
    elif isinstance(value, str) and value[:1] == "{":
        try:
            yield from known_parts(strict_json.loads(value), where, known, depth - 1)
        except JsonError:
            return


def inside(where: str, key: str) -> str:
    """Return the place of a member of what stands at a place."""
    if where == "the document":
        return key
    return f"{where}, {key}" if where.startswith(("line ", "item ")) and "," not in where else f"{where}.{key}"
