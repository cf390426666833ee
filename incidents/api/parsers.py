"""What the API reads: JSON as strictly as files and webhooks are read, so that no body is a server error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from incidents.lib import strict_json
from incidents.lib.text import SURROGATES


class StrictJSONParser(JSONParser):
    """JSON in UTF-8 whatever the charset claims, at most 64 levels deep, each key once, finite numbers, whole characters."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        try:
            value = strict_json.loads(stream.read())
        except strict_json.JsonError as error:
            raise ParseError(f"This is not JSON as it is read here, at character {error.position + 1}. {error.message}") from None
        if has_half_character(value):
            raise ParseError("A text holds half a character (a lone surrogate), which cannot be stored or written back.")
        return value


def has_half_character(value: Any) -> bool:
    """Whether a text or key anywhere in a parsed value cannot be written as UTF-8. What was parsed is at most 64 levels deep."""
    if isinstance(value, str):
        return not value.isascii() and SURROGATES.search(value) is not None
    if isinstance(value, dict):
        return any(has_half_character(each) for pair in value.items() for each in pair)
    return isinstance(value, list) and any(has_half_character(each) for each in value)
