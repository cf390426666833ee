"""What no library of ours does with every request: headers of the answer, and bodies of no known length."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

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
