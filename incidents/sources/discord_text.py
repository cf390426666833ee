"""Pure. The plain text of DiscordChatExporter: a heading, then "[3/2/2026 2:02 PM] anna" above what she said.

https://github.com/Tyrrrz/DiscordChatExporter is where it comes from. It has no ids and no zone, and the clock of the locale in which it was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from incidents.lib.text import clean_line
from incidents.lib.timestamps import TimeError, read_human
from incidents.sources.base import Column, Item, Payload
from incidents.sources.conversation import Keys, event_of
from incidents.sources.day_order import COLUMN, day_first
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.text_lines import first_lines, lines_of

START = re.compile(r"^\[(?P<when>\d[^\[\]]{5,40})\] (?P<who>\S.{0,100}?)(?: \(pinned\))?$")
PART = re.compile(r"^\{(?P<part>Attachments|Embed|Stickers|Reactions|Forwarded Message)\}$")
RULE = re.compile(r"^={40,}$")
HEADING = re.compile(r"^(?P<name>Guild|Channel|Topic|After|Before): (?P<value>.+)$")
MOST_TEXT = 20_000


def is_text(payload: Payload) -> bool:
    lines = [line for line in first_lines(payload)[:12] if line.strip()]
    return (
        bool(lines) and bool(RULE.match(lines[0])) and any(line.startswith("Guild: ") for line in lines) and any(line.startswith("Channel: ") for line in lines)
    )


def guess(payload: Payload) -> list[Column]:
    """Offer the date as a column where the file does not settle the order of day and month."""
    if not is_text(payload) or day_first(_days(payload, ReadOptions()), ReadOptions()) is not None:
        return []
    samples = list(dict.fromkeys(match["when"] for line in first_lines(payload) if (match := START.match(line))))
    return [Column(COLUMN, "time", tuple(samples[:5]))] if samples else []


def _days(payload: Payload, options: ReadOptions) -> Iterator[str]:
    return (match["when"] for _, line in lines_of(payload, options.encoding) if (match := START.match(line)))


def read_text(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    order = day_first(_days(payload, options), options)
    keys, labels, count = Keys(), [], 0
    current: _Message | None = None
    for number, line in lines_of(payload, options.encoding):
        if (match := START.match(line)) is not None or RULE.match(line):
            if current is not None:
                item = current.item(keys, order, count + 1, options)
                count += not isinstance(item, Rejected)
                yield item
            current = _Message(number, match["when"], match["who"], line) if match else None
        elif current is not None:
            current.goes_on(line)
        elif count == 0 and (heading := HEADING.match(line)) and heading["name"] in ("Guild", "Channel"):
            labels.append(("server" if heading["name"] == "Guild" else "channel", clean_line(heading["value"], limit=200)))
            if heading["name"] == "Channel":
                yield IncidentDraft(key=labels[-1][1], labels=tuple(labels))
    if current is not None:
        item = current.item(keys, order, count + 1, options)
        count += not isinstance(item, Rejected)
        yield item
    if not count:
        raise SourceError("There is no message in this text of DiscordChatExporter that can be read.")


class _Message:
    """A message that is open; `part` is what the lines that follow belong to."""

    def __init__(self, number: int, when: str, who: str, line: str) -> None:
        self.number, self.when, self.who = number, when, who
        self.part = ""
        self.text: list[str] = []
        self.tail: list[str] = []
        self.raw = [line]
        self.size = 0

    def goes_on(self, line: str) -> None:
        self.size += len(line) + 1
        if self.size > MOST_TEXT:
            return
        self.raw.append(line)
        if match := PART.match(line):
            self.part = match["part"]
        elif self.part in ("Attachments", "Stickers", "Reactions"):
            if line.strip():
                self.tail.append(f"\n[{'file: ' if self.part == 'Attachments' else ''}{line.strip().rpartition('/')[2][:200]}]")
        else:
            self.text.append(line)

    def item(self, keys: Keys, order: bool | None, count: int, options: ReadOptions) -> Item:
        where, text = f"line {self.number}", "\n".join(self.text).strip()
        try:
            moment = read_human(self.when, options.time_zone, day_first=order, latest=options.latest)
        except TimeError as error:
            return Rejected(where, str(error))
        return event_of(
            moment,
            text,
            key=keys.of(self.when, self.who, text),
            where=where,
            order=count,
            raw="\n".join(self.raw),
            actor=self.who,
            bot=self.who.lower().endswith("bot"),
            tail="".join(self.tail),
        )
