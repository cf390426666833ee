"""Pure. Time zones as people and machines name them: IANA names, offsets, abbreviations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

# Abbreviation -> minutes east of UTC, and a region that uses it ("" where none is needed): a fixed table, never the machine's own.
ABBREVIATIONS: dict[str, tuple[int, str]] = {
    "UTC": (0, ""),
    "GMT": (0, ""),
    "Z": (0, ""),
    "ZULU": (0, ""),
    "UT": (0, ""),
    "WET": (0, "Europe/Lisbon"),
    "WEST": (60, "Europe/Lisbon"),
    "BST": (60, "Europe/London"),
    "CET": (60, "Europe/Berlin"),
    "CEST": (120, "Europe/Berlin"),
    "MEZ": (60, "Europe/Berlin"),
    "MESZ": (120, "Europe/Berlin"),
    "EET": (120, "Europe/Athens"),
    "EEST": (180, "Europe/Athens"),
    "MSK": (180, "Europe/Moscow"),
    "МСК": (180, "Europe/Moscow"),
    "TRT": (180, "Europe/Istanbul"),
    "WAT": (60, "Africa/Lagos"),
    "CAT": (120, "Africa/Maputo"),
    "EAT": (180, "Africa/Nairobi"),
    "SAST": (120, "Africa/Johannesburg"),
    "GST": (240, "Asia/Dubai"),
    "PKT": (300, "Asia/Karachi"),
    "IST": (330, "Asia/Kolkata"),
    "WIB": (420, "Asia/Jakarta"),
    "ICT": (420, "Asia/Bangkok"),
    "HKT": (480, "Asia/Hong_Kong"),
    "SGT": (480, "Asia/Singapore"),
    "AWST": (480, "Australia/Perth"),
    "JST": (540, "Asia/Tokyo"),
    "KST": (540, "Asia/Seoul"),
    "ACST": (570, "Australia/Adelaide"),
    "ACDT": (630, "Australia/Adelaide"),
    "AEST": (600, "Australia/Sydney"),
    "AEDT": (660, "Australia/Sydney"),
    "NZST": (720, "Pacific/Auckland"),
    "NZDT": (780, "Pacific/Auckland"),
    "BRT": (-180, "America/Sao_Paulo"),
    "ART": (-180, "America/Argentina/Buenos_Aires"),
    "NST": (-210, "America/St_Johns"),
    "NDT": (-150, "America/St_Johns"),
    "AST": (-240, "America/Halifax"),
    "ADT": (-180, "America/Halifax"),
    "EST": (-300, "America/New_York"),
    "EDT": (-240, "America/New_York"),
    "CST": (-360, "America/Chicago"),
    "CDT": (-300, "America/Chicago"),
    "MST": (-420, "America/Denver"),
    "MDT": (-360, "America/Denver"),
    "PST": (-480, "America/Los_Angeles"),
    "PDT": (-420, "America/Los_Angeles"),
    "AKST": (-540, "America/Anchorage"),
    "AKDT": (-480, "America/Anchorage"),
    "HST": (-600, "Pacific/Honolulu"),
}
SAID = {"PACIFIC": "Los_Angeles", "MOUNTAIN": "Denver", "CENTRAL": "Chicago", "EASTERN": "New_York"}
# Places by whose name people call their time.
PLACES = {
    "AMSTERDAM": "Europe/Amsterdam",
    "BEIJING": "Asia/Shanghai",
    "BERLIN": "Europe/Berlin",
    "BRASILIA": "America/Sao_Paulo",
    "BRAS\u00cdLIA": "America/Sao_Paulo",
    "CHINA": "Asia/Shanghai",
    "EDINBURGH": "Europe/London",
    "INDIA": "Asia/Kolkata",
    "ISRAEL": "Asia/Jerusalem",
    "JAPAN": "Asia/Tokyo",
    "KOREA": "Asia/Seoul",
    "LONDON": "Europe/London",
    "MADRID": "Europe/Madrid",
    "MOSCOW": "Europe/Moscow",
    "NEW YORK": "America/New_York",
    "PARIS": "Europe/Paris",
    "ROME": "Europe/Rome",
    "SINGAPORE": "Asia/Singapore",
    "SYDNEY": "Australia/Sydney",
    "TOKYO": "Asia/Tokyo",
    "UK": "Europe/London",
}
# Names that leave summer time to the date.
REGIONS = {
    "PT": "America/Los_Angeles",
    "MT": "America/Denver",
    "CT": "America/Chicago",
    "ET": "America/New_York",
    "PACIFIC": "America/Los_Angeles",
    "MOUNTAIN": "America/Denver",
    "CENTRAL": "America/Chicago",
    "EASTERN": "America/New_York",
    "PACIFIC TIME": "America/Los_Angeles",
    "MOUNTAIN TIME": "America/Denver",
    "CENTRAL TIME": "America/Chicago",
    "EASTERN TIME": "America/New_York",
    **{f"{area} {kind} TIME": f"America/{city}" for kind in ("STANDARD", "DAYLIGHT") for area, city in SAID.items()},
    "US PACIFIC": "America/Los_Angeles",
    "US EASTERN": "America/New_York",
    "US/PDT": "America/Los_Angeles",
    "US/PST": "America/Los_Angeles",
    **{place: region for place, region in PLACES.items() if place not in {"UK", "CHINA", "INDIA"}},
    **{f"{place} TIME": region for place, region in PLACES.items()},
    "CENTRAL EUROPEAN TIME": "Europe/Berlin",
    "CENTRAL EUROPEAN SUMMER TIME": "Europe/Berlin",
    "BRITISH SUMMER TIME": "Europe/London",
    "\u65e5\u672c\u6642\u9593": "Asia/Tokyo",
    **dict.fromkeys(("\u5317\u4eac\u65f6\u95f4", "\u5317\u4eac\u6642\u9593"), "Asia/Shanghai"),
}
# What else the same letters mean somewhere.
AMBIGUOUS = {
    "IST": "India, Israel or Ireland",
    "CST": "North America, China or Cuba",
    "BST": "Britain or Bangladesh",
    "AST": "Atlantic Canada or Arabia",
    "GST": "the Gulf or South Georgia",
    "CT": "US Central or Central Europe",
}
OFFSET = re.compile(r"(?:(?:UTC|GMT) ?)?([+\-\u2212])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Zone:
    """`name` is an IANA name, "UTC", or an offset such as "+02:00"; `region` is set for an abbreviation that has one."""

    tz: tzinfo
    name: str
    abbreviation: str = ""
    region: str = ""
    warning: str = ""


def offset_name(minutes: int) -> str:
    """Return "+02:00" for 120, and "UTC" for nothing."""
    return "UTC" if minutes == 0 else f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


@cache
def _names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() if not name.startswith(("posix", "right", "localtime"))}


@lru_cache(maxsize=2000)
def zone_named(text: str) -> Zone | None:
    """Return the zone of an IANA name, offset or abbreviation, or None when it is none of them."""
    text = text.strip().strip("[]()").strip()
    upper = text.upper()
    if upper in ABBREVIATIONS:
        minutes, region = ABBREVIATIONS[upper]
        tz = UTC if minutes == 0 else timezone(timedelta(minutes=minutes))
        warning = f"{upper} is used in {AMBIGUOUS[upper]}; read as {offset_name(minutes)}." if upper in AMBIGUOUS else ""
        return Zone(tz, offset_name(minutes), upper, region, warning)
    if match := OFFSET.fullmatch(text):
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        if minutes > 18 * 60 or int(match[3] or 0) > 59:
            return None
        minutes = minutes if match[1] == "+" else -minutes
        return Zone(UTC if minutes == 0 else timezone(timedelta(minutes=minutes)), offset_name(minutes))
    name = REGIONS.get(upper) or _names().get(text.lower().replace(" ", "_"))
    if name is None:
        return None
    if name in ("UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu", "Etc/Zulu", "UCT", "Etc/UCT", "Universal", "Etc/Universal"):
        return Zone(UTC, "UTC")
    warning = f"{upper} is used in {AMBIGUOUS[upper]}; read as {name}." if upper in AMBIGUOUS else ""
    return Zone(ZoneInfo(name), name, warning=warning)


def to_utc(naive: datetime, zone: Zone) -> tuple[datetime, str]:
    """Place a wall-clock time in a zone. Returns the UTC time and a warning when the clocks make it doubtful."""
    if not isinstance(zone.tz, ZoneInfo):
        at = naive.replace(tzinfo=zone.tz).astimezone(UTC)
        return at, zone.warning or _wrong_season(at, zone)
    aware = naive.replace(tzinfo=zone.tz, fold=0)
    at = aware.astimezone(UTC)
    if aware.utcoffset() == aware.replace(fold=1).utcoffset():
        return at, zone.warning
    if at.astimezone(zone.tz).replace(tzinfo=None) != naive:
        return at, f"The clocks in {zone.name} skipped this time; it was moved forward."
    return at, f"The clocks in {zone.name} showed this time twice; the first was taken."


@dataclass(frozen=True, slots=True)
class ClockChange:
    """The clocks of a region were set forward (a gap: the times between do not exist) or back (a fold: they came twice)."""

    at: datetime
    step: timedelta  # forward when positive

    @property
    def is_gap(self) -> bool:
        return self.step > timedelta(0)

    def doubts(self) -> tuple[datetime, datetime]:
        """Return the UTC moments, the second one excluded, whose wall-clock time is skipped or ambiguous."""
        return (self.at, self.at + self.step) if self.is_gap else (self.at + self.step, self.at - self.step)


@lru_cache(maxsize=500)
def clock_changes(name: str, first: datetime, last: datetime) -> tuple[ClockChange, ...]:
    """Return when the clocks of a region were changed, from a day before `first` to a day after `last`; at most two years are looked at."""
    zone = zone_named(name)
    if zone is None or not isinstance(zone.tz, ZoneInfo):
        return ()
    found, day, end = [], first.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=1), last + timedelta(days=1)
    end = min(end, day + timedelta(days=731))
    while day < end:
        low, high = day, day + timedelta(days=1)
        if _offset(low, zone.tz) != _offset(high, zone.tz):
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) // 2
                low, high = (middle, high) if _offset(middle, zone.tz) == _offset(day, zone.tz) else (low, middle)
            at = low + timedelta(minutes=1)
            at = at.replace(second=0, microsecond=0)
            found.append(ClockChange(at, _offset(at, zone.tz) - _offset(day, zone.tz)))
        day += timedelta(days=1)
    return tuple(found)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


@lru_cache(maxsize=2000)
def _season(region: str, day: datetime) -> timedelta | None:
    return day.astimezone(ZoneInfo(region)).utcoffset()


def _wrong_season(at: datetime, zone: Zone) -> str:
    """People write PST all year: say so when the region kept another time on that day."""
    if not zone.region or _season(zone.region, at.replace(minute=0, second=0, microsecond=0)) == zone.tz.utcoffset(None):
        return ""
    return f"{zone.abbreviation} was not in force in {zone.region} at this time; read as {zone.name} all the same."


#: Days beyond these mean "everything" and could not be turned to UTC near the ends of the calendar.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


def first_moment(day: date, zone: tzinfo) -> datetime:
    """Return the beginning of a day in the zone, no earlier than that of 1900."""
    return datetime.combine(min(max(day, FIRST_DAY), LAST_DAY), time.min, zone)


def last_moment(day: date, zone: tzinfo) -> datetime:
    """Return the end of a day in the zone, no later than that of 2199."""
    return datetime.combine(min(max(day, FIRST_DAY), LAST_DAY), time.max, zone)
