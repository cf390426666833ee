"""Pure. What the keys of any JSON mean for an endpoint: fields of its events, as of every import, and fields of the incident."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from incidents.lib.text import clean_line
from incidents.routing import Facts
from incidents.senders import value_at
from incidents.sources.fields import FIELDS

INCIDENT_FIELDS = {
    "incident_key": "Key of the incident",
    "incident_title": "Title of the incident",
    "incident_severity": "Severity",
    "incident_service": "Service",
}
CHOICES = {**FIELDS, **INCIDENT_FIELDS}
MAX_KEYS = 200
MAX_LABELS = 60
DEPTH = 4


def cleaned(mapping: Any) -> dict[str, str]:
    """Return the mapping as it is kept; "" leaves a key out of the events. Raises ValueError for a field that is none."""
    if not isinstance(mapping, Mapping):
        raise ValueError("A mapping is an object of key and field.")
    found = {}
    for key, field in list(mapping.items())[:MAX_KEYS]:
        if not isinstance(field, str) or (field and field not in CHOICES):
            raise ValueError(f"There is no field “{clean_line(str(field), limit=40)}”. Known: {', '.join(CHOICES)}.")
        found[clean_line(str(key), limit=200)] = field
    return found


def of_events(mapping: Mapping[str, str]) -> dict[str, str]:
    """Return the part that reading events takes; a key that only names the incident is no field of an event."""
    return {key: "" if field in INCIDENT_FIELDS else field for key, field in mapping.items()}


def of_incident(mapping: Mapping[str, str], document: Any) -> dict[str, str]:
    """Return key, title, severity and service as the mapping finds them in the document."""
    found: dict[str, str] = {}
    for key, field in mapping.items():
        if field in INCIDENT_FIELDS and (value := clean_line(first_at(document, key), limit=300)):
            found.setdefault(field.removeprefix("incident_"), value)
    return found


def first_at(document: Any, path: str) -> str:
    """Return the value at the path in the first object, from the outside in, that has one."""
    waiting, seen = [document], 0
    while waiting and seen < 1000:
        value, seen = waiting.pop(0), seen + 1
        if found := value_at(value, path) if isinstance(value, dict) else "":
            return found
        waiting += [each for each in (value.values() if isinstance(value, dict) else value) if isinstance(each, (dict, list))][:100]
    return ""


def labels_of(document: Any) -> tuple[tuple[str, str], ...]:
    """Return the scalars of a JSON object under their dotted keys, so that rules can ask for any of them."""
    found = []
    for path, value in _leaves(document, ()):
        found.append((clean_line(".".join(path), limit=100), clean_line(value, limit=200)))
        if len(found) >= MAX_LABELS:
            break
    return tuple(found)


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, dict) and len(path) < DEPTH:
        for key, each in value.items():
            yield from _leaves(each, (*path, key))
    elif path and isinstance(value, (str, int, float)):
        yield path, ("true" if value else "false") if isinstance(value, bool) else str(value)


def completed(facts: Facts, mapping: Mapping[str, str], document: Any, *, is_generic: bool) -> Facts:
    """Return the facts with what the mapping says, which has the last word, and for JSON of any tool with its scalars as labels."""
    said = of_incident(mapping, document)
    services = (said["service"],) if "service" in said else facts.services
    labels = facts.labels or (labels_of(document) if is_generic else ())
    named: dict[str, Any] = {name: said[name] for name in ("key", "title", "severity") if name in said}
    return replace(facts, services=services, labels=labels, **named)
