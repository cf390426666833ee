"""Pure. What the sources of monitoring tools share: opening what a signal is wrapped in, and making drafts of its facts.

A signal reaches us bare, logged with the request around it, through SNS, SQS or Pub/Sub, as JSON in a string, in pages and in lists.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from incidents.lib import strict_json
from incidents.lib.strict_json import JsonError
from incidents.lib.text import clean_line, clean_text
from incidents.lib.timestamps import Moment, TimeError, read_machine
from incidents.sources.base import Item, Payload
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError, tidy
from incidents.sources.json_stream import MAX_RAW, read_nodes, sample
from incidents.sources.values import as_json, digest, mapping, scalar, string

WRAPPERS = (
    "body", "Body", "payload", "data", "Data", "Message", "message", "Sns", "Records", "records", "Messages", "RequestBody", "request", "json", "detail", "event", "_source",
)  # fmt: skip
RECEIVED = ("received_at", "receivedAt", "received", "@timestamp", "timestamp", "Timestamp", "time", "date", "publishTime", "created_at", "createdAt")
RECEIVED_HEADERS = ("sentry-hook-timestamp", "x-received-at", "date")
DEPTH = 8
SMALL = 1_000_000
BASE64_OF_JSON = re.compile(r"(?:eyJ|ewo|eyA|ew0|W3s)[A-Za-z0-9+/_\-\s]{8,}={0,2}\s*")


@dataclass(frozen=True, slots=True)
class Found:
    """An object that a source knows, where it stood, and when what it was wrapped in says that it was received."""

    value: Mapping[str, Any]
    suffix: str = ""
    received: Any = None


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened, as the vendor's reader found it. Without a time `at` it happened when it was received."""

    at: Any
    text: str
    key: str
    kind: str
    rule: str
    actor: str = ""
    url: str = ""
    milestone: str = ""
    salience: int = 1
    part: str = ""  # the part of the object it stands in: ".activity[3]"
    recorded: Any = None
    revised: str = ""
    raw: Any = None  # the part itself, when the object holds many


Known = Callable[[Mapping[str, Any]], object]
Facts = Callable[[Mapping[str, Any]], Iterator[Fact | IncidentDraft | Rejected]]
Clock = Callable[[object, str, Any], Moment]


def opened(value: Any, known: Known, wrappers: Collection[str] = WRAPPERS, suffix: str = "", received: Any = None, depth: int = 0) -> Iterator[Found]:
    """Yield the objects in a value that are `known`: itself, or what it wraps."""
    value = _parsed(value)
    if isinstance(value, dict) and known(value):
        yield Found(value, suffix, received)
    elif depth < DEPTH and isinstance(value, list):
        for number, each in enumerate(value):
            if isinstance(each, (dict, list)):
                yield from opened(each, known, wrappers, f"{suffix}[{number}]", received, depth + 1)
    elif depth < DEPTH and isinstance(value, dict):
        received = _received(value) or received
        if value and all(isinstance(each, dict) and "payload" in each for each in value.values()):  # kept by name, as mocks are
            for name, each in value.items():
                yield from opened(each["payload"], known, wrappers, f"{suffix}.{name}.payload", received, depth + 1)
        for key in wrappers:
            if isinstance(value.get(key), (dict, list, str)):
                yield from opened(value[key], known, wrappers, f"{suffix}.{key}", received, depth + 1)


def _parsed(value: Any) -> Any:
    """Return JSON that stands in a string, plain or as base64."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text[:1] not in ("{", "[") and BASE64_OF_JSON.fullmatch(text):
        try:
            text = base64.b64decode(text, altchars=b"-_" if "-" in text or "_" in text else None).decode("utf-8").strip()
        except (binascii.Error, ValueError):
            return value
    if text[:1] not in ("{", "["):
        return value
    try:
        return strict_json.loads(text)
    except JsonError:
        return value


def _received(wrapper: Mapping[str, Any]) -> Any:
    headers = {str(key).lower(): each for key, each in mapping(wrapper.get("headers")).items()}
    for value in [headers.get(name) for name in RECEIVED_HEADERS] + [wrapper.get(name) for name in RECEIVED]:
        value = value[0] if isinstance(value, list) and value else value
        try:
            if not isinstance(value, (dict, list)) and read_machine(value).at is not None:
                return value
        except TimeError:
            continue
    return None


def share_known(payload: Payload, known: Known, lists: Collection[str] = (), wrappers: Collection[str] = WRAPPERS, certainty: int = 95) -> int:
    """Return the certainty when at least half of the first nodes are known, else 0. Of a large file every list is taken apart, so that little is read."""
    nodes = sample(payload, lists if payload.size <= SMALL else None, 12)
    found = sum(any(opened(node.value, known, wrappers)) for node in nodes)
    return certainty if found and found * 2 >= sum(not node.rest for node in nodes) else 0


def read_signals(
    payload: Payload,
    options: ReadOptions,
    known: Known,
    facts: Facts,
    vendor: str,
    lists: Collection[str] = (),
    wrappers: Collection[str] = WRAPPERS,
    clock: Clock = read_machine,
) -> Iterator[Item]:
    """Yield what `facts` finds in every known object of a payload."""
    order = seen = 0
    reason = ""
    said: set[str] = set()
    for node in read_nodes(payload, lists):
        if node.error:
            yield Rejected(node.where, node.error)
            continue
        nothing = True
        for found in opened(node.value, known, wrappers):
            nothing, seen = False, seen + 1
            base = node.where if node.path or node.line or node.page > 1 else ""
            where = f"{base}{found.suffix}"
            for fact in facts(found.value):
                if not isinstance(fact, Fact):
                    reason = reason or (fact.reason if isinstance(fact, Rejected) else "")
                    yield replace(fact, where=_place(f"{where}{fact.where}")) if isinstance(fact, Rejected) else fact
                    continue
                raw = as_json(fact.raw) if fact.raw is not None else node.raw if not found.suffix else as_json(found.value)
                item = _draft(fact, _place(f"{where}{fact.part}"), raw, order + 1, found.received, options, clock)
                if isinstance(item, EventDraft):
                    if item.milestone and item.key in said:  # an alert that is told twice began once
                        continue
                    said.add(item.key)
                    order += 1
                elif isinstance(item, Rejected):
                    reason = reason or item.reason
                yield item
        if nothing and not node.rest:
            yield Rejected(node.where, f"This is no event of {vendor} that Debrief knows.")
    if not order:
        what = "What it holds does not say that anything happened." if seen else "There is nothing in it that is known here."
        raise SourceError(f"This file gives no event of {vendor}. {reason or what}")


def _place(where: str) -> str:
    return where.lstrip(".") or "the document"


def _draft(fact: Fact, where: str, raw: str, order: int, received: Any, options: ReadOptions, clock: Clock) -> Item:
    key = fact.key
    try:
        moment = clock(fact.at, options.time_zone, options.latest)
        if moment.at is None and not moment.needs:
            moment = clock(received, options.time_zone, options.latest)
            key = f"{key}:{second_of(received)}" if moment.at else key
        if moment.at is None and not moment.needs and options.date is not None:
            moment = clock(options.date.isoformat(), options.time_zone or "UTC", options.latest)
        recorded = clock(fact.recorded, options.time_zone, options.latest).at
    except TimeError as error:
        return Rejected(where, str(error))
    return EventDraft(
        at=moment.at,
        text=clean_text(fact.text.strip(), limit=20_000) or fact.kind,
        key=key_of(key),
        where=tidy(where, 200),
        order=order,
        needs=moment.needs or ("" if moment.at else "date"),
        local=tidy(moment.local, 100),
        zone=moment.zone,
        zone_assumed=moment.zone_assumed,
        precision=moment.precision,
        kind=fact.kind,
        rule=tidy(fact.rule.strip(), 60),
        salience=fact.salience,
        actor=clean_line(fact.actor, limit=200),
        url=link(fact.url),
        milestone=fact.milestone,
        raw=clean_text(raw[:MAX_RAW]),
        recorded=recorded if recorded is not None and moment.at is not None and abs((recorded - moment.at).total_seconds()) >= 60 else None,
        revised=fact.revised,
    )


def key_of(key: str) -> str:
    """Return a key that is stored as it is: what is too long ends in a digest of the whole."""
    line = clean_line(key, limit=1000) or "?"
    return line if len(line) <= 200 else f"{line[:170]}:{digest(key)}"


def about(
    title: str = "",
    summary: str = "",
    severity: str = "",
    services: Collection[str] = (),
    url: str = "",
    key: str = "",
    labels: Mapping[str, Any] | None = None,
) -> IncidentDraft:
    """Return an incident's draft, cleaned. Labels that are no text are left out."""
    return IncidentDraft(
        title=clean_line(title),
        summary=clean_text(summary.strip(), limit=20_000),
        severity=clean_line(severity, limit=60),
        services=tuple(clean_line(each, limit=200) for each in services if each),
        url=link(url),
        key=key_of(key) if key else "",
        labels=tuple((clean_line(str(name), limit=100), clean_line(scalar(each), limit=200)) for name, each in (labels or {}).items() if scalar(each))[:40],
    )


def link(value: Any) -> str:
    text = string(value).strip()
    return clean_line(text, limit=1000) if text.startswith(("https://", "http://")) else ""


def strings(value: Any) -> list[str]:
    """Return the texts in a list; a text alone is a list of one."""
    return [value] if isinstance(value, str) and value else [each for each in value if isinstance(each, str) and each] if isinstance(value, list) else []


def first(value: Mapping[str, Any], *keys: str) -> Any:
    """Return the first of these members that holds something."""
    return next((value[key] for key in keys if value.get(key) not in (None, "", [], {})), None)


def line_of(*parts: Any, between: str = ": ") -> str:
    """Join the parts that hold something, each once: a title that the text begins with is said by it."""
    found: list[str] = []
    for part in parts:
        text = scalar(part).strip()
        if found and text.startswith(found[-1]):
            found.pop()
        if text and text not in found:
            found.append(text)
    return between.join(found)


def flattened(value: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return the members of an object, and of those in it, by their names in small letters and digits only.

    People write templates: "AlertTransition", "alert_transition" and "alert": {"transition"} are theirs to choose. A
    variable that nothing was put in for ("$HOSTNAME") holds nothing.
    """
    found: dict[str, Any] = {}
    for key, each in value.items():
        name = re.sub(r"[^a-z0-9]", "", str(key).lower())
        if isinstance(each, dict) and depth < 2:
            inner = flattened(each, depth + 1)
            found = {**inner, **{f"{name}{part}": held for part, held in inner.items()}, **found}
        elif each not in (None, "") and not (isinstance(each, str) and UNFILLED.fullmatch(each.strip())):
            found[name] = each
    return found


def second_of(value: Any, latest: Any = None) -> str:
    """Return the second of a time for a key, the same for every spelling of it; the text itself when it is no time."""
    try:
        at = read_machine(value, "UTC", latest).at
    except TimeError:
        at = None
    return f"{at:%Y%m%dT%H%M%S}" if at else str(value)[:60]


UNFILLED = re.compile(r"\$[A-Z_]+(?:\[\w.\-]+\])?|\{\{.*\}\}|null|N/A")
MARKS = (
    (re.compile(r"%%%"), ""),
    (re.compile(r"<!--.{0,2000}?-->", re.DOTALL), ""),
    (re.compile(r"<br\s*/?>|</(?:p|div|li|h[1-6]|tr)>", re.IGNORECASE), "\n"),
    (re.compile(r"</?[A-Za-z][^<>]{0,400}>"), ""),
    (re.compile(r"!\[[^\]\n]{0,300}\]\([^)\s]{0,2000}\)"), ""),
    (re.compile(r"\[([^\[\]\n]{0,300})\]\([^)\s]{0,2000}(?:\s\"[^\"\n]{0,200}\")?\)"), r"\1"),
    (re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE), ""),
    (re.compile(r"(\*\*|__|``?)(?=\S)(.{1,500}?)(?<=\S)\1"), r"\2"),
    (re.compile(r"^\s*(?:[-*_]\s*){3,}$", re.MULTILINE), ""),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
    (re.compile(r"\n{3,}"), "\n\n"),
)


def plain(text: Any, limit: int = 4000) -> str:
    """Return Markdown or HTML as the text a reader sees, roughly: links by their words, no images, no emphasis."""
    found = string(text)[: limit * 4]
    for pattern, instead in MARKS:
        found = pattern.sub(instead, found)
    return html.unescape(found).strip()[:limit]
