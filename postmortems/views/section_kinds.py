"""What a kind of section shows besides its text: one function a kind, found in `CONTEXTS`, and its template beside the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from incidents import measuring
from incidents.forms.custom_fields import forms_for
from incidents.models import MilestoneKind, Salience
from postmortems import covering, factors, kinds, overview
from postmortems.forms.action_items import ActionItemForm
from postmortems.models import Perspective, Postmortem, Section, SectionKind, Shared
from postmortems.views.action_items import with_wording
from postmortems.views.factors import factor_rows

EXCERPT = 40


def kind_context(postmortem: Postmortem, section: Section) -> dict[str, Any]:
    """Return what the page of a section of this kind needs besides its form."""
    show = CONTEXTS.get(section.kind)
    return show(postmortem, section) if show else {}


def milestone_context(postmortem: Postmortem, _section: Section) -> dict[str, Any]:
    incidents = covering.incidents_of(postmortem)
    by_incident = {incident: {row.kind_id: row for row in rows} for incident, rows in overview.moments_of(incidents).items()}
    of_milestones, definitions, now = list(MilestoneKind.objects.all()), measuring.definitions(), timezone.now()
    shown = [
        {
            "incident": incident,
            "milestones": [(kind, by_incident[incident.pk].get(kind.pk)) for kind in of_milestones],
            "measures": measuring.measures(by_incident[incident.pk].values(), now, definitions),
        }
        for incident in incidents
    ]
    return {**shown[0], "covered": shown[1:]}


def timeline_context(postmortem: Postmortem, section: Section) -> dict[str, Any]:
    incidents = covering.incidents_of(postmortem)
    shown = section.values.get("show", "key")
    total, chosen = overview.committed(incidents).unfused().count(), overview.printed_entries(incidents, shown)
    number, entries = chosen.count(), list(chosen.defer("raw")[:EXCERPT])
    no_key_moments = shown == "key" and bool(entries) and entries[0].shown_salience != Salience.KEY
    return {
        "entries": entries,
        "entry_total": total,
        "entry_number": number,
        "entries_more": max(number - EXCERPT, 0),
        "no_key_moments": no_key_moments,
        "several": len(incidents) > 1,
    }


def action_context(postmortem: Postmortem, _section: Section) -> dict[str, Any]:
    actions = with_wording(postmortem.action_items.select_related("owner", "incident"))
    form = ActionItemForm(incident=postmortem.incident, postmortem=postmortem)
    questions = overview.action_questions(postmortem)
    return {"action_items": actions, "action_form": form, "action_questions": questions, "today": timezone.localdate()}


def factor_context(postmortem: Postmortem, _section: Section) -> dict[str, Any]:
    rows, facts = factor_rows(postmortem)
    return {"factor_rows": rows, "factor_hints": factors.hints_for(facts)}


def perspective_context(postmortem: Postmortem, _section: Section) -> dict[str, Any]:
    return {"perspectives": Perspective.objects.filter(postmortem=postmortem, state=Shared.REVIEW)[:EXCERPT]}


def field_context(postmortem: Postmortem, section: Section) -> dict[str, Any]:
    """The custom fields of each incident: as a form a piece, saved with the incident itself."""
    named = kinds.fields_of_incident(section)
    if named is None:
        return {}
    forms = forms_for(covering.incidents_of(postmortem), named)
    return {"incident_fields": forms, "only": ",".join(named), "people": next((form.people for form in forms if form.people), [])}


CONTEXTS: dict[str, Callable[[Postmortem, Section], dict[str, Any]]] = {
    SectionKind.MILESTONES: milestone_context,
    SectionKind.TIMELINE: timeline_context,
    SectionKind.ACTIONS: action_context,
    SectionKind.PERSPECTIVES: perspective_context,
    SectionKind.FACTORS: factor_context,
    SectionKind.FIELDS: field_context,
}
