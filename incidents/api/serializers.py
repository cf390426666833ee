"""What the API shows and takes of the incidents app. Fields are listed one by one: a new column is never published by accident."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents import quality_query
from incidents.api.fields import Named
from incidents.custom_fields import KINDS
from incidents.milestones import disagree
from incidents.models import (
    ApiToken,
    Curation,
    CustomField,
    CustomFieldOption,
    Delivery,
    Incident,
    IncidentType,
    Kind,
    Milestone,
    Precision,
    Salience,
    Service,
    Severity,
    Team,
    TimelineEvent,
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


class CurationSerializer(serializers.ModelSerializer[Curation]):
    class Meta:
        model = Curation
        fields = ["is_hidden", "salience", "kind", "title", "note", "corrected_at", "version", "updated_at"]
        read_only_fields = fields


class PieceSerializer(serializers.ModelSerializer[TimelineEvent]):
    """Further evidence of an entry: another event of the same fact."""

    delivery = serializers.IntegerField(source="delivery_id", read_only=True, allow_null=True)

    class Meta:
        model = TimelineEvent
        fields = ["id", "source", "at", "occurred_at", "precision", "kind", "actor", "text", "url", "delivery"]
        read_only_fields = fields


class TimelineEventSerializer(serializers.ModelSerializer[TimelineEvent]):
    """An event as the evidence gives it, and beside it what people said about it (`curation`, null when nobody did)."""

    curation = serializers.SerializerMethodField()
    delivery = serializers.IntegerField(source="delivery_id", read_only=True, allow_null=True)
    fused_into = serializers.IntegerField(source="fused_into_id", read_only=True, allow_null=True)
    evidence = PieceSerializer(source="fused", many=True, read_only=True)

    class Meta:
        model = TimelineEvent
        fields = [
            "id",
            "at",
            "occurred_at",
            "time_text",
            "zone",
            "zone_assumed",
            "precision",
            "kind",
            "rule",
            "salience",
            "actor",
            "text",
            "url",
            "thread",
            "source",
            "delivery",
            "where",
            "milestone",
            "recorded_at",
            "revised",
            "fused_into",
            "evidence",
            "curation",
        ]
        read_only_fields = fields

    def get_curation(self, event: TimelineEvent) -> dict[str, Any] | None:
        curation, known = getattr(event, "curation", None), self.context.get("known")
        return CurationSerializer(curation).data if curation and (known is None or curation.updated_at <= known) else None


class EvidenceSerializer(TimelineEventSerializer):
    """An event with the original as received."""

    class Meta(TimelineEventSerializer.Meta):
        fields = [*TimelineEventSerializer.Meta.fields, "raw"]
        read_only_fields = fields


class NewEventSerializer(serializers.Serializer[Any]):
    """An entry made by hand."""

    at = serializers.DateTimeField()
    text = serializers.CharField(max_length=20_000)
    kind = serializers.ChoiceField(choices=Kind.choices, default=Kind.NOTE)
    actor = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    precision = serializers.ChoiceField(choices=Precision.choices, default=Precision.MINUTE)


class CurateSerializer(serializers.Serializer[Any]):
    """What to say about an event; fields left out stay as they are, null takes a correction back."""

    is_hidden = serializers.BooleanField(required=False)
    salience = serializers.ChoiceField(choices=Salience.choices, required=False, allow_null=True)
    kind = serializers.ChoiceField(choices=Kind.choices, required=False, allow_null=True)
    title = serializers.CharField(max_length=300, required=False, allow_blank=True)
    note = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    corrected_at = serializers.DateTimeField(required=False, allow_null=True)


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    class Meta:
        model = Delivery
        fields = ["id", "channel", "file_name", "sha256", "size", "source", "options", "state", "report", "progress", "received_at", "finished_at"]
        read_only_fields = fields


class ImportOptionsSerializer(serializers.Serializer[Any]):
    """How to read what a file leaves open."""

    source = serializers.CharField(required=False, default="auto", max_length=40)  # type: ignore[assignment]  # named so in the contract
    time_zone = serializers.CharField(required=False, allow_blank=True, default="", max_length=64)
    date = serializers.DateField(required=False, allow_null=True, default=None)
    clock = serializers.TimeField(required=False, allow_null=True, default=None, help_text="When a recording began, whose times count from its start.")
    mapping = serializers.DictField(child=serializers.CharField(max_length=40), required=False, default=dict)


class ImportSerializer(ImportOptionsSerializer):
    """Files to import (multipart), or `text` as it was pasted."""

    files = serializers.ListField(child=serializers.FileField(), required=False, max_length=10)
    text = serializers.CharField(required=False, max_length=2_000_000)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if not data.get("files") and not data.get("text"):
            raise serializers.ValidationError({"files": ["Send at least one file in “files”, or the text in “text”."]})
        return data


class VoiceSerializer(serializers.Serializer[Any]):
    source: Any = serializers.CharField()
    at = serializers.DateTimeField()
    event = serializers.IntegerField()
    precision = serializers.CharField()
    meaning = serializers.CharField(help_text="What the source means by it: states, says, signals recovery at.")


class MilestoneSerializer(serializers.ModelSerializer[Milestone]):
    """One milestone: what the evidence proposes, and in `at` the moment a person confirmed or gave; null until then."""

    kind: Any = Named(slug_field="key", read_only=True)
    name = serializers.CharField(source="kind.name", read_only=True)
    definition = serializers.CharField(source="kind.definition", read_only=True)
    voices = VoiceSerializer(many=True, read_only=True, help_text="What each source says about it.")
    conflict = serializers.SerializerMethodField(help_text="Whether two sources put it more than a minute apart.")

    class Meta:
        model = Milestone
        fields = [
            "kind",
            "name",
            "definition",
            "at",
            "decision",
            "note",
            "decided_at",
            "proposed_at",
            "earliest",
            "latest",
            "confidence",
            "rule",
            "evidence",
            "voices",
            "conflict",
            "version",
        ]
        read_only_fields = fields

    def get_conflict(self, row: Milestone) -> bool:
        return disagree(quality_query.voices_of(row))


class DecideSerializer(serializers.Serializer[Any]):
    decision = serializers.ChoiceField(choices=Milestone.Decision.choices)
    at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="For “overridden”: the moment.")
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class ApiTokenSerializer(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields = ["id", "name", "scope", "created_at", "expires_at", "last_used_at"]
        read_only_fields = ["id", "created_at", "last_used_at"]
