"""Pure. CircleCI: workflows, jobs and pipelines of its API v2, and the bodies of its webhooks.

https://circleci.com/docs/api/v2/ and https://circleci.com/docs/webhooks-reference/ define them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafts import ReadOptions, Rejected
from incidents.sources.objects import Found, about, certainty, event, first, found_in, in_order, mapping, string
from incidents.sources.runs import run

LISTS = ("items",)


def shape_of(value: dict[str, Any]) -> str:
    keys = value.keys()
    if string(value.get("type")) in ("workflow-completed", "job-completed") and "happened_at" in keys:
        return "webhook"
    if {"pipeline_id", "status", "created_at"} <= keys and keys & {"project_slug", "pipeline_number"}:
        return "workflow"
    if {"job_number", "started_at", "status", "name"} <= keys and keys & {"project_slug", "dependencies"}:
        return "job"
    return "pipeline" if {"project_slug", "number", "state", "created_at"} <= keys and isinstance(value.get("trigger"), dict) else ""


MARKS = (b"pipeline", b"workflow", b"job_number", b"job-completed")


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, MARKS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return in_order(_items(payload, options), "There is no workflow, job or pipeline of CircleCI with a time in this file.", alone=True)


def _items(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    for found in found_in(payload, shape_of, LISTS, "CircleCI"):
        if isinstance(found, Rejected):
            yield found
        elif found.shape == "webhook":
            yield from _webhook(found, options)
        elif found.shape == "pipeline":
            yield _pipeline(found, options)
        else:
            yield from _run(found, options)


def _run(found: Found, options: ReadOptions) -> Iterator[Item]:
    """A workflow, or a job of one. Who started it is only an id there."""
    value, workflow = found.value, found.shape == "workflow"
    project = first(value, "project_slug")
    begun = "created_at" if workflow else "started_at"
    build = string(value.get("pipeline_number")) or string(value.get("job_number"))
    name = f"{'Workflow' if workflow else 'Job'} {first(value, 'name')}" + (f" #{build}" if build else "") + (f" of {project}" if project else "")
    yield from run(
        found,
        options,
        name,
        first(value, "id") or f"{name}:{string(value.get(begun))}",
        value.get(begun),
        value.get("stopped_at"),
        first(value, "status"),
        rule=found.shape,
        project=project,
        began_as=begun,
        ended_as="stopped_at",
        weight=1 if workflow else 0,
    )


def _pipeline(found: Found, options: ReadOptions) -> Item:
    value = found.value
    vcs, trigger = mapping(value.get("vcs")), mapping(value["trigger"])
    who = first(mapping(trigger.get("actor")), "login")
    facts = ", ".join(filter(None, (first(vcs, "branch", "tag"), first(vcs, "revision")[:8], first(mapping(vcs.get("commit")), "subject"))))
    text = f"Pipeline #{string(value['number'])} of {first(value, 'project_slug')} {first(value, 'state')}" + (f" ({facts})" if facts else "")
    return event(found, options, value["created_at"], at="created_at", text=text, key=first(value, "id") or text, kind="change", rule="pipeline", actor=who)


def _webhook(found: Found, options: ReadOptions) -> Iterator[Item]:
    value = found.value
    workflow, job, pipeline = mapping(value.get("workflow")), mapping(value.get("job")), mapping(value.get("pipeline"))
    one = job or workflow
    vcs = mapping(pipeline.get("vcs"))
    commit = mapping(vcs.get("commit"))
    project = first(mapping(value.get("project")), "slug", "name")
    who = first(mapping(commit.get("author")), "name") or first(mapping(mapping(pipeline.get("trigger")).get("actor")), "login")
    facts = ", ".join(filter(None, (first(vcs, "branch", "tag"), first(vcs, "revision")[:8], first(commit, "subject"))))
    kind = "Job" if value["type"] == "job-completed" else "Workflow"
    build = string(pipeline.get("number")) or string(job.get("number"))
    text = f"{kind} {first(one, 'name')}" + (f" #{build}" if build else "") + f" of {project} {first(one, 'status')}" + (f" ({facts})" if facts else "")
    labels = [("project", project), ("branch", first(vcs, "branch")), ("workflow", first(workflow, "name")), ("status", first(one, "status"))]
    yield about(text.partition(" (")[0], key=first(one, "id") or first(value, "id"), services=(project,), url=first(workflow, "url"), labels=labels)
    yield event(
        found,
        options,
        first(one, "stopped_at") or value["happened_at"],
        at="happened_at",
        text=text,
        key=f"{first(one, 'id') or first(value, 'id')}:ended",
        kind="change",
        rule=f"webhook {value['type']}",
        salience=0 if kind == "Job" and first(one, "status") == "success" else 1,
        actor=who,
        url=first(workflow, "url"),
    )


SOURCE = Source(
    name="circleci",
    label="CircleCI",
    detect=detect,
    read=read,
    docs="CircleCI: workflows, jobs and pipelines of its API v2, and webhook bodies (https://circleci.com/docs/webhooks-reference/).",
)
