"""Rows of a table, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

SIZE = 500


def by_key(rows: QuerySet[Any]) -> Iterator[Any]:
    """Yield rows in the order of their keys. Nothing is open between batches: a cursor that lives for an hour keeps a database from cleaning up."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:SIZE]):
        yield from batch
        last = batch[-1].pk
