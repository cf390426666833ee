"""The person's own settings: name and zone, signing in, tokens for programs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from incidents import access, tokens
from incidents.forms.settings import ProfileForm, TokenForm, zone_names


def _page(request: HttpRequest, status: int = 200, **context: Any) -> HttpResponse:
    user: Any = request.user
    context.setdefault("profile_form", ProfileForm(instance=user))
    context.setdefault("token_form", TokenForm())
    context |= {"tokens": user.api_tokens.all(), "zones": zone_names(), "now": timezone.now(), "may_configure": access.may(user, "configure")}
    context["may_import"] = access.may(user, "import")
    return render(request, "incidents/settings.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings_page(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    user: Any = request.user
    form = ProfileForm(request.POST, instance=user)
    if not form.is_valid():
        user.refresh_from_db()  # the form has written its invalid values to the object that the bar on top shows
        return _page(request, 422, profile_form=form)
    form.save()
    messages.success(request, "Saved.")
    return redirect("incidents:settings")


@require_POST
@never_cache
@login_required
def token_new(request: HttpRequest) -> HttpResponse:
    """Answer with the page itself, not a redirect: the secret is shown once and kept nowhere, also not in the session."""
    user: Any = request.user
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, 422, token_form=form)
    token, secret = tokens.issue(user=user, now=timezone.now(), **form.cleaned_data)
    return _page(request, new_token=token, secret=secret)


@require_POST
@login_required
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    user: Any = request.user
    token = get_object_or_404(user.api_tokens, pk=pk)
    tokens.revoke(token=token, actor=user)
    messages.success(request, f"“{token.name}” is revoked; what used it can no longer sign in.")
    return redirect("incidents:settings")
