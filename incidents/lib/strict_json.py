"""Pure. JSON from strangers: what the standard parser lets through, dies of or silently changes is an error with a place."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

MAX_DEPTH = 64
MAX_DIGITS = 4300  # longer integers cannot be written out again


class JsonError(ValueError):
    """The text is no JSON as it is accepted here. `position` counts characters in the text that was parsed."""

    def __init__(self, message: str, position: int = 0, *, unfinished: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.unfinished = unfinished  # more text might make it valid


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise JsonError(f"The key “{twice[:60]}” occurs twice in one object.")
    return found


def _constant(name: str) -> NoReturn:
    raise JsonError(f"{name} is no JSON number.")


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise JsonError(f"The number {digits[:30]} is too large.")
    return number


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
_scan_once: Callable[[str, int], tuple[Any, int]] = _decoder.__dict__["scan_once"]
SPACE = re.compile(r"[ \t\r\n]*")
UNFINISHED = (
    "Unterminated string",
    "Expecting ',' delimiter",
    "Expecting ':' delimiter",
    "Expecting value",
    "Expecting property name",
    "Invalid \\escape",
    "Invalid \\u",
    "Invalid control",
)


def space(text: str, position: int) -> int:
    """Return where the white space that begins at `position` ends."""
    match = SPACE.match(text, position)
    return match.end() if match else position


def scan(text: str, position: int = 0) -> tuple[Any, int]:
    """Parse the one value that begins exactly at `position`. Returns it and where it ends. Raises JsonError."""
    try:
        value, end = _scan_once(text, position)
    except StopIteration as stop:
        at = int(stop.value) if isinstance(stop.value, int) else position
        raise JsonError("A value was expected here.", at, unfinished=len(text) - at < 12) from None
    except json.JSONDecodeError as error:
        open_string = error.msg.startswith("Unterminated string")
        at_end = error.pos >= len(text) - 12 and error.msg.startswith(UNFINISHED)
        raise JsonError(_in_words(error.msg), error.pos, unfinished=open_string or at_end) from None
    except JsonError as error:
        raise JsonError(error.message, position) from None
    except RecursionError:
        raise JsonError(f"Nested deeper than {MAX_DEPTH} levels.", position) from None
    except ValueError:  # int() of more digits than it converts
        raise JsonError(f"A number has more than {MAX_DIGITS} digits.", position) from None
    if text.count("[", position, end) + text.count("{", position, end) > MAX_DEPTH:
        check_depth(value, position)
    return value, end


def loads(data: bytes | str) -> Any:
    """Parse a whole document: UTF-8, at most MAX_DEPTH deep, each key once, finite numbers. Raises JsonError."""
    text = decoded(data) if isinstance(data, bytes) else data.removeprefix("\ufeff")
    value, end = scan(text, space(text, 0))
    end = space(text, end)
    if end != len(text):
        raise JsonError("There is more text after the end of the value.", end)
    return value


def decoded(data: bytes) -> str:
    """Return UTF-8 bytes as text, without a byte order mark. Raises JsonError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        hint = " It looks like UTF-16; save it as UTF-8." if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ""
        raise JsonError(f"Byte {error.start + 1} is not UTF-8.{hint}", error.start) from None


def check_depth(value: Any, position: int = 0) -> None:
    """Raise JsonError when a parsed value nests deeper than MAX_DEPTH levels."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for each in level for child in (each.values() if isinstance(each, dict) else each) if isinstance(child, (dict, list))] if level else []
        if not level:
            return
    raise JsonError(f"Nested deeper than {MAX_DEPTH} levels.", position)


def _in_words(message: str) -> str:
    words = {
        "Unterminated string": "A text is not closed",
        "Expecting ','": "A comma or a closing bracket is missing",
        "Expecting ':'": "A colon is missing",
        "Expecting value": "A value is missing",
        "Expecting property name": "A key in double quotes is missing",
        "Invalid control": "A text is not closed on its line, or holds a control character",
        "Invalid \\": "A text holds a broken escape",
    }
    return next((ours + "." for theirs, ours in words.items() if message.startswith(theirs)), "This is not JSON.")
