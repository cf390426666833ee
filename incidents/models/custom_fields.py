"""The fields that administrators add to incidents. `custom_fields.py` has their rules; the values are with each incident."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, OuterRef
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONObject

from incidents import custom_fields
from incidents.lib.json_rows import JsonRows
from incidents.models.catalog import IncidentType

KEY_HELP = "Files, conditions, placeholders and the API name it so; it stays. Small letters, digits and single underscores: detected_by."


class CustomFieldQuerySet(models.QuerySet["CustomField"]):
    def as_json(self) -> Any:
        """Each field with its options and types as one JSON value, for `custom_fields.parse`."""
        options = CustomFieldOption.objects.filter(field=OuterRef("pk")).order_by()
        types = CustomField.types.through.objects.filter(customfield=OuterRef("pk")).order_by()
        told = {name: F(name) for name in ("key", "kind", "help_text", "is_required", "is_active", "position", "of_near_misses")}
        of_option = {name: F(name) for name in ("key", "label", "is_active", "position")}
        whole = JSONObject(
            **told,
            label=F("name"),
            options=JsonRows(options.values(data=JSONObject(**of_option))),
            types=JsonRows(types.values(data=JSONObject(key=F("incidenttype__key")))),
        )
        return self.order_by().values(data=whole)

    def definitions(self) -> list[custom_fields.Field]:
        """All fields in their order, retired ones too, in one query."""
        found = self.order_by().annotate(whole=definitions_column()).values_list("whole", flat=True).first()
        return custom_fields.parse(found or [])


@cache
def definitions_column() -> RawSQL:
    """All fields with their options and types as one JSON value, to read along with any row."""
    return JsonRows(CustomField.objects.as_json()).written_out()


class CustomField(models.Model):
    """One field. Once an incident holds a value of it, it is switched off and not deleted."""

    key = models.CharField(
        max_length=custom_fields.KEY_LIMIT, unique=True, validators=[RegexValidator(rf"^{custom_fields.KEY.pattern}\Z", KEY_HELP)], help_text=KEY_HELP
    )
    name = models.CharField(max_length=80, help_text="As people read it: “Detected by”.")
    kind = models.CharField(max_length=10, choices=list(custom_fields.KINDS.items()), default="text")
    help_text = models.CharField(max_length=300, blank=True, help_text="Beside the field where it is filled in.")
    is_required = models.BooleanField(
        "wanted", default=False, help_text="Shown as missing until it is filled in. It never keeps anybody from making or saving an incident."
    )
    types = models.ManyToManyField(IncidentType, blank=True, related_name="custom_fields", help_text="The types of incidents that have it. None chosen: all.")
    of_near_misses = models.BooleanField(
        "near misses have it too", default=True, help_text="Who reports one is asked for it, unless it is for some types only: a report has none."
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True, help_text="Switched off it is no longer asked for; what was filled in stays and stays readable.")

    objects = CustomFieldQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class CustomFieldOption(models.Model):
    field = models.ForeignKey(CustomField, on_delete=models.CASCADE, related_name="options")
    key = models.SlugField(max_length=40, blank=True, help_text="Kept with the incidents; left empty it is made from the label.")
    label = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField("offered", default=True)

    class Meta:
        ordering = ["position", "label"]
        constraints = [models.UniqueConstraint(fields=["field", "key"], name="custom_field_option_once")]

    def __str__(self) -> str:
        return self.label
