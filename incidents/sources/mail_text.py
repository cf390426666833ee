"""Pure. The words of an e-mail: the plain part, else the HTML part as text; without quotes, signatures and the history below an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_string
from email.message import Message

from incidents.sources import markup

LONGEST = 200_000
PARTS = 200  # of one message that are looked at
WROTE = re.compile(
    r"^(?:>+\s?)?(?:(?:On|Am|Le|El|Il|Em|Op|Den|W dniu)\b.{5,200}|.{3,120}\s)\b(?:wrote|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|skrev|napisał(?:\(a\))?)\b.{0,60}:\s*$",
    re.IGNORECASE,
)
BELOW = re.compile(
    r"^\s*(?:-{2,}\s?(?:Original Message|Ursprüngliche Nachricht|Message d'origine|Mensaje original|Messaggio originale|Oorspronkelijk bericht|Forwarded message)\s?-{2,}|_{20,}|Begin forwarded message:)\s*$",
    re.IGNORECASE,
)
OUTLOOK = re.compile(r"^\s*\*?(?:From|Von|De|Da|Van):\*?\s+\S.*$", re.IGNORECASE)
OUTLOOK_NEXT = re.compile(
    r"^\s*\*?(?:Sent|Date|Gesendet|Datum|Envoyé|Enviado|Inviato|Verzonden|To|An|À|Para|A|Cc|Subject|Betreff|Objet|Asunto|Oggetto)\s?:\*?\s", re.IGNORECASE
)
FORWARDED = re.compile(r"forwarded message", re.IGNORECASE)
RULE = re.compile(r"^-{20,78}\s*$", re.MULTILINE)
DIGEST = re.compile(r"^(?:Message: \d+\s*\n)?(?=(?:Date|From|Subject|Message-ID|To|Cc): \S)", re.IGNORECASE)


def body_of(message: Message) -> tuple[str, bool]:
    """Return the text of the message as it stands, and whether it comes from HTML."""
    plain, marked = "", ""
    for number, part in enumerate(message.walk()):
        if number >= PARTS:
            break
        kind = part.get_content_type()
        if part.is_multipart() or part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
            continue
        if kind == "text/html" and not marked:
            marked = _decoded(part)
        elif kind == "text/plain" and not plain.strip():
            plain = _decoded(part)
    if plain.strip() or not marked:
        return plain, False
    return markup.plain_html(marked, quotes=False) or markup.plain_html(marked), True


def _decoded(part: Message) -> str:
    try:
        data = part.get_payload(decode=True)
    except (ValueError, AssertionError, TypeError, LookupError):
        data = None
    if not isinstance(data, bytes):
        text = part.get_payload()
        return text[:LONGEST] if isinstance(text, str) else ""
    charset = str(part.get_content_charset() or "utf-8")
    for name in (charset, "utf-8", "cp1252"):
        try:
            return data[: LONGEST * 4].decode(name)[:LONGEST]
        except (LookupError, ValueError):
            continue
    return data[:LONGEST].decode("utf-8", "replace")


def without_history(text: str) -> str:
    """Return a text without the lines that quote others, the history below and the signature; all of it when nothing else is left."""
    kept: list[str] = []
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for index, line in enumerate(lines):
        if line.rstrip() == "--" or line == "-- ":
            break  # a signature
        if BELOW.match(line) and not FORWARDED.search(line) and any(part.strip() for part in kept):
            break
        if OUTLOOK.match(line) and index + 1 < len(lines) and OUTLOOK_NEXT.match(lines[index + 1]) and any(part.strip() for part in kept):
            break
        if line.lstrip().startswith(">"):
            continue
        two = f"{line} {lines[index + 1]}" if index + 1 < len(lines) else line
        if WROTE.match(line) or not line.startswith(" ") and line[:3] in ("On ", "Am ", "Le ") and WROTE.match(two):
            if WROTE.match(line) is None:
                lines[index + 1] = ""
            continue
        kept.append(line.rstrip())
    written = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return written or re.sub(r"^>+ ?", "", text, flags=re.MULTILINE).strip()


def digest_parts(text: str) -> Iterator[tuple[Message, str]]:
    """Yield headers and words of the messages in a digest of plain text, as Mailman sends it; nothing when it is none."""
    blocks = RULE.split(text) if text.count("\n-----") >= 1 else []
    found = []
    for block in blocks:
        block = block.strip()
        if match := DIGEST.match(block):
            letter = message_from_string(block[match.end() :])
            if letter.get("From") and letter.get("Date"):
                body = letter.get_payload()
                found.append((letter, without_history(body) if isinstance(body, str) else ""))
    if len(found) >= 2:
        yield from found
