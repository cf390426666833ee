"""Pages: what the coach asks about an action item, while it is being written and in its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from incidents.access import incident_for, require
from incidents.lib.text import clean_line, clean_text
from incidents.models import Incident
from postmortems import coaching
from postmortems.coach.actions import Given
from postmortems.models import ActionItem
from postmortems.views.postmortems import draft_for


def given_in(values: Mapping[str, Any]) -> Given:
    """What a form holds so far, whether it is valid or not."""
    return Given(
        title=clean_line(str(values.get("title") or "")),
        description=clean_text(str(values.get("description") or ""), limit=20_000),
        has_owner=bool(values.get("owner")),
        has_due_date=bool(values.get("due_on")),
        has_kind=bool(values.get("kind")),
    )


def advice_on(item: ActionItem) -> coaching.ActionAdvice:
    given = Given(item.title, item.description, item.owner_id is not None, item.due_on is not None, bool(item.kind))
    return coaching.advise_action(given, coaching.names_in([item.incident_id]))


@login_required
@require_POST
def action_coach(request: HttpRequest, reference: str) -> HttpResponse:
    """Say what the coach would ask about an action item of a post-mortem (PM-12) or an incident (INC-12) as it stands in the form."""
    incident: Incident = draft_for(request.user, reference).incident if reference.upper().startswith("PM-") else incident_for(request.user, reference)
    require(request.user, "draft")
    advice = coaching.advise_action(given_in(request.POST), coaching.names_in([incident.pk]))
    return render(request, "postmortems/_action_coach.html", {"advice": advice})
