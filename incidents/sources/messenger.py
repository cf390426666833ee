"""Pure. Facebook Messenger and Instagram: the JSON of “Download your information”, and of end-to-end encrypted chats.

https://www.facebook.com/help/212802592074644 tells how it is made. Its texts are UTF-8 written as if each byte were a character; they are mended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.lib.text import clean_line
from incidents.lib.timestamps import TimeError, read_machine
from incidents.sources.base import Item, Payload, Source
from incidents.sources.conversation import Keys, event_of
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.json_stream import read_nodes, sample

LISTS = ("messages", "participants")
MEDIA = (("photos", "photo"), ("videos", "video"), ("audio_files", "audio"), ("files", "file"), ("gifs", "gif"), ("media", "file"))
COMINGS = {"Subscribe", "Unsubscribe"}
SYSTEM = (
    " named the group ",
    " changed the theme ",
    " set the quick reaction ",
    " set the emoji ",
    " joined the group",
    " left the group",
    " pinned a message",
)


def detect(payload: Payload) -> int:
    found = [node for node in sample(payload, LISTS, 40) if not node.rest and node.path[:1] == ("messages",) or not node.path]
    messages = [node for node in found if _is_message(node.value)]
    return 95 if messages and len(messages) * 2 >= len([node for node in found if not node.rest]) else 0


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    count = 0
    keys = Keys()
    for node in read_nodes(payload, LISTS):
        if node.error:
            yield Rejected(node.where, node.error)
        elif node.rest or not node.path and isinstance(node.value, dict) and "messages" in node.value:
            yield from _about(node.value)
        elif node.path[:1] == ("participants",):
            continue
        elif not _is_message(node.value):
            yield Rejected(node.where, "This is no message: it has no sender_name and timestamp_ms.")
        else:
            item = _event(node.value, node.where, node.raw, count + 1, keys, options)
            count += isinstance(item, EventDraft)
            yield item
    if not count:
        raise SourceError("There is no message of Messenger in this file that can be read.")


def mended(text: str) -> str:
    """Return what was meant by “cafÃ©”: café. A text that is not spoilt that way is left alone."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _is_message(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("sender_name"), str) and "timestamp_ms" in value:
        return True
    return isinstance(value.get("senderName"), str) and "timestamp" in value and ("isUnsent" in value or "media" in value or "reactions" in value)


def _about(value: Mapping[str, Any]) -> Iterator[IncidentDraft]:
    title = value.get("title") or value.get("threadName")
    path = value.get("thread_path") or title
    if isinstance(path, str) and path:
        labels = (("channel", clean_line(mended(title), limit=200)),) if isinstance(title, str) and title else ()
        yield IncidentDraft(key=clean_line(path, limit=200), labels=labels)


def _event(message: Mapping[str, Any], where: str, raw: str, order: int, keys: Keys, options: ReadOptions) -> EventDraft | Rejected:
    stamp = message.get("timestamp_ms", message.get("timestamp"))
    try:
        moment = read_machine(stamp, options.time_zone, options.latest)
    except TimeError as error:
        return Rejected(where, str(error))
    if moment.at is None and not moment.needs:
        return Rejected(where, "The message has no time.")
    actor = mended(_string(message.get("sender_name")) or _string(message.get("senderName")))
    text = mended(_string(message.get("content")) or _string(message.get("text")))
    gone = message.get("is_unsent") is True or message.get("isUnsent") is True
    call = message.get("call_duration")
    if share := _share(message.get("share")):
        text = text if share in text else f"{text}\n{share}".strip()
    if isinstance(call, int) and not isinstance(call, bool):
        text = f"{text or 'Call'} ({call // 60} min {call % 60} s)"
    kind = _string(message.get("type"))
    system = kind in COMINGS or any(part in text for part in SYSTEM) and len(text) < 200
    return event_of(
        moment,
        text or ("A message was deleted" if gone else ""),
        key=keys.of(str(stamp), actor, "" if gone else text),
        where=where,
        order=order,
        raw=raw,
        actor=actor,
        revised="deleted" if gone else "",
        notice="deleted message" if gone else f"type {kind or 'system'}" if system else "",
        coming=kind in COMINGS,
        tail=_tail(message),
    )


def _share(share: Any) -> str:
    """Return the link that was shared."""
    link = share.get("link") if isinstance(share, dict) else None
    return link[:1000] if isinstance(link, str) else ""


def _tail(message: Mapping[str, Any]) -> str:
    lines = []
    for key, name in MEDIA:
        for each in _dicts(message.get(key)):
            file = mended(_string(each.get("uri"))).rpartition("/")[2]
            lines.append(f"\n[{name}: {file[:200]}]" if file else f"\n[{name}]")
    if isinstance(message.get("sticker"), dict):
        lines.append("\n[sticker]")
    reactions = [mended(_string(each.get("reaction"))) for each in _dicts(message.get("reactions"))[:30]]
    return "".join(lines) + (f"\n[{', '.join(filter(None, reactions))}]" if any(reactions) else "")


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


SOURCE = Source(
    name="messenger",
    label="Messenger",
    detect=detect,
    read=read,
    docs="Facebook Messenger and Instagram: the JSON files of “Download your information” and of end-to-end encrypted chats, with mended texts "
    "(https://www.facebook.com/help/212802592074644).",
)
