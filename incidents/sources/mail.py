"""Pure. E-mail: single messages (eml), mailboxes (mbox), digests; each message an event, its thread by References.

https://www.rfc-editor.org/rfc/rfc5322 defines the message, https://www.rfc-editor.org/rfc/rfc4155 the mailbox. What an answer repeats of others is left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from incidents.lib.text import clean_line
from incidents.lib.timestamps import Moment, TimeError, read_machine
from incidents.sources.base import Item, Payload, Source
from incidents.sources.conversation import event_of
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.json_stream import MAX_RAW
from incidents.sources.mail_text import body_of, digest_parts, without_history

MAX_MESSAGE = 4 * 1024 * 1024  # of one message; what is longer is attachments
MAX_LINE = 64 * 1024
FROM = re.compile(rb"From \S.{0,200}\d{4}[^\r\n]{0,40}\r?\n?$")
HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]{1,60}:[ \t\r\n]")
KNOWN = re.compile(
    rb"^(?:Message-ID|From|Date|Subject|Received|Return-Path|MIME-Version|Delivered-To|To|References|In-Reply-To|X-[\w-]+|DKIM-Signature|Content-Type):",
    re.IGNORECASE | re.MULTILINE,
)
PREFIX = re.compile(r"^(?:(?:re|aw|antw|sv|vs|fw|fwd|wg|tr|rv|res|enc)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
LIST = re.compile(r"^\s*\[[^\]\[]{1,60}\]\s*")
IDENTITY = re.compile(r"<([^<>\s]{1,250})>")
ARCHIVED = re.compile(r"(?P<user>\S+) (?:at|à) (?P<host>\S+) \((?P<name>[^()]{1,200})\)")
AUTOMATIC = re.compile(
    r"(?:no-?reply|do-?not-?reply|alert|monitor|pager|opsgenie|nagios|icinga|zabbix|grafana|datadog|pingdom|statuspage|notification|root@|cron|daemon)",
    re.IGNORECASE,
)
#: What the standard library's parser of headers raises over strangers' messages.
FAULTS = (MessageError, ValueError, TypeError, LookupError, AttributeError, AssertionError, OverflowError, RecursionError)


def detect(payload: Payload) -> int:
    head = payload.head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    boxed = bool(FROM.match(head.split(b"\n", 1)[0] + b"\n"))
    if boxed:
        head = head.split(b"\n", 1)[1] if b"\n" in head else b""
    if not HEADER.match(head) or b"\x00" in head[:2000]:
        return 0
    top = head.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0][:32_000]
    names = {match[0].lower() for match in KNOWN.finditer(top)}
    plain = sum(bool(HEADER.match(line + b"\n")) or line[:1] in (b" ", b"\t") for line in top.split(b"\n"))
    if plain < len(top.split(b"\n")) or b"from:" not in names or len(names) < 3 or not names & {b"date:", b"message-id:", b"received:"}:
        return 0
    return 93


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    count = 0
    reason = "It has no message with a date."
    told = False
    for number, data in messages_of(payload):
        where = f"message {number}"
        try:
            found = list(_letters(message_from_bytes(data), where))
        except FAULTS:
            reason = "This message cannot be taken apart."
            yield Rejected(where, reason)
            continue
        for place, letter, text in found:
            try:
                subject = _header(letter, "Subject")
                item = _event(letter, subject, text, place, data if place == where else letter.as_bytes()[:MAX_RAW], count + 1, options)
            except FAULTS:
                item = Rejected(place, "The headers of this message cannot be read.")
            if isinstance(item, Rejected):
                reason = item.reason
            elif not told:
                told = True
                yield IncidentDraft(title=clean_line(_bare(subject), limit=200), key=clean_line(item.thread or item.key, limit=200), labels=_labels(letter))
            count += isinstance(item, EventDraft)
            yield item
    if not count:
        raise SourceError(f"No e-mail can be read. {reason}")


def messages_of(payload: Payload) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of every message of a mailbox, or of the one message; at most MAX_MESSAGE of each."""
    payload.file.seek(0)
    lines: list[bytes] = []
    size = number = 0
    boxed: bool | None = None
    blank = True
    while line := payload.file.readline(MAX_LINE):
        if boxed is None:
            line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.strip():
                continue
            boxed = bool(FROM.match(line))
        if boxed and blank and line.startswith(b"From ") and FROM.match(line):
            if number and lines:
                yield number, b"".join(lines)
            number, lines, size, blank = number + 1, [], 0, False
            continue
        blank = not line.strip()
        if size < MAX_MESSAGE:
            if boxed and line.startswith(b">") and line.lstrip(b">").startswith(b"From "):
                line = line[1:]
            lines.append(line)
            size += len(line)
    if lines:
        yield max(number, 1), b"".join(lines)


def _letters(message: Message, where: str) -> Iterator[tuple[str, Message, str]]:
    """Yield where, headers and text of the message, or of those that a digest holds."""
    inner = [part for part in message.walk() if part.get_content_type() == "message/rfc822"] if message.get_content_maintype() == "multipart" else []
    digest = message.get_content_type() == "multipart/digest" or any(part.get_content_type() == "multipart/digest" for part in message.walk())
    if digest and inner:
        for number, part in enumerate(inner, 1):
            held = part.get_payload(0) if isinstance(part.get_payload(), list) else None
            if isinstance(held, Message):
                yield f"{where}, part {number}", held, without_history(body_of(held)[0])
        return
    text, marked = body_of(message)
    parts = [] if marked else list(digest_parts(text))
    if parts:
        for number, (letter, body) in enumerate(parts, 1):
            yield f"{where}, part {number}", letter, body
    else:
        yield where, message, without_history(text)


def _header(message: Message, name: str) -> str:
    """Return a header in plain characters: encoded words decoded, folded lines joined."""
    value = next((each for key, each in message.raw_items() if key.lower() == name.lower()), None)
    if value is None:
        return ""
    raw = str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    parts = []
    try:
        for piece, charset in decode_header(raw):
            if isinstance(piece, bytes):
                try:
                    parts.append(piece.decode(charset if charset and charset != "unknown-8bit" else "utf-8", "replace"))
                except LookupError:
                    parts.append(piece.decode("latin-1"))
            else:
                parts.append(piece)
    except FAULTS:
        parts = [raw]
    return clean_line("".join(parts), limit=2000)


def _moment(message: Message, options: ReadOptions) -> Moment:
    """Read the Date header; the date of the last Received where that is no time. Raises TimeError."""
    written = _header(message, "Date")
    received = message.get_all("Received") or []
    for text in (written, *(str(line).rpartition(";")[2].strip() for line in received[-1:])):
        if not text:
            continue
        try:
            return read_machine(text[:100], options.time_zone, options.latest)
        except TimeError:
            try:
                at = parsedate_to_datetime(text[:100])
            except FAULTS:
                continue
            if at.tzinfo is not None:
                return read_machine(at.astimezone(UTC).isoformat(), latest=options.latest)
    raise TimeError(f"“{written[:60]}” is no time." if written else "The message has no Date.")


def _event(message: Message, subject: str, text: str, where: str, raw: bytes, order: int, options: ReadOptions) -> EventDraft | Rejected:
    try:
        moment = _moment(message, options)
    except TimeError as error:
        return Rejected(where, str(error))
    if moment.at is None and not moment.needs:
        return Rejected(where, "The message has no Date.")
    sender = _sender(_header(message, "From"))
    identity = _ids(message, "Message-ID")
    root = next(iter(_ids(message, "References") + _ids(message, "In-Reply-To")), "")
    key = (
        identity[0]
        if identity
        else hashlib.blake2b(f"{moment.local}|{sender[1]}|{subject}|{text[:500]}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    )
    is_answer = bool(root) or bool(PREFIX.match(subject))
    automatic = _header(message, "Auto-Submitted").lower()
    files = [name for part in message.walk() if part.get_content_disposition() == "attachment" and (name := _file_name(part))]
    return event_of(
        moment,
        text if is_answer and text else "\n".join(filter(None, (subject, text))),
        key=key,
        where=where,
        order=order,
        raw=raw[:MAX_RAW].decode("utf-8", "replace"),
        actor=sender[0] or sender[1].partition("@")[0],
        thread=root if root != key else "",
        bot=automatic not in ("", "no") or bool(AUTOMATIC.search(f"{sender[0]} {sender[1]}")),
        notice="an automatic reply" if automatic == "auto-replied" else "",
        tail="".join(f"\n[file: {name}]" for name in files[:20]),
    )


def _sender(text: str) -> tuple[str, str]:
    """Return name and address. Archives of lists write "anna at shop.example (Anna B)"."""
    if match := ARCHIVED.fullmatch(text):
        return match["name"], f"{match['user']}@{match['host']}"
    return next(iter(getaddresses([text])), ("", ""))


def _file_name(part: Message) -> str:
    try:
        return clean_line(part.get_filename() or "", limit=200)
    except FAULTS:
        return ""


def _ids(message: Message, name: str) -> list[str]:
    text = str(message.get(name) or "")[:20_000]
    found = IDENTITY.findall(text)
    return [clean_line(each, limit=200) for each in found] or [clean_line(text, limit=200)] * (name == "Message-ID" and bool(text.strip()))


def _labels(message: Message) -> tuple[tuple[str, str], ...]:
    """Return the list or the address that the message went to: what a team routes by."""
    listed = next(iter(IDENTITY.findall(str(message.get("List-Id") or ""))), "")
    to = next((address for _, address in getaddresses([_header(message, "To")]) if address), "")
    pairs = (("list", listed), ("to", to))
    return tuple((name, clean_line(value, limit=200)) for name, value in pairs if value)


def _bare(subject: str) -> str:
    """Return the subject without "Re:" and the name of the list."""
    before = ""
    while before != subject:
        before, subject = subject, PREFIX.sub("", LIST.sub("", subject))
    return subject


SOURCE = Source(
    name="email",
    label="E-mail",
    detect=detect,
    read=read,
    docs="E-mail: single messages (eml), mailboxes (mbox) and digests of lists, in plain text or HTML, threads by References, without what an answer repeats of others "
    "(https://www.rfc-editor.org/rfc/rfc5322).",
)
