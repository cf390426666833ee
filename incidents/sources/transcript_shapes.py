"""Pure. Transcripts and meeting chats line by line: WebVTT, SubRip, SBV, Zoom's chat files, the text of Meet and Teams.

A piece of talk has its time from the start of the recording, or of the clock on the wall where a chat was saved by Zoom's own program.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

TIME = r"(?:\d{1,3}:)?\d{1,2}:\d\d(?:[.,]\d{1,3})?"
BARE = r"(?:\d{1,3}:)?\d{1,2}:\d{1,2}[.,]\d{1,3}"  # Teams writes 0:1:5.2
TIMING = re.compile(rf"^\s*(?P<at>{TIME}|{BARE})\s+-->\s+(?:{TIME}|{BARE})(?:\s.*)?$")
SBV = re.compile(r"^(?P<at>\d{1,3}:\d\d:\d\d\.\d{3}),\d{1,3}:\d\d:\d\d\.\d{3}$")
CHAT = re.compile(r"^(?P<at>\d{1,2}:\d\d:\d\d)\t\s*(?P<who>[^\t]{1,120}?)\s?:\t(?P<text>.*)$")  # of Zoom's cloud recordings
SAVED = re.compile(  # by Zoom's program
    r"^(?:(?P<date>\d{4}-\d\d-\d\d)\s+)?(?P<at>\d{1,2}:\d\d:\d\d)(?:\s?(?P<half>[AP]M))?\s+(?:From|Von|De)\s+(?P<who>.{1,80}?)(?:\s+(?:to|an|à|a)\s+.{1,80}?)?\s*:\s*(?P<text>.*)$"
)
ALONE = re.compile(r"^\s*\[?(?P<at>\d{1,2}:\d\d:\d\d)\]?\s*$")  # Meet writes the time on a line of its own, every few minutes
SPOKE = re.compile(
    r"^(?P<who>[^\d\s][^\n:]{0,60}?)(?:\s{2,}|\t|\s\|\s|\s\((?=[\d:]+\):))(?P<at>(?:\d{1,2}:)?\d{1,2}:\d\d)(?:\):)?\s*$"
)  # Teams, Otter, Rev: "Anna B   0:03", "Anna (00:03):"
SAID = re.compile(r"^(?P<who>[^:\n<>]{1,60}):\s+(?P<text>\S.*)$", re.DOTALL)
VOICE = re.compile(r"<v(?:\.[\w.]+)?\s+(?P<who>[^>]{1,100})>")
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>|<\d[\d:.]*>")
ENDED = re.compile(r"^(?:Meeting ended|Transcription ended|This editable transcript)\b")
ASIDE = re.compile(r"^(?:NOTE|STYLE|REGION)\b")
MOST_TEXT = 20_000


@dataclass(slots=True)
class Piece:
    """`at` is the time as written; `wall` when it is the clock's, else it counts from the start. `date` is set when the line has one."""

    at: str
    line: int
    who: str = ""
    text: str = ""
    wall: bool = False
    date: str = ""
    raw: str = ""


def shape_of(lines: list[str]) -> str:
    """Return "cues", "chat", "saved", "meet", "spoke" for what the first lines are, or ""."""
    full = [line for line in lines if line.strip()]
    if not full:
        return ""
    if full[0].startswith("WEBVTT") or sum(bool(TIMING.match(line)) for line in full[:200]) >= 2 or len(full) <= 8 and any(TIMING.match(line) for line in full):
        return "cues"
    if sum(bool(SBV.match(line)) for line in full[:200]) >= 1 and SBV.match(full[0]):
        return "cues"
    chat, saved = (sum(bool(pattern.match(line)) for line in full[:200]) for pattern in (CHAT, SAVED))
    if chat and CHAT.match(full[0]):
        return "chat"
    if saved and SAVED.match(full[0]):
        return "saved"
    if sum(bool(ALONE.match(line)) for line in full[:400]) >= 1 and any("transcript" in line.lower() for line in full[:12]):
        spoken = [line for line in full if SAID.match(line.strip())]
        return "meet" if len(spoken) * 2 >= len(full) - 12 and len(spoken) >= 2 else ""
    spoke = [number for number, line in enumerate(full[:200]) if SPOKE.match(line)]
    above = min(spoke[0], 10) if spoke else 0  # title, key words, list of speakers
    return "spoke" if len(spoke) >= 2 and len(spoke) * 4 >= len(full[:200]) - above else ""


def pieces(shape: str, lines: Iterable[tuple[int, str]]) -> Iterator[Piece]:
    """Yield the pieces of talk in the order of the file."""
    reader = {"cues": _cues, "chat": _opened, "saved": _opened, "spoke": _opened, "meet": _meet}[shape]
    yield from reader(lines)


def _cues(lines: Iterable[tuple[int, str]]) -> Iterator[Piece]:
    piece: Piece | None = None
    aside = False
    for number, line in lines:
        if timing := TIMING.match(line) or SBV.match(line):
            if piece is not None:
                yield from _voices(piece, cut=True)
            piece, aside = Piece(timing["at"], number, raw=line), False
        elif not line.strip():
            aside = False
            if piece is not None and piece.text:
                yield from _voices(piece)
                piece = None
        elif piece is None and ASIDE.match(line):
            aside = True
        elif piece is not None and not aside and len(piece.text) < MOST_TEXT:
            piece.text += f"\n{line.strip()}" if piece.text else line.strip()
            piece.raw += f"\n{line}"
    if piece is not None:
        yield from _voices(piece)


def _voices(piece: Piece, *, cut: bool = False) -> Iterator[Piece]:
    """Yield the voices of a cue. `cut` when the next cue came without a blank line: its number stands at the end of the text."""
    text = piece.text
    if cut:
        head, _, last = text.rpartition("\n")
        text = head if last.strip().isdigit() else text
    marks = list(VOICE.finditer(text))
    parts = [("", text[: marks[0].start()] if marks else text)]
    parts += [
        (mark["who"], text[mark.end() : following.start() if following else len(text)]) for mark, following in zip(marks, [*marks[1:], None], strict=False)
    ]
    for who, said in parts:
        plain = html.unescape(TAG.sub("", said)).strip()
        if plain:
            yield Piece(piece.at, piece.line, html.unescape(who).strip(), plain, raw=piece.raw)


def _opened(lines: Iterable[tuple[int, str]]) -> Iterator[Piece]:
    """Read what begins with a line for the speaker and goes on below it."""
    piece: Piece | None = None
    for number, line in lines:
        match = CHAT.match(line) or SAVED.match(line) or SPOKE.match(line)
        if match is not None:
            if piece is not None:
                yield piece
            given = match.groupdict()
            wall = match.re is SAVED
            at = f"{match['at']} {given['half']}" if given.get("half") else match["at"]
            piece = Piece(at, number, match["who"].strip(), (given.get("text") or "").strip(), wall, given.get("date") or "", line)
        elif piece is not None and len(piece.text) < MOST_TEXT:
            piece.text = f"{piece.text}\n{line.strip()}".strip() if line.strip() or piece.text else ""
            piece.raw += f"\n{line}"
    if piece is not None:
        yield piece


def _meet(lines: Iterable[tuple[int, str]]) -> Iterator[Piece]:
    at = ""
    piece: Piece | None = None
    for number, line in lines:
        if alone := ALONE.match(line):
            if piece is not None:
                yield piece
            at, piece = alone["at"], None
        elif at and (said := SAID.match(line.strip())):
            if piece is not None:
                yield piece
            piece = Piece(at, number, said["who"].strip(), said["text"].strip(), raw=line)
        elif piece is not None and line.strip() and not ENDED.match(line.strip()) and len(piece.text) < MOST_TEXT:
            piece.text += f"\n{line.strip()}"
            piece.raw += f"\n{line}"
    if piece is not None:
        yield piece


def seconds_of(at: str) -> float:
    """Return the seconds from the start of "00:04:08.730", "0:03", "12:05"."""
    total = 0.0
    for part in at.replace(",", ".").split(":"):
        total = total * 60 + float(part)
    return total
