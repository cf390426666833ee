"""Reads. What the incidents of a post-mortem say with their custom fields, as a section of its document shows it."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from incidents import custom_fields
from incidents.models import CustomField, Incident
from postmortems import kinds
from postmortems.models import Section

OfIncident = tuple[str, list[custom_fields.Told]]


def of(incidents: Sequence[Incident]) -> list[OfIncident]:
    """Return what each incident says with its custom fields, with its reference where there are several."""
    fields = CustomField.objects.definitions()
    rows = [(one, custom_fields.told(fields, one.field_values, one.type.key if one.type else "", ZoneInfo(one.time_zone))) for one in incidents]
    return [("" if len(incidents) == 1 else one.reference, told) for one, told in rows]


def shown(section: Section, fields: Sequence[OfIncident], *, internal: bool) -> list[dict[str, str]]:
    """Return the custom fields of the incidents that a section shows and that hold something. Further out nobody is named."""
    return [
        {"name": f"incident.{row.field.key}", "label": f"{row.field.label} ({reference})" if reference else row.field.label, "value": row.words}
        for reference, told in fields
        for row in kinds.shown_of_incident(section, told)
        if row.words and (internal or row.field.kind != "person")
    ]
