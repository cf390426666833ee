"""The page of looking back, three months later."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from incidents.access import may, require
from incidents.forms.saving import WRITTEN, save
from postmortems import looking_back
from postmortems.forms.look_back import LookBackForm
from postmortems.models import LookBack
from postmortems.views.postmortems import draft_for


@login_required
@require_http_methods(["GET", "POST"])
def look_back(request: HttpRequest, reference: str) -> HttpResponse:
    postmortem = draft_for(request.user, reference)
    found = LookBack.objects.visible_to(request.user).filter(postmortem=postmortem).select_related("written_by").first()
    form = LookBackForm(request.POST or None, look_back=found)
    status = 200
    if request.method == "POST":
        require(request.user, "draft")
        status, row = save(form, lambda: looking_back.write(actor=request.user, postmortem=postmortem, **form.cleaned_data), changed_by)
        if status == WRITTEN:
            messages.success(request, "Kept. The next revision tells it.")
            return redirect(postmortem)
        found = row or found
    items = list(postmortem.action_items.select_related("owner", "incident").order_by("pk"))
    context: dict[str, Any] = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "form": form,
        "look_back": found,
        "theirs": looking_back.lines_of(found) if status == 409 else [],
        "items": items,
        "latest": postmortem.revisions.defer("document", "html").first(),
        "may_write": may(request.user, "draft") and not postmortem.is_read_only,
    }
    return render(request, "postmortems/look_back.html", context, status=status)


def changed_by(found: LookBack) -> str:
    return f"{found.written_by or 'Somebody'} wrote it meanwhile, as it stands beside this. Saving again replaces it."
