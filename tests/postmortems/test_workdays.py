"""Working days, against counting them one by one; in zones, over changes of the clocks, with other weekends."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.workdays import Calendar, in_words

WEEK = Calendar()
FRIDAY_SATURDAY = Calendar(weekdays=frozenset({6, 0, 1, 2, 3}))
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
calendars = st.builds(
    Calendar,
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    holidays=st.frozensets(days, max_size=30),
    zone=st.sampled_from(["UTC", "Europe/Lisbon", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Kiritimati", "Australia/Lord_Howe"]),
)


def counted(calendar, first, last):
    return sum(calendar.works_on(first + timedelta(days=each)) for each in range(1, (last - first).days + 1))


@given(calendars, days, st.integers(1, 40))
def test_so_many_working_days_lie_between(calendar, day, number):
    later = calendar.add(day, number)
    assert calendar.works_on(later)
    assert counted(calendar, day, later) == number == calendar.between(day, later)


@given(calendars, days, st.integers(1, 40))
def test_back_and_forth(calendar, day, number):
    earlier = calendar.add(day, -number)
    assert calendar.works_on(earlier) and earlier < day
    assert calendar.add(calendar.add(day, 0), 0) == calendar.add(day, 0)
    if calendar.works_on(day):
        assert calendar.add(earlier, number) == day


@given(calendars, days, st.integers(0, 20), st.integers(0, 20))
def test_steps_add_up(calendar, day, first, second):
    assert calendar.add(calendar.add(day, first), second) == calendar.add(day, first + second) or not calendar.works_on(day)
    assert calendar.add(day, first) <= calendar.add(day, first + second)


@given(calendars, days, days)
def test_between_is_what_counting_gives(calendar, one, other):
    assert calendar.between(one, other) == -calendar.between(other, one)
    first, last = min(one, other), min(max(one, other), min(one, other) + timedelta(days=200))
    assert calendar.between(first, last) == counted(calendar, first, last)


@given(calendars, days, st.integers(1, 30), st.frozensets(days, max_size=10))
def test_a_holiday_never_brings_a_date_forward(calendar, day, number, more):
    fewer = Calendar(calendar.weekdays, calendar.holidays | more, calendar.zone)
    assert fewer.add(day, number) >= calendar.add(day, number)


@given(calendars, st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))
def test_the_day_is_that_of_the_teams_wall(calendar, moment):
    assert calendar.day_of(moment) == moment.astimezone(ZoneInfo(calendar.zone)).date()


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("Europe/Lisbon", "2026-03-29T00:30:00+00:00", date(2026, 3, 29)),  # an hour before the clocks go on
        ("America/New_York", "2026-03-08T04:59:00+00:00", date(2026, 3, 7)),
        ("America/New_York", "2026-11-02T04:30:00+00:00", date(2026, 11, 1)),  # winter time has come: still Sunday there
        ("Pacific/Kiritimati", "2026-03-06T10:30:00+00:00", date(2026, 3, 7)),
    ],
)
def test_midnights_elsewhere(zone, moment, day):
    assert Calendar(zone=zone).day_of(datetime.fromisoformat(moment)) == day


def test_weekends_and_holidays():
    friday = date(2026, 3, 6)
    assert WEEK.add(friday, 1) == date(2026, 3, 9)
    assert WEEK.add(friday, -1) == date(2026, 3, 5)
    assert FRIDAY_SATURDAY.add(date(2026, 3, 5), 1) == date(2026, 3, 8)  # Thursday, and then Sunday
    assert FRIDAY_SATURDAY.add(friday, 0) == date(2026, 3, 8)
    easter = Calendar(holidays=frozenset({date(2026, 4, 3), date(2026, 4, 6)}))
    assert easter.add(date(2026, 4, 2), 2) == date(2026, 4, 8)


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Calendar(weekdays=frozenset())
    with pytest.raises(ValueError, match="At most"):
        WEEK.add(date(2026, 1, 1), 5000)


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (date(2026, 3, 4), "due today"),
        (date(2026, 3, 5), "due tomorrow"),
        (date(2026, 3, 3), "was due yesterday"),
        (date(2026, 3, 9), "due in 3 working days"),
        (date(2026, 3, 2), "was due 2 working days ago"),
        (date(2026, 9, 1), "due 1 September 2026"),
        (date(2025, 9, 1), "was due 1 September 2025"),
    ],
)
def test_dates_in_words(due, words):
    assert in_words(due, date(2026, 3, 4), WEEK) == words


def test_on_a_weekend_nothing_is_a_day_late():
    assert in_words(date(2026, 3, 6), date(2026, 3, 8), WEEK) == "was due on Friday"
    assert in_words(date(2026, 3, 8), date(2026, 3, 6), WEEK) == "due on Sunday"
