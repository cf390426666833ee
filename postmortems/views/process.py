"""The page of the process: steps and people of one retrospective, and everything that is done on it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from incidents.access import require
from incidents.forms.saving import first_problem
from incidents.lib.conflict import Conflict
from postmortems import invitees, participating, process_overview, step_facts, stepping, steps
from postmortems.forms.process import AnswerForm, InviteForm, PlanForm, StepForm, StepNoteForm, VersionForm
from postmortems.models import Participant, Postmortem, Process, Step, StepPlan
from postmortems.participating import DECLARATIONS
from postmortems.views.postmortems import draft_for

CHANGED = "Somebody changed this meanwhile. Nothing was overwritten: look again, and repeat what you still want."


@require_http_methods(["GET", "HEAD"])
@login_required
def process(request: HttpRequest, reference: str) -> HttpResponse:
    return page(request, draft_for(request.user, reference))


def page(request: HttpRequest, postmortem: Postmortem, *, status: int = 200, problem: str = "", at: str = "", form: InviteForm | None = None) -> HttpResponse:
    """Show the page; `problem` is said at the step or person `at`, such as "step-draft" or "person-12", else on top."""
    actor: Any = request.user
    going = Process.objects.select_related("plan").filter(postmortem=postmortem).first()
    timing = step_facts.timing_of(postmortem, going)
    day = timing.calendar.day_of(timezone.now())
    participants = list(postmortem.participants.select_related("user", "answered_by", "created_by"))
    accounts = list(invitees.who_may_see(postmortem))
    found = invitees.people_of(postmortem, accounts)
    candidates = invitees.facilitators(postmortem, found, accounts)
    rows = process_overview.rows_of(postmortem, actor, timing.calendar, day, participants)
    against = invitees.conflicts(found)
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "rows": rows,
        "progress": steps.progress_of([row.step for row in rows], postmortem.status, day),
        "next": next((row for row in rows if row.is_next), None),
        "timing": timing,
        "plan": going.plan if going else None,
        "plans": StepPlan.objects.all(),
        "roles": by_role(participants, actor, against),
        "mine": [one for one in participants if one.user_id == actor.pk and one.is_asked],
        "declarations": list(DECLARATIONS.items()),
        "not_asked": invitees.not_asked(found, participants),
        "has_facilitator": any(one.role == Participant.Role.FACILITATOR and one.state != Participant.State.DECLINED for one in participants),
        "suggested": invitees.suggested(candidates, participants),
        "accounts": [user for user in accounts if user.role != "viewer"],
        "form": form or InviteForm(candidates=candidates, people=invitees.who_may_see(postmortem)),
        "problem": problem,
        "at": at,
    }
    return render(request, "postmortems/process.html", context, status=status)


def by_role(participants: list[Participant], actor: Any, against: dict[int, str]) -> list[dict[str, Any]]:
    """Return the roles that somebody has, in order, with what speaks against a facilitator and who may note an answer."""
    roles = []
    for role in Participant.Role:
        people = [
            {
                "row": one,
                "conflict": against.get(one.user_id or 0, "") if role == Participant.Role.FACILITATOR else "",
                "may_note": one.is_asked and one.user_id != actor.pk and participating.may_answer(actor, one),
                "declared": [(label, getattr(one, name)) for name, label in DECLARATIONS.items() if getattr(one, name) is not None],
            }
            for one in participants
            if one.role == role
        ]
        if people:
            roles.append({"role": role, "people": people})
    return roles


def back(postmortem: Postmortem, at: str) -> HttpResponse:
    return redirect(f"{reverse('postmortems:process', args=[postmortem.reference])}#{at}")


def words_of(error: ValidationError) -> str:
    return " ".join(error.messages)


# Steps ----------------------------------------------------------------------------------------------


@require_POST
@login_required
def step(request: HttpRequest, reference: str, key: str, verb: str) -> HttpResponse:
    """Complete, skip, reopen or change one step."""
    postmortem = draft_for(request.user, reference)
    require(request.user, "draft")
    row = Step.objects.visible_to(request.user).filter(postmortem=postmortem, key=key).first()
    if row is None:
        raise Http404
    at = f"step-{row.key}"
    form: Any = StepForm(request.POST, people=invitees.who_may_see(postmortem)) if verb == "change" else StepNoteForm(request.POST)
    if not form.is_valid():
        return page(request, postmortem, status=422, problem=first_problem(form), at=at)
    try:
        do(request, verb, row, form.cleaned_data)
    except Conflict:
        return page(request, postmortem, status=409, problem=CHANGED, at=at)
    except ValidationError as error:
        return page(request, postmortem, status=422, problem=words_of(error), at=at)
    return back(postmortem, at)


def do(request: HttpRequest, verb: str, row: Step, given: dict[str, Any]) -> None:
    actor, version = request.user, given["version"]
    if verb == "complete":
        stepping.complete(actor=actor, step=row, version=version, note=given["note"])
    elif verb == "skip":
        stepping.skip(actor=actor, step=row, version=version, reason=given["note"])
    elif verb == "reopen":
        stepping.reopen(actor=actor, step=row, version=version, note=given["note"])
    else:
        stepping.change(actor=actor, step=row, version=version, due_on=given["due_on"], owner=given["owner"])


@require_POST
@login_required
def plan(request: HttpRequest, reference: str) -> HttpResponse:
    """Go by another list of steps, or lay out the first one."""
    postmortem = draft_for(request.user, reference)
    require(request.user, "draft")
    form = PlanForm(request.POST)
    if not form.is_valid():
        return page(request, postmortem, status=422, problem="Choose a list of steps.")
    stepping.choose_plan(actor=request.user, postmortem=postmortem, plan=form.cleaned_data["plan"])
    messages.success(request, f"This retrospective goes by “{form.cleaned_data['plan']}” now.")
    return back(postmortem, "steps")


# People ---------------------------------------------------------------------------------------------


@require_POST
@login_required
def invite(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask one person, or everyone found in the timeline."""
    postmortem = draft_for(request.user, reference)
    require(request.user, "draft")
    if "everyone" in request.POST:
        number = participating.invite_everyone(actor=request.user, postmortem=postmortem)
        messages.success(request, f"{steps.counted(number, 'person is', 'people are')} asked." if number else "Everyone was asked already.")
        return back(postmortem, "people")
    accounts = list(invitees.who_may_see(postmortem))
    candidates = invitees.facilitators(postmortem, invitees.people_of(postmortem, accounts), accounts)
    form = InviteForm(request.POST, candidates=candidates, people=invitees.who_may_see(postmortem))
    if form.is_valid():
        try:
            row = participating.invite(actor=request.user, postmortem=postmortem, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, words_of(error))
        else:
            return back(postmortem, f"person-{row.pk}")
    return page(request, postmortem, status=422, problem=first_problem(form), at="people", form=form)


@require_POST
@login_required
def participant(request: HttpRequest, reference: str, pk: int, verb: str) -> HttpResponse:
    """Answer for oneself or note an answer, ask to be unnamed, or take somebody off."""
    postmortem = draft_for(request.user, reference)
    require(request.user, "draft")
    row = Participant.objects.filter(postmortem=postmortem, pk=pk).first()
    if row is None:
        raise Http404
    form = AnswerForm(request.POST) if verb == "answer" else VersionForm(request.POST)
    if not form.is_valid():
        return page(request, postmortem, status=422, problem=first_problem(form), at=f"person-{pk}")
    given = form.cleaned_data
    try:
        if isinstance(form, AnswerForm):
            accept = given["answer"] == "accept"
            participating.answer(actor=request.user, participant=row, version=given["version"], accept=accept, reason=given["reason"], **form.declarations)
        elif verb == "remove":
            participating.remove(actor=request.user, participant=row, version=given["version"])
        else:
            participating.set_unnamed(actor=request.user, participant=row, version=given["version"], unnamed=verb == "unname")
    except Conflict:
        return page(request, postmortem, status=409, problem=CHANGED, at=f"person-{pk}")
    except ValidationError as error:
        return page(request, postmortem, status=422, problem=words_of(error), at=f"person-{pk}")
    return back(postmortem, "people" if verb == "remove" else f"person-{pk}")
