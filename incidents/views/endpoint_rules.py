"""What an endpoint does with what it gets: its rules with a rehearsal, and the meaning of JSON keys with a preview."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from incidents import access, endpoint_reports, endpoints, routing
from incidents.forms.endpoints import KeysForm, RuleForm, rule_forms, sent_rules
from incidents.lib.conflict import Conflict
from incidents.lib.text import whole
from incidents.models import Endpoint
from incidents.routing import RuleError
from incidents.views.endpoints import LOST_RACE


@login_required
def endpoint_rules(request: HttpRequest, pk: int) -> HttpResponse:
    """The rules as rows. “Try” shows what they would do with the last deliveries and saves nothing."""
    endpoint = access.endpoint_for(request.user, pk)
    if request.method != "POST":
        return rules_page(request, endpoint, rule_forms(routing.parse_rules(endpoint.rules)), endpoint.rules)
    forms = rule_forms([], request.POST)
    if not all(form.is_valid() for form in forms):
        return rules_page(request, endpoint, forms, None, status=422)
    rules = sent_rules(forms)
    if "try" in request.POST:
        return rules_page(request, endpoint, rule_forms(routing.parse_rules(rules)), rules, tried=True)
    try:
        endpoints.set_rules(actor=request.user, endpoint=endpoint, version=whole(request.POST.get("version", "")) or 0, rules=rules)
    except RuleError as error:
        return rules_page(request, endpoint, forms, None, status=422, problem=f"Rule {error.number}: {error.message}")
    except Conflict as conflict:
        return rules_page(request, conflict.current, forms, None, status=409, problem=LOST_RACE)
    messages.success(request, "The rules are saved. They count for what comes in from now on; deliveries in the inbox can be routed again.")
    return redirect("incidents:endpoint_rules", pk)


def rules_page(
    request: HttpRequest,
    endpoint: Endpoint,
    forms: list[RuleForm],
    rules: list[dict[str, Any]] | None,
    *,
    status: int = 200,
    problem: str = "",
    tried: bool = False,
) -> HttpResponse:
    context = {
        "endpoint": endpoint,
        "forms": forms,
        "problem": problem,
        "tried": tried,
        "version": endpoint.version,
        "rehearsal": endpoint_reports.rehearsed(request.user, endpoint, rules) if rules is not None else [],
    }
    return render(request, "incidents/endpoint_rules.html", context, status=status)


@login_required
def endpoint_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """What the keys mean, with the last deliveries as they would then be read; the preview follows each choice."""
    endpoint = access.endpoint_for(request.user, pk)
    rows = list(endpoint_reports.deliveries(request.user, endpoint)[: endpoint_reports.SAMPLES])
    columns = endpoint_reports.columns(endpoint, rows, endpoint.mapping)
    form = KeysForm(request.POST or None, columns=columns, initial={"version": endpoint.version})
    chosen, status = endpoint.mapping, 200
    if request.method == "POST":
        if not form.is_valid():
            status = 422
        elif "preview" in request.POST or request.headers.get("HX-Request"):
            chosen = form.mapping()
        else:
            # Keys that the last deliveries happen to lack keep their meaning.
            try:
                endpoints.set_mapping(actor=request.user, endpoint=endpoint, version=form.cleaned_data["version"], given={**endpoint.mapping, **form.mapping()})
            except Conflict:
                form.add_error(None, LOST_RACE)
                status = 409
            except ValidationError as error:
                form.add_error(None, error.messages)
                status = 422
            else:
                messages.success(request, "Saved. Deliveries are read so from now on; those without an incident can be routed again.")
                return redirect("incidents:endpoint_mapping", pk)
    context = {"endpoint": endpoint, "form": form, "columns": columns, "reads": endpoint_reports.preview(endpoint, rows, chosen)}
    template = "incidents/_endpoint_preview.html" if request.headers.get("HX-Request") else "incidents/endpoint_mapping.html"
    return render(request, template, context, status=status)
