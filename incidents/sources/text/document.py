"""Pure. A report's bytes as lines of text: decoded, HTML opened up, front matter set apart."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

from incidents.lib.text import clean_text
from incidents.sources.drafts import SourceError

LONGEST = 5_000_000  # bytes
MOST_LINES = 200_000
HTML = re.compile(r"<(?:html|body|table|ul|ol|div|p|li|h[1-6])[\s>]", re.IGNORECASE)
FRONT = re.compile(r"^(?P<fence>---|\+\+\+)[ \t]*\n(?P<body>.*?\n)(?P=fence)[ \t]*(?:\n|$)", re.DOTALL)
PAIR = re.compile(r"^(?P<key>[A-Za-z][\w-]{0,40})\s*[:=]\s*(?P<value>.*?)\s*$")
BREAKS = {"p", "div", "tr", "li", "ul", "ol", "table", "br", "section", "article", "header", "dt", "dd", "blockquote", "pre"}


@dataclass(frozen=True)
class Document:
    """`first` is the number of the line that `lines` begins with; `front` holds the keys of the front matter with their lines."""

    lines: list[str]
    first: int = 1
    front: dict[str, tuple[int, str]] = field(default_factory=dict)


def decoded(content: bytes) -> str:
    """Return the text. Raises SourceError for what is no text or too long."""
    if len(content) > LONGEST:
        raise SourceError(f"The text is longer than {LONGEST // 1_000_000} MB. Leave out what is no timeline, or split it.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", "replace")
    elif b"\x00" in content[:4096] or content.startswith(b"%PDF"):
        raise SourceError("This is no text. Export it as text, or copy the timeline and paste it.")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp1252", "replace")
    return clean_text(text)


def read(content: bytes) -> Document:
    """Return the report as lines. Raises SourceError for what is no text."""
    text = decoded(content)
    front: dict[str, tuple[int, str]] = {}
    first = 1
    if match := FRONT.match(text):
        for number, line in enumerate(match["body"].split("\n"), 2):
            if pair := PAIR.match(line):
                front.setdefault(pair["key"].lower(), (number, pair["value"].strip("\"'")))
        first += text[: match.end()].count("\n")
        text = text[match.end() :]
    if len(HTML.findall(text[:20_000])) >= 3 and not text.lstrip().startswith("#"):
        text = opened(text)
    lines = [line.replace("\u00a0", " ").rstrip() for line in text.split("\n")]
    if len(lines) > MOST_LINES:
        raise SourceError(f"The text has more than {MOST_LINES:,} lines. Leave out what is no timeline.")
    return Document(lines, first, front)


class _Opener(HTMLParser):
    """HTML as lines: a block a line, a row of a table with its cells between bars. Keeps the line breaks of the source out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.ignored = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "head"}:
            self.ignored += 1
        elif tag in BREAKS:
            self.parts.append("\n- " if tag == "li" else "\n")
        elif tag in {"td", "th"}:
            self.parts.append("| ")
        elif len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.parts.append("\n# ")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "head"}:
            self.ignored = max(0, self.ignored - 1)
        elif tag in {"td", "th"}:
            self.parts.append(" ")
        elif tag == "tr":
            self.parts.append("|\n")
        elif tag in BREAKS or (len(tag) == 2 and tag[0] == "h" and tag[1].isdigit()):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.ignored:
            self.parts.append(" ".join(data.split("\n")))


def opened(text: str) -> str:
    parser = _Opener()
    parser.feed(text)
    parser.close()
    return unescape("".join(parser.parts))
