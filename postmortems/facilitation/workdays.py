"""Pure. Business days: Monday to Friday, in the zone of the people who wait."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

SATURDAY = 5
SOAK_DAYS = 2


def later_by(day: date, days: int) -> date:
    """Return the business day that lies `days` business days after `day`."""
    while days > 0:
        day += timedelta(days=1)
        days -= day.weekday() < SATURDAY
    return day


def soaked_at(since: datetime, zone: ZoneInfo, days: int = SOAK_DAYS) -> datetime:
    """Return when the soak time ends: at the same time of day, that many business days later. What begins on a weekend waits from Monday's start."""
    here = since.astimezone(zone)
    if here.weekday() >= SATURDAY:
        monday = here.date() + timedelta(days=7 - here.weekday())
        return datetime.combine(later_by(monday, days), datetime.min.time(), zone)
    return datetime.combine(later_by(here.date(), days), here.time(), zone)
