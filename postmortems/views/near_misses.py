"""Pages: reporting a near miss or good catch, and saying thank you for it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from incidents.access import require
from postmortems import near_misses
from postmortems.access import may_read_draft
from postmortems.forms.near_misses import ReportForm, ThanksForm
from postmortems.models import NearMiss
from postmortems.views.postmortems import draft_for


@login_required
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """The short form. Sending it makes the record and its document; who may read drafts is led there."""
    require(request.user, "report")
    form = ReportForm(request.POST or None, zone=getattr(request.user, "time_zone", "UTC"))
    if request.method == "POST" and form.is_valid():
        try:
            made = near_misses.report(actor=request.user, told=form.told())
        except ValidationError as error:
            name = next(iter(error.error_dict)) if hasattr(error, "error_dict") else ""
            form.add_error(name if name in form.fields else None, error.messages[0])
        else:
            messages.success(request, f"Thank you. It is {made.incident.reference} now, and others can learn from it.")
            return redirect(made if may_read_draft(request.user) else made.incident)
    return render(request, "postmortems/near_miss_report.html", {"form": form}, status=422 if form.is_bound else 200)


@login_required
@require_POST
def thank(request: HttpRequest, reference: str) -> HttpResponse:
    postmortem = draft_for(request.user, reference)
    found = NearMiss.objects.filter(postmortem=postmortem).select_related("postmortem").first()
    if found is None:
        raise Http404
    form = ThanksForm(request.POST)
    if form.is_valid():
        near_misses.thank(actor=request.user, near_miss=found, words=form.cleaned_data["thanks"])
        messages.success(request, "Your thanks are with the report.")
    else:
        messages.error(request, "At most 500 characters, please.")
    return redirect(postmortem)
