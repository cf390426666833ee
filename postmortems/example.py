"""Pure. The incident that a template is previewed with: made up, and as full as a real one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from incidents.custom_fields import Field, Told, words
from postmortems.prefill import Facts

START = datetime(2026, 3, 3, 9, 12, tzinfo=UTC)
FACTS = Facts(
    reference="INC-0",
    title="Orders are confirmed twice after a queue was moved",
    summary="For an hour and a half about one order in twelve was confirmed and charged twice. The second charge was returned the same day.",
    type="Service disruption",
    severity="SEV2",
    services=["Orders", "Payments"],
    team="Order flow",
    lead="Noor Haddad",
    zone=ZoneInfo("Europe/Amsterdam"),
    milestones={
        "impact_started": START,
        "detected": START + timedelta(minutes=26),
        "acknowledged": START + timedelta(minutes=31),
        "mitigated": START + timedelta(minutes=94),
        "resolved": START + timedelta(hours=5),
    },
)


VALUES = {"text": "As an example", "number": 12, "date": "2026-03-03", "moment": "2026-03-03T09:12:00Z", "switch": True, "person": "Noor Haddad"}


def facts(fields: Iterable[Field]) -> Facts:
    """The example with a value in each of the fields that incidents have here."""
    values = [(one, [one.options[0].key] if one.options else VALUES.get(one.kind, "https://example.org/status")) for one in fields]
    return replace(FACTS, fields=[Told(one, value, words(one, value, FACTS.zone)) for one, value in values])


@dataclass(frozen=True)
class Entry:
    """One entry of the timeline as the preview shows it."""

    at: datetime
    kind: str
    actor: str
    text: str


ENTRIES = (
    Entry(START - timedelta(minutes=14), "Change", "deploy bot", "orders 7.3.0 is out: consumers read from the new queue"),
    Entry(START + timedelta(minutes=26), "Message", "Support desk", "Two customers write that they were charged twice"),
    Entry(START + timedelta(minutes=31), "Acknowledgement", "Noor Haddad", "Looking into it, reading the payment log"),
    Entry(START + timedelta(minutes=52), "Hypothesis", "Jonas Weir", "Both queues are read: the old consumers were never stopped"),
    Entry(START + timedelta(minutes=94), "Mitigation", "Noor Haddad", "Old consumers are stopped, no second confirmation since"),
)
ACTIONS = (
    ("Stop old consumers as a step of every queue move", "Jonas Weir", "in two weeks"),
    ("Refuse a second charge for the same order", "Payments", "in a month"),
)
