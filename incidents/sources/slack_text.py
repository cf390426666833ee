"""Pure. What a Slack message says, as plain text: mentions and links resolved, blocks and attachments of bots read out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

MARK = re.compile(r"<([^<>\n]{1,3000})>")
ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
LIMIT = 20_000
NOT_SHOWN = {"This content can't be displayed.", "This message contains interactive elements."}


def plain(text: str, names: Mapping[str, str]) -> str:
    """Return Slack's markup as people read it. `names` is user or channel id -> name."""
    if "<" in text:
        text = MARK.sub(lambda match: _mark(match[1], names), text)
    if "&" in text:
        for entity, character in ENTITIES:
            text = text.replace(entity, character)
    return text


def _mark(inner: str, names: Mapping[str, str]) -> str:
    target, _, label = inner.partition("|")
    if target.startswith("@"):
        return "@" + (names.get(target[1:]) or label or target[1:])
    if target.startswith("#"):
        return "#" + (label or names.get(target[1:], target[1:]))
    if target.startswith("!"):
        name = target[1:].split("^")[0]
        return label or f"@{name}"
    if not label or label in (target, target.partition("://")[2], target.removeprefix("mailto:"), target.removeprefix("tel:")):
        return label if target.startswith(("mailto:", "tel:")) and label else target
    return f"{label} ({target})"


def text_of(message: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return all that a message says. A bot's message may have its words in blocks or attachments only."""
    parts: list[str] = []
    text = message.get("text")
    if isinstance(text, str) and text.strip() and text.strip() not in NOT_SHOWN:
        parts.append(plain(text, names))
    else:
        parts.extend(_blocks(message.get("blocks"), names))
    is_bot = bool(message.get("bot_id") or message.get("subtype") == "bot_message")
    for attachment in _dicts(message.get("attachments")):
        if is_bot or not (attachment.get("from_url") or attachment.get("original_url")):  # else a preview of a link in the text
            parts.extend(_attachment(attachment, names))
    seen: dict[str, None] = dict.fromkeys(part.strip() for part in parts if part.strip())
    return "\n".join(seen)[:LIMIT]


def suffixes(message: Mapping[str, Any]) -> str:
    """Return files and reactions as they stand under a message."""
    found = []
    for file in _dicts(message.get("files") or ([message["file"]] if message.get("file") else [])):
        name = _string(file.get("title")) or _string(file.get("name"))
        found.append(f"\n[file: {name[:200] or 'deleted'}]")
    reactions = [(_string(each.get("name")), each.get("count")) for each in _dicts(message.get("reactions"))]
    if reactions:
        found.append("\n[" + ", ".join(f":{name}: {count}" if isinstance(count, int) and count > 1 else f":{name}:" for name, count in reactions[:30]) + "]")
    return "".join(found)


def colour_of(message: Mapping[str, Any]) -> str:
    """Return the colour that a bot gave its first attachment."""
    return next((_string(each.get("color")) for each in _dicts(message.get("attachments")) if each.get("color")), "")


def _attachment(attachment: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    said = False
    for key in ("pretext", "author_name", "title", "text"):
        if value := _string(attachment.get(key)):
            said = said or key != "author_name"
            yield plain(value, names)
    for field in _dicts(attachment.get("fields")):
        said = True
        yield plain(": ".join(filter(None, (_string(field.get("title")), _string(field.get("value"))))), names)
    for block in _blocks(attachment.get("blocks") or attachment.get("message_blocks"), names):
        said = True
        yield block
    if not said and (fallback := _string(attachment.get("fallback"))):
        yield plain(fallback, names)


def _blocks(blocks: Any, names: Mapping[str, str]) -> Iterator[str]:
    for block in _dicts(blocks):
        kind = block.get("type")
        if kind == "rich_text":
            yield "".join(_rich(element, names) for element in _dicts(block.get("elements"))).strip()
        elif kind in ("section", "header"):
            yield _block_text(block.get("text"), names)
            for field in _dicts(block.get("fields")):
                yield _block_text(field, names)
        elif kind == "context":
            yield " ".join(filter(None, (_block_text(element, names) for element in _dicts(block.get("elements")))))
        elif kind == "markdown":
            yield _string(block.get("text"))
        elif kind in ("image", "video"):
            yield _string(block.get("alt_text")) or _block_text(block.get("title"), names)


def _block_text(value: Any, names: Mapping[str, str]) -> str:
    return plain(_string(value.get("text")), names) if isinstance(value, dict) else ""


def _rich(element: Mapping[str, Any], names: Mapping[str, str]) -> str:
    kind = element.get("type")
    inner = _dicts(element.get("elements"))
    if kind == "rich_text_list":
        return "".join(f"- {_rich(each, names).strip()}\n" for each in inner)
    if kind in ("rich_text_section", "rich_text_preformatted", "rich_text_quote"):
        return "".join(_rich(each, names) for each in inner) + "\n"
    if kind == "text":
        return _string(element.get("text"))
    if kind == "link":
        url, label = _string(element.get("url")), _string(element.get("text"))
        return f"{label} ({url})" if label and label != url else url
    if kind == "user":
        user = _string(element.get("user_id"))
        return f"@{names.get(user, user)}"
    if kind == "channel":
        channel = _string(element.get("channel_id"))
        return f"#{names.get(channel, channel)}"
    if kind == "emoji":
        return f":{_string(element.get('name'))}:"
    if kind == "broadcast":
        return f"@{_string(element.get('range'))}"
    if kind == "usergroup":
        return f"@{_string(element.get('usergroup_id'))}"
    return _string(element.get("fallback"))


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
