"""Times in words, beside their zone, below their text or within a story: what each gives, and what looks like a time and is none."""

from datetime import UTC, date

import pytest

from incidents.milestones import Entry, propose
from incidents.sources.drafts import SourceError
from incidents.sources.text import lead as leads
from tests.incidents.sources.reading import read

DAY = "# Outage 2026-03-02\n\n"


def events_of(text, **options):
    try:
        return read("plain_text", text.encode(), **{"time_zone": "UTC", **options})[0]
    except SourceError:
        return []


def times(text, **options):
    return [f"{event.at.astimezone(UTC):%m-%d %H:%M}" if event.at else f"? {event.needs}" for event in events_of(text, **options)]


LEADS = [
    ("Noon: import began", "12 pm", "", "", "import began"),
    ("- Midnight - all quiet", "12 am", "", "", "all quiet"),
    ("- ~8-9 PM: errors", "8 pm", "9 pm", "", "errors"),
    ("- 11-1 pm - errors", "11 am", "1 pm", "", "errors"),
    ("2:05-2:20pm PT: errors", "2:05 pm", "2:20 pm", "PT", "errors"),
    ("- 11.30am: fixed", "11.30am", "", "", "fixed"),
    ("half past two in the afternoon: fixed", "14:30", "", "", "fixed"),
    ("a quarter to nine at night: fixed", "20:45", "", "", "fixed"),
    ("11:20 PST (UTC-7) fixed", "11:20", "", "UTC-7", "fixed"),
    ("17:03 (15:03 UTC) fixed", "15:03", "", "UTC", "fixed"),
    ("9:45am U.S. Pacific time - fixed", "9:45am", "", "Pacific time", "fixed"),
    ("1900 and 2100 UTC: errors", "1900", "2100", "UTC", "errors"),
]


@pytest.mark.parametrize(("line", "clock", "end", "zone", "rest"), LEADS, ids=[each[0] for each in LEADS])
def test_a_line_begins_with_a_time_in_words(line, clock, end, zone, rest):
    found = leads.read(line)

    assert found is not None
    assert (found.clock, found.end, found.zone, found.rest) == (clock, end, zone, rest)


DATES = [
    ("2026 March 2 14:02 UTC", "03-02 14:02"),
    ("3/2 2pm UTC: alert", "03-02 14:00"),
    ("2 de marzo de 2026 14:02 UTC - alerta", "03-02 14:02"),
    ("2 di maggio 2026 14:02 UTC - allarme", "05-02 14:02"),
    ("14:02 UTC, 2nd Mar | alert", "03-02 14:02"),
]


@pytest.mark.parametrize(("line", "time"), DATES, ids=[each[0] for each in DATES])
def test_days_are_read_as_people_write_them(line, time):
    assert times(f"{DAY}{line}\n{line}\n") == [time, time]


def test_a_zone_after_the_text_holds_for_its_line():
    assert times(f"{DAY}- 14:02 first alert (JST)\n- 14:10 rolled back (JST)\n") == ["03-02 05:02", "03-02 05:10"]


def test_the_offset_beside_a_zone_leaves_no_doubt():
    assert times("# Outage 2026-07-02\n\nAll times in PST (UTC-7)\n\n- 11:20 alert\n- 11:22 fixed\n") == ["07-02 18:20", "07-02 18:22"]


def test_noon_and_midnight_are_read_where_a_word_for_a_time_comes_before():
    text = f"{DAY}We were paged at noon UTC. Around 2 pm the deploy was stopped. By midnight all was well. Midnight Commander was not to blame.\n"

    assert times(text) == ["03-02 12:00", "03-02 14:00", "03-03 00:00"]
    assert [event.precision for event in events_of(text)] == ["hour"] * 3


def test_order_of_day_and_month_follows_a_day_near_by():
    assert times("# Outage 2026-03-02\n\nOn 02/03/2026 at 14:02 the site went down. On 03/03/2026 at 09:00 it was back.\n") == ["03-02 14:02", "03-03 09:00"]


def test_the_evening_before_and_the_day_after_are_read_beside_the_clock():
    text = f"{DAY}| Time (UTC) | Event |\n|---|---|\n| 23:29 (previous night) | restarted |\n| 10:00 | jobs fail |\n| 01:10 (next day) | fixed |\n"

    assert times(text) == ["03-01 23:29", "03-02 10:00", "03-03 01:10"]


def test_headings_and_rows_of_whole_days_are_entries_of_a_timeline():
    headings = "## Timeline (UTC)\n\n### 2026-03-01\n\nA mail warns of the certificate.\n\n### 2026-03-02\n\n- 11:00 it expires\n- 11:20 it is renewed\n"
    rows = "## Timeline\n\n| Date | Event |\n|---|---|\n| 2026-03-01 | Index dropped |\n| 2026-03-02 | Index made anew |\n"
    items = "## Timeline\n\n- **Unknown**: it began\n- **March 1, 2026**: reported\n- **March 2, 2026**: fixed\n"

    assert times(headings) == ["03-01 00:00", "03-02 11:00", "03-02 11:20"]
    assert times(rows) == times(items) == ["03-01 00:00", "03-02 00:00"]


def test_a_section_of_a_day_holds_for_its_sentences():
    text = "# March 2026\n\n## 2 March: queues\n\nAt 17:44 UTC alerts started firing.\n\n## 4 March: caches\n\nAt 09:10 UTC a probe failed.\n"

    assert times(text) == ["03-02 17:44", "03-04 09:10"]


def test_the_day_of_a_title_takes_the_only_year_that_the_text_names():
    assert times("Summary of March 2 outage\n\nPublished 2026\n\n09:47 UTC onset\n09:58 UTC status posted\n") == ["03-02 09:47", "03-02 09:58"]


def test_a_start_and_its_end_are_two_entries():
    text = "On 2 March 2026 the outage began at 10:31 a.m. ET and lasted until the bank declared a recovery at 12:36 p.m. ET.\n"

    assert times(text) == ["03-02 15:31", "03-02 17:36"]


def test_clauses_with_times_of_their_own_are_entries():
    text = f"{DAY}At 09:15 UTC we deployed. Around 9:30 UTC records came back, and by 9:40 UTC traffic was normal.\n"

    assert times(text) == ["03-02 09:15", "03-02 09:30", "03-02 09:40"]


def test_a_log_excerpt_does_not_hide_the_story_around_it():
    log = "```\n2026-03-02 14:09:59 ERROR db: refused\n2026-03-02 14:10:01 ERROR db: refused\n```\n"
    text = f"On 2 March 2026 at 14:02 UTC the database failed over. We saw:\n\n{log}\nAt 14:30 UTC we restarted the pool. By 14:45 UTC all was well.\n"

    assert times(text) == ["03-02 14:02", "03-02 14:09", "03-02 14:10", "03-02 14:30", "03-02 14:45"]


def test_posted_below_gives_the_text_above():
    text = "Errors\nIncident Report for Shop\nAll is well again.\nPosted Mar 02, 2026 - 12:00 PST\nNodes are coming back.\nPosted Mar 02, 2026 - 11:45 PST\n"

    assert [(event.text, time) for event, time in zip(events_of(text), times(text), strict=True)] == [
        ("All is well again.", "03-02 20:00"),
        ("Nodes are coming back.", "03-02 19:45"),
    ]


def test_one_full_time_of_an_outage_is_a_timeline():
    assert times("Shop status\n\nBeginning at 2026-03-02 15:52:41 UTC, the router had a major outage.\n") == ["03-02 15:52"]
    assert times("Notes\n\nWe met at 2026-03-02 15:52:41 UTC for lunch.\n\nIt was good.\n\nSo was the wine.\n") == []


NONE = [
    "- 16:10 screens were stretched",
    "- 3:10 odds",
    "- 0:45 min lost",
    "- next update at 16:00 UTC",
    "- 1.14.03 is out",
    "- $12.50 for each request",
    "- 8080:80 is the port",
    "- 99.95% of all requests",
    "We moved from 1.26 to 1.27 then.",
    "The work will be performed at 16:00 UTC.",
    "We proposed to change it between 15:00 and 17:00 UTC.",
    "We restored to a point-in-time just before 12:24 PM PST.",
    "The job runs every night at 02:00 UTC.",
]


@pytest.mark.parametrize("line", NONE)
def test_what_is_no_time_of_an_event_gives_none(line):
    assert times(f"{DAY}## Timeline\n\n- 14:02 alert\n- 14:10 fixed\n\n## Findings\n\n{line}\n") == ["03-02 14:02", "03-02 14:10"]
    assert times(f"{DAY}{line}\n") == []


def test_what_stands_below_a_heading_with_a_time_is_its_text():
    events = events_of(f"{DAY}### 11:22\n\n- Notice an error\n- The pod is deleted\n\n### 12:19\n\n- Again\n")

    assert [event.text for event in events] == ["- Notice an error\n- The pod is deleted", "- Again"]


def test_the_milestones_of_a_report_in_words():
    text = (
        f"{DAY}09:47 UTC Initial onset of global disruption\n09:48 UTC Disruption identified by monitoring\n10:05 UTC Started investigation\n"
        "10:36 UTC Affected services began to recover\n12:35 UTC Incident mitigated\n12:44 UTC Full resolution confirmed\n17:25 UTC Bug fix deployment began\n"
    )
    entries = [
        Entry(number, event.at, event.kind, event.salience, event.text, "plain_text", event.milestone, event.precision)
        for number, event in enumerate(events_of(text))
    ]

    assert {key: f"{found.at:%H:%M}" for key, found in propose(entries).items()} == {
        "impact_started": "09:47",
        "detected": "09:48",
        "acknowledged": "10:05",
        "mitigated": "12:35",
        "resolved": "12:44",
    }


@pytest.mark.parametrize(
    "piece",
    ["noon ", "at noon ", "8-9 ", "8-9 pm ", "half past ", "began and lasted until ", "and by 9:40 ", "Posted ", "2026 March ", "1402 ", "障害 ", "de marzo "],
)
def test_a_line_of_a_hundred_kilobytes_comes_back(piece):
    """Nothing is timed here: a pattern that explodes would not come back at all."""
    for start in ("", "- ", "# ", "| ", "On 2 March 2026 the outage began at 10:00 UTC "):
        events_of(f"{start}{piece * (100_000 // len(piece))}\n- 10:00 a\n- 10:05 b\n", date=date(2026, 3, 2))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("UPDATE 11:10am Monday 2-March-2026: slow\nUPDATE 12:10pm Monday 2-March-2026: fixed\n", ["03-02 11:10", "03-02 12:10"]),
        ("On Monday 2 March 2026 the power failed at approximately 16.40.  It was back at 17.30.\n\nMore\n\nto come.\n", ["03-02 16:40", "03-02 17:30"]),
        (f"{DAY}- Key points: deploy at 14:02 → errors at 14:10 → calls time out → rollback at 14:47.\n", ["03-02 14:02", "03-02 14:10", "03-02 14:47"]),
        ("At approximately 11:11, Monday the 2nd of March 2026, a switch failed. It was back at 11:33.\n\nMore\n\nto come.\n", ["03-02 11:11", "03-02 11:33"]),
        (
            "2 March outage\n\n2026-03-03 15:26:34\n\nAt 06:32 on 2 March the power failed. By 07:10 half was back.\n\nAna@2026-03-03 15:26:36:\n\nBy 13:30 it was back.\n",
            ["03-02 06:32", "03-02 07:10", "03-02 13:30"],
        ),
    ],
)
def test_stories_of_other_kinds(text, expected):
    assert times(text) == expected


def test_one_update_that_tells_a_story_is_read_as_the_story():
    text = "Outage\nIncident Report for Shop\nResolved\nAt 11:11 on March 2 a switch failed. Service was restored at 11:33.\nPosted Mar 02, 2026 - 11:33 JST\n"

    assert times(text) == ["03-02 02:11", "03-02 02:33"]


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("On 2 March 2026 Ann saw it at 14:02 UTC and it came back at 14:09, but crashed again at 14:20 UTC.", ["14:02", "14:09", "14:20"]),
        ("On 2 March 2026 the pager rang at 14:02 UTC; the rollback began at 14:09 UTC.", ["14:02", "14:09"]),
        ("On 2 March 2026 the nodes came back between 14:02 UTC and just after 15:00 UTC. All was well at 15:10 UTC.", ["14:02", "15:10"]),
        ("Am 2. März 2026 fiel gegen 14 Uhr der Strom aus. Um 16:30 Uhr war alles wieder da.", ["14:00", "16:30"]),
        ("2026-03-02 (UTC)\n\n7.45a first call\n6.30p switch replaced\n", ["07:45", "18:30"]),
        ("On 2 March 2026 the disk failed at 14:02 UTC. All was well at 14:31 UTC. The disk will be replaced at 22:00 UTC.", ["14:02", "14:31"]),
        (
            "On 2 March 2026 the disk failed at 14:02 UTC. All was well at 14:31 UTC.\n\nAction items\n- Bo to write it down by Mar 9, 10:00\n",
            ["14:02", "14:31"],
        ),
    ],
)
def test_times_within_sentences(text, times):
    events, _, _ = read("plain_text", text.encode(), time_zone="UTC")
    assert [f"{event.at:%H:%M}" for event in events] == times
