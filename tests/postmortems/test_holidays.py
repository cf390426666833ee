"""Lists of holidays: iCalendar, CSV, pasted lines, and what is none of them."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postmortems import holidays
from postmortems.holidays import HolidayError


def read(text):
    return holidays.read(text.encode() if isinstance(text, str) else text, first_year=2026)


def calendar(*lines):
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", "BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT", "END:VCALENDAR", ""])


def test_lines_and_tables():
    assert read("2026-12-25 Christmas Day\n\n# next year\n2027-01-01") == {date(2026, 12, 25): "Christmas Day", date(2027, 1, 1): "Holiday"}
    assert read('date,name\r\n2026-12-25,"Christmas Day"\n') == {date(2026, 12, 25): "Christmas Day"}
    assert read("\ufeffName;Datum\nTag der Arbeit;1.5.2026\n") == {date(2026, 5, 1): "Tag der Arbeit"}
    assert read(b"Ascension\t20260514") == {date(2026, 5, 14): "Ascension"}
    assert read("Mariä Himmelfahrt;15.08.2026".encode("latin-1")) == {date(2026, 8, 15): "Mariä Himmelfahrt"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("3/4/2026 Easter", "two ways"),
        ("2026-02-30 No day", "there is no"),
        ("2026-01-01 New Year\nsome words", "Line 2 has no date"),
        ("", "No date was found"),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "No date was found|cannot be read"),
    ],
)
def test_what_is_not_understood_is_said(text, words):
    with pytest.raises(HolidayError, match=words):
        read(text)


def test_whole_days_end_before_their_end():
    assert list(read(calendar("SUMMARY:Shutdown", "DTSTART;VALUE=DATE:20261224", "DTEND;VALUE=DATE:20261227"))) == [date(2026, 12, day) for day in (24, 25, 26)]


def test_every_year():
    found = read(calendar("SUMMARY:Labour Day", "DTSTART;VALUE=DATE:20240501", "RRULE:FREQ=YEARLY", "EXDATE;VALUE=DATE:20270501"))
    assert [day.year for day in found] == [2024, 2025, 2026, 2028, 2029, 2030]
    thanksgiving = read(calendar("SUMMARY:Thanksgiving", "DTSTART;VALUE=DATE:20251127", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;UNTIL=20281231T235959Z"))
    assert sorted(thanksgiving) == [date(2025, 11, 27), date(2026, 11, 26), date(2027, 11, 25), date(2028, 11, 23)]


def test_a_cancelled_day_is_worked_on():
    with pytest.raises(HolidayError, match="No date"):
        read(calendar("SUMMARY:Moved", "STATUS:CANCELLED", "DTSTART;VALUE=DATE:20261224"))


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY", "FREQ=YEARLY;BYYEARDAY=400", "FREQ=SECONDLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"])
def test_other_series_are_refused_and_take_no_time(rule):
    text = calendar("SUMMARY:Stand-up", "DTSTART;VALUE=DATE:20260101", f"RRULE:{rule}")
    try:
        assert len(read(text)) <= 1
    except HolidayError as error:
        assert "Stand-up" in str(error) or "No date" in str(error)


def test_too_much_is_refused():
    with pytest.raises(HolidayError, match="larger"):
        read(b"x" * (holidays.LARGEST + 1))
    with pytest.raises(HolidayError, match="days"):
        read(calendar("SUMMARY:Sabbatical", "DTSTART;VALUE=DATE:20260101", "DTEND;VALUE=DATE:20261231"))


@settings(max_examples=40)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"BEGIN:VCALENDAR\n{text}".encode()))
def test_any_bytes_are_days_or_a_reason(content):
    with suppress(HolidayError):
        assert all(isinstance(day, date) for day in holidays.read(content, first_year=2026))
