"""Errors as problem details: {"type", "title", "detail", "errors"} (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.exceptions import ValidationError as ModelError
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from incidents.api.concurrency import PreconditionFailed
from incidents.sources.drafts import SourceError


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what DRF would answer into problem details; None lets an unexpected error be a 500."""
    if isinstance(error, ModelError):
        error = ValidationError(error.message_dict if hasattr(error, "error_dict") else {"non_field_errors": error.messages})
    elif isinstance(error, SourceError):
        error = ValidationError({error.where or "file": [error.message]})
    elif isinstance(error, RequestDataTooBig):
        error = TooLarge(f"Apart from its files a request has at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes. Send long texts as files.")
    elif isinstance(error, TooManyFilesSent):
        error = ParseError(f"A request has at most {settings.DATA_UPLOAD_MAX_NUMBER_FILES} files.")
    elif isinstance(error, TooManyFieldsSent):
        error = ParseError(f"A form has at most {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS} fields.")
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
