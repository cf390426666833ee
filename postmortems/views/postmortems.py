"""Pages: the list of post-mortems, starting one, and the overview of one."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, CharField, IntegerField, Q, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents.access import Actor, incident_for, may, require
from incidents.forms.saving import WRITTEN, save, told
from incidents.lib.text import clean_line
from incidents.models import Incident, Service, Severity, User
from postmortems import access, covering, discussion, drafting, looking_back, near_misses, overview, process_overview, step_facts
from postmortems.approvals import Approvals
from postmortems.forms.postmortems import CoverForm, DetailsForm, FilterForm, StartForm
from postmortems.home import today
from postmortems.models import LookBack, NearMiss, Postmortem, RetrospectiveTemplate, Section, Step
from postmortems.steps import progress_of
from postmortems.views import sizing

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
    covered = covering.covered_by_id(postmortems)
    progress = overview.completeness_by_id([one for one in postmortems if one.status != Postmortem.Status.PUBLISHED], covered)
    going = process_overview.progress_by_id(postmortems, today(request.user)) if access.may_read_draft(request.user) else {}
    rows = [(one, covered[one.pk], progress.get(one.pk), going.get(one.pk)) for one in postmortems]
    context = {
        "page": page,
        "postmortems": postmortems,
        "rows": rows,
        "form": form,
        "today": today(request.user),
        "may_follow": access.may_read_draft(request.user),
        "is_filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "postmortems/postmortem_list.html", context)


def filter_choices(form: Any) -> None:
    """Fill in the choices that live in the database, all in one query."""
    nothing = Value("", output_field=CharField())
    people = User.objects.filter(is_active=True).order_by().values_list(Value("owner"), Value(0), "username", "first_name", "last_name")
    services = Service.objects.order_by().values_list(Value("service"), Value(0), "key", "name", nothing)
    severities = Severity.objects.order_by().values_list(Value("severity"), "rank", "key", "name", nothing)
    choices: dict[str, list[tuple[str, str]]] = {
        "service": [("", "Any service")],
        "owner": [("", "Anyone"), ("me", "Me"), ("none", "Nobody")],
        "severity": [("", "Any severity")],
    }
    found = [(name, place, key, f"{first} {last}".strip() or key) for name, place, key, first, last in people.union(services, severities, all=True)]
    for name, _place, key, label in sorted(found, key=lambda row: (row[1], row[3].casefold())):
        choices[name].append((key, label))
    for name in choices.keys() & form.fields.keys():
        form.fields[name].choices = choices[name]


def filtered(rows: Any, form: FilterForm, actor: Actor) -> Any:
    """Drafts first, then by last change. What is not understood filters nothing."""
    form.is_valid()
    given = {name: value for name, value in form.cleaned_data.items() if value}
    if query := clean_line(given.get("q", "")):
        rows = rows.filter(title__icontains=query)
    if "status" in given:
        rows = rows.filter(status=given["status"])
    if "severity" in given:
        rows = rows.about(Incident.objects.visible_to(actor).filter(severity__key=given["severity"]))
    if "service" in given:
        rows = rows.about(Incident.objects.visible_to(actor).filter(services__key=given["service"]))
    if "kind" in given:
        is_incident = Q(incident__kind=Incident.Kind.INCIDENT)
        rows = rows.filter(is_incident if given["kind"] == "incident" else ~is_incident)
    if given.get("step") and access.may_read_draft(actor):
        rows = rows.filter(pk__in=late_or_mine(given["step"], actor).values("postmortem_id"))
    rows = owned(rows, given.get("owner", ""), actor)
    place = {Postmortem.Status.PUBLISHED: 1, Postmortem.Status.ARCHIVED: 2}  # before them what is being worked on
    rank = Case(*(When(status=status, then=Value(number)) for status, number in place.items()), default=Value(0), output_field=IntegerField())
    return rows.select_related("incident__severity", "owner").order_by(rank, "-updated_at", "-pk")


def late_or_mine(which: str, actor: Actor) -> Any:
    """Return the open steps whose date has passed, or those that the person is to take."""
    waiting = Step.objects.visible_to(actor)
    return waiting.asking(today(actor)).of(actor) if which == "mine" else waiting.overdue(today(actor))


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
    form = StartForm(request.POST or None, actor=request.user, incident=incident)
    if request.method == "POST" and form.is_valid():
        sizing.remember(request, incident)
        postmortem = drafting.start(actor=request.user, incident=incident, template=form.cleaned_data["template"], title=form.cleaned_data["title"])
        covering.cover(actor=request.user, postmortem=postmortem, incidents=form.incidents())
        messages.success(request, "The post-mortem is started. What is known is filled in; begin wherever you like.")
        return redirect(postmortem)
    return start_page(request, incident, form, 422 if form.is_bound else 200)


def start_page(request: HttpRequest, incident: Incident, form: StartForm, status: int, *, problem: str = "") -> HttpResponse:
    """Answer with the page on which a post-mortem is started; `problem` is what the checklist has to say."""
    templates = RetrospectiveTemplate.objects.filter(is_active=True).prefetch_related("sections")
    existing = Postmortem.objects.visible_to(request.user).about(Incident.objects.visible_to(request.user).filter(pk=incident.pk))
    existing = existing.select_related("template", "owner", "incident")
    context = {"incident": incident, "templates": templates, "existing": existing, "form": form, "problem": problem}
    return render(request, "postmortems/start.html", context | sizing.context(request, incident), status=status)


@login_required
@require_http_methods(["GET", "POST"])
def postmortem(request: HttpRequest, reference: str) -> HttpResponse:
    """The overview: every section with its state, what is missing, and the form for title and owner."""
    found = access.postmortem_for(request.user, reference)
    if not access.may_read_draft(request.user):
        return redirect(f"/knowledge/{found.reference}/")
    form = DetailsForm(request.POST or None, postmortem=found)
    status = 200
    if request.method == "POST":
        require(request.user, "draft")
        status, row = save(form, lambda: drafting.save_details(actor=request.user, postmortem=found, **form.cleaned_data), changed)
        if status == WRITTEN:
            messages.success(request, "Saved.")
            return redirect(found)
        found = row or found
    sections = list(found.sections.all())
    written = LookBack.objects.visible_to(request.user).filter(postmortem=found).select_related("written_by").first()
    context = {"form": form, **overview_context(request.user, found, sections), "process": going(found, request.user)}
    context |= {"look_back": written, "look_back_lines": looking_back.lines_of(written)}
    return render(request, "postmortems/postmortem.html", context, status=status)


def changed(found: Postmortem) -> str:
    return f"Somebody changed this meanwhile: the title is now “{found.title}”, the owner {found.owner or 'nobody'}."


def going(found: Postmortem, actor: Actor) -> dict[str, Any]:
    """The steps in short: how far, and what is next."""
    calendar = step_facts.calendar_of(found.incident)
    day = calendar.day_of(timezone.now())
    rows = process_overview.rows_of(found, actor, calendar, day, found.participants.select_related("user"))
    return {"progress": progress_of([row.step for row in rows], found.status, day), "next": next((row for row in rows if row.is_next), None)}


def covered_context(actor: Actor, found: Postmortem) -> dict[str, Any]:
    """All incidents of a post-mortem, and what is needed to add to them."""
    incidents = covering.incidents_of(found)
    published = set(found.related.filter(is_published=True).values_list("incident_id", flat=True))
    removable = {one.pk for one in incidents[1:] if one.pk not in published and (not one.is_private or may(actor, "restrict"))}
    form = CoverForm(actor=actor, incident=found.incident, leave_out=[one.pk for one in incidents])
    return {"covered": incidents, "removable": removable, "published_incidents": published, "cover_form": form, "most_covered": covering.MOST}


@login_required
@require_POST
def cover(request: HttpRequest, reference: str) -> HttpResponse:
    """Cover further incidents."""
    found = draft_for(request.user, reference)
    form = CoverForm(request.POST, actor=request.user, incident=found.incident)
    try:
        if not form.is_valid():
            raise ValidationError(told(form.errors))
        added = covering.cover(actor=request.user, postmortem=found, incidents=form.incidents())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        names = ", ".join(row.incident.reference for row in added)
        messages.success(request, f"It also covers {names} now." if added else "Nothing was added: it covers these already.")
    return redirect(found)


@login_required
@require_POST
def uncover(request: HttpRequest, reference: str, incident: str) -> HttpResponse:
    """Take a further incident out again."""
    found = draft_for(request.user, reference)
    other = incident_for(request.user, incident)
    try:
        covering.uncover(actor=request.user, postmortem=found, incident=other)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"{other.reference} is no longer part of it.")
    return redirect(found)


def overview_context(actor: Actor, found: Postmortem, sections: list[Section]) -> dict[str, Any]:
    completeness = overview.completeness_of(found, sections)
    discussion.count_open(found, sections)
    actions = sorted(found.action_items.select_related("owner"), key=lambda item: (not item.is_open, item.due_on or date.max, item.pk))
    return {
        "postmortem": found,
        "incident": found.incident,
        "near_miss": (near_miss := NearMiss.objects.filter(postmortem=found).select_related("postmortem__incident", "reporter", "thanked_by").first()),
        "may_thank": near_miss is not None and near_misses.may_thank(actor, near_miss),
        **covered_context(actor, found),
        "rows": list(zip(sections, completeness.checks, strict=True)),
        "completeness": completeness,
        "action_items": actions,
        "approvals": Approvals(found),
    }
