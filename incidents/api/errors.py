"""Errors as problem details: {"type", "title", "detail", "errors"} (RFC 9457)."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what DRF would answer into problem details; None lets an unexpected error be a 500."""
    response = exception_handler(error, context)
    if response is None:
        return None
    errors = response.data if isinstance(error, ValidationError) else {}
    detail = "The request has errors." if errors else str(getattr(error, "detail", "") or response.reason_phrase)
    response.data = {"type": "about:blank", "title": response.reason_phrase, "detail": detail, "errors": errors}
    response.content_type = "application/problem+json"
    return response
