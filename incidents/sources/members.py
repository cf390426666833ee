"""Pure. The members of strangers' objects, read without trust: texts, names, links, and HTML as plain text."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Mapping
from typing import Any

from incidents.lib.text import clean_line

NAMES = ("full_name", "fullName", "display_name", "displayName", "user_display_name", "name", "username", "email", "login", "summary", "id")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
TAG = re.compile(
    r"</?(?:p|br|a|b|i|u|s|em|strong|del|ul|ol|li|div|span|h[1-6]|code|pre|blockquote|hr|small|table|thead|tbody|tr|t[dh]|img)\b[^<>]{0,2000}>", re.I
)
LINE_END = re.compile(r"(?:<br\s*/?>|</(?:p|div|li|ul|ol|h[1-6]|tr|pre|blockquote)>)\s*", re.I)
ITEM = re.compile(r"<li\b[^<>]{0,200}>\s*", re.I)
BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n?")


def string(value: Any) -> str:
    """Return a text or a number as text, anything else as none."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def strings(value: Any) -> list[str]:
    """Return the texts of a list, and the names of the objects in it."""
    return [name for each in value if (name := name_of(each))] if isinstance(value, list) else []


def first(value: Mapping[str, Any], *keys: str) -> str:
    return next((found for key in keys if (found := string(value.get(key)))), "")


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


def changed(what: str, old: str, new: str) -> str:
    """Return "Severity changed from Minor to Major"."""
    return f"{what} changed from {old} to {new}" if old and new else f"{what} set to {new}" if new else f"{what} {old} removed"


def spoken(word: str) -> str:
    """Return "Under maintenance" of "under_maintenance", "Role assigned" of "roleAssigned"."""
    text = " ".join(CAMEL.sub(" ", word).replace("_", " ").replace("-", " ").split())
    text = text.lower() if CAMEL.search(word) else text
    return text[:1].upper() + text[1:]


def plain(text: str) -> str:
    """Return HTML as plain text; other text stays as it is."""
    text = text.replace("\r\n", "\n")
    if "<" in text:
        text = TAG.sub("", ITEM.sub("- ", LINE_END.sub("\n", text)))
    if "&" in text:
        text = html.unescape(text)
    return BLANK.sub("\n\n", text).strip()


def link(url: str) -> str:
    return clean_line(url, limit=1000) if url.startswith(("https://", "http://")) else ""


def part(value: Mapping[str, Any], *keys: str) -> str:
    """Return the members of an object that one event was made of, as JSON."""
    return as_json({key: value[key] for key in keys if key in value})


def digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=10).hexdigest()


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
