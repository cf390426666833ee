"""Pure. One row of a table, or one object, into an event, once it is known what each column means. The hot path of an import."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from incidents.lib import strict_json
from incidents.lib.strict_json import JsonError
from incidents.lib.text import clean_line, clean_text
from incidents.lib.timestamps import EARLIEST, NUMERIC_DATE, Moment, TimeError, read_human, read_machine
from incidents.lib.zones import zone_named
from incidents.sources.drafts import EventDraft, ReadOptions, Rejected, SourceError, tidy
from incidents.sources.fields import FIELDS, KIND_OF, MILESTONES, ORDERS, excel_day, plain_name, zone_in
from incidents.sources.json_stream import MAX_RAW
from incidents.sources.words import kind_of

OPENED = ("created", "opened", "start", "begin", "began", "reported", "erstellt", "beginn")
STATES = {"status", "state", "currentstatus", "statut", "estado", "zustand"}
VAGUE = {"open", "opened"}  # states that an incident keeps while this and that happens to it: words say more
NOON = timedelta(hours=12)
KEY_KINDS = {"acknowledgement", "resolution", "mitigation", "severity"}


def corrected(guessed: dict[str, str], mapping: dict[str, str], columns: Sequence[str]) -> dict[str, str]:
    """Return the guess as people corrected it: what they name wins, and takes the field from the column that had it."""
    unknown = [field for field in mapping.values() if field and field not in FIELDS]
    if unknown:
        raise SourceError(f"There is no field “{unknown[0][:60]}”. Known: {', '.join(FIELDS)}.")
    missing = [name for name in mapping if name not in columns]
    if missing:
        raise SourceError(f"There is no column “{missing[0][:60]}”. The columns are: {', '.join(columns)[:500]}.")
    wanted = {_slot(field) for field in mapping.values()}
    found = {name: field for name, field in guessed.items() if name not in mapping and _slot(field) not in wanted}
    return found | {name: field for name, field in mapping.items() if field}


def day_first_of(rows: Iterable[Sequence[str]], wanted: Sequence[int]) -> bool | None:
    """Decide between day/month and month/day over whole columns: one number above 12 tells for all. None: it stays open."""
    day_first = month_first = False
    for values in rows:
        for index in wanted:
            match = NUMERIC_DATE.search(values[index]) if index < len(values) else None
            if match is not None:
                day_first = day_first or int(match[1]) > 12
                month_first = month_first or int(match[3]) > 12
        if day_first and month_first:
            return None  # both orders in one column: each value that leaves it open is asked about
    return day_first if day_first or month_first else None


def _slot(field: str) -> str:
    return "time" if field in ORDERS else field


class RowReader:
    """Builds events of rows of values. `columns` names the values, `fields` gives each column's field."""

    def __init__(self, columns: Sequence[str], fields: dict[str, str], options: ReadOptions, day_first: bool | None = None) -> None:
        at: dict[str, int] = {}
        for index, name in enumerate(columns):
            field = fields.get(name, "")
            if field:
                at.setdefault(_slot(field), index)
                if field in ORDERS:
                    day_first = ORDERS[field]
        if "time" not in at and "date" in at:
            at["time"] = at.pop("date")
        if "time" not in at:
            raise SourceError(f"No column holds a time. The columns are: {', '.join(columns)[:500]}. Say which one is the time.")
        if "text" not in at and "title" not in at:
            raise SourceError(f"No column holds a text. The columns are: {', '.join(columns)[:500]}. Say which one is the text.")
        self.time, self.day, self.end, self.zone = at["time"], at.get("date", -1), at.get("end", -1), at.get("zone", -1)
        self.text, self.title = at.get("text", at.get("title", -1)), at.get("title", -1) if "text" in at else -1
        self.actor, self.kind, self.url = at.get("actor", -1), at.get("kind", -1), at.get("url", -1)
        self.id, self.thread, self.milestone = at.get("id", -1), at.get("thread", -1), at.get("milestone", -1)
        # A row that was opened then and has a state now: the state is not of that time.
        self.is_record = plain_name(columns[self.time]).startswith(OPENED) and self.kind >= 0 and plain_name(columns[self.kind]) in STATES
        self.width = max(at.values()) + 1
        self.options, self.latest, self.day_first = options, options.latest, day_first
        self.stated_zone = zone_in(columns[self.time])
        self.last_day: date | None = options.date
        self.last_clock: datetime | None = None
        self.count = 0

    def items(self, values: Sequence[str], raw: str, where: str) -> tuple[EventDraft | Rejected, ...]:
        """Return the events of a row: one, two when it has an end, none when it is empty; or why it cannot be read."""
        if len(values) < self.width:
            if not any(values):
                return ()
            values = [*values, *[""] * (self.width - len(values))]
        written = values[self.time].strip()
        text = values[self.text].strip()
        title = values[self.title].strip() if self.title >= 0 else ""
        if not written and not (self.day >= 0 and values[self.day].strip()):
            if not text and not title:
                return ()
            return (Rejected(where, "The row has no time."),)
        if text[:1] == "{":
            text = _spoken(text)
        if title and title != text:
            text = f"{title}: {text}" if text and not text.startswith(title) else text or title
        try:
            at, moment = self.moment(written, values)
        except TimeError as error:
            return (Rejected(where, str(error)),)
        if at is None and not moment.needs:
            return (Rejected(where, "The row has no time."),)
        text = clean_text(text, limit=20_000)
        if not text:
            return (Rejected(where, "The row has no text."),)
        has_ended = self.end >= 0 and bool(values[self.end].strip())
        kind, rule, salience = self.kind_in(values, text, has_ended)
        milestone = ""
        if self.milestone >= 0 and values[self.milestone].strip() in MILESTONES:
            milestone = values[self.milestone].strip()
        self.count += 1
        draft = EventDraft(
            at,
            text,
            self.key(values, raw),
            where,
            self.count,
            moment.needs,
            tidy(moment.local or written, 100),
            moment.zone,
            moment.zone_assumed,
            moment.precision,
            kind,
            rule,
            salience,
            _actor(values[self.actor]) if self.actor >= 0 else "",
            _url(values[self.url]) if self.url >= 0 else "",
            clean_line(values[self.thread], limit=200) if self.thread >= 0 else "",
            milestone,
            clean_text(raw, limit=MAX_RAW),
        )
        if has_ended:
            return (draft, *self.ended(draft, values, raw))
        return (draft,)

    def kind_in(self, values: Sequence[str], text: str, has_ended: bool) -> tuple[str, str, int]:
        """Return the kind of the event of a row, the rule that says so and its salience: by the column of kinds, else by its words."""
        kind, rule, salience, _ = kind_of(text)
        named = values[self.kind] if self.kind >= 0 else ""
        sure = _kind(named) if named else ""
        if not sure or rule and (sure == "status" or plain_name(named) in VAGUE):
            return kind, rule, salience
        if (has_ended or self.is_record) and sure in ("resolution", "recovery", "mitigation"):
            return kind, rule, salience  # the state is the one at the end, not at the beginning
        return sure, tidy(f"column kind: {named.strip()}", 60), 2 if sure in KEY_KINDS else max(salience, 1)

    def ended(self, start: EventDraft, values: Sequence[str], raw: str) -> tuple[EventDraft | Rejected, ...]:
        """Return the event of the end that a row states."""
        try:
            at, moment = self.moment(values[self.end].strip(), values, self.end)
        except TimeError as error:
            return (Rejected(start.where, f"End: {error}"),)
        if (at is None and not moment.needs) or (at is not None and at == start.at):
            return ()
        self.count += 1
        kind = "recovery" if start.kind in ("alert", "impact", "recovery") else "status"
        return (
            EventDraft(
                at=at,
                text=f"Ended: {start.text}"[:20_000],
                key=f"{start.key[:190]}:end",
                where=start.where,
                order=self.count,
                needs=moment.needs,
                local=tidy(values[self.end].strip(), 100),
                zone=moment.zone,
                zone_assumed=moment.zone_assumed,
                precision=moment.precision,
                kind=kind,
                rule="column end",
                actor=start.actor,
                url=start.url,
                raw=start.raw,
            ),
        )

    def key(self, values: Sequence[str], raw: str) -> str:
        if self.id >= 0 and (named := values[self.id].strip()):
            return clean_line(named, limit=190)
        return hashlib.blake2b(raw.encode("utf-8", "replace"), digest_size=16).hexdigest()

    def moment(self, written: str, values: Sequence[str], column: int = -1) -> tuple[datetime | None, Moment]:
        """Read the time of a row, from one column or from day and clock in two."""
        if len(written) >= 20 and written[-1] == "Z" and written[10] == "T" and written[4] == "-":
            try:
                at = datetime.fromisoformat(written)
            except ValueError:
                pass
            else:
                if EARLIEST <= at <= self.latest:
                    return at, IN_UTC
        day = values[self.day].strip() if self.day >= 0 else ""
        zone = self.stated_zone
        if self.zone >= 0 and (named := values[self.zone].strip()) and zone_named(named) is not None:
            zone = named
        assumed = not zone
        zone = zone or self.options.time_zone
        whole = f"{day} {written}" if day and not _has_day(written) else written
        moment = self.read(whole, zone)
        if moment.needs == "date" and self.last_day is not None:
            moment = read_human(whole, zone, self.last_day, day_first=self.day_first, latest=self.latest)
            moment = self.after_midnight(moment, whole, zone, column)
        elif moment.at is not None and column < 0 and self.options.date is None and (day or len(whole) > 8):
            self.last_day = _local_day(moment)
        elif moment.needs == "zone" and column < 0 and self.options.date is None and (day or len(whole) > 8):
            self.last_day = _local_day(self.read(whole, "UTC"))
        if zone and not assumed and moment.zone_assumed and not moment.warning:
            moment = Moment(moment.at, moment.local, moment.zone, False, moment.precision, moment.needs)
        return moment.at, moment

    def read(self, written: str, zone: str) -> Moment:
        try:
            return read_machine(written, zone, self.latest)
        except TimeError:
            if len(written) > 100:
                raise
            if (serial := excel_day(written)) is not None:
                return read_machine(serial, zone, self.latest)
            return read_human(written, zone, day_first=self.day_first, latest=self.latest)

    def after_midnight(self, moment: Moment, written: str, zone: str, column: int) -> Moment:
        """Clock times in order that jump far back have passed midnight."""
        if moment.at is None:
            return moment
        if self.last_clock is not None and self.last_day is not None and self.last_clock - moment.at > NOON:
            day = self.last_day + timedelta(days=1)
            moment = read_human(written, zone, day, day_first=self.day_first, latest=self.latest)
            if column < 0:
                self.last_day = day
        if column < 0:
            self.last_clock = moment.at
        return moment


IN_UTC = Moment(zone="UTC")


def _has_day(written: str) -> bool:
    return len(written) > 12 and any(written.count(sign) >= 2 for sign in "-/.")


def _local_day(moment: Moment) -> date | None:
    if moment.at is None:
        return None
    zone = zone_named(moment.zone)
    return moment.at.astimezone(zone.tz if zone else UTC).date()


@lru_cache(maxsize=1000)
def _kind(value: str) -> str:
    return KIND_OF.get(plain_name(value), "") if len(value) <= 60 else ""


@lru_cache(maxsize=4096)
def _actor(value: str) -> str:
    return clean_line(value, limit=200)


def _url(value: str) -> str:
    value = value.strip()
    return clean_line(value, limit=1000) if value.startswith(("https://", "http://")) else ""


def _spoken(text: str) -> str:
    """Return what an object in a cell says; the cell itself when it says nothing."""
    try:
        value = strict_json.loads(text)
    except JsonError:
        return text
    if isinstance(value, dict):
        for key in ("message", "text", "summary", "description", "title", "content", "body", "name"):
            if isinstance(value.get(key), str) and value[key].strip():
                return str(value[key]).strip()
    return text
