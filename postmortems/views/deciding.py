"""Pages: storing the checklist of learning value, and the decision that there is no review."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from incidents.access import incident_for
from incidents.lib.conflict import Conflict
from incidents.models import Incident
from postmortems import assessing
from postmortems.forms.postmortems import StartForm
from postmortems.views.postmortems import start_page
from postmortems.views.sizing import ticks_sent, version_sent


@login_required
@require_POST
def answer(request: HttpRequest, reference: str) -> HttpResponse:
    """Store the ticks; the start page then shows what they suggest."""
    incident = incident_for(request.user, reference, "draft")
    try:
        assessing.answer(actor=request.user, incident=incident, version=version_sent(request), ticks=ticks_sent(request) or [])
    except ValidationError as error:
        return refused(request, incident, 422, error.messages[0])
    except Conflict as conflict:
        by = conflict.current.updated_by or "Somebody"
        return refused(request, incident, 409, f"{by} ticked the list meanwhile. Yours are shown here; update once more and they count.")
    return redirect("postmortems:start", incident.reference)


@login_required
@require_POST
def no_review(request: HttpRequest, reference: str) -> HttpResponse:
    incident = incident_for(request.user, reference, "draft")
    given: dict[str, Any] = {"version": version_sent(request), "ticks": ticks_sent(request), "reason": request.POST.get("reason", "")}
    try:
        assessing.decide_none(actor=request.user, incident=incident, **given)
    except ValidationError as error:
        return refused(request, incident, 422, error.messages[0])
    except Conflict as conflict:
        by = conflict.current.updated_by or "Somebody"
        return refused(request, incident, 409, f"{by} ticked or decided meanwhile. Nothing is recorded yet; look again, then decide.")
    messages.success(request, "Recorded: there is no review, with your reason. One can still be started at any time.")
    return redirect(incident)


def refused(request: HttpRequest, incident: Incident, status: int, problem: str) -> HttpResponse:
    return start_page(request, incident, StartForm(actor=request.user, incident=incident), status, problem=problem)
