"""Pages: running the meeting by its run sheet, and saying how it went."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents.access import require
from incidents.forms.saving import WRITTEN, save
from incidents.lib.conflict import Conflict
from incidents.lib.text import whole
from postmortems import console, meetings, step_facts
from postmortems.facilitation import agendas, texts
from postmortems.forms.meetings import NotesForm, OutcomeForm, ParkForm
from postmortems.models import AgendaBlock, Meeting, Postmortem
from postmortems.views.meetings import changed_by, zone_of
from postmortems.views.postmortems import draft_for

PROMISE_DAYS = 3  # until the draft reaches those who were there


@login_required
@require_GET
def run(request: HttpRequest, reference: str) -> HttpResponse:
    postmortem = draft_for(request.user, reference)
    return render(request, "postmortems/meeting_run.html", run_context(request, postmortem))


def at(meeting: Meeting) -> str:
    """Return where the clock is, as a word to compare."""
    return f"{meeting.block_id or ''}{' runs' if meeting.block_since else ''}{' over' if meeting.met_at else ''}"


def run_context(request: HttpRequest, postmortem: Postmortem, **more: Any) -> dict[str, Any]:
    now, zone = timezone.now(), zone_of(postmortem)
    found = console.meeting_of(postmortem)
    slots = agendas.slots(console.blocks_of(found), found.began_at or found.starts_at, found.block_id, found.block_since, now)
    current = next((slot for slot in slots if slot.is_current), None)
    calendar = step_facts.calendar_of(postmortem.incident)
    promised = calendar.add(calendar.day_of(found.starts_at or now), PROMISE_DAYS)
    room = console.room_of(postmortem)
    missing = console.still_open(postmortem, room)
    return {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "meeting": found,
        "at": at(found),
        "slots": slots,
        "current": current,
        "next_slot": slots[slots.index(current) + 1] if current and current is not slots[-1] else None,
        "planned": sum(slot.planned for slot in slots),
        "spent": sum(slot.spent for slot in slots),
        "now": now,
        "texts": texts,
        "opening": texts.OPENING.format(length=texts.length_in_words(found.minutes)),
        "closing": texts.CLOSING.format(date=f"{promised:%A}, {promised.day} {promised:%B}"),
        "ideas": postmortem.parked_ideas.filter(in_meeting=True).select_related("added_by"),
        "park_form": ParkForm(),
        "missing": missing,
        "asked": set(found.asked),
        "asked_number": sum(each.key in found.asked for each in missing),
        "outcome_form": OutcomeForm(meeting=found, zone=zone, now=now),
        **more,
    }


@login_required
@require_http_methods(["GET", "POST"])
def clock(request: HttpRequest, reference: str) -> HttpResponse:
    """Start, pause, move on. A button pressed twice moves once. A GET tells a page that is open elsewhere where the room is now."""
    postmortem = draft_for(request.user, reference)
    if request.method == "GET":
        return JsonResponse({"at": at(console.meeting_of(postmortem))})
    do = request.POST.get("do", "")
    if do in {"start", "pause", "next", "go"}:
        seen, to = whole(request.POST.get("seen", "")) or None, whole(request.POST.get("to", "")) or None
        try:
            _, done = meetings.run_clock(actor=request.user, postmortem=postmortem, do=do, seen=seen, to=to, now=timezone.now())
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            if not done:
                messages.info(request, "The clock had been moved meanwhile; this is where the room is now.")
    return redirect("postmortems:meeting_run", postmortem.reference)


@login_required
@require_POST
def notes(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Save the notes of one block; by script the answer is JSON."""
    postmortem = draft_for(request.user, reference)
    block = get_object_or_404(AgendaBlock, pk=pk, meeting__postmortem=postmortem)
    require(request.user, "draft")
    form = NotesForm(request.POST)
    by_script = "X-Autosave" in request.headers
    if not form.is_valid():
        problem = "These notes are too long." if "notes" in form.errors else "Reload the page, then save again."
        if by_script:
            return JsonResponse({"problem": problem}, status=422)
        mine = {"block": block, "text": request.POST.get("notes", ""), "problem": problem}
        return render(request, "postmortems/meeting_run.html", run_context(request, postmortem, mine=mine), status=422)
    try:
        saved = meetings.write_notes(actor=request.user, block=block, **form.cleaned_data)
    except Conflict as conflict:
        theirs: AgendaBlock = conflict.current
        problem = f"{theirs.updated_by or 'Somebody'} saved notes here meanwhile."
        if by_script:
            return JsonResponse({"problem": f"{problem} Yours are kept in the field: press Save notes to see both."}, status=409)
        mine = {"block": theirs, "text": form.cleaned_data["notes"], "problem": f"{problem} Put both together, and save again."}
        return render(request, "postmortems/meeting_run.html", run_context(request, postmortem, mine=mine), status=409)
    if by_script:
        return JsonResponse({"version": saved.version})
    messages.success(request, f"The notes of “{saved.title}” are saved.")
    return redirect("postmortems:meeting_run", postmortem.reference)


@login_required
@require_POST
def close(request: HttpRequest, reference: str) -> HttpResponse:
    """Keep what of the last questions was asked."""
    postmortem = draft_for(request.user, reference)
    offered = [each.key for each in console.still_open(postmortem, console.room_of(postmortem))]
    meetings.tick(actor=request.user, postmortem=postmortem, asked=request.POST.getlist("asked"), offered=offered)
    messages.success(request, "Kept.")
    return redirect("postmortems:meeting_run", postmortem.reference)


@login_required
@require_POST
def outcome(request: HttpRequest, reference: str) -> HttpResponse:
    """Say that the meeting was held, is waived, or is still to come."""
    postmortem = draft_for(request.user, reference)
    found: Meeting = console.meeting_of(postmortem)
    require(request.user, "draft")
    form = OutcomeForm(request.POST, meeting=found, zone=zone_of(postmortem), now=timezone.now())
    status, settled = save(form, lambda: meetings.settle(actor=request.user, postmortem=postmortem, **form.cleaned_data), changed_by)
    if status == WRITTEN:
        said = {"held": "The meeting was held. Ideas soak now.", "waived": "No meeting is needed.", "planned": "The meeting is still to come."}
        messages.success(request, said[settled.outcome])
        return redirect("postmortems:meeting_run" if settled.outcome == "planned" else "postmortems:meeting_after", postmortem.reference)
    return render(request, "postmortems/meeting_run.html", run_context(request, postmortem, outcome_form=form), status=status)
