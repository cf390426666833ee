"""Pure. Bitbucket Cloud: deployments and pipelines of its API, and webhooks about pushes, pull requests and builds.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-deployments/ and
https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/ define them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafts import ReadOptions, Rejected
from incidents.sources.objects import Found, about, certainty, event, first, found_in, in_order, mapping, mappings, string
from incidents.sources.runs import FAILED, run

LISTS = ("values",)


def shape_of(value: dict[str, Any]) -> str:
    kind, keys = string(value.get("type")), value.keys()
    if kind == "deployment" and "environment" in keys and "state" in keys:
        return "deployment"
    if kind == "pipeline" and {"build_number", "created_on"} <= keys:
        return "pipeline"
    if "repository" in keys and "actor" in keys:
        for shape in ("commit_status", "pullrequest", "push"):
            if isinstance(value.get(shape), dict):
                return shape
    return ""


MARKS = (b"deployment", b"pipeline", b"commit_status", b"pullrequest", b'"push"')


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, MARKS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    return in_order(_items(payload, options), "There is no deployment, pipeline or webhook of Bitbucket with a time in this file.", alone=True)


def _items(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    readers = {"deployment": _deployment, "pipeline": _pipeline, "commit_status": _status, "pullrequest": _pull_request, "push": _push}
    for found in found_in(payload, shape_of, LISTS, "Bitbucket"):
        if isinstance(found, Rejected):
            yield found
        else:
            if "repository" in found.value and found.shape not in ("deployment", "pipeline"):
                project, _ = _of(found)
                name = f"{found.shape.replace('_', ' ')} of {project}"
                request = string(mapping(found.value.get("pullrequest")).get("id"))
                labels = [("project", project), ("event", found.shape)]
                yield about(name, key=f"{project}:{found.shape}:{request}".rstrip(":"), services=(project,), labels=labels)
            yield from readers[found.shape](found, options)


def _deployment(found: Found, options: ReadOptions) -> Iterator[Item]:
    value = found.value
    release, state, place = mapping(value.get("release")), mapping(value["state"]), first(mapping(value["environment"]), "name")
    commit = mapping(release.get("commit"))
    url = first(state, "url") or first(release, "url")
    project = "/".join(url.split("/")[3:5]) if url.startswith("https://bitbucket.org/") else ""
    name = f"Deployment of {project or 'a release'} {first(release, 'name')}".rstrip() + (f" to {place}" if place else "")
    outcome = first(mapping(state.get("status")), "name") or first(state, "name")
    yield from run(
        found,
        options,
        name,
        first(value, "uuid") or name,
        state.get("started_on") or release.get("created_on"),
        state.get("completed_on"),
        outcome,
        rule="deployment",
        who=first(mapping(value.get("deployer")) or mapping(state.get("deployer")), "display_name", "nickname"),
        url=url,
        project=project,
        labels=(("environment", place),),
        facts=(first(commit, "hash")[:8], first(commit, "message").partition("\n")[0]),
        weight=2 if place.lower().startswith("prod") else 1,
        began_as="state.started_on",
        ended_as="state.completed_on",
    )


def _pipeline(found: Found, options: ReadOptions) -> Iterator[Item]:
    value = found.value
    target, state = mapping(value.get("target")), mapping(value.get("state"))
    project = first(mapping(value.get("repository")), "full_name", "name")
    name = f"Pipeline #{string(value['build_number'])}" + (f" of {project}" if project else "")
    outcome = first(mapping(state.get("result")), "name") or first(state, "name")
    facts = (first(target, "ref_name"), first(mapping(target.get("commit")), "hash")[:8])
    who = first(mapping(value.get("creator")), "display_name", "nickname")
    yield from run(
        found,
        options,
        name,
        first(value, "uuid") or name,
        value["created_on"],
        value.get("completed_on"),
        outcome,
        rule="pipeline",
        who=who,
        facts=facts,
        project=project,
        began_as="created_on",
        ended_as="completed_on",
    )


def _of(found: Found) -> tuple[str, str]:
    """Return the repository and who acted."""
    return first(mapping(found.value["repository"]), "full_name", "name"), first(mapping(found.value["actor"]), "display_name", "nickname")


def _status(found: Found, options: ReadOptions) -> Iterator[Item]:
    status = mapping(found.value["commit_status"])
    project, who = _of(found)
    state = first(status, "state")
    stamp = status.get("updated_on") or status.get("created_on")
    yield event(
        found,
        options,
        stamp,
        at="commit_status.updated_on",
        text=f"Build {first(status, 'name', 'key')} of {project}: {state.lower()}" + (f" ({first(status, 'refname')})" if first(status, "refname") else ""),
        key=f"{first(status, 'url', 'key')}:{state}:{string(stamp)}",
        kind="change",
        rule=f"commit_status {state}",
        salience=1 if state.lower() in FAILED or state == "SUCCESSFUL" else 0,
        actor=who,
        url=first(status, "url"),
    )


def _pull_request(found: Found, options: ReadOptions) -> Iterator[Item]:
    request = mapping(found.value["pullrequest"])
    project, who = _of(found)
    state, comment = first(request, "state"), mapping(found.value.get("comment"))
    approval = mapping(found.value.get("approval"))
    done = "commented on" if comment else "approved" if approval else "declined" if state == "DECLINED" else "merged" if state == "MERGED" else "updated"
    said = first(mapping(comment.get("content")), "raw")
    stamp = comment.get("created_on") or approval.get("date") or request.get("updated_on") or request.get("created_on")
    yield event(
        found,
        options,
        stamp,
        at="pullrequest.updated_on",
        text=f"{who} {done} pull request #{string(request.get('id'))} of {project}: {first(request, 'title')}" + (f"\n{said}" if said else ""),
        key=f"{project}:pr:{string(request.get('id'))}:{done}:{string(stamp)}",
        kind="note" if comment else "change",
        rule=f"pullrequest {done}",
        salience=1 if state == "MERGED" or comment else 0,
        actor=who,
        url=first(mapping(mapping(request.get("links")).get("html")), "href"),
    )


def _push(found: Found, options: ReadOptions) -> Iterator[Item]:
    project, who = _of(found)
    for place, each in enumerate(mappings(mapping(found.value["push"]).get("changes"))):
        new, old = mapping(each.get("new")), mapping(each.get("old"))
        target = mapping(new.get("target"))
        branch = first(new, "name") or first(old, "name")
        message = first(target, "message").partition("\n")[0]
        yield event(
            found,
            options,
            target.get("date") or new.get("date"),
            at=f"push.changes[{place}]",
            text=f"{who} pushed to {branch} of {project}" + (f": {message} ({first(target, 'hash')[:8]})" if message else ""),
            key=f"{project}:push:{branch}:{first(target, 'hash')}",
            kind="change",
            rule="push",
            actor=who,
            url=first(mapping(mapping(target.get("links")).get("html")), "href"),
        )


SOURCE = Source(
    name="bitbucket",
    label="Bitbucket",
    detect=detect,
    read=read,
    docs="Bitbucket Cloud: deployments and pipelines of its API, and webhooks about pushes, pull requests and builds "
    "(https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/).",
)
