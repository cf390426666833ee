"""Pure. JSON of any tool: a list of objects wherever it lies, or lines of them, whose keys are guessed, shown and correctable."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from incidents.lib.text import clean_line, clean_text
from incidents.sources.base import Column, Item, Payload, Source
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.fields import NAMES, guess_fields, looks_of, plain_name
from incidents.sources.json_paths import KeyPath, as_text, leaves, lists_in, text_at, value_at
from incidents.sources.json_stream import Node, looks_like_json, place, read_nodes, sample
from incidents.sources.json_tables import unfolded
from incidents.sources.markup import plain_html
from incidents.sources.rows import RowReader, corrected

SAMPLE = 60
RECEIVED = "received_at"
MAX_COLUMNS = 400
EVENTFUL = {"events", "timeline", "timelineevents", "updates", "incidentupdates", "statusupdates", "entries", "logentries", "notes", "worknotes", "comments"}
EVENTFUL |= {"messages", "history", "activities", "activity", "replies"}
# Lists of what an event is about, or whom: they have times too (a user since 2021), but nothing happened then.
THINGS = {"users", "members", "contacts", "teams", "assignees", "owners", "watchers", "followers", "subscribers", "recipients", "participants", "reviewers"}
THINGS |= {"environments", "sites", "services", "components", "hosts", "projects", "groups", "roles", "tags", "labels", "links", "attachments", "incidenttypes"}
HTML = re.compile(r"\s*<(?:p|div|span|html|body|table|ul|h\d)(?:\s[^<>]*)?>")
LISTED = re.compile(r"\[\s*\[")  # a list of lists
JSON_START = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*["}]|\[\s*[{\["\]])')


@dataclass
class _Group:
    """Objects of one list. Until enough have come to guess their keys, they wait."""

    name: KeyPath
    waiting: list[tuple[dict[str, Any], str, str]] = field(default_factory=list)
    reader: RowReader | None = None
    paths: list[KeyPath] = field(default_factory=list)
    text: int = -1  # which of the paths is the text
    others: list[KeyPath] = field(default_factory=list)  # where the text is when it is not there
    nested: list[KeyPath] = field(default_factory=list)  # where lists are that are events too: the updates of an incident
    closed: bool = False  # no events: the objects have no time or no text


class _Groups(dict[KeyPath, _Group]):
    """The lists by name, and how many events have been read of all of them."""

    count = 0


def detect(payload: Payload) -> int:
    if not looks_like_json(payload.head):
        return 0
    found = [node for node in sample(payload) if isinstance(node.value, (dict, list))]
    if not found:
        return 15 if JSON_START.match(payload.head) else 0
    return 45 if any(set(group.values()) >= {"time", "text"} for group in _guessed(found).values()) else 20


def guess(payload: Payload) -> list[Column]:
    """Return what each key is taken for, in the list that will be read."""
    objects = _objects(sample(payload, count=SAMPLE))
    best: list[Column] = []
    for found in objects.values():
        columns = _columns(found)
        fields = guess_fields(columns)
        listed = [
            Column(name, fields.get(name, ""), tuple(clean_line(each, limit=120) for each in looks_of(values).samples)) for name, values in columns.items()
        ]
        if not best or sum(bool(each.field) for each in listed) > sum(bool(each.field) for each in best):
            best = listed
    return best


def _objects(found: list[Node]) -> dict[KeyPath, list[dict[str, Any]]]:
    objects: dict[KeyPath, list[dict[str, Any]]] = {}
    for node in _tabled(found):
        for name, value, _, _ in _spread(node):
            _gather(objects, name, value)
    return objects


def _gather(objects: dict[KeyPath, list[dict[str, Any]]], name: KeyPath, value: dict[str, Any]) -> None:
    objects.setdefault(name, []).append(value)
    if len(name) <= 8:
        for path, elements in lists_in(value, ()):
            for element in elements[:SAMPLE]:
                if isinstance(element, dict) and len(objects.get((*name, *path), ())) < SAMPLE:
                    _gather(objects, (*name, *path), element)


def _guessed(found: list[Node]) -> dict[KeyPath, dict[str, str]]:
    return {name: _as_set(guess_fields(_columns(values))) for name, values in _objects(found).items()}


def _as_set(fields: dict[str, str]) -> dict[str, str]:
    return {name: "text" if kind == "title" else kind for name, kind in fields.items()}


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    groups = _Groups()
    rests: list[Node] = []
    events = 0
    for node in _tabled(read_nodes(payload)):
        if node.error:
            yield Rejected(node.where, node.error)
            continue
        if node.rest:
            rests += [node] if len(rests) < 100 else []
            continue
        if node.path and not isinstance(node.value, dict):
            yield Rejected(node.where[:200], "This is no object.")
            continue
        spread = 0
        for name, value, raw, where in _spread(node):
            spread += value is not node.value
            for item in _taken(groups, name, value, raw, where, options):
                events += isinstance(item, EventDraft)
                yield item
        if spread and len(rests) < 100:
            rests.append(node)
    for beside in (False, True):  # people and things are events only where nothing else is
        if beside and (events or any(_is_event(node.value) for node in rests if isinstance(node.value, dict))):
            break
        while waiting := [group for group in groups.values() if group.reader is None and not group.closed and _is_of_things(group.name) is beside]:
            for group in waiting:  # opening one may find lists within its objects
                for item in _open(groups, group, options):
                    events += isinstance(item, EventDraft)
                    yield item
    last = _Group(())
    last.waiting = [(node.value, node.raw, node.where) for node in rests]
    if events:
        yield from _incidents(rests)
    else:
        for item in _open(groups, last, options):
            events += isinstance(item, EventDraft)
            yield item
    if not events and options.received is not None:  # a webhook that states no time tells what happens as it is sent
        came = _Group(())
        tops = [node for node in _tabled(read_nodes(payload)) if isinstance(node.value, dict) and (node.rest or len(node.path) < 2)]
        came.waiting = [({RECEIVED: options.received.isoformat(), **node.value}, node.raw, node.where) for node in tops]
        columns = _columns([value for value, _, _ in came.waiting])
        says = any(options.mapping.get(name, "text") in ("text", "title") for name in [*_texts(columns), *(set(options.mapping) & set(columns))])
        for item in _open(_Groups(), came, options) if says else ():
            if isinstance(item, EventDraft):
                events += 1
                item = replace(item, key=f"{item.key[:180]}:{options.received:%Y%m%dT%H%M%S}")  # what is told in the same words another day is news
            yield item
    if not events:
        raise SourceError(_why_not([*groups.values(), last], options))


def _tabled(found: Iterable[Node]) -> Iterator[Node]:
    """Turn tables among the nodes into objects; a list of lists at the top has its names in the first of them."""
    names: list[str] = []
    for node in found:
        value = unfolded(node.value) if node.rest or isinstance(node.value, list) or LISTED.search(node.raw) else node.value
        if isinstance(value, list) and len(node.path) == 1:
            if node.path == (0,) and all(isinstance(each, str) for each in value) and len(set(value)) == len(value) > 1:
                names = value
                continue
            if names and len(value) <= len(names):
                value = dict(zip(names, value, strict=False))
        yield node if value is node.value else replace(node, value=value, rest=False)


def _taken(groups: _Groups, name: KeyPath, value: dict[str, Any], raw: str, where: str, options: ReadOptions) -> Iterator[Item]:
    """Read an object of a list, or let it wait until the keys of the list can be guessed."""
    group = groups.setdefault(name, _Group(name))
    if group.reader is not None:
        yield from _read(groups, group, value, raw, where, options)
    elif group.closed:
        yield from _within(groups, name, value, where, options)
    else:
        group.waiting.append((value, raw, where))
        if len(group.waiting) >= SAMPLE:
            yield from _open(groups, group, options)


def _read(groups: _Groups, group: _Group, value: dict[str, Any], raw: str, where: str, options: ReadOptions) -> Iterator[Item]:
    if group.reader is None:
        return
    values = [text_at(value, path) for path in group.paths]
    text = values[group.text]
    if not text or text.isspace():
        values[group.text] = next((text for path in group.others if (text := text_at(value, path)).strip()), "")
    if "<" in text[:40] and HTML.match(text):
        values[group.text] = plain_html(values[group.text])
    group.reader.count = groups.count
    yield from group.reader.items(values, raw, where)
    groups.count = group.reader.count
    for path in group.nested:
        yield from _listed(groups, group.name, path, value_at(value, path), where, options)


def _within(groups: _Groups, name: KeyPath, value: dict[str, Any], where: str, options: ReadOptions) -> Iterator[Item]:
    """Read the lists in an object that is no event itself: the events of a phase, of an incident."""
    if len(name) <= 8:
        for path, elements in lists_in(value, ()):
            yield from _listed(groups, name, path, elements, where, options)


def _listed(groups: _Groups, name: KeyPath, path: KeyPath, elements: Any, where: str, options: ReadOptions) -> Iterator[Item]:
    for number, element in enumerate(elements if isinstance(elements, list) else ()):
        if isinstance(element, dict):
            raw = json.dumps(element, ensure_ascii=False)
            yield from _taken(groups, (*name, *path), element, raw, f"{where}, {place((*path, number))}"[:200], options)


def _spread(node: Node) -> Iterator[tuple[KeyPath, dict[str, Any], str, str]]:
    """Yield the objects in a node with the name of their list: the node itself, or the elements of the lists of objects in it."""
    value = node.value
    name = tuple(part for part in node.path if isinstance(part, str))
    if not isinstance(value, dict):
        return
    if not (node.path and isinstance(node.path[-1], int)):
        lists = list(lists_in(value, ()))
        if lists and (node.line or all(_is_beside(path) for path, _ in lists)) and _is_event(value):
            lists = []  # a line is an event if it can be, whatever else it carries; a document, if what it carries is beside it
        for path, elements in lists:
            for number, element in enumerate(elements):
                if isinstance(element, dict):
                    where = place((*node.path, *path, number), node.page)
                    yield (*name, *path), element, json.dumps(element, ensure_ascii=False), f"line {node.line}, {where}" if node.line else where
        if lists:
            return
    yield name, value, node.raw, node.where


def _is_beside(path: KeyPath) -> bool:
    """Tell whether a list is no list of events, of an object that is one itself: it belongs to a part of it, or holds people and things."""
    return _is_of_things(path) or (len(path) > 1 and plain_name(path[-1]) not in EVENTFUL)


def _is_of_things(name: KeyPath) -> bool:
    return bool(name) and plain_name(name[-1]) in THINGS


def _is_event(value: dict[str, Any]) -> bool:
    """Tell whether an object has a time and a text among its own keys, or further within where what it lists is only more of the same."""
    if all(plain_name(path[-1]) in EVENTFUL for path, _ in lists_in(value, ())):
        within = {".".join(path): [as_text(each)] for path, each in leaves(value, ()) if not isinstance(each, (dict, list))}
        return {"time", "text"} <= set(guess_fields(within).values())
    own = {key: [as_text(each)] for key, each in value.items() if not isinstance(each, (dict, list))}
    return {"time", "text"} <= set(guess_fields(own).values())


def _open(groups: _Groups, group: _Group, options: ReadOptions) -> Iterator[Item]:
    """Guess the keys of a list's objects and read those that have waited."""
    waiting, group.waiting = group.waiting, []
    if not waiting or group.reader is not None:
        group.closed = group.reader is None
        return
    columns = _columns([value for value, _, _ in waiting])
    mapping = {name: kind for name, kind in options.mapping.items() if name in columns}
    fields = corrected(guess_fields(columns), mapping, list(columns))
    used = [name for name in columns if fields.get(name)]
    try:
        group.reader = RowReader(used, fields, options)
    except SourceError:
        group.closed = True
        group.waiting = waiting[:1]
        for value, _, where in waiting:
            yield from _within(groups, group.name, value, where, options)
        return
    group.paths = [_path_of(name, columns) for name in used]
    group.text = group.reader.text
    group.nested = list(dict.fromkeys(path for value, _, _ in waiting for path, _ in lists_in(value, ()) if plain_name(path[-1]) in EVENTFUL))
    group.others = [_path_of(name, columns) for name in _texts(columns) if name not in used]
    for value, raw, where in waiting:
        yield from _read(groups, group, value, raw, where, options)


def _texts(columns: _Columns) -> list[str]:
    """Return the columns whose names say that they are texts, best first: a log may have textPayload in one line and jsonPayload.message in the next."""
    rank = {name: number for number, name in enumerate(NAMES["text"])}
    named = [(rank[plain], name) for name in columns if (plain := plain_name(name.rpartition(".")[2])) in rank]
    return [name for _, name in sorted(named)]


def _why_not(groups: list[_Group], options: ReadOptions) -> str:
    names = list(dict.fromkeys(name for group in groups for value, _, _ in group.waiting for name in _columns([value])))
    missing = [name for name, kind in options.mapping.items() if kind and name not in names]
    if names and missing:
        return f"There is no key “{missing[0][:60]}”. The keys are: {', '.join(names)[:500]}."
    if names:
        return f"No key holds a time together with one that holds a text. The keys are: {', '.join(names)[:500]}. Say which ones they are."
    return "There is no object with a time and a text in this JSON."


class _Columns(dict[str, list[str]]):
    """Column -> values, and the keys that lead to each."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: dict[str, KeyPath] = {}


def _columns(values: list[dict[str, Any]]) -> _Columns:
    columns = _Columns()
    for value in values[:SAMPLE]:
        for path, each in leaves(value, ()):
            name = clean_line(".".join(path), limit=200)
            if name not in columns:
                if len(columns) >= MAX_COLUMNS:
                    continue
                columns[name] = []
                columns.paths[name] = path
            columns[name].append(as_text(each))
    return columns


def _path_of(name: str, columns: _Columns) -> KeyPath:
    return columns.paths[name]


def _incidents(rests: list[Node]) -> Iterator[Item]:
    """Yield what stands around a list of events, when it names the incident."""
    for node in rests:
        value = node.value if isinstance(node.value, dict) else {}
        inner = value.get("incident")
        value = inner if isinstance(inner, dict) else value
        title = next((value[key] for key in ("title", "name", "summary", "subject") if isinstance(value.get(key), str) and value[key].strip()), "")
        if title:
            severity = value.get("severity") or value.get("priority") or ""
            services = value.get("services") or value.get("service") or ()
            services = [services] if isinstance(services, str) else services if isinstance(services, list) else []
            summary = value.get("summary") if isinstance(value.get("summary"), str) else ""
            yield IncidentDraft(
                title=clean_line(title),
                summary=clean_text(summary or "", limit=20_000) if summary != title else "",
                severity=clean_line(severity if isinstance(severity, str) else as_text(severity.get("name") if isinstance(severity, dict) else ""), limit=60),
                services=tuple(
                    clean_line(each if isinstance(each, str) else as_text(each.get("name")), limit=200) for each in services if isinstance(each, (str, dict))
                )[:20],
            )
            return


SOURCE = Source(
    name="json",
    label="JSON",
    detect=detect,
    read=read,
    docs="JSON of any tool: a list of objects wherever it lies, JSON lines, Debrief's own export; the keys for time, text, who, kind, link are guessed and can be "
    "corrected (https://www.rfc-editor.org/rfc/rfc8259).",
    guess=guess,
)
