"""One entry of the timeline: the evidence it stands on, and what people make of it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from incidents import access, lifecycle, sources, timeline_query
from incidents.forms.timeline import CurationForm, EntryForm, MarkForm
from incidents.lib.conflict import Conflict
from incidents.lib.stored import iso
from incidents.lib.text import whole
from incidents.models import Curation, Fusion, Incident, Kind, Milestone, Precision, Salience, TimelineEvent
from incidents.timeline import Row, arrange, clock
from incidents.views.milestones import milestone_context
from incidents.views.zones import place

MARKS: dict[str, dict[str, Any]] = {
    "hide": {"is_hidden": True},
    "show": {"is_hidden": False},
    "highlight": {"salience": Salience.KEY},
    "plain": {"salience": Salience.NORMAL},
}
NEAR, MOST_NEAR = timedelta(minutes=30), 10
RAW_LIMIT = 200_000


def event_for(incident: Incident, pk: int) -> TimelineEvent:
    event = TimelineEvent.objects.committed(incident).select_related("curation", "delivery", "created_by").filter(pk=pk).first()
    if event is None:
        raise Http404
    return event


@require_safe
@login_required
def entry(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """One entry and the evidence it stands on."""
    incident = access.incident_for(request.user, reference)
    return render(request, template(request, "entry"), entry_context(request, incident, pk))


def entry_context(request: HttpRequest, incident: Incident, pk: int) -> dict[str, Any]:
    event = event_for(incident, pk)
    curation = event.curated
    return {
        "incident": incident,
        "event": event,
        "curation": curation,
        "kind": Kind(curation.kind if curation and curation.kind else event.kind).label,
        "kind_by_person": bool(curation and curation.kind and curation.kind != event.kind),
        "fused": fused_with(incident, event),
        "near": entries_near(incident, event) if access.may(request.user, "edit") else [],
        "moved": event.at - event.occurred_at if not (curation and curation.corrected_at) else None,
        "known": iso(event.at),
        "zone": place(request, incident),
        "raw": pretty(event.raw),
        "source": sources.labels().get(event.source, event.source),
        "precision": Precision(event.precision).label,
        "may_edit": access.may(request.user, "edit"),
        "url": event.url if event.url.startswith(("https://", "http://")) else "",
    }


def fused_with(incident: Incident, event: TimelineEvent) -> list[dict[str, Any]]:
    """Return the other events of the same fact, the leading one first, each with what made it one."""
    lead = event.fused_into_id or event.pk
    group = TimelineEvent.objects.committed(incident).filter(Q(pk=lead) | Q(fused_into=lead)).exclude(pk=event.pk)
    others: list[dict[str, Any]] = list(group.order_by("at", "sequence", "pk").values("pk", "source", "at", "precision", "text"))  # type: ignore[arg-type]  # added to below
    if not others:
        return []
    labels = sources.labels()
    pairs = Fusion.objects.filter(incident=incident, decision=Fusion.Decision.ACCEPTED).filter(Q(first=event) | Q(second=event)).select_related("decided_by")
    why = {pair.second_id if pair.first_id == event.pk else pair.first_id: pair for pair in pairs}
    zone = ZoneInfo(incident.time_zone)
    for other in others:
        other |= {"label": labels.get(other["source"], other["source"]), "pair": why.get(other["pk"]), "clock": clock(other["at"], other["precision"], zone)}
    return sorted(others, key=lambda other: other["pk"] != lead)


def entries_near(incident: Incident, event: TimelineEvent) -> list[dict[str, Any]]:
    """Return the entries around this one that may be the same fact, the nearest in time first."""
    lead = event.fused_into_id or event.pk
    around = TimelineEvent.objects.committed(incident).unfused().exclude(pk=lead).exclude(curation__is_hidden=True)
    before = around.filter(at__gte=event.at - NEAR, at__lte=event.at).order_by("-at", "-sequence", "-pk")[:MOST_NEAR]
    later = around.filter(at__gt=event.at, at__lte=event.at + NEAR).order_by("at", "sequence", "pk")[:MOST_NEAR]
    zone, labels = ZoneInfo(incident.time_zone), sources.labels()
    rows = [row for part in (before, later) for row in part.values_list("pk", "source", "at", "precision", "text")]
    rows.sort(key=lambda row: abs(row[2] - event.at))
    return [{"pk": pk, "label": f"{clock(at, precision, zone)} {labels.get(source, source)}: {text[:80]}"} for pk, source, at, precision, text in rows]


def pretty(raw: str) -> str:
    """Return the payload indented when it is JSON, else as it came; always shown as text."""
    try:
        return json.dumps(json.loads(raw), indent=2, ensure_ascii=False)[:RAW_LIMIT]
    except (ValueError, RecursionError):
        return raw[:RAW_LIMIT]


@login_required
def entry_new(request: HttpRequest, reference: str) -> HttpResponseBase:
    incident = access.incident_for(request.user, reference, "edit")
    zone = ZoneInfo(incident.time_zone)
    form = EntryForm(request.POST or None, zone=zone, initial={"at": suggested_time(request, incident)})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        salience = Salience.KEY if data.pop("highlight") else Salience.NORMAL
        try:
            event = lifecycle.add_entry(actor=request.user, incident=incident, salience=salience, **data)
        except ValidationError as error:
            form.add_error(None, error) if not hasattr(error, "error_dict") else form.add_error(None, "; ".join(error.messages))
        else:
            return leave(request, f"{incident.get_absolute_url()}?at={event.pk}#e{event.pk}")
    return render(request, template(request, "entry_new"), {"incident": incident, "form": form}, status=422 if form.errors else 200)


def suggested_time(request: HttpRequest, incident: Incident) -> datetime:
    """Return the time of the entry that the new one goes after, else the start of the incident."""
    after = whole(request.GET.get("after", ""), 18)
    found = timeline_query.place_of(incident, after) if after is not None else None
    return found.at if found else min(incident.started_at, timezone.now())


@login_required
def entry_edit(request: HttpRequest, reference: str, pk: int) -> HttpResponseBase:
    from incidents.views.incidents import conflicted

    incident = access.incident_for(request.user, reference, "edit")
    event = event_for(incident, pk)
    form = CurationForm(request.POST or None, zone=ZoneInfo(incident.time_zone), initial=initial_of(event.curated))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        data["kind"] = data["kind"] or None
        try:
            lifecycle.curate(actor=request.user, event=event, **data)
        except Conflict as conflict:
            return conflicted(request, incident, form, initial_of(conflict.current))
        except ValidationError as error:
            form.add_error(None, "; ".join(error.messages))
        else:
            hidden = "&hidden=1" if data["is_hidden"] else ""
            return leave(request, f"{incident.get_absolute_url()}?at={event.pk}{hidden}#e{event.pk}")
    return render(request, template(request, "entry_edit"), {"incident": incident, "event": event, "form": form}, status=422 if form.errors else 200)


def initial_of(curation: Curation | None) -> dict[str, Any]:
    if curation is None:
        return {"version": 0}
    return {name: getattr(curation, name) for name in (*lifecycle.CURATION_FIELDS, "version")}


@require_POST
@login_required
def entry_mark(request: HttpRequest, reference: str, pk: int) -> HttpResponseBase:
    """Hide, show, highlight: the marks of a row, in place."""
    incident = access.incident_for(request.user, reference, "edit")
    event = event_for(incident, pk)
    form = MarkForm(request.GET)  # in the address, so that a plain button of one shared form can send it
    if not form.is_valid():
        raise Http404
    problem = ""
    try:
        lifecycle.curate(actor=request.user, event=event, version=form.cleaned_data["version"], **MARKS[form.cleaned_data["mark"]])
    except Conflict:
        problem = "Somebody else changed this entry a moment ago. Nothing was saved; this is how it is now."
    if not request.htmx:  # type: ignore[attr-defined]
        if problem:
            return render(request, "incidents/timeline_entry.html", entry_context(request, incident, pk) | {"problem": problem}, status=409)
        return redirect(f"{incident.get_absolute_url()}?at={pk}#e{pk}")
    milestones = list(Milestone.objects.filter(incident=incident).select_related("kind"))
    context = milestone_context(request, incident, milestones, place(request, incident)) | row_context(request, incident, milestones, pk) | {"problem": problem}
    return render(request, "incidents/_timeline_mark.html", context, status=409 if problem else 200)


def row_context(request: HttpRequest, incident: Incident, milestones: list[Milestone], pk: int) -> dict[str, Any]:
    events = TimelineEvent.objects.committed(incident).as_curated().filter(pk=pk)
    rows: list[Row] = list(timeline_query.rows_of(events))
    timeline_query.accompany(rows, timeline_query.marks_of(milestones))
    arrange(rows, place(request, incident), fold=False)
    return {"row": rows[0], "base": incident.get_absolute_url(), "sprite": static("icons.svg"), "may_edit": True}


def leave(request: HttpRequest, url: str) -> HttpResponseBase:
    """Go back to the timeline: a redirect, or its htmx form, which leaves the dialog too."""
    if request.htmx:  # type: ignore[attr-defined]
        from django_htmx.http import HttpResponseClientRedirect

        return HttpResponseClientRedirect(url)
    return redirect(url)


def template(request: HttpRequest, name: str) -> str:
    return f"incidents/_timeline_{name}.html" if request.htmx else f"incidents/timeline_{name}.html"  # type: ignore[attr-defined]
