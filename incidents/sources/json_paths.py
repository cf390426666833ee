"""Pure. The members of any JSON by the keys that lead to them: its leaves as texts, and the lists of objects in it."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

KeyPath = tuple[str, ...]

DEPTH = 4  # of keys within an object
ID = re.compile(r"\d")
MONGO = {"$date", "$oid", "$numberLong", "$numberInt", "$numberDouble"}  # of MongoDB's extended JSON


def lists_in(value: dict[str, Any], path: KeyPath) -> Iterator[tuple[KeyPath, list[Any]]]:
    for key, each in value.items():
        if type(each) is list:
            if each and isinstance(each[0], dict):
                yield (*path, key), each
        elif type(each) is dict and each:
            if is_map_of_objects(each):
                yield (*path, key), list(each.values())
            elif len(path) < 3:
                yield from lists_in(each, (*path, key))


def is_map_of_objects(value: Any) -> bool:
    """Tell whether an object is a list by id: {"p1": {...}, "p2": {...}}."""
    if not isinstance(value, dict) or len(value) < 2 or not all(isinstance(each, dict) and each and ID.search(key) for key, each in value.items()):
        return False
    one, other = itertools.islice(value.values(), 2)
    return len(one.keys() & other.keys()) * 2 >= len(one)


def leaves(value: dict[str, Any], path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    for key, each in value.items():
        if isinstance(each, dict) and len(path) < DEPTH - 1 and not (len(each) == 1 and next(iter(each)).startswith("$")):
            yield from leaves(each, (*path, key))
        else:
            yield (*path, key), each


def value_at(value: Any, path: KeyPath) -> Any:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text_at(value: Any, path: KeyPath) -> str:
    for key in path:
        if not isinstance(value, dict):
            return ""
        value = value.get(key)
    return value if type(value) is str else as_text(value)


def as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, dict) and len(value) == 1 and (key := next(iter(value))) in MONGO:
        return as_text(value[key])
    if isinstance(value, list) and all(isinstance(each, (str, int, float)) for each in value):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False)
