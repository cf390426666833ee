"""Pure. Markdown, HTML and Jira's markup and documents as the plain text that a reader of a timeline wants to see."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from incidents.sources.members import mapping, mappings, string

COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
BREAK = re.compile(r"(?:<br\s*/?>|</(?:p|div|li|ul|ol|h[1-6]|tr|pre|blockquote)>)\s*", re.IGNORECASE)
ITEM = re.compile(r"<li\b[^<>]{0,200}>\s*", re.IGNORECASE)
TAG = re.compile(
    r"</?(?:p|br|a|b|i|u|s|em|strong|del|ul|ol|li|div|span|h[1-6]|code|pre|blockquote|hr|small|table|thead|tbody|tr|t[dh]|img|sub|sup|kbd|details|summary|font|center|ins"
    r"|svg|path|input|label|section|picture|source|strike|tt|var|samp|mark|q|dl|dt|dd|caption|tfoot|col|colgroup|video|audio|iframe|style|script)\b[^<>]{0,2000}>",
    re.IGNORECASE,
)
IMAGE = re.compile(r"!\[([^\]\n]{0,300})\]\(([^()\s]{1,1500})[^()\n]{0,200}\)(?:\{[^{}\n]{0,100}\})?")
LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\((?:<)?([^()\s<>]{1,1500})(?:>)?[^()\n]{0,200}\)")
STRONG = re.compile(r"(\*\*|__)(?=\S)(.{1,1000}?)(?<=\S)\1")
HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+|[ \t]+#+[ \t]*$", re.MULTILINE)
GAPS = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
MARKED = re.compile(r"[*_`#%\]<&\r\n]|---")
MARKS = (
    (re.compile(r"%%%"), ""),  # Datadog's
    (IMAGE, ""),
    (re.compile(r"\[([^\[\]\n]{0,300})\]\([^)\s]{0,2000}(?:\s\"[^\"\n]{0,200}\")?\)"), r"\1"),
    (re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE), ""),
    (re.compile(r"(\*\*|__|``?)(?=\S)(.{1,500}?)(?<=\S)\1"), r"\2"),
    (re.compile(r"^\s*(?:[-*_]\s*){3,}$", re.MULTILINE), ""),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
)

WIKI = (  # Jira's own markup, what it becomes
    (re.compile(r"\{(?:code|noformat|quote|panel|color)(?::[^{}\n]{0,300})?\}"), ""),
    (re.compile(r"\[~(?:accountid:)?([^\[\]\n]{1,200})\]"), r"@\1"),
    (re.compile(r"\[([^\[\]|\n]{1,300})\|([^\[\]|\n]{1,1500})(?:\|[^\[\]\n]{0,100})?\]"), r"\1 (\2)"),
    (re.compile(r"\[((?:https?|mailto):[^\[\]\s|]{1,1500})\]"), r"\1"),
    (re.compile(r"^h[1-6]\.[ \t]+", re.MULTILINE), ""),
    (re.compile(r"^bq\.[ \t]+", re.MULTILINE), ""),
    (re.compile(r"!([^!\s|]{1,300}\.(?:png|jpe?g|gif|svg|webp))(?:\|[^!\n]{0,100})?!", re.IGNORECASE), r"[image \1]"),
    (re.compile(r"\{\{(.{1,300}?)\}\}"), r"\1"),
    (re.compile(r"\\([!{}\[\]*_#+-])"), r"\1"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]{1,500})(?<=\S)\*(?![\w*])"), r"\1"),
)


def plain(text: Any, limit: int = 20_000) -> str:
    """Return a text that may have HTML or Markdown in it as a reader sees it: links by their words, no images, no emphasis."""
    found = string(text)[: limit * 4]
    if not MARKED.search(found):  # most of what comes in
        return found[:limit]
    found = _without_tags(COMMENT.sub("", found.replace("\r\n", "\n")))
    for pattern, instead in MARKS:
        found = pattern.sub(instead, found)
    return GAPS.sub("\n\n", found).strip()[:limit]


def _without_tags(text: str) -> str:
    if "<" in text:
        text = TAG.sub("", ITEM.sub("- ", BREAK.sub("\n", text)))
    return html.unescape(text) if "&" in text else text


def plain_markdown(text: str) -> str:
    """Return Markdown with HTML in it, as GitHub and GitLab keep it, without its marks; code stays as it is written."""
    text = COMMENT.sub("", text[:100_000])
    parts = re.split(r"(```.*?(?:```|\Z)|`[^`\n]{1,500}`)", text, flags=re.DOTALL)
    return GAPS.sub("\n\n", "".join(part if number % 2 else _plain(part) for number, part in enumerate(parts))).strip()


def _plain(text: str) -> str:
    text = _without_tags(text)
    text = IMAGE.sub(lambda match: f"[image {match[1]}]" if match[1] else "[image]", text)
    text = LINK.sub(lambda match: match[1] if match[1] == match[2] or not match[2].startswith("http") else f"{match[1]} ({match[2]})", text)
    return STRONG.sub(r"\2", HEADING.sub("", text))


def plain_wiki(text: str) -> str:
    """Return Jira's markup as plain text."""
    text = text[:100_000]
    for pattern, plain in WIKI:
        text = pattern.sub(plain, text)
    return GAPS.sub("\n\n", text.replace("\r\n", "\n")).strip()


def plain_document(value: Any) -> str:
    """Return the text of an Atlassian document; a string is Jira's markup."""
    if isinstance(value, str):
        return plain_wiki(value)
    return GAPS.sub("\n\n", "".join(_document(value))).strip()


BLOCKS = {"paragraph", "heading", "codeBlock", "listItem", "tableRow", "rule", "mediaSingle", "taskItem", "decisionItem", "blockCard"}


def _document(node: Any, depth: int = 0) -> Iterator[str]:
    kind, attrs = string(mapping(node).get("type")), mapping(mapping(node).get("attrs"))
    if not kind or depth > 60:
        return
    if kind == "text":
        text = node["text"] if isinstance(node.get("text"), str) else ""
        links = [string(mapping(mark.get("attrs")).get("href")) for mark in mappings(node.get("marks")) if mark.get("type") == "link"]
        yield f"{text} ({links[0]})" if links and links[0] and links[0] != text else text
    elif kind == "hardBreak":
        yield "\n"
    elif kind in ("mention", "emoji", "status", "date", "inlineCard", "blockCard", "embedCard", "media"):
        said = next((string(attrs[name]) for name in ("text", "shortName", "url", "timestamp", "alt") if string(attrs.get(name))), "")
        yield f"[image {said}]" if kind == "media" and said else "[attachment]" if kind == "media" else said
    if kind in ("listItem", "taskItem"):
        yield "- "
    for number, each in enumerate(mappings(node.get("content"))):
        if kind == "tableRow" and number:
            yield " | "
        text = "".join(_document(each, depth + 1))
        yield text.strip() if kind in ("listItem", "tableCell", "tableHeader") and number == 0 else text.rstrip("\n") if kind in ("tableRow",) else text
        if kind == "listItem" and number == 0 and len(node["content"]) > 1:
            yield "\n"
    if kind in BLOCKS:
        yield "\n"


def clipped(text: str, limit: int = 1000) -> str:
    """Return the beginning of a long text, cut between words."""
    if len(text) <= limit:
        return text
    cut = text[:limit].rsplit(None, 1)[0] if " " in text[limit // 2 : limit] else text[:limit]
    return f"{cut} …"


def headed(head: str, body: str, limit: int = 1000) -> str:
    """Return a line and below it the beginning of what was written, when there is any and it says more."""
    body = clipped(body, limit)
    return f"{head}\n{body}" if body and body not in head else head


LONGEST = 400_000  # characters; what is longer is a newsletter
HIDDEN = {"script", "style", "head", "title", "template", "svg"}
HTML_BLOCKS = {
    "p",
    "div",
    "tr",
    "ul",
    "ol",
    "table",
    "blockquote",
    "pre",
    "codeblock",
    "section",
    "article",
    "header",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
}
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
        elif tag in HTML_BLOCKS:
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
        elif tag in HTML_BLOCKS:
            self.out.append("\n")
        if tag in ("pre", "codeblock"):
            self.pre = max(0, self.pre - 1)

    def handle_data(self, data: str) -> None:
        if not self.hidden and not self.over:
            self.out.append(data if self.pre else re.sub(r"[ \t\r\n\f]+", " ", data))


def plain_html(source: str, *, quotes: bool = True) -> str:
    """Return what a page or message in HTML says: paragraphs, lists, links, mentions, emoji; nothing of what was hidden.

    Without `quotes` what an e-mail repeats of others is left out.
    """
    reader = _Reader(quotes=quotes)
    reader.feed(source[:LONGEST])
    reader.close()
    lines = [line.strip() for line in "".join(reader.out).replace("\u00a0", " ").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
