"""Pure. Bitbucket Cloud: deployments, pipelines, pull requests, issues and commits of API 2.0, and webhooks.

https://developer.atlassian.com/cloud/bitbucket/rest/ and https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/ define what is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.builds import outcome, taking, weight_of
from incidents.sources.drafting import Drafting, labels_of
from incidents.sources.drafts import IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.envelopes import certainty, inside
from incidents.sources.markup import headed, plain_markdown
from incidents.sources.members import digest, mapping, mappings, string
from incidents.sources.reading import read_each

LISTS = ("values",)
TYPES = {"deployment", "pipeline", "pullrequest", "commit"}
HOOKS = ("push", "commit_status", "pullrequest", "issue")


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS)


def shape_of(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    repository, kind = mapping(value.get("repository")), string(value.get("type"))
    if (
        "full_name" in repository
        and ("uuid" in repository or repository.get("type") == "repository" or value.keys() & {"push", "commit_status", "pullrequest"})
        and any(isinstance(value.get(each), dict) for each in HOOKS)
    ):
        return "hook"
    if isinstance(value.get("eventKey"), str) and value["eventKey"].startswith(("pr:", "repo:")) and "date" in value and "actor" in value:
        return "server"
    if "createdDate" in value and "fromRef" in value and "toRef" in value:
        return "server_pull"
    if "createdDate" in value and string(value.get("action")).isupper() and isinstance(value.get("user"), dict):
        return "server_activity"
    if kind in TYPES and any(key in value for key in ("uuid", "created_on", "links", "hash")):
        return kind
    if kind == "issue" and "created_on" in value and ("kind" in value or "reporter" in value):
        return "issue"
    if kind in ("pullrequest_comment", "issue_comment") or ("content" in value and "created_on" in value and "raw" in mapping(value.get("content"))):
        return "comment"
    return ""


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    make = Drafting(options)

    def items(value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        yield from SHAPES[shape_of(value)](make, value, where, raw)

    yield from read_each(payload, LISTS, shape_of, items, "Bitbucket")
    if not make.order:
        raise SourceError("There is nothing in this file that Bitbucket dates: no deployment, pipeline, pull request, issue or commit.")


def _deployment(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    state, release = mapping(value.get("state")), mapping(value.get("release"))
    status = mapping(state.get("status"))
    name = string(status.get("name")) or string(state.get("name"))
    commit = string(mapping(release.get("commit")).get("hash"))[:7]
    environment = mapping(value.get("environment"))
    what = f"Deployment {string(release.get('name'))} ({commit or 'no commit'}) to {string(environment.get('name')) or string(environment.get('slug')) or 'an environment'}"
    key, url = f"deployment:{string(value.get('uuid'))}", state.get("url") or release.get("url")
    start, end = state.get("started_on"), state.get("completed_on")
    if start:
        yield make.event(start, f"{what} started", f"{key}:started", where, raw, kind="change", rule="deployment started_on", url=url)
    if name == "IN_PROGRESS" and start:
        return
    said, weight = outcome(name)
    stamp = end or value.get("last_update_time") or (None if start else release.get("created_on"))
    said = "was created" if not start and not end and name in ("UNDEPLOYED", "PENDING") else said  # all that is known is when its release was
    yield make.event(stamp, f"{what} {said}", f"{key}:{name}", where, raw, kind="change", rule=f"deployment state {name}", salience=weight, url=url)


def _pipeline(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    state, target = mapping(value.get("state")), mapping(value.get("target"))
    result = string(mapping(state.get("result")).get("name")) or (string(state.get("name")) if value.get("completed_on") else "")
    name = f"{string(mapping(value.get('repository')).get('full_name'))} {string(mapping(target.get('selector')).get('pattern'))}".strip()
    branch = string(target.get("ref_name"))
    what = f"Pipeline #{string(value.get('build_number'))}" + (f" of {name}" if name else "")
    on, weight = f" on {branch}" if branch else "", f"{name} {branch} {'production' if branch in ('main', 'master') else ''}"
    actor, key = string(mapping(value.get("creator")).get("display_name")), f"pipeline:{string(value.get('uuid'))}"
    url = string(mapping(mapping(value.get("links")).get("html")).get("href"))
    yield make.event(
        value.get("created_on"), f"{what} started{on}", f"{key}:started", where, raw, kind="change", rule="pipeline", salience=0, actor=actor, url=url
    )
    if result and value.get("completed_on"):
        seconds = value.get("duration_in_seconds")
        took = taking(seconds) if isinstance(seconds, int) and 0 <= seconds < 10**9 else ""
        salience, rule = weight_of(result, weight), f"pipeline result {result}"
        text = f"{what} {outcome(result)[0]}{on}{took}"
        yield make.event(value["completed_on"], text, f"{key}:{result}", where, raw, kind="change", rule=rule, salience=salience, actor=actor, url=url)


def _pull_request(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    what = f"pull request #{string(value.get('id'))}: {string(value.get('title'))}"
    url, state = _link(value), string(value.get("state")).upper()
    key = f"pullrequest:{url or string(value.get('id'))}"
    body = plain_markdown(string(value.get("description")) or string(mapping(value.get("summary")).get("raw")))
    author = _who(value.get("author"))
    yield make.event(
        value.get("created_on"),
        headed(f"Opened {what}", body),
        f"{key}:opened",
        where,
        raw,
        kind="change",
        rule="created_on",
        salience=0,
        actor=author,
        url=url,
    )
    if state in ("MERGED", "DECLINED", "SUPERSEDED"):
        merged, by = state == "MERGED", _who(value.get("closed_by"))
        stamp = value.get("closed_on") or value.get("updated_on")
        kind, weight = ("change", 1) if merged else ("status", 0)
        text = f"{state.capitalize()} {what}"
        yield make.event(stamp, text, f"{key}:{state}", where, raw, kind=kind, rule=f"state {state}", salience=weight, actor=by, url=url)


def _issue(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    """An issue states only when it was opened and when it last changed, not when its state did."""
    what = f"issue #{string(value.get('id'))}: {string(value.get('title'))}"
    url = _link(value)
    body = plain_markdown(string(mapping(value.get("content")).get("raw")))
    key, author = f"issue:{url or string(value.get('id'))}", _who(value.get("reporter"))
    yield make.event(
        value.get("created_on"), headed(f"Opened {what}", body), f"{key}:opened", where, raw, kind="status", rule="created_on", actor=author, url=url
    )


def _commit(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    message = string(value.get("message")).strip()
    author = mapping(value.get("author"))
    who = _who(author.get("user")) or string(author.get("raw")).partition(" <")[0]
    text = headed(f"Commit {string(value.get('hash'))[:7]}: {message.partition(chr(10))[0]}", message.partition("\n")[2].strip())
    key = f"commit:{string(value.get('hash'))}"
    yield make.event(value.get("date"), text, key, where, raw, kind="change", rule="commit", salience=0, actor=who, url=_link(value))


def _comment(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    text = plain_markdown(string(mapping(value.get("content")).get("raw")))
    if not text and value.get("deleted") is not True:
        return  # a change of the issue that says nothing
    edited = value.get("updated_on") and make.second(value["updated_on"]) != make.second(value.get("created_on"))
    revised = "deleted" if value.get("deleted") is True else "edited" if edited else ""
    parent, key = string(mapping(value.get("parent")).get("id")), f"comment:{string(value.get('id')) or digest(text)}"
    yield make.event(
        value.get("created_on"),
        text,
        key,
        where,
        raw,
        rule="comment",
        actor=_who(value.get("user")),
        url=_link(value),
        thread=f"comment:{parent}" if parent else "",
        revised=revised,
        spoken=True,
    )


def _hook(make: Drafting, body: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    repository, actor = string(mapping(body.get("repository")).get("full_name")), _who(body.get("actor"))
    found: Mapping[str, Any] = next(mapping(body.get(each)) for each in HOOKS if isinstance(body.get(each), dict))
    yield IncidentDraft(labels=labels_of([("repository", repository), ("state", string(found.get("state")))]))
    before = make.order
    if isinstance(body.get("push"), dict):
        for number, change in enumerate(mappings(found.get("changes"))):
            yield from _pushed(make, change, repository, inside(where, f"push.changes[{number}]"), change, actor)
    elif isinstance(body.get("commit_status"), dict):
        state, name = string(found.get("state")), string(found.get("name")) or string(found.get("key"))
        text = f"Build “{name}” of {repository} {outcome(state)[0]}" + (f" on {string(found.get('refname'))}" if found.get("refname") else "")
        stamp, key = found.get("updated_on") or found.get("created_on"), f"commit_status:{string(found.get('url')) or name}:{state}"
        rule, weight = f"commit_status {state}", weight_of(state, name)
        yield make.event(stamp, text, f"{key}:{make.second(stamp)}", where, raw, kind="change", rule=rule, salience=weight, actor=actor, url=found.get("url"))
    elif isinstance(body.get("comment"), dict):
        yield from _comment(make, mapping(body.get("comment")), where, raw)
    elif approval := mapping(body.get("approval")) or mapping(body.get("changes_request")):
        said = "Approved" if "approval" in body else "Asked for changes in"
        text, key = f"{said} pull request #{string(found.get('id'))}: {string(found.get('title'))}", f"review:{_link(found)}:{actor}:{approval.get('date')}"
        yield make.event(approval.get("date"), text, key, where, raw, kind="status", rule="approval", salience=0, actor=actor, url=_link(found))
    else:
        yield from (_pull_request if isinstance(body.get("pullrequest"), dict) else _issue)(make, found, where, raw)
    changed = mapping(body.get("changes"))
    status = mapping(changed.get("status")) or mapping(changed.get("state"))
    if status.get("new"):
        text = f"Status of issue #{string(found.get('id'))} changed from {string(status.get('old')) or 'none'} to {string(status['new'])}"
        stamp, key = found.get("updated_on"), f"issue:{_link(found)}:status:{string(status['new'])}"
        yield make.event(stamp, text, f"{key}:{make.second(stamp)}", where, raw, kind="status", rule="changes status", actor=actor, url=_link(found))
    if make.order == before:
        yield Rejected(where, "This webhook of Bitbucket states no time. Enter it by hand if it belongs on the timeline.")


def _pushed(make: Drafting, change: Mapping[str, Any], repository: str, where: str, raw: Any, actor: str) -> Iterator[Item]:
    new, old = mapping(change.get("new")), mapping(change.get("old"))
    name, sort = string(new.get("name")) or string(old.get("name")), string(new.get("type")) or string(old.get("type")) or "branch"
    target, commits = mapping(new.get("target")), mappings(change.get("commits"))
    if not new:
        gone = f"{sort.capitalize()} {name} of {repository} was deleted"
        if make.options.received is None:
            yield Rejected(where, f"{gone}, but Bitbucket states no time for it.")
        else:
            key = f"push:{repository}:{name}:deleted:{string(mapping(old.get('target')).get('hash'))}"
            yield make.event(None, gone, key, where, raw, kind="change", rule="push: deleted, when it was received", salience=0, actor=actor)
        return
    subjects = "; ".join(filter(None, (string(each.get("message")).partition("\n")[0] for each in reversed(commits[:10]))))
    subjects = subjects or string(target.get("message")).partition("\n")[0]
    count = f"{len(commits)}{' or more' if change.get('truncated') else ''} commit{'' if len(commits) == 1 else 's'}"
    head = f"{sort.capitalize()} {name} of {repository} was created" if change.get("created") else f"Pushed {count} to {name} of {repository}"
    head += " by force" if change.get("forced") else ""
    stamp = new.get("date") if sort == "tag" and new.get("date") else target.get("date")
    key, weight = f"push:{repository}:{name}:{string(target.get('hash'))}", 1 if name in ("main", "master") or sort == "tag" else 0
    rule, text = "push: time of its last commit", f"{head}: {subjects}" if subjects else head
    yield make.event(stamp, text, key, where, raw, kind="change", rule=rule, salience=weight, actor=actor, url=_link(change) or _link(new))


def _server(make: Drafting, body: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    """A webhook of Bitbucket Server or Data Center: "pr:merged", "repo:refs_changed"; its date is that of the event."""
    event, stamp, actor = string(body.get("eventKey")), body.get("date"), _who(body.get("actor"))
    request = mapping(body.get("pullRequest"))
    target = mapping(mapping(request.get("toRef")).get("repository")) or mapping(body.get("repository"))
    repository = "/".join(filter(None, (string(mapping(target.get("project")).get("key")), string(target.get("slug")))))
    yield IncidentDraft(labels=labels_of([("repository", repository), ("event", event), ("state", string(request.get("state")))]))
    if event == "repo:refs_changed":
        for number, change in enumerate(mappings(body.get("changes"))):
            name, sort = string(mapping(change.get("ref")).get("displayId")), string(change.get("type"))
            done = {"ADD": "created", "DELETE": "deleted", "UPDATE": "pushed"}.get(sort, sort.lower())
            commit = "" if sort == "DELETE" else f" ({string(change.get('toHash'))[:7]})"
            weight = 1 if name in ("main", "master") or string(mapping(change.get("ref")).get("type")) == "TAG" else 0
            key, at = f"push:{repository}:{name}:{string(change.get('toHash'))}", inside(where, f"changes[{number}]")
            text = f"{string(mapping(change.get('ref')).get('type')).capitalize() or 'Ref'} {name} of {repository} was {done}{commit}"
            yield make.event(stamp, text, key, at, change, kind="change", rule=event, salience=weight, actor=actor)
        return
    comment = mapping(body.get("comment"))
    what = f"pull request #{string(request.get('id'))}: {string(request.get('title'))}" if request else repository
    done = event.partition(":")[2].replace("_", " ").replace(":", " ").capitalize()
    if comment:
        text, key = plain_markdown(string(comment.get("text"))), f"comment:{string(comment.get('id'))}"
        revised = "deleted" if event.endswith("deleted") else "edited" if event.endswith("edited") else ""
        yield make.event(comment.get("createdDate") or stamp, text, key, where, raw, rule="comment", actor=actor, revised=revised, spoken=True)
        return
    kind, weight = ("change", 1) if event == "pr:merged" else ("change", 0) if event == "pr:opened" else ("status", 0)
    key = f"pullrequest:{repository}:{string(request.get('id'))}:{event}:{make.second(stamp)}"
    yield make.event(stamp, f"{done} {what}", key, where, raw, kind=kind, rule=f"eventKey {event}", salience=weight, actor=actor, url=_own_link(request))


def _server_pull(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    target = mapping(mapping(value.get("toRef")).get("repository"))
    repository = "/".join(filter(None, (string(mapping(target.get("project")).get("key")), string(target.get("slug")))))
    what, key = f"pull request #{string(value.get('id'))}: {string(value.get('title'))}", f"pullrequest:{repository}:{string(value.get('id'))}"
    author, state, url = _who(mapping(value.get("author")).get("user")), string(value.get("state")).upper(), _own_link(value)
    opened = headed(f"Opened {what}", plain_markdown(string(value.get("description"))))
    yield make.event(value.get("createdDate"), opened, f"{key}:opened", where, raw, kind="change", rule="createdDate", salience=0, actor=author, url=url)
    if state in ("MERGED", "DECLINED") and (closed := value.get("closedDate") or value.get("updatedDate")):
        kind, weight = ("change", 1) if state == "MERGED" else ("status", 0)
        yield make.event(closed, f"{state.capitalize()} {what}", f"{key}:{state}", where, raw, kind=kind, rule=f"state {state}", salience=weight, url=url)


def _server_activity(make: Drafting, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    action, comment, actor = string(value.get("action")), mapping(value.get("comment")), _who(value.get("user"))
    text = plain_markdown(string(comment.get("text"))) if comment else f"Pull request {action.lower().replace('_', ' ')}"
    key = f"comment:{string(comment.get('id'))}" if comment else f"activity:{string(value.get('id'))}"
    kind, weight = ("message", 1) if comment else ("change", 1) if action == "MERGED" else ("status", 0)
    stamp = comment.get("createdDate") or value.get("createdDate")
    yield make.event(stamp, text, key, where, raw, kind=kind, rule=f"action {action}", salience=weight, actor=actor, spoken=bool(comment))


def _own_link(value: Mapping[str, Any]) -> str:
    return next((string(link["href"]) for link in mappings(mapping(value.get("links")).get("self")) if string(link.get("href"))), "")


def _who(value: Any) -> str:
    found = mapping(value)
    return (
        string(found.get("display_name"))
        or string(found.get("displayName"))
        or string(found.get("name"))
        or string(found.get("nickname"))
        or string(found.get("username"))
    )


def _link(value: Mapping[str, Any]) -> str:
    return string(mapping(mapping(value.get("links")).get("html")).get("href"))


SHAPES: dict[str, Callable[[Drafting, Mapping[str, Any], str, Any], Iterator[Item]]] = {
    "deployment": _deployment,
    "pipeline": _pipeline,
    "pullrequest": _pull_request,
    "issue": _issue,
    "commit": _commit,
    "comment": _comment,
    "hook": _hook,
    "server": _server,
    "server_pull": _server_pull,
    "server_activity": _server_activity,
}

SOURCE = Source(
    name="bitbucket",
    label="Bitbucket",
    detect=detect,
    read=read,
    docs="Bitbucket Cloud: deployments, pipelines, pull requests, issues, comments and commits of API 2.0, and webhooks; webhooks of Bitbucket Server and Data Center "
    "(https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/).",
)
