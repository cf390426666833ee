"""Text as people write it: what a line begins with, whose day and zone it takes, and that no input breaks or stalls the reader."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.sources.drafts import SourceError
from incidents.sources.text import lead as leads
from tests.incidents.sources.reading import read

LEADS = [
    ("14:02 alert fired", "", "14:02", "", "alert fired"),
    ("- **14:02 UTC** – alert fired", "", "14:02", "UTC", "alert fired"),
    ("* 2:05 pm PST: alert fired", "", "2:05 pm", "PST", "alert fired"),
    ("[2026-03-02 14:02:07] alert fired", "2026-03-02", "14:02:07", "", "alert fired"),
    ("2026-03-02T14:02:07Z alert fired", "2026-03-02", "14:02:07", "Z", "alert fired"),
    ("20260302T14:02 - alert fired", "2026-03-02", "14:02", "", "alert fired"),
    ("### 3 March 2026, 14:02", "3 March 2026", "14:02", "", ""),
    ("17 Feb 2026 - 14:45 UTC", "17 Feb 2026", "14:45", "UTC", ""),
    ("~14:02 - alert fired", "", "14:02", "", "alert fired"),
    ("1. 14:02: alert fired", "", "14:02", "", "alert fired"),
    ("14.02 - alert fired", "", "14.02", "", "alert fired"),
    ("1402 UTC - alert fired", "", "1402", "UTC", "alert fired"),
    ("14:02+02:00 alert fired", "", "14:02", "+02:00", "alert fired"),
    ("Update 2026-03-02 14:02 UTC: alert fired", "2026-03-02", "14:02", "UTC", "alert fired"),
]


@pytest.mark.parametrize(("line", "day", "clock", "zone", "rest"), LEADS, ids=[each[0] for each in LEADS])
def test_a_line_begins_with_its_time(line, day, clock, zone, rest):
    found = leads.read(line)

    assert found is not None
    assert (found.date.strip(" ,"), found.clock.strip(), found.zone, found.rest) == (day, clock, zone, rest)


@pytest.mark.parametrize(
    "line", ["", "alert fired", "Version 14.2 is out", "about 40 % of requests", "- see below", "https://example.org/2026/03", "| a | b |"]
)
def test_a_line_without_a_time_begins_with_none(line):
    found = leads.read(line)

    assert found is None or not found.clock


def events_of(text, **options):
    return read("plain_text", text.encode(), **options)[0]


def times(text, **options):
    return [event.at and event.at.strftime("%Y-%m-%d %H:%M") for event in events_of(text, **options)]


def needs(text, **options):
    return [event.needs for event in events_of(text, **options)]


def test_what_is_missing_is_asked_for():
    bare = "14:02 alert fired\n14:10 rolled back\n"

    assert needs(bare) == ["date, zone"] * 2
    assert needs(bare, time_zone="UTC") == ["date"] * 2
    assert needs(bare, date=date(2026, 3, 2)) == ["zone"] * 2
    assert times(bare, date=date(2026, 3, 2), time_zone="Europe/Berlin") == ["2026-03-02 13:02", "2026-03-02 13:10"]


def test_a_zone_that_is_given_is_marked_as_assumed_and_a_stated_one_is_not():
    given_zone, stated = (
        events_of("2026-03-02\n14:02 alert fired\n14:10 rolled back", time_zone="UTC"),
        events_of("2026-03-02 14:02 UTC a\n2026-03-02 14:10 UTC b"),
    )

    assert all(event.zone_assumed for event in given_zone)
    assert not any(event.zone_assumed for event in stated)


def test_a_zone_that_one_entry_states_holds_for_the_others():
    assert times("2026-03-02 14:02 CET alert fired\n14:10 rolled back\n14:20 recovered") == ["2026-03-02 13:02", "2026-03-02 13:10", "2026-03-02 13:20"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("22:10 a\n23:50 b\n00:20 c\n01:00 d", ["02 22:10", "02 23:50", "03 00:20", "03 01:00"]),
        ("01:00 d\n00:20 c\n23:50 b\n22:10 a", ["02 01:00", "02 00:20", "01 23:50", "01 22:10"]),
        ("22:10 a\n22:00 b\n22:20 c", ["02 22:10", "02 22:00", "02 22:20"]),
    ],
    ids=["past midnight", "newest first", "a small step back"],
)
def test_days_follow_the_clock(lines, expected):
    assert times(lines, date=date(2026, 3, 2), time_zone="UTC") == [f"2026-03-{each}" for each in expected]


def test_a_date_without_a_year_lies_near_the_report():
    text = "# Outage of 31 December 2025 (UTC)\n\n- Dec 31 23:50 UTC: a\n- Jan 1 00:20 UTC: b\n- Jan 1 08:00 UTC: c\n"

    assert times(text) == ["2025-12-31 23:50", "2026-01-01 00:20", "2026-01-01 08:00"]


def test_day_and_month_that_could_be_swapped_wait_for_their_order():
    assert needs("03/04/2026 14:02 UTC alert fired\n03/04/2026 14:10 UTC rolled back") == ["order"] * 2
    assert times("03/14/2026 14:02 UTC alert fired\n03/04/2026 14:10 UTC rolled back") == ["2026-03-14 14:02", "2026-03-04 14:10"]


def test_an_entry_ends_where_the_next_section_begins():
    text = "# 2 March 2026\n\n## Timeline\n\n- 14:02 UTC alert fired\n- 14:10 UTC rolled back\n\n## Causes\n\nA long story.\n"

    assert [event.text for event in events_of(text)] == ["alert fired", "rolled back"]


def test_what_is_planned_is_no_event():
    text = "2026-03-02 14:02 UTC alert fired\n2026-03-02 14:10 UTC next update at 15:00 UTC\n2026-03-02 14:20 UTC recovered\n\n# Action items\n\n- 2026-03-09 10:00 UTC review\n"

    assert times(text) == ["2026-03-02 14:02", "2026-03-02 14:20"]


def test_offsets_without_a_start_wait_for_it():
    assert needs("- T+5m: alert fired\n- T+20m: rolled back\n") == ["date"] * 2


@pytest.mark.parametrize("text", ["", "\n\n", "Nothing happened.", "# A title\n\nWords without a time.", "\x00\x01", "%PDF-1.7"])
def test_text_without_a_timeline_is_refused_with_what_to_do(text):
    with pytest.raises(SourceError) as refused:
        events_of(text)

    assert refused.value.message.endswith(".")


LINES = st.lists(
    st.one_of(
        st.text(max_size=60),
        st.sampled_from(
            ["## Timeline", "### 2026-03-02", "---", "```", "| time | what |", "|---|---|", "| 14:02 | x |", "- 14:02 x", "14:02", "T+5m: x", "At 14:02 UTC, x.", "alice [2:07 PM]", "",
             "Resolved - x", "Feb 30, 2026 - 14:45 UTC", "25:99 x", "00:23am x", "<li>14:02 x</li>", "9999-12-31 23:59 x", "0001-01-01 00:00 x", "14:02 AM/PM", "99/99/9999 10:00 x"]
        ),
    ),
    max_size=25,
)  # fmt: skip


@settings(deadline=None)
@given(LINES)
def test_any_text_gives_events_in_order_or_a_source_error(lines):
    try:
        events = events_of("\n".join(lines), time_zone="UTC", date=date(2026, 3, 2))
    except SourceError:
        return
    assert [event.order for event in events] == sorted(event.order for event in events)
    assert len({event.key for event in events}) == len(events)
    assert all(event.text and (event.at or event.needs) for event in events)


def events_or_reason(data):
    """What a file gives: events with words, or why there are none."""
    try:
        events = read("plain_text", data, time_zone="UTC", date=date(2026, 3, 2))[0]
    except SourceError as error:
        return str(error)
    return events and all(event.text for event in events)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_events_or_a_source_error(data):
    assert events_or_reason(data)


LENGTH = 250_000  # characters; squared that is minutes
PIECES = ["0:", "- ", "|", "# ", "14:", "1", "14:02 ", "14:02\n", "[", "*", "_", "= ", "at ", "Between ", "| 14:02 ", "<li>", "<!--", "a.", "A b. ", "jan ", "1 jan ", "+00:05 ", "update ", "T+", "~", " ", "\t",
          "- 14:02 x\n", "posted ", "resolved\n", "a b 2:07\n", "\n\n", "```\n", "[x](", "(", "2026-03-02 ", f"NAME{' ' * 50}CPU(cores)   CPU%   MEMORY(bytes)\n"]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_hostile_text_is_read_in_linear_time(piece):
    """Nothing is timed here: a pattern that explodes on so much would not come back."""
    assert events_or_reason((piece * (LENGTH // len(piece))).encode())
