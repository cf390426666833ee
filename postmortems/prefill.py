"""Pure. What a new post-mortem already knows: the first text and values of each section, from the facts of the incident.

Only what is on record is written; the rest stays empty beside its guidance. Placeholders in an administrator's texts
are names from the fixed list below, replaced as strings: no expressions, no template engine; an unknown one stays as
it is, so that it is seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from incidents.custom_fields import Told
from incidents.lib.stored import iso

PLACEHOLDER = re.compile(r"\{\{\s*([a-z][a-z0-9_.]*)\s*\}\}")
#: Every placeholder with what it stands for; shown to administrators beside the template.
PLACEHOLDERS = {
    "incident.reference": "INC-12",
    "incident.title": "the title",
    "incident.type": "the type",
    "incident.severity": "the name of the severity",
    "incident.services": "the services, separated by commas",
    "incident.team": "the team",
    "incident.lead": "who led the response",
    "incident.started": "when the impact started",
    "incident.detected": "when it was detected",
    "incident.mitigated": "when the effect stopped",
    "incident.resolved": "when all was well again",
    "incident.duration": "from impact started to mitigated",
    "incident.summary": "the incident's own summary",
}
#: Before the key of a field that administrators added.
CUSTOM = "incident.fields."
IMPACT_MOMENTS = {"impact_start": "impact_started", "impact_end": "mitigated"}


@dataclass(frozen=True)
class Facts:
    """What is known of an incident. `milestones` holds the decided ones by key, `fields` all custom fields with what was said with them."""

    reference: str
    title: str
    summary: str = ""
    type: str = ""
    severity: str = ""
    services: Sequence[str] = ()
    team: str = ""
    lead: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    milestones: Mapping[str, datetime] = field(default_factory=dict)
    fields: Sequence[Told] = ()


@dataclass(frozen=True)
class Prefilled:
    body: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def prefill(kind: str, key: str, field_names: Sequence[str], starting_text: str, facts: Facts) -> Prefilled:
    """Return the first content of a section. An administrator's starting text wins over what the section's key suggests."""
    body = fill(starting_text, facts) if starting_text.strip() else ""
    if kind == "impact":
        return Prefilled(body, impact_values(field_names, facts))
    if kind == "timeline":
        return Prefilled(body, {"show": "key"})
    if not body and key in {"summary", "q_line"}:
        body = opening(facts)
    return Prefilled(body)


def fill(text: str, facts: Facts) -> str:
    known = names(facts)
    return PLACEHOLDER.sub(lambda match: known.get(match[1], match[0]), text)


def names(facts: Facts) -> dict[str, str]:
    """What each placeholder stands for. One that is not known yet is replaced by a dash."""
    times = {name: spoken(facts.milestones.get(key), facts.zone) for name, key in MOMENTS.items()}
    start, end = facts.milestones.get("impact_started"), facts.milestones.get("mitigated")
    known = {
        "reference": facts.reference,
        "title": facts.title,
        "type": facts.type,
        "severity": facts.severity,
        "services": ", ".join(facts.services),
        "team": facts.team,
        "lead": facts.lead,
        "summary": facts.summary,
        "duration": lasting(end - start) if start and end and end >= start else "",
        **times,
        **{f"fields.{told.field.key}": told.words for told in facts.fields},
    }
    return {f"incident.{name}": value or "–" for name, value in known.items()}


MOMENTS = {"started": "impact_started", "detected": "detected", "mitigated": "mitigated", "resolved": "resolved"}


def impact_values(field_names: Sequence[str], facts: Facts) -> dict[str, str]:
    found = {name: facts.milestones.get(IMPACT_MOMENTS[name]) for name in field_names if name in IMPACT_MOMENTS}
    return {name: iso(at, "seconds") for name, at in found.items() if at}


def opening(facts: Facts) -> str:
    """The first sentences of a summary: what the incident says of itself, and when things happened."""
    return "\n\n".join(part for part in (facts.summary.strip(), when(facts)) if part)


def when(facts: Facts) -> str:
    """One to three sentences on the decided milestones; empty where none is decided."""
    start, detected = facts.milestones.get("impact_started"), facts.milestones.get("detected")
    mitigated, resolved = facts.milestones.get("mitigated"), facts.milestones.get("resolved")
    what = together(facts.services)
    sentences = []
    if start:
        sentences.append(f"The impact{f' on {what}' if what else ''} started at {spoken(start, facts.zone)}.")
    if detected:
        later = f", {lasting(detected - start)} later" if start and detected > start else ""
        sentences.append(f"It was detected at {spoken(detected, facts.zone, start)}{later}.")
    if mitigated:
        after = f" after {lasting(mitigated - start)}" if start and mitigated > start else ""
        sentences.append(f"The effect stopped at {spoken(mitigated, facts.zone, start)}{after}.")
    if resolved and resolved != mitigated:
        sentences.append(f"It was resolved at {spoken(resolved, facts.zone, start)}.")
    return " ".join(sentences)


def together(names: Sequence[str]) -> str:
    """Return "Checkout, Orders and Payments"."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def spoken(at: datetime | None, zone: ZoneInfo, reference: datetime | None = None) -> str:
    """Return "14:02 UTC on 2 March 2026", without the day where it is that of `reference`."""
    if at is None:
        return ""
    local = at.astimezone(zone)
    clock = f"{local:%H:%M} {local.tzname()}"
    same_day = reference is not None and reference.astimezone(zone).date() == local.date()
    return clock if same_day else f"{clock} on {local.day} {local:%B %Y}"


def lasting(span: timedelta) -> str:
    """Return "1 h 12 min"."""
    minutes = round(span.total_seconds() / 60)
    if minutes < 1:
        return "less than a minute"
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)
