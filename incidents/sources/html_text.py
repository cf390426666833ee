"""Pure. HTML of messages as the plain text that people saw: paragraphs, lists, links, mentions, emoji; nothing of what was hidden."""

from __future__ import annotations

import re
from html.parser import HTMLParser

LONGEST = 400_000  # characters; what is longer is a newsletter
HIDDEN = {"script", "style", "head", "title", "template", "svg"}
BLOCKS = {"p", "div", "tr", "ul", "ol", "table", "blockquote", "pre", "codeblock", "section", "article", "header", "footer", "h1", "h2", "h3", "h4", "h5", "h6"}
QUOTES = re.compile(r"\b(?:gmail_quote|gmail_extra|yahoo_quoted|moz-cite-prefix|protonmail_quote|OutlookMessageHeader)\b|^(?:divRplyFwdMsg|appendonsend)$")
VOID = {"br", "img", "hr", "meta", "link", "input", "wbr", "col", "area", "base", "embed", "source", "track"}


class _Reader(HTMLParser):
    def __init__(self, *, quotes: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.quotes = quotes
        self.out: list[str] = []
        self.hidden: list[str] = []  # open elements since the one that is left out
        self.links: list[tuple[str, int]] = []
        self.pre = 0
        self.over = False  # an answer's history goes to the end

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if self.hidden:
            if tag not in VOID:
                self.hidden.append(tag)
            return
        if tag in HIDDEN or not self.quotes and self._is_quote(tag, given):
            if given.get("id", "") in ("divRplyFwdMsg", "appendonsend"):
                self.over = True
            self.hidden.append(tag)
            return
        if tag == "br":
            self.out.append("\n")
        elif tag == "li":
            self.out.append("\n- ")
        elif tag in ("td", "th"):
            self.out.append(" ")
        elif tag == "at":
            self.out.append("@")
        elif tag in ("img", "emoji"):
            self.out.append(given.get("alt", "") or ("[image]" if tag == "img" and given.get("width") not in ("0", "1") else ""))
        elif tag == "a":
            self.links.append((given.get("href", ""), len(self.out)))
        elif tag in BLOCKS:
            self.out.append("\n")
        if tag in ("pre", "codeblock"):
            self.pre += 1

    def _is_quote(self, tag: str, given: dict[str, str]) -> bool:
        return tag == "blockquote" or bool(QUOTES.search(given.get("class", "")) or QUOTES.search(given.get("id", "")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID or tag == "emoji":
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self.hidden:
            if tag in self.hidden:
                while self.hidden and self.hidden.pop() != tag:
                    pass
            return
        if tag == "a" and self.links:
            href, start = self.links.pop()
            label = "".join(self.out[start:]).strip()
            if href.startswith(("https://", "http://")) and href.rstrip("/") not in (label, label.rstrip("/")) and href.partition("://")[2] != label:
                self.out.append(f" ({href})" if label else href)
        elif tag in BLOCKS:
            self.out.append("\n")
        if tag in ("pre", "codeblock"):
            self.pre = max(0, self.pre - 1)

    def handle_data(self, data: str) -> None:
        if not self.hidden and not self.over:
            self.out.append(data if self.pre else re.sub(r"[ \t\r\n\f]+", " ", data))


def plain(html: str, *, quotes: bool = True) -> str:
    """Return what the HTML says. Without `quotes` what an e-mail repeats of others is left out."""
    reader = _Reader(quotes=quotes)
    reader.feed(html[:LONGEST])
    reader.close()
    lines = [line.strip() for line in "".join(reader.out).replace("\u00a0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
