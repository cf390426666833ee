"""What no library of ours does with every request: headers of the answer, bodies of no known length, and bodies sent to an address without its last slash."""

import json
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.utils.http import escape_leading_slashes

POLICY = ", ".join(
    f"{feature}=()"
    for feature in ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment", "usb")
)


def permissions_policy(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Say in every answer that no page of ours uses cameras, microphones, sensors or payments."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Permissions-Policy"] = POLICY
        return response

    return middleware


def length_required(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse a body sent in chunks: Django reads nothing without Content-Length, so an edit would be answered as done and change nothing."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
            problem = {"type": "about:blank", "title": "Length Required", "detail": "Send the body with its Content-Length, not in chunks.", "errors": {}}
            return JsonResponse(problem, status=411, content_type="application/problem+json")
        return get_response(request)

    return middleware


def body_kept(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Add the last slash with 308 to what is sent: after Django's 301 a client asks by GET, and what was typed or sent is gone.

    Browsers and most programs follow a 308 with method and body; for others the API says in a problem document what is wrong.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        address = escape_leading_slashes(request.get_full_path(force_append_slash=True))
        if response.status_code != 301 or request.method in {"GET", "HEAD", "OPTIONS"} or response["Location"] != address:
            return response
        kept = HttpResponsePermanentRedirect(address, preserve_request=True)
        if request.path.startswith("/api/"):
            detail = f"The address ends with a slash: {address} - nothing was done. Send the same request there."
            kept.content = json.dumps({"type": "about:blank", "title": "Permanent Redirect", "detail": detail, "errors": {}})
            kept["Content-Type"] = "application/problem+json"
        return kept

    return middleware
