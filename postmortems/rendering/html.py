"""Pure. A document as HTML: the body that the page and the PDF share, the print document, and the one-file page.

What people wrote reaches the output in two ways only: through `incidents.lib.markdown` (nh3), or through templates
that escape. `body` is rendered once, when a revision is published.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import unescape
from itertools import groupby
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from incidents.lib import markdown
from postmortems.rendering import citing
from postmortems.rendering.charts import milestone_chart
from postmortems.rendering.factor_graph import factor_graph
from postmortems.rendering.rows import Row, rows_of

CSS = Path(__file__).resolve().parent.parent.parent / "config" / "static" / "css"

#: A long table is cut into several, which lays out much faster; the heading says that the day goes on.
CHUNK = 100
#: What the PDF holds at most; the page has the rest.
PRINTED_ENTRIES = 1_000
PRINTED_TEXT = 1_200

HEADING = re.compile(r"<(/?)h([1-6])>")
HREF = re.compile(r'<a href="([^"]*)"')
IMAGE = re.compile(r"<img\b([^>]*)>")
SOURCE = re.compile(r'src="([^"]*)"')
ALT = re.compile(r'alt="([^"]*)"')
TEXT = re.compile(r">([^<]{300,})<")
LONG_WORD = re.compile(r"\S{300,}")
PIECE = re.compile(r"(?:&[#\w]+;|[^\s&]){200}(?=\S)")

#: Kinds of sections that show rows, and the title of the rows where no section asks for them. A document from before factors has none.
ROWS = {
    "milestones": "Key moments and intervals",
    "timeline": "Timeline",
    "perspectives": "Perspectives",
    "factors": "Contributing factors",
    "actions": "Action items",
    "look_back": "Looking back",
}
AUDIENCES = {"internal": "Internal", "stakeholder": "Stakeholders", "public": "Public"}
#: Kinds that are not named beside an entry: what somebody said shows itself.
TALK = ("message", "note")
STATES = {"recorded": "Recorded", "pending": "Pending", "not_applicable": "Not applicable", "invalid": "Invalid"}


@dataclass(frozen=True)
class Part:
    """A section as it is shown; `content` says what follows its text: one of `ROWS` or nothing. `layout` is that of its rows."""

    id: str
    title: str
    html: SafeString
    fields: Sequence[Mapping[str, str]]
    content: str
    layout: str = ""
    row: str = ""
    rows: Sequence[Row] = ()


@dataclass(frozen=True)
class Chunk:
    """Rows of one day that make one table."""

    day: str
    zone: str
    continued: bool
    rows: Sequence[Mapping[str, Any]]

    @property
    def has_key(self) -> bool:
        return any(row["key"] for row in self.rows)


def parts(document: Mapping[str, Any], *, printed: bool = False) -> list[Part]:
    """Return the sections in order; rows that no section asks for follow at the end."""
    result, placed = [], set()
    cited = citing.numbered(document.get("evidence", ()))  # documents of earlier days have none
    own = {row["path"]: row["path"] for row in document.get("pictures", ())}  # a picture of another document has its own readers
    for section in document["sections"]:
        content = section["kind"] if section["kind"] in ROWS and section["kind"] not in placed else ""
        placed.add(content)
        result.append(part(section, content, lambda text: citing.marked(with_pictures(prose(text), own), cited, printed=printed)))
    for content, title in ROWS.items():
        if content not in placed and document.get(content):
            result.append(Part(f"s-{content}-rows", title, mark_safe(""), [], content))
    if cited:
        result.append(Part("s-evidence-rows", "Evidence cited", mark_safe(""), [], "evidence"))
    return result


def part(section: Mapping[str, Any], content: str = "", told: Callable[[str], SafeString] | None = None) -> Part:
    """Return one section as it is shown; `told` makes HTML of what people wrote, by default without citations and pictures."""
    told = told or prose
    return Part(
        id=f"s-{section['key']}",
        title=section["title"],
        html=told(section["body"]),
        fields=section["fields"],
        content=content,
        layout=section.get("layout", ""),
        row=section.get("row", ""),
        rows=rows_of(section, told),
    )


def prose(body: str) -> SafeString:
    """Return the Markdown of a section as safe HTML, its headings below the section's own."""
    html = HEADING.sub(lambda match: f"<{match[1]}h{min(int(match[2]) + 2, 6)}>", markdown.render(body)) if body else ""
    return mark_safe(html)  # noqa: S308 - cleaned by nh3


def chunks(rows: Sequence[Mapping[str, Any]]) -> Iterator[Chunk]:
    for day, of_day in groupby(rows, key=lambda row: row["day"]):
        entries = list(of_day)
        for start in range(0, len(entries), CHUNK):
            piece = entries[start : start + CHUNK]
            yield Chunk(day, zones(piece), start > 0, piece)


def zones(rows: Sequence[Mapping[str, Any]]) -> str:
    """The abbreviations in force on that day: two where the clocks were changed."""
    return "/".join(dict.fromkeys(row["zone"] for row in rows))


def context(document: Mapping[str, Any], *, printed: bool) -> dict[str, Any]:
    rows = document["timeline"][:PRINTED_ENTRIES] if printed else document["timeline"]
    if printed:
        rows = [row | {"text": cut(row["text"])} for row in rows]
    return {
        "document": document,
        "parts": parts(document, printed=printed),
        "evidence": [row | {"text": cut(row["text"])} if printed else row for row in document.get("evidence", ())],
        "chart": milestone_chart(document),
        "related": [row | {"zone": document["zone"]} for row in document.get("related", [])],
        "graph": factor_graph(document),
        "chunks": list(chunks(rows)),
        "rows_left_out": document["timeline_total"] - len(rows),
        "actions": [item | {"due": day(item["due_on"])} for item in document["actions"]],
        "audience": AUDIENCES[document["audience"]],
        "states": STATES,
        "talk": TALK,
        "printed": printed,
    }


def cut(text: str) -> str:
    left = len(text) - PRINTED_TEXT
    return text if left <= 0 else f"{text[:PRINTED_TEXT].rstrip()} … ({left} more characters online)"


def day(iso: str | None) -> str:
    if not iso:
        return ""
    value = date.fromisoformat(iso)
    return f"{value.day} {value:%b %Y}"


def body(document: Mapping[str, Any]) -> str:
    """Return the body of the page of a revision."""
    return render_to_string("postmortems/document_body.html", context(document, printed=False))


def contents(document: Mapping[str, Any]) -> list[Part]:
    """Return the sections for a table of contents."""
    return parts(document)


def printable(
    document: Mapping[str, Any],
    *,
    url: str,
    base_url: str,
    sha256: str = "",
    number: int | None = None,
    published: str = "",
    stamp: str = "",
    pictures: Mapping[str, str] | None = None,
) -> str:
    """Return the whole print document, for `pdf.render`: links absolute, pictures under the addresses that `pictures` gives for theirs, all others as their words."""
    facts = {"url": url, "sha256": sha256, "number": number, "published": published, "stamp": stamp, "short_title": shortened(document["title"])}
    html = render_to_string("postmortems/document_print.html", context(document, printed=True) | facts)
    return without_long_words(with_pictures(absolute_links(html, base_url), pictures or {}))


def standalone(
    document: Mapping[str, Any], *, body: str, base_url: str, published: str, number: int, sha256: str, pictures: Mapping[str, str] | None = None
) -> str:
    """Return the page as one file that needs no other: for an archive, a mail, a share. `pictures` are data: addresses for those it shows."""
    facts = {"body": mark_safe(body), "css": mark_safe(file_css()), "published": published, "number": number, "sha256": sha256}  # noqa: S308 - our own
    html = render_to_string("postmortems/document_file.html", context(document, printed=False) | facts)
    return with_pictures(absolute_links(html, base_url), pictures or {})


@cache
def file_css() -> str:
    sheets = ("tokens.css", "base.css", "components/badge.css", "components/prose.css", "document.css")
    css = "\n".join((CSS / name).read_text(encoding="utf-8") for name in sheets)
    return re.sub(r"@font-face\s*\{[^}]*\}", "", css)


def shortened(title: str, most: int = 70) -> str:
    return title if len(title) <= most else title[: most - 1].rstrip() + "…"


def absolute_links(html: str, base_url: str) -> str:
    """Make links complete; one that leads nowhere outside the site's pages becomes plain text."""

    def complete(match: re.Match[str]) -> str:
        href = unescape(match[1])
        if href.startswith(("https://", "http://", "mailto:", "#s-")):
            return match[0]
        if href.startswith("/") and not href.startswith(("//", "/\\")):
            return f'<a href="{base_url}{match[1]}"'
        return "<a"

    return HREF.sub(complete, html)


def with_pictures(html: str, addresses: Mapping[str, str]) -> str:
    """Give pictures the addresses under which they may be loaded, and put the words of every other one in its place."""

    def words(match: re.Match[str]) -> str:
        alt, source = ALT.search(match[1]), SOURCE.search(match[1])
        if source and source[1] in addresses:
            return f'<img src="{addresses[source[1]]}" alt="{alt[1] if alt else ""}">'
        return f"[{alt[1] if alt and alt[1] else 'image'}]"

    return IMAGE.sub(words, html)


def without_long_words(html: str) -> str:
    """Put words that no line can hold into pieces, between which a line may break. Finding line breaks takes time that grows with the square of a piece."""

    def in_pieces(text: re.Match[str]) -> str:
        return ">" + LONG_WORD.sub(lambda word: PIECE.sub(r"\g<0><wbr>", word[0]), text[1]) + "<"

    return TEXT.sub(in_pieces, html)
