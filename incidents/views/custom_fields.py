"""The page that fills in the custom fields of an incident: in the sheet of its page, beside a section of a post-mortem, or by itself."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRefresh

from incidents import access, lifecycle
from incidents.custom_fields import KEY
from incidents.forms.custom_fields import PREFIX, FieldsForm
from incidents.lib.conflict import Conflict
from incidents.views.incidents import conflicted


@login_required
def incident_fields(request: HttpRequest, reference: str) -> HttpResponseBase:
    """`only` names the fields to ask for, `next` a page of ours to go on to."""
    incident = access.incident_for(request.user, reference, "edit")
    only = [key for key in request.GET.get("only", "").split(",") if KEY.fullmatch(key)]
    form = FieldsForm(request.POST or None, incident=incident, only=only)
    back = next_page(request) or f"{incident.get_absolute_url()}#about"
    if request.method == "POST" and form.is_valid():
        try:
            lifecycle.edit(actor=request.user, incident=incident, **form.changes())
        except Conflict as conflict:
            current = conflict.current
            theirs = {PREFIX + key: value for key, value in current.field_values.items()} | {"type": current.type, "version": current.version}
            return conflicted(request, incident, form, theirs)
        return HttpResponseClientRefresh() if request.htmx else redirect(back)  # type: ignore[attr-defined] # a way to the same page would only jump in it
    context = {"incident": incident, "form": form, "back": back, "action": request.get_full_path()}
    name = "incidents/_incident_fields.html" if request.htmx else "incidents/incident_fields.html"  # type: ignore[attr-defined]
    return render(request, name, context, status=422 if form.errors else 200)


def next_page(request: HttpRequest) -> str:
    asked = request.GET.get("next", "")
    return asked if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None) else ""
