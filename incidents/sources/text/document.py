"""Pure. A report's bytes as lines of text: decoded, HTML opened up, front matter set apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser

from incidents.lib.text import clean_text
from incidents.sources.drafts import SourceError
from incidents.sources.text import tongues
from incidents.sources.text.military import with_hours

LONGEST = 5_000_000  # bytes
MOST_LINES = 200_000
ENCODINGS = ("utf-8", "utf-16", "cp1252")
HTML_LIST = re.compile(r"</?(?:tr|td|li|dd)\b", re.IGNORECASE)
HTML = re.compile(r"<(?:html|body|table|ul|ol|div|p|li|h[1-6])[\s>]", re.IGNORECASE)
FRONT = re.compile(r"^(?P<fence>---|\+\+\+)[ \t]*\n(?P<body>.*?\n)(?P=fence)[ \t]*(?:\n|$)", re.DOTALL)
PAIR = re.compile(r"^(?P<key>[A-Za-z][\w-]{0,40})\s*[:=]\s*(?P<value>.*?)\s*$")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d")
IGNORED = {"script", "style", "head", "nav", "footer", "svg"}
EMPHASIS = re.compile(r"</?(?:b|strong)(?:\s[^<>]{0,200})?>", re.IGNORECASE)  # within Markdown
STYLE = re.compile(r"</?(?:i|em|u|span|font|small|mark|kbd|code|sub|sup|center|ins)(?:\s[^<>]{0,300})?>", re.IGNORECASE)
HEADED = re.compile(r"^([ \t]*)<h[1-6](?:\s[^<>\n]{0,200})?>[ \t]*([^\n]*?)[ \t]*</h[1-6]>[ \t]*$", re.IGNORECASE | re.MULTILINE)
BROKEN = re.compile(r"\s*<br\s*/?>\s*", re.IGNORECASE)
BREAKS = {"p", "div", "tr", "li", "ul", "ol", "table", "br", "section", "article", "header", "dt", "dd", "blockquote", "pre"}


SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff]")
HYPHENS = re.compile("[\u2010\u2011](?=\\d)")
# What print and PDF put on every page: "2020/7/6 Title", "1 of 3 26.03.2026, 15:37", "https://… 2/7".
FURNITURE = re.compile(
    r"^(?:\d{4}/\d{1,2}/\d{1,2} (?!\d{1,2}:\d\d)\S.{3,200}|\d{1,3} of \d{1,3}(?: [\d./]+, \d\d:\d\d)?|https?://\S+ \d{1,3}/\d{1,3}|page \d{1,3}(?: of \d{1,3})?)$",
    re.IGNORECASE,
)
ESCAPED = re.compile(r"^([ \t]*)\\([-*+#\[])", re.MULTILINE)  # "\- 14:02", as editors export lists
ISO_WEEK = re.compile(r"(?<![\w-])(20\d\d)-?W(\d\d)-?([1-7])(?![\w-])")
ROUGHLY = re.compile(  # "06:2x", "11:39:xx", "14:xx"
    r"(?:(?<![\w:.])|(?<=\dT))((?:[01]?\d|2[0-3]):[0-5])x(?=Z?\b|:)(?::[\dx?]{2}(?!\w))?|(?:(?<![\w:.])|(?<=\dT))((?:[01]?\d|2[0-3])(:[0-5]\d)?):(?:xx|\?\?)(?=Z?\b|\W|$)",
    re.IGNORECASE,
)
PICTURES = re.compile(  # ":fire: 14:02"
    "^([\\s>*\u2022-]*)(?::[a-z][a-z0-9_+-]{2,40}:\\s*(?=[^\\s:])|(?:[\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]\\s*)+(?=[*_`\\[(]*(?:\\d|T[+-])))"
)
WIKI_BOLD = re.compile(r"'''([^'\n]{1,200})'''")
TABLE = re.compile(r"\s*(\|===|\{\||\.\. list-table::)")  # AsciiDoc, wikitext, reStructuredText
LISTED_CELL = re.compile(r"[ \t]+(?P<row>\*[ \t]+)?-(?:[ \t]+(?P<cell>.*)|$)")
# A new entry in the middle of a line, where a page was copied as running text: "… is growing. 16:24 UTC - We got …".
INLINE = re.compile(
    r"(?<=[.!?])\s+-\s+(?=(?:[01]?\d|2[0-3]):[0-5]\d(?: ?[AaPp][Mm])?\s*[:\u2013\u2014]\s)|"
    r"(?<=\w)\s+(?=(?:[01]\d|2[0-3]):?[0-5]\d (?:UTC|GMT|[PECM][DS]T|CES?T|BST) [-\u2013\u2014](?: [A-Z\u201c]|$))|"
    r"(?:(?<=[.!?\u201d\u2019)\]])|(?<=[Tt]imeline:)|(?<=\s\s))\s+(?=(?:\d{4}-\d\d-\d\d[ T])?(?:[01]?\d|2[0-3]):?[0-5]\d(?::[0-5]\d)? ?(?:[ap]m )?\(?(?:UTC|GMT|Z|[PECM][DS]T|CES?T|BST)\)?(?: on [^.:]{3,20}?)?\s*[-\u2013\u2014:]\s)"
)


@dataclass(frozen=True)
class Document:
    """`numbers` holds the number of each line in the file; `front` the keys of the front matter with their lines."""

    lines: list[str]
    numbers: list[int]
    front: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def first(self) -> int:
        return self.numbers[0] if self.numbers else 1


def decoded(content: bytes, encoding: str = "") -> str:
    """Return the text. Raises SourceError for what is no text or too long."""
    if len(content) > LONGEST:
        raise SourceError(f"The text is longer than {LONGEST // 1_000_000} MB. Leave out what is no timeline, or split it.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", "replace")
    elif b"\x00" in content[:4096] or content.startswith(b"%PDF"):
        raise SourceError("This is no text. Export it as text, or copy the timeline and paste it.")
    elif encoding:
        if encoding.lower() not in ENCODINGS:
            raise SourceError(f"The encoding “{encoding[:40]}” is not read here. Known: {', '.join(ENCODINGS)}.")
        text = content.decode(encoding.lower(), "replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
    return clean_text(text)


def read(content: bytes, encoding: str = "") -> Document:
    """Return the report as lines. Raises SourceError for what is no text."""
    text = decoded(content, encoding)
    front: dict[str, tuple[int, str]] = {}
    first = 1
    if match := FRONT.match(text):
        for number, line in enumerate(match["body"].split("\n"), 2):
            if pair := PAIR.match(line):
                front.setdefault(pair["key"].lower(), (number, pair["value"].strip("\"'")))
        first += text[: match.end()].count("\n")
        text = text[match.end() :]
    if "<!--" in text:
        text = uncommented(text)
    if text.count("\n") > MOST_LINES:
        raise SourceError(f"The text has more than {MOST_LINES:,} lines. Leave out what is no timeline.")
    text = ESCAPED.sub(r"\1\2", text)
    text = tongues.known(text)
    text = ISO_WEEK.sub(day_of_week, text)
    text = ROUGHLY.sub(lambda match: match[1] and f"{match[1]}0" or f"{match[2]}{'' if match[3] else ':00'}", text)
    text = WIKI_BOLD.sub(r"**\1**", text) if "'''" in text else text
    is_page = len(HTML.findall(text[:20000])) >= 3 or len(HTML_LIST.findall(text[:200000])) >= 3
    pairs = opened(text) if is_page else tagged(text) if "<" in text else list(enumerate(text.split("\n")))
    if any(TABLE.match(line) for _, line in pairs):
        pairs = rowed(pairs)
    lines: list[str] = []
    numbers: list[int] = []
    printed = sum(1 for _, line in pairs if FURNITURE.match(line.rstrip())) > 1  # one such line alone is a title
    for offset, line in pairs:
        line = INVISIBLE.sub("", HYPHENS.sub("-", SPACES.sub(" ", line))).rstrip()
        line = PICTURES.sub(r"\1", line[:400]) + line[400:]
        if FURNITURE.match(line) and printed:
            continue
        for part in INLINE.split(line) if len(line) < 100_000 else [line]:
            lines.append(part)
            numbers.append(first + offset)
    return Document(with_hours(lines), numbers, front)


def tagged(text: str) -> list[tuple[int, str]]:
    """Return the lines of Markdown with a few tags in it: what is bold stays bold, a break parts a line unless that is a row."""
    pairs: list[tuple[int, str]] = []
    text = HEADED.sub(r"\1# \2", text)
    for number, line in enumerate(STYLE.sub("", EMPHASIS.sub("**", text)).split("\n")):
        parts = [BROKEN.sub(" ", line)] if line.count("|") > 1 else BROKEN.split(line)
        pairs += [(number, part) for part in parts[: len(parts) - (len(parts) > 1 and not parts[-1])]]
    return pairs


def day_of_week(match: re.Match[str]) -> str:
    """Return "2026-03-02" for "2026-W10-1"."""
    try:
        return date.fromisocalendar(int(match[1]), int(match[2]), int(match[3])).isoformat()
    except ValueError:
        return match[0]


def rowed(pairs: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return the rows of AsciiDoc's and wikitext's tables, whose cells may stand below each other, as lines with bars."""
    done: list[tuple[int, str]] = []
    cells: list[str] = []
    kind, start, width = "", 0, 0

    def close() -> None:
        if cells:
            done.append((start, f"| {' | '.join(cells)} |"))
        cells.clear()

    for number, line in pairs:
        bare = line.strip()
        if not kind and (match := TABLE.match(line)):
            kind, width = match[1], 0
        elif not kind:
            done.append((number, line))
        elif bare == "|===" or bare.startswith("|}"):
            close()
            kind = ""
        elif kind == "{|" and bare.startswith("|-"):
            close()
        elif kind == ".. list-table::":
            if bare and line[:1] not in " \t":
                close()
                kind = ""
                done.append((number, line))
            elif item := LISTED_CELL.match(line):
                if item["row"]:
                    close()
                    start = number
                cells.append((item["cell"] or "").strip())
            elif cells and bare:
                cells[-1] = f"{cells[-1]} {bare}".strip()
        elif kind == "{|" and bare[:1] in "|!" and bare[:2] != "|+":
            start = start if cells else number
            cells += [re.sub(r"^[^|\[]*\w=[^|]*\|(?!\|)", "", cell).strip() for cell in re.split(r"\|\||!!", bare[1:])]
        elif kind == "|===" and "|" in bare:
            start = start if cells else number
            cells += [cell.strip() for cell in re.sub(r"^[^|]*", "", bare)[1:].split("|")]
            width = width or (len(cells) if len(cells) > 1 else 0)
            if width and len(cells) >= width:
                close()
        elif cells and bare:
            cells[-1] = f"{cells[-1]} {bare}".strip()
        elif not bare and not width:
            close()
    close()
    return done


def uncommented(text: str) -> str:
    """Return the text without HTML comments, with as many lines."""
    parts = []
    position = 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        parts += [text[position:start], "\n" * text.count("\n", start, end)]
        position = end + 3
    return "".join([*parts, text[position:]])


class _Opener(HTMLParser):
    """HTML as lines with their numbers: a block a line, a row of a table with its cells between bars."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[tuple[int, str]] = [(0, "")]
        self.ignored = self.cells = 0
        self.instant = ""  # the machine's reading of the time element that is open

    def add(self, text: str, *, fresh: bool = False) -> None:
        number, line = self.lines[-1]
        if not fresh:
            self.lines[-1] = (number if line.strip() else self.getpos()[0] - 1, line + text)
        elif line.strip():
            self.lines.append((self.getpos()[0] - 1, text))
        else:
            self.lines[-1] = (self.getpos()[0] - 1, text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in IGNORED:
            self.ignored += 1
        elif tag == "time":
            self.instant = next((value or "" for name, value in attrs if name == "datetime"), "").strip()
            self.add(f"{self.instant} " if INSTANT.match(self.instant) else "")
        elif tag in {"td", "th"}:
            self.cells += 1
            self.add("| ")
        elif self.cells and tag != "tr":
            self.add(" " if tag in BREAKS else "")
        elif tag in BREAKS:
            self.add("- " if tag == "li" else "", fresh=True)
        elif len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.add("# ", fresh=True)
        elif tag in {"b", "strong"}:
            self.add("**")

    def handle_endtag(self, tag: str) -> None:
        if tag in IGNORED:
            self.ignored = max(0, self.ignored - 1)
        elif tag == "time":
            self.instant = ""
        elif tag in {"td", "th"}:
            self.cells = max(0, self.cells - 1)
            self.add(" ")
        elif tag == "tr":
            self.cells = 0
            self.add("|")
            self.add("", fresh=True)
        elif tag in {"b", "strong"} and not self.cells:
            self.add("**")
        elif not self.cells and (tag in BREAKS or len(tag) == 2 and tag[0] == "h" and tag[1].isdigit()):
            self.add("", fresh=True)

    def handle_data(self, data: str) -> None:
        if self.ignored or INSTANT.match(self.instant) and (len(self.instant) > 10 or not re.search(r"\d:\d\d", data)):
            return
        if self.cells:
            self.add(re.sub(r"\s+", " ", data).replace("|", "/"))
            return
        first, *others = data.split("\n")
        self.add(first)
        for number, line in enumerate(others, self.getpos()[0]):
            self.lines.append((number, line))


def opened(text: str) -> list[tuple[int, str]]:
    """Return the lines of HTML, or of Markdown with HTML in it, with their numbers from 0."""
    parser = _Opener()
    parser.feed(text)
    parser.close()
    return parser.lines
