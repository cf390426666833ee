"""Fields of the API that DRF lacks."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.lib.text import clean_text


class Named(serializers.SlugRelatedField[Any]):
    """A row by its key or name. What could be no name, such as one with a NUL, is unknown: PostgreSQL would refuse to look for it."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or clean_text(data) != data:
            self.fail("does_not_exist", slug_name=self.slug_field, value=str(data)[:60].replace("\x00", "�"))
        return super().to_internal_value(data)
