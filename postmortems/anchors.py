"""Pure. Where a comment stands in a text: the words it is about, and enough around them to find them again after edits.

A passage is kept as the W3C's text quote selector has it: the quote, what stood before and after it, and a position as a
hint. Offsets are of characters as Python counts them. A quote that came from the rendered page is found in its Markdown
as well: signs of mark-up and runs of space count for nothing there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

#: Characters of context on each side, and the least of it that alone may lead to a reworded passage.
CONTEXT, LEAST = 32, 8
LONGEST = 1_000
#: How much of a reworded passage must still be the quote.
ALIKE = 0.6
#: What reading leaves out of Markdown: marks of emphasis, code, headings, lists and quotes, and the targets of links.
UNREAD = re.compile(r"\]\([^)\s]{0,500}\)|^[ \t]{0,3}(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+|\d{1,3}[.)][ \t]+)|\[\[E\d{1,12}\]\]|[*_`~\[\]\\]", re.MULTILINE)


@dataclass(frozen=True)
class Anchor:
    """`position` is where the quote began when it was last seen; `prefix` and `suffix` stood around it then."""

    quote: str
    prefix: str = ""
    suffix: str = ""
    position: int = 0


def anchor(text: str, start: int, end: int) -> Anchor:
    """Return the anchor of text[start:end]."""
    return Anchor(text[start:end], text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT], start)


def find(text: str, quote: str, near: int = 0) -> Anchor | None:
    """Return the anchor of words that a person selected or typed, at the place nearest to `near`; None where they do not stand."""
    span = same_words(text, Anchor(quote.strip()[:LONGEST], position=near))
    return anchor(text, *span) if span else None


def locate(text: str, wanted: Anchor) -> tuple[int, int] | None:
    """Return where the passage stands in `text` now, or None when it is gone.

    The same words win, those with the most of the old context, then the nearest to the old place. Else the same words as they
    are read; else what stands between the old context, if it is still much like the quote.
    """
    return same_words(text, wanted) or reworded(text, wanted)


def same_words(text: str, wanted: Anchor) -> tuple[int, int] | None:
    if not wanted.quote.strip():
        return None
    places = [found.start() for found in re.finditer(f"(?={re.escape(wanted.quote)})", text)]
    exact = [(start, start + len(wanted.quote)) for start in places]
    return best(text, exact, wanted) or best(text, list(as_read(text, wanted.quote)), wanted)


def follow(text: str, wanted: Anchor) -> Anchor:
    """Return the anchor as it should be kept after an edit: the same quote with its new surroundings, or as it was if the passage is gone."""
    span = locate(text, wanted)
    if span is None:
        return wanted
    here = anchor(text, *span)
    return Anchor(wanted.quote, here.prefix, here.suffix, here.position)


def best(text: str, spans: list[tuple[int, int]], wanted: Anchor) -> tuple[int, int] | None:
    def fitness(span: tuple[int, int]) -> tuple[int, int]:
        before = common(text[max(0, span[0] - CONTEXT) : span[0]][::-1], wanted.prefix[::-1])
        after = common(text[span[1] : span[1] + CONTEXT], wanted.suffix)
        return before + after, -abs(span[0] - wanted.position)

    return max(spans, key=fitness, default=None)


def common(one: str, two: str) -> int:
    """Return how many characters both begin with."""
    number = 0
    for a, b in zip(one, two, strict=False):
        if a != b:
            break
        number += 1
    return number


def as_read(text: str, quote: str) -> Iterator[tuple[int, int]]:
    """Yield where the words of the quote stand, whatever mark-up and space is between them."""
    words, places = read(text)
    wanted, _ = read(quote)
    wanted = wanted.strip()
    if len(wanted) < 2:
        return
    at = words.find(wanted)
    while at >= 0:
        yield places[at], places[at + len(wanted) - 1] + 1
        at = words.find(wanted, at + 1)


@lru_cache(maxsize=8)  # every comment on a section asks for the same text
def read(text: str) -> tuple[str, list[int]]:
    """Return the text as it is read, runs of space as one, and where each of its characters stands in `text`."""
    letters: list[str] = []
    places: list[int] = []
    last = 0
    kept = [(found.start(), found.end()) for found in UNREAD.finditer(text)]
    for start, end in [*kept, (len(text), len(text))]:
        for place in range(last, start):
            letter = " " if text[place].isspace() else text[place]
            if letter == " " and letters and letters[-1] == " ":
                continue
            letters.append(letter)
            places.append(place)
        last = end
    return "".join(letters), places


def reworded(text: str, wanted: Anchor) -> tuple[int, int] | None:
    """Return what stands between the old context, where that is found once and the words are still much alike."""
    if not wanted.quote.strip():
        return None
    start, after = after_prefix(text, wanted.prefix), wanted.suffix[: LEAST * 2]
    if start is None:
        return None
    rest = text[start : start + 2 * len(wanted.quote) + CONTEXT]
    if len(after) >= LEAST and (place := rest.find(after)) >= 0:
        end = start + place
    elif not wanted.suffix and len(text) <= start + len(rest):
        end = len(text)
    else:
        return None
    alike = SequenceMatcher(None, wanted.quote, text[start:end], autojunk=False).ratio() if end > start else 0.0
    return (start, end) if alike >= ALIKE else None


def after_prefix(text: str, prefix: str) -> int | None:
    """Return where a passage began that had this before it, or None where that cannot be told."""
    if not prefix:
        return 0
    before = prefix[-LEAST * 2 :]
    return text.index(before) + len(before) if len(before) >= LEAST and text.count(before) == 1 else None
