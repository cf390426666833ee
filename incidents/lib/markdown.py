"""Pure. Markdown that people wrote, as HTML that is safe to show."""

from __future__ import annotations

import re

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from incidents.lib.citations import without_marks
from incidents.lib.text import clean_text

#: Longer texts are refused by the forms; here they are cut, so that no caller can be made to work for minutes.
LIMIT = 100_000
MAX_NESTING = 20

TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "li", "pre", "code", "em", "strong", "s", "del"),
    *("table", "thead", "tbody", "tr", "th", "td", "a", "img", "sup", "sub"),
}
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
OUR_IMAGE = re.compile(r"/media/a/[0-9a-f-]{1,64}(\.[a-z]{3,4})?")
HIDDEN_SPACE = re.compile(r"[\s\x00-\x20]+")
BLOCK_END = re.compile(r"</(?:p|h[1-6]|li|blockquote|pre|tr|td|th|table|ul|ol)>|<(?:br|hr)\s*/?>")
TAG = re.compile(r"<[^>]+>")


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Return the value an attribute may have, or None to drop it."""
    if tag == "img" and name == "src":
        return value if OUR_IMAGE.fullmatch(value) else None
    if tag == "a" and name == "href" and HIDDEN_SPACE.sub("", value).startswith(("//", "/\\")):
        return None
    return value


def _images_as_links(state: StateCore) -> None:
    """Turn an image from elsewhere into a link to it: loading it would tell its host who reads, and when."""
    for token in state.tokens:
        if token.type != "inline":
            continue
        token.children = [part for child in token.children or [] for part in _linked(child)]


def _linked(token: Token) -> list[Token]:
    source = str(token.attrs.get("src", ""))
    if token.type != "image" or OUR_IMAGE.fullmatch(source):
        return [token]
    text = Token("text", "", 0, content=token.content or source)
    return [Token("link_open", "a", 1, attrs={"href": source}), text, Token("link_close", "a", -1)]


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "maxNesting": MAX_NESTING}, renderer_cls=RendererHTML)
    parser.enable(["table", "strikethrough", "linkify"])
    parser.core.ruler.push("images_as_links", _images_as_links)
    return parser


PARSER = _parser()


def render(text: str) -> str:
    """Return safe HTML: parsed as CommonMark with tables, then cleaned by nh3, whatever the parser made of it."""
    return clean(PARSER.render(clean_text(text, limit=LIMIT)))


def clean(html: str) -> str:
    """Return only the tags and attributes that prose needs."""
    return nh3.clean(
        clean_text(html),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow ugc",
        clean_content_tags={"script", "style"},
        attribute_filter=_attribute,
    )


def plain(text: str) -> str:
    """Return the words alone, on one line, for search and for previews."""
    html = BLOCK_END.sub(" ", render(without_marks(text)))
    return " ".join(_unescape(TAG.sub("", html)).split())


def _unescape(text: str) -> str:
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&nbsp;", " "), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text
