"""Pure. Discord: JSON of DiscordChatExporter, messages as the API and the gateway give them.

https://docs.discord.com/developers/resources/message defines the message, https://github.com/Tyrrrz/DiscordChatExporter the export.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.lib.text import clean_line
from incidents.lib.timestamps import TimeError, read_machine
from incidents.sources import discord_text
from incidents.sources.base import Item, Payload, Source
from incidents.sources.conversation import event_of
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.json_stream import read_nodes, sample
from incidents.sources.members import mapping

LISTS = ("messages",)
ID = re.compile(r"\d{1,20}")
TALK = {"Default", "Reply", "ApplicationCommand", "ContextMenuCommand", "ThreadStarterMessage", "Call", "PollResult", "0", "19", "20", "21", "23", "3", "46"}
COMINGS = {"GuildMemberJoin": "joined the server", "RecipientAdd": "", "RecipientRemove": "", "7": "joined the server", "1": "was added", "2": "was removed"}
NOTICES = {
    "3": "started a call",
    "4": "changed the channel name",
    "5": "changed the channel icon",
    "6": "pinned a message",
    "8": "boosted the server",
    "9": "boosted the server",
    "10": "boosted the server",
    "11": "boosted the server",
    "12": "followed a channel",
    "18": "started a thread",
    "24": "was stopped by auto-moderation",
    "36": "switched security actions on",
    "37": "switched security actions off",
}
MARK = re.compile(r"<(?:(?P<sign>@!?|@&|#)(?P<id>\d{1,20})|a?:(?P<emoji>\w{1,40}):\d{1,20}|t:(?P<time>-?\d{1,12})(?::[a-zA-Z])?)>")


def detect(payload: Payload) -> int:
    if discord_text.is_text(payload):
        return 95
    found = [node for node in sample(payload, LISTS, 10) if not node.rest]
    messages = [node for node in found if _message(node.value) is not None]
    return 95 if messages and len(messages) * 2 >= len(found) else 0


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    if discord_text.is_text(payload):
        yield from discord_text.read_text(payload, options)
        return
    count = seen = 0
    told = False
    for node in read_nodes(payload, LISTS):
        if node.error:
            yield Rejected(node.where, node.error)
            continue
        value = node.value
        if isinstance(value, dict) and isinstance(value.get("channel"), dict) and ("guild" in value or node.rest):
            if not told:
                told = True
                yield _about(value["channel"], value.get("guild"))
            if node.rest or value.get("messages") == []:
                continue
        if node.rest:
            continue
        message = _message(value)
        seen += 1
        if message is None:
            yield Rejected(node.where, "This is no Discord message: it has no id, author and timestamp.")
            continue
        if not told and isinstance(message.get("channel_id"), str):
            told = True
            yield IncidentDraft(key=clean_line(message["channel_id"], limit=200), labels=(("channel", clean_line(message["channel_id"], limit=200)),))
        item = _event(message, node.where, node.raw, count + 1, options)
        count += isinstance(item, EventDraft)
        yield item
    if not count:
        raise SourceError("No Discord message in this file can be read." if seen else "There is no Discord message in this file.")


def _about(channel: Mapping[str, Any], guild: Any) -> IncidentDraft:
    server = guild.get("name") if isinstance(guild, dict) else None
    labels = [("channel", channel.get("name")), ("category", channel.get("category")), ("server", server)]
    return IncidentDraft(
        key=clean_line(_string(channel.get("id")), limit=200),
        labels=tuple((name, clean_line(value, limit=200)) for name, value in labels if isinstance(value, str) and value),
    )


def _message(value: Any) -> dict[str, Any] | None:
    """Return the message: itself, or in a dispatch of the gateway, or in what was logged around it."""
    for _ in range(3):
        if not isinstance(value, dict):
            return None
        stamp, author = value.get("timestamp"), value.get("author")
        if isinstance(value.get("id"), str) and ID.fullmatch(value["id"]) and isinstance(stamp, str) and isinstance(author, dict) and "content" in value:
            known = "channel_id" in value or "timestampEdited" in value or "edited_timestamp" in value or "isPinned" in value or "discriminator" in author
            return value if known else None
        value = value.get("d") or value.get("body")
    return None


def _event(message: Mapping[str, Any], where: str, raw: str, order: int, options: ReadOptions) -> EventDraft | Rejected:
    try:
        moment = read_machine(message["timestamp"], options.time_zone, options.latest)
    except TimeError as error:
        return Rejected(where, str(error))
    if moment.at is None and not moment.needs:
        return Rejected(where, "The message has no time.")
    author = message["author"]
    kind = str(message.get("type", "Default"))
    actor = _name(author)
    bot = author.get("isBot") is True or author.get("bot") is True or bool(message.get("webhook_id"))
    text = _plain(_string(message.get("content")), message.get("mentions"))
    embeds = _dicts(message.get("embeds"))
    if bot or not text.strip():
        text = "\n".join(filter(None, (text.strip(), *(_embed(each) for each in embeds))))
    if kind in ("18", "6", "4") and text and kind != "6":
        text = f"{NOTICES[kind]}: {text}"
    text = text or NOTICES.get(kind, "") or COMINGS.get(kind, "")
    channel, reference = _string(message.get("channel_id")), message.get("reference") or message.get("message_reference")
    answers = _string(reference.get("messageId") or reference.get("message_id")) if isinstance(reference, dict) else ""
    guild = _string(message.get("guild_id"))
    return event_of(
        moment,
        text,
        key=message["id"],
        where=where,
        order=order,
        raw=raw,
        actor=actor,
        thread=answers if kind in TALK and answers != message["id"] else "",
        url=f"https://discord.com/channels/{guild}/{channel}/{message['id']}" if ID.fullmatch(guild) and ID.fullmatch(channel) else "",
        revised="edited" if message.get("timestampEdited") or message.get("edited_timestamp") else "",
        notice="" if kind in TALK else f"message type {kind}",
        coming=kind in COMINGS,
        bot=bot,
        colour=next((each["color"] for each in embeds if each.get("color")), None),
        tail=_tail(message),
    )


def _name(author: Mapping[str, Any]) -> str:
    return next((author[key] for key in ("nickname", "global_name", "name", "username", "id") if isinstance(author.get(key), str) and author[key].strip()), "")


def _plain(text: str, mentions: Any) -> str:
    """Return the text with mentions, emoji and times as one reads them."""
    if "<" not in text:
        return text
    names = {_string(each.get("id")): _name(each) for each in _dicts(mentions)}

    def mark(match: re.Match[str]) -> str:
        if match["emoji"]:
            return f":{match['emoji']}:"
        if match["time"]:
            try:
                at = read_machine(int(match["time"])).at
            except TimeError:
                at = None
            return f"{at:%Y-%m-%d %H:%M} UTC" if at else match[0]
        return ("#" if match["sign"] == "#" else "@") + (names.get(match["id"]) or match["id"])

    return MARK.sub(mark, text)


def _embed(embed: Mapping[str, Any]) -> str:
    author = embed.get("author")
    lines = [_string(author.get("name")) if isinstance(author, dict) else "", _string(embed.get("title")), _string(embed.get("description"))]
    lines += [": ".join(filter(None, (_string(each.get("name")), _string(each.get("value"))))) for each in _dicts(embed.get("fields"))]
    return "\n".join(filter(None, (line.strip() for line in lines)))


def _tail(message: Mapping[str, Any]) -> str:
    lines = [f"\n[file: {(_string(each.get('fileName')) or _string(each.get('filename')))[:200]}]" for each in _dicts(message.get("attachments"))]
    question = _string(mapping(mapping(message.get("poll")).get("question")).get("text"))[:300]
    lines += [f"\n[poll: {question}]"] if question else []
    lines += [f"\n[sticker: {_string(each.get('name'))[:60]}]" for each in _dicts(message.get("stickers") or message.get("sticker_items"))]
    reactions = []
    for each in _dicts(message.get("reactions"))[:30]:
        emoji = each.get("emoji")
        name = _string(emoji.get("name")) if isinstance(emoji, dict) else ""
        reactions.append(f"{name} {each['count']}" if isinstance(each.get("count"), int) and each["count"] > 1 else name)
    return "".join(lines) + (f"\n[{', '.join(reactions)}]" if reactions else "")


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


SOURCE = Source(
    name="discord",
    label="Discord",
    detect=detect,
    read=read,
    docs="Discord: JSON and text exports of DiscordChatExporter, lists of messages as the API gives them and dispatches of the gateway, with replies, edits, embeds of bots "
    "and calls (https://docs.discord.com/developers/resources/message).",
    guess=discord_text.guess,
)
