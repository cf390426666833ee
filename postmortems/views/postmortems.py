"""Pages: the list of post-mortems, starting one, and the overview of one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from incidents.access import Actor, incident_for, require
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line
from incidents.models import Service, Severity, User
from postmortems import access, discussion, drafting, overview
from postmortems.forms.postmortems import DetailsForm, FilterForm, StartForm
from postmortems.models import Postmortem, RetrospectiveTemplate, Section

PER_PAGE = 25


def draft_for(actor: Actor, reference: str) -> Postmortem:
    """Return a post-mortem whose working text the actor may read and write. For viewers there is none: 404."""
    postmortem = access.postmortem_for(actor, reference)
    if not access.may_read_draft(actor):
        raise Http404
    return postmortem


@login_required
@require_GET
def postmortem_list(request: HttpRequest) -> HttpResponse:
    form = FilterForm(request.GET)
    filter_choices(form)
    found = filtered(Postmortem.objects.visible_to(request.user), form, request.user)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    postmortems = list(page.object_list)
    progress = overview.completeness_by_id([one for one in postmortems if one.status != Postmortem.Status.PUBLISHED])
    rows = [(one, progress.get(one.pk)) for one in postmortems]
    context = {"page": page, "postmortems": postmortems, "rows": rows, "form": form, "is_filtered": any(request.GET.get(name) for name in form.fields)}
    return render(request, "postmortems/postmortem_list.html", context)


def filter_choices(form: Any) -> None:
    """Fill in the choices that live in the database."""
    people = [(person.username, str(person)) for person in User.objects.filter(is_active=True)]
    choices = {
        "service": [("", "Any service"), *Service.objects.values_list("key", "name")],
        "owner": [("", "Anyone"), ("me", "Me"), ("none", "Nobody"), *people],
    }
    if "severity" in form.fields:
        choices["severity"] = [("", "Any severity"), *Severity.objects.values_list("key", "name")]
    for name, pairs in choices.items():
        form.fields[name].choices = pairs


def filtered(rows: Any, form: FilterForm, actor: Actor) -> Any:
    """Drafts first, then by last change. What is not understood filters nothing."""
    form.is_valid()
    given = {name: value for name, value in form.cleaned_data.items() if value}
    if query := clean_line(given.get("q", "")):
        rows = rows.filter(title__icontains=query)
    if "status" in given:
        rows = rows.filter(status=given["status"])
    if "severity" in given:
        rows = rows.filter(incident__severity__key=given["severity"])
    if "service" in given:
        rows = rows.filter(incident__services__key=given["service"])
    rows = owned(rows, given.get("owner", ""), actor)
    place = {Postmortem.Status.DRAFT: 0, Postmortem.Status.IN_REVIEW: 0, Postmortem.Status.PUBLISHED: 1, Postmortem.Status.ARCHIVED: 2}
    rank = Case(*(When(status=status, then=Value(number)) for status, number in place.items()), default=Value(3), output_field=IntegerField())
    return rows.select_related("incident__severity", "owner").prefetch_related("incident__services").order_by(rank, "-updated_at", "-pk")


def owned(rows: Any, owner: str, actor: Actor) -> Any:
    if owner == "me":
        return rows.filter(owner=actor)
    if owner == "none":
        return rows.filter(owner=None)
    return rows.filter(owner__username=owner) if owner else rows


@login_required
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, reference: str) -> HttpResponse:
    """Choose a template; starting makes the draft and leads to its overview."""
    incident = incident_for(request.user, reference, "draft")
    form = StartForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        postmortem = drafting.start(actor=request.user, incident=incident, template=form.cleaned_data["template"])
        messages.success(request, "The post-mortem is started. What is known is filled in; begin wherever you like.")
        return redirect(postmortem)
    templates = RetrospectiveTemplate.objects.filter(is_active=True).prefetch_related("sections")
    existing = Postmortem.objects.visible_to(request.user).filter(incident=incident).select_related("template")
    context = {"incident": incident, "templates": templates, "existing": existing, "form": form}
    return render(request, "postmortems/start.html", context, status=422 if form.is_bound else 200)


@login_required
@require_GET
def template_preview(request: HttpRequest, key: str) -> HttpResponse:
    """A template as its writers will meet it."""
    if not access.may_read_draft(request.user):
        raise Http404
    template = get_object_or_404(RetrospectiveTemplate.objects.prefetch_related("sections"), key=key)
    return render(request, "postmortems/template_preview.html", {"template": template})


@login_required
@require_http_methods(["GET", "POST"])
def postmortem(request: HttpRequest, reference: str) -> HttpResponse:
    """The overview: every section with its state, what is missing, and the form for title, owner and status."""
    found = access.postmortem_for(request.user, reference)
    if not access.may_read_draft(request.user):
        return redirect(f"/knowledge/{found.reference}/")
    form = DetailsForm(request.POST or None, postmortem=found)
    status = 200
    if request.method == "POST":
        require(request.user, "draft")
        status = 422
        if form.is_valid():
            try:
                drafting.save_details(actor=request.user, postmortem=found, **form.cleaned_data)
            except Conflict as conflict:
                found, status = conflict.current, 409
                form.add_error(None, f"Somebody changed this meanwhile: the title is now “{found.title}”, the status {found.get_status_display()}.")
                # What was typed stays; saving again is now a decision made with both in sight.
                form.data = {**form.data.dict(), "version": str(found.version)}  # type: ignore[attr-defined]
            else:
                messages.success(request, "Saved.")
                return redirect(found)
    sections = list(found.sections.all())
    return render(request, "postmortems/postmortem.html", {"form": form, **overview_context(found, sections)}, status=status)


def overview_context(found: Postmortem, sections: list[Section]) -> dict[str, Any]:
    completeness = overview.completeness_of(found, sections)
    discussion.count_open(found, sections)
    actions = sorted(found.action_items.select_related("owner"), key=lambda item: (not item.is_open, item.due_on or date.max, item.pk))
    return {
        "postmortem": found,
        "incident": found.incident,
        "rows": list(zip(sections, completeness.checks, strict=True)),
        "completeness": completeness,
        "action_items": actions,
    }
