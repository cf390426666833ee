"""Reads. The contributing factors of a document: frozen rows, which outside the team carry no evidence and no names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from incidents import timeline
from incidents.lib.text import clean_line, clean_text
from incidents.models import TimelineEvent
from postmortems import chains
from postmortems.factors import POLARITY
from postmortems.models import Factor, Postmortem, Section
from postmortems.naming import hider
from postmortems.overview import factors_of

MOST_EVIDENCE = 20
LONGEST_EVIDENCE = 300


def rows(postmortem: Postmortem, zone: ZoneInfo, *, internal: bool, shows_actions: bool = True) -> list[dict[str, Any]]:
    """Return the factors in order, numbered from 1. Links name the number of the factor they lead to."""
    factors = factors_of(postmortem)
    numbers = {factor.pk: number for number, factor in enumerate(factors, start=1)}
    return [row_of(factor, numbers, zone, internal=internal, shows_actions=shows_actions) for factor in factors]


def row_of(factor: Factor, numbers: dict[int, int], zone: ZoneInfo, *, internal: bool, shows_actions: bool) -> dict[str, Any]:
    leaf = factor.leaf
    links = [link for link in factor.links.all() if link.target_id in numbers]
    return {
        "number": numbers[factor.pk],
        "statement": clean_text(factor.statement).strip(),
        "mechanism": clean_text(factor.mechanism).strip(),
        "kind": factor.kind,
        "kind_name": factor.get_kind_display() if factor.kind else "",
        "polarity": POLARITY.get(factor.kind, ""),
        "leaf": {"key": leaf.key, "name": leaf.name, "group": leaf.group.key, "group_name": leaf.group.name} if leaf else None,
        "stage": factor.stage,
        "stage_name": factor.get_stage_display() if factor.stage else "",
        "confidence": factor.confidence,
        "evidence": [evidence_of(event, zone) for event in sorted(factor.events.all(), key=lambda event: (event.at, event.pk))[:MOST_EVIDENCE]]
        if internal
        else [],
        "from_account": factor.from_account and internal,
        "evidence_link": factor.evidence_link if internal else "",
        "actions": [item.reference for item in factor.actions.all()] if shows_actions else [],
        "links": [{"to": numbers[link.target_id], "relation": link.relation, "relation_name": link.get_relation_display()} for link in links],
    }


def evidence_of(event: TimelineEvent, zone: ZoneInfo) -> dict[str, str]:
    text = clean_line(event.shown_text, limit=LONGEST_EVIDENCE)
    here = event.at.astimezone(zone)
    return {
        "local": f"{here.day} {here:%b}, {timeline.clock(event.at, event.shown_precision, zone)}",
        "actor": clean_line(event.actor, limit=100),
        "text": text,
    }


def trigger_row(postmortem: Postmortem) -> dict[str, str] | None:
    return {"key": postmortem.trigger, "name": postmortem.get_trigger_display()} if postmortem.trigger else None


def without_names(factors: Sequence[dict[str, Any]], aliases: Mapping[str, str]) -> list[dict[str, Any]]:
    hide = hider(aliases)
    return [row | {"statement": hide(row["statement"]), "mechanism": hide(row["mechanism"])} for row in factors]


def lead(postmortem: Postmortem, sections: Iterable[Section], factors: Sequence[dict[str, Any]]) -> dict[int, str]:
    """Give the factors the chains of questions that lead to them in these sections, and return how those tell of each: id -> "Factor 3: What it says"."""
    found = chains.chains_in(sections)
    if not found:
        return {}
    numbers = list(postmortem.factors.values_list("pk", flat=True))
    named = {}
    for pk, factor in zip(numbers, factors, strict=False):
        factor["chains"] = [
            {
                "key": one.key,
                "title": clean_line(one.title),
                "steps": [{"question": clean_line(asked), "answer": clean_text(said).strip()} for asked, said in one.steps],
            }
            for one in found.get(pk, [])
        ]
        named[pk] = f"Factor {factor['number']}: {factor['statement']}"
    return named
