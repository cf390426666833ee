"""Pure. What GitLab says was changed: deployments, pipelines, jobs, releases, commits and pushes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item
from incidents.sources.builds import outcome, weight_of
from incidents.sources.drafting import Drafting
from incidents.sources.drafts import Rejected
from incidents.sources.gitlab_shapes import project_of, who
from incidents.sources.markup import headed, plain_markdown
from incidents.sources.members import mapping, mappings, string

REF = re.compile(r"^refs/(?:heads|tags)/")
REQUEST = re.compile(r"^refs/merge-requests/(\d+)/\w+$")
ENDED = {"success", "failed", "canceled", "skipped"}
MAIN = {"main", "master", "production", "stable"}


def deployment(make: Drafting, found: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    """A deployment of the API: when it was created, and when it ended."""
    number, status = string(found.get("id")).rpartition("/")[2], string(found.get("status"))
    environment = mapping(found.get("environment"))
    what = _deployed(string(found.get("ref")), string(found.get("sha"))[:8], string(environment.get("name")))
    job = mapping(found.get("deployable"))
    actor, url = who(found.get("user")), string(found.get("web_url")) or string(job.get("web_url")) or string(environment.get("external_url"))
    yield make.event(
        found.get("created_at"), f"{what} was created", f"deployment:{number}:created", where, raw, kind="change", rule="deployment", actor=actor, url=url
    )
    if status and status != "created":
        commit = string(mapping(job.get("commit")).get("title"))
        stamp = found.get("finished_at") or (found.get("updated_at") if status in ENDED else job.get("started_at") or found.get("updated_at"))
        yield _deployment_status(make, stamp, what, status, number, commit, where, raw, actor, url)


def deployment_hook(make: Drafting, body: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    what = _deployed(string(body.get("ref")), string(body.get("short_sha")), string(body.get("environment")))
    status, number, approval = string(body.get("status")), string(body.get("deployment_id")), mapping(body.get("approval"))
    url = body.get("deployable_url") or body.get("environment_external_url")
    said, actor = string(approval.get("comment")) or string(body.get("commit_title")), who(body.get("approver")) or who(body.get("user"))
    yield _deployment_status(make, body.get("status_changed_at"), what, status, number, said, where, raw, actor, url, string(approval.get("id")))


def _deployed(ref: str, sha: str, environment: str) -> str:
    version = f"{ref} ({sha})" if ref and sha else ref or sha or "a version"
    return f"Deployment of {version} to {environment or 'an environment'}"


def _deployment_status(
    make: Drafting, stamp: object, what: str, status: str, number: str, more: str, where: str, raw: Any, actor: str, url: object, approval: str = ""
) -> Item:
    said, weight = outcome(status)
    key, rule = f"deployment:{number}:{status}" + (f":{approval}" if approval else ""), f"deployment status {status}"
    return make.event(stamp, headed(f"{what} {said}", more), key, where, raw, kind="change", rule=rule, salience=weight, actor=actor, url=url)


def pipeline(make: Drafting, found: Mapping[str, Any], where: str, raw: Any, user: object = None, commit: object = None) -> Iterator[Item]:
    """A pipeline: when it started, and when it ended where it has."""
    number, status, ref = string(found.get("id")), string(found.get("status")), string(found.get("ref"))
    source = string(found.get("source")).replace("_", " ")
    name = string(found.get("name"))
    what = " ".join(filter(None, (f"Pipeline #{number}", f"“{name}”" if name else "")))
    branch = REQUEST.sub(r"merge request !\1", REF.sub("", ref))
    tail = f" on {branch}" + (f" ({source})" if source else "")
    tail += f": {title}" if (title := string(mapping(commit).get("title")) or string(mapping(commit).get("message")).partition("\n")[0]) else ""
    weight = f"{name} {ref} {'production' if ref in MAIN or found.get('tag') else ''}"
    actor, url = who(found.get("user") or user), found.get("web_url") or found.get("url")
    start = found.get("started_at") or found.get("created_at")
    if start:
        yield make.event(
            start, f"{what} started{tail}", f"pipeline:{number}:started", where, raw, kind="change", rule="pipeline", salience=0, actor=actor, url=url
        )
    if status in ENDED:
        yield make.event(
            found.get("finished_at") or found.get("updated_at") or found.get("created_at"),
            f"{what} {outcome(status)[0]}{tail}",
            f"pipeline:{number}:{status}",
            where,
            raw,
            kind="change",
            rule=f"pipeline status {status}",
            salience=weight_of(status, weight),
            actor=actor,
            url=url,
        )


def job(make: Drafting, found: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    """A job of the API or of a webhook, where the same fields begin with "build_"."""
    get = {
        key: found.get(f"build_{key}") or found.get(key)
        for key in ("id", "name", "stage", "status", "created_at", "started_at", "finished_at", "failure_reason")
    }
    status, name = string(get["status"]), string(get["name"])
    reason = string(get["failure_reason"]).replace("_", " ")
    text = f"Job “{name}” of stage {string(get['stage'])} {outcome(status)[0]} on {REF.sub('', string(found.get('ref')))}"
    text += f": {reason}" if reason and reason != "unknown failure" and status == "failed" else ""
    stamp = get["finished_at"] or get["started_at"] or get["created_at"]
    yield make.event(
        stamp,
        text,
        f"job:{string(get['id'])}:{status}",
        where,
        raw,
        kind="change",
        rule=f"job status {status}",
        salience=weight_of(status, f"{name} {string(get['stage'])}"),
        actor=who(found.get("user")),
        url=found.get("web_url"),
    )


def release(make: Drafting, found: Mapping[str, Any], where: str, raw: Any, action: str = "") -> Iterator[Item]:
    tag, name = string(found.get("tag_name")) or string(found.get("tag")), string(found.get("name"))
    yield make.event(
        found.get("released_at") or found.get("created_at"),
        headed(f"Release {tag}" + (f" ({name})" if name and name != tag else "") + " was published", plain_markdown(string(found.get("description")))),
        f"release:{project_of(found)}@{tag}",
        where,
        raw,
        kind="change",
        rule="release",
        actor=who(found.get("author")),
        url=found.get("url") or mapping(found.get("_links")).get("self"),
        revised={"update": "edited", "delete": "deleted"}.get(action, ""),
    )


def commit(make: Drafting, found: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    message, title = string(found.get("message")), string(found.get("title"))
    yield make.event(
        found.get("committed_date") or found.get("created_at"),
        headed(f"Commit {string(found.get('short_id'))}: {title}", message.removeprefix(title).strip()),
        f"commit:{string(found.get('id'))}",
        where,
        raw,
        kind="change",
        rule="commit",
        salience=0,
        actor=found.get("author_name"),
        url=found.get("web_url"),
    )


def push(make: Drafting, body: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    """A push or a tag. GitLab does not say when it came: the time is that of its last commit."""
    ref, commits, project = string(body.get("ref")), mappings(body.get("commits")), mapping(body.get("project"))
    name, sort = REF.sub("", ref), "Tag" if ref.startswith("refs/tags/") else "Branch"
    if not commits:
        gone = string(body.get("after")).strip("0") == ""
        text = f"{sort} {name} was {'deleted' if gone else 'created'}"
        if make.options.received is None:
            yield Rejected(where, f"{text}, but GitLab states no time for it. Enter it by hand if it matters.")
        else:
            key = f"push:{string(project.get('path_with_namespace'))}:{ref}:{string(body.get('before'))}:{string(body.get('after'))}"
            who = string(body.get("user_name")) or string(body.get("user_username"))
            yield make.event(None, text, key, where, raw, kind="change", rule="push, when it was received", salience=1 if sort == "Tag" else 0, actor=who)
        return
    count = body.get("total_commits_count") if isinstance(body.get("total_commits_count"), int) else len(commits)
    subjects = "; ".join(filter(None, (string(each.get("title")) or string(each.get("message")).partition("\n")[0] for each in commits[-10:])))
    path = string(project.get("path_with_namespace"))
    yield make.event(
        commits[-1].get("timestamp"),
        f"{'Tagged ' + name + ' with' if sort == 'Tag' else 'Pushed'} {count} commit{'' if count == 1 else 's'}{'' if sort == 'Tag' else ' to ' + name}"
        + (f" of {path}" if path else "")
        + (f": {subjects}" if subjects else ""),
        f"push:{path}:{ref}:{string(body.get('after'))}",
        where,
        raw,
        kind="change",
        rule="push: time of its last commit",
        salience=1 if sort == "Tag" or name == string(project.get("default_branch")) or name in MAIN else 0,
        actor=string(body.get("user_name")) or string(body.get("user_username")),
        url=commits[-1].get("url"),
    )
