"""Pages: the three questions after a meeting, what was answered, and all answers over time."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from incidents.access import Actor, may, require
from postmortems import survey_results, surveying
from postmortems.access import may_read_draft, review_for
from postmortems.facilitation.texts import SCALE
from postmortems.forms.survey import SurveyForm
from postmortems.home import today
from postmortems.models import Survey


@login_required
@require_http_methods(["GET", "POST"])
def survey(request: HttpRequest, reference: str) -> HttpResponse:
    """Answer, for who was in the meeting; for facilitators what was answered, once it is over."""
    postmortem = review_for(request.user, reference)
    found = Survey.objects.visible_to(request.user).filter(postmortem=postmortem).first()
    day = surveying.today_at(postmortem)
    form = SurveyForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                surveying.answer(actor=request.user, postmortem=postmortem, scores=form.scores(), words=form.cleaned_data["words"])
            except ValidationError as error:
                form.add_error(None, ValidationError(error.messages))
            else:
                messages.success(request, "Thank you. Your answer is counted, without your name.")
                return redirect("postmortems:survey", postmortem.reference)
    context: dict[str, Any] = {"postmortem": postmortem, "incident": postmortem.incident, "survey": found, "may_read_draft": may_read_draft(request.user)}
    if found:
        found.postmortem = postmortem
        may_read = surveying.may_read(request.user, postmortem)
        context |= {
            "form": form if (surveying.may_answer(request.user, found, day) and not postmortem.is_read_only) or form.errors else None,
            "has_answered": request.user.pk in found.answered,
            "is_open": surveying.is_open(found, day),
            "may_read": may_read,
            "may_compare": may(request.user, "publish"),
            "results": surveying.results(found, day) if may_read else None,
            "asked": len(surveying.asked_of(postmortem)),
            "least": survey_results.LEAST,
            "scale": SCALE,
        }
    return render(request, "postmortems/survey.html", context, status=status)


@login_required
@require_GET
def survey_list(request: HttpRequest) -> HttpResponse:
    """How meetings were felt over time, for facilitators."""
    require(request.user, "publish")
    context = {"quarters": quarters(request.user), "least": survey_results.LEAST, "scale": SCALE}
    return render(request, "postmortems/survey_list.html", context)


def quarters(actor: Actor) -> list[survey_results.Quarter]:
    day = today(actor)
    rows = [row for row in Survey.objects.visible_to(actor).only("closes_on", "is_closed", "counts") if not surveying.is_open(row, day)]
    return survey_results.over_time(((row.closes_on, row.counts) for row in rows), day)
