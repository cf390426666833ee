"""Conversations: what a payload and its expected drafts cannot show, for it depends on options, names or two files that must agree."""

from datetime import UTC, date, datetime

import pytest

from incidents.sources import detect, named, registered
from incidents.sources.drafts import EventDraft, SourceError
from tests.incidents.sources.reading import options_for, payload_of, read

WHATSAPP = b"02/03/2026, 14:02 - Anna: down\n02/03/2026, 14:03 - Bea: yes\n"
VTT = b"WEBVTT\n\n00:04.000 --> 00:05.000\nAnna: checkout is down\n\n01:00:04.000 --> 01:00:05.000\nBea: rolled back\n"


def named_file(source, data, name, **kwargs):
    return [item for item in named(source).read(payload_of(data, name), options_for(**kwargs)) if isinstance(item, EventDraft)]


def test_slack_export_and_events_name_a_message_alike():
    message = b'{"type": "message", "user": "U1", "text": "hi", "ts": "1772460000.000100"%s}'
    exported, _, _ = read("slack", b'{"channel_id": "C0SHOP12", "messages": [' + message % b"" + b"]}")
    delivered, _, _ = read("slack", b'{"type": "event_callback", "event_id": "E1", "event": ' + message % b', "channel": "C0SHOP12"' + b"}")

    assert [event.key for event in exported] == [event.key for event in delivered] == ["C0SHOP12:1772460000.000100"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"token=x&team_id=T1&command=%2Fincident&text=help&user_id=U1", "slash command"),
        (b"payload=%7B%22type%22%3A%22block_actions%22%7D", "slash command"),
        (b'{"type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1"}, "trigger_id": "1.2", "actions": []}', "pressed button"),
        (b'{"token": "x", "challenge": "abc", "type": "url_verification"}', "checks the address"),
    ],
)
def test_what_slack_asks_is_refused_with_a_reason(data, reason):
    assert detect(payload_of(data)).name == "slack"
    with pytest.raises(SourceError, match=reason):
        read("slack", data)


def test_the_order_of_day_and_month_is_asked_for_and_answered():
    assert [column.name for column in registered()["whatsapp"].guess(payload_of(WHATSAPP))] == ["date"]
    assert {event.needs for event in read("whatsapp", WHATSAPP, time_zone="UTC")[0]} == {"order"}

    events, _, _ = read("whatsapp", WHATSAPP, time_zone="UTC", mapping={"date": "time_day_first"})
    assert events[0].at == datetime(2026, 3, 2, 14, 2, tzinfo=UTC)


def test_the_order_of_messages_tells_the_order_of_day_and_month():
    data = b"11/02/2026, 14:02 - Anna: down\n02/03/2026, 14:03 - Bea: up\n03/03/2026, 14:03 - Bea: fine\n"

    assert [event.at.month for event in read("whatsapp", data, time_zone="UTC")[0]] == [2, 3, 3]
    assert registered()["whatsapp"].guess(payload_of(data)) == []


def test_a_transcript_asks_for_its_date_and_counts_from_the_start_its_name_gives():
    assert {event.needs for event in named_file("transcript", VTT, "call.vtt")} == {"date, zone, start"}
    assert [event.at for event in named_file("transcript", VTT, "GMT20260302-140211_Recording.vtt")] == [
        datetime(2026, 3, 2, 14, 2, 15, tzinfo=UTC),
        datetime(2026, 3, 2, 15, 2, 15, tzinfo=UTC),
    ]


def test_a_transcript_with_a_day_alone_asks_when_the_recording_began():
    given = {"date": date(2026, 3, 2), "time_zone": "UTC"}

    assert {(event.at, event.needs) for event in named_file("transcript", VTT, "call.vtt", **given)} == {(None, "start")}
    started = VTT.replace(b"WEBVTT", b"WEBVTT\n\nNOTE Recording started at 14:02:11", 1)
    assert named_file("transcript", started, "call.vtt", **given)[0].at == datetime(2026, 3, 2, 14, 2, 15, tzinfo=UTC)


def test_an_irc_log_passes_midnight_and_takes_its_day_from_its_name():
    data = b"[23:58] <anna> is it down?\n[00:03] <bea> yes\n"

    assert [event.at.day for event in named_file("irc", data, "#ops_20260302.log", time_zone="UTC")] == [2, 3]
    assert {event.needs for event in named_file("irc", data, "ops.log")} == {"date, zone"}


def test_a_log_quoted_in_a_report_stays_a_report():
    data = b"# Outage of 2 March 2026\n\nWe lost checkout.\n\n14:02 <anna> is it down?\n14:03 <bea> yes, rolling back\n14:09 <anna> fine again\n"

    assert detect(payload_of(data)).name == "plain_text"


def test_an_edit_later_in_a_file_is_what_the_message_says():
    data = (
        b'{"update_id": 1, "message": {"message_id": 1, "chat": {"id": -5}, "from": {"first_name": "A"}, "date": 1772460000, "text": "frist"}}\n'
        b'{"update_id": 2, "edited_message": {"message_id": 1, "chat": {"id": -5}, "from": {"first_name": "A"}, "date": 1772460000, "edit_date": 1772460009, "text": "first"}}\n'
    )
    events, _, _ = read("telegram", data)

    assert [(event.text, event.revised, event.key) for event in events] == [("first", "edited", "5:1")]
