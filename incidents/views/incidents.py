"""Pages of incidents: the list, one incident, and the forms that change it."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models.expressions import RawSQL
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from incidents import access, catalogue, custom_fields, hooks, lifecycle, measuring
from incidents.forms.incidents import AccessForm, DeclareForm, IncidentForm, initial_of
from incidents.lib.conflict import Conflict
from incidents.lib.stored import moment
from incidents.lib.text import whole
from incidents.models import AuditEvent, CustomField, Delivery, Incident, Milestone
from incidents.models.custom_fields import definitions_column
from incidents.models.incident import labels_columns
from incidents.models.milestones import measures_column
from incidents.templatetags.debrief import zone_of
from incidents.views.milestones import milestone_context
from incidents.views.timeline import known_at, timeline_context
from incidents.views.zones import place

#: What the audit log tells by a name of the program, such as impact_started; everything else may be somebody's words.
NAMED = {"milestone", "decision", "state"}
#: Entries are counted up to here: a page would otherwise wait for the count of a million.
COUNTED = 100_000
COUNT = "(SELECT COUNT(*) FROM (SELECT 1 FROM incidents_timelineevent AS each_event WHERE each_event.incident_id = incidents_incident.id LIMIT %s) AS counted_events)"


@require_safe
@login_required
def incident_list(request: HttpRequest) -> HttpResponse:
    asked, fields = catalogue.parse(request.GET), CustomField.objects.definitions()
    rows = catalogue.matching(request.user, asked, fields)
    page = Paginator(rows, asked.size).get_page(asked.page)
    context = {
        "page": page,
        "incidents": catalogue.lines(page.object_list, timezone.now()),
        "asked": asked,
        "choices": catalogue.choices(request.user),
        "field_choices": catalogue.field_choices(fields, asked),
        "may_declare": access.may(request.user, "declare"),
        "sizes": catalogue.SIZES,
        "heading": catalogue.KINDS.get(asked.kind, ""),
    }
    return render(request, "incidents/incident_list.html", context)


@require_safe
@login_required
def incident(request: HttpRequest, reference: str) -> HttpResponse:
    counted = RawSQL(COUNT, [COUNTED + 1])  # noqa: S611 - the text is fixed
    along = {"definitions": definitions_column(), "measures": measures_column(), "counted": counted, **labels_columns()}
    incident: Any = access.incident_for(request.user, reference, along=along)
    rows = list(Milestone.objects.filter(incident=incident).select_related("kind"))
    deliveries = list(incident.deliveries.defer("report", "options", "facts"))
    context: dict[str, Any] = {
        "incident": incident,
        "services": sorted(incident.its_services, key=by_name),
        "tags": sorted(incident.its_tags, key=by_name),
        "values": told_values(incident),
        "may_edit": access.may(request.user, "edit"),
        "may_import": access.may(request.user, "import"),
        "may_restrict": access.may(request.user, "restrict"),
        "deliveries": deliveries,
        "unanswered": [delivery for delivery in deliveries if delivery.state == Delivery.State.NEEDS_ANSWER],
        "being_read": [delivery for delivery in deliveries if delivery.state in (Delivery.State.RECEIVED, Delivery.State.IMPORTING)],
        "event_count": min(incident.counted, COUNTED) - incident.fused_events,
        "shows_milestones": incident.has_happened,
        "has_more_events": incident.counted > COUNTED,
        "panels": [panel for ask in hooks.incident_panels if (panel := ask(request.user, incident)) is not None],
    }
    zone = place(request, incident)
    context["missing"] = [row for row in context["values"] if row.is_missing]
    known = known_at(request, zone)
    if known:
        rows = measuring.as_known(incident, rows, known)
    context |= milestone_context(request, incident, rows, zone, known)
    context |= timeline_context(request, incident, rows, zone, deliveries, fused=incident.fused_events > 0)
    return render(request, "incidents/incident.html", context)


def by_name(label: dict[str, str]) -> str:
    return label["name"].casefold()


def told_values(incident: Any) -> list[custom_fields.Told]:
    """Return what the incident says with the fields that administrators added; it was read with their definitions."""
    fields = custom_fields.parse(incident.definitions)
    type_key, zone = incident.type.key if incident.type else "", ZoneInfo(incident.time_zone)
    return custom_fields.told(fields, incident.field_values, type_key, zone, near_miss=not incident.has_happened)


@login_required
def incident_new(request: HttpRequest) -> HttpResponse:
    access.require(request.user, "declare")
    form = DeclareForm(request.POST or None, initial={"time_zone": getattr(request.user, "time_zone", "UTC")})
    if request.method == "POST" and form.is_valid():
        incident = lifecycle.declare(actor=request.user, **form.changes())
        messages.success(request, f"{incident.reference} is there. Now bring in what was recorded.")
        return redirect(incident)
    return render(request, "incidents/incident_new.html", {"form": form, "zones": zones()}, status=422 if form.errors else 200)


@login_required
def incident_edit(request: HttpRequest, reference: str) -> HttpResponse:
    incident = access.incident_for(request.user, reference, "edit")
    form = IncidentForm(request.POST or None, initial=initial_of(incident), incident=incident)
    if request.method == "POST" and form.is_valid():
        try:
            lifecycle.edit(actor=request.user, incident=incident, **form.changes())
        except Conflict as conflict:
            return conflicted(request, incident, form, initial_of(conflict.current))
        return redirect(incident)
    return render(request, "incidents/incident_edit.html", {"incident": incident, "form": form, "zones": zones()}, status=422 if form.errors else 200)


@require_POST
@login_required
def incident_status(request: HttpRequest, reference: str) -> HttpResponse:
    """Take up the status that the decided milestones speak for: one press, and still a person's word."""
    incident = access.incident_for(request.user, reference, "edit")
    status, version = request.POST.get("status", ""), whole(request.POST.get("version", ""))
    if status not in Incident.Status.values or version is None:
        raise Http404
    try:
        lifecycle.edit(actor=request.user, incident=incident, version=version, status=status)
    except Conflict as conflict:
        messages.error(request, f"Somebody changed this incident a moment ago; it is {conflict.current.get_status_display().lower()} now. Nothing was saved.")
    return redirect(incident)


@login_required
def incident_access(request: HttpRequest, reference: str) -> HttpResponse:
    incident = access.incident_for(request.user, reference, "restrict")
    members = [member.user for member in incident.members.select_related("user")]
    initial = {"is_private": incident.is_private, "members": members, "version": incident.version}
    form = AccessForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            lifecycle.restrict(actor=request.user, incident=incident, **form.cleaned_data)
        except Conflict as conflict:
            current = conflict.current
            people = [member.user for member in current.members.select_related("user")]
            return conflicted(request, incident, form, {"is_private": current.is_private, "members": people, "version": current.version})
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect(incident)
    return render(request, "incidents/incident_access.html", {"incident": incident, "form": form}, status=422 if form.errors else 200)


@require_safe
@login_required
def incident_history(request: HttpRequest, reference: str) -> HttpResponse:
    incident = access.incident_for(request.user, reference)
    events = AuditEvent.objects.filter(subject=incident.reference).select_related("actor")
    page = Paginator(events, 50).get_page(request.GET.get("page"))
    zone = zone_of(request.user)
    lines = [{"event": event, "verb": spaced(event.verb), "detail": [told_of(name, value, zone) for name, value in event.detail.items()]} for event in page]
    return render(request, "incidents/incident_history.html", {"incident": incident, "page": page, "lines": lines})


def told_of(name: str, value: Any, zone: tzinfo) -> tuple[str, str]:
    words = told(value, zone)
    return spaced(name), spaced(words) if name in NAMED else words


def told(value: Any, zone: tzinfo) -> str:
    """Return a value of the audit log as a person reads it, moments in `zone`; a pair is a change from one to the other."""
    if isinstance(value, dict):
        return "; ".join(": ".join(told_of(name, part, zone)) for name, part in value.items()) or "nothing"
    if isinstance(value, list):
        return (" → " if len(value) == 2 else ", ").join(told(part, zone) for part in value) or "nobody"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and "T" in value and (at := moment(value)):
        here = at.astimezone(zone)
        return f"{here.day} {here:%b %Y, %H:%M:%S %Z}"
    return "nothing" if value in (None, "") else str(value)


def spaced(name: str) -> str:
    """Return a name of the program as words."""
    return name.replace("_", " ")


def conflicted(request: HttpRequest, incident: Incident, form: Form, current: dict[str, Any]) -> HttpResponse:
    """Show both texts, field by field, and let the person save theirs over what is there now, knowingly."""
    differences = []
    for name, field in form.fields.items():
        if name == "version":
            continue
        words = getattr(field, "in_words", in_words)
        mine, theirs = words(form.cleaned_data.get(name)), words(current.get(name))
        if mine != theirs:
            differences.append({"label": field.label or name.replace("_", " ").capitalize(), "mine": mine, "theirs": theirs})
    kept = [(name, value) for name in request.POST if name not in ("version", "csrfmiddlewaretoken") for value in request.POST.getlist(name)]
    context = {"incident": incident, "differences": differences, "kept": kept, "version": current["version"], "action": request.get_full_path()}
    template = "incidents/_incident_conflict.html" if getattr(request, "htmx", False) else "incidents/incident_conflict.html"
    return render(request, template, context, status=409)


def in_words(value: Any) -> str:
    if value is None or value == "":
        return "(empty)"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if hasattr(value, "isoformat"):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    if hasattr(value, "__iter__"):
        return ", ".join(sorted(str(item) for item in value)) or "(empty)"
    return str(value)


def zones() -> list[str]:
    return sorted(available_timezones())
