"""Templates over the API: versions, files, what is suggested for an incident, and moving a post-mortem to a newer version."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as InvalidValue
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.access import incident_for, may, require
from incidents.api.concurrency import PreconditionFailed, lost_race, tagged, version_sent, versioned
from incidents.api.fields import Named
from incidents.api.files import AsAddressed
from incidents.lib.conflict import Conflict
from postmortems import access, assessing, authoring, learning, moving, template_yaml
from postmortems.api import serializers as shapes
from postmortems.models import LearningAssessment, Postmortem, RetrospectiveTemplate, SectionKind, TemplateVersion
from postmortems.template_yaml import MOST_BYTES, TemplateFileError
from postmortems.views.templates import yaml_file

# What is shown and taken -------------------------------------------------------------------------------


class TemplateVersionSerializer(serializers.ModelSerializer[TemplateVersion]):
    saved_by: Any = Named(slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = TemplateVersion
        fields = ["number", "origin", "changed", "note", "saved_at", "saved_by"]
        read_only_fields = fields


class TemplateContentSerializer(TemplateVersionSerializer):
    content = serializers.DictField(read_only=True, help_text="What the template said, with its sections.")

    class Meta(TemplateVersionSerializer.Meta):
        fields = [*TemplateVersionSerializer.Meta.fields, "content"]
        read_only_fields = fields


class TemplateFileSerializer(serializers.Serializer[Any]):
    yaml = serializers.CharField(max_length=MOST_BYTES, trim_whitespace=False, help_text="A file as the export gives it.")
    offer = serializers.BooleanField(default=False, help_text="Switch new templates on at once.")


class TakenSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(source="template.key")
    version = serializers.IntegerField(source="template.version")
    outcome = serializers.ChoiceField(choices=["new", "changed", "same"])
    changed = serializers.CharField()


class LineSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    text = serializers.CharField()
    is_ticked = serializers.BooleanField()
    why = serializers.ListField(child=serializers.CharField(), help_text="What the timeline knows of it.")


class RuleAskedSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(source="rule.name")
    when = serializers.CharField(source="rule")
    template = serializers.CharField(source="rule.template")
    outcome = serializers.ChoiceField(choices=["holds", "holds_not", "after", "unoffered"])


class TemplateSuggestionSerializer(serializers.Serializer[Any]):
    """What an incident should get and why. `version` is that of the answers, 0 while nobody answered; it is also the ETag."""

    template = serializers.CharField(source="template.key", default=None)
    depth = serializers.CharField(source="depth.depth")
    learning_value = serializers.CharField(source="depth.learning")
    required_depth = serializers.CharField(source="least", help_text="What the severity asks for at least; empty for nothing.")
    reasons = serializers.ListField(source="why", child=serializers.CharField())
    rules = RuleAskedSerializer(source="choice.tried", many=True)
    checklist = LineSerializer(source="lines", many=True)
    decision = serializers.CharField(source="assessment.decision", default=LearningAssessment.Decision.OPEN)
    reason = serializers.CharField(source="assessment.reason", default="")
    version = serializers.IntegerField(source="assessment.version", default=0)


class AnswersSerializer(serializers.Serializer[Any]):
    ticks = serializers.ListField(child=serializers.CharField(max_length=40), max_length=50, required=False, help_text="Keys of the checklist that apply.")
    no_review_because = serializers.CharField(max_length=500, required=False, help_text="Decides that there is no review, for this reason.")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if not data:
            raise serializers.ValidationError("Send ticks, no_review_because, or both.")
        return data


class PartSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    mine = serializers.CharField()
    theirs = serializers.CharField()


class SectionMoveSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=["same", "changed", "new", "gone"])
    widens = serializers.BooleanField(help_text="More people would get to read what was written.")
    parts = PartSerializer(many=True)


class MoveSerializer(serializers.Serializer[Any]):
    """What lies between a post-mortem and the newest version of its template."""

    version = serializers.IntegerField(source="version.number")
    is_reordered = serializers.BooleanField()
    steps = SectionMoveSerializer(many=True)
    stays = serializers.ListField(child=serializers.CharField(), help_text="Keys of sections that are gone from the template and hold something.")


class TakeSerializer(serializers.Serializer[Any]):
    template_version = serializers.IntegerField(min_value=1, max_value=1_000_000)
    take = serializers.ListField(child=serializers.CharField(max_length=60), max_length=100, default=list, help_text="Keys of sections.")
    take_order = serializers.BooleanField(default=False)


# Views ----------------------------------------------------------------------------------------------


class TemplateViewSet(viewsets.ReadOnlyModelViewSet[RetrospectiveTemplate]):
    """The templates a post-mortem can be started from, with their sections, guidance and versions."""

    queryset = RetrospectiveTemplate.objects.filter(is_active=True).prefetch_related("sections")
    serializer_class = shapes.TemplateSerializer
    lookup_field = "key"
    lookup_value_regex = "[a-zA-Z0-9_-]+"

    def get_queryset(self) -> Any:
        """Templates that are switched off are there by their key, for administrators; working texts are not for viewers."""
        if self.action not in ("list", "retrieve") and not access.may_read_draft(self.request.user):
            raise Http404
        rows = RetrospectiveTemplate.objects.prefetch_related("sections")
        return rows if self.action != "list" and may(self.request.user, "configure") else rows.filter(is_active=True)

    @extend_schema(operation_id="templates_versions_list", responses=TemplateVersionSerializer(many=True))
    @action(detail=True, pagination_class=None)
    def versions(self, request: Request, key: str) -> Response:
        """Return the last 200 versions of a template, newest first."""
        rows = self.get_object().versions.select_related("saved_by").defer("content")[:200]
        return Response(TemplateVersionSerializer(rows, many=True).data)

    @extend_schema(operation_id="templates_versions_retrieve", responses=TemplateContentSerializer)
    @action(detail=True, url_path="versions/(?P<number>[0-9]{1,6})")
    def version(self, request: Request, key: str, number: str) -> Response:
        """Return what a template said in one of its versions."""
        row = self.get_object().versions.select_related("saved_by").filter(number=int(number)).first()
        if row is None:
            raise Http404
        return Response(TemplateContentSerializer(row).data)

    @extend_schema(operation_id="templates_export", responses={(200, "application/yaml"): OpenApiTypes.OBJECT})
    @action(detail=True, content_negotiation_class=AsAddressed)
    def export(self, request: Request, key: str) -> HttpResponse:
        """Return a template as a YAML file."""
        template = self.get_object()
        return yaml_file([authoring.content_of(template)], f"{template.key}-v{template.version}.yaml")

    @extend_schema(operation_id="templates_import", request=TemplateFileSerializer, responses=TakenSerializer(many=True))
    @action(detail=False, methods=["post"], url_path="import", pagination_class=None)
    def take_in(self, request: Request) -> Response:
        """Import a YAML file, for administrators: a known key gets a next version, a new one becomes a template."""
        require(request.user, "configure")
        body = TemplateFileSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            contents = template_yaml.read(body.validated_data["yaml"], "yaml", SectionKind.values)
        except TemplateFileError as error:
            raise ValidationError({"yaml": error.problems}) from None
        taken = authoring.take_in(actor=request.user, contents=contents, offer=body.validated_data["offer"])
        return Response(TakenSerializer(taken, many=True).data)


class SuggestionView(APIView):
    @extend_schema(operation_id="incidents_template_suggestion", responses=TemplateSuggestionSerializer)
    def get(self, request: Request, reference: str) -> Response:
        """Return which template an incident should get, how deep, and why; its version is the ETag."""
        return self.answer(request, reference)

    @versioned
    @extend_schema(operation_id="incidents_template_suggestion_answer", request=AnswersSerializer, responses=TemplateSuggestionSerializer)
    def patch(self, request: Request, reference: str) -> Response:
        """Answer the checklist, or decide for no review, on top of the version in If-Match ("0" for the first answer)."""
        incident = incident_for(request.user, reference, "draft")
        version = version_sent(request)
        body = AnswersSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        ticks, reason = body.validated_data.get("ticks"), body.validated_data.get("no_review_because")
        try:
            if reason is not None:
                assessing.decide_none(actor=request.user, incident=incident, version=version, ticks=ticks, reason=reason)
            else:
                assessing.answer(actor=request.user, incident=incident, version=version, ticks=ticks or [])
        except InvalidValue as error:
            raise ValidationError(error.message_dict) from None
        except Conflict as conflict:
            raise PreconditionFailed(self.answer(request, reference).data) from conflict
        return self.answer(request, reference)

    def answer(self, request: Request, reference: str) -> Response:
        incident = incident_for(request.user, reference)
        if not access.may_read_draft(request.user):
            raise Http404
        suggestion = learning.suggest(request.user, incident)
        return tagged(TemplateSuggestionSerializer(suggestion).data, suggestion.assessment.version if suggestion.assessment else 0)


class TemplateMoveView(APIView):
    def found(self, request: Request, reference: str) -> tuple[Postmortem, TemplateVersion]:
        postmortem = access.postmortem_for(request.user, reference)
        version = postmortem.template.versions.first() if postmortem.template else None
        if not access.may_read_draft(request.user) or version is None:
            raise Http404
        return postmortem, version

    @extend_schema(operation_id="postmortems_template_compare", responses=MoveSerializer)
    def get(self, request: Request, reference: str) -> Response:
        """Compare a post-mortem with the newest version of its template."""
        postmortem, version = self.found(request, reference)
        return tagged(MoveSerializer(moving.plan(postmortem, version)).data, postmortem.version)

    @versioned
    @extend_schema(operation_id="postmortems_template_move", request=TakeSerializer, responses=shapes.PostmortemSerializer)
    def post(self, request: Request, reference: str) -> Response:
        """Take over what is named of a version, on top of the version of the post-mortem in If-Match. No written text is lost."""
        postmortem, _newest = self.found(request, reference)
        require(request.user, "draft")
        seen = version_sent(request)
        body = TakeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        assert postmortem.template is not None  # noqa: S101 - `found` has looked
        version = postmortem.template.versions.filter(number=body.validated_data["template_version"]).first()
        if version is None:
            raise ValidationError({"template_version": ["The template has no such version."]})
        choice = {name: body.validated_data[name] for name in ("take", "take_order")}
        with lost_race(shapes.PostmortemSerializer):
            postmortem = moving.move(actor=request.user, postmortem=postmortem, version=version, seen=seen, **choice)
        return tagged(shapes.PostmortemSerializer(postmortem).data, postmortem.version, status.HTTP_200_OK)
