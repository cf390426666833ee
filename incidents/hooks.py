"""Questions that other apps answer. An app registers a function in its `ready()`; this module knows none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from incidents.access import Actor


@dataclass(frozen=True)
class Panel:
    """A block on a page of ours that another app fills: a template and its context."""

    template: str
    context: dict[str, Any]


#: (actor, incident) -> a panel for the incident page, or None
incident_panels: list[Callable[[Actor, Any], Panel | None]] = []
#: (actor) -> a panel for the home page, or None
home_panels: list[Callable[[Actor], Panel | None]] = []
#: (actor) -> references of things in the audit log that the actor may not know of
hidden_subjects: list[Callable[[Actor], set[str]]] = []
