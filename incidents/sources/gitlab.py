"""Pure. GitLab: issues, incidents and merge requests with notes, resource and timeline events, deployments, pipelines, releases; webhooks.

https://docs.gitlab.com/api/ and https://docs.gitlab.com/user/project/integrations/webhook_events/ define what is read.
Milestones are stated by an incident's status ("changed the incident status to Acknowledged"), by the tags of its timeline, and by
closing an issue of type incident, which GitLab itself calls resolving it. Closing any other issue only changes its status.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from incidents.sources import gitlab_changes as changes
from incidents.sources.base import Item, Payload, Source
from incidents.sources.drafting import Drafting, labels_of
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.envelopes import Found, certainty, inside, within
from incidents.sources.gitlab_notes import ITSELF, of_note, of_resource, spelled, tagged
from incidents.sources.gitlab_shapes import Subject, as_incident, label_names, normalised, project_of, shape_of, subject_of, who
from incidents.sources.markup import headed, plain_markdown
from incidents.sources.members import digest, mapping, mappings, string
from incidents.sources.reading import read_each

LISTS = ("nodes", "issues", "discussions", "deployments", "pipelines", "releases", "events")
ONES: dict[str, Callable[..., Iterator[Item]]] = {
    "deployment": changes.deployment,
    "pipeline": changes.pipeline,
    "job": changes.job,
    "release": changes.release,
    "commit": changes.commit,
}
HOOKS: dict[str, Callable[..., Iterator[Item]]] = {"deployment": changes.deployment_hook, "build": changes.job, "push": changes.push, "tag_push": changes.push}
STATES = {"opened", "closed", "merged"}
ACTIONS = {"open": "opened", "close": "closed", "reopen": "reopened", "merge": "merged", "approval": "approved", "unapproval": "unapproved"}
# Fields in "changes" of a webhook that say something on a timeline -> kind, weight.
FIELDS = {"title": ("status", 0), "severity": ("severity", 2), "escalation_status": ("status", 2), "type": ("status", 1), "issue_type": ("status", 1)}
DONE = {"create": "created", "update": "updated", "delete": "deleted", "close": "closed", "reopen": "reopened", "award": "given", "revoke": "removed"}
STATED = {"acknowledged": ("acknowledgement", "acknowledged"), "resolved": ("resolution", "resolved")}


def detect(payload: Payload) -> int:
    return certainty(payload, shape_of, LISTS)


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    reader = _Reader(options)
    yield from read_each(payload, LISTS, shape_of, reader.read, "GitLab")
    if not reader.make.order:
        raise SourceError(reader.reason or "There is nothing in this file that GitLab dates: no issue, note, event, deployment, pipeline, release or commit.")


class _Reader:
    """Turns GitLab's objects into drafts."""

    def __init__(self, options: ReadOptions) -> None:
        self.make = Drafting(options)
        self.told: set[str] = set()  # what an issue, its events and a webhook all say
        self.about = ""
        self.alone: Subject | None = None  # the only issue so far: notes and events name it by a number of their own
        self.reason = ""

    def read(self, value: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        for item in self._items(shape_of(value), normalised(value), where, raw):
            if isinstance(item, EventDraft) and (item.milestone or item.rule.startswith("state ")):
                if item.key in self.told and not item.revised:
                    continue
                self.told.add(item.key)
            elif isinstance(item, Rejected):
                self.reason = item.reason
            yield item

    def _items(self, shape: str, found: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        if shape == "webhook":
            yield from self._webhook(found, where, raw)
        elif shape == "issue":
            yield from self._issue(found, where, raw)
        elif shape == "note":
            yield self._note(found, self._named(found), where, raw)
        elif shape == "discussion":
            first = ""
            for number, note in enumerate(mappings(found.get("notes"))):
                item = self._note(note, self._named(note), inside(where, f"notes[{number}]"), note, first)
                first = first or (item.key if isinstance(item, EventDraft) else "")
                yield item
        elif shape == "timeline":
            yield self._tagged(found, where, raw)
        elif shape == "resource":
            yield self._resource(found, where, raw)
        elif shape == "activity":
            yield self._activity(found, where, raw)
        else:
            yield from ONES[shape](self.make, found, where, raw)

    def _incident(self, found: Mapping[str, Any], subject: Subject) -> Iterator[Item]:
        """Say once what the payload is about: the first issue in it."""
        if not self.about and subject.name:
            self.about = subject.name
            yield as_incident(found, subject)

    def _named(self, found: Mapping[str, Any]) -> Subject:
        """Return the issue that a note or a resource event stands below; its title has been told."""
        identity = string(found.get("noteable_id")) or string(found.get("resource_id"))
        if self.alone is not None and (self.alone.identity == identity or not identity):
            return replace(self.alone, title="")
        merge = (string(found.get("noteable_type")) or string(found.get("resource_type"))) == "MergeRequest"
        return Subject(number=string(found.get("noteable_iid")), merge=merge, identity=identity)

    def _issue(self, found: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        subject = subject_of(found)
        yield from self._incident(found, subject)
        self.alone = subject if self.alone is None or self.alone.name == subject.name else Subject(identity="several")
        yield self._opened(found, subject, where, raw, who(found.get("author")))
        for part in ("notes", "discussions", "timeline_events", "incident_management_timeline_events"):
            for each in within(found.get(part), shape_of, path=(part,)):
                if isinstance(each, Found):
                    yield from self._items(each.shape, normalised(each.value), inside(where, each.where), each.value)
        if found.get("merged_at"):
            yield self._state("merged", found["merged_at"], subject, where, raw, who(found.get("merged_by")) or who(found.get("merge_user")))
        elif found.get("closed_at"):
            yield self._state("closed", found["closed_at"], subject, where, raw, who(found.get("closed_by")))

    def _opened(self, found: Mapping[str, Any], subject: Subject, where: str, raw: Any, actor: str) -> Item:
        return self.make.event(
            found.get("created_at"),
            headed(f"Opened {subject.spoken()}", plain_markdown(string(found.get("description")))),
            f"{subject.name}:opened",
            where,
            raw,
            kind="change" if subject.merge else "status",
            rule="state opened",
            salience=0 if subject.merge else 1,
            actor=actor,
            url=subject.url,
        )

    def _state(self, state: str, stamp: object, subject: Subject, where: str, raw: Any, actor: str) -> Item:
        solved = state == "closed" and subject.incident
        return self.make.event(
            stamp,
            f"{state.capitalize()} {subject.spoken()}",
            f"{subject.name or subject.identity}:{state}:{self.make.second(stamp)}",
            where,
            raw,
            kind="resolution" if solved else "change" if state == "merged" else "status",
            rule="state closed of an incident" if solved else f"state {state}",
            salience=2 if solved else 1,
            actor=actor,
            url=subject.url,
            milestone="resolved" if solved else "",
        )

    def _note(self, note: Mapping[str, Any], subject: Subject, where: str, raw: Any, thread: str = "") -> Item:
        body, stamp, system = string(note.get("body")) or string(note.get("note")), note.get("created_at"), bool(note.get("system"))
        said = of_note(body)
        if system and said.kind == "status" and body.rstrip(".").lower() in STATES:
            return self._state(body.rstrip(".").lower(), stamp, subject, where, raw, who(note.get("author")))
        number = string(note.get("id")).rpartition("/")[2]
        link = string(note.get("url")) or (f"{subject.url}#note_{number}" if subject.url else "")
        edited = not system and note.get("updated_at") and self.make.second(note["updated_at"]) != self.make.second(stamp)
        return self.make.event(
            stamp,
            spelled(body, subject) if system else plain_markdown(body),
            f"note:{number or digest(body)}",
            where,
            raw,
            kind=said.kind if system else "message",
            rule="system note" if system else "note",
            salience=said.salience if system else 1,
            actor=who(note.get("author")),
            url=link,
            thread=thread,
            milestone=said.milestone if system else "",
            revised="edited" if edited else "",
            spoken=not system,
        )

    def _tagged(self, found: Mapping[str, Any], where: str, raw: Any) -> Item:
        """An event that a person put on the timeline of an incident; its tags say which milestone it is."""
        names = label_names(found.get("timeline_event_tags"))
        kind, milestone = tagged(names)
        written = string(found.get("note"))
        itself = of_note(ITSELF.sub("", written)) if not milestone and ITSELF.match(written) else None
        if itself is not None:
            kind, milestone = itself.kind, itself.milestone
        text = plain_markdown(string(found.get("note")) or string(found.get("note_html")))
        return self.make.event(
            found.get("occurred_at"),
            f"{', '.join(names)}: {text}" if names else text,
            f"timeline:{string(found.get('id')).rpartition('/')[2] or digest(text)}",
            where,
            raw,
            kind=kind,
            rule=f"timeline event tag {names[0]}" if milestone and names else "timeline event",
            salience=2 if milestone else 1,
            actor=who(found.get("author")),
            milestone=milestone,
            recorded=found.get("created_at"),
            spoken=kind == "note",
        )

    def _resource(self, found: Mapping[str, Any], where: str, raw: Any) -> Item:
        subject, stamp, actor = self._named(found), found.get("created_at"), who(found.get("user"))
        action, text, said = of_resource(found, subject.spoken())
        if action in ("closed", "reopened", "merged"):
            return self._state(action, stamp, subject, where, raw, actor)
        key = f"{subject.name or subject.identity}:{action}:{self.make.second(stamp)}"
        rule = f"resource event {action.partition(':')[0]}"
        return self.make.event(stamp, text, key, where, raw, kind=said.kind, rule=rule, salience=said.salience, actor=actor, url=subject.url)

    def _activity(self, found: Mapping[str, Any], where: str, raw: Any) -> Item:
        """An element of the events of a project or a person."""
        action, sort, title = string(found.get("action_name")), string(found.get("target_type")), string(found.get("target_title"))
        pushed, note = mapping(found.get("push_data")), mapping(found.get("note"))
        target = " ".join(filter(None, (*(() if "Note" in sort else (sort.lower(), string(found.get("target_iid")))), title))) or string(pushed.get("ref"))
        text = f"{action.capitalize()} {target}" + (f": {string(pushed.get('commit_title'))}" if pushed.get("commit_title") else "")
        if note:
            text = headed(text, plain_markdown(string(note.get("body"))))
        kind, actor = "change" if pushed else "message" if note else "status", who(found.get("author")) or string(found.get("author_username"))
        return self.make.event(found.get("created_at"), text, f"activity:{string(found.get('id'))}", where, raw, kind=kind, rule=f"event {action}", actor=actor)

    def _webhook(self, body: Mapping[str, Any], where: str, raw: Any) -> Iterator[Item]:
        kind, attributes, project = (
            string(body.get("object_kind")) or string(body.get("event_name")),
            mapping(body.get("object_attributes")),
            mapping(body.get("project")),
        )
        if kind in ("issue", "work_item", "merge_request"):
            yield from self._changed(body, attributes, subject_of(attributes, project), where, raw)
            return
        if kind == "note":
            about = mapping(body.get("issue")) or mapping(body.get("merge_request"))
            subject = subject_of(about, project) if about else Subject()
            link = string(attributes.get("url"))
            subject = replace(subject, url=subject.url or link.partition("#")[0], merge=subject.merge or "merge_request" in body)
            if about:
                yield from self._incident(about, subject)
            yield self._note({**attributes, "author": body.get("user")}, replace(subject, title=""), where, raw)
            return
        if not self.about:
            self.about = "changes"
            yield _labels(body, kind, attributes)
        if kind == "pipeline":
            yield from changes.pipeline(self.make, attributes, where, raw, body.get("user"), body.get("commit"))
        elif kind == "release":
            yield from changes.release(self.make, {**body, "author": mapping(body.get("commit")).get("author")}, where, raw, string(body.get("action")))
        elif kind in HOOKS:
            yield from HOOKS[kind](self.make, body, where, raw)
        else:
            yield self._other(kind, body, attributes, where, raw)

    def _changed(self, body: Mapping[str, Any], found: Mapping[str, Any], subject: Subject, where: str, raw: Any) -> Iterator[Item]:
        labels = body.get("labels") or found.get("labels")
        yield from self._incident({**found, "labels": labels}, subject)
        action, actor = string(found.get("action")), who(body.get("user"))
        state, stamp = ACTIONS.get(action, action), found.get("updated_at") or found.get("created_at")
        if state == "opened":
            yield self._opened(found, subject, where, raw, actor)
        elif state in ("closed", "merged", "reopened"):
            yield self._state(state, found.get(f"{state}_at") or stamp, subject, where, raw, actor)
        elif state != "update" and state:
            key = f"{subject.name}:{state}:{self.make.second(stamp)}"
            text = f"{state.replace('_', ' ').capitalize()} {subject.spoken()}"
            yield self.make.event(stamp, text, key, where, raw, kind="status", rule=f"webhook action {action}", salience=0, actor=actor, url=subject.url)
        yield from self._fields(mapping(body.get("changes")), subject, stamp, where, raw, actor, plain=state in ("update", ""))

    def _fields(self, changed: Mapping[str, Any], subject: Subject, stamp: object, where: str, raw: Any, actor: str, plain: bool) -> Iterator[Item]:
        """What a webhook says was changed, each as an event; `plain` when it says nothing else."""
        what, second, told = replace(subject, title="").spoken(), self.make.second(stamp), False
        for field, each in changed.items():
            if not isinstance(each, dict) or "current" not in each:
                continue
            before, after = each.get("previous"), each.get("current")
            if field in ("labels", "assignees", "reviewers"):
                old, new = (_names(value) for value in (before, after))
                for name, verb in [*((name, "added to") for name in new if name not in old), *((name, "removed from") for name in old if name not in new)]:
                    act = "add" if verb == "added to" else "remove"
                    if field == "labels":
                        action, text, said = of_resource({"action": act, "label": {"name": name}}, what)
                    else:
                        action, text, said = f"{field}:{act}:{name}", f"{name} was {verb} the {field} of {what}", of_note("assigned")
                    told = True
                    key = f"{subject.name}:{action}:{second}"
                    yield self.make.event(
                        stamp, text, key, where, raw, kind=said.kind, rule=f"webhook changes {field}", salience=said.salience, actor=actor, url=subject.url
                    )
            elif field in FIELDS and before is not None:
                kind, salience = FIELDS[field]
                kind, milestone = STATED.get(string(after).lower(), (kind, "")) if field == "escalation_status" else (kind, "")
                told = True
                yield self.make.event(
                    stamp,
                    f"{field.replace('_', ' ').replace('escalation', 'incident').capitalize()} of {what} changed from {string(before)} to {string(after)}",
                    f"{subject.name}:{field}:{string(after)}:{second}",
                    where,
                    raw,
                    kind=kind,
                    rule=f"webhook changes {field}",
                    salience=salience,
                    actor=actor,
                    url=subject.url,
                    milestone=milestone,
                )
        if plain and not told:
            names = ", ".join(name.replace("_", " ") for name in changed if name not in ("updated_at", "updated_by_id"))
            text = f"Edited {what}" + (f" ({names})" if names else "")
            key = f"{subject.name}:update:{second}"
            yield self.make.event(stamp, text, key, where, raw, kind="status", rule="webhook action update", salience=0, actor=actor, url=subject.url)

    def _other(self, kind: str, body: Mapping[str, Any], attributes: Mapping[str, Any], where: str, raw: Any) -> Item:
        """A webhook with no form of its own here: named, and kept when it states a time or it is known when it came."""
        stamp = attributes.get("updated_at") or attributes.get("created_at") or body.get("updated_at") or body.get("created_at")
        action, name = _done(kind, body, attributes)
        said, flag = f"{kind.replace('_', ' ').capitalize()} {DONE.get(action, action)}".strip() + (f": {name}" if name else ""), kind == "feature_flag"
        if not stamp and self.make.options.received is None:
            return Rejected(where, f"GitLab states no time for this: {said}. Enter it by hand if it belongs on the timeline.")
        actor, weight, link = who(body.get("user")), 1 if flag else 0, attributes.get("url") or attributes.get("awarded_on_url")
        identity, sort = string(attributes.get("id")) or string(link) or name, "change" if flag else "message"
        key = f"{kind}:{identity}:{action}:{self.make.second(stamp)}"
        return self.make.event(stamp, said, key, where, raw, kind=sort, rule=f"webhook {kind}", salience=weight, actor=actor, url=link)


def _done(kind: str, body: Mapping[str, Any], attributes: Mapping[str, Any]) -> tuple[str, str]:
    """Return what was done with something that has no form of its own here, and its name."""
    name = string(attributes.get("title")) or string(attributes.get("name"))
    if kind == "feature_flag":
        return "turned on" if attributes.get("active") else "turned off", name
    if kind == "emoji":
        about = mapping(body.get("issue")) or mapping(body.get("merge_request"))
        subject = replace(subject_of(about, mapping(body.get("project"))), merge="merge_request" in body)
        return string(body.get("event_type")), f"{name} on {subject.spoken()}" if about else name
    if kind == "vulnerability":
        severity = string(attributes.get("severity"))
        return string(attributes.get("state")), f"{name} ({severity})" if severity else name
    return string(attributes.get("action")) or string(body.get("action")) or string(body.get("event_name")), name


def _names(value: Any) -> list[str]:
    return label_names(value) or [name for each in mappings(value) if (name := who(each))]


def _labels(body: Mapping[str, Any], kind: str, attributes: Mapping[str, Any]) -> IncidentDraft:
    ref, status = string(body.get("ref")) or string(attributes.get("ref")), string(body.get("status")) or string(attributes.get("status"))
    environment = string(body.get("environment")) or string(mapping(body.get("environment")).get("name"))
    facts = (("project", project_of(body)), ("event", kind), ("environment", environment), ("branch", ref.removeprefix("refs/heads/")), ("state", status))
    return IncidentDraft(labels=labels_of(facts))


SOURCE = Source(
    name="gitlab",
    label="GitLab",
    detect=detect,
    read=read,
    docs="GitLab: issues, incidents and merge requests with their notes, discussions, resource and timeline events, deployments, pipelines, jobs, releases and "
    "commits as the API gives them, and webhooks (https://docs.gitlab.com/user/project/integrations/webhook_events/).",
)
