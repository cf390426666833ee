"""A queryset as one JSON value inside another query, on both engines: what a page needs besides its row comes along with it."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import JSONField, Subquery
from django.db.models.expressions import RawSQL


class JsonRows(Subquery):
    """The rows of `queryset.values(data=JSONObject(...))` as a list, in no particular order; empty where there are none."""

    template = "(SELECT COALESCE(jsonb_agg(of_json.data), '[]'::jsonb) FROM (%(subquery)s) of_json)"

    def __init__(self, queryset: Any, **extra: Any) -> None:
        super().__init__(queryset, output_field=JSONField(), **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "(SELECT json_group_array(json(of_json.data)) FROM (%(subquery)s) of_json)"
        return self.as_sql(compiler, connection, template=template, **extra)

    def written_out(self) -> RawSQL:
        """The same as text, for what every page asks: building it from querysets takes longer than running it. Only where it refers to nothing outside."""
        sql, params = self.query.get_compiler(connection=connection).compile(self)
        return RawSQL(sql, params, output_field=JSONField())  # noqa: S611 - made by the ORM
