"""The page of a review: what is needed, what was decided, and the forms that submit, decide, ask, hand over and move."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from incidents.access import may, require
from incidents.forms.saving import refuse
from incidents.lib.conflict import Conflict
from incidents.lib.worddiff import word_diff
from postmortems import overview, reviewing, states, step_facts
from postmortems.approval import TITLE, Standing
from postmortems.approvals import Approvals
from postmortems.forms.reviews import AskForm, DecisionForm, HandOverForm, MoveForm, SubmitForm
from postmortems.models import Audience, Decision, Postmortem
from postmortems.views.postmortems import draft_for

HISTORY = 100


@login_required
@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, reference: str) -> HttpResponse:
    postmortem = draft_for(request.user, reference)
    if request.method == "GET":
        return page(request, postmortem)
    require(request.user, "draft")
    act = request.POST.get("act", "")
    if act not in ACTS:
        return page(request, postmortem, status=422)
    form = form_of(act, request, Approvals(postmortem), request.POST)
    status = 422
    if form.is_valid():
        given = dict(form.cleaned_data)
        postmortem.version = given.pop("version", postmortem.version)
        try:
            said = ACTS[act](request, postmortem, given)
        except ValidationError as error:
            refuse(form, error)
        except states.NoSuchMove as error:
            form.add_error(None, str(error))
        except Conflict:
            return page(request, draft_for(request.user, reference), act=act, form=form, changed=True, status=409)
        else:
            messages.success(request, said)
            return redirect("postmortems:review", postmortem.reference)
    return page(request, draft_for(request.user, reference), act=act, form=form, status=status)


def form_of(act: str, request: HttpRequest, approvals: Approvals, data: Any = None) -> forms.Form:
    if act == "decide":
        return DecisionForm(data, approvals=approvals, user=request.user, prefix=act)  # type: ignore[arg-type]
    kinds: dict[str, Any] = {"submit": SubmitForm, "ask": AskForm, "hand_over": HandOverForm}
    form: forms.Form = kinds.get(act, MoveForm)(data, approvals=approvals, prefix=act)
    return form


# What the forms do -----------------------------------------------------------------------------------


def submit(request: HttpRequest, postmortem: Postmortem, given: dict[str, Any]) -> str:
    found = reviewing.submit(actor=request.user, postmortem=postmortem, **given)
    number = found.reviewers.filter(has_handed_over=False).count()
    return f"It is in review; {number} {'person was' if number == 1 else 'people were'} asked."


def decide(request: HttpRequest, postmortem: Postmortem, given: dict[str, Any]) -> str:
    decision = reviewing.decide(actor=request.user, postmortem=postmortem, any_version=True, **given)
    return "Your approval is kept." if decision.verdict == Decision.Verdict.APPROVED else "Changes are requested; the owner sees your comment."


def ask(request: HttpRequest, postmortem: Postmortem, given: dict[str, Any]) -> str:
    return f"{reviewing.invite(actor=request.user, postmortem=postmortem, **given).user} is asked."


def hand_over(request: HttpRequest, postmortem: Postmortem, given: dict[str, Any]) -> str:
    return f"{reviewing.hand_over(actor=request.user, postmortem=postmortem, **given).user} is asked instead."


def moved(name: str) -> Callable[[HttpRequest, Postmortem, dict[str, Any]], str]:
    def act(request: HttpRequest, postmortem: Postmortem, given: dict[str, Any]) -> str:
        getattr(reviewing, name)(actor=request.user, postmortem=postmortem, **given)
        return f"{states.MOVES[name].done}."

    return act


ACTS: Mapping[str, Callable[[HttpRequest, Postmortem, dict[str, Any]], str]] = {
    "submit": submit,
    "decide": decide,
    "ask": ask,
    "hand_over": hand_over,
    "withdraw": moved("withdraw"),
    "archive": moved("archive"),
    "restore": moved("restore"),
}


# The page --------------------------------------------------------------------------------------------


def page(
    request: HttpRequest, postmortem: Postmortem, *, act: str = "", form: forms.Form | None = None, changed: bool = False, status: int = 200
) -> HttpResponse:
    found = Approvals(postmortem)
    possible = {one.name for one in states.possible(postmortem.status)}
    if not may(request.user, "publish"):
        possible -= {"archive", "restore"}
    offered = possible | ({"decide"} if postmortem.status in states.UNDER_REVIEW and found.may_decide(request.user) else set())  # type: ignore[arg-type]
    offered |= {"ask", "hand_over"} if postmortem.status in states.UNDER_REVIEW and found.people.review else set()
    filled = {name: form_of(name, request, found) for name in offered}
    if form is not None and act in filled:
        if changed and act == "decide":  # what was typed stays; deciding again is a decision about what is there now
            data: Any = form.data.copy()  # type: ignore[attr-defined]
            data["decide-seen"] = found.seen
            form = form_of(act, request, found, data)
        filled[act] = form
    day = step_facts.calendar_of(postmortem.incident).day_of(timezone.now())
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "approvals": found,
        "review": found.people.review if postmortem.status in states.UNDER_REVIEW else None,
        "overdue": bool(found.people.review and found.people.review.due_on and found.people.review.due_on < day and postmortem.status == states.IN_REVIEW),
        "rows": [standing_row(found, one) for one in found.standings if one.answer.rule.pk or found.people.asked],
        "reviewers": reviewer_rows(found, request),
        "forms": filled,
        "failed": form if form is not None and act not in filled else None,
        "changed": changed,
        "completeness": overview.completeness_of(postmortem, found.sections),
        "history": history(postmortem, found),
        "tried": tried(found),
        "audience_name": Audience(found.audience).label,
    }
    return render(request, "postmortems/review.html", context, status=status)


def standing_row(found: Approvals, one: Standing) -> dict[str, Any]:
    rule = next((rule for rule in found.rules if rule.pk == one.answer.rule.pk), None)
    state = "met" if one.is_met else "changes" if one.against else "lapsed" if one.lapsed else "open"
    lapses = [
        {
            "name": lapse.opinion.name,
            "changes": [
                {"key": key, "title": found.titles.get(key, key), "version": lapse.opinion.covered[key].version if key in lapse.opinion.covered else None}
                for key in lapse.keys
            ],
        }
        for lapse in one.lapsed
    ]
    return {
        "standing": one,
        "rule": one.answer.rule,
        "state": state,
        "why": one.answer.why,
        "sections": found.names([key for key in one.answer.sections if key != TITLE]) if one.answer.rule.sections else [],
        "lapses": lapses,
        "waiting": list(one.waiting.values()),
        "barred": found.people.barred(rule) if rule and one.missing else [],
        "owner": str(found.postmortem.owner) if one.own or (found.postmortem.owner_id in one.answer.rule.people and not one.answer.rule.owner_counts) else "",
    }


def reviewer_rows(found: Approvals, request: HttpRequest) -> list[dict[str, Any]]:
    """Who is asked in this round, and what they said last."""
    said: dict[int | None, Decision] = {}
    for decision in reversed(found.decisions):
        said[decision.user_id] = decision
    rows = []
    for one in found.people.asked:
        last = said.get(one.user_id)
        mine = one.user_id == request.user.pk
        rows.append(
            {
                "reviewer": one,
                "last": last,
                "holds": last is not None and found.holds(last),
                "may_hand_over": not one.has_handed_over and (mine or may(request.user, "configure")),
            }
        )
    return rows


def history(postmortem: Postmortem, found: Approvals) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"at": one.at, "move": one, "done": states.MOVES[one.name].done if one.name in states.MOVES else one.name}
        for one in postmortem.transitions.select_related("actor")[:HISTORY]
    ]
    rows += [{"at": one.decided_at, "decision": one, "titles": [] if one.is_whole else found.names(list(one.covered))} for one in found.decisions[:HISTORY]]
    rows += [{"at": one.asked_at, "handed": one} for one in found.people.asked if one.instead_of_id]
    return sorted(rows, key=lambda row: row["at"], reverse=True)[:HISTORY]


def tried(found: Approvals) -> list[tuple[Any, list[Any]]]:
    """The dry run: each rule with its answer for each audience."""
    answers = {audience: {answer.rule.pk: answer for answer in found.answers_for(audience)} for audience in Audience.values}
    return [(rule, [answers[audience][rule.pk] for audience in Audience.values]) for rule in found.rules]


@login_required
@require_GET
def changes(request: HttpRequest, reference: str, key: str, number: int) -> HttpResponse:
    """What changed in a section since the version that somebody approved."""
    postmortem = draft_for(request.user, reference)
    section = get_object_or_404(postmortem.sections.select_related("updated_by"), key=key)
    old = section.versions.filter(number=number, is_lost=False).select_related("saved_by").first()
    if old is None:
        raise Http404
    fields = [(name, old.values.get(name, ""), section.values.get(name, "")) for name in dict.fromkeys([*old.values, *section.values])]
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "section": section,
        "old": old,
        "pieces": word_diff(old.body, section.body),
        "same": old.body == section.body,
        "fields": [row for row in fields if row[1] != row[2]],
    }
    return render(request, "postmortems/review_changes.html", context)
