"""Answers to a page's signs: who else is here, and whether the text or the comments changed meanwhile."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from incidents.access import may
from postmortems import discussion, presence
from postmortems.models import Comment
from postmortems.views.postmortems import draft_for


@login_required
@require_POST
def section_presence(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Take a page's sign, "typing", "reading" or "left", and tell it what is new."""
    postmortem = draft_for(request.user, reference)
    section = get_object_or_404(postmortem.sections.select_related("updated_by"), key=key)
    state, now = request.POST.get("state", ""), timezone.now()
    if state == "left":
        presence.leave(actor=request.user, section=section)
        return HttpResponse(status=204)
    presence.sign(actor=request.user, section=section, is_typing=state == "typing" and may(request.user, "draft"), now=now)
    people = presence.others(request.user, postmortem, now)
    latest = Comment.objects.visible_to(request.user).filter(section=section).order_by("-pk").values_list("pk", flat=True).first()
    answer = answer_of(people)
    answer["here"] = [one.words for one in presence.at_section(people, section)]
    answer |= {"version": section.version, "by": str(section.updated_by or "Somebody"), "comments": f"{latest or 0}:{discussion.count_open(postmortem, [])}"}
    return JsonResponse(answer)


@login_required
@require_GET
def postmortem_presence(request: HttpRequest, reference: str) -> HttpResponse:
    """Who is at which section, for the overview."""
    postmortem = draft_for(request.user, reference)
    return JsonResponse(answer_of(presence.others(request.user, postmortem, timezone.now())))


def answer_of(people: list[presence.Here]) -> dict[str, Any]:
    sections: dict[str, list[str]] = {}
    for one in people:
        sections.setdefault(one.section_key, []).append(f"{one.name}{' is editing' if one.is_editing else ' is reading'}")
    return {"sections": sections, "words": [one.words for one in people]}
