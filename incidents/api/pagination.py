"""Pages with an upper bound: numbered for lists that people page through, by cursor for timelines of any length."""

from typing import Any

from rest_framework.pagination import BasePagination, CursorPagination, PageNumberPagination


class Described(BasePagination):
    """OpenAPI 3.1 has no `nullable`: the first page has no previous, the last no next."""

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        described = super().get_paginated_response_schema(schema)
        for name in ("next", "previous"):
            described["properties"][name] = {"type": ["string", "null"], "format": "uri"}
        return described


class Pages(Described, PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class EventPages(Described, CursorPagination):
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000
    ordering = ("at", "sequence", "pk")
