"""Pages: preparing the meeting, whom to invite and to ask, its run sheet, its invitation."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents.access import require
from incidents.forms.saving import WRITTEN, save
from incidents.lib.conflict import Conflict
from incidents.lib.text import whole
from incidents.models import User
from postmortems import caring, console, hearing, invitations, meetings, participating, perspectives
from postmortems.access import check_open
from postmortems.facilitation import agendas, texts
from postmortems.forms.meetings import AgendaForm, BlockRows, PlanForm
from postmortems.models import Conversation, Meeting, Postmortem, PrivateNote, SharedDraft
from postmortems.views.postmortems import draft_for


def zone_of(postmortem: Postmortem) -> ZoneInfo:
    return ZoneInfo(postmortem.incident.time_zone)


@login_required
@require_http_methods(["GET", "POST"])
def meeting(request: HttpRequest, reference: str) -> HttpResponse:
    """Prepare: whom to invite, whom to talk to first, what to ask, when and where."""
    postmortem = draft_for(request.user, reference)
    found = console.meeting_of(postmortem)
    form = PlanForm(request.POST or None, meeting=found, zone=zone_of(postmortem))
    status = 200
    if request.method == "POST":
        require(request.user, "draft")
        status, row = save(form, lambda: meetings.plan(actor=request.user, postmortem=postmortem, **form.cleaned_data), changed_by)
        if status == WRITTEN:
            messages.success(request, "The meeting is planned.")
            return redirect("postmortems:meeting", postmortem.reference)
        found = row or found
    return render(request, "postmortems/meeting.html", prepare_context(request, postmortem, found, form), status=status)


def changed_by(found: Meeting) -> str:
    return f"{found.updated_by or 'Somebody'} changed the meeting meanwhile. Look at what it says now, and save again."


def prepare_context(request: HttpRequest, postmortem: Postmortem, found: Meeting, form: PlanForm) -> dict[str, Any]:
    room = console.room_of(postmortem)
    blocks = console.blocks_of(found)
    accounts = hearing.accounts(postmortem, room.participants)
    talks = list(Conversation.objects.readable_by(request.user).filter(postmortem=postmortem).select_related("author"))
    return {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "meeting": found,
        "form": form,
        "room": room,
        "candidates": [
            (each, [(reason, [room.entries[event] for event in reason.events if event in room.entries]) for reason in each.reasons]) for each in room.candidates
        ],
        "facilitators": perspectives.facilitators_of(postmortem),
        "bank": console.question_bank(postmortem),
        "slots": agendas.slots(blocks, found.starts_at, None, None, timezone.now()),
        "planned": sum(block.minutes for block in blocks),
        "texts": texts,
        "accounts_asked": accounts.asked,
        "accounts_given": accounts.answered,
        "talks": talks,
        "talks_held": hearing.conversations(postmortem),
        "shared": SharedDraft.objects.filter(postmortem=postmortem).first(),
        "may_care": caring.may_look(request.user, postmortem),
        "notes": PrivateNote.objects.readable_by(request.user).filter(postmortem=postmortem).exclude(author_id=request.user.pk).select_related("author"),
    }


@login_required
@require_POST
def invite(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask one person of the list, or everyone on it, to take part."""
    postmortem = draft_for(request.user, reference)
    room = console.room_of(postmortem)
    wanted = request.POST.get("person", "")
    everyone = "everyone" in request.POST
    chosen = [person for person, row in room.rows if row is None and (everyone or person.name == wanted)]
    accounts = User.objects.in_bulk([person.user for person in chosen if person.user])
    try:
        guests = [(person.name, accounts.get(person.user) if person.user else None) for person in chosen]
        asked = participating.invite_all(actor=request.user, postmortem=postmortem, guests=guests)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        if asked:
            messages.success(request, f"{asked[0].name} is asked to take part." if len(asked) == 1 else f"{len(asked)} people are asked to take part.")
        else:
            messages.info(request, "Nobody new to ask.")
    return redirect("postmortems:meeting", postmortem.reference)


@login_required
@require_GET
def invitation(request: HttpRequest, reference: str) -> HttpResponse:
    """The calendar file. Without a time there is none."""
    return calendar_answer(request, draft_for(request.user, reference))


def calendar_answer(request: HttpRequest, postmortem: Postmortem) -> HttpResponse:
    found = console.meeting_of(postmortem)
    if found.starts_at is None:
        raise Http404
    found.postmortem = postmortem
    content = invitations.calendar_file(actor=request.user, meeting=found, now=timezone.now())
    method = "CANCEL" if found.waived_at else "REQUEST"
    answer = HttpResponse(content, content_type=f"text/calendar; charset=utf-8; method={method}")
    answer["Content-Disposition"] = f'attachment; filename="{postmortem.reference}-meeting.ics"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@login_required
@require_http_methods(["GET", "POST"])
def agenda(request: HttpRequest, reference: str) -> HttpResponse:
    """Change the run sheet, or begin it anew from one of ours."""
    postmortem = draft_for(request.user, reference)
    check_open(postmortem)
    found = console.meeting_of(postmortem)
    rows = BlockRows(console.blocks_of(found))
    problems: list[str] = []
    version, status = found.version, 200
    if request.method == "POST":
        require(request.user, "draft")
        status = 422
        restart = AgendaForm(request.POST) if "agenda" in request.POST else None
        if restart is None:
            rows = BlockRows([], request.POST)
            problems = rows.errors
        elif not restart.is_valid():
            problems = ["Choose one of the run sheets."]
        if not problems:
            try:
                version = whole(request.POST.get("version", "")) or 0
                if restart:
                    meetings.use_agenda(actor=request.user, postmortem=postmortem, version=version, key=restart.cleaned_data["agenda"])
                else:
                    meetings.set_agenda(actor=request.user, postmortem=postmortem, version=version, rows=rows.rows)
            except ValidationError as error:
                problems = error.messages
            except Conflict as conflict:
                found, status, problems = conflict.current, 409, [changed_by(conflict.current)]
                version = found.version
            else:
                messages.success(request, "The run sheet is saved.")
                return redirect("postmortems:meeting_agenda" if restart else "postmortems:meeting_run", postmortem.reference)
    shown = sum(whole(minutes) or 0 for *_, minutes in rows.shown)
    context = {"postmortem": postmortem, "meeting": found, "rows": rows.shown, "problems": problems, "version": version, "planned": shown}
    context["agendas"], context["suggested"] = agendas.AGENDAS, console.suggested(postmortem).key
    return render(request, "postmortems/meeting_agenda.html", context, status=status)
