"""The start page: what needs me."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents import access, home, hooks


@require_safe
@login_required
def home_page(request: HttpRequest) -> HttpResponse:
    actor = request.user
    panels = [panel for ask in hooks.home_panels if (panel := ask(actor)) is not None]
    context = {
        "panels": panels,
        "running": home.running(actor),
        "inboxes": home.inboxes(actor),
        "undecided": home.undecided(actor) if access.may(actor, "edit") else [],
        "may_declare": access.may(actor, "declare"),
    }
    return render(request, "incidents/home.html", context)
