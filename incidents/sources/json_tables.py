"""Pure. Tables that JSON holds as lists of lists, turned into objects: what log stores answer to a query.

Loki's streams (https://grafana.com/docs/loki/latest/reference/loki-http-api/), CloudWatch Logs Insights' fields and values, frames of Grafana, and columns beside rows, as Azure
Log Analytics, Elasticsearch SQL, Trino and others give them.
"""

from __future__ import annotations

import re
from typing import Any

COLUMNS = ("columns", "fields", "schema", "headers", "header")
BARE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?")
ROWS = ("rows", "values", "data", "datarows")


def unfolded(value: Any, depth: int = 0) -> Any:
    """Return a value whose tables are lists of objects; the value itself when it has none."""
    if depth > 4 or not isinstance(value, (dict, list)) or not value:
        return value
    if isinstance(value, list):
        if all(_is_fields(each) for each in value[:5]):
            return [_said(each) for each in value if _is_fields(each)]
        names = value[0] if isinstance(value[0], list) else []
        if len(value) > 1 and len(set(map(str, names))) == len(names) > 1 and all(isinstance(name, str) for name in names) and _are_rows(value[1:]):
            return _objects(names, value[1:])
        if not isinstance(value[0], dict):
            return value
        found = [unfolded(each, depth + 1) for each in value]
        return found if any(new is not old for new, old in zip(found, value, strict=True)) else value
    if isinstance(stream := value.get("stream"), dict) and _are_rows(value.get("values")):
        return {"lines": [{"timestamp": line[0], "line": line[1], **stream} for line in value["values"]]}
    if isinstance(schema := value.get("schema"), dict) and isinstance(data := value.get("data"), dict) and isinstance(values := data.get("values"), list):
        names = _names(schema.get("fields"))  # a frame of Grafana: its values come by column
        if len(names) > 1 and all(isinstance(column, list) for column in values):
            return {"name": schema.get("name"), "rows": _objects(names, [list(row) for row in zip(*values, strict=False)])}
    for key in COLUMNS:
        names = _names(value.get(key))
        if len(names) > 1:
            for rows in ROWS:
                if _are_rows(value.get(rows)):
                    return {**{name: each for name, each in value.items() if name not in (key, rows)}, rows: _objects(names, value[rows])}
    found_members = {key: unfolded(each, depth + 1) for key, each in value.items()}
    return found_members if any(found_members[key] is not each for key, each in value.items()) else value


def _names(columns: Any) -> list[str]:
    """Return the names of columns, given as strings or as objects; nothing when one has none."""
    names = [column.get("name") or column.get("text") if isinstance(column, dict) else column for column in columns] if isinstance(columns, list) else []
    return [str(name) for name in names] if all(isinstance(name, str) for name in names) else []


def _is_fields(row: Any) -> bool:
    return isinstance(row, list) and bool(row) and isinstance(row[0], dict) and "field" in row[0] and len(row[0]) <= 2


def _said(row: list[Any]) -> dict[str, Any]:
    """Return a result of Logs Insights as an object. Its times are UTC, and it does not say so."""
    found = {str(pair["field"]): pair.get("value") for pair in row if isinstance(pair, dict) and "field" in pair}
    if isinstance(at := found.get("@timestamp"), str) and BARE.fullmatch(at):
        found["@timestamp"] = f"{at}Z"
    return found


def _are_rows(rows: Any) -> bool:
    return isinstance(rows, list) and bool(rows) and all(isinstance(row, list) and len(row) > 1 for row in rows)


def _objects(names: list[Any], rows: list[list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=False)) for row in rows]
