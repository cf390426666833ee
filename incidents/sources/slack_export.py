"""Pure. Slack: export ZIPs of a workspace or a channel, their day files, slackdump files, answers of conversations.history, Events API deliveries.

https://slack.com/help/articles/220556107, https://docs.slack.dev/reference/events/message and https://docs.slack.dev/apis/events-api define what is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from incidents.lib.archives import Archive, ArchiveError, is_zip, open_zip
from incidents.lib.text import clean_line
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.json_stream import nodes, read_nodes, sample
from incidents.sources.pages import paged
from incidents.sources.slack_messages import Reader, delivered, message_in, person, revised_stamp

DAY_FILE = re.compile(r"(?:.*/)?([^/]+)/(\d{4}-\d\d-\d\d)\.json")
CHANNEL_FILE = re.compile(r"(?:.*/)?([CDG][A-Z0-9]{7,})(?:-[\d.]+)?\.json")
CHANNEL_ID = re.compile(r'"(?:channel_id|channel)"\s*:\s*"([CDG][A-Z0-9]{5,20})"')
LISTS = ("channels.json", "groups.json", "dms.json", "mpims.json")
MESSAGES = ("messages",)
FORMS = re.compile(rb"(?:[a-z_]+=[^&\s]*&)*(?:payload=%7B|command=%2F)", re.IGNORECASE)  # as Slack posts slash commands and buttons
PRESSED = {"block_actions", "view_submission", "view_closed", "shortcut", "message_action", "interactive_message", "block_suggestion"}
REVISIONS = (b'"message_changed"', b'"message_deleted"')
MOST_REVISED = 100_000


def detect(payload: Payload) -> int:
    if is_zip(payload.head):
        return 60  # the only archives read here: its own reader says best what is wrong with another one
    if FORMS.match(payload.head):
        return 90
    found = [node for node in paged(sample(payload, MESSAGES, 5), MESSAGES) if not node.rest]
    deliveries = [node for node in found if delivered(node.value) is not None]
    if deliveries and len(deliveries) * 2 >= len(found):
        return 97
    if any(_is_pressed(node.value) for node in found):
        return 90
    messages = [node for node in found if message_in(node.value) is not None]
    return 95 if messages and len(messages) * 2 >= len(found) else 0


def _is_pressed(value: Any) -> bool:
    """Tell whether somebody pressed a button or sent a form in Slack."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("type"), str)
        and value["type"] in PRESSED
        and isinstance(value.get("user"), dict)
        and ("trigger_id" in value or "team" in value)
    )


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    if is_zip(payload.head):
        yield from _read_zip(payload, options)
        return
    if FORMS.match(payload.head):
        raise SourceError("This is a slash command or a pressed button of Slack: it asks for something and tells no event. Send the Events API here instead.")
    known = CHANNEL_ID.search(payload.head[:2000].decode("utf-8", "replace"))
    in_deliveries = any(delivered(node.value) is not None for node in paged(sample(payload, MESSAGES, 5), MESSAGES))
    reader = Reader(options, {}, known[1] if known and not in_deliveries else "", _final(payload))
    reason = ""
    for item in reader.read(paged(read_nodes(payload, MESSAGES), MESSAGES), ""):
        reason = item.reason if isinstance(item, Rejected) else reason
        yield item
    if not reader.count:
        if any(_is_pressed(node.value) for node in paged(sample(payload, MESSAGES, 5), MESSAGES)):
            raise SourceError("This is a pressed button or a form of Slack: it asks for something and tells no event. Send the Events API here instead.")
        raise SourceError(f"There is no Slack message in this file. {reason}".strip())


def _final(payload: Payload) -> dict[str, int]:
    """Return at which part of the file each changed or deleted message gets its last word, where any is."""
    payload.file.seek(0)
    overlap = b""
    while data := payload.file.read(1 << 20):
        if any(mark in overlap + data for mark in REVISIONS):
            break
        overlap = data[-32:]
    else:
        return {}
    final: dict[str, int] = {}
    try:
        for number, node in enumerate(paged(read_nodes(payload, MESSAGES), MESSAGES)):
            if not node.error and (stamp := revised_stamp(node.value)) and (stamp in final or len(final) < MOST_REVISED):
                final[stamp] = number
    except SourceError:
        pass  # said when it is read
    return final


def _read_zip(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    payload.file.seek(0)
    try:
        archive = open_zip(payload.file)
        names, channels = _directory(archive)
        files = sorted(name for name in archive if DAY_FILE.fullmatch(name)) or sorted(name for name in archive if CHANNEL_FILE.fullmatch(name))
        files = [name for name in files if "/attachments/" not in f"/{name}" and "__uploads/" not in name]
        if not files:
            raise SourceError("This ZIP file is no Slack export: it has no day files such as general/2026-03-02.json.")
        folders = {matched[1] for name in files if (matched := DAY_FILE.fullmatch(name) or CHANNEL_FILE.fullmatch(name))}
        if len(folders) == 1 and (only := folders.pop()):
            yield IncidentDraft(key=channels.get(only, only)[:200], labels=(("channel", clean_line(names.get(only, only), limit=200)),))
        reader = Reader(options, names, "")
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
                        names[entry["id"]] = person(entry)
                    elif isinstance(entry.get("name"), str):
                        names[entry["id"]] = clean_line(entry["name"], limit=100)
                        channels[entry["name"]] = entry["id"]
        except SourceError:
            continue  # only names are lost
    return names, channels


SOURCE = Source(
    name="slack",
    label="Slack",
    detect=detect,
    read=read,
    docs="Slack: workspace and channel export ZIPs, their day files, slackdump files, answers of conversations.history and deliveries of the Events API, with "
    "threads, edits, deletions, bots and names from users.json (https://slack.com/help/articles/220556107, https://docs.slack.dev/apis/events-api).",
)
