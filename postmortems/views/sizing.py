"""The checklist of learning value as it comes with the start page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from incidents.access import may
from incidents.lib.text import whole
from incidents.models import Incident
from postmortems import assessing, learning

#: A field of the form that says the checklist came along: no box ticked is an answer too.
SENT = "sizing_version"
MOST_TICKS = 50


def ticks_sent(request: HttpRequest) -> list[str] | None:
    """Return what was ticked, or None where the form had no checklist."""
    return request.POST.getlist("tick")[:MOST_TICKS] if SENT in request.POST else None


def version_sent(request: HttpRequest) -> int:
    return whole(request.POST.get(SENT, "")) or 0


def context(request: HttpRequest, incident: Incident) -> dict[str, Any]:
    """Return what the checklist on the start page needs, with what was just ticked where something went wrong."""
    suggestion = learning.suggest(request.user, incident, ticks_sent(request))
    may_waive = not suggestion.is_mandatory or may(request.user, "publish")
    return {"suggestion": suggestion, "sizing_version": suggestion.assessment.version if suggestion.assessment else 0, "may_waive": may_waive}


def remember(request: HttpRequest, incident: Incident) -> None:
    """A post-mortem is about to start: there is a review. Ticks of lines that were taken away meanwhile are not worth an error."""
    ticks = ticks_sent(request)
    if ticks is not None:
        known = {line.key for line in learning.suggest(request.user, incident).lines}
        ticks = [key for key in ticks if key in known]
    assessing.decide_review(actor=request.user, incident=incident, ticks=ticks)
