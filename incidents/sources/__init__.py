"""The registry of timeline sources, in the order of `settings.TIMELINE_SOURCES`."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from django.conf import settings

from incidents.sources.base import Payload, Source
from incidents.sources.drafts import SourceError


@cache
def registered() -> dict[str, Source]:
    """Return every source by name. Each module of the setting has one, called SOURCE."""
    sources: list[Source] = [import_module(path).SOURCE for path in settings.TIMELINE_SOURCES]
    return {source.name: source for source in sources}


@cache
def labels() -> dict[str, str]:
    """Return what people call each source, by its stored name; entries by hand are one of them."""
    return {source.name: source.label for source in registered().values()} | {"manual": "By hand"}


def named(name: str) -> Source:
    """Return the source of that name. Raises SourceError naming the known ones."""
    try:
        return registered()[name]
    except KeyError:
        raise SourceError(f"There is no source “{name}”. Known: {', '.join(registered())}.") from None


def detect(payload: Payload) -> Source:
    """Return the source that is surest of the payload. Raises SourceError when none recognises it."""
    if payload.size == 0:
        raise SourceError("The file is empty.")
    best, certainty = None, 0
    for source in registered().values():
        payload.file.seek(0)
        found = source.detect(payload)
        if found > certainty:
            best, certainty = source, found
    payload.file.seek(0)
    if best is None:
        raise SourceError("This is none of the formats Debrief reads. Paste the text, or export it as CSV or JSON with a time and a text for each event.")
    return best
