"""Page: moving a post-mortem to the newest version of its template, section by section."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from incidents.access import require
from incidents.lib.conflict import Conflict
from incidents.lib.text import whole
from incidents.lib.worddiff import word_diff
from postmortems import moving
from postmortems.access import check_open
from postmortems.models import Postmortem, TemplateVersion
from postmortems.views.postmortems import draft_for


def version_of(postmortem: Postmortem, number: str) -> TemplateVersion:
    """Return the version named, else the newest. Raises Http404 where there is no template or no such version."""
    if postmortem.template is None:
        raise Http404
    versions = postmortem.template.versions.select_related("saved_by")
    found = versions.filter(number=whole(number) or 0).first() if number else versions.first()
    if found is None:
        raise Http404
    return found


@login_required
@require_http_methods(["GET", "POST"])
def template_move(request: HttpRequest, reference: str) -> HttpResponse:
    """Compare each section with the version, and take over what is chosen."""
    postmortem = draft_for(request.user, reference)
    check_open(postmortem)
    given = request.POST if request.method == "POST" else request.GET
    version = version_of(postmortem, given.get("to", ""))
    if request.method == "GET":
        return page(request, postmortem, version)
    require(request.user, "draft")
    seen = whole(given.get("version", "")) or 0
    chosen: dict[str, Any] = {"take": request.POST.getlist("take")[:100], "take_order": request.POST.get("order") == "1"}
    try:
        moving.move(actor=request.user, postmortem=postmortem, version=version, seen=seen, **chosen)
    except Conflict as conflict:
        return page(request, conflict.current, version, 409, "Somebody changed this post-mortem meanwhile. Nothing is taken over yet; look again.")
    messages.success(request, f"The post-mortem follows version {version.number} of its template. What you did not take stays as it was.")
    return redirect(postmortem)


def page(request: HttpRequest, postmortem: Postmortem, version: TemplateVersion, status: int = 200, problem: str = "") -> HttpResponse:
    planned = moving.plan(postmortem, version)
    is_newer = postmortem.template_version != version.number
    rows: list[dict[str, Any]] = [
        {
            "step": step,
            "parts": [(part.label, word_diff(part.mine, part.theirs)) for part in step.parts],
            "stays": step.key in planned.stays,
            # What adds or sharpens is chosen to begin with; what takes away, lets more people read or was left before is for a person to choose.
            "checked": is_newer and (step.state == "new" or (step.state == "changed" and not step.widens)),
        }
        for step in planned.steps
        if step.state != "same"
    ]
    context = {"postmortem": postmortem, "incident": postmortem.incident, "version": version, "plan": planned, "rows": rows, "problem": problem}
    context["order"] = [step.title for step in planned.steps if step.state != "gone"]
    return render(request, "postmortems/template_move.html", context, status=status)
