"""Errors as problem details: {"type", "title", "detail", "errors"} (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as ModelError
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from incidents.api.concurrency import PreconditionFailed
from incidents.sources.drafts import SourceError


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what DRF would answer into problem details; None lets an unexpected error be a 500."""
    if isinstance(error, ModelError):
        error = ValidationError(error.message_dict if hasattr(error, "error_dict") else {"non_field_errors": error.messages})
    elif isinstance(error, SourceError):
        error = ValidationError({error.where or "file": [error.message]})
    response = exception_handler(error, context)
    if response is None:
        return None
    errors: Any = response.data if isinstance(error, ValidationError) else {}
    if isinstance(errors, list):
        errors = {"non_field_errors": errors}
    title = HTTPStatus(response.status_code).phrase
    said = str(error) if isinstance(error, PermissionDenied) else getattr(error, "detail", "")
    detail = "The request has errors; each is named in “errors”." if errors else str(said or title)
    response.data = {"type": "about:blank", "title": title, "detail": detail, "errors": errors}
    if isinstance(error, PreconditionFailed):
        response.data["current"] = error.current
    response.content_type = "application/problem+json"
    return response
