"""ETag and If-Match on everything people edit: a change says which version it was made from, and a lost race is a 412."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.lib.conflict import Conflict
from incidents.lib.text import whole


class PreconditionFailed(APIException):
    """Someone else's change came first; `current` is what is stored now, so that nothing has to be fetched to merge."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_code = "precondition_failed"

    def __init__(self, current: Any) -> None:
        super().__init__("It was changed since you read it. Nothing was overwritten: merge with “current” and send its ETag.")
        self.current = current


class PreconditionRequired(APIException):
    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_code = "precondition_required"
    default_detail = "Send If-Match with the ETag of what you read."


class MalformedPrecondition(APIException):
    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "malformed_precondition"
    default_detail = 'If-Match is one ETag as it was given, such as "3".'


#: On the method of an edit: `version_sent` asks for the header, and the schema says so. `versioned_later` when the first save has none.
versioned = extend_schema(parameters=[OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, required=True, description="The ETag of what you read.")])
versioned_later = extend_schema(
    parameters=[OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="The ETag of what you read; left out the first time.")]
)


def version_sent(request: Request) -> int:
    """Return the version in If-Match. Raises PreconditionRequired without one, MalformedPrecondition for what is none."""
    sent = request.headers.get("If-Match", "").strip()
    if not sent:
        raise PreconditionRequired
    digits = sent.removeprefix("W/").strip('"')
    number = whole(digits)
    if number is None:
        raise MalformedPrecondition
    return number


@contextmanager
def lost_race(serializer: Callable[[Any], Any]) -> Iterator[None]:
    """Around a change: where somebody else's came first, raise PreconditionFailed with what is stored now, as `serializer` tells it."""
    try:
        yield
    except Conflict as conflict:
        raise PreconditionFailed(serializer(conflict.current).data) from conflict


def tagged(data: Any, version: int, code: int = status.HTTP_200_OK) -> Response:
    """Return the answer with the version as its ETag."""
    return Response(data, status=code, headers={"ETag": f'"{version}"'})
