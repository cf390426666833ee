"""What the values of a section look like over the API: single fields as strings by name, and rows as objects of strings by column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.lib.text import clean_line
from postmortems import kinds

STRING = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": (
        "Single fields by name, and `rows` for kinds that have them; `accepts` of the section names both. Moments are ISO 8601 with an offset, days YYYY-MM-DD. "
        "A number of an impact section takes its source and how good it is as `<name>.source` and `<name>.quality` (measured, estimated or unknown). "
        "Rows of a tree come in reading order with their `depth`; those of questions name the `question` that they answer."
    ),
    "properties": {"rows": {"type": "array", "maxItems": kinds.MOST_ROWS, "items": {"type": "object", "additionalProperties": STRING}}},
    "additionalProperties": STRING,
}


class SectionFieldSerializer(serializers.Serializer[Any]):
    """A field or column; `choices` is empty where any text of the type will do."""

    name = serializers.CharField()
    label: Any = serializers.CharField()
    type = serializers.ChoiceField(choices=["text", "long", "person", "link", "choice", "switch", "moment", "date", "number", "percent", "factor", "incident"])
    choices = serializers.ListField(child=serializers.CharField())


class AcceptsSerializer(serializers.Serializer[Any]):
    """What a section's `values` may hold."""

    single_fields = SectionFieldSerializer(many=True)
    columns = SectionFieldSerializer(many=True, help_text="Of its rows; none where the kind has no rows.")
    shape = serializers.ChoiceField(choices=["", "rows", "tree", "questions"])
    most_rows = serializers.IntegerField()


def accepts(section: kinds.Text) -> dict[str, Any]:
    columns = kinds.columns_of(section)
    return AcceptsSerializer(
        {
            "single_fields": kinds.facts_of(section),
            "columns": columns,
            "shape": kinds.shape_of(section),
            "most_rows": kinds.most_rows(columns) if columns else 0,
        }
    ).data


@extend_schema_field(SCHEMA)
class SectionValuesField(serializers.Field[Any, Any, Any, Any]):
    """Values of the section in the serializer's context. What its kind has no place for, or what cannot be read, is an error."""

    def to_representation(self, value: Any) -> Any:
        return value

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError("An object: fields by name, and rows.")
        named = {clean_line(str(name), limit=100): value for name, value in data.items()}
        values = {name: value if name == "rows" else text_of(value, name) for name, value in named.items()}
        if "rows" in values:
            values["rows"] = rows_given(values["rows"])
        if problems := kinds.problems(self.context["section"], values):
            raise serializers.ValidationError([f"{place}: {words}" for place, words in problems.items()])
        return values


def text_of(value: Any, place: str) -> str:
    """Return a value as the string that is stored: strings and numbers are taken, nothing else."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise serializers.ValidationError(f"{place}: A string.")
    return str(value)


def rows_given(rows: Any) -> list[dict[str, str]]:
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise serializers.ValidationError("rows: A list of objects.")
    if len(rows) > kinds.MOST_ROWS:
        raise serializers.ValidationError(f"rows: At most {kinds.MOST_ROWS}.")
    named = [{clean_line(str(name), limit=100): value for name, value in row.items()} for row in rows]
    return [{name: text_of(value, f"rows[{number}].{name}") for name, value in row.items()} for number, row in enumerate(named)]
