"""Pure. Azure DevOps: builds, runs, releases, deployments and work items of its REST API, and service hooks.

https://learn.microsoft.com/en-us/rest/api/azure/devops/ and https://learn.microsoft.com/en-us/azure/devops/service-hooks/events define what is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from incidents.lib.text import clean_line
from incidents.sources.base import Item, Payload, Source
from incidents.sources.builds import outcome, weight_of
from incidents.sources.drafting import Drafting, labels_of
from incidents.sources.drafts import IncidentDraft, ReadOptions, SourceError
from incidents.sources.envelopes import certainty
from incidents.sources.markup import headed, plain_markdown
from incidents.sources.members import mapping, mappings, string
from incidents.sources.reading import read_each

LISTS = ("value", "workItems", "comments")
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
LINK = re.compile(r"\s*\((https?://[^\s()]{1,2000})\)\s*\Z")  # at the end of a message
# Event type of a service hook, its beginning -> kind, weight.
EVENTS: tuple[tuple[str, str, int], ...] = (
    ("build.complete", "change", 1),
    ("ms.vss-release.deployment-completed", "change", 1),
    ("ms.vss-release.deployment-started", "change", 1),
    ("ms.vss-release.deployment-approval", "decision", 1),
    ("ms.vss-release", "change", 1),
    ("ms.vss-pipelines.run-state", "change", 0),
    ("ms.vss-pipelines", "change", 0),
    ("git.push", "change", 1),
    ("git.pullrequest.merged", "change", 1),
    ("git.pullrequest", "status", 0),
    ("tfvc", "change", 1),
    ("workitem.commented", "message", 1),
    ("workitem", "status", 1),
)
# Field of a work item that changed -> what it is called, kind, weight.
FIELDS: dict[str, tuple[str, str, int]] = {
    "System.State": ("State", "status", 2),
    "System.AssignedTo": ("Assignee", "role", 1),
    "System.Title": ("Title", "status", 0),
    "Microsoft.VSTS.Common.Severity": ("Severity", "severity", 2),
    "Microsoft.VSTS.Common.Priority": ("Priority", "severity", 1),
    "System.Tags": ("Tags", "status", 1),
}


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS)


def shape_of(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    fields = mapping(value.get("fields"))
    for shape, holds in (
        ("hook", "eventType" in value and "publisherId" in value and isinstance(value.get("resource"), dict)),
        ("pull", "pullRequestId" in value and "creationDate" in value and ("sourceRefName" in value or "repository" in value)),
        ("commit", "commitId" in value and "comment" in value and bool(mapping(value.get("author")).keys() & {"date", "email"})),
        ("build", "buildNumber" in value and ("queueTime" in value or "startTime" in value) and isinstance(value.get("definition"), dict)),
        ("run", isinstance(value.get("pipeline"), dict) and "createdDate" in value and "state" in value),
        ("deployment", "deploymentStatus" in value and isinstance(value.get("releaseEnvironment"), dict)),
        ("release", isinstance(value.get("releaseDefinition"), dict) and "createdOn" in value and "environments" in value),
        ("update", "workItemId" in value and "rev" in value),
        ("item", "System.CreatedDate" in fields and ("rev" in value or "id" in value)),
        ("comment", "workItemId" in value and "text" in value and "createdDate" in value),
    ):
        if holds:
            return shape
    return ""


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    make = Drafting(options)

    def items(value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        yield from SHAPES[shape_of(value)](make, value, where, raw)

    yield from read_each(payload, LISTS, shape_of, items, "Azure DevOps")
    if not make.order:
        raise SourceError("There is nothing in this file that Azure DevOps dates: no build, run, release, deployment, work item, pull request or commit.")


def _build(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    name = string(mapping(value.get("definition")).get("name"))
    branch = string(value.get("sourceBranch")).removeprefix("refs/heads/")
    what = f"Build {string(value.get('buildNumber'))} of {name or 'a definition'}"
    on = f" on {branch}" if branch else ""
    actor, url = _who(value.get("requestedFor")) or _who(value.get("requestedBy")), _web(value)
    start, end = value.get("startTime"), value.get("finishTime")
    yield from _steps(
        make, what, name, on, f"build:{string(value.get('id'))}", (value.get("queueTime"), start, end), string(value.get("result")), where, raw, actor, url
    )


def _run(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    name = string(mapping(value.get("pipeline")).get("name"))
    what = f"Run {string(value.get('name'))} of {name}"
    stamps = (None, value.get("createdDate"), value.get("finishedDate"))
    yield from _steps(make, what, name, "", f"build:{string(value.get('id'))}", stamps, string(value.get("result")), where, raw, "", _web(value))


def _deployment(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    release, environment = string(mapping(value.get("release")).get("name")), string(mapping(value.get("releaseEnvironment")).get("name"))
    what, status = f"Deployment of {release} to {environment}", string(value.get("deploymentStatus"))
    stamps, key = (value.get("queuedOn"), value.get("startedOn"), value.get("completedOn")), f"deployment:{string(value.get('id'))}"
    result = "" if status in ("inProgress", "notDeployed") else status
    yield from _steps(make, what, "deploy", "", key, stamps, result, where, raw, _who(value.get("requestedFor")), _web(mapping(value.get("release"))))


def _steps(
    make: Drafting, what: str, name: str, on: str, key: str, stamps: tuple[object, object, object], result: str, where: str, raw: Any, actor: str, url: str
) -> Iterator[Item]:
    """The start of a build or deployment, or its queueing before it has started, and its end where it has ended."""
    queued, started, ended = stamps
    said, state = ("started", "started") if started else ("was queued", "queued")
    weight = weight_of(state, name)
    yield make.event(started or queued, f"{what} {said}{on}", f"{key}:{state}", where, raw, kind="change", rule=state, salience=weight, actor=actor, url=url)
    if ended and result:
        plain, weight = outcome(result)[0], weight_of(result, name)
        yield make.event(
            ended, f"{what} {plain}{on}", f"{key}:{result}", where, raw, kind="change", rule=f"result {result}", salience=weight, actor=actor, url=url
        )


def _release(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    name, definition = string(value.get("name")), string(mapping(value.get("releaseDefinition")).get("name"))
    text = headed(f"Release {name} of {definition} was created", string(value.get("description")))
    key, actor = f"release:{string(value.get('id'))}:created", _who(value.get("createdBy"))
    yield make.event(value.get("createdOn"), text, key, where, raw, kind="change", rule="release createdOn", actor=actor, url=_web(value))


def _item(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    fields = mapping(value.get("fields"))
    number, sort = string(value.get("id")), string(fields.get("System.WorkItemType")) or "Work item"
    body = plain_markdown(string(fields.get("System.Description")) or string(fields.get("Microsoft.VSTS.TCM.ReproSteps")))
    text = headed(f"{sort} #{number} created: {string(fields.get('System.Title'))}", body)
    actor, url = _who(fields.get("System.CreatedBy")), _web(value)
    yield make.event(
        fields.get("System.CreatedDate"), text, f"item:{number}:created", where, raw, kind="status", rule="System.CreatedDate", actor=actor, url=url
    )
    if closed := fields.get("Microsoft.VSTS.Common.ClosedDate"):
        text, by = f"{sort} #{number} closed as {string(fields.get('System.State'))}", _who(fields.get("Microsoft.VSTS.Common.ClosedBy"))
        yield make.event(closed, text, f"item:{number}:closed:{make.second(closed)}", where, raw, kind="status", rule="ClosedDate", actor=by, url=url)


def _update(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    """A revision of a work item. The last one is given as revised in the year 9999; when it was made stands in its fields."""
    fields, number = mapping(value.get("fields")), string(value.get("workItemId"))
    stamp = mapping(fields.get("System.ChangedDate")).get("newValue") or value.get("revisedDate")
    changed_by = mapping(mapping(value.get("revision")).get("fields")).get("System.ChangedBy") or mapping(fields.get("System.ChangedBy")).get("newValue")
    actor, key = _who(value.get("revisedBy")) or _who(changed_by) or string(changed_by).partition(" <")[0], f"item:{number}:{string(value.get('rev'))}"
    told = False
    for field, change in fields.items():
        if field == "System.History" and string(mapping(change).get("newValue")):
            told = True
            text = plain_markdown(string(change["newValue"]))
            yield make.event(stamp, text, f"{key}:comment", where, raw, rule="System.History", actor=actor, spoken=True)
        elif field in FIELDS and isinstance(change, dict):
            name, kind, weight = FIELDS[field]
            before, after = (_who(change.get(each)) or string(change.get(each)) for each in ("oldValue", "newValue"))
            said = f"{name} changed from {before} to {after}" if before and after else f"{name} set to {after}" if after else f"{name} {before} removed"
            told = True
            yield make.event(stamp, f"#{number}: {said}", f"{key}:{field}", where, raw, kind=kind, rule=f"field {field}", salience=weight, actor=actor)
    if not told:
        names = ", ".join(field.rpartition(".")[2] for field in fields if not field.endswith(("Date", "Rev", "RevisedBy", "ChangedBy")))[:200]
        yield make.event(stamp, f"#{number} edited" + (f": {names}" if names else ""), key, where, raw, kind="status", rule="revision", salience=0, actor=actor)


def _comment(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    text, key = plain_markdown(string(value.get("text"))), f"comment:{string(value.get('id'))}"
    yield make.event(value.get("createdDate"), text, key, where, raw, rule="comment", actor=_who(value.get("createdBy")), spoken=True)


def _hook(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    """A service hook: what it is about, when the resource has a form here, else the message that Azure DevOps wrote for people."""
    resource, sort = mapping(value["resource"]), string(value.get("eventType"))
    status = string(resource.get("result")) or string(resource.get("status")) or string(mapping(resource.get("deployment")).get("deploymentStatus"))
    facts = (("event", sort), ("state", status), ("definition", string(mapping(resource.get("definition")).get("name"))))
    item = mapping(mapping(resource.get("revision")).get("fields")) or mapping(resource.get("fields"))
    title, number = item.get("System.Title"), string(resource.get("workItemId")) or (string(resource.get("id")) if sort.startswith("workitem.") else "")
    about = clean_line(title, limit=300) if isinstance(title, str) else ""
    yield IncidentDraft(title=about, key=f"work item {number}"[:200] if number else "", labels=labels_of(facts))
    if shape_of(resource) in ("build", "update"):
        yield from SHAPES[shape_of(resource)](make, resource, where, raw)
        return
    kind, weight = next(((kind, weight) for start, kind, weight in EVENTS if sort.startswith(start)), ("message", 0))
    detailed, message = string(mapping(value.get("detailedMessage")).get("text")), string(mapping(value.get("message")).get("text"))
    said = plain_markdown(detailed if sort == "workitem.commented" or not message else message) or HUMP.sub(" ", sort.replace(".", " "))
    link = LINK.search(said)
    said = said[: link.start()] if link else said
    if subjects := "; ".join(filter(None, (string(each.get("comment")).partition("\n")[0] for each in mappings(resource.get("commits"))[:10]))):
        said = f"{said}: {subjects}"
    environment = string(mapping(resource.get("environment")).get("status"))
    failed = (status or environment).lower() in ("failed", "rejected", "partiallysucceeded")
    stamp = resource.get("closedDate") or resource.get("creationDate") if sort.startswith("git.pullrequest") else resource.get("date")
    yield make.event(
        stamp or value.get("createdDate"),
        said,
        f"hook:{string(value.get('id')) or string(value.get('notificationId'))}",
        where,
        raw,
        kind=kind,
        rule=f"eventType {sort}",
        salience=2 if failed and kind == "change" else weight,
        actor=_who(resource.get("pushedBy")) or _who(resource.get("revisedBy")) or _who(resource.get("createdBy")),
        url=_web(resource) or (link[1] if link else ""),
        spoken=sort == "workitem.commented",
    )


def _who(value: Any) -> str:
    return string(mapping(value).get("displayName")) or (string(mappings([value])[0].get("uniqueName")) if isinstance(value, dict) else "")


def _web(value: Mapping[str, Any]) -> str:
    return string(mapping(mapping(value.get("_links")).get("web")).get("href")) or string(mapping(mapping(value.get("_links")).get("html")).get("href"))


def _pull(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    number, status = string(value.get("pullRequestId")), string(value.get("status"))
    what = f"pull request {number}: {string(value.get('title'))}"
    actor, key, url = _who(value.get("createdBy")), f"pull:{number}", _web(value)
    text = headed(f"Opened {what}", plain_markdown(string(value.get("description"))))
    yield make.event(value.get("creationDate"), text, f"{key}:opened", where, raw, kind="change", rule="creationDate", salience=0, actor=actor, url=url)
    if closed := value.get("closedDate"):
        merged, by = status == "completed", _who(value.get("closedBy"))
        kind, weight = ("change", 1) if merged else ("status", 0)
        said = "Completed" if merged else "Abandoned" if status == "abandoned" else "Closed"
        yield make.event(closed, f"{said} {what}", f"{key}:{status}", where, raw, kind=kind, rule=f"status {status}", salience=weight, actor=by, url=url)


def _commit(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    sha, author, committer = string(value.get("commitId")), mapping(value.get("author")), mapping(value.get("committer"))
    subject, _, body = string(value.get("comment")).strip().partition("\n")
    stamp, url = committer.get("date") or author.get("date"), string(value.get("remoteUrl"))
    text = headed(f"Commit {sha[:7]}: {subject}", body.strip())
    yield make.event(stamp, text, f"commit:{sha}", where, raw, kind="change", rule="commit", salience=0, actor=string(author.get("name")), url=url)


SHAPES: dict[str, Callable[[Drafting, Mapping[str, Any], str, Any], Iterator[Item]]] = {
    "pull": _pull,
    "commit": _commit,
    "build": _build,
    "run": _run,
    "deployment": _deployment,
    "release": _release,
    "item": _item,
    "update": _update,
    "comment": _comment,
    "hook": _hook,
}

SOURCE = Source(
    name="azure_devops",
    label="Azure DevOps",
    detect=detect,
    read=read,
    docs="Azure DevOps: builds, runs, releases, deployments, pull requests, commits and work items with their updates as the REST API gives them, and service hooks "
    "(https://learn.microsoft.com/en-us/azure/devops/service-hooks/events).",
)
