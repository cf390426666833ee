"""Pure. Cleaning text at every boundary, so that both databases store the same and nothing hides in it."""

from __future__ import annotations

import re
import unicodedata

# NUL and the other control characters but newline and tab: PostgreSQL refuses NUL, terminals and PDFs obey the rest.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SURROGATES = re.compile("[\ud800-\udfff]")
# Characters that nobody sees: soft hyphen, fillers, zero-width and variation marks. Within words some are needed (emoji, Persian), alone they are nothing.
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


def clean_text(value: str, *, limit: int | None = None) -> str:
    """Return prose as it may be stored: NFC, line ends as \\n, no control characters, lone surrogates as U+FFFD. What nobody would see is empty."""
    if value.isascii() and value.isprintable():  # most of what comes in
        return value if limit is None else value[:limit]
    value = SURROGATES.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n"))
    value = unicodedata.normalize("NFC", CONTROLS.sub("", value))
    if not UNSEEN.sub("", value).strip():
        return ""
    return value if limit is None else value[:limit]


def clean_line(value: str, *, limit: int = 300) -> str:
    """Return a title, name or file name: cleaned, on one line, without marks that reorder what follows."""
    return " ".join(BIDI.sub("", clean_text(value)).split())[:limit]


def whole(text: str, digits: int = 9) -> int | None:
    """Return a whole number as somebody sent it; None for what is none, or has more digits than any that is meant."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None
