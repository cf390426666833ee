"""Pure. AWS CloudTrail: the log files it writes, answers of LookupEvents, its calls as EventBridge passes them on, and insights.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html defines a record. A call that only
reads is noise, any other a change; one that failed says so. `eventID` is the same whichever way a record came.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import about, event, in_order
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected
from incidents.sources.envelopes import Found, certainty, found_in
from incidents.sources.members import digest, first, mapping, mappings, string

LISTS = ("Records", "Events", "events")
READS = re.compile(
    r"(?:Get|List|Describe|Head|Lookup|Search|Query|Scan|BatchGet|Check|Validate|Estimate|Preview|Test|Simulate|Select|View|Filter|AssumeRole|Decrypt|Generate)"
)
NAMED = re.compile(
    r"(?:name|id|ids|arn|identifier|cluster|service|desiredcount|desiredcapacity|key|bucket|instancetype|engineversion|role|user)$", re.IGNORECASE
)
MAX_FACTS = 5


def shape_of(value: dict[str, Any]) -> str:
    if (
        isinstance(value.get("eventSource"), str)
        and isinstance(value.get("eventName"), str)
        and "eventTime" in value
        and value.keys() & {"eventID", "userIdentity", "awsRegion"}
    ):
        return "record"
    if isinstance(value.get("insightDetails"), dict) and "eventTime" in value:
        return "insight"
    if isinstance(value.get("CloudTrailEvent"), str) and shape_of(_inner(value)):
        return ""  # the record within says more
    if isinstance(value.get("EventName"), str) and "EventTime" in value and value.keys() & {"EventId", "EventSource"}:
        return "looked up"
    return ""


def _inner(value: dict[str, Any]) -> dict[str, Any]:
    """Tell a record from its first characters: it is parsed only once, by what looks into it."""
    text = value["CloudTrailEvent"].lstrip()
    return (
        {"eventSource": "", "eventName": "", "eventTime": "", "eventID": ""}
        if text.startswith("{") and '"eventName"' in text and text.rstrip().endswith("}")
        else {}
    )


MARKS = (b"eventname", b"insightdetails")


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, MARKS, 97)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return in_order(_items(payload, options), "There is no CloudTrail record with a time in this file.", alone=True)


def _items(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    for found in found_in(payload, shape_of, LISTS, "CloudTrail"):
        if isinstance(found, Rejected):
            yield found
        elif found.shape == "record":
            yield _subject(found.value)
            yield _record(found, options)
        elif found.shape == "insight":
            yield _insight(found, options)
        else:
            yield _looked_up(found, options)


def _subject(value: dict[str, Any]) -> IncidentDraft:
    name = f"{_service(value['eventSource'])} {string(value['eventName'])}"
    account = first(value, "recipientAccountId") or first(mapping(value.get("userIdentity")), "accountId")
    labels = [("account", account), ("region", first(value, "awsRegion")), ("service", _service(value["eventSource"])), ("event", string(value["eventName"]))]
    return about(name, key=first(value, "eventID") or name, labels=labels)


def _record(found: Found, options: ReadOptions) -> Item:
    value = found.value
    name, who = string(value["eventName"]), _actor(mapping(value.get("userIdentity")), value)
    error = ": ".join(filter(None, (first(value, "errorCode"), first(value, "errorMessage"))))
    reads = value["readOnly"] in (True, "true") if "readOnly" in value and value["readOnly"] is not None else bool(READS.match(name))
    facts = _facts(mapping(value.get("requestParameters"))) or _stored(mapping(value.get("s3")))
    if name == "ConsoleLogin":
        outcome = first(mapping(value.get("responseElements")), "ConsoleLogin")
        facts, error = "", error or (outcome if outcome and outcome != "Success" else "")
    text = (
        f"{_service(value['eventSource'])} {name}" + (f": {facts}" if facts else "") + (f" ({first(value, 'awsRegion')})" if first(value, "awsRegion") else "")
    )
    return event(
        found,
        options,
        value["eventTime"],
        at="eventTime",
        text=f"Failed: {text}\n{error}" if error else text,
        key=first(value, "eventID") or digest(f"{value['eventTime']}{value['eventSource']}{name}{who}{facts}"),
        kind="message" if reads or name == "ConsoleLogin" else "change",
        rule=f"eventName {name}" if "readOnly" not in value else f"readOnly {str(reads).lower()}",
        salience=0 if reads or name == "ConsoleLogin" and not error else 1,
        actor=who,
        thread=first(value, "sharedEventID"),
    )


def _insight(found: Found, options: ReadOptions) -> Item:
    details = mapping(found.value["insightDetails"])
    state, kind = first(details, "state"), first(details, "insightType") or "Insight"
    text = f"CloudTrail insight {'ended' if state == 'End' else 'began'}: {_words(kind)} of {_service(details.get('eventSource'))} {first(details, 'eventName')}".strip()
    return event(
        found,
        options,
        found.value["eventTime"],
        at="eventTime",
        text=text,
        key=f"{first(found.value, 'sharedEventID', 'eventID')}:{state}",
        kind="recovery" if state == "End" else "alert",
        rule=f"insight {state}",
        actor="CloudTrail",
    )


def _looked_up(found: Found, options: ReadOptions) -> Item:
    """An entry of LookupEvents whose record cannot be read, or was left out."""
    value = found.value
    name = string(value["EventName"])
    reads = string(value.get("ReadOnly")).lower() == "true" or value.get("ReadOnly") is True if "ReadOnly" in value else bool(READS.match(name))
    facts = ", ".join(filter(None, (first(each, "ResourceName") for each in mappings(value.get("Resources"))[:MAX_FACTS])))
    return event(
        found,
        options,
        value["EventTime"],
        at="EventTime",
        text=f"{_service(value.get('EventSource'))} {name}".strip() + (f": {facts}" if facts else ""),
        key=first(value, "EventId") or digest(f"{value['EventTime']}{name}{facts}"),
        kind="message" if reads else "change",
        rule=f"ReadOnly {str(reads).lower()}",
        salience=0 if reads else 1,
        actor=first(value, "Username"),
    )


def _actor(identity: dict[str, Any], value: dict[str, Any]) -> str:
    """Return "alice (role Admin)", "alice", or the service that acted."""
    if identity.get("type") == "AssumedRole" or "assumed-role/" in string(identity.get("arn")):
        role, _, session = string(identity.get("arn")).partition("assumed-role/")[2].partition("/")
        role = role or first(mapping(mapping(identity.get("sessionContext")).get("sessionIssuer")), "userName")
        return f"{session} (role {role})" if session else f"role {role}" if role else "an assumed role"
    name = first(identity, "userName") or first(mapping(value.get("additionalEventData")), "UserName")
    if not name and identity.get("type") == "Root":
        name = "root"
    return name or first(identity, "invokedBy") or string(identity.get("arn")).rpartition("/")[2] or first(identity, "principalId", "type") or "AWS"


def _facts(parameters: dict[str, Any]) -> str:
    """Return the parameters that say on what a call acted, as far as they are short."""
    told: list[str] = []
    for key, each in parameters.items():
        texts = [string(inner) for inner in each[:3]] if isinstance(each, list) else [string(each)]
        if isinstance(each, dict) and isinstance(each.get("items"), list):  # "instancesSet": {"items": [{"instanceId": …}]}
            texts = [string(inner) for item in mappings(each["items"])[:3] for inner in list(item.values())[:1]]
        text = ", ".join(filter(None, texts))
        if text and len(text) <= 120 and (NAMED.search(key) or key.endswith("Set")):
            told.append(f"{key}={text}")
    return ", ".join(told[:MAX_FACTS])


def _stored(found: dict[str, Any]) -> str:
    """Return "bucket/key" of a notification of S3, which has the form of a record."""
    return "/".join(filter(None, (first(mapping(found.get("bucket")), "name"), first(mapping(found.get("object")), "key"))))


def _service(source: Any) -> str:
    return string(source).removesuffix(".amazonaws.com").removeprefix("aws:")


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("Insight", "").strip().lower()


SOURCE = Source(
    name="cloudtrail",
    label="AWS CloudTrail",
    detect=detect,
    read=read,
    docs="AWS CloudTrail: its log files, answers of LookupEvents, and API calls as EventBridge passes them on "
    "(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html).",
)
