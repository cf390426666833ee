"""Pages that belong to no app: errors. They ask nothing of the database, which may be what failed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string


def _answer(request: HttpRequest, status: int, title: str, context: dict[str, Any] | None = None) -> HttpResponse:
    if request.path.startswith("/api/"):
        problem = {"type": "about:blank", "title": title, "detail": title, "errors": {}}
        return JsonResponse(problem, status=status, content_type="application/problem+json")
    return HttpResponse(render_to_string(f"{status}.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 400, "Bad Request")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(request, 403, "Forbidden", {"reason": str(exception or "")})


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The same bytes for what does not exist and for what may not be seen."""
    return _answer(request, 404, "Not Found")


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, "Internal Server Error")
