"""Pure. The loops of sources whose events are JSON objects: each object that is found goes to the reader of its shape.

A vendor is a table of readers (`Format`), or one function that yields what an object says: as drafts, or as facts that the loop places.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from incidents.lib.timestamps import read_machine
from incidents.sources import envelopes
from incidents.sources.base import Item, Payload
from incidents.sources.drafting import SAME_MOMENT, Clock, Drafts, Raw, draft
from incidents.sources.drafts import EventDraft, IncidentDraft, ReadOptions, Rejected, SourceError
from incidents.sources.envelopes import Found, ShapeOf, found_in

Reader = Callable[[Drafts, dict[str, Any], str, str], Iterator[Item]]


@dataclass(frozen=True)
class Format:
    """`shape` names what of the vendor's a value is, "" for nothing of it; `lists` are taken apart while the file is read."""

    vendor: str
    lists: tuple[str, ...]
    shape: ShapeOf
    readers: Mapping[str, Reader]
    nothing: str  # what is said when there is no event, and what would be one
    silent: frozenset[str] = frozenset()  # shapes that stand beside what happened: no complaint about them, and no reason to claim a file


def certainty(payload: Payload, form: Format) -> int:
    return envelopes.certainty(payload, form.shape, form.lists, beside=form.silent)


def read_objects(payload: Payload, options: ReadOptions, form: Format) -> Iterator[Item]:
    """Yield what the readers of a format make of a file. Raises SourceError when there is no event and no incident in it."""
    drafts = Drafts(options)
    for found in found_in(payload, form.shape, form.lists, form.vendor):
        if isinstance(found, Rejected):
            yield found
        elif found.shape not in form.silent:
            yield from form.readers[found.shape](drafts, found.value, found.where, found.raw)
    if not drafts.order and not drafts.incidents:
        raise SourceError(form.nothing)


def nothing_of(drafts: Drafts, value: Mapping[str, Any], where: str, raw: str) -> Iterator[Item]:
    """The reader of what is the vendor's, but holds no event."""
    return iter(())


def read_each(
    payload: Payload, lists: Collection[str], shape_of: ShapeOf, read: Callable[[dict[str, Any], str, Raw], Iterator[Item]], vendor: str
) -> Iterator[Item]:
    """Yield what `read` makes of each object."""
    for found in found_in(payload, shape_of, lists, vendor):
        if isinstance(found, Rejected):
            yield found
        else:
            yield from read(found.value, found.where, found.text or found.value)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened, as the vendor's reader found it. Without a time `at` it happened when it was received."""

    at: Any
    text: str
    key: str
    kind: str
    rule: str
    actor: str = ""
    url: Any = ""
    milestone: str = ""
    salience: int = 1
    part: str = ""  # the part of the object it stands in: ".activity[3]"
    recorded: Any = None
    revised: str = ""
    raw: Any = None  # the part itself, when the object holds many


Facts = Callable[[dict[str, Any]], Iterator[Fact | IncidentDraft | Rejected]]


def read_facts(
    payload: Payload, options: ReadOptions, shape_of: ShapeOf, facts: Facts, vendor: str, lists: Collection[str] = (), clock: Clock = read_machine
) -> Iterator[Item]:
    """Yield what `facts` finds in every object. Raises SourceError when nothing of it happened."""
    order = seen = 0
    reason = ""
    said: set[str] = set()
    for found in found_in(payload, shape_of, lists, vendor):
        if isinstance(found, Rejected):
            yield found
            continue
        seen += 1
        for fact in facts(found.value):
            item = _placed(fact, found, options, order + 1, clock)
            if isinstance(item, EventDraft):
                if item.milestone and item.key in said:  # an alert that is told twice began once
                    continue
                said.add(item.key)
                order += 1
            elif isinstance(item, Rejected):
                reason = reason or item.reason
            yield item
    if not order:
        what = "What it holds does not say that anything happened." if seen else "There is nothing in it that is known here."
        raise SourceError(f"This file gives no event of {vendor}. {reason or what}")


def _placed(fact: Fact | IncidentDraft | Rejected, found: Found, options: ReadOptions, order: int, clock: Clock) -> Item:
    """Return the draft of what one object says."""
    if isinstance(fact, IncidentDraft):
        return fact
    base = "" if found.where == "the document" else found.where
    where = (base + (fact.part if isinstance(fact, Fact) else fact.where)).lstrip(".") or "the document"
    if isinstance(fact, Rejected):
        return replace(fact, where=where)
    return draft(
        fact.at,
        fact.text,
        key=fact.key,
        where=where,
        raw=found.raw if fact.raw is None else fact.raw,
        options=options,
        order=order,
        kind=fact.kind,
        rule=fact.rule,
        salience=fact.salience,
        actor=fact.actor,
        url=fact.url,
        milestone=fact.milestone,
        recorded=fact.recorded,
        later=SAME_MOMENT,
        revised=fact.revised,
        received=lambda: found.received,
        dated=True,
        clock=clock,
    )
