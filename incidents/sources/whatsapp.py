"""Pure. WhatsApp: the text that “Export chat” makes, in the shapes of its many locales.

https://faq.whatsapp.com/1180414079177245 tells how it is made. Day and month stand as the phone's locale has them, which the file does not name: numbers above
12, times that would lie in the future and the order of the messages decide; where nothing does, a person is asked.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from incidents.lib.archives import MAX_ENTRY, ArchiveError, is_zip, open_zip
from incidents.lib.timestamps import Moment, TimeError, read_human
from incidents.sources.base import Column, Item, Payload, Source
from incidents.sources.conversation import Keys, event_of
from incidents.sources.day_order import COLUMN, day_first
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.text_lines import first_lines, lines_of

LOOK = 64 * 1024
MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufeff"
SPACES = str.maketrans(dict.fromkeys("\u00a0\u202f\u2009\u2007", " ") | dict.fromkeys(MARKS))
DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९", "0123456789" * 3)
HALF = r"(?P<half>[AaPp]\.?\s?[Mm]\.?|上午|下午|午前|午後|오전|오후|ص|م|ΠΜ|ΜΜ|πμ|μμ|SA|CH|de\.|du\.)"
START = re.compile(
    rf"\[?(?P<date>\d{{1,4}}[./-]\s?\d{{1,2}}[./-]\s?\d{{1,4}}\.?)(?:\s*,\s*|\s+(?:(?:à|às|a las|alle|um|at|kl\.?|o)\s+)?)(?:{HALF.replace('half', 'before')}\s?)?"
    rf"(?P<clock>\d{{1,2}}[:.]\d\d(?:[:.]\d\d)?)(?:\s?{HALF})?(?:\]\s|\s[-–]\s)(?P<rest>.*)",
    re.DOTALL,
)
WHO = re.compile(r"(?P<who>[^:\n]{1,80}?|[^:\n]{1,60}:[^:\n]{1,30}?):(?:\s|$)(?P<text>.*)", re.DOTALL)
EARLIER = {"上午", "午前", "오전", "ص", "ΠΜ", "πμ", "SA", "de."}
LATER = {"下午", "午後", "오후", "م", "ΜΜ", "μμ", "CH", "du."}
OMITTED = re.compile(
    r"<(?:media|médias?|medien|multimedia|mídia|archivo|attached|adjunto|allegato|anhang|angehängt|pièce jointe|bijlage|anexado|bestand)\b[^<>]{0,120}>|<[^<>]{0,60}(?:omitted|omitido|oculta|omesso|ausgeschlossen|weggelassen|omis|weggelaten)>"
    r"|(?:image|video|audio|sticker|GIF|document|contact card|bild|foto|dokument|imagen|imagem|vídeo|immagine|documento|audiobestand)\s(?:omitted|weggelassen|omitid[ao]|ocultad?[ao]|omise?|omess[ao]|weggelaten)|^.{1,200}\((?:file attached|archivo adjunto|Datei angehängt|fichier joint)\)$",
    re.IGNORECASE,
)
EDITED = re.compile(
    r"<(?:this message was edited|se editó este mensaje\.?|diese nachricht wurde bearbeitet\.?|ce message a été modifié|questo messaggio è stato modificato)>\s*$",
    re.IGNORECASE,
)
DELETED = re.compile(
    r"(?:this message was deleted|you deleted this message|this message was deleted by .{1,60}|diese nachricht wurde gelöscht|du hast diese nachricht gelöscht|(?:se )?eliminó este mensaje|eliminaste este mensaje"
    r"|ce message a été supprimé|vous avez supprimé ce message|mensagem apagada|questo messaggio è stato eliminato|dit bericht is verwijderd)\.?",
    re.IGNORECASE,
)
COMING = re.compile(
    r"\b(?:added|removed|left|joined|hinzugefügt|entfernt|verlassen|beigetreten|añadió|agregó|eliminó|salió|se unió|a ajouté|a retiré|est parti|adicionou|saiu)\b",
    re.IGNORECASE,
)
CALL = re.compile(r"\b(?:voice|video) call\b", re.IGNORECASE)
TITLE = re.compile(r"(?:created (?:the )?group|changed the (?:subject|group name)(?: from .{1,100}? to)?(?: to)?) [“\"«](?P<title>[^“”\"«»]{1,100})[”\"»]")
NOTICE = "WhatsApp's own line"


@dataclass(frozen=True, slots=True)
class _Start:
    """The first line of a message."""

    day: str
    clock: str
    rest: str
    written: str


def start_of(line: str) -> _Start | None:
    """Return what a line begins, or None when it goes on with the message above."""
    plain = line.translate(SPACES).lstrip()
    if not (plain[:1] == "[" or plain[:1].isdigit()):
        return None
    match = START.match(plain if plain.isascii() else plain[:40].translate(DIGITS) + plain[40:])
    if match is None:
        return None
    half, before = match["half"] or "", match["before"] or ""
    clock = match["clock"].replace(".", ":")
    word = half or before
    if word in LATER or word[:1] in ("p", "P"):
        clock += " PM"
    elif word in EARLIER or word[:1] in ("a", "A"):
        clock += " AM"
    return _Start(match["date"].rstrip("."), clock, match["rest"], plain[: match.start("rest")].strip(" -–[]"))


def detect(payload: Payload) -> int:
    if is_zip(payload.head):
        inner = _unzipped(payload, LOOK)
        return detect(inner) if inner is not None else 0
    lines = [line for line in first_lines(payload)[:300] if line.strip()]
    if not lines or start_of(lines[0]) is None and (len(lines) < 2 or start_of(lines[1]) is None):
        return 0
    starts = [found for line in lines if (found := start_of(line)) is not None]
    said = sum(bool(WHO.match(found.rest)) for found in starts)
    if said < 1 or said * 3 < len(starts) or any(found.rest.startswith("<") and ">" in found.rest[:40] and ":" not in found.rest for found in starts[:5]):
        return 0
    return 92 if len(starts) * 4 >= len(lines) or len(starts) >= 20 else 40


def _unzipped(payload: Payload, limit: int = MAX_ENTRY) -> Payload | None:
    """Return the chat of the ZIP file in which the phone packs it with its pictures, as far as `limit`; None when it has none."""
    payload.file.seek(0)
    try:
        archive = open_zip(payload.file)
        for name in [name for name in archive if name.endswith(".txt") and "/" not in name.removeprefix("./")][:3]:
            with archive.open(name) as file:
                data = file.read(limit)
            if start_of(data[:400].decode("utf-8", "replace").partition("\n")[0]) is not None:
                return Payload(io.BytesIO(data), name, len(data), data[:LOOK])
    except ArchiveError:
        return None
    finally:
        payload.file.seek(0)
    return None


def guess(payload: Payload) -> list[Column]:
    """Offer the date as a column where the file does not settle the order of day and month."""
    if is_zip(payload.head):
        if (inner := _unzipped(payload)) is None:
            return []
        payload = inner
    if _day_first(payload, ReadOptions()) is not None:
        return []
    samples = list(dict.fromkeys(found.day for line in first_lines(payload) if (found := start_of(line)) is not None))
    return [Column(COLUMN, "time", tuple(samples[:5]))] if samples else []


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    if is_zip(payload.head):
        if (inner := _unzipped(payload)) is None:
            raise SourceError("This ZIP file has no text of a WhatsApp chat at its top.")
        payload = inner
    chat = _Chat(options, _day_first(payload, options))
    for number, line in lines_of(payload, options.encoding):
        if (start := start_of(line)) is not None:
            yield from chat.finished()
            chat.open(start, number, line)
        else:
            chat.goes_on(line, number)
    yield from chat.finished()
    if not chat.count:
        raise SourceError(f"No message of this WhatsApp chat can be read. {chat.reason}".strip())


def _day_first(payload: Payload, options: ReadOptions) -> bool | None:
    return day_first((found.day for _, line in lines_of(payload, options.encoding) if (found := start_of(line)) is not None), options)


class _Chat:
    """The message that is open. `count` counts the events."""

    def __init__(self, options: ReadOptions, day_first: bool | None) -> None:
        self.options = options
        self.day_first = day_first
        self.start: _Start | None = None
        self.number = self.count = 0
        self.lines: list[str] = []
        self.raw: list[str] = []
        self.size = 0
        self.reason = ""
        self.titled = False
        self.keys = Keys()

    def open(self, start: _Start, number: int, line: str) -> None:
        self.start, self.number, self.lines, self.raw, self.size = start, number, [start.rest], [line], 0

    def goes_on(self, line: str, number: int) -> None:
        if self.start is not None and self.size < 20_000:
            self.size += len(line) + 1
            self.lines.append(line.translate(SPACES) if not line.isascii() else line)
            self.raw.append(line)

    def finished(self) -> Iterator[Item]:
        start, self.start = self.start, None
        if start is None:
            return
        where = f"line {self.number}"
        try:
            moment = self.moment(start)
        except TimeError as error:
            self.reason = str(error)
            yield Rejected(where, str(error))
            return
        whole = "\n".join(self.lines).strip()
        said = WHO.match(whole)
        title = None if said and not TITLE.search(said["who"]) else TITLE.search(whole, 0, 300)
        if title is not None and not self.titled:
            self.titled = True
            yield IncidentDraft(labels=(("channel", title["title"]),))
        self.count += 1
        yield self.event(start, moment, said if title is None else None, whole, where)

    def event(self, start: _Start, moment: Moment, said: re.Match[str] | None, whole: str, where: str) -> EventDraft:
        actor = said["who"].strip(" ~") if said else ""
        text = said["text"].strip() if said else whole
        own = not said or ": \u200e" in self.raw[0]  # iOS puts the group's name before WhatsApp's own lines, and a mark after it
        revised, notice = "", NOTICE if own and not CALL.search(text, 0, 100) else ""
        if edited := EDITED.search(text, max(0, len(text) - 100)):
            text, revised = text[: edited.start()].rstrip(), "edited"
        if DELETED.fullmatch(text):
            text, revised, notice = "A message was deleted", "deleted", "deleted message"
        elif OMITTED.fullmatch(text):
            text, notice = f"[{text.strip('<>')}]", "media that was left out"
        elif notice:
            actor = ""
        return event_of(
            moment,
            text,
            key=self.keys.of(start.written, actor, text),
            where=where,
            order=self.count,
            raw="\n".join(self.raw),
            actor=actor,
            revised=revised,
            notice=notice,
            coming=notice == NOTICE and bool(COMING.search(text)),
        )

    def moment(self, start: _Start) -> Moment:
        moment = read_human(f"{start.day.replace(' ', '')} {start.clock}", self.options.time_zone, day_first=self.day_first, latest=self.options.latest)
        return replace(moment, local=start.written)


SOURCE = Source(
    name="whatsapp",
    label="WhatsApp",
    detect=detect,
    read=read,
    docs="WhatsApp: the text file of “Export chat” in the shapes of its locales, with lines that go on, edits, deletions and left-out media; the zone is asked for, and "
    "the order of day and month where the file leaves it open (https://faq.whatsapp.com/1180414079177245).",
    guess=guess,
)
