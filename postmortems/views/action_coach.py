"""Pages: what the coach asks about an action item, while it is being written and in its form."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_POST

from incidents.access import incident_for, require
from incidents.lib.text import clean_line, clean_text
from incidents.models import Incident
from postmortems import coaching
from postmortems.action_quality import NEED_NO_FACTOR
from postmortems.coach.actions import Given
from postmortems.models import ActionItem, Postmortem
from postmortems.views.postmortems import draft_for


def given_in(values: QueryDict, postmortem: Postmortem | None) -> Given:
    """What a form holds so far, whether it is valid or not."""
    return Given(
        title=clean_line(values.get("title") or ""),
        description=clean_text(values.get("description") or "", limit=20_000),
        done_when=clean_text(values.get("done_when") or "", limit=2_000),
        has_owner=bool(values.get("owner")),
        has_due_date=bool(values.get("due_on")),
        has_kind=bool(values.get("kind")),
        factors=len(values.getlist("factors")) if asks_for_factors(values.get("kind") or "", postmortem) else None,
    )


def advice_on(item: ActionItem) -> coaching.ActionAdvice:
    """What there is to say about the title of a stored item; what its fields leave open stands beside the form."""
    return coaching.advise_action(Given(item.title, item.description, done_when=item.done_when), coaching.names_in([item.incident_id]))


def asks_for_factors(kind: str, postmortem: Postmortem | None) -> bool:
    """Say whether there are factors that an item of this kind could act on."""
    return postmortem is not None and kind not in NEED_NO_FACTOR and postmortem.factors.exists()


@login_required
@require_POST
def action_coach(request: HttpRequest, reference: str) -> HttpResponse:
    """Say what the coach would ask about an action item of a post-mortem (PM-12) or an incident (INC-12) as it stands in the form."""
    postmortem = draft_for(request.user, reference) if reference.upper().startswith("PM-") else None
    incident: Incident = postmortem.incident if postmortem else incident_for(request.user, reference)
    require(request.user, "draft")
    advice = coaching.advise_action(given_in(request.POST, postmortem), coaching.names_in([incident.pk]))
    return render(request, "postmortems/_action_coach.html", {"advice": advice})
