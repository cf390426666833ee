"""The timeline as readers see it: days, folds, honest times, filters and places to go on from."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from incidents.models import Kind
from incidents.timeline import ICONS, Fold, Opener, Repeat, Row, arrange, clock, gathered, silence
from incidents.timeline_filters import Cursor, Filters, parse_cursor, parse_filters, parse_moment

T0 = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
PARIS, UTC_ZONE = ZoneInfo("Europe/Paris"), ZoneInfo("UTC")


def row(id, minute=0, **fields):
    at = T0 + timedelta(minutes=minute)
    return Row(
        **{"id": id, "at": at, "sequence": id, "kind": "message", "kind_label": "Message", "salience": 1, "source": "slack", "actor": "", "text": "x", **fields}
    )


def test_days_are_those_of_the_zone():
    rows = [row(1, 0), row(2, 70)]
    assert [day.label for day in arrange(rows, UTC_ZONE)] == ["Monday 2 March 2026"]
    assert [(day.label, len(day.items)) for day in arrange(rows, PARIS)] == [("Monday 2 March 2026", 1), ("Tuesday 3 March 2026", 1)]


def test_a_window_that_goes_on_in_the_same_day_says_so():
    first, second = row(1), row(2, 5)
    assert arrange([second], UTC_ZONE, after=first.cursor)[0].continues
    assert not arrange([second], UTC_ZONE)[0].continues


def test_noise_in_a_row_folds_into_one_line():
    rows = [row(1), *(row(n, n, salience=0) for n in range(2, 7)), row(7, 9)]
    items = arrange(rows, UTC_ZONE)[0].items
    assert [type(item) for item in items] == [Row, Fold, Row]
    assert [entry.id for entry in items[1].rows] == [2, 3, 4, 5, 6]
    assert items[1].summary == "5 more of little weight from slack"


def alerts(*texts, **fields):
    return [row(n, n, kind="alert", text=text, **fields) for n, text in enumerate(texts, 1)]


def test_what_repeats_is_one_line_at_its_first_time():
    rows = [*alerts("Disk at 91 %", "Disk at 92 %", "Queue is stuck", "Disk at 95.5 %"), row(9, 9)]
    items = arrange(rows, UTC_ZONE)[0].items
    assert [type(item) for item in items] == [Repeat, Row, Row]
    assert (items[0].first.id, [other.id for other in items[0].others], items[0].count, items[0].until) == (1, [2, 4], 3, "22:04:00")


def test_other_hosts_other_kinds_and_what_people_say_are_no_repeats():
    assert all(isinstance(item, Row) for item in gathered(alerts("Disk full on web-1", "Disk full on web-2", "Disk full on web-3")))
    assert all(isinstance(item, Row) for item in gathered([row(n, n, text="still looking") for n in range(4)]))
    assert all(isinstance(item, Row) for item in gathered(alerts("Disk full", "Disk full", "Disk full", note="mine")))


@given(
    st.lists(
        st.tuples(st.sampled_from(["Disk at 1 %", "Disk at 2 %", "Queue"]), st.sampled_from([0, 1, 2]), st.sampled_from(["alert", "message"])), max_size=30
    )
)
def test_folding_neither_loses_nor_repeats_an_entry(rows):
    shown = arrange([row(n, n, text=text, salience=salience, kind=kind) for n, (text, salience, kind) in enumerate(rows)], UTC_ZONE)
    ids = []
    for day in shown:
        for item in day.items:
            ids += [item.id] if isinstance(item, Row) else [each.id for each in (item.rows if isinstance(item, Fold) else [item.first, *item.others])]
    assert sorted(ids) == list(range(len(rows)))


def test_a_reply_right_after_what_it_answers_needs_no_reference():
    opener = Opener(1, "Ana", "is it the disk?")
    rows = [row(1), row(2, 1, thread="t", opener=opener), row(3, 2, thread="t", opener=opener), row(4, 3), row(5, 4, thread="t", opener=opener)]
    arrange(rows, UTC_ZONE)
    assert [each.follows for each in rows] == [False, True, True, False, False]


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2026-03-02T14:07", 13), ("2026-03-02T14:07:00Z", 14), ("2026-03-02T14:07+01:00", 13), ("2026-03-02T14:07 01:00", 13), ("2026-03-02 14:07", 13)],
)
def test_a_moment_is_read_in_the_zone_of_the_page_unless_it_names_its_own(text, hour):
    assert parse_moment(text, PARIS) == datetime(2026, 3, 2, hour, 7, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "then", "0001-01-01T00:00", "9999-12-31T23:59:59-12:00", "2026-13-01", "14:07"])
def test_what_is_no_moment_is_none(text):
    assert parse_moment(text, PARIS) is None


def test_two_noisy_entries_are_not_worth_a_fold():
    assert [type(item) for item in arrange([row(1, salience=0), row(2, 1, salience=0)], UTC_ZONE)[0].items] == [Row, Row]


def test_what_a_milestone_stands_on_is_never_folded():
    rows = [row(n, n, salience=0, milestones=("Detected",) if n == 2 else ()) for n in range(1, 4)]
    assert all(isinstance(item, Row) for item in arrange(rows, UTC_ZONE)[0].items)


@pytest.mark.parametrize(("precision", "shown"), [("second", "23:00:00"), ("minute", "23:00"), ("hour", "about 23:00"), ("day", "that day")])
def test_a_time_is_shown_no_finer_than_it_was_stated(precision, shown):
    assert clock(T0, precision, PARIS) == shown


def test_long_silences_are_pointed_out():
    assert silence(T0, T0 + timedelta(minutes=29)) == ""
    assert silence(T0, T0 + timedelta(minutes=125)) == "2 h 5 min"
    assert silence(T0, T0 + timedelta(days=2, hours=3, minutes=4)) == "2 d 3 h"
    assert silence(None, T0) == ""


def test_cursors_survive_the_address():
    cursor = Cursor(T0 + timedelta(microseconds=123456), 7, 42)
    assert parse_cursor(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text", ["", "x", "20260302T220000.000000-1", "20260302T220000.000000-1-x", "20261302T220000.000000-1-2", "20260302T220000.000000-1-" + "9" * 30]
)
def test_what_is_no_cursor_is_none(text):
    assert parse_cursor(text) is None


def test_filters_come_from_the_address_and_go_back_into_it():
    text = "kind=alert&kind=page&source=slack&actor=Ana&q=db+down&key=1&hidden=1&day=2026-03-02"
    filters = parse_filters(QueryDict(text), Kind.values)
    assert filters == Filters(("alert", "page"), ("slack",), "Ana", "db down", True, True, date(2026, 3, 2))
    assert filters.query() == text
    assert not Filters(with_hidden=True)


def test_nonsense_in_the_address_is_left_out():
    assert parse_filters(QueryDict("kind=zzz&day=tomorrow&key=yes&hidden=maybe"), Kind.values) == Filters()


def test_every_kind_has_an_icon():
    assert set(ICONS) == set(Kind.values)
