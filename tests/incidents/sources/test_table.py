"""Tables: guesses, corrections, encodings, orders of day and month."""

from datetime import UTC, date, datetime

import pytest

from incidents.sources import registered
from incidents.sources.drafts import SourceError
from tests.incidents.sources.reading import payload_of, read


def at(*parts):
    return datetime(2026, 3, *parts, tzinfo=UTC)


def test_guesses_are_shown_with_samples():
    data = b"When,Who,What happened\n2026-03-02T14:00:00Z,anna,Deployed v42\n2026-03-02T14:01:00Z,chen,Rolled back\n"
    columns = registered()["table"].guess(payload_of(data))

    assert [(column.name, column.field) for column in columns] == [("When", "time"), ("Who", "actor"), ("What happened", "text")]
    assert columns[1].samples == ("anna", "chen")


def test_people_correct_the_guess():
    data = b"a,b,c,message\n2026-03-02T14:00:00Z,2026-03-02T15:00:00Z,anna,wrong one\n"

    assert read("table", data)[0][0].at == at(2, 14)
    events, _, _ = read("table", data, mapping={"b": "time", "c": "text", "message": "actor"})
    assert (events[0].at, events[0].text, events[0].actor) == (at(2, 15), "anna", "wrong one")
    events, _, _ = read("table", data, mapping={"message": "", "c": "text"})
    assert events[0].text == "anna"


def test_the_key_stays_when_the_guess_is_corrected():
    data = b"a,b,message\n2026-03-02T14:00:00Z,2026-03-02T15:00:00Z,hello there\n"

    assert read("table", data)[0][0].key == read("table", data, mapping={"b": "time"})[0][0].key


def test_a_mapping_that_names_nothing_is_refused():
    data = b"time,text\n2026-03-02T14:00:00Z,x\n"

    for mapping, reason in (({"nope": "time"}, "no column “nope”"), ({"text": "colour"}, "no field “colour”")):
        with pytest.raises(SourceError, match=reason):
            read("table", data, mapping=mapping)


def test_day_and_month_are_decided_over_the_whole_column():
    data = "time,message\n" + "03/04/2026 10:00,First of many\n" * 3 + "25/04/2026 10:00,Last of many\n"

    assert read("table", data.encode(), time_zone="UTC")[0][0].at == datetime(2026, 4, 3, 10, tzinfo=UTC)


def test_what_the_column_leaves_open_is_asked_and_answered():
    data = b"time,message\n03/04/2026 10:00,First thing\n05/04/2026 11:00,Second thing\n"

    assert {event.needs for event in read("table", data)[0]} == {"order"}
    assert read("table", data, time_zone="UTC", mapping={"time": "time_month_first"})[0][0].at == at(4, 10)
    assert read("table", data, time_zone="UTC", mapping={"time": "time_day_first"})[0][0].at == datetime(2026, 4, 3, 10, tzinfo=UTC)


def test_a_zone_and_a_date_fill_what_is_missing_and_midnight_is_passed():
    data = b"23:58\tAlert fired\n23:59\tchen acked it\n00:10\tRolled back\n"

    assert {event.needs for event in read("table", data)[0]} == {"date"}
    assert {event.needs for event in read("table", data, date=date(2026, 3, 2))[0]} == {"zone"}
    events, _, _ = read("table", data, date=date(2026, 3, 2), time_zone="Europe/Berlin")
    assert [event.at for event in events] == [at(2, 22, 58), at(2, 22, 59), at(2, 23, 10)]
    assert all(event.zone == "Europe/Berlin" and event.zone_assumed and event.precision == "minute" for event in events)


def test_the_zone_in_a_header_is_stated_not_assumed():
    event = read("table", b"Time (UTC),Text\n2026-03-02 14:00,hello there\n", time_zone="Europe/Berlin")[0][0]

    assert (event.at, event.zone, event.zone_assumed) == (at(2, 14), "UTC", False)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_with_a_mark_are_read(encoding):
    event = read("table", "time;text\n2026-03-02T14:00:00Z;Störung – behoben\n".encode(encoding))[0][0]

    assert event.text == "Störung – behoben"


def test_another_encoding_is_offered_not_guessed():
    data = "time;text\n2026-03-02T14:00:00Z;Störung\n".encode("cp1252")

    with pytest.raises(SourceError, match="cp1252") as raised:
        read("table", data)
    assert raised.value.where == "line 2"
    assert read("table", data, encoding="cp1252")[0][0].text == "Störung"


def test_prose_and_markdown_are_no_table():
    source = registered()["table"]

    assert source.detect(payload_of(b"We saw errors, then more errors.\nAt 14:02 we paged, and waited, and waited.\nThen it was over.\n")) == 0
    assert source.detect(payload_of(b"| Time | Text |\n|------|------|\n| 14:02 | Alert fired |\n")) == 0
