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
    return [("" if len(incidents) == 1 else one.reference, told_by(one, fields)) for one in incidents]


def told_by(incident: Incident, fields: Sequence[custom_fields.Field]) -> list[custom_fields.Told]:
    type_key, zone = incident.type.key if incident.type else "", ZoneInfo(incident.time_zone)
    return custom_fields.told(fields, incident.field_values, type_key, zone, near_miss=not incident.has_happened)


def shown(section: Section, fields: Sequence[OfIncident], *, internal: bool) -> list[dict[str, str]]:
    """Return the custom fields of the incidents that a section shows and that hold something. Further out nobody is named."""
    return [
        {"name": f"incident.{row.field.key}", "label": f"{row.field.label} ({reference})" if reference else row.field.label, "value": row.words}
        for reference, told in fields
        for row in kinds.shown_of_incident(section, told)
        if row.words and (internal or row.field.kind != "person")
    ]
