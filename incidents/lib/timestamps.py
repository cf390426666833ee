"""Pure. Times as machines and people write them, read into UTC together with what was written and what had to be assumed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_tz

from incidents.lib.zones import Zone, to_utc, zone_named

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONTHS = {name: number for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}
# As Germans, the French, Italians, the Spanish, Portuguese, Dutch and Russians write them, where that differs.
MONTHS |= {"ene": 1, "genn": 1, "abr": 4, "magg": 5, "giug": 6, "lugl": 7, "ago": 8, "set": 9, "out": 10, "ott": 10, "dic": 12}
MONTHS |= {"maa": 3, "mei": 5, "янв": 1, "фев": 2, "мар": 3, "апр": 4, "мая": 5, "июн": 6, "июл": 7, "авг": 8, "сен": 9, "окт": 10, "ноя": 11, "дек": 12}
MONTHS |= {"mär": 3, "mrz": 3, "mai": 5, "okt": 10, "dez": 12, "fév": 2, "fev": 2, "avr": 4, "juin": 6, "juil": 7, "aoû": 8, "aou": 8, "déc": 12}
MONTH = (
    r"(?:jan(?:uar[iy]?|vier)?|feb(?:ruar[iy]?)?|f[ée]v(?:rier)?|mar(?:ch|s)?|maart|märz?|mrz|apr(?:il)?|avr(?:il)?|ma[iy]|mei|june?|juni|juin|july?|juli|juil(?:let)?"
    r"|aug(?:ust(?:us)?)?|ao[ûu]t|sept?(?:emb(?:er|re))?|o[ck]t(?:o(?:ber|bre))?|nov(?:emb(?:er|re))?|de[cz](?:ember)?|d[ée]c(?:embre)?"
    r"|enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre|janeiro|fevereiro|março|maio|junho|julho|se(?:tt?|p)embr[oe]|outubro|novembro|dezembro"
    r"|gennaio|febbraio|aprile|maggio|giugno|luglio|ottobre|dicembre"
    r"|янв(?:аря)?|фев(?:раля)?|мар(?:та)?|апр(?:еля)?|мая|июн[ья]?|июл[ья]?|авг(?:уста)?|сент?(?:ября)?|окт(?:ября)?|ноя(?:бря)?|дек(?:абря)?)\.?"
)
DOTTED = r"\.(?=\s+(?:januar|februar|märz|mai|juni|juli|oktober|dezember)\b)|\.(?=\s+[^\W\d]{3,10}\.?\s+\d{4})"  # "2. März", "2. April 2026"; not "2. May be"
NULLS = {"", "?", "-", "n/a", "na", "null", "none", "nil", "0", "tbd", "unknown"}

ISO = re.compile(
    r"(\d{4})(-?)(\d\d)\2(\d\d)"
    r"(?:(?:[Tt_]|\s+|\s*[,@]\s*)(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?"
    r"\s*(Z|[+\-\u2212]\d\d(?::?\d\d)?(?::?\d\d)?(?:\s*\[[\w/+\-]+\])?|(?:UTC|GMT) ?[+\-]\d{1,2}(?::?\d\d)?|[A-Za-z]{1,5}|[A-Z][A-Za-z]+/[\w/+\-]+)?)?",
    re.IGNORECASE,
)
DIGITS = re.compile(r"([+-]?)(\d{1,22})(?:\.(\d{1,20}))?")
CLOCK = re.compile(
    r"(?<![\d.:/-])(\d{1,2})(?:[:.h時时点點](\d\d)分?(?:[:.](\d\d)(?:[.,](\d+))?)?|(?=\s*[ap]\.?m))(?!\d)(?:\s*([ap]\.?\s?m\b\.?|(?<=\d)[ap]\b))?|(?<![\d.:/-])([01]\d|2[0-4])([0-5]\d)(?:\s*(?:hrs?|h)\b|(?!\d))",
    re.IGNORECASE,
)
NUMERIC_DATE = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})([./-])(\d{1,2})\2(\d{1,2})(?!\d)")
DAY_MONTH = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|{DOTTED})?(?:[/-]|\s*)(?:(?:of|de|di)\s+)?({MONTH})(?![^\W\d])(?:[\s/,-]*(?:del?\s+)?(\d{{4}}(?!\d)|(?<=[/-])\d\d(?![\d:])))?",
    re.IGNORECASE,
)
YEAR_MONTH = re.compile(rf"(?<!\d)(\d{{4}})[\s,/-]+({MONTH})[\s,/-]*(\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])", re.IGNORECASE)
MONTH_DAY = re.compile(rf"(?<![^\W\d])({MONTH})(?:\s*|-)(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:\d)(?:[\s,-]+(\d{{4}})(?!\d))?", re.IGNORECASE)
HALF_DAY = re.compile(r"\d\s*[ap]\.?\s?m\b", re.IGNORECASE)
ZONE_AFTER = re.compile(r"\s*[(\[]?\s*((?:UTC|GMT)\s?[+\-\u2212]\d{1,2}(?::?\d\d)?|[+\-\u2212]\d\d:?\d\d|[A-Za-z]+/[A-Za-z_/+\-]+|[A-Z]{1,5})\b\s*[)\]]?")


class TimeError(ValueError):
    """The text is no time, or one that cannot be meant. The message is for people."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as far as it is known. Without `at`, `needs` says what is missing ("date", "zone", "order" of day and month); both empty: no time is given."""

    at: datetime | None = None
    local: str = ""  # as written
    zone: str = ""  # an IANA name, "UTC", or an offset such as "+02:00"
    zone_assumed: bool = False
    precision: str = "second"  # second, minute, hour, day
    needs: str = ""
    warning: str = ""


NOTHING = Moment()


def read_machine(value: object, zone: str = "", latest: datetime | None = None) -> Moment:
    """Read what a machine wrote: ISO 8601 in its many forms, epoch in any unit, RFC 2822. `zone` is taken for a time without one.

    Raises TimeError when it is no time, before 2000, or after `latest`.
    """
    if value is None or value == "":
        return NOTHING
    if isinstance(value, str):
        text = value.strip()
        match = ISO.fullmatch(text)
        if match is not None:
            return _from_iso(match, text, zone, latest)
        digits = DIGITS.fullmatch(text)
        if digits is not None and text != "0":
            return _from_digits(digits, text, zone, latest)
        if text.lower() in NULLS:
            return NOTHING
        return _from_rfc2822(text, zone, latest)
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise TimeError("This is no time.")
    if isinstance(value, Decimal) and not value.is_finite():
        raise TimeError(f"{value} is no time.")
    if value == 0:
        return NOTHING
    text = repr(value) if isinstance(value, float) else str(value) if isinstance(value, Decimal) or -(10**22) < value < 10**22 else "?"
    digits = DIGITS.fullmatch(text)
    if digits is None:
        raise TimeError(f"{text[:40]} is no time.")
    return _from_digits(digits, text, zone, latest)


def _from_iso(match: re.Match[str], text: str, zone: str, latest: datetime | None) -> Moment:
    year, dash, month, day, hour, minute, second, fraction, suffix = match.groups()
    if year == "0001" or year == "0000":
        return NOTHING
    if not dash and hour is None and len(text) != 8:
        raise TimeError(f"{text[:40]} is no time.")
    clock = _Clock(int(hour or 0), int(minute or 0), int(second or 0), int(fraction[:6].ljust(6, "0")) if fraction else 0)
    precision = "second" if second else "minute" if minute else "hour" if hour else "day"
    try:
        stated = datetime(int(year), int(month), int(day))
    except ValueError as error:
        raise TimeError(f"{text[:40]} is no time: {error}.") from None
    return _placed(stated, clock, text, suffix or "", zone, precision, latest)


@dataclass(frozen=True, slots=True)
class _Clock:
    hour: int
    minute: int
    second: int
    micro: int


def _placed(day: datetime, clock: _Clock, text: str, stated: str, zone: str, precision: str, latest: datetime | None) -> Moment:
    """Put a day, a clock and a zone together."""
    warning = ""
    hour, second, micro = clock.hour, clock.second, clock.micro
    if second == 60:
        second, micro, warning = 59, 999_999, "A 60th second was read as the end of the 59th."
    next_day = hour == 24 and clock.minute == 0 and second == 0 and micro == 0
    try:
        naive = day.replace(hour=0 if next_day else hour, minute=clock.minute, second=second, microsecond=micro)
        if next_day:
            naive += timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise TimeError(f"{text[:40]} is no time: {error}.") from None
    named = stated or zone
    if not named:
        bounded(naive.replace(tzinfo=UTC), text, None if latest is None else latest + timedelta(hours=14))
        return Moment(None, text, "", False, precision, "zone", warning)
    where = _zone(named, text)
    if naive.year < 2000 or naive.year > 9990:
        raise TimeError(f"{text[:40]} lies outside the years an incident can be in.")
    at, doubt = to_utc(naive, where)
    return Moment(bounded(at, text, latest), text, where.name, not stated or bool(where.warning), precision, "", " ".join(filter(None, (warning, doubt))))


def _zone(text: str, whole: str) -> Zone:
    if text in ("Z", "z"):
        return UTC_ZONE
    zone = zone_named(text.split("[")[0]) or zone_named(text)
    if zone is None:
        raise TimeError(f"{whole[:40]}: “{text[:30]}” is no time zone known here.")
    return zone


UTC_ZONE = zone_named("UTC") or Zone(UTC, "UTC")


def bounded(at: datetime, text: str, latest: datetime | None) -> datetime:
    """Return the time when it lies between 2000 and `latest`. Raises TimeError."""
    if at < EARLIEST:
        raise TimeError(f"{text[:40]} lies before 2000.")
    if latest is not None and at > latest:
        raise TimeError(f"{text[:40]} lies in the future.")
    return at


def impossible(at: datetime, now: datetime) -> str:
    """Return why what a person tells of cannot have happened at this moment, within the bounds of imports; "" when it can."""
    if at < EARLIEST:
        return "This time lies before 2000."
    return "This time lies in the future." if at > now else ""


def _from_digits(match: re.Match[str], text: str, zone: str, latest: datetime | None) -> Moment:
    """Read an epoch by its magnitude, or digits that are a date: 20260302, 20260302140500."""
    sign, whole, fraction = match.groups()
    if not fraction and not sign and len(whole) in (12, 14) and whole[:2] == "20":
        seconds = whole[12:] or None
        clock = _Clock(int(whole[8:10]), int(whole[10:12]), int(seconds or 0), 0)
        try:
            day = datetime(int(whole[:4]), int(whole[4:6]), int(whole[6:8]))
        except ValueError as error:
            raise TimeError(f"{text[:40]} is no time: {error}.") from None
        return _placed(day, clock, text, "", zone, "second" if seconds else "minute", latest)
    if sign == "-":
        raise TimeError(f"{text[:40]} lies before 2000.")
    digits = len(whole.lstrip("0"))
    power = 0 if digits <= 11 else 3 if digits <= 14 else 6 if digits <= 17 else 9
    micros = int(whole) * 10**6 // 10**power
    if fraction and power < 6:
        micros += int(fraction[: 6 - power].ljust(6 - power, "0"))
    try:
        at = EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        raise TimeError(f"{text[:40]} is no time.") from None
    if digits < 9:
        raise TimeError(f"{text[:40]} is no time.")
    return Moment(bounded(at, text, latest), text, "UTC")


def _from_rfc2822(text: str, zone: str, latest: datetime | None) -> Moment:
    if HALF_DAY.search(text):  # the parser passes over it: 2:02 PM would be 02:02
        raise TimeError(f"“{text[:40]}” is no time.")
    try:
        parts = parsedate_tz(text) if len(text) <= 100 and any(c.isalpha() for c in text) and ":" in text else None
    except (ValueError, IndexError, TypeError, OverflowError):
        parts = None
    if parts is None or parts[2] == 0 or len(str(parts[0])) != 4:
        raise TimeError(f"“{text[:40]}” is no time.")
    try:
        day = datetime(parts[0], parts[1], parts[2])
    except ValueError as error:
        raise TimeError(f"{text[:40]} is no time: {error}.") from None
    last = text.split("(")[0].split()[-1]
    stated = last if zone_named(last) is not None and not last.isdigit() else ""
    if not stated and (bracket := re.search(r"\(([^()]+)\)\s*$", text)) and zone_named(bracket[1]) is not None:
        stated = bracket[1]  # March 02, 2026, 14:02:11 (UTC+01:00)
    return _placed(day, _Clock(parts[3], parts[4], parts[5], 0), text, stated, zone, "second" if text.count(":") > 1 else "minute", latest)


def read_date(text: str, *, day_first: bool | None = None, near: date | None = None) -> tuple[date | None, str]:
    """Find a date in a text. Returns it and what it still needs: "" , "order" (day and month could be swapped) or "date" (no year, or none at all).

    A date without a year takes the year of `near`.
    """
    if match := YEAR_FIRST.search(text):
        return _date(int(match[1]), int(match[3]), int(match[4])), ""
    if match := YEAR_MONTH.search(text):
        year, month, day = match[1], match[2], match[3]
    elif match := DAY_MONTH.search(text):
        day, month, year = match[1], match[2], match[3]
    elif match := MONTH_DAY.search(text):
        month, day, year = match[1], match[2], match[3]
    elif match := NUMERIC_DATE.search(text):
        first, second, years = int(match[1]), int(match[3]), int(match[4])
        years += 2000 if years < 100 else 0
        if first > 12 or first == second or (match[2] == "." and second <= 12):
            day_first = True
        elif second > 12:
            day_first = False
        if day_first is None:
            return None, "order"
        return _date(years, *((second, first) if day_first else (first, second))), ""
    else:
        return None, "date"
    if year is None and near is None:
        return None, "date"
    years = 0 if year is None else int(year) + (2000 if len(year) == 2 else 0)
    return _date(years or (near.year if near else 0), MONTHS.get(month[:4].lower()) or MONTHS[month[:3].lower()], int(day)), ""


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise TimeError(f"{year}-{month}-{day} is no date: {error}.") from None


def read_human(text: str, zone: str = "", date: date | None = None, *, day_first: bool | None = None, latest: datetime | None = None) -> Moment:
    """Read what a person wrote: "14:02", "2:05 pm PST", "2 March 2026 14:05", "03/22/2019 1:36:31 PM". `zone` and `date` fill what it lacks.

    Raises TimeError when there is no time in it.
    """
    text = text.strip()
    try:
        return read_machine(text, zone, latest)
    except TimeError:
        if not any(c.isdigit() for c in text):
            raise
    day, missing = read_date(text, day_first=day_first, near=date)
    rest = text
    for pattern in (YEAR_FIRST, YEAR_MONTH, DAY_MONTH, MONTH_DAY, NUMERIC_DATE):
        if pattern.search(rest):
            rest = pattern.sub(" ", rest, count=1).replace(" :", "  ")  # 02/Mar/2026:14:05:00, as web servers log
            break
    clock = CLOCK.search(rest)
    if clock is None:
        if day is None and missing != "order":
            raise TimeError(f"“{text[:40]}” is no time.")
        read, precision, stated = _Clock(0, 0, 0, 0), "day", ""
    else:
        read, precision = _clock(clock, text)
        after = ZONE_AFTER.match(rest, clock.end())
        stated = after[1] if after and zone_named(after[1]) else ""
    if missing == "order":
        return Moment(None, text, stated, False, precision, "order")
    day = day or date
    if day is None:
        return Moment(None, text, _zone(stated, text).name if stated else "", False, precision, "date")
    return _placed(datetime(day.year, day.month, day.day), read, text, stated, zone, precision, latest)


def _clock(match: re.Match[str], text: str) -> tuple[_Clock, str]:
    hour, minute, second, fraction, half, military_hour, military_minute = match.groups()
    if military_hour:
        return _Clock(int(military_hour), int(military_minute), 0, 0), "minute"
    number = int(hour)
    if half:
        if not 0 <= number <= 12 and not (13 <= number <= 23 and half[0] in "pP"):
            raise TimeError(f"“{text[:40]}” is no time.")
        if number <= 12:
            number = number % 12 + (12 if half[0] in "pP" else 0)
    micro = int(fraction[:6].ljust(6, "0")) if fraction else 0
    return _Clock(number, int(minute or 0), int(second or 0), micro), "second" if second else "minute" if minute else "hour"
