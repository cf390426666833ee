"""Pages: conversations before the meeting, noted by who held them and confirmed by who was asked."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents.access import Actor, require
from incidents.forms.saving import WRITTEN, refuse, save
from incidents.lib.conflict import Conflict
from incidents.lib.text import whole
from incidents.models import User
from postmortems import perspectives, talking
from postmortems.access import may_read_draft, require_open, review_for
from postmortems.facilitation import texts
from postmortems.forms.voices import SOMEBODY, ConfirmForm, ConversationForm
from postmortems.home import today
from postmortems.models import Conversation, Participant, Postmortem
from postmortems.views.postmortems import draft_for

CHANGED = "The notes were changed meanwhile. Saving again replaces what is stored now."


def people_of(postmortem: Postmortem, actor: Actor) -> list[User]:
    """Return who takes part and could be talked to: everyone with an account but the actor."""
    rows = Participant.objects.filter(postmortem=postmortem, user__isnull=False).exclude(state=Participant.State.DECLINED).exclude(user=actor)
    return sorted({row.user for row in rows.select_related("user") if row.user}, key=str)


def context_of(postmortem: Postmortem, **more: Any) -> dict[str, Any]:
    return {"postmortem": postmortem, "incident": postmortem.incident, "texts": texts, "facilitators": perspectives.facilitators_of(postmortem), **more}


@login_required
@require_http_methods(["GET", "POST"])
def talk_new(request: HttpRequest, reference: str) -> HttpResponse:
    postmortem = draft_for(request.user, reference)
    require_open(request.user, postmortem)
    people = people_of(postmortem, request.user)
    wanted = request.GET.get("name", "").replace("\x00", "")[:150]
    known = next((person for person in people if wanted in (str(person), person.username)), None)
    first = {"held_on": today(request.user), "person": str(known.pk) if known else SOMEBODY if wanted else "", "name": "" if known else wanted}
    form = ConversationForm(request.POST or None, people=people, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            row = talking.note(actor=request.user, postmortem=postmortem, **form.values())
        except ValidationError as error:
            refuse(form, error)
        else:
            asked = (
                f" {row.name} finds them on their start page and confirms them." if row.user_id else " Read them to the person, and confirm them in their name."
            )
            messages.success(request, f"The notes are kept.{asked}")
            return redirect("postmortems:talk", postmortem.reference, row.pk)
    return render(request, "postmortems/talk.html", context_of(postmortem, form=form), status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
def talk(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """The notes: to edit for who wrote them, to confirm for whose words they are, to read for others who may."""
    postmortem, found = talk_for(request.user, reference, pk)
    if talking.is_theirs(request.user, found):
        return theirs(request, postmortem, found)
    may_change = talking.may_change(request.user, found)
    form = ConversationForm(request.POST or None, people=[], conversation=found) if may_change else None
    status = 200
    if request.method == "POST":
        require(request.user, "draft")
        status = 422
        if form:
            status, _ = save(form, lambda: change(request.user, found, **form.cleaned_data), CHANGED)
        if status == WRITTEN:
            messages.success(request, "The notes are saved.")
            return redirect("postmortems:talk", postmortem.reference, found.pk)
    more = {
        "form": form,
        "talk": found,
        "is_own": talking.is_own(request.user, found),
        "may_note": found.user_id is None and may_change and not found.confirmed_at and not postmortem.is_read_only,
    }
    return render(request, "postmortems/talk.html", context_of(postmortem, **more), status=status)


def change(actor: Actor, found: Conversation, *, version: int | None, **given: Any) -> Conversation:
    return talking.change(actor=actor, conversation=found, version=version or 0, **given)


def theirs(request: HttpRequest, postmortem: Postmortem, found: Conversation) -> HttpResponse:
    form = ConfirmForm(request.POST or None, conversation=found)
    status = 200
    if request.method == "POST":
        status, _ = save(form, lambda: talking.confirm(actor=request.user, conversation=found, **form.cleaned_data), CHANGED)
        if status == WRITTEN:
            messages.success(request, "Thank you. The notes say now what you confirmed.")
            return redirect("postmortems:talk", postmortem.reference, found.pk)
    more = {"form": form, "talk": found, "is_theirs": True, "is_own": True, "may_read_draft": may_read_draft(request.user)}
    return render(request, "postmortems/talk.html", context_of(postmortem, **more), status=status)


def talk_for(actor: Actor, reference: str, pk: int) -> tuple[Postmortem, Conversation]:
    postmortem = review_for(actor, reference)
    rows = Conversation.objects.readable_by(actor).filter(postmortem=postmortem).select_related("user", "author", "confirmed_by")
    found = get_object_or_404(rows, pk=pk)
    found.postmortem = postmortem
    return postmortem, found


@login_required
@require_POST
def talk_noted(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Record that somebody without an account confirmed the notes as they stand."""
    postmortem, found = talk_for(request.user, reference, pk)
    require(request.user, "draft")
    version = whole(request.POST.get("version", "")) or 0
    try:
        talking.confirm(actor=request.user, conversation=found, version=version, notes=found.notes, state=found.state)
    except (Conflict, ValidationError):
        messages.warning(request, "The notes were changed meanwhile. Look at them again.")
    else:
        messages.success(request, f"Noted: {found.name} confirmed the notes.")
    return redirect("postmortems:talk", postmortem.reference, found.pk)


@login_required
@require_POST
def talk_withdraw(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    postmortem, found = talk_for(request.user, reference, pk)
    talking.withdraw(actor=request.user, conversation=found)
    messages.success(request, "The notes are deleted.")
    return redirect("postmortems:meeting" if may_read_draft(request.user) else "postmortems:account", postmortem.reference)
