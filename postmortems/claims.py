"""Pure. Sentences that state something a reader could want to check, and name nothing that shows it.

A statement is a sentence with a number, a time, a cause or an effect. It is borne out by a cited timeline entry, a link or
a picture in it or right behind it. Questions, plans, quotes, code, headings and the template's own words are no claims.
It is a list to look through, by general signs of language, never a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from postmortems.coach import masking

#: Kinds whose content comes from rows, or that state nothing about what happened.
LEFT_ALONE = {"timeline", "milestones", "actions", "meta", "glossary", "links", "sharing"}
MARKS = re.compile(r"\s*(?:\[\[E\d{1,12}\]\][ \t,;]*)+")
SHOWN = re.compile(r"\[\[E\d{1,12}\]\]|https?://\S|\]\([^)\s]")

UNIT = (
    r"(?:%|percent|per ?cent|ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|days?|weeks?|kb|mb|gb|tb|rps|qps|people|persons?|users?|customers?|"
    r"clients?|requests?|orders?|payments?|messages?|jobs?|hosts?|nodes?|pods?|instances?|replicas?|servers?|connections?|errors?|alerts?|pages?|calls?|tickets?|"
    r"attempts?|times|retries|records?|rows?|regions?|queries|transactions?|euros?|dollars?|engineers?|teams?)"
)
WRITTEN = r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety|(?:a |one |\w+ )?(?:dozen|hundred|thousand|million)s?|half(?: of| an?)?|a (?:third|quarter) of|most|all|none of the|every|several)"
SIGNS = {
    "time": re.compile(
        r"(?i)\b(?:[01]?\d|2[0-3])[:h][0-5]\d(?::[0-5]\d)?\b(?!\s?%)|\b\d{1,2} ?[ap]\.?m\b|\b\d{4}-\d\d-\d\d\b|"
        r"\b\d{1,2}(?:st|nd|rd|th)? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|\b(?:at|until|from|since|by|around) (?:noon|midnight)\b"
    ),
    "number": re.compile(
        rf"(?i)(?<![\w.:/#-])\d[\d.,]*(?:\s?[kM])?\s?{UNIT}(?!\w)|(?<![\w.:/#-])\d{{2,}}(?:[.,]\d+)*(?![\w:/-])|\b{WRITTEN} (?:\w+ )?{UNIT}\b(?<!\bs)(?<!\bm)(?<!\bh)"
    ),
    "cause": re.compile(
        r"(?i)\bbecause\b|\bdue to\b|\bowing to\b|\bcaus(?:e|ed|es|ing)\b|\bled to\b|\bleading to\b|\bresult(?:ed|ing|s)? (?:in|from)\b|\bas a (?:result|consequence)\b|"
        r"\btrigger(?:ed|s|ing)?\b|\broot cause\b|\bcontributed to\b|\btherefore\b|\bconsequently\b|\bthe reason (?:was|is|for|why)\b|\bstem(?:s|med) from\b|\bwhich meant\b|\bmade (?:it|this) (?:im)?possible\b"
    ),
    "effect": re.compile(
        r"(?i)\b(?:fail(?:ed|ing|s)?|crash(?:ed|es|ing)?|dropped|lost|rejected|timed out|times? out|stalled|blocked|exhausted|saturated|overloaded|degraded|spiked|rose|fell|grew|doubled|tripled|"
        r"recovered|restarted|corrupted|delayed|affected|impacted|(?:was|were|went) (?:down|unavailable|offline|slow|full|empty)|ran out of|could not|couldn't|(?:was|were) (?:unable|not able) to|stopped (?:\w+ing|responding)|no longer)\b"
    ),
}
#: What may come, what ought to have been, and what nobody knows is not stated as a fact.
NO_FACT = re.compile(
    r"(?i)\b(?:will|shall|should|would|might|ought to|plans? to|going to|could have|let us|let's|whether|unknown|unclear|not known|do(?:es)? not know|don't know|not yet known)\b|^\W*(?:if|when we next|todo|tbd)\b"
)


class Text(Protocol):
    """What is asked of a section; the model's rows have it."""

    key: str
    title: str
    kind: str
    body: str
    guidance: str
    prompts: str


@dataclass(frozen=True)
class Claim:
    """A sentence of a section with what it states: some of time, number, cause and effect. Offsets are those of characters in the body."""

    section: str
    title: str
    sentence: str
    signs: tuple[str, ...]
    start: int
    end: int


def unsupported(sections: Iterable[Text]) -> list[Claim]:
    """Return the claims that name nothing, in the order of the text."""
    return [claim for section in sections if section.kind not in LEFT_ALONE for claim in of_section(section)]


def of_section(section: Text) -> Iterator[Claim]:
    body = section.body
    letters = masking.masked(body, "prose")
    given = {folded(line) for text in (section.guidance, section.prompts) for line in re.split(r"(?<=[.?!])\s+|\n", text) if line.strip()}
    for block in masking.blocks(body, "prose"):
        if set(body[block.start : block.end]) <= set("|-: \t"):
            continue
        for sentence in masking.sentences(letters, block):
            words = letters[sentence.start : sentence.end].strip()
            signs = signs_of(words)
            raw = body[sentence.start : sentence.end]
            if signs and not is_shown(body, block, sentence) and folded(raw) not in given:
                yield Claim(section.key, section.title, tidy(raw), signs, sentence.start, sentence.end)


def signs_of(words: str) -> tuple[str, ...]:
    """Return what a sentence states, or nothing for a question, a plan or a scrap."""
    if words.rstrip(" *_\"'”’)").endswith("?") or len(words.split()) < 3 or NO_FACT.search(words):
        return ()
    return tuple(name for name, sign in SIGNS.items() if sign.search(words))


def is_shown(body: str, block: masking.Block, sentence: masking.Sentence) -> bool:
    """Tell whether the sentence, or what stands right behind it, cites something. Marks at its beginning belong to the one before."""
    start = sentence.start
    if start > block.start and (before := MARKS.match(body, start)):
        start = before.end()
    return bool(SHOWN.search(body, start, sentence.end) or MARKS.match(body, sentence.end, block.end))


def tidy(raw: str) -> str:
    """Return a sentence on one line, without what makes it an item of a list."""
    return re.sub(r"^(?:[-*+•|]|\d{1,3}[.)])\s+", "", " ".join(MARKS.sub("", raw).split()).strip(" |"))


def folded(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
