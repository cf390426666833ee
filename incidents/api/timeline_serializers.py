"""What the REST API shows and takes of a timeline: entries and what people made of them, deliveries, milestones."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents import quality_query
from incidents.api.fields import Named
from incidents.milestones import disagree
from incidents.models import (
    Curation,
    Delivery,
    Kind,
    Milestone,
    Precision,
    Salience,
    TimelineEvent,
)


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
