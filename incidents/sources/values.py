"""Pure. Values out of JSON that strangers wrote, taken without surprise: what is of another type counts as missing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def scalar(value: Any) -> str:
    """Return a string or a whole number as text: ids are one in an old version and the other in a new one."""
    return value if isinstance(value, str) else str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=10).hexdigest()


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
