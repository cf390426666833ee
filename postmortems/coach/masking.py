"""Pure. What the coach leaves alone, and what kind of text each part of a document is.

Everything left alone is replaced letter by letter, so that offsets in the masked text are offsets in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt

from postmortems.coach.words import HOLE

PARSER = MarkdownIt("commonmark", {"maxNesting": 20}).enable("table").disable(["inline", "text_join"])
#: Past this a sentence is a table or a dump; what stands further on is read as another one.
LONGEST = 600

INLINE = [
    re.compile(r"\[\[E\d{1,12}\]\]"),
    re.compile(r"(?<!`)(`+)(?!`)[^\n]{1,400}?(?<!`)\1(?!`)"),
    re.compile(r"\]\([^)\s(]{1,500}(?:\([^)\s]{0,100}\))?[^)\s]{0,100}(?: +\"[^\"\n]{0,300}\")?\)"),
    re.compile(r"(?i)\b(?:https?|ftp|mailto|file|ssh|git)://?[^\s<>|]+|\bwww\.[^\s<>|]+"),
    re.compile(r"</?[A-Za-z][^<>\n]{0,300}>"),
    re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"),
    re.compile(r"(?m)^ {0,3}\[[^\]\n]{1,200}\]:[^\n]*$"),
]
#: Quotes in the marks of several languages. Single straight ones count where they open after a space and hold three words.
QUOTES = [
    re.compile(r"\"(?!\s)[^\"\n]{1,600}(?<!\s)\""),
    re.compile(r"“[^”“\n]{1,600}”"),
    re.compile(r"„[^“”„\n]{1,600}[“”]"),
    re.compile(r"«[^»\n]{1,600}»"),
    re.compile(r"‘[^‘\n]{1,600}?’(?!\w)"),
    re.compile(r"(?<![\w'])'(?=[A-Za-z])(?:[^'\n]|(?<=\w)'(?=[a-z])){1,400}'(?!\w)"),
]
QUOTED_BREAK = re.compile(r"\"(?!\s)[^\"]{1,600}?(?<!\s)\"")
EMPHASIS = re.compile(r"(?<!\w)_{1,3}(?=\w)|(?<=[\w.,;:!?])_{1,3}(?!\w)|\*+|~~")
CLOCK = r"(?:\d{1,2}[:.]\d{2}(?::\d{2})?(?:\.\d+)?(?: ?[ap]\.?m\.?)?)"
MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
DATE = rf"(?:\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}}|\d{{1,2}}(?:st|nd|rd|th)? {MONTH}(?: \d{{4}})?|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?)"
#: A line of a timeline, a log or a chat: it begins with a moment.
TIMED = re.compile(
    rf"^\W{{0,8}}(?:\w{{3,9}},? )?(?:{DATE}[T ,]{{0,3}})?(?:at )?~?{CLOCK}(?: ?(?:Z|UTC|GMT|[A-Z]{{3,4}}|[+-]\d\d:?\d\d))?\b(?!\s*(?:%|ms\b|s\b|GB|hours?|minutes?))|^\W{{0,8}}(?:T[+-]\d|{DATE}\W)"
)
SPEAKER = re.compile(r"^\W{0,4}(?:<[\w .@-]{1,40}>|\[?\d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp][Mm])?\]?\s+<?@?[\w.-]{1,30}(?: [\w.-]{1,30})?>?:|@[\w.-]{1,30}:) ")
TIMELINE_HEADING = re.compile(r"\b(?:time ?line|chronology|sequence of events|log of events|incident log|chat|transcript|irc log|slack log)\b", re.IGNORECASE)
ACTION_HEADING = re.compile(
    r"\b(?:action(?:s|able)?(?: items?| points?)?|follow[- ]?ups?|next steps|to-?dos?|remediations?|remediation items?|preventi(?:on|ve)[\w ]*|corrective[\w ]*|improvements?|tasks)\b",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"\|\s*|(?<=[.!?])[\"”’')\]]*(?:\s+|$)|(?<=[:;])\s*\n|\n{2,}")
ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|cf|vs|approx|resp|incl|Mr|Mrs|Ms|Dr|St|No|Fig|a\.k\.a|p\.m|a\.m|U\.S|etc|max|min|ca)|\b[A-Z])\.$", re.IGNORECASE)
NESTED = re.compile(r"^(?:  |\t)")
#: An item of more words than this says what is to be done; one of fewer may be a name under which others stand.
A_NAME = 7
ITEM = re.compile(r"^[ \t]*(?:[-*+•]|\d{1,3}[.)]|[a-z][.)])[ \t]+(?:\[[ xX]\][ \t]+)?")


@dataclass(frozen=True)
class Sentence:
    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Block:
    """Lines that belong together: a paragraph, an item of a list, a row of a table."""

    start: int
    end: int
    kind: str


def masked(text: str, kind: str) -> str:
    """Return the text with code, quotes, addresses and mark-up taken out, as long as before."""
    letters = without_comments(text)
    for pattern in INLINE:
        letters = pattern.sub(hole, letters)
    for pattern in QUOTES:
        letters = pattern.sub(lambda found: hole(found) if kind == "timeline" or len(found[0].split()) >= 3 else found[0], letters)
    letters = QUOTED_BREAK.sub(lambda found: hole(found) if len(found[0].split()) >= 3 and "\n\n" not in found[0] else found[0], letters)
    letters = EMPHASIS.sub(lambda found: " " * len(found[0]), letters)
    return letters.replace("[", " ").replace("\t", " ").replace("\u00a0", " ")


def without_comments(text: str) -> str:
    """Take out HTML comments, also one that is never closed; by hand, because a pattern would look for each end anew."""
    start = text.find("<!--")
    while start >= 0:
        end = text.find("-->", start + 4)
        end = len(text) if end < 0 else end + 3
        text = text[:start] + "".join("\n" if letter == "\n" else HOLE for letter in text[start:end]) + text[end:]
        start = text.find("<!--", end)
    return text


def hole(found: re.Match[str]) -> str:
    """Fill with HOLE, but keep line ends, and let a link's target vanish from its sentence."""
    filler = " " if found[0].startswith("](") else HOLE
    return "".join("\n" if letter == "\n" else filler for letter in found[0])


def blocks(text: str, kind: str) -> Iterator[Block]:
    """Yield what is to be read. Headings, code, quotes and HTML are not; lines that begin with a moment are a timeline.

    Kind "document" finds out by the headings what a list holds: events under "Timeline", things to do under "Action items".
    """
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    starts.append(len(text) + 1)
    lines = text.split("\n")
    hidden: set[int] = set()
    kinds: dict[int, str] = {}
    for first, last, found in spans(text, lines):
        if found == "skip":
            hidden.update(range(first, last))
        else:
            kinds[first] = found
    under, row, has_said_it = "", -1, False
    for number, line in enumerate(lines):
        if number in kinds and kinds[number].startswith("heading"):
            under = heading_kind(line, under)
        if number in hidden or not line.strip() or number <= row:
            continue
        row = number
        while row + 1 < len(lines) and joins(lines, row + 1, hidden, kind):
            row += 1
        here = line_kind(line, kind, under)
        if here == "action" and kind == "document":
            if not NESTED.match(line):
                has_said_it = len(line.split()) > A_NAME
            elif has_said_it:  # these are its details
                here = "prose"
        if here != "skip":
            yield Block(starts[number], min(starts[row + 1] - 1, len(text)), here)


def joins(lines: list[str], number: int, hidden: set[int], kind: str) -> bool:
    """Tell whether a line goes on with the one before: a soft line break in a paragraph."""
    line = lines[number]
    if number in hidden or not line.strip() or ITEM.match(line) or line.lstrip().startswith("|") or "\t" in line.strip():
        return False
    if kind in ("action", "timeline") and not line.startswith((" ", "\t")):
        return False
    return not TIMED.match(line) and not SPEAKER.match(line)


def line_kind(line: str, kind: str, under: str) -> str:
    if kind in ("action", "timeline"):
        return kind
    if SPEAKER.match(line):
        return "skip"
    if TIMED.match(line) or under == "timeline" and (ITEM.match(line) or line.lstrip().startswith("|")):
        return "timeline"
    if kind == "document":
        return "action" if under == "action" and ITEM.match(line) else "prose"
    return kind


def heading_kind(line: str, before: str) -> str:
    if TIMELINE_HEADING.search(line):
        return "timeline"
    if ACTION_HEADING.search(line):
        return "action"
    # A deeper heading belongs to the part it stands in: "Action items" > "Short term".
    return before if line.startswith("###") else ""


def spans(text: str, lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """Yield (first line, line after the last, what it is) of all that is no prose, as Markdown sees it."""
    indented = [line for line in lines if line.strip()]
    all_indented = bool(indented) and all(line.startswith(("    ", "\t")) for line in indented)
    for token in PARSER.parse(text):
        if not token.map:
            continue
        first, last = token.map
        if token.type in ("fence", "html_block", "blockquote_open") or token.type == "code_block" and not all_indented:
            yield first, last, "skip"
        elif token.type == "heading_open":
            yield first, first + 1, f"heading{token.tag}"
            yield first, last, "skip"
    for number, line in enumerate(lines):
        bold = line.strip()
        if (
            4 < len(bold) < 80
            and bold.startswith(("**", "__"))
            and bold.endswith(("**", "__", "**:", ":**"))
            and bold[-4:-3] not in ".!?"
            and bold.count("**") in (0, 2)
        ):
            yield number, number + 1, "heading"
            yield number, number + 1, "skip"
        elif bold.startswith(">"):
            yield number, number + 1, "skip"


def sentences(letters: str, block: Block) -> Iterator[Sentence]:
    """Yield the sentences of one block; `letters` is the masked text."""
    start, text = block.start, letters[block.start : block.end]
    for found in SENTENCE_END.finditer(text):
        end = block.start + found.start()
        if found.start() and ABBREVIATION.search(text[max(0, found.start() - 12) : found.start()]) and found.end() < len(text) and "\n\n" not in found[0]:
            continue
        yield from cut(Sentence(start, end, block.kind))
        start = block.start + found.end()
    yield from cut(Sentence(start, block.end, block.kind))


def cut(sentence: Sentence) -> Iterator[Sentence]:
    for start in range(sentence.start, sentence.end, LONGEST):
        yield Sentence(start, min(start + LONGEST, sentence.end), sentence.kind)


def is_title(sentence: str) -> bool:
    """Tell whether this is a title, or several in a row: most words begin with a capital letter and go on in small ones."""
    words = re.findall(r"[^\W\d_]{4,}", sentence)
    return len(words) >= 8 and sum(word.istitle() for word in words) > 0.6 * len(words)


def is_part(sentence: str) -> bool:
    """Tell whether this is what follows a label or a full stop, too little to stand for an action of its own."""
    return not sentence.strip(" -*+•.") or HOLE in sentence
