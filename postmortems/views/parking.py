"""Pages: after the meeting. The soak time, and deciding on each idea of the parking lot."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents.access import Actor, may, require
from incidents.forms.saving import WRITTEN, save
from incidents.lib.conflict import Conflict
from incidents.lib.text import whole
from postmortems import console, meetings, parking, survey_results, surveying
from postmortems.facilitation.texts import SCALE
from postmortems.forms.action_items import ActionItemForm
from postmortems.forms.meetings import ParkForm, ReasonForm
from postmortems.models import ParkedIdea, Postmortem
from postmortems.views.action_items import back
from postmortems.views.meetings import changed_by
from postmortems.views.postmortems import draft_for

ORDER = {ParkedIdea.State.PARKED: 0, ParkedIdea.State.ACTION: 1, ParkedIdea.State.LEFT: 2}


@login_required
@require_GET
def afterwards(request: HttpRequest, reference: str) -> HttpResponse:
    postmortem = draft_for(request.user, reference)
    return render(request, "postmortems/meeting_after.html", after_context(request.user, postmortem))


def after_context(actor: Actor, postmortem: Postmortem, **more: Any) -> dict[str, Any]:
    found = console.meeting_of(postmortem)
    ideas = postmortem.parked_ideas.select_related("added_by", "decided_by", "action_item")
    return {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "meeting": found,
        "soak": console.soak_of(found, timezone.now()),
        "ideas": sorted(ideas, key=lambda idea: (ORDER[ParkedIdea.State(idea.state)], idea.pk)),
        "notes": [block for block in console.blocks_of(found) if block.notes.strip()],
        "survey_results": surveying.read_by(actor, postmortem),
        "may_compare": may(actor, "publish"),
        "scale": SCALE,
        "least": survey_results.LEAST,
        "park_form": ParkForm(),
        "soak_form": ReasonForm(initial={"version": found.version}),
        **more,
    }


@login_required
@require_POST
def park(request: HttpRequest, reference: str) -> HttpResponse:
    """Write an idea down, from the meeting or from home; by script the answer is the list."""
    postmortem = draft_for(request.user, reference)
    form = ParkForm(request.POST)
    if form.is_valid():
        try:
            idea = parking.park(actor=request.user, postmortem=postmortem, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if request.htmx:  # type: ignore[attr-defined]
                return parked_fragment(request, postmortem, ParkForm())
            messages.success(request, f"Parked: {idea.text}")
            return redirect(back(request, reverse("postmortems:meeting_after", args=[postmortem.reference])))
    if request.htmx:  # type: ignore[attr-defined]
        return parked_fragment(request, postmortem, form, status=422)
    return render(request, "postmortems/meeting_after.html", after_context(request.user, postmortem, park_form=form), status=422)


def parked_fragment(request: HttpRequest, postmortem: Postmortem, form: ParkForm, status: int = 200) -> HttpResponse:
    ideas = postmortem.parked_ideas.filter(in_meeting=True).select_related("added_by")
    context = {"postmortem": postmortem, "incident": postmortem.incident, "ideas": ideas, "park_form": form, "here": back(request, "")}
    return render(request, "postmortems/_parking.html", context, status=status)


@login_required
@require_POST
def soak(request: HttpRequest, reference: str) -> HttpResponse:
    """End the soak time early, with a reason."""
    postmortem = draft_for(request.user, reference)
    require(request.user, "draft")
    form = ReasonForm(request.POST)
    status, _ = save(form, lambda: meetings.end_soak(actor=request.user, postmortem=postmortem, **form.cleaned_data), changed_by)
    if status == WRITTEN:
        messages.success(request, "The soak time is over: ideas may become action items.")
        return redirect("postmortems:meeting_after", postmortem.reference)
    return render(request, "postmortems/meeting_after.html", after_context(request.user, postmortem, soak_form=form), status=status)


@login_required
@require_http_methods(["GET", "POST"])
def idea(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Decide on one idea: make it an action item, leave it with a reason, or park it again."""
    postmortem = draft_for(request.user, reference)
    found = get_object_or_404(postmortem.parked_ideas.select_related("action_item", "added_by", "decided_by"), pk=pk)
    found.postmortem = postmortem
    do = request.POST.get("do", "")
    first = {"title": found.text[:300], "description": f"Parked in the retrospective{f' by {found.said_by}' if found.said_by else ''}: {found.text}"}
    form = ActionItemForm(request.POST if do == "act" else None, incident=postmortem.incident, initial=first)
    leave_form = ReasonForm(request.POST if do == "leave" else None, initial={"version": found.version})
    status = 200
    if request.method == "POST":
        require(request.user, "draft")
        status = 422
        try:
            if decide(request, found, do, form, leave_form):
                return redirect("postmortems:meeting_after", postmortem.reference)
        except Conflict as conflict:
            messages.warning(request, "Somebody decided on this idea meanwhile.")
            found, status = conflict.current, 409
            found.postmortem = postmortem
    context = {"postmortem": postmortem, "idea": found, "form": form, "leave_form": leave_form}
    context["soak"] = console.soak_of(console.meeting_of(postmortem), timezone.now())
    context["incident"] = postmortem.incident
    return render(request, "postmortems/parked_idea.html", context, status=status)


def decide(request: HttpRequest, found: ParkedIdea, do: str, form: ActionItemForm, leave_form: ReasonForm) -> bool:
    """Do what was asked; False leaves what is wrong in the form."""
    version = whole(request.POST.get("version", "")) or 0
    shown: ActionItemForm | ReasonForm = form if do == "act" else leave_form
    try:
        if do == "act" and form.is_valid():
            item = parking.act(actor=request.user, idea=found, version=version, **form.cleaned_data)
            messages.success(request, f"{item.reference} is added.")
            return True
        if do == "leave" and leave_form.is_valid():
            parking.leave(actor=request.user, idea=found, version=version, reason=leave_form.cleaned_data["reason"])
            messages.success(request, "The idea is left, with your reason.")
            return True
        if do == "park":
            parking.bring_back(actor=request.user, idea=found, version=version)
            messages.success(request, "The idea is parked again.")
            return True
    except ValidationError as error:
        if shown.is_bound:
            shown.add_error(None, ValidationError(error.messages))
        else:
            messages.error(request, " ".join(error.messages))
    return False
