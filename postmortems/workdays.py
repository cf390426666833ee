"""Pure. Working days: which days a team works, dates so many of them apart, and how far off a date is in words.

A date here is a whole day where the team is: a moment becomes one through `Calendar.day_of`, so changes of the clocks and
midnights elsewhere move nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: Dates that people may set; further off there is no arithmetic left to do.
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
MOST_DAYS = 1_000
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """The days on which a team works: Monday is 0. Raises ValueError where it would never work."""

    weekdays: frozenset[int] = frozenset(range(5))
    holidays: frozenset[date] = frozenset()
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= frozenset(range(7)):
            raise ValueError("A calendar needs at least one working day a week, Monday being 0 and Sunday 6.")

    def works_on(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.holidays

    def day_of(self, moment: datetime) -> date:
        """Return the date of an aware moment where the team is."""
        return moment.astimezone(ZoneInfo(self.zone)).date()

    def add(self, day: date, number: int) -> date:
        """Return the `number`th working day after `day`, or before it for a negative number; for 0 the day itself or else the next that is worked on."""
        if abs(number) > MOST_DAYS:
            raise ValueError(f"At most {MOST_DAYS} working days.")
        if number == 0:
            return day if self.works_on(day) else self.add(day, 1)
        step = DAY if number > 0 else -DAY
        left = abs(number)
        while left:
            day += step
            left -= self.works_on(day)
        return day

    def later(self, moment: datetime, number: int) -> datetime:
        """Return the same time of day `number` working days later; what begins on a day off waits from the start of the next one that is worked on."""
        here = moment.astimezone(ZoneInfo(self.zone))
        first = self.add(here.date(), 0)
        clock = here.time() if first == here.date() else time.min
        return datetime.combine(self.add(first, number), clock, ZoneInfo(self.zone))

    def between(self, first: date, last: date) -> int:
        """Return how many working days come after `first` up to and with `last`; negative when `last` is the earlier one."""
        if last < first:
            return -self.between(last, first)
        weeks, rest = divmod((last - first).days, 7)
        number = weeks * len(self.weekdays) + sum((first.weekday() + 1 + each) % 7 in self.weekdays for each in range(rest))
        return number - sum(first < day <= last and day.weekday() in self.weekdays for day in self.holidays)


def in_words(due: date, today: date, calendar: Calendar) -> str:
    """Return when something is or was due, as a nudge: "due tomorrow", "due in 3 working days", "was due 2 working days ago"."""
    days = (due - today).days
    if abs(days) <= 1:
        return {-1: "was due yesterday", 0: "due today", 1: "due tomorrow"}[days]
    if abs(days) > 60:
        return f"{'was due' if days < 0 else 'due'} {due.day} {due:%B %Y}"
    number = abs(calendar.between(today, due))
    if days < 0:
        return f"was due {counted(number)} ago" if number else f"was due on {due:%A}"
    return f"due in {counted(number)}" if number else f"due on {due:%A}"


def counted(number: int) -> str:
    return f"{number} working day{'' if number == 1 else 's'}"
