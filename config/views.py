"""Pages that belong to no app: health, and errors, which ask nothing of the database, since it may be what failed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import health


def _answer(request: HttpRequest, status: int, title: str, context: dict[str, Any] | None = None) -> HttpResponse:
    if request.path.startswith("/api/"):
        problem = {"type": "about:blank", "title": title, "detail": title, "errors": {}}
        return JsonResponse(problem, status=status, content_type="application/problem+json")
    return HttpResponse(render_to_string(f"{status}.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 400, "Bad Request")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, "Forbidden", {"reason": str(exception or ""), "heading": getattr(exception, "heading", "")})


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The same bytes for what does not exist and for what may not be seen."""
    return _answer(request, 404, "Not Found")


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, "Internal Server Error")


@require_safe
@never_cache
def livez(request: HttpRequest) -> JsonResponse:
    """The process answers. Touches nothing else: restarting it would not mend a database."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """503 when pages cannot be served. Late jobs are "degraded" with 200: taking the pages away too would help nobody.

    With `?strict` a monitor gets 503 for late jobs as well. Only administrators see what is wrong.
    """
    failures = health.failures()
    delays = {} if failures else health.delays()
    status = "fail" if failures else "degraded" if delays else "ok"
    body: dict[str, object] = {"status": status}
    # Who asks can be known only while the database works.
    if not failures and getattr(request.user, "role", "") == "admin":
        body["findings"] = delays
    bad = failures or (delays and "strict" in request.GET)
    return JsonResponse(body, status=503 if bad else 200)
