"""What the API shows and takes of the postmortems app. Fields are listed one by one: a new column is never published by accident."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.api.fields import Named
from incidents.models import User
from postmortems.access import may_read_draft
from postmortems.action_items import EDITABLE
from postmortems.action_quality import EARLIER_KINDS
from postmortems.api.section_values import AcceptsSerializer, SectionValuesField, accepts
from postmortems.covering import MOST
from postmortems.models import ActionItem, Audience, Postmortem, RelatedIncident, RetrospectiveTemplate, Revision, Section, SectionVersion, TemplateSection
from postmortems.search import Hit

SECTION_TEXTS = ["key", "position", "title", "kind", "guidance", "questions", "fields", "minimum", "required", "audience"]


class TemplateSectionSerializer(serializers.ModelSerializer[TemplateSection]):
    questions = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = TemplateSection
        fields = SECTION_TEXTS
        read_only_fields = fields


class TemplateSerializer(serializers.ModelSerializer[RetrospectiveTemplate]):
    sections = TemplateSectionSerializer(many=True, read_only=True)

    class Meta:
        model = RetrospectiveTemplate
        fields = ["key", "name", "version", "depth", "is_default", "use_when", "audience_note", "effort_hours", "meeting_minutes", "sections"]
        read_only_fields = fields


class PostmortemSerializer(serializers.ModelSerializer[Postmortem]):
    """A post-mortem without its texts; `version` covers title, owner and status and is also the ETag."""

    reference = serializers.CharField(read_only=True)
    incident = serializers.CharField(source="incident.reference", read_only=True)
    kind = serializers.CharField(source="incident.kind", read_only=True, help_text="Of the incident: incident, near_miss or good_catch.")
    related_incidents: Any = serializers.SlugRelatedField(slug_field="reference", many=True, read_only=True, help_text="Further incidents that it covers.")
    template: Any = Named(slug_field="key", read_only=True, allow_null=True)
    owner: Any = Named(slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = Postmortem
        fields = [
            "reference",
            "incident",
            "kind",
            "related_incidents",
            "template",
            "template_version",
            "title",
            "status",
            "owner",
            "trigger",
            "created_at",
            "updated_at",
            "published_at",
            "version",
        ]
        read_only_fields = fields


class StartSerializer(serializers.Serializer[Any]):
    incident = serializers.CharField(max_length=20, help_text="Such as INC-12.")
    template = Named(slug_field="key", queryset=RetrospectiveTemplate.objects.filter(is_active=True), required=False, allow_null=True)
    title = serializers.CharField(max_length=300, required=False, allow_blank=True, default="", help_text="Without one it is suggested from the incident.")
    related_incidents = serializers.ListField(
        child=serializers.CharField(max_length=20), max_length=MOST, required=False, default=list, help_text="Further incidents that it covers, such as INC-14."
    )


class CoverSerializer(serializers.Serializer[Any]):
    incident = serializers.CharField(max_length=20, help_text="Such as INC-14.")


class RelatedSerializer(serializers.ModelSerializer[RelatedIncident]):
    """A further incident of a post-mortem; one that a revision tells of stays."""

    incident = serializers.CharField(source="incident.reference", read_only=True)

    class Meta:
        model = RelatedIncident
        fields = ["incident", "is_published", "added_at"]
        read_only_fields = fields


class DetailsSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=300, required=False)
    owner = Named(slug_field="username", queryset=User.objects.filter(is_active=True), required=False, allow_null=True)
    status = serializers.ChoiceField(
        choices=Postmortem.Status.choices, required=False, help_text="Taken only as it is already: it changes by `transitions/`, `reviews/` and `publish/`."
    )


class SectionSerializer(serializers.ModelSerializer[Section]):
    """A section: guidance, and what people wrote. `version` is also its ETag."""

    questions = serializers.ListField(child=serializers.CharField(), read_only=True)
    updated_by: Any = Named(slug_field="username", read_only=True, allow_null=True)
    values = SectionValuesField(read_only=True)
    accepts = serializers.SerializerMethodField()

    class Meta:
        model = Section
        fields = [*SECTION_TEXTS, "accepts", "body", "values", "version", "updated_at", "updated_by"]
        read_only_fields = fields

    @extend_schema_field(AcceptsSerializer)
    def get_accepts(self, section: Section) -> dict[str, Any]:
        return accepts(section)


class SectionTextSerializer(serializers.Serializer[Any]):
    body = serializers.CharField(max_length=100_000, allow_blank=True, trim_whitespace=False, required=False)
    values = SectionValuesField(required=False)


class SectionVersionSerializer(serializers.ModelSerializer[SectionVersion]):
    saved_by: Any = Named(slug_field="username", read_only=True, allow_null=True)
    values = SectionValuesField(read_only=True)

    class Meta:
        model = SectionVersion
        fields = ["number", "is_lost", "body", "values", "saved_at", "saved_by"]
        read_only_fields = fields


class PublishSerializer(serializers.Serializer[Any]):
    audience = serializers.ChoiceField(choices=Audience.choices, default=Audience.INTERNAL)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    reason = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, default="", help_text="For administrators: why it goes out without the approvals that are missing."
    )


class RevisionSerializer(serializers.ModelSerializer[Revision]):
    postmortem = serializers.CharField(source="postmortem.reference", read_only=True)
    published_by: Any = Named(slug_field="username", read_only=True, allow_null=True)
    pdf_ready = serializers.SerializerMethodField()

    class Meta:
        model = Revision
        fields = [
            "postmortem",
            "number",
            "audience",
            "sha256",
            "previous_sha256",
            "note",
            "published_at",
            "published_by",
            "pdf_ready",
            "pdf_sha256",
            "pdf_error",
        ]
        read_only_fields = fields

    def get_pdf_ready(self, revision: Revision) -> bool:
        return bool(revision.pdf_stored_as)


class KindField(serializers.ChoiceField):
    """A type of action item. The words of earlier versions are still taken: mitigate is contain, process is arrange."""

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(EARLIER_KINDS.get(data, data) if isinstance(data, str) else data)


class ActionItemSerializer(serializers.ModelSerializer[ActionItem]):
    """An action item; `version` is also its ETag."""

    reference = serializers.CharField(read_only=True)
    incident = serializers.CharField(source="incident.reference", read_only=True)
    postmortem = serializers.CharField(source="postmortem.reference", read_only=True, default=None)
    owner: Any = Named(slug_field="username", read_only=True, allow_null=True)
    factors = serializers.SerializerMethodField(help_text="Ids of the factors it acts on; set on the factor. Empty for who may not read the working text.")

    class Meta:
        model = ActionItem
        fields = [
            "reference",
            "incident",
            "postmortem",
            "title",
            "description",
            "kind",
            "strength",
            "done_when",
            "side_effects",
            "expected_effect",
            "trade_off",
            "tracked_in",
            "factors",
            "priority",
            "status",
            "owner",
            "accepted_at",
            "due_on",
            "completed_at",
            "closing_note",
            "created_at",
            "updated_at",
            "version",
        ]
        read_only_fields = fields

    def get_factors(self, item: ActionItem) -> list[int]:
        request = self.context.get("request")
        return [factor.pk for factor in item.factors.all()] if request is None or may_read_draft(request.user) else []


class ActionItemTextSerializer(serializers.ModelSerializer[ActionItem]):
    """What may be given of an action item; for a change, every field may be left out."""

    kind = KindField(choices=ActionItem.Kind.choices, required=False)
    owner = Named(slug_field="username", queryset=User.objects.filter(is_active=True), required=False, allow_null=True)

    class Meta:
        model = ActionItem
        fields = list(EDITABLE)


class NewActionItemSerializer(ActionItemTextSerializer):
    incident = serializers.CharField(max_length=20, required=False, help_text="Such as INC-12; needed without `postmortem`.")
    postmortem = serializers.CharField(max_length=20, required=False, help_text="Such as PM-12.")

    class Meta(ActionItemTextSerializer.Meta):
        fields = ["incident", "postmortem", *ActionItemTextSerializer.Meta.fields]

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if not data.get("incident") and not data.get("postmortem"):
            raise serializers.ValidationError({"incident": ["Name the incident or the post-mortem."]})
        return data


class HitSerializer(serializers.Serializer[Any]):
    """One found post-mortem; `title` and `snippet` are HTML with the found words in <mark>, everything else escaped."""

    reference = serializers.CharField(source="subject.reference")
    incident = serializers.CharField(source="subject.incident")
    kind = serializers.CharField(source="subject.kind")
    related_incidents = serializers.ListField(source="subject.related", child=serializers.CharField())
    severity = serializers.CharField(source="subject.severity_key", allow_null=True)
    services = serializers.SerializerMethodField()
    tags = serializers.ListField(source="subject.tags", child=serializers.CharField())
    started_at = serializers.DateTimeField(source="subject.started_at")
    published_at = serializers.DateTimeField(source="subject.published_at")
    title = serializers.CharField()
    snippet = serializers.CharField()

    def get_services(self, hit: Hit) -> list[str]:
        return [key for key, _name in hit.subject.services]


class FoundSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    count_is_bound = serializers.BooleanField(help_text="Whether there are more than `count`.")
    results = HitSerializer(many=True)
