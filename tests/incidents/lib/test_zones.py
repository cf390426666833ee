"""When the clocks of a region were changed, and which times that makes doubtful."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.lib.zones import clock_changes, to_utc, zone_named

YEAR = (datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC))


def test_a_gap_and_a_fold():
    gap, fold = clock_changes("Europe/Paris", *YEAR)
    assert gap.is_gap and gap.doubts() == (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 29, 2, tzinfo=UTC))
    assert not fold.is_gap and fold.doubts() == (datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC))


def test_half_an_hour_is_a_change_too():
    assert [change.step for change in clock_changes("Australia/Lord_Howe", *YEAR)] == [timedelta(minutes=-30), timedelta(minutes=30)]


@pytest.mark.parametrize("name", ["UTC", "+02:00", "Asia/Kathmandu", "Mars/Base", ""])
def test_where_clocks_stay_nothing_is_doubtful(name):
    assert clock_changes(name, *YEAR) == ()


@given(
    st.datetimes(datetime(2026, 1, 12), datetime(2026, 12, 18)),
    st.sampled_from(["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo"]),
)
def test_what_reading_warns_of_is_doubtful_and_nothing_else(naive, name):
    zone = zone_named(name)
    at, warning = to_utc(naive, zone)
    doubtful = any(start <= at < end for start, end in (change.doubts() for change in clock_changes(name, *YEAR)))
    local = at.astimezone(ZoneInfo(name))
    # A time after a gap is placed where one in the gap was moved to; only its text tells them apart.
    assert doubtful or not warning
    assert warning or not doubtful or local.replace(tzinfo=None) == naive
