"""Pure. Slack's messages into events, whether they come from an export, an answer of the API or a delivery of the Events API.

https://docs.slack.dev/reference/events/message defines the message and its subtypes. A message's key is its channel and ts, so that all of them agree.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.lib.text import clean_line
from incidents.lib.timestamps import NOTHING, Moment, TimeError, read_machine
from incidents.sources.base import Item
from incidents.sources.conversation import event_of
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.json_stream import Node
from incidents.sources.slack_text import colour_of, plain, suffixes, text_of

STAMP = re.compile(r"\d{9,10}\.\d{6}")
MOST_CHANNELS = 200
COMINGS = ("join", "leave")
HOUSEKEEPING = {
    "topic",
    "purpose",
    "name",
    "archive",
    "unarchive",
    "pinned_item",
    "unpinned_item",
    "bot_add",
    "bot_remove",
    "reminder_add",
    "convert_to_private",
    "posting_permissions",
}
HAPPENED = {  # events that are no messages, as one reads them
    "reaction_added": "reacted with :{reaction}:",
    "reaction_removed": "took back the reaction :{reaction}:",
    "pin_added": "pinned a message: {text}",
    "pin_removed": "unpinned a message: {text}",
    "member_joined_channel": "joined the channel",
    "member_left_channel": "left the channel",
    "channel_created": "The channel {channel} was created",
    "channel_rename": "The channel was renamed to {channel}",
    "channel_archive": "archived the channel",
    "channel_unarchive": "opened the archived channel again",
}


def delivered(value: Any) -> dict[str, Any] | None:
    """Return the delivery of the Events API in a value: itself, or within what Socket Mode, a proxy or a log put around it."""
    for _ in range(3):
        if not isinstance(value, dict):
            return None
        if value.get("type") in ("event_callback", "url_verification"):
            return value
        event = value.get("event")
        if isinstance(event, dict) and isinstance(event.get("type"), str) and ("event_id" in value or "api_app_id" in value or "event_time" in value):
            return value
        inner = value.get("payload") or value.get("body")
        if isinstance(inner, str) and inner.startswith("{"):
            try:
                inner = json.loads(inner)
            except (ValueError, RecursionError):
                return None
        value = inner
    return None


def message_in(value: Any) -> dict[str, Any] | None:
    """Return the message in a value, out of the delivery where it has one."""
    if not isinstance(value, dict):
        return None
    event = value.get("event")
    if isinstance(event, dict) and event.get("type") in ("message", "app_mention"):
        value = event
    stamp = value.get("ts")
    if not isinstance(stamp, str) or not STAMP.fullmatch(stamp):
        return None
    return (
        value if value.get("type") in ("message", "app_mention") or "text" in value and ("user" in value or "bot_id" in value or "username" in value) else None
    )


def revised_stamp(value: Any) -> str:
    """Return the channel and ts of the message that an event changes or deletes, "" when it is none."""
    message = message_in((delivered(value) or value) if isinstance(value, dict) else None)
    if message is None:
        return ""
    if message.get("subtype") == "message_changed" and isinstance(message.get("message"), dict):
        return f"{message.get('channel')}:{message['message'].get('ts')}"
    if message.get("subtype") == "message_deleted":
        return f"{message.get('channel')}:{message.get('deleted_ts')}"
    return ""


class Reader:
    """Reads messages of one channel after the other; `count` counts the events. `final` says at which part of the file a message
    was last changed: what came before of the same message is no longer what it says."""

    def __init__(self, options: ReadOptions, names: dict[str, str], channel: str, final: Mapping[str, int] | None = None) -> None:
        self.latest = options.latest
        self.names = names
        self.channel = channel
        self.final = final or {}
        self.count = 0
        self.told: set[str] = set()

    def read(self, found: Iterator[Node], prefix: str) -> Iterator[Item]:
        for number, node in enumerate(found):
            if node.rest or not node.path and isinstance(node.value, dict) and "messages" in node.value and "event" not in node.value:
                continue
            where = (f"{prefix[:150]}{node.where}" if node.path else prefix) if prefix else node.where
            if node.error:
                yield Rejected(where, node.error)
                continue
            delivery = delivered(node.value)
            message = message_in(delivery or node.value)
            if message is None:
                yield from self.happened(delivery, where, node.raw) if delivery else (Rejected(where, "This is no Slack message: it has no ts."),)
                continue
            if self.final and self.final.get(revised_stamp(message) or f"{message.get('channel')}:{message.get('ts')}", number) != number:
                continue
            if delivery:
                yield from self.about(delivery, message.get("channel"))
            yield from self.message(message, where, node.raw)
            replies = message.get("slackdump_thread_replies")
            for index, reply in enumerate(replies if isinstance(replies, list) else ()):
                if (inner := message_in(reply)) is not None:
                    yield from self.message(inner, f"{where}.replies[{index}]", json.dumps(inner, ensure_ascii=False))
                else:
                    yield Rejected(f"{where}.replies[{index}]", "This is no Slack message: it has no ts.")

    def about(self, delivery: Mapping[str, Any], channel: Any) -> Iterator[Item]:
        """Tell once which channel the deliveries come from: what a team routes by."""
        if not isinstance(channel, str) or not channel or channel in self.told or len(self.told) >= MOST_CHANNELS:
            return
        self.told.add(channel)
        labels = [("channel", self.names.get(channel, channel)), ("workspace", delivery.get("team_id"))]
        yield IncidentDraft(
            key=clean_line(channel, limit=200), labels=tuple((name, clean_line(value, limit=200)) for name, value in labels if isinstance(value, str) and value)
        )

    def happened(self, delivery: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
        """Read an event that is no message: a reaction, a pin, a join; an unknown one is kept under its name."""
        event = delivery.get("event")
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            yield Rejected(where, "This delivery of Slack holds no event: Slack only checks the address with it.")
            return
        kind = event["type"]
        item = event["item"] if isinstance(event.get("item"), dict) else {}
        inner = item.get("message") if isinstance(item.get("message"), dict) else {}
        of = event.get("channel") or event.get("channel_id") or item.get("channel")
        channel = of if isinstance(of, str) else str(of.get("id") or "") if isinstance(of, dict) else ""
        try:
            moment = self._first_time(event.get("event_ts"), event.get("ts"), delivery.get("event_time"))
        except TimeError as error:
            yield Rejected(where, f"The event {kind[:60]} has no time that can be read: {error}")
            return
        if moment.at is None:
            yield Rejected(where, f"The event {kind[:60]} has no time.")
            return
        name = str(of["name"]) if isinstance(of, dict) and of.get("name") else self.names.get(channel, channel)
        said = plain(inner["text"], self.names) if isinstance(inner, dict) and isinstance(inner.get("text"), str) else ""
        pattern = HAPPENED.get(kind, f"Slack event {kind[:60]}".replace("{", "").replace("}", ""))
        text = pattern.format(reaction=str(event.get("reaction", ""))[:60], text=said[:300], channel=f"#{name[:100]}").removesuffix(": ")
        stamp = item.get("ts") or (inner.get("ts") if isinstance(inner, dict) else None)
        identity = delivery.get("event_id") or f"{event.get('event_ts')}:{kind}:{event.get('user')}"
        yield from self.about(delivery, channel)
        self.count += 1
        yield event_of(
            moment,
            text,
            key=f"{channel}:event:{identity}",
            where=where,
            order=self.count,
            raw=raw,
            actor=self.actor(event),
            thread=f"{channel}:{stamp}" if isinstance(stamp, str) and stamp else "",
            notice=f"event {kind}",
            coming=kind.startswith("member_"),
        )

    def _first_time(self, *values: object) -> Moment:
        for value in values:
            if value not in (None, "", "0000000000.000000") and (moment := read_machine(value, latest=self.latest)).at is not None:
                return moment
        return NOTHING

    def message(self, message: dict[str, Any], where: str, raw: str) -> Iterator[Item]:
        subtype = message.get("subtype") or ""
        revised = ""
        if subtype == "message_changed" and isinstance(message.get("message"), dict):
            before, message = message.get("previous_message"), {"channel": message.get("channel"), **message["message"]}
            subtype = message.get("subtype") or ""
            if subtype == "tombstone" and isinstance(before, dict):
                message = {**before, "channel": message.get("channel")}
                subtype, revised = before.get("subtype") or "", "deleted"
        elif subtype == "message_deleted" and isinstance(message.get("previous_message"), dict):
            before, gone = message["previous_message"], message.get("deleted_ts") or message["previous_message"].get("ts")
            message = {**before, "ts": gone if isinstance(gone, str) and STAMP.fullmatch(gone) else message["ts"], "channel": message.get("channel")}
            subtype, revised = before.get("subtype") or "", "deleted"
        elif subtype in ("message_deleted", "tombstone"):
            message = {**message, "text": message.get("text") or "A message was deleted"}
            revised = "deleted"
        try:
            moment = read_machine(message.get("ts"), latest=self.latest)
        except TimeError as error:
            yield Rejected(where, str(error))
            return
        if moment.at is None:
            yield Rejected(where, "The message has no time.")
            return
        actor = self.actor(message)
        said = text_of(message, self.names)
        short = subtype.removeprefix("channel_").removeprefix("group_") if isinstance(subtype, str) else ""
        if subtype == "me_message":
            said = f"{actor} {said}"
        if isinstance(message.get("edited"), dict):
            revised = revised or "edited"
        channel = self.channel or (message["channel"] if isinstance(message.get("channel"), str) else "")
        stamp, thread = message["ts"], message.get("thread_ts")
        self.count += 1
        yield event_of(
            moment,
            said,
            key=f"{channel}:{stamp}",
            where=where,
            order=self.count,
            raw=raw,
            actor=actor,
            thread=f"{channel}:{thread}" if isinstance(thread, str) and thread != stamp else "",
            url=message.get("permalink"),
            revised=revised,
            notice="deleted message" if revised == "deleted" else f"subtype {subtype}" if short in COMINGS or short in HOUSEKEEPING else "",
            coming=short in COMINGS,
            bot=bool(message.get("bot_id")) or subtype == "bot_message",
            colour=colour_of(message),
            tail=suffixes(message) + _edited(message),
        )

    def actor(self, message: Mapping[str, Any]) -> str:
        user = message.get("user") if isinstance(message.get("user"), str) else ""
        if user and user in self.names:
            return self.names[user]
        for key in ("user_profile", "bot_profile"):
            if isinstance(profile := message.get(key), dict) and (name := person(profile)):
                return name
        for each in (message.get("username"), user, message.get("bot_id")):
            if isinstance(each, str) and each:
                return clean_line(each, limit=100)
        return ""


def person(user: Mapping[str, Any]) -> str:
    """Return what people call somebody, of a user, a profile or a bot's profile."""
    profile = user.get("profile")
    sources = (profile, user) if isinstance(profile, dict) else (user,)
    for key in ("display_name", "real_name", "name"):
        for each in sources:
            if isinstance(each.get(key), str) and each[key].strip():
                return clean_line(each[key], limit=100)
    return str(user.get("id", ""))[:100]


def _edited(message: Mapping[str, Any]) -> str:
    edited = message.get("edited")
    if not isinstance(edited, dict):
        return ""
    try:
        at = read_machine(edited.get("ts")).at
    except TimeError:
        at = None
    return f" (edited {at:%Y-%m-%d %H:%M:%S} UTC)" if at else ""
