"""Pure. AWS: CloudWatch alarms (through SNS, EventBridge, their history and their list), events of EventBridge, notifications of SNS, log events.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html define what is read; `aws_events.py` reads EventBridge.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.lib import strict_json
from incidents.lib.strict_json import JsonError
from incidents.sources import aws_events
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.envelopes import certainty, holds
from incidents.sources.markup import plain
from incidents.sources.members import digest, first_of, line_of, mapping, mappings, second_of, string, strings
from incidents.sources.reading import Fact, read_facts
from incidents.sources.words import kind_of

LISTS = ("successfulSet", "events", "AlarmHistoryItems", "Records", "Messages", "Events", "Entries")
ALARM_CHANGE = "CloudWatch Alarm State Change"
MOST_LOGS = 4 * 1024 * 1024  # bytes of log events when unpacked


def shape_of(value: Mapping[str, Any]) -> str:
    """Return what of AWS's an object is, or "" for nothing of it."""
    if "AlarmName" in value:
        if "NewStateValue" in value:
            return "alarm"
        if "HistoryItemType" in value or "HistorySummary" in value:
            return "history"
        if "StateValue" in value:
            return "listed"
        return "described" if {"MetricName", "Namespace", "Threshold", "AlarmRule"} & value.keys() else ""
    if "alarmArn" in value and isinstance(value.get("alarmData"), dict):
        return "invoked"
    if value.get("Type") in ("SubscriptionConfirmation", "UnsubscribeConfirmation") and "TopicArn" in value:
        return "confirmation"
    if aws_events.is_event(value):
        return "event"
    if "eventTypeCode" in (mapping(value.get("event")) or value) and "startTime" in (mapping(value.get("event")) or value):
        return "health"
    if isinstance(mapping(value.get("awslogs")).get("data"), str):
        return "packed"
    if "logGroup" in value and isinstance(value.get("logEvents"), list):
        return "logs"
    if value.get("Type") == "Notification" and "Message" in value and ("TopicArn" in value or "MessageId" in value):
        return "" if holds(value["Message"], shape_of) else "notification"
    return ""


def facts(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    yield from READERS[shape_of(value)](value)


# What an alarm's new state means, by the state before -> kind, weight; an alarm that only got its data back did not recover.
def _meaning(old: str, new: str) -> tuple[str, int]:
    if new == "ALARM":
        return "alert", 1
    if new == "OK":
        return ("recovery", 1) if old in ("ALARM", "") else ("status", 0)
    return "status", 1 if old == "ALARM" else 0


def _changed(name: str, arn: str, old: str, new: str, at: Any, reason: str, rule: str, part: str = "", more: str = "") -> Fact:
    kind, weight = _meaning(old, new)
    word = {"alert": "Alarm", "recovery": "Alarm recovered"}.get(
        kind, {"OK": "Alarm is OK", "INSUFFICIENT_DATA": "Alarm has too little data"}.get(new, f"Alarm is {new}")
    )
    text = f"{word}: {line_of(name, more)}" + (f" (from {old} to {new})" if old and old != new else "")
    return Fact(
        at=at,
        text=f"{text}\n{reason}" if reason else text,
        key=f"alarm {_alarm(name, arn)}:{new}:{second_of(at)}",
        kind=kind,
        rule=f"{rule} {new}",
        actor="CloudWatch",
        milestone="detected" if kind == "alert" else "",
        salience=weight,
        part=part,
    )


def _alarm(name: str, arn: str) -> str:
    """Identify an alarm by its name alone: not every way of delivery gives its ARN."""
    return name or arn


def _alarm_message(alarm: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    name, arn = string(alarm["AlarmName"]), string(alarm.get("AlarmArn"))
    trigger, description = mapping(alarm.get("Trigger")), plain(alarm.get("AlarmDescription"), 1000)
    yield _about(name, arn, description, trigger, {"region": alarm.get("Region"), "account": alarm.get("AWSAccountId")})
    new, old = string(alarm["NewStateValue"]), string(alarm.get("OldStateValue"))
    yield _changed(name, arn, old, new, alarm.get("StateChangeTime"), plain(alarm.get("NewStateReason"), 2000), "NewStateValue", more=description)


def _about(name: str, arn: str, description: str, metric: Mapping[str, Any], labels: Mapping[str, Any]) -> IncidentDraft:
    sizes = {string(first_of(each, "name", "Name")): first_of(each, "value", "Value") for each in mappings(first_of(metric, "Dimensions", "dimensions"))}
    held = {**labels, **sizes, "metric": first_of(metric, "MetricName", "metricName"), "namespace": first_of(metric, "Namespace", "namespace")}
    return about(name, description, "", [], "", f"alarm {_alarm(name, arn)}", held)


def _history(item: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    name, sort = string(item["AlarmName"]), string(item.get("HistoryItemType"))
    summary, data = plain(item.get("HistorySummary"), 1000), _json(item.get("HistoryData"))
    old, new = mapping(data.get("oldState")), mapping(data.get("newState"))
    at = item.get("Timestamp")
    yield about(name, key=f"alarm {name}")
    states = re.search(r"from (\w+) to (\w+)", summary)
    before, after = string(old.get("stateValue")) or (states[1] if states else ""), string(new.get("stateValue")) or (states[2] if states else "")
    if sort == "StateUpdate" and after:
        yield _changed(name, "", before, after, at, plain(new.get("stateReason"), 2000), "HistoryItemType StateUpdate")
        return
    kind = {"ConfigurationUpdate": "change", "Action": "page"}.get(sort, "status")
    key = f"alarm {name}:{sort}:{second_of(at)}:{digest(summary)}"
    yield Fact(at, f"{name}: {summary or sort}", key, kind, f"HistoryItemType {sort}", "CloudWatch", salience=0 if sort == "Action" else 1)


def _listed(alarm: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    name, arn = string(alarm["AlarmName"]), string(alarm.get("AlarmArn"))
    description = plain(alarm.get("AlarmDescription"), 1000)
    yield _about(name, arn, description, alarm, {})
    at = first_of(alarm, "StateTransitionedTimestamp", "StateUpdatedTimestamp")
    yield _changed(name, arn, "", string(alarm["StateValue"]), at, plain(alarm.get("StateReason"), 2000), "StateValue", more=description)
    if changed := alarm.get("AlarmConfigurationUpdatedTimestamp"):
        yield Fact(
            changed, f"Alarm configured: {name}", f"alarm {name}:configured:{second_of(changed)}", "change", "alarm configuration", "CloudWatch", salience=0
        )


def _described(alarm: Mapping[str, Any]) -> Iterator[Rejected]:
    yield Rejected("", f"The alarm “{string(alarm['AlarmName'])}” is described without a state and a time: it says what would happen, not what did.")


def _event(event: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    detail = mapping(event.get("detail"))
    if event.get("detail-type") != ALARM_CHANGE:
        yield from aws_events.facts(event)
        return
    name, state, before = string(detail.get("alarmName")), mapping(detail.get("state")), mapping(detail.get("previousState"))
    arn = "".join(strings(event.get("resources"))[:1])
    configuration = mapping(detail.get("configuration"))
    metric = next((mapping(mapping(each.get("metricStat")).get("metric")) for each in mappings(configuration.get("metrics"))), {})
    sizes = [{"name": key, "value": each} for key, each in mapping(metric.get("dimensions")).items()]
    description = plain(configuration.get("description"), 1000)
    yield _about(
        name,
        arn,
        description,
        {**metric, "dimensions": sizes, "metricName": metric.get("name")},
        {"region": event.get("region"), "account": event.get("account")},
    )
    at = first_of(state, "timestamp") or event.get("time")
    old, new = string(before.get("value")), string(state.get("value"))
    yield _changed(name, arn, old, new, at, plain(state.get("reason"), 2000), "detail.state", ".detail.state", description)


def _invoked(call: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    """Read what an alarm hands to a function that it calls itself."""
    event = {"detail-type": ALARM_CHANGE, "detail": call["alarmData"], "time": call.get("time"), "region": call.get("region"), "account": call.get("accountId")}
    yield from _event({**event, "resources": [call["alarmArn"]]})


def _confirmation(message: Mapping[str, Any]) -> Iterator[Rejected]:
    yield Rejected("", "Amazon SNS asks here whether the subscription is wanted: open its SubscribeURL. It is no event.")


def _notification(message: Mapping[str, Any]) -> Iterator[Fact]:
    """Read a notification whose message is text, or JSON of no shape that is known: its plain members are told."""
    subject, body = string(message.get("Subject")), message["Message"]
    said = _json(body)
    text = "\n".join(f"{key}: {string(each)}" for key, each in list(said.items())[:20] if string(each)) if said else plain(body, 4000)
    read = kind_of(f"{subject}\n{text}")
    topic = string(message.get("TopicArn")).rpartition(":")[2]
    whole = "\n".join(filter(None, (subject, text))) or "Notification"
    at = first_of(said, "StateChangeTime", "Event Time", "Time", "time", "timestamp", "Timestamp") if said else None
    if not _is_time(at):
        at = message.get("Timestamp")
    yield Fact(
        at, whole, f"message {string(message.get('MessageId')) or digest(whole)}", read.kind, read.rule or "SNS notification", topic or "Amazon SNS",
        salience=read.salience, recorded=message.get("Timestamp"),
    )  # fmt: skip


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and bool(re.match(r"20\d\d-\d\d-\d\dT\d\d:\d\d.*(?:Z|[+-]\d\d:?\d\d)$", value))


def _packed(value: Mapping[str, Any]) -> Iterator[Fact | Rejected]:
    """Unpack what CloudWatch Logs sends to a function: gzip in base64, of a bounded size."""
    try:
        unpacked = zlib.decompressobj(wbits=31).decompress(base64.b64decode(mapping(value["awslogs"])["data"], validate=False), MOST_LOGS)
        found = strict_json.loads(strict_json.decoded(unpacked))
    except (binascii.Error, ValueError, zlib.error, JsonError):
        found = None
    if isinstance(found, dict) and isinstance(found.get("logEvents"), list):
        yield from _logs(found)
    else:
        yield Rejected(".awslogs.data", "The log events cannot be unpacked: they are not gzip in base64, or more than 4 MiB.")


def _logs(value: Mapping[str, Any]) -> Iterator[Fact]:
    group = string(value["logGroup"]) if "logGroup" in value else ""
    for number, each in enumerate(mappings(value["logEvents"])):
        text = string(each.get("message")).strip()[:4000]
        read = kind_of(text)
        identity = string(each.get("id")) or digest(f"{each.get('timestamp')}{text}")
        part = f".logEvents[{number}]"
        yield Fact(
            each.get("timestamp"), text or "(empty)", f"log {identity}", read.kind, read.rule or "log event", group, salience=read.salience, part=part, raw=each
        )


def _json(value: Any) -> dict[str, Any]:
    """Return the object that stands in a string, or nothing."""
    if isinstance(value, dict):
        return value
    try:
        found = strict_json.loads(value) if isinstance(value, str) and value.lstrip().startswith("{") else None
    except JsonError:
        return {}
    return found if isinstance(found, dict) else {}


def _health(value: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft]:
    """What the Health API says of an event is what EventBridge passes on of it, under other names."""
    event = mapping(value.get("event")) or value
    said = [mapping(value.get("eventDescription"))]
    yield from aws_events.health({}, {**event, "eventArn": event.get("arn"), "eventRegion": event.get("region"), "eventDescription": said}, "")


READERS = {
    "health": _health,
    "alarm": _alarm_message,
    "history": _history,
    "listed": _listed,
    "described": _described,
    "event": _event,
    "invoked": _invoked,
    "confirmation": _confirmation,
    "notification": _notification,
    "packed": _packed,
    "logs": _logs,
}


def detect(payload: Payload) -> int:
    sure = certainty(payload, lambda value: shape_of(value) not in ("", "notification"), LISTS)
    return sure or certainty(payload, shape_of, LISTS, sure=90)  # what SNS carries may be another vendor's


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return read_facts(payload, options, shape_of, facts, "AWS", LISTS)


SOURCE = Source(
    name="aws",
    label="AWS CloudWatch and EventBridge",
    detect=detect,
    read=read,
    docs="AWS: CloudWatch alarms through SNS, SQS, Lambda or EventBridge, their history and list, other events of EventBridge (Health, CodeDeploy, ECS, Auto "
    "Scaling and more), plain notifications of SNS, and log events (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/).",
)
