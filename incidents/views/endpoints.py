"""Settings of webhooks: the endpoints, one endpoint with its address and last deliveries, its secret, switching it off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from incidents import access, assigning, endpoint_reports, endpoints, sources
from incidents.forms.endpoints import EndpointForm, NewEndpointForm, SecretForm
from incidents.forms.saving import WRITTEN, refuse, save
from incidents.forms.settings import zone_names
from incidents.lib import signing
from incidents.models import Delivery, Endpoint
from incidents.models.endpoints import AUTO
from incidents.senders import sender_of

LOST_RACE = "Somebody else saved this a moment ago. Nothing of yours was saved; look at what is there now, and save again to have it your way."
FACES = [("", "All"), ("inbox", "Inbox"), ("failed", "Failed")]


@require_safe
@login_required
def endpoint_list(request: HttpRequest) -> HttpResponse:
    access.require(request.user, "configure")
    rows = [{"endpoint": row, "source": source_label(row)} for row in endpoint_reports.listed(request.user)]
    return render(request, "incidents/endpoint_list.html", {"rows": rows})


@never_cache
@login_required
def endpoint_new(request: HttpRequest) -> HttpResponse:
    """Make an endpoint. The answer is its page, not a redirect: a secret that was made is shown this once."""
    access.require(request.user, "configure")
    form = NewEndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        fields = {name: value for name, value in form.cleaned_data.items() if name not in ("version", "header") or (name == "header" and value)}
        try:
            endpoint, secret = endpoints.create(actor=request.user, **fields)
        except ValidationError as error:
            refuse(form, error)
        else:
            return page(request, endpoint, secret=secret, is_new=True)
    return render(request, "incidents/endpoint_new.html", {"form": form, "zones": zone_names()}, status=422 if form.errors else 200)


@require_safe
@login_required
def endpoint(request: HttpRequest, pk: int) -> HttpResponse:
    return page(request, access.endpoint_for(request.user, pk))


def page(request: HttpRequest, endpoint: Endpoint, *, status: int = 200, **context: Any) -> HttpResponse:
    face = request.GET.get("show", "")
    face = face if face in endpoint_reports.FACES else ""
    scheme = signing.SCHEMES[endpoint.scheme]
    found = endpoint_reports.counts(request.user, endpoint)
    tabs = [
        {"url": f"{endpoint.get_absolute_url()}{f'?show={name}' if name else ''}", "text": text, "current": name == face, "count": found.get(name)}
        for name, text in FACES
    ]
    now = timezone.now()
    context = {
        "endpoint": endpoint,
        "source_label": source_label(endpoint),
        "scheme": scheme,
        "sender": sender_of(endpoint.source),
        "asks_mapping": endpoint.source in ("json", AUTO),
        "deliveries": list(endpoint_reports.deliveries(request.user, endpoint, face)[: endpoint_reports.LAST]),
        "tabs": tabs,
        "face": face,
        "confirmation": endpoint_reports.confirmation(request.user, endpoint),
        "secrets": list(endpoint.secrets.active(now)),
        "secret_form": SecretForm(),
        "rule_count": len(endpoint.rules),
        "waiting": found["inbox"],
        "asks_again": bool(endpoint.mapping) and bool(found["inbox"] or found["failed"]),  # keys that were explained since change what they are
        **context,
    }
    recent = now - timedelta(minutes=10)  # what waits for longer is not worth asking for every two seconds
    running = (Delivery.State.RECEIVED, Delivery.State.IMPORTING)
    context["is_running"] = any(row.state in running and row.received_at > recent for row in context["deliveries"])
    if request.headers.get("HX-Request"):
        return render(request, "incidents/_endpoint_deliveries.html", context)
    return render(request, "incidents/endpoint.html", context, status=status)


@login_required
def endpoint_edit(request: HttpRequest, pk: int) -> HttpResponse:
    endpoint = access.endpoint_for(request.user, pk)
    initial = {name: getattr(endpoint, name) for name in (*endpoints.FIELDS, "version")}
    form = EndpointForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST":
        status, _ = save(form, lambda: edit(request.user, endpoint, **form.cleaned_data), LOST_RACE)
        if status == WRITTEN:
            messages.success(request, "Saved.")
            return redirect(endpoint)
    context = {"endpoint": endpoint, "form": form, "zones": zone_names()}
    return render(request, "incidents/endpoint_edit.html", context, status=status)


def edit(actor: Any, endpoint: Endpoint, *, version: int | None, scheme: str, **fields: Any) -> Endpoint:
    """Store the fields; without a way of its own, the sender is known in the way of its source."""
    return endpoints.edit(actor=actor, endpoint=endpoint, version=version or 0, scheme=scheme or sender_of(endpoint.source).scheme, **fields)


@require_POST
@never_cache
@login_required
def endpoint_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Rotate. Answers with the page itself: a secret that was made is shown this once."""
    endpoint = access.endpoint_for(request.user, pk)
    form = SecretForm(request.POST)
    if form.is_valid():
        try:
            made = endpoints.rotate(actor=request.user, endpoint=endpoint, **form.cleaned_data)
        except ValidationError as error:
            refuse(form, error)
        else:
            if made:
                return page(request, endpoint, secret=made)
            messages.success(request, "The secret is kept. Deliveries signed with it are taken from now on.")
            return redirect(endpoint)
    return page(request, endpoint, status=422, secret_form=form)


@require_POST
@login_required
def endpoint_switch(request: HttpRequest, pk: int) -> HttpResponse:
    endpoint = access.endpoint_for(request.user, pk)
    endpoints.switch(actor=request.user, endpoint=endpoint, is_enabled=request.POST.get("to") == "on")
    return redirect(endpoint)


@require_POST
@login_required
def endpoint_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide once more, with the rules of now, about everything that waits."""
    endpoint = access.endpoint_for(request.user, pk)
    count = assigning.inbox_again(actor=request.user, endpoint=endpoint)
    messages.success(request, f"{count} deliver{'y is' if count == 1 else 'ies are'} routed again.")
    return redirect(endpoint)


@require_POST
@login_required
def endpoint_delete(request: HttpRequest, pk: int) -> HttpResponse:
    endpoint = access.endpoint_for(request.user, pk)
    endpoints.remove(actor=request.user, endpoint=endpoint)
    messages.success(request, f"“{endpoint.name}” is deleted. What incidents have of it stays with them.")
    return redirect("incidents:endpoint_list")


def source_label(endpoint: Endpoint) -> str:
    if endpoint.source == AUTO:
        return "Found out from each delivery"
    return sources.labels().get(endpoint.source, endpoint.source)
