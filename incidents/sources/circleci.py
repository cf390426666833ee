"""Pure. CircleCI: workflows, pipelines and jobs of API v2, builds of API v1.1, and webhooks.

https://circleci.com/docs/api/v2/ and https://circleci.com/docs/outbound-webhooks-reference/ define what is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.builds import outcome, weight_of
from incidents.sources.drafting import Drafting, labels_of
from incidents.sources.drafts import IncidentDraft, ReadOptions, SourceError
from incidents.sources.envelopes import certainty
from incidents.sources.members import mapping, string
from incidents.sources.reading import read_each

LISTS = ("items",)
OPEN = {"running", "queued", "not_running", "on_hold", "pending", "created", "setup", "setup-pending", "scheduled"}


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS)


def shape_of(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    if string(value.get("type")) in ("workflow-completed", "job-completed") and (mapping(value.get("workflow")) or mapping(value.get("job"))):
        return "hook"
    if "project_slug" in value and "pipeline_id" in value and "created_at" in value:
        return "workflow"
    if "project_slug" in value and "number" in value and "trigger" in value:
        return "pipeline"
    if "job_number" in value and "started_at" in value and "status" in value:
        return "job"
    if "build_num" in value and "build_url" in value:
        return "build"
    return ""


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    make = Drafting(options)

    def items(value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        yield from {"hook": _hook, "workflow": _workflow, "pipeline": _pipeline, "job": _job, "build": _build}[shape_of(value)](make, value, where, raw)

    yield from read_each(payload, LISTS, shape_of, items, "CircleCI")
    if not make.order:
        raise SourceError("There is no workflow, pipeline, job or build with a time in this file.")


def _workflow(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    name, number = string(value.get("name")), string(value.get("pipeline_number"))
    what = f"Workflow “{name}”" + (f" of pipeline {number}" if number else "") + f" of {string(value.get('project_slug'))}"
    yield from _pair(make, what, name, f"workflow:{string(value.get('id'))}", value, "created_at", where, raw, "")


def _job(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    name = string(value.get("name"))
    project = string(value.get("project_slug")) or string(mapping(value.get("project")).get("slug"))
    what = f"Job “{name}” #{string(value.get('job_number'))}" + (f" of {project}" if project else "")
    key = f"job:{project}:{string(value.get('job_number'))}"
    yield from _pair(make, what, name, key, value, "started_at", where, raw, string(value.get("web_url")))


def _pair(make: Drafting, what: str, name: str, key: str, value: Mapping[str, Any], start: str, where: str, raw: Any, url: str) -> Iterator[Item]:
    """The start of a workflow or job, and its end where it has ended."""
    state = string(value.get("status"))
    yield make.event(value.get(start), f"{what} started", f"{key}:started", where, raw, kind="change", rule=start, salience=weight_of("started", name), url=url)
    if state and state not in OPEN and value.get("stopped_at"):
        yield make.event(
            value.get("stopped_at"),
            f"{what} {outcome(state)[0]}",
            f"{key}:{state}",
            where,
            raw,
            kind="change",
            rule=f"status {state}",
            salience=weight_of(state, name),
            url=url,
        )


def _pipeline(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    vcs, trigger = mapping(value.get("vcs")), mapping(value.get("trigger"))
    state = string(value.get("state"))
    on = string(vcs.get("branch")) or string(vcs.get("tag")) or string(vcs.get("revision"))[:7]
    text = f"Pipeline {string(value.get('number'))} of {string(value.get('project_slug'))} {'failed to start' if state == 'errored' else 'started'}"
    text += (f" on {on}" if on else "") + (f": {subject}" if (subject := string(mapping(vcs.get("commit")).get("subject"))) else "")
    actor = string(mapping(trigger.get("actor")).get("login"))
    key = f"pipeline:{string(value.get('id'))}"
    yield make.event(value.get("created_at"), text, key, where, raw, kind="change", rule="pipeline", salience=1 if state == "errored" else 0, actor=actor)


def _build(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    name = string(mapping(value.get("workflows")).get("job_name")) or string(value.get("job")) or string(value.get("reponame"))
    state = string(value.get("outcome")) or string(value.get("status"))
    what = f"Build {string(value.get('build_num'))} “{name}” {outcome(state)[0]} on {string(value.get('branch')) or 'a commit'}"
    text = what + (f": {subject}" if (subject := string(value.get("subject"))) else "")
    actor = string(value.get("committer_name")) or string(value.get("author_name")) or string(value.get("user"))
    key, stamp = f"build:{string(value.get('build_url'))}:{state}", value.get("stop_time") or value.get("start_time") or value.get("queued_at")
    weight = weight_of(state, name)
    yield make.event(stamp, text, key, where, raw, kind="change", rule=f"outcome {state}", salience=weight, actor=actor, url=value.get("build_url"))


def _hook(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    pipeline, project, workflow, job = (mapping(value.get(name)) for name in ("pipeline", "project", "workflow", "job"))
    vcs, branch, found = mapping(pipeline.get("vcs")), "", job or workflow
    given = mapping(pipeline.get("trigger_parameters"))  # where the code is not on GitHub or Bitbucket
    pushed, git = mapping(given.get("gitlab")) or mapping(given.get("github_app")), mapping(given.get("git"))
    branch = string(vcs.get("branch")) or string(vcs.get("tag")) or string(git.get("branch")) or string(git.get("tag"))
    facts = (("project", string(project.get("slug"))), ("branch", branch), ("workflow", string(workflow.get("name"))), ("state", string(found.get("status"))))
    yield IncidentDraft(labels=labels_of(facts))
    name, state = string(found.get("name")), string(found.get("status"))
    slug = string(project.get("slug"))
    called = string(project.get("name")) or string(workflow.get("name"))
    where_built = called if slug.startswith("circleci/") else slug or called  # ids that nobody knows
    what = f"{'Job' if job else 'Workflow'} “{name}” of {where_built} {outcome(state)[0]}"
    subject = string(mapping(vcs.get("commit")).get("subject")) or string(pushed.get("commit_title"))
    text = what + (f" on {branch}" if branch else "") + (f": {subject}" if subject else "")
    actor = string(mapping(mapping(vcs.get("commit")).get("author")).get("name")) or string(pushed.get("user_name"))
    key = (
        f"job:{string(project.get('slug'))}:{string(job.get('number'))}:{state}"
        if job
        else f"workflow:{string(workflow.get('id')) or f'{called}:{name}'}:{state}"
    )
    stamp, rule = found.get("stopped_at") or value.get("happened_at"), f"webhook {string(value.get('type'))} {state}"
    weight = weight_of(state, name)
    yield make.event(stamp, text, key, where, raw, kind="change", rule=rule, salience=weight, actor=actor, url=workflow.get("url"))


SOURCE = Source(
    name="circleci",
    label="CircleCI",
    detect=detect,
    read=read,
    docs="CircleCI: workflows, pipelines and jobs of API v2, builds of API v1.1, and webhooks (https://circleci.com/docs/outbound-webhooks-reference/).",
)
