"""What a kind of section shows besides its text: one function a kind, found in `CONTEXTS`, and its template beside the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from incidents import metrics
from incidents.models import Incident, MetricDefinition, MilestoneKind, Salience, TimelineEvent
from postmortems import factors, overview
from postmortems.forms.action_items import ActionItemForm
from postmortems.models import Perspective, Postmortem, Section, SectionKind, Shared
from postmortems.views.factors import factor_rows

EXCERPT = 40


def kind_context(postmortem: Postmortem, section: Section) -> dict[str, Any]:
    """Return what the page of a section of this kind needs besides its form."""
    show = CONTEXTS.get(section.kind)
    return show(postmortem, section) if show else {}


def milestone_context(postmortem: Postmortem, _section: Section) -> dict[str, Any]:
    rows = {row.kind_id: row for row in postmortem.incident.milestones.select_related("kind")}
    kinds = [(kind, rows.get(kind.pk)) for kind in MilestoneKind.objects.all()]
    moments = [metrics.Moment(row.kind.key, row.decision, row.at, row.proposed_at) for row in rows.values()]
    definitions = [
        metrics.Definition(row.key, row.name, row.definition, row.start.key, row.end.key, row.start.name, row.end.name)
        for row in MetricDefinition.objects.select_related("start", "end")
    ]
    return {"milestones": kinds, "measures": metrics.measure(definitions, moments, timezone.now())}


def timeline_context(postmortem: Postmortem, section: Section) -> dict[str, Any]:
    incident: Incident = postmortem.incident
    shown = section.values.get("show", "key")
    total, chosen = TimelineEvent.objects.committed(incident).unfused().count(), overview.printed_entries(incident, shown)
    number, entries = chosen.count(), list(chosen.defer("raw")[:EXCERPT])
    no_key_moments = shown == "key" and bool(entries) and entries[0].shown_salience != Salience.KEY
    return {
        "entries": entries,
        "entry_total": total,
        "entry_number": number,
        "entries_more": max(number - EXCERPT, 0),
        "no_key_moments": no_key_moments,
    }


def action_context(postmortem: Postmortem, _section: Section) -> dict[str, Any]:
    actions = postmortem.action_items.select_related("owner", "incident")
    form = ActionItemForm(incident=postmortem.incident, postmortem=postmortem)
    questions = overview.action_questions(postmortem)
    return {"action_items": actions, "action_form": form, "action_questions": questions, "today": timezone.localdate()}


def factor_context(postmortem: Postmortem, _section: Section) -> dict[str, Any]:
    rows, facts = factor_rows(postmortem)
    return {"factor_rows": rows, "factor_hints": factors.hints_for(facts)}


def perspective_context(postmortem: Postmortem, _section: Section) -> dict[str, Any]:
    return {"perspectives": Perspective.objects.filter(postmortem=postmortem, state=Shared.REVIEW)[:EXCERPT]}


CONTEXTS: dict[str, Callable[[Postmortem, Section], dict[str, Any]]] = {
    SectionKind.MILESTONES: milestone_context,
    SectionKind.TIMELINE: timeline_context,
    SectionKind.ACTIONS: action_context,
    SectionKind.PERSPECTIVES: perspective_context,
    SectionKind.FACTORS: factor_context,
}
