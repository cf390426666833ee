"""Calendars: zones, days, series, and what is refused."""

import time

import pytest

from incidents.sources.drafts import SourceError
from tests.incidents.sources.reading import read


def calendar(*lines, head=()):
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *head, "BEGIN:VEVENT", "UID:u1", "SUMMARY:Works", *lines, "END:VEVENT", "END:VCALENDAR"]).encode()


def times(*lines, head=(), **options):
    return [event.at.isoformat() for event in read("icalendar", calendar(*lines, head=head), **options)[0]]


def test_a_series_keeps_its_clock_when_clocks_change_and_leaves_out_what_it_leaves_out():
    lines = ("DTSTART;TZID=Europe/Berlin:20260327T020500", "RRULE:FREQ=DAILY", "EXDATE;TZID=Europe/Berlin:20260328T020500")

    assert times(*lines) == ["2026-03-27T01:05:00+00:00", "2026-03-29T01:05:00+00:00", "2026-03-30T00:05:00+00:00"]


def test_a_zone_that_the_calendar_states_holds_for_floating_times():
    head = ("X-WR-TIMEZONE:America/New_York",)

    assert times("DTSTART:20260302T100000", head=head) == ["2026-03-02T15:00:00+00:00"]
    assert read("icalendar", calendar("DTSTART:20260302T100000"))[0][0].needs == "zone"


def test_a_whole_day_has_the_precision_of_one_and_no_end():
    events, _, _ = read("icalendar", calendar("DTSTART;VALUE=DATE:20260302", "DTEND;VALUE=DATE:20260303"), time_zone="UTC")

    assert [(event.precision, event.at.isoformat(), event.zone_assumed) for event in events] == [("day", "2026-03-02T00:00:00+00:00", True)]


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=31", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31", "FREQ=NEVER", "FREQ=DAILY;COUNT=x"])
def test_a_rule_that_never_comes_true_takes_no_time(rule):
    begun = time.monotonic()

    assert len(times("DTSTART:20260302T100000Z", f"RRULE:{rule}")) >= 1
    assert time.monotonic() - begun < 2


def test_a_calendar_without_a_readable_entry_says_why():
    with pytest.raises(SourceError, match="no start"):
        read("icalendar", calendar("DTEND:20260302T100000Z"))
    with pytest.raises(SourceError, match="no entry with a time"):
        read("icalendar", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n")
    with pytest.raises(SourceError, match="Export it again"):
        read("icalendar", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n")
