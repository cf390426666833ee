"""Pages: the draft as it is shown to those who were there, and what they say of it; and the facilitators' check on how people are."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_POST

from incidents.access import may
from incidents.forms.saving import WRITTEN, save
from incidents.lib.conflict import Conflict
from postmortems import calibrating, caring, hearing, perspectives
from postmortems.access import may_read_draft, review_for
from postmortems.document import build
from postmortems.forms.voices import ReadingForm, TakeUpForm, WelfareForm
from postmortems.models import Audience, Participant, Postmortem, Reading, SharedDraft
from postmortems.rendering import html
from postmortems.views.perspectives import as_person
from postmortems.views.postmortems import draft_for


@login_required
@require_http_methods(["GET", "POST"])
def calibrate(request: HttpRequest, reference: str) -> HttpResponse:
    """Read the draft and answer. Whoever works on it sees how many answered, and the answers that are open to them."""
    postmortem = review_for(request.user, reference)
    person = as_person(request)
    mine = Reading.objects.readable_by(person).filter(postmortem=postmortem, author=person).first()
    form = ReadingForm(request.POST or None, reading=mine, unnamed=calibrating.is_unnamed(person, postmortem))
    status = 200
    if request.method == "POST":
        said = "You answered meanwhile in another window. Saving again replaces what is stored now."
        status, _ = save(form, lambda: calibrating.answer(actor=person, postmortem=postmortem, **form.cleaned_data), said)
        if status == WRITTEN:
            messages.success(request, "Thank you. Your answer is kept.")
            return redirect("postmortems:calibrate", postmortem.reference)
    return render(request, "postmortems/calibrate.html", context_of(request, postmortem, mine, form), status=status)


def context_of(request: HttpRequest, postmortem: Postmortem, mine: Reading | None, form: ReadingForm) -> dict[str, Any]:
    person = as_person(request)
    shared = SharedDraft.objects.filter(postmortem=postmortem).select_related("shared_by").first()
    reads_draft = may_read_draft(person)
    context: dict[str, Any] = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "shared": shared,
        "mine": mine,
        "is_earlier": bool(mine and shared and mine.answered_at < shared.shared_at),
        "form": form if hearing.is_asked(person, postmortem) and shared else None,
        "facilitators": perspectives.facilitators_of(postmortem),
        "may_read_draft": reads_draft,
    }
    if reads_draft:
        answers = Reading.objects.readable_by(person).filter(postmortem=postmortem).exclude(author=person).select_related("author", "taken_up_by")
        context |= {
            "may_write": may(person, "draft") and not postmortem.is_read_only,
            "readers": hearing.readers(postmortem, Participant.objects.filter(postmortem=postmortem), shared),
            "answers": sorted(answers, key=lambda row: (row.taken_up_at is not None, row.verdict != Reading.Verdict.CHANGE, row.pk)),
            "body": mark_safe(html.body(build(postmortem, Audience.INTERNAL, timezone.now()))) if shared else "",  # noqa: S308 - from templates and nh3
        }
    return context


@login_required
@require_POST
def share(request: HttpRequest, reference: str) -> HttpResponse:
    postmortem = draft_for(request.user, reference)
    calibrating.share(actor=request.user, postmortem=postmortem)
    messages.success(request, "The draft is shared: those who take part find it on their start page.")
    return redirect("postmortems:calibrate", postmortem.reference)


@login_required
@require_POST
def take_up(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Say that the draft follows what was asked, or no longer."""
    postmortem = draft_for(request.user, reference)
    found = get_object_or_404(Reading.objects.readable_by(request.user).filter(postmortem=postmortem), pk=pk)
    form = TakeUpForm(request.POST)
    try:
        if form.is_valid():
            calibrating.take_up(actor=request.user, reading=found, version=form.cleaned_data["version"], done=form.cleaned_data["done"])
    except Conflict:
        messages.warning(request, "The answer was changed meanwhile. Read it again first.")
    return redirect("postmortems:calibrate", postmortem.reference)


@login_required
@require_http_methods(["GET", "POST"])
def welfare(request: HttpRequest, reference: str) -> HttpResponse:
    """Whom the facilitators spoke to in person. For everybody else there is no such page."""
    postmortem = draft_for(request.user, reference)
    if not caring.may_look(request.user, postmortem):
        raise Http404
    check = caring.check_of(postmortem)
    first = {"reached": [row.pk for row in check.reached.all()] if check.pk else [], "is_done": check.is_done, "version": check.version}
    people = caring.people_of(postmortem)
    form = WelfareForm(request.POST or None, people=people, initial=first)
    status = 200
    if request.method == "POST":
        said = "Another facilitator changed the list meanwhile. Saving again replaces what is stored now."
        status, _ = save(form, lambda: caring.tick(actor=request.user, postmortem=postmortem, **form.cleaned_data), said)
        if status == WRITTEN:
            messages.success(request, "Kept, for the facilitators alone.")
            return redirect("postmortems:welfare", postmortem.reference)
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "form": form,
        "people": people,
        "facilitators": perspectives.facilitators_of(postmortem),
    }
    return render(request, "postmortems/welfare.html", context, status=status)
