"""Pure. The members of strangers' objects, read without trust: what is of another type counts as missing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.lib.text import clean_line
from incidents.lib.timestamps import TimeError, read_machine

NAMES = ("full_name", "fullName", "display_name", "displayName", "user_display_name", "name", "username", "email", "login", "summary", "id")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
SIGNS = re.compile(r"[^a-z0-9]+")
UNFILLED = re.compile(r"\$[A-Z_]+(?:\[\w.\-]+\])?|\{\{.*\}\}|null|N/A")


def string(value: Any) -> str:
    """Return a text or a number as text, anything else as "": ids are the one in an old version of a format and the other in a new one."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e22 else ""


def number(value: Any) -> int:
    """Return a whole number, also out of a text; -1 for anything else."""
    text = string(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else int(value) if isinstance(value, float) and 0 <= value < 1e18 else -1


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def first(value: Mapping[str, Any], *keys: str) -> str:
    """Return the first of some members that says anything, as text."""
    return next((text for key in keys if (text := string(value.get(key)))), "")


def first_of(value: Mapping[str, Any], *keys: str) -> Any:
    """Return the first of some members that holds something, whatever it is."""
    return next((value[key] for key in keys if value.get(key) not in (None, "", [], {})), None)


def strings(value: Any) -> list[str]:
    """Return the texts of a list, and the names of the objects in it; a text alone is a list of one."""
    return [name for each in (value if isinstance(value, list) else [string(value)]) if (name := name_of(each))]


def name_of(value: Any, depth: int = 4) -> str:
    """Return what a person or thing is called: a text, or the name in an object, as deep as JSON:API puts it."""
    if not isinstance(value, dict):
        return string(value)
    given = " ".join(filter(None, (string(value.get("first_name")), string(value.get("last_name")))))
    for key in NAMES[:-1]:
        if found := string(value.get(key)):
            return found
    if given:
        return given
    for key in ("attributes", "data", "user", "api_key", "actor") if depth else ():
        if isinstance(value.get(key), dict) and (found := name_of(value[key], depth - 1)):
            return found
    return string(value.get("id"))


def flattened(value: Mapping[str, Any], depth: int = 3) -> dict[str, str]:
    """Return the texts of an object by their full names in small letters and digits: EVENT.ID, event_id and {"event": {"id": …}} are all "eventid"."""
    found: dict[str, str] = {}
    for names, each in _leaves(value, depth):
        if text := string(each):
            found.setdefault("".join(names), text)
    return found


def templated(value: Mapping[str, Any], depth: int = 2) -> dict[str, Any]:
    """Return the members of an object, and of those in it, by their names in small letters and digits, with and without what they stand in.

    People write templates: "AlertTransition", "alert_transition" and "alert": {"transition"} are theirs to choose. A
    variable that nothing was put in for ("$HOSTNAME") holds nothing.
    """
    found: dict[str, Any] = {}
    for names, each in sorted(_leaves(value, depth), key=lambda leaf: len(leaf[0])):
        if each not in (None, "") and not (isinstance(each, str) and UNFILLED.fullmatch(each.strip())):
            for start in range(len(names)):
                found.setdefault("".join(names[start:]), each)
    return found


def _leaves(value: Mapping[str, Any], depth: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, each in value.items():
        name = SIGNS.sub("", str(key).lower())
        if isinstance(each, dict) and depth:
            yield from (((name, *names), inner) for names, inner in _leaves(each, depth - 1))
        elif not isinstance(each, dict):
            yield (name,), each


def link(url: Any) -> str:
    """Return an address of the web; nothing for any other text."""
    text = url.strip() if isinstance(url, str) else ""
    return clean_line(text, limit=1000) if text.startswith(("https://", "http://")) else ""


def part(value: Mapping[str, Any], *keys: str) -> str:
    """Return the members of an object that one event was made of, as JSON."""
    return as_json({key: value[key] for key in keys if key in value})


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=10).hexdigest()


def second_of(value: Any, latest: Any = None) -> str:
    """Return the second of a time for a key, the same for every spelling of it; the text itself when it is no time."""
    try:
        at = read_machine(value, "UTC", latest).at
    except TimeError:
        at = None
    return f"{at:%Y%m%dT%H%M%S}" if at else str(value)[:60]


def changed(what: str, old: str, new: str) -> str:
    """Return "Severity changed from Minor to Major"."""
    return f"{what} changed from {old} to {new}" if old and new else f"{what} set to {new}" if new else f"{what} {old} removed"


def spoken(word: str) -> str:
    """Return "Under maintenance" of "under_maintenance", "Role assigned" of "roleAssigned"."""
    text = " ".join(CAMEL.sub(" ", word).replace("_", " ").replace("-", " ").split())
    text = text.lower() if CAMEL.search(word) else text
    return text[:1].upper() + text[1:]


def line_of(*parts: Any, between: str = ": ") -> str:
    """Join the parts that hold something, each once: a title that the text begins with is said by it."""
    found: list[str] = []
    for part in parts:
        text = string(part)
        if found and text.startswith(found[-1]):
            found.pop()
        if text and text not in found:
            found.append(text)
    return between.join(found)
