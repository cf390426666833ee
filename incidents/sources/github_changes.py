"""Pure. What GitHub says was changed: deployments and their states, releases, workflow runs, checks, commits and pushes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item
from incidents.sources.builds import outcome, weight_of
from incidents.sources.drafting import Drafting
from incidents.sources.envelopes import inside
from incidents.sources.github_shapes import login, repository_of
from incidents.sources.markup import headed, plain_markdown
from incidents.sources.members import mapping, mappings, string

BRANCH = re.compile(r"^refs/(?:heads|tags)/")


def deployment(make: Drafting, found: Mapping[str, Any], where: str, raw: Any, sender: str = "") -> Iterator[Item]:
    number, environment = string(found.get("id")), string(found.get("environment")) or "an environment"
    text = headed(f"Deployment of {_version(found)} to {environment} was requested", plain_markdown(string(found.get("description"))))
    actor, repository = login(found.get("creator")) or sender, repository_of(found)
    yield make.event(
        found.get("created_at"), text, f"deployment:{number}:created", where, raw, kind="change", rule="deployment", actor=actor, url=_page(repository, found)
    )
    statuses = mappings(found.get("statuses")) or mappings([found.get("latest_status")])  # as GraphQL has them, newest first
    for index, each in enumerate(reversed(statuses)):
        yield from deployment_status(make, each, inside(where, f"statuses[{len(statuses) - 1 - index}]"), each, {**found, "id": number}, actor)


def deployment_status(make: Drafting, found: Mapping[str, Any], where: str, raw: Any, of: Mapping[str, Any], sender: str = "") -> Iterator[Item]:
    state = string(found.get("state")).lower()
    said, weight = outcome(state)
    number = string(of.get("id")) or string(found.get("deployment_url")).rstrip("/").rpartition("/")[2]
    stamp = found.get("created_at") or found.get("updated_at")
    environment = string(found.get("environment")) or string(of.get("environment")) or "an environment"
    what = f"Deployment of {_version(of)} to {environment}" if of.get("sha") or of.get("ref") else f"Deployment to {environment}"
    yield make.event(
        stamp,
        headed(f"{what} {said}", plain_markdown(string(found.get("description")))),
        f"deployment:{number}:{state}:{make.second(stamp)}",
        where,
        raw,
        kind="change",
        rule=f"deployment_status state {state}",
        salience=weight,
        actor=login(found.get("creator")) or sender,
        url=next((found[key] for key in ("log_url", "target_url", "environment_url") if found.get(key)), "") or _page(repository_of(of), of),
    )


def _version(found: Mapping[str, Any]) -> str:
    ref, sha = found.get("ref"), string(found.get("sha"))
    name = BRANCH.sub("", string(ref) or string(mapping(ref).get("name")))
    return f"{name} ({sha[:7]})" if name and sha and name != sha else name[:60] or sha[:7] or "a version"


def _page(repository: str, found: Mapping[str, Any]) -> str:
    link = string(found.get("html_url"))
    return link or (f"https://github.com/{repository}/deployments" if repository and "://api.github.com/" in string(found.get("url")) else "")


def release(make: Drafting, found: Mapping[str, Any], where: str, raw: Any, action: str = "", sender: str = "") -> Iterator[Item]:
    tag, name = string(found.get("tag_name")), string(found.get("name"))
    sort = (
        "Draft of release"
        if found.get("draft") or found.get("is_draft")
        else "Pre-release"
        if found.get("prerelease") or found.get("is_prerelease")
        else "Release"
    )
    head = f"{sort} {tag}" + (f" ({name})" if name and name != tag else "") + (" is a draft" if sort.startswith("Draft") else " was published")
    yield make.event(
        found.get("published_at") or found.get("created_at"),
        headed(head, plain_markdown(string(found.get("body")))),
        f"release:{repository_of(found)}@{tag}",
        where,
        raw,
        kind="change",
        rule=f"release {action or 'published'}",
        salience=0 if sort.startswith("Draft") else 1,
        actor=login(found.get("author")) or login(found.get("user")) or sender,
        url=found.get("html_url"),
        revised={"edited": "edited", "deleted": "deleted", "unpublished": "deleted"}.get(action, ""),
    )


def run(make: Drafting, found: Mapping[str, Any], where: str, raw: Any, sender: str = "") -> Iterator[Item]:
    """A workflow run: when it started, and when it ended where it has."""
    status, ended = string(found.get("status")).lower(), string(found.get("conclusion")).lower()
    title = string(found.get("display_title")) or string(mapping(found.get("head_commit")).get("message")).partition("\n")[0]
    name = string(found.get("name")) or string(found.get("workflow_name")) or string(found.get("path")).rpartition("/")[2] or "workflow"
    name = string(found.get("workflow_name")) or name
    number = string(found.get("run_number")) or string(found.get("number"))
    what = f"Workflow “{name}”" + (f" #{number}" if number else "")
    on = ", ".join(filter(None, (string(found.get("head_branch")), string(found.get("event")).replace("_", " "))))
    named = f"{name} {string(found.get('event'))}"
    key = f"run:{string(found.get('id'))}:{string(found.get('run_attempt')) or string(found.get('attempt')) or 1}"
    actor = login(found.get("triggering_actor")) or login(found.get("actor")) or sender
    tail = (f" on {on}" if on else "") + (f": {title}" if title and title != name else "")
    start = found.get("started_at") or found.get("run_started_at") or found.get("created_at")
    yield make.event(
        start,
        f"{what} started{tail}",
        f"{key}:started",
        where,
        raw,
        kind="change",
        rule="workflow run",
        salience=weight_of("started", named),
        actor=actor,
        url=found.get("html_url"),
    )
    if ended or status == "completed":
        ended = ended or "completed"
        yield make.event(
            found.get("updated_at"),
            f"{what} {outcome(ended)[0]}{tail}",
            f"{key}:completed",
            where,
            raw,
            kind="change",
            rule=f"workflow run conclusion {ended}",
            salience=weight_of(ended, named),
            actor=actor,
            url=found.get("html_url"),
        )


def check(make: Drafting, found: Mapping[str, Any], where: str, raw: Any, noun: str = "check") -> Iterator[Item]:
    """A check run, check suite or job of a workflow: its end, or its start while it runs."""
    state = string(found.get("conclusion")) or string(found.get("status"))
    said, weight = outcome(state)
    app = login(found.get("app")) or login(found.get("actor"))
    name = string(found.get("name")) or app or "checks"
    branch, sha = string(found.get("head_branch")), string(found.get("head_sha"))[:7]
    ended = found.get("completed_at") or (found.get("updated_at") if found.get("conclusion") else None)
    start = found.get("started_at") or found.get("created_at")
    yield make.event(
        ended or start,
        f"{'Job' if noun == 'job' else 'Check'} “{name}” {said} on {' '.join(filter(None, (branch, sha))) or 'a commit'}",
        f"{noun}:{string(found.get('id'))}:{state}",
        where,
        raw,
        kind="change",
        rule=f"{noun} {state}",
        salience=max(0, weight - 1),
        actor=app,
        url=found.get("html_url") or found.get("details_url"),
    )


def status(make: Drafting, found: Mapping[str, Any], where: str, raw: Any, sender: str = "") -> Iterator[Item]:
    state = string(found.get("state")).lower()
    said, weight = outcome(state)
    sha = string(found.get("sha"))[:7]
    yield make.event(
        found.get("created_at"),
        headed(f"Commit status “{string(found.get('context'))}” {said}" + (f" on {sha}" if sha else ""), string(found.get("description"))),
        f"status:{string(found.get('id'))}",
        where,
        raw,
        kind="change",
        rule=f"commit status {state}",
        salience=max(0, weight - 1),
        actor=login(found.get("creator")) or sender,
        url=found.get("target_url"),
    )


def commit(make: Drafting, found: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
    """A commit as the API or a timeline lists it: at the time it was committed, which a rebase or a merge makes later than the author's."""
    inner = mapping(found.get("commit")) or found
    who, by = mapping(inner.get("author")) or mapping(inner.get("user")), mapping(inner.get("committer"))
    sha, message = string(found.get("sha")), string(inner.get("message")).strip()
    yield make.event(
        by.get("date") or who.get("date"),
        headed(f"Commit {sha[:7]}: {message.partition(chr(10))[0]}", message.partition("\n")[2].strip()),
        f"commit:{sha}",
        where,
        raw,
        kind="change",
        rule="commit",
        salience=0,
        actor=login(found.get("author")) or login(who),
        url=found.get("html_url"),
    )


def push(make: Drafting, body: Mapping[str, Any], where: str, raw: Any, stamp: object, sender: str) -> Iterator[Item]:
    """A push; its time is when the repository got it, else that of its last commit."""
    ref, commits = string(body.get("ref")), mappings(body.get("commits"))
    repository = mapping(body.get("repository"))
    name, sort = BRANCH.sub("", ref), "tag" if ref.startswith("refs/tags/") or body.get("ref_type") == "tag" else "branch"
    count = body.get("size") if isinstance(body.get("size"), int) else len(commits)
    subjects = "; ".join(filter(None, (string(each.get("message")).partition("\n")[0] for each in commits[-10:])))
    if body.get("ref_type") is not None:
        head = f"{sort.capitalize()} {name} was {'created' if 'master_branch' in body else 'deleted'}"
    elif body.get("deleted"):
        head = f"{sort.capitalize()} {name} was deleted"
    elif sort == "tag" or (body.get("created") and not commits):
        head = f"{sort.capitalize()} {name} was created"
    else:
        head = f"Pushed {count} commit{'' if count == 1 else 's'} to {name}" + (" by force" if body.get("forced") else "")
    head += f" of {where_to}" if (where_to := string(repository.get("full_name"))) else ""
    last = mapping(body.get("head_commit")) or (commits[-1] if commits else {})
    moment = stamp or repository.get("pushed_at") or last.get("timestamp")
    after = string(body.get("after")) or string(body.get("head"))
    yield make.event(
        moment,
        f"{head}: {subjects}" if subjects else head,
        f"push:{where_to}:{ref}:{after or make.second(moment)}",
        where,
        raw,
        kind="change",
        rule="push",
        salience=1 if name == string(repository.get("default_branch") or repository.get("master_branch") or "main") or sort == "tag" else 0,
        actor=sender or login(body.get("pusher")),
        url=body.get("compare") or last.get("url"),
    )
