"""Pure. Markdown, HTML and Jira's markup and documents as the plain text that a reader of a timeline wants to see."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from incidents.sources.values import mapping, mappings, scalar, string

COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
BREAK = re.compile(r"<br ?/?>|</(?:p|div|li|tr|h\d|ul|ol|pre|blockquote)>", re.IGNORECASE)
ITEM = re.compile(r"<li[^<>]{0,200}>", re.IGNORECASE)
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,2000}>")
IMAGE = re.compile(r"!\[([^\]\n]{0,300})\]\(([^()\s]{1,1500})[^()\n]{0,200}\)(?:\{[^{}\n]{0,100}\})?")
LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\((?:<)?([^()\s<>]{1,1500})(?:>)?[^()\n]{0,200}\)")
STRONG = re.compile(r"(\*\*|__)(?=\S)(.{1,1000}?)(?<=\S)\1")
HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+|[ \t]+#+[ \t]*$", re.MULTILINE)
GAPS = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")

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


def plain_markdown(text: str) -> str:
    """Return Markdown with HTML in it, as GitHub and GitLab keep it, without its marks; code stays as it is written."""
    text = COMMENT.sub("", text[:100_000])
    parts = re.split(r"(```.*?(?:```|\Z)|`[^`\n]{1,500}`)", text, flags=re.DOTALL)
    return GAPS.sub("\n\n", "".join(part if number % 2 else _plain(part) for number, part in enumerate(parts))).strip()


def _plain(text: str) -> str:
    if "<" in text or "&" in text:
        text = html.unescape(TAG.sub("", ITEM.sub("- ", BREAK.sub("\n", text))))
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
        text = scalar(node.get("text"))
        links = [string(mapping(mark.get("attrs")).get("href")) for mark in mappings(node.get("marks")) if mark.get("type") == "link"]
        yield f"{text} ({links[0]})" if links and links[0] and links[0] != text else text
    elif kind == "hardBreak":
        yield "\n"
    elif kind in ("mention", "emoji", "status", "date", "inlineCard", "blockCard", "embedCard", "media"):
        said = next((scalar(attrs[name]) for name in ("text", "shortName", "url", "timestamp", "alt") if scalar(attrs.get(name))), "")
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
