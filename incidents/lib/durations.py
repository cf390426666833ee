"""Pure. Durations as people say them: "1 h 12 min"."""

from __future__ import annotations

from datetime import timedelta

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def in_words(value: timedelta | float, *, parts: int = 2) -> str:
    """Return the `parts` largest units of a duration, such as "1 h 12 min"; a negative one begins with a minus sign."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    rest = round(abs(seconds))
    words: list[str] = []
    for size, name in UNITS:
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count} {name}")
        elif words:
            break  # "2 d 5 s" would say less than "2 d"
        if len(words) == parts:
            break
    return ("−" if seconds < 0 and words else "") + (" ".join(words) or "0 s")
