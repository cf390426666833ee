"""Pure. Telegram: the JSON export of Telegram Desktop, of one chat or of the account, and updates of the Bot API.

https://core.telegram.org/bots/api#update defines updates, https://telegram.org/blog/export-and-more tells of the export.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from incidents.lib.text import clean_line
from incidents.lib.timestamps import Moment, TimeError, read_machine
from incidents.lib.zones import offset_name
from incidents.sources.base import Item, Payload, Source
from incidents.sources.conversation import event_of
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.json_stream import Node, read_nodes, sample
from incidents.sources.pages import paged
from incidents.sources.telegram_html import is_page, items_of_page

LISTS = ("messages", "list", "result")
UPDATES = ("message", "edited_message", "channel_post", "edited_channel_post", "business_message", "edited_business_message")
COMINGS = {"invite_members", "remove_members", "join_group_by_link", "join_group_by_request", "new_chat_members", "left_chat_member", "new_chat_member"}
ACTIONS = {  # actions of the export, and the keys of the Bot API that say the same
    "pin_message": "pinned a message",
    "pinned_message": "pinned a message",
    "invite_members": "invited {members}",
    "new_chat_members": "added {members}",
    "remove_members": "removed {members}",
    "left_chat_member": "left, or was removed: {members}",
    "join_group_by_link": "joined by a link",
    "join_group_by_request": "joined by request",
    "create_group": "created the group {title}",
    "create_channel": "created the channel {title}",
    "edit_group_title": "renamed the group to {title}",
    "new_chat_title": "renamed the chat to {title}",
    "topic_created": "opened the topic {title}",
    "topic_edit": "changed the topic to {title}",
    "phone_call": "called",
    "group_call": "started a group call",
    "video_chat_started": "started a video chat",
    "video_chat_ended": "ended the video chat",
}
CALLS = {"phone_call", "group_call", "video_chat_started", "video_chat_ended"}
PLACES = ("messages", "chats", "left_chats", "result")
ONLY_CHAT = re.compile(rb'"id"\s*:\s*(-?\d{1,18})\b')
MEDIA = ("photo", "file", "document", "video", "voice", "audio", "animation", "video_note")


def detect(payload: Payload) -> int:
    if is_page(payload.head):
        return 95
    found = [node for node in paged(sample(payload, LISTS, 10), ("result",)) if not node.rest]
    hits = [node for node in found if any(True for _ in _messages(node))]
    return 95 if hits and len(hits) * 2 >= len(found) else 90 if any(_is_press(node.value) for node in found) else 0


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    if is_page(payload.head):
        yield from items_of_page(payload, options)
        return
    final = _final(payload)
    only = ONLY_CHAT.search(payload.head[: max(0, payload.head.find(b'"messages"'))])
    single = {"id": int(only[1])} if only else None
    count = 0
    told: set[str] = set()
    reason = "There is no Telegram message in this file."
    for number, node in enumerate(paged(read_nodes(payload, LISTS), ("result",))):
        if node.error:
            yield Rejected(node.where, node.error)
            continue
        if node.rest or isinstance(node.value, dict) and node.value.get("messages") == []:
            if isinstance(node.value, dict) and "name" in node.value and "id" in node.value and not told:
                told.add(_chat_id(node.value.get("id")))
                yield _about(node.value)
            continue
        if node.path and isinstance(node.path[0], str) and node.path[0] not in PLACES:
            continue  # contacts, sessions and the like of an account
        found = list(_messages(node))
        if not found:
            reason = _why_not(node.value)
            yield Rejected(node.where, reason)
        for where, message, chat, raw in found:
            chat = chat or single if node.path[:1] == ("messages",) else chat
            key = _key(chat, message)
            if final.get(key, number) != number:
                continue  # edited later in this file
            if chat is not None and chat is not single and (name := _chat_id(chat.get("id"))) and name not in told and len(told) < 200:
                told.add(name)
                yield _about(chat)
            item = _event(message, chat, key, where, raw, count + 1, options)
            count += isinstance(item, EventDraft)
            reason = item.reason if isinstance(item, Rejected) else reason
            yield item
    if not count:
        raise SourceError(reason)


def _final(payload: Payload) -> dict[str, int]:
    """Return at which part of the file each message that updates say was edited gets its last word."""
    final: dict[str, int] = {}
    if b'"update_id"' not in payload.head:
        return final
    try:
        for number, node in enumerate(paged(read_nodes(payload, LISTS), ("result",))):
            if not node.error and isinstance(node.value, dict) and any(name.startswith("edited_") for name in node.value):
                final |= {_key(chat, message): number for _, message, chat, _ in _messages(node) if len(final) < 100_000}
    except SourceError:
        pass  # said when it is read
    return final


def _messages(node: Node) -> Iterator[tuple[str, dict[str, Any], dict[str, Any] | None, str]]:
    """Yield where, message, chat and text of every message in a node: a message, a chat with its messages, or an update."""
    value = node.value
    if isinstance(value, dict) and isinstance(value.get("body"), dict):
        value = value["body"]
    if not isinstance(value, dict):
        return
    if "update_id" in value:
        for name in UPDATES:
            message = value.get(name)
            if isinstance(message, dict) and "date" in message and isinstance(message.get("chat"), dict):
                yield node.where, message, message["chat"], node.raw
    elif isinstance(value.get("messages"), list) and ("id" in value or "name" in value):
        yield from _of_chat(value, node.where)
    elif any(isinstance(value.get(name), dict) for name in ("chats", "left_chats")):
        for name in ("chats", "left_chats"):
            listed = value[name].get("list") if isinstance(value.get(name), dict) else None
            for number, chat in enumerate(listed if isinstance(listed, list) else ()):
                if isinstance(chat, dict):
                    yield from _of_chat(chat, f"{name}.list[{number}]")
    elif _is_message(value):
        yield node.where, value, None, node.raw


def _of_chat(chat: dict[str, Any], where: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any] | None, str]]:
    messages = chat.get("messages")
    for number, message in enumerate(messages if isinstance(messages, list) else ()):
        if _is_message(message):
            yield f"{where}.messages[{number}]", message, chat, json.dumps(message, ensure_ascii=False)


def _is_message(value: Any) -> bool:
    if not isinstance(value, dict) or value.get("type") not in ("message", "service", "unsupported") or not value.keys() & {"text", "action"}:
        return False
    dated = isinstance(value.get("date_unixtime"), str) or isinstance(value.get("date"), str)
    return dated and any(key in value for key in ("from_id", "from", "actor", "actor_id", "date_unixtime"))


def _is_press(value: Any) -> bool:
    return isinstance(value, dict) and "update_id" in value


def _why_not(value: Any) -> str:
    if _is_press(value):
        names = ", ".join(str(name)[:40] for name in value if name != "update_id")
        return f"This update of a Telegram bot ({names[:100]}) has no time of its own, and so is no event. Send messages and channel posts."
    return "This is no Telegram message: it has no id, type and date."


def _about(chat: Mapping[str, Any]) -> IncidentDraft:
    name = chat.get("name") or chat.get("title")
    labels = (("channel", clean_line(name, limit=200)),) if isinstance(name, str) and name else ()
    return IncidentDraft(key=_chat_id(chat.get("id")), labels=labels)


def _chat_id(value: Any) -> str:
    """Return the id as the export writes it: the Bot API says -100123 of the same supergroup."""
    digits = str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
    return digits.removeprefix("-100") if len(digits) > 10 else digits.removeprefix("-")


def _key(chat: Mapping[str, Any] | None, message: Mapping[str, Any]) -> str:
    number = message.get("id", message.get("message_id"))
    place = (_chat_id(chat.get("id")) or _name(chat)) if chat else ""
    if not isinstance(number, int):
        said = f"{message.get('date_unixtime') or message.get('date')}|{_name(message.get('from'))}|{_text(message.get('text'))}"
        number = hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{place}:{number}"


def _event(
    message: Mapping[str, Any], chat: Mapping[str, Any] | None, key: str, where: str, raw: str, order: int, options: ReadOptions
) -> EventDraft | Rejected:
    try:
        moment = _moment(message, options)
    except TimeError as error:
        return Rejected(where, str(error))
    if moment.at is None and not moment.needs:
        return Rejected(where, "The message has no time.")
    action = (
        message.get("action") if isinstance(message.get("action"), str) else next((name for name in ACTIONS if name in message and "message_id" in message), "")
    )
    text = _text(message.get("text")) or _text(message.get("caption"))
    if action:
        text = _happened(action, message, text)
    elif source := message.get("forwarded_from"):
        text = f"Forwarded from {_name(source)}: {text}" if _name(source) else text
    answers = message.get("reply_to_message_id")
    if isinstance(parent := message.get("reply_to_message"), dict):
        answers = parent.get("message_id")
    sender = message.get("from") if message.get("from") is not None else message.get("actor") or message.get("sender_chat") or message.get("from_id")
    bot = isinstance(sender, dict) and sender.get("is_bot") is True or isinstance(sender, str) and sender.lower().endswith("bot")
    return event_of(
        moment,
        text,
        key=key,
        where=where,
        order=order,
        raw=raw,
        actor=_name(sender),
        thread=f"{key.partition(':')[0]}:{answers}" if isinstance(answers, int) and not action else "",
        revised="edited" if message.get("edited") or message.get("edited_unixtime") or message.get("edit_date") else "",
        notice=f"action {action}" if action and action not in CALLS else "",
        coming=action in COMINGS,
        bot=bot,
        tail=_tail(message),
    )


def _moment(message: Mapping[str, Any], options: ReadOptions) -> Moment:
    """Place the message. The export gives the clock of the computer that made it and, since 2022, the epoch: their distance is its zone."""
    written, epoch = message.get("date"), message.get("date_unixtime")
    if not isinstance(epoch, str) or not isinstance(written, str):
        return read_machine(epoch or written, options.time_zone, options.latest)
    exact = read_machine(epoch, "UTC", options.latest)
    shown = read_machine(written, "UTC")
    if exact.at is None or shown.at is None:
        return exact
    minutes = round((shown.at - exact.at).total_seconds() / 60)
    if abs(minutes) > 14 * 60 or minutes % 15:
        return exact
    return replace(read_machine(written, offset_name(minutes), options.latest), zone_assumed=False)


def _happened(action: str, message: Mapping[str, Any], text: str) -> str:
    members = message.get("members") or message.get(action)
    listed = members if isinstance(members, list) else [members] if isinstance(members, dict) else []
    title = next((message[name] for name in ("title", "new_title", "new_chat_title") if isinstance(message.get(name), str)), "")
    said = ACTIONS.get(action, action.replace("_", " ").replace("{", "").replace("}", ""))
    said = said.format(members=", ".join(filter(None, map(_name, listed[:20]))), title=title).strip()
    seconds = message.get("duration_seconds", message.get("duration"))
    if action in CALLS and isinstance(seconds, int) and not isinstance(seconds, bool):
        said += f" ({seconds // 60} min {seconds % 60} s)"
    return f"{said}: {text}" if text else said


def _text(value: Any) -> str:
    """Return a text: a string, or a list of strings and marked parts."""
    if isinstance(value, str):
        return value
    parts = []
    for part in value if isinstance(value, list) else ():
        if isinstance(part, str):
            parts.append(part)
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            href = part.get("href")
            parts.append(f"{part['text']} ({href})" if isinstance(href, str) and href != part["text"] else part["text"])
    return "".join(parts)


def _name(who: Any) -> str:
    if isinstance(who, str):
        return who
    if not isinstance(who, dict):
        return ""
    full = " ".join(who[key] for key in ("first_name", "last_name") if isinstance(who.get(key), str) and who[key])
    return full or next((who[key] for key in ("title", "username", "name") if isinstance(who.get(key), str)), "")


def _tail(message: Mapping[str, Any]) -> str:
    lines = []
    for kind in MEDIA:
        value = message.get(kind)
        if isinstance(value, (str, dict, list)) and value:
            name = (
                message.get("file_name")
                if isinstance(message.get("file_name"), str)
                else value
                if isinstance(value, str) and "not included" not in value
                else ""
            )
            if isinstance(value, dict):
                name = value.get("file_name") if isinstance(value.get("file_name"), str) else ""
            label = str(message.get("media_type") or kind).replace("_", " ")[:40]
            if label != "sticker":
                lines.append(f"\n[{label}: {str(name).rpartition('/')[2][:200]}]" if name else f"\n[{label}]")
    emoji = message.get("sticker_emoji") or (message["sticker"].get("emoji") if isinstance(message.get("sticker"), dict) else None)
    if emoji or message.get("media_type") == "sticker":
        lines.append(f"\n[sticker {emoji}]" if isinstance(emoji, str) else "\n[sticker]")
    if isinstance(poll := message.get("poll"), dict):
        lines.append(f"\n[poll: {_text(poll.get('question'))[:300]}]")
    if message.get("location_information") or message.get("location"):
        lines.append("\n[location]")
    reactions = [each for each in message.get("reactions") or () if isinstance(each, dict)] if isinstance(message.get("reactions"), list) else []
    if shown := [f"{each['emoji']} {each.get('count', 1)}" for each in reactions[:30] if isinstance(each.get("emoji"), str)]:
        lines.append(f"\n[{', '.join(shown)}]")
    return "".join(lines)


SOURCE = Source(
    name="telegram",
    label="Telegram",
    detect=detect,
    read=read,
    docs="Telegram: result.json and the pages of Telegram Desktop, of one chat or a whole account, and updates that a bot receives, with replies, edits and what the service says "
    "(https://core.telegram.org/bots/api#update).",
)
