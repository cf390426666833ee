"""Pure. Events of Amazon EventBridge: an envelope that every AWS service shares around a detail that each writes as it likes.

https://docs.aws.amazon.com/eventbridge/latest/ref/events.html lists the services and their events.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.drafting import about
from incidents.sources.drafts import IncidentDraft, Rejected
from incidents.sources.markup import plain
from incidents.sources.members import digest, first_of, line_of, mappings, string, strings
from incidents.sources.reading import Fact
from incidents.sources.words import kind_of

# Source and beginning of the detail type -> kind, weight. The first that fits counts.
KINDS: tuple[tuple[str, str, str, int], ...] = (
    ("aws.codedeploy", "", "change", 1),
    ("aws.codepipeline", "CodePipeline Pipeline", "change", 1),
    ("aws.codepipeline", "", "change", 0),
    ("aws.codebuild", "", "change", 0),
    ("aws.cloudformation", "", "change", 1),
    ("aws.config", "", "change", 0),
    ("aws.ssm", "", "change", 1),
    ("aws.ecs", "ECS Deployment", "change", 1),
    ("aws.ecs", "", "status", 0),
    ("aws.autoscaling", "EC2 Instance Launch Unsuccessful", "alert", 1),
    ("aws.autoscaling", "EC2 Instance Terminate Unsuccessful", "alert", 1),
    ("aws.autoscaling", "", "status", 0),
    ("aws.ec2", "EC2 Spot", "alert", 1),
    ("aws.ec2", "", "status", 1),
    ("aws.guardduty", "", "alert", 1),
    ("aws.securityhub", "", "alert", 0),
    ("aws.trustedadvisor", "", "status", 0),
    ("aws.ssm-incidents", "", "status", 1),
)
FAILED = re.compile(r"FAIL|ERROR|STOPPED|UNHEALTHY|ABORT|ROLLBACK|TIMED_?OUT", re.IGNORECASE)
STATES = (
    "state",
    "status",
    "build-status",
    "lastStatus",
    "eventName",
    "StatusCode",
    "statusCode",
    "currentStatus",
    "newEvaluationResult",
    "LifecycleTransition",
)
NAMES = (
    "deploymentId", "deploymentGroup", "application", "pipeline", "stage", "action", "project-name", "AutoScalingGroupName", "instance-id", "EC2InstanceId", "instanceId", "ec2InstanceId", "taskDefinitionArn", "group",
    "SourceIdentifier", "SourceArn", "stack-id", "name", "title", "jobName", "functionName", "bucket", "configRuleName", "clusterArn",
)  # fmt: skip
REASONS = ("reason", "Message", "message", "stoppedReason", "StatusMessage", "Cause", "description", "status-reason", "errorInformation", "summary", "title")


def is_event(value: Mapping[str, Any]) -> bool:
    """Tell whether this is an event of an AWS service. What CloudTrail records of calls is read elsewhere, and so is what partners send."""
    source = value.get("source")
    if not (isinstance(value.get("detail-type"), str) and isinstance(value.get("detail"), dict) and isinstance(source, str)):
        return False
    return not source.startswith("aws.partner/") and not ("eventSource" in value["detail"] and "eventName" in value["detail"])


def facts(event: Mapping[str, Any]) -> Iterator[Fact | IncidentDraft | Rejected]:
    if event.get("source") == "aws.health" or "eventTypeCode" in event["detail"]:
        yield from health(event, event["detail"])
    else:
        yield _plain(event, event["detail"])


def _plain(event: Mapping[str, Any], detail: Mapping[str, Any]) -> Fact:
    sort, source = string(event["detail-type"]), string(event["source"])
    names = [short(string(detail[name])) for name in NAMES if string(detail.get(name))]
    names = names[:4] or [short(each) for each in strings(event.get("resources"))][:2]
    state = next((string(detail[name]) for name in STATES if string(detail.get(name))), "")
    reason = next((plain(detail[name], 2000) for name in REASONS if isinstance(detail.get(name), str) and detail[name]), "")
    text = line_of(f"{sort}: {', '.join(dict.fromkeys(names))}" if names else sort, state, between=" is now " if names and state else ": ")
    kind, weight = next(((kind, weight) for name, start, kind, weight in KINDS if source == name and sort.startswith(start)), ("", 1))
    rule = f"{source} {sort}"
    if not kind:
        read = kind_of(f"{sort} {state} {reason}")
        kind, weight, rule = read.kind if read.kind != "message" else "status", read.salience, read.rule or rule
    if FAILED.search(state):
        weight = max(weight, 1)
    return Fact(
        at=event.get("time"),
        text=f"{text}\n{reason}" if reason and reason not in text else text,
        key=f"event {string(event.get('id')) or digest(text + string(event.get('time')))}",
        kind=kind,
        rule=rule,
        actor=source,
        salience=weight,
    )


def short(name: str) -> str:
    """Return the end of an ARN, which is what people call the thing."""
    return name.split(":", 5)[-1] if name.startswith("arn:") else name


def health(event: Mapping[str, Any], detail: Mapping[str, Any], part: str = ".detail") -> Iterator[Fact | IncidentDraft]:
    """Read what AWS says about its own services: when it began, when it ended, and what it said last."""
    arn, service, code = string(detail.get("eventArn")), string(detail.get("service")), string(detail.get("eventTypeCode"))
    said = next((string(each.get("latestDescription")) for each in mappings(detail.get("eventDescription"))), "")
    category, status = string(detail.get("eventTypeCategory")), string(detail.get("statusCode"))
    region = string(detail.get("eventRegion")) or string(event.get("region"))
    title = line_of(
        f"AWS Health: {service or 'AWS'}{f' in {region}' if region else ''}",
        code.removeprefix("AWS_").removeprefix(f"{service}_").replace("_", " ").capitalize(),
    )
    affected = [string(each.get("entityValue")) for each in mappings(detail.get("affectedEntities"))]
    key = f"health {arn or string(event.get('id'))}"
    if category == "issue":
        yield about(title, plain(said, 4000), "", [service], "", key, {"service": service, "region": region, "account": event.get("account")})
    kind = {"issue": "alert", "scheduledChange": "change", "investigation": "alert"}.get(category, "communication")
    body = "\n".join(filter(None, (plain(said, 4000), f"Affected: {', '.join(filter(None, affected[:10]))}" if any(affected) else "")))
    started, ended, updated = detail.get("startTime"), detail.get("endTime"), first_of(detail, "lastUpdatedTime") or event.get("time")
    text = f"{title}\n{body}" if body else title
    closed = status == "closed" and category == "issue"
    if started:
        yield Fact(started, text, f"{key}:start", kind, f"health {category or 'event'}", "AWS Health", part=f"{part}.startTime", recorded=event.get("time"))
    if updated and (not started or status not in ("open", "upcoming", "") or updated != started) and not closed:
        page = f":{string(detail['page'])}" if string(detail.get("page")) else ""
        word = f"{title} (update)" + (f"\n{body}" if body else "")
        yield Fact(updated, word, f"{key}:update:{string(updated)}{page}", "communication", "health update", "AWS Health", salience=0)
    if ended and category == "issue":
        yield Fact(ended, f"Ended: {text if closed else title}", f"{key}:end", "recovery", "health endTime", "AWS Health", part=f"{part}.endTime")
    elif ended and category == "scheduledChange":
        yield Fact(ended, f"Planned end: {title}", f"{key}:end", "change", "health endTime", "AWS Health", salience=0, part=f"{part}.endTime")
    elif closed:
        yield Fact(updated, f"Closed: {text}", f"{key}:closed", "recovery", "health statusCode", "AWS Health", part=f"{part}.statusCode")
    if not started and not updated:
        yield Fact(None, text, f"{key}:start", kind, f"health {category or 'event'}", "AWS Health")
