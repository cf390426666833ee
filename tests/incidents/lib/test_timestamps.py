"""Times as machines and people write them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incidents.lib.timestamps import Moment, TimeError, read_human, read_machine
from incidents.lib.zones import zone_named

LATEST = datetime(2026, 12, 1, tzinfo=UTC)


def at(*parts, **more):
    return datetime(*parts, tzinfo=UTC, **more)


@pytest.mark.parametrize(
    ("value", "zone", "expected"),
    [
        ("2026-03-02T14:05:06Z", "", at(2026, 3, 2, 14, 5, 6)),
        ("2026-03-02T14:05:06z", "", at(2026, 3, 2, 14, 5, 6)),
        ("2026-03-02t14:05:06.1Z", "", at(2026, 3, 2, 14, 5, 6, 100_000)),
        ("2026-03-02T14:05:06.123456789Z", "", at(2026, 3, 2, 14, 5, 6, 123_456)),
        ("2026-03-02T14:05:06,123+0000", "", at(2026, 3, 2, 14, 5, 6, 123_000)),
        ("2026-03-02T10:05:06-0400", "", at(2026, 3, 2, 14, 5, 6)),
        ("2026-03-02T15:05:06+01", "", at(2026, 3, 2, 14, 5, 6)),
        ("2026-03-02 14:05:06 UTC", "", at(2026, 3, 2, 14, 5, 6)),
        ("2026-03-02 14:05:06.5 +0000", "", at(2026, 3, 2, 14, 5, 6, 500_000)),
        ("2026-03-02 15:05 CET", "", at(2026, 3, 2, 14, 5)),
        ("2026-03-02 15:05 Europe/Berlin", "", at(2026, 3, 2, 14, 5)),
        ("2026-03-02T15:05:06+01:00[Europe/Berlin]", "", at(2026, 3, 2, 14, 5, 6)),
        ("2026-03-02 16:05 UTC+2", "", at(2026, 3, 2, 14, 5)),
        ("20260302T140506Z", "", at(2026, 3, 2, 14, 5, 6)),
        ("20260302140506", "UTC", at(2026, 3, 2, 14, 5, 6)),
        ("2026-03-02T14:05:60Z", "", at(2026, 3, 2, 14, 5, 59, 999_999)),
        ("2026-03-02T24:00:00Z", "", at(2026, 3, 3)),
        ("2026-02-28T24:00Z", "", at(2026, 3, 1)),
        ("2026-03-02 15:05:06", "Europe/Berlin", at(2026, 3, 2, 14, 5, 6)),
        ("2026-07-02 16:05:06", "Europe/Berlin", at(2026, 7, 2, 14, 5, 6)),
        ("2026-03-02", "UTC", at(2026, 3, 2)),
        (1_772_460_306, "", at(2026, 3, 2, 14, 5, 6)),
        (1_772_460_306_123, "", at(2026, 3, 2, 14, 5, 6, 123_000)),
        (1_772_460_306_123_456, "", at(2026, 3, 2, 14, 5, 6, 123_456)),
        (1_772_460_306_123_456_789, "", at(2026, 3, 2, 14, 5, 6, 123_456)),
        ("1772460306", "", at(2026, 3, 2, 14, 5, 6)),
        ("1772460306123", "", at(2026, 3, 2, 14, 5, 6, 123_000)),
        ("1772460306.000200", "", at(2026, 3, 2, 14, 5, 6, 200)),
        (1_772_460_306.5, "", at(2026, 3, 2, 14, 5, 6, 500_000)),
        (Decimal("1772460306.25"), "", at(2026, 3, 2, 14, 5, 6, 250_000)),
        ("Mon, 02 Mar 2026 15:05:06 +0100", "", at(2026, 3, 2, 14, 5, 6)),
        ("Mon, 2 Mar 2026 14:05:06 GMT", "", at(2026, 3, 2, 14, 5, 6)),
        ("Mon Mar  2 14:05:06 2026", "UTC", at(2026, 3, 2, 14, 5, 6)),
    ],
)
def test_reads_what_machines_write(value, zone, expected):
    assert read_machine(value, zone, LATEST).at == expected


@pytest.mark.parametrize("value", [None, "", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00", "?", "-", "null", "N/A", 0, "0"])
def test_a_null_time_is_none(value):
    assert read_machine(value) == Moment()


@pytest.mark.parametrize(
    "value",
    [
        "soon", "14", "2026-13-01T00:00:00Z", "2026-02-30", "2026-03-02T25:00:00Z", "2026-03-02T14:61:00Z", "1999-12-31T23:59:59Z", "2026-12-02T00:00:00Z", "9999-12-31T23:59:59Z",
        123, -5, True, [], {}, 1e300, float("nan"), float("inf"), 10**40, "9" * 30, "2026-W01-1", "2026-03-02T14:05:06+99:00", "2026-03-02 14:05 XYZZY", "Mon, 99 Mar 2026 14:05:06 +0100",
    ],
)  # fmt: skip
def test_what_is_no_time_or_cannot_be_meant_is_an_error(value):
    with pytest.raises(TimeError):
        read_machine(value, "", LATEST)


def test_a_time_without_a_zone_needs_one():
    assert read_machine("2026-03-02 14:05:06") == Moment(None, "2026-03-02 14:05:06", needs="zone")


def test_an_assumed_zone_is_flagged_and_a_stated_one_is_not():
    assert read_machine("2026-03-02 14:05", "America/New_York").zone_assumed
    assert not read_machine("2026-03-02 14:05 EST", "Europe/Berlin").zone_assumed


def test_times_the_clocks_skip_or_show_twice_are_flagged():
    skipped = read_machine("2026-03-29 02:30", "Europe/Berlin")
    twice = read_machine("2026-10-25 02:30", "Europe/Berlin")

    assert (skipped.at, "skipped" in skipped.warning) == (at(2026, 3, 29, 1, 30), True)
    assert (twice.at, "twice" in twice.warning) == (at(2026, 10, 25, 0, 30), True)


def test_doubtful_abbreviations_are_flagged():
    assert "India" in read_machine("2026-03-02 14:05 IST").warning
    assert "not in force" in read_machine("2026-07-02 14:05 PST").warning
    assert read_machine("2026-01-02 14:05 PST").warning == ""


@pytest.mark.parametrize(
    ("value", "precision"), [("2026-03-02T14:05:06Z", "second"), ("2026-03-02T14:05Z", "minute"), ("2026-03-02T14Z", "hour"), ("2026-03-02", "day")]
)
def test_precision_is_what_is_written(value, precision):
    assert read_machine(value, "UTC").precision == precision


@pytest.mark.parametrize(
    ("text", "zone", "day", "expected"),
    [
        ("14:02", "UTC", date(2026, 3, 2), at(2026, 3, 2, 14, 2)),
        ("2:05 pm PST", "", date(2026, 1, 2), at(2026, 1, 2, 22, 5)),
        ("1:30 a.m. ET", "", date(2026, 7, 1), at(2026, 7, 1, 5, 30)),
        ("12:10 AM", "UTC", date(2026, 7, 1), at(2026, 7, 1, 0, 10)),
        ("2 March 2026 14:05", "UTC", None, at(2026, 3, 2, 14, 5)),
        ("March 2nd, 2026 at 2:05 PM", "UTC", None, at(2026, 3, 2, 14, 5)),
        ("Mar  2 14:05:09", "UTC", date(2026, 1, 1), at(2026, 3, 2, 14, 5, 9)),
        ("02/Mar/2026:14:05:00 +0000", "", None, at(2026, 3, 2, 14, 5)),
        ("3/22/2019 1:36:31 PM", "UTC", None, at(2019, 3, 22, 13, 36, 31)),
        ("29/2/2016", "UTC", None, at(2016, 2, 29)),
        ("31.12.2025, 23:15", "Europe/Berlin", None, at(2025, 12, 31, 22, 15)),
        ("0631", "UTC", date(2026, 1, 1), at(2026, 1, 1, 6, 31)),
        ("15.26", "UTC", date(2026, 1, 1), at(2026, 1, 1, 15, 26)),
    ],
)
def test_reads_what_people_write(text, zone, day, expected):
    assert read_human(text, zone, day).at == expected


def test_what_a_persons_time_lacks_is_named():
    assert read_human("14:02").needs == "date"
    assert read_human("14:02", date=date(2026, 3, 2)).needs == "zone"
    assert read_human("07-01-2013", "UTC").needs == "order"
    assert read_human("07-01-2013", "UTC", day_first=True).at == at(2013, 1, 7)
    assert read_human("07-01-2013", "UTC", day_first=False).at == at(2013, 7, 1)


@given(st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(2098, 1, 1)), st.sampled_from(sorted(available_timezones())))
def test_every_time_in_every_zone_comes_back(naive, name):
    zone = zone_named(name)
    if zone is None:
        return
    moment = read_machine(naive.isoformat(), zone.name)
    assert moment.at is not None
    if not moment.warning and name == zone.name and "/" in name:
        assert moment.at.astimezone(zone.tz).replace(tzinfo=None) == naive
    assert read_machine(moment.at.isoformat()).at == moment.at


@given(st.text(max_size=60) | st.integers() | st.floats() | st.decimals(), st.text(max_size=10) | st.sampled_from(["UTC", "Europe/Berlin", "../etc/passwd"]))
def test_nothing_else_is_raised(value, zone):
    for read in (read_machine, read_human):
        try:
            moment = read(value, zone) if read is read_machine else read(str(value), zone, date(2026, 3, 2))
        except TimeError:
            continue
        assert moment.at is None or moment.at.utcoffset() == timedelta(0)
