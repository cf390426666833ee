"""What the API shows and takes of the incidents app. Fields are listed one by one: a new column is never published by accident."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.api.fields import Named
from incidents.custom_fields import KINDS
from incidents.models import (
    ApiToken,
    CustomField,
    CustomFieldOption,
    Incident,
    IncidentType,
    Service,
    Severity,
    Team,
    User,
)

MOST_VALUES = 200


class ServiceSerializer(serializers.ModelSerializer[Service]):
    team: Any = Named(slug_field="name", read_only=True, allow_null=True)

    class Meta:
        model = Service
        fields = ["key", "name", "description", "team"]


class SeveritySerializer(serializers.ModelSerializer[Severity]):
    class Meta:
        model = Severity
        fields = ["key", "name", "description", "rank"]


class IncidentTypeSerializer(serializers.ModelSerializer[IncidentType]):
    class Meta:
        model = IncidentType
        fields = ["key", "name", "description", "position", "is_active"]


class CustomFieldOptionSerializer(serializers.ModelSerializer[CustomFieldOption]):
    class Meta:
        model = CustomFieldOption
        fields = ["key", "label", "is_active"]


class CustomFieldSerializer(serializers.ModelSerializer[CustomField]):
    """A field that administrators added to incidents; retired ones and retired options are listed with `is_active` false."""

    kind = serializers.ChoiceField(choices=list(KINDS), read_only=True)
    types: Any = Named(slug_field="key", many=True, read_only=True, help_text="The types of incidents that have it; none for all.")
    options = CustomFieldOptionSerializer(many=True, read_only=True)

    class Meta:
        model = CustomField
        fields = ["key", "name", "kind", "help_text", "is_required", "is_active", "types", "of_near_misses", "options"]
        read_only_fields = fields


VALUES: dict[str, Any] = {
    "type": "object",
    "description": (
        "Values by the key of their field (`custom-fields/`): texts, links and names as strings, numbers as numbers, true or false, a day as YYYY-MM-DD, a moment "
        "as ISO 8601, an option by its key and several as a list of keys. On writing, fields left out stay as they are, and null takes a value back."
    ),
    "additionalProperties": {
        "oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}, {"type": "array", "items": {"type": "string"}}, {"type": "null"}],
    },
}


@extend_schema_field(VALUES)
class ValuesField(serializers.JSONField):
    """Values of custom fields. `lifecycle` says what is wrong with one."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict) or len(data) > MOST_VALUES:
            raise serializers.ValidationError(f"An object of at most {MOST_VALUES} values by the key of their field.")
        return data


class IncidentSerializer(serializers.ModelSerializer[Incident]):
    """An incident; `version` is also its ETag."""

    reference = serializers.CharField(read_only=True)
    type: Any = Named(slug_field="key", read_only=True, allow_null=True)
    fields: Any = ValuesField(source="field_values", read_only=True)
    severity: Any = Named(slug_field="key", read_only=True, allow_null=True)
    services: Any = Named(slug_field="key", many=True, read_only=True)
    tags: Any = Named(slug_field="name", many=True, read_only=True)
    team: Any = Named(slug_field="name", read_only=True, allow_null=True)
    lead: Any = Named(slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = Incident
        fields = [
            "reference",
            "kind",
            "title",
            "summary",
            "status",
            "type",
            "severity",
            "services",
            "tags",
            "fields",
            "team",
            "lead",
            "time_zone",
            "is_private",
            "started_at",
            "created_at",
            "updated_at",
            "open_findings",
            "open_duplicates",
            "version",
        ]
        read_only_fields = fields


class EditIncidentSerializer(serializers.Serializer[Any]):
    """What people may say about an incident; fields left out stay as they are."""

    kind = serializers.ChoiceField(choices=Incident.Kind.choices, required=False)
    title = serializers.CharField(max_length=300)
    summary = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    status = serializers.ChoiceField(choices=Incident.Status.choices, required=False)
    type = Named(slug_field="key", queryset=IncidentType.objects.all(), required=False, allow_null=True)
    severity = Named(slug_field="key", queryset=Severity.objects.all(), required=False, allow_null=True)
    services = Named(slug_field="key", queryset=Service.objects.all(), many=True, required=False)
    tags = serializers.ListField(child=serializers.SlugField(max_length=60), required=False, max_length=50)
    team = Named(slug_field="name", queryset=Team.objects.all(), required=False, allow_null=True)
    lead = Named(slug_field="username", queryset=User.objects.filter(is_active=True), required=False, allow_null=True)
    time_zone = serializers.CharField(max_length=64, required=False)
    fields: Any = ValuesField(source="values", required=False)


class NewIncidentSerializer(EditIncidentSerializer):
    """A new incident; a private one is seen by its members only, the first being whoever declares it."""

    is_private = serializers.BooleanField(required=False, default=False)
    members = Named(slug_field="username", queryset=User.objects.filter(is_active=True), many=True, required=False)


class ApiTokenSerializer(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields = ["id", "name", "scope", "created_at", "expires_at", "last_used_at"]
        read_only_fields = ["id", "created_at", "last_used_at"]
