"""Pure. Microsoft Teams: lists of Graph's chatMessage, with replies, the same in exports with capital keys, activities of bots, exports of Teams Free.

https://learn.microsoft.com/en-us/graph/api/resources/chatmessage defines the message, .../eventmessagedetail the system's messages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.lib.text import clean_line
from incidents.lib.timestamps import TimeError, read_machine
from incidents.sources import html_text
from incidents.sources.base import Item, Payload, Source
from incidents.sources.conversation import event_of
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.json_stream import read_nodes, sample
from incidents.sources.msteams_cards import cards_of, colour_of, happened
from incidents.sources.pages import paged

LISTS = ("value", "messages", "conversations")
HINTS = {"messageType", "createdDateTime", "body", "from", "eventDetail", "channelIdentity", "chatId", "replyToId"}


def detect(payload: Payload) -> int:
    found = [node for node in paged(sample(payload, LISTS, 8), ("value",)) if not node.rest]
    hits = [node for node in found if any(True for _ in _messages(node.value, node.where)) or _is_hint(node.value)]
    return 95 if hits and len(hits) * 2 >= len(found) else 0


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    count = 0
    told: set[str] = set()
    reason = "There is no message of Teams in this file."
    for node in paged(read_nodes(payload, LISTS), ("value",)):
        if node.error:
            yield Rejected(node.where, node.error)
            continue
        if node.rest or isinstance(node.value, dict) and node.value.get("value") == []:
            continue
        found = False
        for where, message, parent in _messages(node.value, node.where):
            found = True
            place = _place(message) or (_place(parent) if parent else "")
            if place and place not in told and len(told) < 200:
                told.add(place)
                yield _about(place, message)
            raw = node.raw if parent is None and where == node.where else json.dumps(message, ensure_ascii=False)
            item = _event(message, parent, place, where, raw, count + 1, options)
            count += isinstance(item, EventDraft)
            reason = item.reason if isinstance(item, Rejected) else reason
            yield item
        if not found:
            reason = (
                "This only says that a message changed, not what it says. Subscribe with resource data."
                if _is_hint(node.value)
                else "This is no message of Teams."
            )
            yield Rejected(node.where, reason)
    if not count:
        raise SourceError(reason)


def _messages(value: Any, where: str, parent: dict[str, Any] | None = None) -> Iterator[tuple[str, dict[str, Any], dict[str, Any] | None]]:
    """Yield where, message and the message it answers, of a node: a message with its replies, a conversation of an export, an envelope."""
    if not isinstance(value, dict):
        return
    if "CreatedDateTime" in value or "MessageType" in value:
        value = _lowered(value)
    if _is_message(value):
        yield where, value, parent
        replies = value.get("replies")
        listed = replies.get("value") if isinstance(replies, dict) else replies
        for number, reply in enumerate(listed if isinstance(listed, list) else ()):
            yield from _messages(reply, f"{where}.replies[{number}]", parent or value)
    elif isinstance(value.get("MessageList"), list):
        for number, each in enumerate(value["MessageList"]):
            if isinstance(each, dict) and "originalarrivaltime" in each:
                yield f"{where}.MessageList[{number}]", _of_free(each, value), None
    elif isinstance(value.get("messages"), list) and parent is None:
        for number, each in enumerate(value["messages"]):
            yield from _messages(each, f"{where}.messages[{number}]")
    else:
        for key in ("resourceData", "body", "message"):
            if isinstance(value.get(key), dict):
                yield from _messages(value[key], where, parent)


def _is_message(value: Mapping[str, Any]) -> bool:
    if not isinstance(value.get("id"), (str, int)):
        return False
    if isinstance(value.get("createdDateTime"), str) and isinstance(value.get("body"), dict):
        return len(HINTS & value.keys()) >= 3 and ("content" in value["body"] or "contentType" in value["body"])
    return value.get("channelId") == "msteams" and value.get("type") == "message" and isinstance(value.get("conversation"), dict)


def _is_hint(value: Any) -> bool:
    return isinstance(value, dict) and "subscriptionId" in value and "changeType" in value and "/messages" in str(value.get("resource", ""))


def _lowered(value: Any) -> Any:
    """Return the same with keys as Graph spells them: exports by .NET write CreatedDateTime."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _lowered(each) for key, each in value.items()}
    return [_lowered(each) for each in value] if isinstance(value, list) else value


def _of_free(message: Mapping[str, Any], conversation: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message of the export of Teams Free (and Skype, whose format it is) as Graph would give it."""
    kind = str(message.get("messagetype") or "")
    revised = message.get("properties")
    return {
        "id": str(message.get("id") or message["originalarrivaltime"]),
        "createdDateTime": message["originalarrivaltime"],
        "messageType": "message" if kind.startswith(("RichText", "Text")) else kind or "message",
        "body": {"contentType": "html", "content": message.get("content")},
        "from": {"user": {"displayName": message.get("displayName") or str(message.get("from") or "").partition(":")[2] or None}},
        "chatId": conversation.get("id"),
        "topic": conversation.get("displayName"),
        "lastEditedDateTime": revised.get("edittime") if isinstance(revised, dict) else None,
        "deletedDateTime": revised.get("deletetime") if isinstance(revised, dict) else None,
    }


def _place(message: Mapping[str, Any]) -> str:
    channel = message.get("channelIdentity")
    for value in (channel.get("channelId") if isinstance(channel, dict) else None, message.get("chatId")):
        if isinstance(value, str) and value:
            return value
    conversation = message.get("conversation")
    return str(conversation.get("id") or "").partition(";")[0] if isinstance(conversation, dict) else ""


def _root(message: Mapping[str, Any]) -> str:
    """Return the message that began the thread in which a bot heard this one."""
    conversation = message.get("conversation")
    return str(conversation.get("id") or "").partition(";messageid=")[2] if isinstance(conversation, dict) else ""


def _about(place: str, message: Mapping[str, Any]) -> IncidentDraft:
    channel = message["channelIdentity"] if isinstance(message.get("channelIdentity"), dict) else {}
    labels = [("channel", message.get("topic") or place), ("team", channel.get("teamId"))]
    return IncidentDraft(
        key=clean_line(place, limit=200), labels=tuple((name, clean_line(value, limit=200)) for name, value in labels if isinstance(value, str) and value)
    )


def _event(
    message: Mapping[str, Any], parent: Mapping[str, Any] | None, place: str, where: str, raw: str, order: int, options: ReadOptions
) -> EventDraft | Rejected:
    try:
        moment = read_machine(message.get("createdDateTime") or message.get("timestamp"), options.time_zone, options.latest)
    except TimeError as error:
        return Rejected(where, str(error))
    if moment.at is None and not moment.needs:
        return Rejected(where, "The message has no time.")
    body = message["body"] if isinstance(message.get("body"), dict) else {"contentType": "html", "content": message.get("text")}
    content = _string(body.get("content"))
    text = html_text.plain(content) if str(body.get("contentType", "")).lower() == "html" or content.startswith("<") else content
    event, event_rule, salience = happened(message.get("eventDetail"))
    parts = [_string(message.get("subject")), text, *cards_of(message.get("attachments")), event if not text else ""]
    deleted, kind = bool(message.get("deletedDateTime")), str(message.get("messageType") or "message")
    text = "\n".join(filter(None, (part.strip() for part in parts))) or ("A message was deleted" if deleted else "")
    answers = message.get("replyToId") or (parent.get("id") if parent else None) or _quoted(message.get("attachments")) or _root(message)
    notice = "deleted message" if deleted else "" if salience else event_rule
    if not notice and kind not in ("message", "unknownFutureValue") and not event_rule:
        notice = f"messageType {kind}"
    actor, bot = _sender(message)
    return event_of(
        moment,
        text,
        key=f"{place}:{message['id']}",
        where=where,
        order=order,
        raw=raw,
        actor=actor,
        thread=f"{place}:{answers}" if answers and str(answers) != str(message["id"]) else "",
        url=message.get("webUrl"),
        revised="deleted" if deleted else "edited" if message.get("lastEditedDateTime") else "",
        notice=notice,
        coming="member" in notice.lower(),
        bot=bot,
        colour=colour_of(message.get("attachments")),
        tail=_tail(message),
    )


def _sender(message: Mapping[str, Any]) -> tuple[str, bool]:
    """Return who wrote it, and whether that is a program."""
    sender = message.get("from")
    if not isinstance(sender, dict):
        detail = message.get("eventDetail")
        sender = detail.get("initiator") if isinstance(detail, dict) else None
    if not isinstance(sender, dict):
        return "", False
    for key in ("user", "application", "device", "conversation"):
        who = sender.get(key)
        if isinstance(who, dict) and isinstance(name := who.get("displayName") or who.get("id"), str):
            return name, key == "application"
    return next((sender[key] for key in ("name", "displayName", "id") if isinstance(sender.get(key), str)), ""), False


def _quoted(attachments: Any) -> str:
    """Return the id of the message that a chat message quotes."""
    for each in attachments if isinstance(attachments, list) else ():
        if isinstance(each, dict) and each.get("contentType") == "messageReference" and isinstance(each.get("id"), str):
            return str(each["id"])
    return ""


def _tail(message: Mapping[str, Any]) -> str:
    lines = []
    for each in message["attachments"] if isinstance(message.get("attachments"), list) else ():
        if isinstance(each, dict) and isinstance(each.get("name"), str) and each["name"] and "card" not in str(each.get("contentType")):
            lines.append(f"\n[file: {each['name'][:200]}]")
    given: dict[str, int] = {}
    for each in message["reactions"] if isinstance(message.get("reactions"), list) else ():
        name = (each.get("displayName") or each.get("reactionType")) if isinstance(each, dict) else None
        if isinstance(name, str):
            given[name[:30]] = given.get(name[:30], 0) + 1
    if given:
        lines.append("\n[" + ", ".join(f"{name} {count}" if count > 1 else name for name, count in list(given.items())[:30]) + "]")
    return "".join(lines)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


SOURCE = Source(
    name="msteams",
    label="Microsoft Teams",
    detect=detect,
    read=read,
    docs="Microsoft Teams: lists of Graph's chatMessage with replies, cards of bots and system messages, exports of the same with capital keys, activities that a bot "
    "receives, exports of Teams Free (https://learn.microsoft.com/en-us/graph/api/resources/chatmessage).",
)
