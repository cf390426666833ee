"""Pure. The pages that Telegram Desktop exports when it is not asked for JSON: messages.html, messages2.html.

https://telegram.org/blog/export-and-more tells of the export. A page is read as it streams: what is open is one message.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from incidents.lib.text import clean_line
from incidents.lib.timestamps import Moment, TimeError, read_human
from incidents.sources.base import Item, Payload
from incidents.sources.conversation import event_of
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected, SourceError

MARKS = (b'class="message default', b'class="message service')
CHUNK = 64 * 1024
MOST_TEXT = 20_000
MOST_PAGE = 400_000  # characters of markup between two tags
VOID = {"br", "img", "hr", "meta", "link", "input", "source"}
NUMBER = re.compile(r"message(-?\d{1,18})")
DAY_LINE = re.compile(r"\d{1,2} \w{3,12} \d{4}")


@dataclass(slots=True)
class Message:
    """A message of a page: `stamp` is what the page shows beside its clock, "02.03.2026 15:01:00 UTC+01:00"."""

    number: str
    line: int
    service: bool = False
    joined: bool = False
    stamp: str = ""
    name: str = ""
    text: str = ""
    answers: str = ""
    media: list[str] = field(default_factory=list)


def is_page(head: bytes) -> bool:
    return head.lstrip()[:1] == b"<" and any(mark in head for mark in MARKS) and b'class="history"' in head


def read_page(payload: Payload) -> Iterator[Message | str]:
    """Yield the messages of a page, and first the name of the chat. Raises SourceError."""
    payload.file.seek(0)
    page = _Page()
    told = False
    waiting = 0
    while data := payload.file.read(CHUNK):
        done = len(page.done)
        page.feed(data.decode("utf-8", "replace") if data.isascii() else _whole(payload, data))
        waiting = waiting + len(data) if len(page.done) == done else 0
        if waiting > MOST_PAGE * 10:
            raise SourceError("This page has one message that does not end.", f"line {page.getpos()[0]}")
        if page.title and not told:
            told = True
            yield page.title
        yield from page.taken()
    page.close()
    page.ended()
    yield from page.taken()


def _whole(payload: Payload, data: bytes) -> str:
    """Decode a chunk together with the rest of its last character."""
    for _ in range(3):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            if error.end < len(data) or not (more := payload.file.read(1)):
                break
            data += more
    return data.decode("utf-8", "replace")


class _Page(HTMLParser):
    """`open` holds the class of every element that is open; what a piece of text belongs to is the nearest that means something."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.open: list[str] = []
        self.current: Message | None = None
        self.depth = 0
        self.done: list[Message] = []

    def taken(self) -> list[Message]:
        done, self.done = self.done, []
        return done

    def ended(self) -> None:
        if self.current is not None:
            self.done.append(self.current)
        self.current = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        names = given.get("class", "")
        message = self.current
        if tag == "div" and names.startswith("message "):
            self.ended()
            number = NUMBER.search(given.get("id", ""))
            self.current = Message(number[1] if number else "", self.getpos()[0], "service" in names, "joined" in names)
            self.depth = len(self.open)
        elif message is not None:
            if "date details" in names and not message.stamp:
                message.stamp = given.get("title", "")
            elif tag == "br":
                self.add("\n")
            elif tag == "a" and "reply_to" in self.place() and (number := NUMBER.search(given.get("href", ""))):
                message.answers = number[1]
        if tag not in VOID and len(self.open) < 500:
            self.open.append(names or tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID or not self.open:
            return
        self.open.pop()
        if self.current is not None and len(self.open) <= self.depth:
            self.ended()

    def place(self) -> str:
        return next((names for names in reversed(self.open) if " " in names or names in ("text", "from_name", "title", "status", "body")), "")

    def add(self, data: str) -> None:
        if self.current is not None and len(self.current.text) < MOST_TEXT:
            self.current.text += data

    def handle_data(self, data: str) -> None:
        place, plain = self.place(), data.strip()
        if self.current is None:
            if plain and "text bold" in place and not self.title:
                self.title = plain
        elif not plain:
            if self.current.text and place == "text" and "\n" not in data:
                self.add(" ")
        elif place == "from_name" or place.startswith("from_name"):
            self.current.name = self.current.name or html.unescape(plain)
        elif place == "text" or self.current.service and "body" in place:
            self.add(data if place == "text" else f"{' ' if self.current.text else ''}{plain}")
        elif place.startswith(("title", "status")) and len(self.current.media) < 10:
            self.current.media.append(plain)


def items_of_page(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    """Read an exported page. What stands under another's name without one of its own is by the same person."""
    chat = name = ""
    moment: Moment | None = None
    count = 0
    for message in read_page(payload):
        if isinstance(message, str):
            chat = clean_line(message, limit=150)
            yield IncidentDraft(key=chat, labels=(("channel", chat),))
            continue
        name = message.name or (name if message.joined else "")
        where = f"line {message.line}"
        if message.service and DAY_LINE.fullmatch(message.text.strip()):
            continue
        try:
            if message.stamp:
                moment = read_human(message.stamp, options.time_zone, day_first=True, latest=options.latest)
            elif message.service and moment is not None:
                moment = replace(moment, precision="day")  # a page shows no time of what the service says: it came after the message above
            else:
                raise TimeError(f"This has no time: {message.text[:100]}")
        except TimeError as error:
            yield Rejected(where, str(error))
            continue
        count += 1
        media = f"\n[{', '.join(message.media)[:300]}]" if message.media else ""
        yield event_of(
            moment,
            message.text,
            key=f"{chat}:{message.number}",
            where=where,
            order=count,
            raw="\n".join(filter(None, (message.stamp, name, message.text, media))),
            actor=name,
            thread=f"{chat}:{message.answers}" if message.answers else "",
            notice="service message" if message.service else "",
            bot=name.lower().endswith("bot"),
            tail=media,
        )
    if not count:
        raise SourceError("There is no message on this page of Telegram.")
