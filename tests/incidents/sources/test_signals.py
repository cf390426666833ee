"""What the sources of monitoring tools share: envelopes, times that a delivery states instead of the event, and keys that agree."""

import base64
import json
from datetime import UTC, date, datetime

import pytest

from incidents.sources.drafts import SourceError
from incidents.sources.envelopes import within
from incidents.sources.markup import plain
from incidents.sources.members import line_of, templated
from tests.incidents.sources.reading import read

RULE = {"ruleId": 12, "ruleName": "Disk", "state": "alerting", "title": "[Alerting] Disk", "evalMatches": []}
ALARM = {"AlarmName": "checkout-5xx", "NewStateValue": "ALARM", "OldStateValue": "OK", "StateChangeTime": "2026-03-02T14:02:45.093+0000"}


def events_of(source, *values, **options):
    return read(source, "\n".join(map(json.dumps, values)).encode(), **options)[0]


def test_what_states_no_time_happened_when_it_was_received():
    early, late = events_of(
        "grafana", {"received_at": "2026-03-02T14:00:00Z", "body": RULE}, {"headers": {"Date": "Mon, 02 Mar 2026 15:00:00 GMT"}, "body": RULE}
    )

    assert [early.at.hour, late.at.hour] == [14, 15]
    assert early.key != late.key


def test_without_that_the_date_is_asked_for_and_taken():
    (asked,) = events_of("grafana", RULE)
    (told,) = events_of("grafana", RULE, date=date(2026, 3, 2), time_zone="Europe/Berlin")

    assert (asked.at, asked.needs) == (None, "date")
    assert (told.at, told.precision, told.needs) == (datetime(2026, 3, 1, 23, tzinfo=UTC), "day", "")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda value: value,
        lambda value: {"Type": "Notification", "Message": json.dumps(value)},
        lambda value: {"Records": [{"Sns": {"Message": json.dumps(value)}}]},
        lambda value: {"Records": [{"body": json.dumps({"Type": "Notification", "Message": json.dumps(value)})}]},
        lambda value: {"message": {"data": base64.b64encode(json.dumps(value).encode()).decode()}},
        lambda value: {"headers": {}, "body": json.dumps(value)},
    ],
)
def test_envelopes_are_opened(wrap):
    assert [found.value for found in within(wrap(ALARM), lambda value: "AlarmName" in value)] == [ALARM]
    assert events_of("aws", wrap(ALARM))[0].key == "alarm checkout-5xx:ALARM:20260302T140245"


def test_a_deep_envelope_is_not_followed_for_ever():
    value = ALARM
    for _ in range(20):
        value = {"body": json.dumps(value)}

    assert list(within(value, lambda each: "AlarmName" in each)) == []


def test_an_alarm_has_one_key_by_whatever_way_it_came():
    detail = {"alarmName": "checkout-5xx", "state": {"value": "ALARM", "timestamp": "2026-03-02T14:02:45.093+0000"}, "previousState": {"value": "OK"}}
    bridged = {"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "time": "2026-03-02T14:02:46Z", "detail": detail}
    history = {"AlarmName": "checkout-5xx", "HistoryItemType": "StateUpdate", "HistorySummary": "Alarm updated from OK to ALARM", "Timestamp": 1772460165.093}

    assert len({events_of("aws", each)[0].key for each in (ALARM, bridged, history)}) == 1


def test_an_event_of_datadog_has_one_key_by_whatever_way_it_came():
    hook = {"id": "77", "alert_transition": "Triggered", "title": "[Triggered] Queue", "date": "1772460000000", "alert_id": "4711"}
    first = {"id": 77, "title": "[Triggered] Queue", "date_happened": 1772460000}
    inner = {"title": "Queue", "status": "error", "evt": {"id": "77"}, "monitor": {"transition": {"trans_name": "Triggered"}}}
    second = {"type": "event", "id": "AgAA", "attributes": {"timestamp": "2026-03-02T14:00:00Z", "attributes": inner}}
    found = [events_of("datadog", each)[0] for each in (hook, first, second)]

    assert {(each.key, each.at, each.kind, each.milestone) for each in found} == {("event 77", datetime(2026, 3, 2, 14, tzinfo=UTC), "alert", "detected")}


def test_a_file_that_only_gives_reasons_is_refused_with_the_first():
    with pytest.raises(SourceError, match="confirm|wanted"):
        events_of(
            "aws",
            {
                "Type": "SubscriptionConfirmation",
                "TopicArn": "arn:aws:sns:eu-west-1:1:a",
                "Message": "You have chosen",
                "SubscribeURL": "https://x.example.org",
            },
        )


def test_names_are_found_in_any_spelling_and_unfilled_variables_hold_nothing():
    assert templated({"Alert-Title": "a", "alert": {"transition": "Warn"}, "host": "$HOSTNAME", "n": None}) == {
        "alerttitle": "a",
        "transition": "Warn",
        "alerttransition": "Warn",
    }


def test_markup_becomes_text():
    assert (
        plain("%%%\n# High **load**\n[![graph](https://x/y.png)](https://x)\n<p>See [the page](https://z) &amp; wait</p>\n- - -\n%%%")
        == "High load\n\nSee the page & wait"
    )
    assert line_of("Disk", "Disk is full", "") == "Disk is full"
