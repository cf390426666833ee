"""Pure. GitHub: issues and pull requests with comments and events, deployments, releases, workflow runs, commits; webhooks; output of `gh`.

https://docs.github.com/en/rest and https://docs.github.com/en/webhooks/webhook-events-and-payloads define what is read.
An issue's events are keyed by repository, number and second, so that the issue, its timeline and its webhooks give one event each.
Closing an issue is a change of its status. Only where the issue's type says that it is an incident, and it was not closed as
not planned or as a duplicate, does closing it state that the incident is resolved. Opening one states no detection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from incidents.sources import github_changes as changes
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import Drafting, labels_of
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.envelopes import certainty, inside
from incidents.sources.github_events import detail_of, said_of
from incidents.sources.github_others import other
from incidents.sources.github_shapes import ACTIONLESS, NOUNS, Subject, as_incident, login, normalised, repository_of, shape_of, subject_of
from incidents.sources.markup import headed, plain_markdown
from incidents.sources.members import mapping, mappings, string
from incidents.sources.reading import read_each

LISTS = ("items", "workflow_runs", "jobs", "check_runs", "check_suites", "statuses", "nodes", "deployments", "releases", "issues", "events", "deliveries")
STAMPS = {"opened": "created_at", "closed": "closed_at", "merged": "merged_at"}  # the others carry only when the issue last changed
NOT_SOLVED = {"not_planned", "duplicate"}
ONES: dict[str, Callable[..., Iterator[Item]]] = {
    "deployment": changes.deployment,
    "release": changes.release,
    "run": changes.run,
    "status": changes.status,
    "commit": changes.commit,
}
GATE = ("approver", "requestor", "workflow_job_run", "workflow_job_runs")  # of a deployment that needs somebody's word
TYPES = {
    "IssuesEvent",
    "IssueCommentEvent",
    "PullRequestEvent",
    "PullRequestReviewEvent",
    "PullRequestReviewCommentEvent",
    "ReleaseEvent",
    "CommitCommentEvent",
}


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS, sure=94)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    reader = _Reader(options)
    yield from read_each(payload, LISTS, shape_of, reader.read, "GitHub")
    if not reader.make.order:
        raise SourceError(reader.reason or "There is nothing in this file that GitHub dates: no issue, comment, event, deployment, release, run or commit.")


class _Reader:
    """Turns GitHub's objects into drafts."""

    def __init__(self, options: ReadOptions) -> None:
        self.make = Drafting(options)
        self.told: set[str] = set()  # what an issue, its timeline and a webhook all say
        self.about = ""
        self.alone: Subject | None = None  # the only issue so far: a timeline does not name the one it belongs to
        self.reason = ""

    def read(self, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        for item in self._items(shape_of(value), normalised(value), where, raw):
            if isinstance(item, EventDraft) and item.key.rpartition("#")[2].partition(":")[2].startswith(("opened", "closed", "merged")):
                if item.key in self.told and not item.revised:
                    continue
                self.told.add(item.key)
            elif isinstance(item, Rejected):
                self.reason = item.reason
            yield item

    def _items(self, shape: str, found: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        if shape == "webhook":
            yield from self._webhook(found, where, raw)
        elif shape == "activity":
            yield from self._activity(found, where, raw)
        elif shape == "issue":
            yield from self._issue(found, where, raw)
        elif shape == "comment":
            yield self._comment(found, subject_of(found), where, raw)
        elif shape == "review":
            yield self._review(found, subject_of(found), where, raw)
        elif shape == "event":
            yield from self._timeline(found, where, raw)
        elif shape in ("job", "check"):
            yield from changes.check(self.make, found, where, raw, shape)
        elif shape == "deployment_status":
            yield from changes.deployment_status(self.make, found, where, raw, {})
        else:
            yield from ONES[shape](self.make, found, where, raw)

    def _incident(self, issue: Mapping[str, Any], subject: Subject) -> Iterator[Item]:
        """Say once what the payload is about: the first issue in it."""
        if not self.about and subject.name:
            self.about = subject.name
            yield as_incident(issue, subject)

    def _issue(self, issue: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        subject = subject_of(issue)
        yield from self._incident(issue, subject)
        self.alone = subject if self.alone is None or self.alone.name == subject.name else Subject()
        yield self._opened(issue, subject, where, raw)
        for list_name, one in (("comments", self._comment), ("reviews", self._review)):
            for number, each in enumerate(mappings(issue.get(list_name))):
                yield one(each, subject, inside(where, f"{list_name}[{number}]"), each)
        for number, each in enumerate(mappings(issue.get("timeline_items"))):
            at = inside(where, f"timeline_items[{number}]")
            if string(each.get("__typename")) == "IssueComment":
                yield self._comment(each, subject, at, each)
            else:
                yield from self._timeline(each, at, each)
        merged = issue.get("merged_at") or mapping(issue.get("pull_request")).get("merged_at")
        if merged:
            yield self._event({"event": "merged", "created_at": merged, "actor": issue.get("merged_by")}, subject, where, raw)
        elif issue.get("closed_at"):
            reason = {"state_reason": issue.get("state_reason")}
            yield self._event({"event": "closed", "created_at": issue["closed_at"], "actor": issue.get("closed_by"), **reason}, subject, where, raw)

    def _opened(self, issue: Mapping[str, Any], subject: Subject, where: str, raw: Any, revised: str = "") -> Item:
        return self.make.event(
            issue.get("created_at"),
            headed(f"Opened {subject.spoken()}", plain_markdown(string(issue.get("body")))),
            f"{subject.name}:opened",
            where,
            raw,
            kind="change" if subject.pull else "status",
            rule="pull request created_at" if subject.pull else "issue created_at",
            salience=0 if subject.pull else 1,
            actor=login(issue.get("user")),
            url=subject.url,
            revised=revised,
        )

    def _comment(self, comment: Mapping[str, Any], subject: Subject, where: str, raw: Any, revised: str = "") -> Item:
        link = string(comment.get("html_url")) or string(comment.get("url"))
        # GraphQL and gh give another id than REST; the address has the same number in all of them.
        number = link.rpartition("#")[2].lstrip("abcdefghijklmnopqrstuvwxyz_-") if "#" in link else string(comment.get("id"))
        answers = string(comment.get("in_reply_to_id"))
        edited = comment.get("includes_created_edit") or (comment.get("updated_at") and comment.get("updated_at") != comment.get("created_at"))
        return self.make.event(
            comment.get("created_at"),
            plain_markdown(string(comment.get("body"))),
            f"comment:{number}",
            where,
            raw,
            rule="issue comment",
            actor=login(comment.get("user")) or login(comment.get("actor")),
            url=link if "://api." not in link else subject.url,
            thread=f"comment:{answers}" if answers else "",
            revised=revised or ("edited" if edited else ""),
            spoken=True,
        )

    def _review(self, review: Mapping[str, Any], subject: Subject, where: str, raw: Any) -> Item:
        state = {"approved": "Approved", "changes_requested": "Asked for changes in", "dismissed": "Dismissed a review of"}
        said = state.get(string(review.get("state")).lower(), "Commented on")
        return self.make.event(
            review.get("submitted_at") or review.get("created_at"),
            headed(f"{said} {subject.spoken()}", plain_markdown(string(review.get("body")))),
            f"review:{string(review.get('id'))}",
            where,
            raw,
            rule="review state",
            salience=0,
            actor=login(review.get("user")),
            url=review.get("html_url"),
        )

    def _timeline(self, event: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        """An element of an issue's timeline or of its events."""
        name = string(event.get("event"))
        named = subject_of(mapping(event.get("issue")) or event)
        subject = named if named.name else replace(self.alone or Subject(), title="")
        if name == "commented":
            yield self._comment(event, subject, where, raw)
        elif name == "reviewed":
            yield self._review(event, subject, where, raw)
        elif name == "committed":
            yield from changes.commit(self.make, event, where, raw)
        else:
            yield self._event(event, subject, where, raw)

    def _event(self, event: Mapping[str, Any], subject: Subject, where: str, raw: Any) -> Item:
        name, said = said_of(event, subject)
        stamp = event.get("created_at")
        solved = name == "closed" and subject.incident and string(event.get("state_reason")).lower() not in NOT_SOLVED
        detail = detail_of(event)
        return self.make.event(
            stamp,
            said.text,
            f"{subject.name}:{name}:{detail + ':' if detail else ''}{self.make.second(stamp)}" if subject.name else f"event:{string(event.get('id')) or name}",
            where,
            raw,
            kind="resolution" if solved else said.kind,
            rule="closed an issue of type incident" if solved else f"issue event {name}",
            salience=2 if solved else said.salience,
            actor=login(event.get("assigner")) or login(event.get("actor")) or login(event.get("user")),  # who was assigned is the actor there
            url=subject.url,
            milestone="resolved" if solved else "",
        )

    def _activity(self, activity: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        """An element of the Events API or of an archive of it: a webhook's body with what happened named outside."""
        name, repository = string(activity["type"]), {"full_name": string(mapping(activity.get("repo")).get("name"))}
        body = {**mapping(activity.get("payload")), "repository": repository, "sender": activity.get("actor")}
        if name in ("PushEvent", "CreateEvent", "DeleteEvent"):
            who = login(activity.get("actor"))
            yield from changes.push(self.make, body, where, raw, activity.get("created_at"), who)
        elif name in TYPES:
            for noun in ("comment", "review", "release"):
                if isinstance(body.get(noun), dict):  # older ones lack what stands outside
                    body[noun] = {"created_at": activity.get("created_at"), "user": activity.get("actor"), **body[noun]}
            yield from self._webhook(body, where, raw)
        else:
            said = " ".join(filter(None, (name.removesuffix("Event"), string(body.get("action")), repository["full_name"])))
            key, who = f"activity:{string(activity.get('id'))}", login(activity.get("actor"))
            yield self.make.event(activity.get("created_at"), said, key, where, raw, rule=f"event type {name}", salience=0, actor=who)

    def _webhook(self, body: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        action, sender = string(body.get("action")), login(body.get("sender"))
        noun, shape = next(((noun, shape) for noun, shape in NOUNS if isinstance(body.get(noun), dict)), ("", ""))
        found = mapping(body.get(noun))
        issue = mapping(body.get("issue")) or mapping(body.get("pull_request"))
        subject = subject_of(issue) if issue else Subject()
        if issue:
            yield from self._incident(issue, subject)
        elif not self.about:
            self.about = "changes"
            yield _labels(body, noun, found)
        if any(key in body for key in GATE):
            yield self._gate(action, body, where, raw, sender)
        elif shape == "issue":
            yield from self._changed(action, body, issue, subject, where, raw)
        elif shape == "comment":
            yield self._comment(found, subject, where, raw, {"edited": "edited", "deleted": "deleted"}.get(action, ""))
        elif shape == "review":
            yield self._review(found, subject, where, raw)
        elif shape == "deployment_status":
            yield from changes.deployment_status(self.make, found, where, raw, mapping(body.get("deployment")), sender)
        elif shape == "deployment":
            yield from changes.deployment(self.make, found, where, raw, sender)
        elif shape == "release":
            yield from changes.release(self.make, found, where, raw, action, sender)
        elif shape == "run":
            yield from changes.run(self.make, found, where, raw, sender)
        elif shape in ("job", "check"):
            yield from changes.check(self.make, found, where, raw, shape)
        elif "context" in body and "state" in body:
            yield from changes.status(self.make, body, where, raw, sender)
        elif "ref" in body and any(key in body for key in ("commits", "pusher", "ref_type", "after")):
            yield from changes.push(self.make, body, where, raw, None, sender)
        else:
            yield from other(self.make, action, body, where, raw, sender)

    def _gate(self, action: str, body: Mapping[str, Any], where: str, raw: Any, sender: str) -> Item:
        """A deployment that waits for somebody's word, or has it."""
        run, environment = mapping(body.get("workflow_run")), string(body.get("environment")) or "an environment"
        said = {"requested": "Approval asked for: deployment to", "approved": "Approved deployment to", "rejected": "Rejected deployment to"}
        name = string(run.get("name")) or string(mapping(body.get("workflow_job_run")).get("name"))
        text = headed(f"{said.get(action, action)} {environment}" + (f" by workflow “{name}”" if name else ""), string(body.get("comment")))
        stamp = body.get("since") or run.get("updated_at")
        actor = login(body.get("approver")) or login(body.get("requestor")) or login(body.get("requester")) or sender
        key = f"gate:{string(run.get('id'))}:{environment}:{action}:{self.make.second(stamp)}"
        rule = f"deployment_review {action}"
        return self.make.event(
            stamp, text, key, where, raw, kind="decision" if action != "requested" else "change", rule=rule, actor=actor, url=run.get("html_url")
        )

    def _changed(self, action: str, body: Mapping[str, Any], issue: Mapping[str, Any], subject: Subject, where: str, raw: Any) -> Iterator[Item]:
        if action == "opened":
            yield self._opened(issue, subject, where, raw)
            return
        before = mapping(body.get("changes"))
        if action == "edited" and "body" in before:
            yield self._opened(issue, subject, where, raw, "edited")
            if "title" not in before:
                return
        if action == "closed" and issue.get("merged"):
            action = "merged"
        given = {key: body.get(key) for key in ("label", "assignee", "milestone", "type", "requested_reviewer", "requested_team") if body.get(key)}
        renamed = {"rename": {"from": mapping(before["title"]).get("from"), "to": issue.get("title")}} if "title" in before else {}
        stamp = issue.get(STAMPS.get(action, "updated_at")) or issue.get("updated_at")
        name = "renamed" if renamed and action == "edited" else f"thread_{action}" if "thread" in body else action
        event = {"event": name, "created_at": stamp, "actor": body.get("sender"), "state_reason": issue.get("state_reason"), **given, **renamed}
        yield self._event(event, subject, where, raw)


def _labels(body: Mapping[str, Any], noun: str, found: Mapping[str, Any]) -> IncidentDraft:
    ref = string(body.get("ref")).removeprefix("refs/heads/") or string(found.get("head_branch"))
    facts = (
        ("repository", repository_of(body)),
        ("event", noun or next((name for key, name in ACTIONLESS.items() if key in body), string(body.get("action")))),
        ("environment", string(found.get("environment"))),
        ("branch", ref),
        ("workflow", string(found.get("name")) if noun.startswith("workflow") else ""),
        ("state", string(found.get("state")) or string(found.get("conclusion"))),
    )
    return IncidentDraft(labels=labels_of(facts))


SOURCE = Source(
    name="github",
    label="GitHub",
    detect=detect,
    read=read,
    docs="GitHub: issues and pull requests with their comments, events and timeline, deployments, releases, workflow runs, checks and commits as the REST API, "
    "GraphQL and `gh --json` give them, the Events API, and webhooks (https://docs.github.com/en/webhooks/webhook-events-and-payloads).",
)
