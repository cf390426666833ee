"""The OpenAPI schema where it has to say more than drf-spectacular finds by itself: problems, ETags, fields that may be empty."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": True, "description": "What is wrong with which field."},
        "current": {"type": "object", "additionalProperties": True, "description": "After a lost race (412): what is stored now."},
    },
    "required": ["type", "title", "detail", "errors"],
}
ANSWER = {"description": "Problem details.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
ETAG = {"description": "The version, to be sent back as If-Match.", "schema": {"type": "string"}}


class Schema(AutoSchema):
    def _get_paginator(self) -> Any:
        """Only what is read comes in pages: several rows that were made come as they are."""
        return super()._get_paginator() if self.method == "GET" else None  # type: ignore[no-untyped-call]

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        schema = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        choices = schema.get("enum") if isinstance(schema, dict) and schema.get("type") == "string" else None
        if choices and "" not in choices and may_be_empty(field):
            choices.append("")
        return schema

    def _insert_field_validators(self, field: Any, schema: dict[str, Any]) -> None:
        super()._insert_field_validators(field, schema)  # type: ignore[no-untyped-call]
        if schema.get("format") == "uri" and may_be_empty(field):  # an empty text is none
            del schema["format"]


def may_be_empty(field: Any) -> bool:
    """Whether a text field may be "". DRF forgets it of what is read only."""
    if not isinstance(field, serializers.Field) or getattr(field, "allow_blank", False):
        return True
    model = getattr(getattr(field.parent, "Meta", None), "model", None)
    columns = {column.name: column for column in model._meta.get_fields()} if model else {}
    return bool(getattr(columns.get(field.source), "blank", False))


def complete(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """After all operations are described: every one may answer a problem; what is edited with If-Match is read with an ETag."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for operations in result["paths"].values():
        edited = any(parameter["name"] == "If-Match" for operation in operations.values() for parameter in operation.get("parameters", []))
        for method, operation in operations.items():
            operation["responses"]["default"] = ANSWER
            for code, answer in operation["responses"].items():
                if edited and method != "delete" and code in {"200", "201"}:
                    answer.setdefault("headers", {})["ETag"] = ETAG
    return result
