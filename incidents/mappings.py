"""Writes. Saved mappings: what a person said the columns of a file mean, kept for every later file that has exactly the same columns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from incidents import access, sources
from incidents.access import Actor
from incidents.lib.text import clean_line
from incidents.models import AuditEvent, Mapping, User
from incidents.sources.fields import FIELDS, ORDERS

MOST_COLUMNS = 200
TIMES = frozenset(("time", "date", *ORDERS))
TEXTS = frozenset(("text", "title"))


def fingerprint(source: str, columns: Iterable[str]) -> str:
    """Return what two files share when they have the same columns, in any order."""
    return hashlib.sha256(json.dumps([source, sorted(columns)], ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def saved_for(source: str, columns: Iterable[str]) -> Mapping | None:
    """Return the mapping for these columns, the one that was saved last where there are several."""
    return Mapping.objects.filter(fingerprint=fingerprint(source, columns)).order_by("-saved_at", "-pk").first()


def may_delete(actor: Actor, mapping: Mapping) -> bool:
    return access.may(actor, "configure") or (access.may(actor, "import") and mapping.created_by_id is not None and mapping.created_by_id == actor.pk)


def checked(name: str, source: str, fields: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Return name and fields as they are kept. Raises ValidationError."""
    name = clean_line(name, limit=100)
    if not name:
        raise ValidationError({"name": "Give the mapping a name."})
    if source not in sources.registered() or not sources.registered()[source].asks_mapping:
        known = ", ".join(each.name for each in sources.registered().values() if each.asks_mapping)
        raise ValidationError({"source": f"This format has no columns to be mapped. Those that have: {known}."})
    kept = {str(column): str(field) for column, field in fields.items()}
    if not kept or len(kept) > MOST_COLUMNS or any(clean_line(column, limit=200) != column for column in kept):
        raise ValidationError({"fields": f"Give 1 to {MOST_COLUMNS} columns by their names as the import lists them, each with a field or “”."})
    if unknown := [field for field in kept.values() if field and field not in FIELDS]:
        raise ValidationError({"fields": f"There is no field “{unknown[0][:60]}”. Known: {', '.join(FIELDS)}."})
    if not TIMES & set(kept.values()) or not TEXTS & set(kept.values()):
        raise ValidationError({"fields": "A mapping says which column holds the time and which the text."})
    return name, kept


def save(*, actor: Actor, name: str, source: str, fields: dict[str, Any]) -> Mapping:
    """Save a mapping; one of the same name is replaced when it is one's own and of the same columns. Raises ValidationError, PermissionDenied."""
    access.require(actor, "import")
    name, kept = checked(name, source, fields)
    mark = fingerprint(source, kept)
    taken = ValidationError({"name": f"There is a mapping “{name}” already. Choose another name."})
    try:
        with transaction.atomic():
            mapping = Mapping.objects.select_for_update().filter(name=name).first()
            if mapping is not None and (mapping.fingerprint != mark or not may_delete(actor, mapping)):
                raise taken
            mapping = mapping or Mapping(name=name, created_by=actor if isinstance(actor, User) else None)
            mapping.source, mapping.fingerprint, mapping.fields = source, mark, kept
            mapping.save()
            AuditEvent.record(actor, "mapping saved", f"mapping-{mapping.pk}", name=name, source=source)
    except IntegrityError:  # somebody saved that name at the same moment
        raise taken from None
    return mapping


@transaction.atomic
def delete(*, actor: Actor, mapping: Mapping) -> None:
    """Delete a mapping: by who saved it, or an administrator. What was imported with it stays. Raises PermissionDenied."""
    if not may_delete(actor, mapping):
        raise PermissionDenied("Only who saved this mapping and administrators may delete it.")
    AuditEvent.record(actor, "mapping deleted", f"mapping-{mapping.pk}", name=mapping.name)
    mapping.delete()
