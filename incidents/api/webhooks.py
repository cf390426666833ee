"""Where tools post: POST /api/v1/hooks/{source}/{key}/. No session, no cookie, no redirect; whatever comes in, never a 5xx of ours."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from incidents import webhooks
from incidents.lib import signing
from incidents.webhooks import Answer

BLOCK = 64 * 1024
DRAINED = 32 * 1024 * 1024
PROBLEM = "application/problem+json"
FORMS = {
    "": webhooks.JSON,
    "application/json": webhooks.JSON,
    "application/x-ndjson": webhooks.TEXT,
    "application/x-www-form-urlencoded": webhooks.FORM,
    "text/plain": webhooks.TEXT,
}


@csrf_exempt
def hook(request: HttpRequest, source: str, key: str, token: str = "") -> JsonResponse:
    """Check in the order of what it costs: size, method and content type, then who it is, then keep it."""
    problem = refused_early(request)
    if problem is not None:
        drain(request)
        return answered(problem)
    try:
        body = request.read(webhooks.LIMIT + 1)
    except (UnreadablePostError, OSError):
        body = b""
    if len(body) != length_of(request):
        return answered(Answer(400, {"title": "Bad Request", "detail": "The body is not as long as it says."}))
    found = signing.Request({name.lower(): value for name, value in request.headers.items()}, body, token)
    return answered(webhooks.receive(source=source, key=key, request=found, form=form_of(request), ip=address_of(request)))


def refused_early(request: HttpRequest) -> Answer | None:
    """Return the answer to what is not even looked at."""
    length = length_of(request)
    if length > webhooks.LIMIT:
        return Answer(413, {"title": "Content Too Large", "detail": f"A body has at most {webhooks.LIMIT} bytes."})
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return Answer(403, {"title": "Forbidden", "detail": "Send it over https."})
    if request.method != "POST":
        return Answer(405, {"title": "Method Not Allowed", "detail": "Webhooks are sent by POST."})
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        return Answer(415, {"title": "Unsupported Media Type", "detail": "Send the body without Content-Encoding."})
    if not form_of(request):
        return Answer(415, {"title": "Unsupported Media Type", "detail": "Send JSON, with Content-Type: application/json."})
    if length < 1:
        return Answer(400, {"title": "Bad Request", "detail": "Send a body with its Content-Length."})
    return None


def drain(request: HttpRequest) -> None:
    """Read what nobody wants, within bounds: a sender that is still writing would see a broken connection instead of the answer."""
    with suppress(UnreadablePostError, OSError):
        for _ in range(DRAINED // BLOCK):
            if not request.read(BLOCK):
                return


def length_of(request: HttpRequest) -> int:
    """Return what Content-Length says; -1 when it is missing or no number."""
    text = str(request.META.get("CONTENT_LENGTH") or "")
    if not (text.isascii() and text.isdigit()):
        return -1
    return int(text) if len(text) < 16 else webhooks.LIMIT + 1


def form_of(request: HttpRequest) -> str:
    kind = (request.content_type or "").strip().lower()
    return FORMS.get(kind, webhooks.JSON if kind.startswith("application/") and kind.endswith("+json") else "")


def address_of(request: HttpRequest) -> str:
    """Return the sender's address as the login limits see it."""
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return "unknown"


def answered(answer: Answer) -> JsonResponse:
    body: dict[str, Any] = answer.body if answer.status < 400 else {"type": "about:blank", **answer.body, "errors": {}}
    response = JsonResponse(body, status=answer.status, content_type="application/json" if answer.status < 400 else PROBLEM)
    if answer.status == 405:
        response["Allow"] = "POST"
    if answer.status == 429:
        response["Retry-After"] = "60"
    response["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django would log the address, which may end in a token; `webhooks.py` logs what matters
    return response
