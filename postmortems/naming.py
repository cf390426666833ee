"""Pure. Names in texts -> the roles that stand for them outside."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping


def hider(aliases: Mapping[str, str]) -> Callable[[str], str]:
    """Return what replaces each name of `aliases` in a text by its role, in any case, with or without an @. Names of two letters are left: they are words, too."""
    names = sorted((name for name in aliases if len(name) > 2), key=lambda name: (-len(name), name))
    pattern = re.compile(r"@?(?<!\w)(" + "|".join(re.escape(name) for name in names) + r")(?!\w)", re.IGNORECASE) if names else None
    folded = {name.lower(): alias for name, alias in aliases.items()}

    def hide(text: str) -> str:
        return pattern.sub(lambda match: folded[match[1].lower()], text) if pattern else text

    return hide
