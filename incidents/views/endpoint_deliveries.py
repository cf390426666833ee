"""One delivery of an endpoint: what it is, why it went where it is, its bytes, and what a person does with it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from incidents import access, assigning, endpoint_reports, routing
from incidents.forms.endpoints import AddForm, OpenForm
from incidents.models import Delivery, Endpoint, Job
from incidents.views.endpoints import source_label
from incidents.views.imports import as_download

State = Delivery.State


def found(request: HttpRequest, pk: int, number: int) -> tuple[Endpoint, Delivery]:
    endpoint = access.endpoint_for(request.user, pk)
    delivery = endpoint_reports.deliveries(request.user, endpoint).filter(pk=number).first()
    if delivery is None:
        raise Http404
    return endpoint, delivery


@require_safe
@login_required
def endpoint_delivery(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    return page(request, *found(request, pk, number))


def page(request: HttpRequest, endpoint: Endpoint, delivery: Delivery, *, status: int = 200, **context: Any) -> HttpResponse:
    text, is_whole = endpoint_reports.raw_text(delivery)
    facts = routing.facts_of(delivery.facts)
    is_waiting = delivery.incident is None and delivery.state in (State.HELD, State.IGNORED) and bool(delivery.facts)
    context = {
        "endpoint": endpoint,
        "delivery": delivery,
        "source_label": source_label(endpoint),
        "facts": facts,
        "report": delivery.report,
        "raw": text,
        "is_whole": is_whole,
        "is_waiting": is_waiting,
        "failed": Job.objects.filter(kind="route", object_id=delivery.pk, state=Job.State.DEAD).first() if delivery.state == State.RECEIVED else None,
        "open_incidents": endpoint_reports.open_incidents(request.user) if is_waiting else [],
        "open_form": OpenForm(initial={"title": facts.title}),
        "add_form": AddForm(actor=request.user),
        **context,
    }
    return render(request, "incidents/endpoint_delivery.html", context, status=status)


@require_safe
@login_required
def endpoint_delivery_file(request: HttpRequest, pk: int, number: int) -> HttpResponse | FileResponse:
    _endpoint, delivery = found(request, pk, number)
    try:
        file = default_storage.open(delivery.stored_as, "rb")
    except FileNotFoundError:
        raise Http404 from None
    return as_download(file, delivery)


@require_POST
@login_required
def endpoint_delivery_again(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Replay: decide once more with the rules of now, or read it once more into its incident."""
    endpoint, delivery = found(request, pk, number)
    again = assigning.again(actor=request.user, delivery=delivery)
    messages.success(request, "It is read again.")
    return redirect("incidents:endpoint_delivery", endpoint.pk, again.pk)


@require_POST
@login_required
def endpoint_delivery_assign(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Open an incident from it, or add it to one."""
    endpoint, delivery = found(request, pk, number)
    access.require(request.user, "declare")
    opens = "open" in request.POST
    form = OpenForm(request.POST) if opens else AddForm(request.POST, actor=request.user)
    if not form.is_valid():
        return page(request, endpoint, delivery, status=422, **{"open_form" if opens else "add_form": form})
    try:
        incident = assigning.assign(actor=request.user, delivery=delivery, incident=form.cleaned_data.get("incident"), title=form.cleaned_data.get("title", ""))
    except assigning.AlreadyAssigned:
        messages.error(request, "It has been given an incident, or is being read again, meanwhile.")
        return redirect("incidents:endpoint_delivery", endpoint.pk, delivery.pk)
    messages.success(request, f"{incident.reference} has it.")
    return redirect(incident)
