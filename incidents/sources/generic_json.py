"""Pure. JSON of any tool: a list of objects wherever it lies, or lines of them, whose keys are guessed, shown and correctable."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from incidents.lib.text import clean_line, clean_text
from incidents.sources.base import Column, Item, Payload, Source
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.fields import guess_fields, looks_of
from incidents.sources.json_stream import Node, looks_like_json, place, read_nodes, sample
from incidents.sources.rows import RowReader, corrected

SAMPLE = 60
DEPTH = 4  # of keys within an object
MAX_COLUMNS = 400
JSON_START = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*["}]|\[\s*[{\["\]])')

KeyPath = tuple[str, ...]


@dataclass
class _Group:
    """Objects of one list. Until enough have come to guess their keys, they wait."""

    name: KeyPath
    waiting: list[tuple[dict[str, Any], str, str]] = field(default_factory=list)
    reader: RowReader | None = None
    paths: list[KeyPath] = field(default_factory=list)
    closed: bool = False  # no events: the objects have no time or no text


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
    for node in found:
        for name, value, _, _ in _spread(node):
            objects.setdefault(name, []).append(value)
    return objects


def _guessed(found: list[Node]) -> dict[KeyPath, dict[str, str]]:
    return {name: _as_set(guess_fields(_columns(values))) for name, values in _objects(found).items()}


def _as_set(fields: dict[str, str]) -> dict[str, str]:
    return {name: "text" if kind == "title" else kind for name, kind in fields.items()}


def read(payload: Payload, options: ReadOptions) -> Iterator[Item]:
    groups: dict[KeyPath, _Group] = {}
    rests: list[Node] = []
    events = 0
    for node in read_nodes(payload):
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
            group = groups.setdefault(name, _Group(name))
            if group.reader is not None:
                items = group.reader.items([_text_at(value, path) for path in group.paths], raw, where)
                events += len(items)
                yield from items
            elif not group.closed:
                group.waiting.append((value, raw, where))
                if len(group.waiting) >= SAMPLE:
                    for item in _open(group, options):
                        events += isinstance(item, EventDraft)
                        yield item
        if spread and len(rests) < 100:
            rests.append(node)
    for group in groups.values():
        for item in _open(group, options):
            events += isinstance(item, EventDraft)
            yield item
    last = _Group(())
    last.waiting = [(node.value, node.raw, node.where) for node in rests]
    if events:
        yield from _incidents(rests)
    else:
        for item in _open(last, options):
            events += isinstance(item, EventDraft)
            yield item
    if not events:
        raise SourceError(_why_not([*groups.values(), last], options))


def _spread(node: Node) -> Iterator[tuple[KeyPath, dict[str, Any], str, str]]:
    """Yield the objects in a node with the name of their list: the node itself, or the elements of the lists of objects in it."""
    value = node.value
    name = tuple(part for part in node.path if isinstance(part, str))
    if not isinstance(value, dict):
        return
    if not (node.path and isinstance(node.path[-1], int)):
        lists = list(_lists(value, ()))
        if lists and node.line and _is_event(value):
            lists = []  # a line is an event if it can be, whatever else it carries
        for path, elements in lists:
            for number, element in enumerate(elements):
                if isinstance(element, dict):
                    where = place((*node.path, *path, number), node.page)
                    yield (*name, *path), element, json.dumps(element, ensure_ascii=False), f"line {node.line}, {where}" if node.line else where
        if lists:
            return
    yield name, value, node.raw, node.where


def _lists(value: dict[str, Any], path: KeyPath) -> Iterator[tuple[KeyPath, list[Any]]]:
    for key, each in value.items():
        if isinstance(each, list) and each and isinstance(each[0], dict):
            yield (*path, key), each
        elif isinstance(each, dict) and len(path) < 3:
            yield from _lists(each, (*path, key))


def _is_event(value: dict[str, Any]) -> bool:
    """Tell whether an object has a time and a text among its own keys."""
    own = {key: [_string(each)] for key, each in value.items() if not isinstance(each, (dict, list))}
    return {"time", "text"} <= set(guess_fields(own).values())


def _open(group: _Group, options: ReadOptions) -> Iterator[Item]:
    """Guess the keys of a list's objects and read those that have waited."""
    waiting, group.waiting = group.waiting, []
    if not waiting or group.reader is not None:
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
        return
    group.paths = [_path_of(name, columns) for name in used]
    for value, raw, where in waiting:
        yield from group.reader.items([_text_at(value, path) for path in group.paths], raw, where)


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
        for path, each in _leaves(value, ()):
            name = clean_line(".".join(path), limit=200)
            if name not in columns:
                if len(columns) >= MAX_COLUMNS:
                    continue
                columns[name] = []
                columns.paths[name] = path
            columns[name].append(_string(each))
    return columns


def _path_of(name: str, columns: _Columns) -> KeyPath:
    return columns.paths[name]


def _leaves(value: dict[str, Any], path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    for key, each in value.items():
        if isinstance(each, dict) and len(path) < DEPTH - 1:
            yield from _leaves(each, (*path, key))
        else:
            yield (*path, key), each


def _text_at(value: Any, path: KeyPath) -> str:
    for key in path:
        if not isinstance(value, dict):
            return ""
        value = value.get(key)
    return value if type(value) is str else _string(value)


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, list) and all(isinstance(each, (str, int, float)) for each in value):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False)


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
                severity=clean_line(severity if isinstance(severity, str) else _string(severity.get("name") if isinstance(severity, dict) else ""), limit=60),
                services=tuple(
                    clean_line(each if isinstance(each, str) else _string(each.get("name")), limit=200) for each in services if isinstance(each, (str, dict))
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
