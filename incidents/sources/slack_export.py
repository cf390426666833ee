"""Pure. Slack: export ZIPs of a workspace or a channel, their day files, slackdump files, and answers of conversations.history.

https://slack.com/help/articles/220556107 and https://docs.slack.dev/reference/events/message define what is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.lib.archives import Archive, ArchiveError, is_zip, open_zip
from incidents.lib.text import clean_line, clean_text
from incidents.lib.timestamps import TimeError, read_machine
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafts import EventDraft, ReadOptions, Rejected, SourceError, tidy
from incidents.sources.json_stream import MAX_RAW, Node, nodes, read_nodes, sample
from incidents.sources.slack_text import suffixes, text_of
from incidents.sources.words import kind_of

STAMP = re.compile(r"\d{9,10}\.\d{6}")
DAY_FILE = re.compile(r"(?:.*/)?([^/]+)/(\d{4}-\d\d-\d\d)\.json")
CHANNEL_FILE = re.compile(r"(?:.*/)?([CDG][A-Z0-9]{7,})(?:-[\d.]+)?\.json")
CHANNEL_ID = re.compile(r'"(?:channel_id|channel)"\s*:\s*"([CDG][A-Z0-9]{5,20})"')
LISTS = ("channels.json", "groups.json", "dms.json", "mpims.json")
MESSAGES = ("messages",)
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
    "tombstone",
    "convert_to_private",
    "posting_permissions",
}


def detect(payload: Payload) -> int:
    if is_zip(payload.head):
        return 60  # the only archives read here: its own reader says best what is wrong with another one
    found = sample(payload, MESSAGES, 5)
    messages = [node for node in found if _message_in(node.value) is not None]
    return 95 if messages and len(messages) * 2 >= len([node for node in found if not node.rest]) else 0


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    if is_zip(payload.head):
        yield from _read_zip(payload, options)
        return
    known = CHANNEL_ID.search(payload.head[:2000].decode("utf-8", "replace"))
    reader = _Reader(options, {}, known[1] if known else "")
    yield from reader.read(read_nodes(payload, MESSAGES), "")
    if not reader.count:
        raise SourceError("There is no Slack message in this file.")


def _read_zip(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    payload.file.seek(0)
    try:
        archive = open_zip(payload.file)
        names, channels = _directory(archive)
        files = sorted(name for name in archive if DAY_FILE.fullmatch(name)) or sorted(name for name in archive if CHANNEL_FILE.fullmatch(name))
        files = [name for name in files if "/attachments/" not in f"/{name}" and "__uploads/" not in name]
        if not files:
            raise SourceError("This ZIP file is no Slack export: it has no day files such as general/2026-03-02.json.")
        reader = _Reader(options, names, "")
        for name in files:
            matched = DAY_FILE.fullmatch(name) or CHANNEL_FILE.fullmatch(name)
            folder = matched[1] if matched else ""
            reader.channel = channels.get(folder, folder)
            try:
                with archive.open(name) as file:
                    yield from reader.read(nodes(file, MESSAGES), f"{folder}/{matched[2]}.json" if matched and matched.re is DAY_FILE else name)
            except SourceError as error:
                yield Rejected(f"{name[:150]}, {error.where}"[:200], error.message)
        if not reader.count:
            raise SourceError("There is no message in this Slack export.")
    except ArchiveError as error:
        raise SourceError(str(error)) from None


def _directory(archive: Archive) -> tuple[dict[str, str], dict[str, str]]:
    """Return id -> name of people and channels, and channel name -> id."""
    names: dict[str, str] = {}
    channels: dict[str, str] = {}
    for path in archive:
        base = path.rpartition("/")[2]
        if base != "users.json" and base not in LISTS or path.count("/") > 1:
            continue
        try:
            with archive.open(path) as file:
                for node in nodes(file):
                    entry = node.value
                    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
                        continue
                    if base == "users.json":
                        names[entry["id"]] = _person(entry)
                    elif isinstance(entry.get("name"), str):
                        names[entry["id"]] = clean_line(entry["name"], limit=100)
                        channels[entry["name"]] = entry["id"]
        except SourceError:
            continue  # only names are lost
    return names, channels


def _person(user: Mapping[str, Any]) -> str:
    profile = user.get("profile")
    sources = (profile, user) if isinstance(profile, dict) else (user,)
    for key in ("display_name", "real_name", "name"):
        for each in sources:
            if isinstance(each.get(key), str) and each[key].strip():
                return clean_line(each[key], limit=100)
    return str(user.get("id", ""))[:100]


def _message_in(value: Any) -> dict[str, Any] | None:
    """Return the message, out of the envelope of the Events API where it has one."""
    if not isinstance(value, dict):
        return None
    event = value.get("event")
    if isinstance(event, dict) and event.get("type") == "message":
        value = event
    stamp = value.get("ts")
    if not isinstance(stamp, str) or not STAMP.fullmatch(stamp):
        return None
    return value if value.get("type") == "message" or "text" in value and ("user" in value or "bot_id" in value or "username" in value) else None


class _Reader:
    """Reads messages of one channel after the other; `count` counts the events."""

    def __init__(self, options: ReadOptions, names: dict[str, str], channel: str) -> None:
        self.latest = options.latest
        self.names = names
        self.channel = channel
        self.count = 0

    def read(self, found: Iterator[Node], prefix: str) -> Iterator[Item]:
        for node in found:
            if node.rest or not node.path and isinstance(node.value, dict) and "messages" in node.value:
                continue
            where = (f"{prefix[:150]}{node.where}" if node.path else prefix) if prefix else node.where
            if node.error:
                yield Rejected(where, node.error)
                continue
            message = _message_in(node.value)
            if message is None:
                yield Rejected(where, "This is no Slack message: it has no ts.")
                continue
            yield from self.message(message, where, node.raw)
            for number, reply in enumerate(message.get("slackdump_thread_replies") or ()):
                if (inner := _message_in(reply)) is not None:
                    yield from self.message(inner, f"{where}.replies[{number}]", json.dumps(inner, ensure_ascii=False))

    def message(self, message: dict[str, Any], where: str, raw: str) -> Iterator[Item]:
        subtype = message.get("subtype") or ""
        note = ""
        if subtype == "message_changed" and isinstance(message.get("message"), dict):
            message = {"channel": message.get("channel"), **message["message"]}
            subtype = message.get("subtype") or ""
        elif subtype == "message_deleted":
            before = message.get("previous_message")
            message = {**(before if isinstance(before, dict) else {}), "ts": message["ts"], "channel": message.get("channel"), "thread_ts": None}
            note = "(deleted) "
        try:
            moment = read_machine(message.get("ts"), latest=self.latest)
        except TimeError as error:
            yield Rejected(where, str(error))
            return
        if moment.at is None:
            yield Rejected(where, "The message has no time.")
            return
        actor = self.actor(message)
        text = text_of(message, self.names)
        kind, rule, salience, _ = kind_of(text)
        short = subtype.removeprefix("channel_").removeprefix("group_") if isinstance(subtype, str) else ""
        if short in COMINGS:
            kind, rule, salience = "role", f"subtype {subtype}", 0
        elif short in HOUSEKEEPING or note:
            kind, rule, salience = "message", tidy(f"subtype {subtype}", 60), 0
        elif subtype == "me_message":
            text = f"{actor} {text}"
        text = (note + text + suffixes(message) + _edited(message)).strip()
        if not text:
            text, salience = "(no text)", 0
        channel = self.channel or (message["channel"] if isinstance(message.get("channel"), str) else "")
        stamp, thread = message["ts"], message.get("thread_ts")
        self.count += 1
        yield EventDraft(
            at=moment.at,
            text=clean_text(text, limit=20_000),
            key=clean_line(f"{channel}:{stamp}{':deleted' if note else ''}", limit=200),
            where=tidy(where, 200),
            order=self.count,
            local=moment.local,
            zone="UTC",
            kind=kind,
            rule=rule,
            salience=salience,
            actor=actor,
            url=_url(message.get("permalink")),
            thread=clean_line(f"{channel}:{thread}", limit=200) if isinstance(thread, str) and thread != stamp else "",
            raw=clean_text(raw[:MAX_RAW]),
        )

    def actor(self, message: Mapping[str, Any]) -> str:
        user = message.get("user") if isinstance(message.get("user"), str) else ""
        if user and user in self.names:
            return self.names[user]
        for key in ("user_profile", "bot_profile"):
            if isinstance(profile := message.get(key), dict) and (name := _person(profile)):
                return name
        for each in (message.get("username"), user, message.get("bot_id")):
            if isinstance(each, str) and each:
                return clean_line(each, limit=100)
        return ""


def _edited(message: Mapping[str, Any]) -> str:
    edited = message.get("edited")
    if not isinstance(edited, dict):
        return ""
    try:
        at = read_machine(edited.get("ts")).at
    except TimeError:
        at = None
    return f" (edited {at:%Y-%m-%d %H:%M:%S} UTC)" if at else " (edited)"


def _url(value: Any) -> str:
    return clean_line(value, limit=1000) if isinstance(value, str) and value.startswith(("https://", "http://")) else ""


SOURCE = Source(
    name="slack",
    label="Slack export",
    detect=detect,
    read=read,
    docs="Slack: workspace and channel export ZIPs, their day files, slackdump files and answers of conversations.history, with threads, edits, bots and names "
    "from users.json (https://slack.com/help/articles/220556107).",
)
