"""Pure. Azure DevOps: builds and release deployments of its REST API, and the bodies of its service hooks.

https://learn.microsoft.com/en-us/rest/api/azure/devops/build/builds/list and
https://learn.microsoft.com/en-us/azure/devops/service-hooks/events define them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafts import ReadOptions, Rejected
from incidents.sources.objects import Found, about, certainty, event, first, found_in, in_order, link, mapping, string
from incidents.sources.runs import run

LISTS = ("value",)
# Beginning of a service hook's event type -> kind, weight.
HOOKS = (
    ("ms.vss-release.deployment-approval", "decision", 1),
    ("ms.vss-release.deployment", "change", 1),
    ("ms.vss-release", "change", 1),
    ("ms.vss-pipelines", "change", 1),
    ("build.complete", "change", 1),
    ("git.pullrequest.merged", "change", 1),
    ("git.push", "change", 1),
    ("tfvc.", "change", 1),
    ("git.", "change", 0),
    ("workitem.commented", "note", 1),
    ("workitem.", "status", 1),
    ("message.posted", "message", 1),
)


def shape_of(value: dict[str, Any]) -> str:
    keys = value.keys()
    if {"buildNumber", "definition"} <= keys and keys & {"queueTime", "startTime", "finishTime"}:
        return "build"
    if "releaseEnvironment" in keys and keys & {"deploymentStatus", "startedOn", "completedOn"}:
        return "deployment"
    return "hook" if {"eventType", "resource", "createdDate"} <= keys and keys & {"publisherId", "subscriptionId", "notificationId"} else ""


MARKS = (b"buildnumber", b"releaseenvironment", b"eventtype")


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, MARKS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return in_order(_items(payload, options), "There is no build, deployment or service hook of Azure DevOps with a time in this file.", alone=True)


def _items(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    for found in found_in(payload, shape_of, LISTS, "Azure DevOps"):
        if isinstance(found, Rejected):
            yield found
        elif found.shape == "build":
            yield from _build(found, options)
        elif found.shape == "deployment":
            yield from _deployment(found, options)
        else:
            yield from _hook(found, options)


def _person(value: Any) -> str:
    return first(mapping(value), "displayName", "uniqueName")


def _web(value: dict[str, Any]) -> str:
    return link(first(mapping(mapping(value.get("_links")).get("web")), "href")) or link(first(value, "webAccessUri", "url"))


def _build(found: Found, options: ReadOptions) -> Iterator[Item]:
    value = found.value
    project = first(mapping(value.get("project")), "name")
    name = f"Build {first(mapping(value['definition']), 'name')} {first(value, 'buildNumber')}" + (f" of {project}" if project else "")
    begun = "startTime" if value.get("startTime") else "queueTime"
    facts = (first(value, "sourceBranch").removeprefix("refs/heads/"), first(value, "sourceVersion")[:8], first(value, "reason"))
    yield from run(
        found,
        options,
        name,
        f"{first(value, 'url') or project}:build:{string(value.get('id'))}",
        value.get(begun),
        value.get("finishTime"),
        first(value, "result", "status"),
        rule="build",
        who=_person(value.get("requestedFor")) or _person(value.get("requestedBy")),
        url=_web(value),
        facts=facts,
        project=project,
        began_as=begun,
        ended_as="finishTime",
    )


def _deployment(found: Found, options: ReadOptions) -> Iterator[Item]:
    value = found.value
    release, place = mapping(value.get("release")), first(mapping(value["releaseEnvironment"]), "name")
    name = f"Deployment of {first(mapping(value.get('releaseDefinition')), 'name')} {first(release, 'name')} to {place}".replace("  ", " ")
    yield from run(
        found,
        options,
        name,
        f"deployment:{string(value.get('id')) or name}",
        value.get("startedOn") or value.get("queuedOn"),
        value.get("completedOn"),
        first(value, "deploymentStatus"),
        rule="deployment",
        who=_person(value.get("requestedFor")) or _person(value.get("requestedBy")),
        url=_web(release),
        labels=(("environment", place),),
        weight=2 if place.lower().startswith("prod") else 1,
        began_as="startedOn",
        ended_as="completedOn",
    )


def _hook(found: Found, options: ReadOptions) -> Iterator[Item]:
    value, resource = found.value, mapping(found.value["resource"])
    kind = string(value["eventType"])
    meaning, weight = next(((meaning, weight) for start, meaning, weight in HOOKS if kind.startswith(start)), ("message", 1))
    text = first(mapping(value.get("message")), "text") or first(mapping(value.get("detailedMessage")), "text") or kind.replace(".", " ")
    people = ("requestedFor", "requestedBy", "pushedBy", "closedBy", "createdBy", "revisedBy", "startedBy")
    who = next((name for each in people if (name := _person(resource.get(each)))), "")
    done = resource.get("finishTime") if kind == "build.complete" else None
    project = first(mapping(resource.get("project")), "name") or first(mapping(mapping(value.get("resourceContainers")).get("project")), "id")
    yield about(text, key=first(resource, "url") or first(value, "id"), services=(), url=_web(resource), labels=[("project", project), ("event", kind)])
    yield event(
        found,
        options,
        done or value["createdDate"],
        at="createdDate",
        text=text,
        key=f"{first(resource, 'url')}:build:{string(resource.get('id'))}:ended" if done else f"hook:{first(value, 'id') or string(value['createdDate'])}",
        kind=meaning,
        rule=f"eventType {kind}",
        salience=weight,
        actor=who or "Azure DevOps",
        url=_web(resource),
    )


SOURCE = Source(
    name="azure_devops",
    label="Azure DevOps",
    detect=detect,
    read=read,
    docs="Azure DevOps: builds and release deployments of its REST API, and bodies of its service hooks "
    "(https://learn.microsoft.com/en-us/azure/devops/service-hooks/events).",
)
