"""Pure. Jira, Cloud and Server: issues with history, comments and work logs, lists of them, and webhooks.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/ and https://developer.atlassian.com/server/jira/platform/webhooks/ define
what is read. A history is keyed by its id, which webhooks carry too. A resolution set on an issue whose type is an incident (or
an outage) states that the incident is resolved, unless it is one such as Duplicate; on any other issue it only changes its status.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import Drafting
from incidents.sources.drafts import EventDraft, ReadOptions, Rejected, SourceError
from incidents.sources.envelopes import certainty, inside
from incidents.sources.jira_export import form_of, issues
from incidents.sources.jira_fields import Subject, as_incident, change_of, is_solved, shape_of, subject_of, who
from incidents.sources.markup import headed, plain_document
from incidents.sources.members import digest, mapping, mappings, string
from incidents.sources.reading import read_each

LISTS = ("issues", "values", "comments", "worklogs", "histories", "issueChangeLogs")
REVISED = {"comment_updated": "edited", "comment_deleted": "deleted"}


def detect(payload: Payload) -> int:
    return 95 if form_of(payload.head) else certainty(payload, shape_of, LISTS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    reader = _Reader(options)
    if form_of(payload.head):
        for where, found, raw in issues(payload):
            if isinstance(found, str) or not found["key"]:
                yield Rejected(where, found if isinstance(found, str) else "This issue has no key. Export it with the column “Issue key”.")
            else:
                yield from reader.read(found, where, raw)
    else:
        yield from read_each(payload, LISTS, shape_of, reader.read, "Jira")
    if not reader.make.order:
        raise SourceError("There is nothing in this file that Jira dates: no issue with its fields, no history, comment or work log.")


class _Reader:
    """Turns Jira's objects into drafts."""

    def __init__(self, options: ReadOptions) -> None:
        self.make = Drafting(options)
        self.told: set[str] = set()  # a resolution stands in the issue and in its history
        self.about = ""

    def read(self, found: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        for item in self._items(shape_of(found), found, where, raw):
            if isinstance(item, EventDraft) and item.key.rpartition(":")[0].endswith(":resolved"):
                if item.key in self.told:
                    continue
                self.told.add(item.key)
            yield item

    def _items(self, shape: str, found: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        if shape == "webhook":
            yield from self._webhook(found, where, raw)
        elif shape == "transition":
            yield from self._transition(found, where, raw)
        elif shape == "issue":
            yield from self._issue(found, where, raw)
        elif shape == "history":
            yield from self._history(found, Subject(), where, raw)
        else:
            yield (self._comment if shape == "comment" else self._worklog)(found, Subject(), where, raw)

    def _incident(self, issue: Mapping[str, Any], subject: Subject) -> Iterator[Item]:
        """Say once what the payload is about: the first issue in it."""
        if not self.about and subject.key:
            self.about = subject.key
            yield as_incident(issue, subject)

    def _issue(self, issue: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        subject, fields = subject_of(issue), mapping(issue.get("fields"))
        yield from self._incident(issue, subject)
        yield self._created(issue, subject, where, raw)
        changelog = mapping(issue.get("changelog"))
        for number, history in enumerate(mappings(changelog.get("histories")) or mappings(changelog.get("values"))):
            yield from self._history(history, subject, inside(where, f"changelog.histories[{number}]"), history)
        for name, part, one in (("comment", "comments", self._comment), ("worklog", "worklogs", self._worklog)):
            for number, each in enumerate(mappings(mapping(fields.get(name)).get(part))):
                yield one(each, subject, inside(where, f"fields.{name}.{part}[{number}]"), each)
        if not changelog:  # else the history names them
            for number, each in enumerate(mappings(fields.get("attachment"))):
                yield self._attachment(each, subject, inside(where, f"fields.attachment[{number}]"), each)
        if fields.get("resolutiondate"):
            resolution = string(mapping(fields.get("resolution")).get("name"))
            yield self._resolved(fields["resolutiondate"], resolution, subject, where, raw, "")

    def _created(self, issue: Mapping[str, Any], subject: Subject, where: str, raw: Any, actor: str = "") -> Item:
        fields = mapping(issue.get("fields"))
        sort = string(mapping(fields.get("issuetype")).get("name")) or "Issue"
        priority = string(mapping(fields.get("priority")).get("name"))
        head = f"{subject.key} created ({', '.join(filter(None, (sort, f'priority {priority}' if priority else '')))})"
        return self.make.event(
            fields.get("created"),
            headed(f"{head}: {subject.title}" if subject.title else head, plain_document(fields.get("description"))),
            f"{subject.key}:created",
            where,
            raw,
            kind="status",
            rule="issue created",
            actor=who(fields.get("creator")) or who(fields.get("reporter")) or actor,
            url=subject.url,
        )

    def _history(self, history: Mapping[str, Any], subject: Subject, where: str, raw: Any, stamp: object = None, actor: str = "") -> Iterator[Item]:
        """The fields that were changed at one moment, each as an event."""
        stamp, actor = history.get("created") or stamp, who(history.get("author")) or actor
        for item in mappings(history.get("items")):
            field = string(item.get("field")) or string(item.get("fieldId"))
            after = string(item.get("toString"))
            if field.lower() == "resolution" and after and subject.key:
                yield self._resolved(stamp, after, subject, where, raw, actor)
                continue
            text, kind, salience = change_of(item)
            identity = string(history.get("id")) or f"{subject.key}:{self.make.second(stamp)}"
            key = f"history:{identity}:{field}" + (f":{digest(text)}" if kind != "status" or salience < 2 else "")
            rule = f"changelog {field}"
            yield self.make.event(stamp, subject.prefix + text, key, where, raw, kind=kind, rule=rule, salience=salience, actor=actor, url=subject.url)

    def _resolved(self, stamp: object, resolution: str, subject: Subject, where: str, raw: Any, actor: str) -> Item:
        solved = subject.incident and is_solved(resolution or "Done")
        return self.make.event(
            stamp,
            f"{subject.prefix}Resolution set" + (f" to {resolution}" if resolution else ""),
            f"{subject.key}:resolved:{self.make.second(stamp)}",
            where,
            raw,
            kind="resolution" if solved else "status",
            rule="resolution of an issue of type incident" if solved else "resolution",
            salience=2 if solved else 1,
            actor=actor,
            url=subject.url,
            milestone="resolved" if solved else "",
        )

    def _comment(self, comment: Mapping[str, Any], subject: Subject, where: str, raw: Any, revised: str = "") -> Item:
        number, created, updated = string(comment.get("id")), comment.get("created"), comment.get("updated")
        edited = updated and self.make.second(updated) != self.make.second(created)
        text = plain_document(comment.get("body"))
        return self.make.event(
            created,
            text,
            f"comment:{number or digest(text)}",
            where,
            raw,
            rule="comment",
            actor=who(comment.get("author")),
            url=f"{subject.url}?focusedCommentId={number}" if subject.url and number else subject.url,
            thread=f"comment:{string(comment['parentId'])}" if string(comment.get("parentId")) else "",
            revised=revised or ("edited" if edited else ""),
            spoken=True,
        )

    def _worklog(self, log: Mapping[str, Any], subject: Subject, where: str, raw: Any) -> Item:
        return self.make.event(
            log.get("started") or log.get("created"),
            headed(f"{subject.prefix}Logged {string(log.get('timeSpent')) or 'work'}", plain_document(log.get("comment"))),
            f"worklog:{string(log.get('id'))}",
            where,
            raw,
            kind="note",
            rule="work log",
            salience=0,
            actor=who(log.get("author")),
            url=subject.url,
            recorded=log.get("created"),
        )

    def _attachment(self, found: Mapping[str, Any], subject: Subject, where: str, raw: Any) -> Item:
        key, text = f"attachment:{string(found.get('id'))}", f"{subject.prefix}Attached {string(found.get('filename'))}"
        return self.make.event(found.get("created"), text, key, where, raw, kind="note", rule="attachment", salience=0, actor=who(found.get("author")))

    def _webhook(self, body: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        name, issue = string(body["webhookEvent"]).removeprefix("jira:"), mapping(body.get("issue"))
        subject, fields = subject_of(issue), mapping(issue.get("fields"))
        actor = who(body.get("user"))
        before = self.make.order
        if issue:
            yield from self._incident(issue, subject)
        if name == "issue_created":
            yield self._created(issue, subject, where, raw, actor)
        if (changelog := mapping(body.get("changelog"))) and name != "issue_created":  # there it lists the fields that the form filled
            yield from self._history(changelog, subject, where, raw, fields.get("updated") or body.get("timestamp"), actor)
        if comment := mapping(body.get("comment")):
            yield self._comment(comment, subject, where, raw, REVISED.get(name, ""))
        if worklog := mapping(body.get("worklog")):
            yield self._worklog(worklog, subject, where, raw)
        if attachment := mapping(body.get("attachment")):
            yield self._attachment(attachment, subject, where, raw)
        if self.make.order == before:
            yield self._other(name, body, subject, where, raw, actor)

    def _transition(self, body: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        """What a workflow posts after a transition: where it came from and went to, with the issue as it is then."""
        issue, step = mapping(body.get("issue")), mapping(body.get("transition"))
        subject, stamp, actor = subject_of(issue), body.get("timestamp") or mapping(issue.get("fields")).get("updated"), who(body.get("user"))
        yield from self._incident(issue, subject)
        change = {"field": "status", "fromString": step.get("from_status"), "toString": step.get("to_status")}
        yield from self._history({"items": [change]}, subject, where, raw, stamp, actor)
        if text := plain_document(body.get("comment")):
            yield self._comment({"body": text, "created": stamp, "author": body.get("user")}, subject, where, raw)

    def _other(self, name: str, body: Mapping[str, Any], subject: Subject, where: str, raw: Any, actor: str) -> Item:
        """A webhook with no form of its own here: named, at the time it was sent."""
        said = string(body.get("issue_event_type_name")) or name
        others = [mapping(body.get(key)) for key in ("version", "sprint", "project", "board", "issueLink")]
        title = subject.title or next((string(each["name"]) for each in others if string(each.get("name"))), "")
        text = f"{subject.prefix}{said.replace('_', ' ')}" + (f": {title}" if title else "")
        key, released = f"{subject.key}:{name}:{self.make.second(body.get('timestamp'))}:{digest(title)}", name == "version_released"
        kind, weight = ("change", 1) if released else ("status", 1 if name == "issue_deleted" else 0)
        text = text[:1].upper() + text[1:]
        return self.make.event(body.get("timestamp"), text, key, where, raw, kind=kind, rule=f"webhook {name}", salience=weight, actor=actor, url=subject.url)


SOURCE = Source(
    name="jira",
    label="Jira",
    detect=detect,
    read=read,
    docs="Jira Cloud and Server: issues with their changelog, comments and work logs, search results and lists of these, webhooks, and the exports as XML and CSV "
    "(https://developer.atlassian.com/server/jira/platform/webhooks/).",
)
