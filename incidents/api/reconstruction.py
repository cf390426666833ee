"""The reconstruction over the API: findings, pairs that are or may be one fact, clocks of sources."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents import fusing, measuring
from incidents.access import incident_for
from incidents.api.concurrency import PreconditionFailed, tagged, version_sent, versioned
from incidents.api.pagination import Pages
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line
from incidents.models import Acceptance, Fusion, Incident, QualityReport, SourceClock


class StepSerializer(serializers.Serializer[Any]):
    label: Any = serializers.CharField()
    to = serializers.CharField(help_text="milestone, event, edit, add_after, delivery, import, fusions, fuse_all, clocks, clock or not_applicable.")
    of = serializers.CharField(allow_blank=True)


class FindingSerializer(serializers.Serializer[Any]):
    """What a careful reader would ask. `accepted` is null while it is open."""

    key = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)
    events = serializers.ListField(child=serializers.IntegerField())
    steps = StepSerializer(many=True, help_text="Ways to mend it.")
    accepted = serializers.DictField(allow_null=True)


class QualitySerializer(serializers.Serializer[Any]):
    open = serializers.IntegerField()
    measured_at = serializers.DateTimeField(allow_null=True)
    findings = FindingSerializer(many=True)


class AcceptSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=120)
    accepted = serializers.BooleanField(default=True)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class QualityView(APIView):
    @extend_schema(operation_id="incidents_quality_retrieve", responses=QualitySerializer)
    def get(self, request: Request, reference: str) -> Response:
        """Return the findings on the timeline, and which of them were left as they are."""
        return Response(report_of(incident_for(request.user, reference)))

    @extend_schema(operation_id="incidents_quality_accept", request=AcceptSerializer, responses=QualitySerializer)
    def patch(self, request: Request, reference: str) -> Response:
        """Leave things as a finding says they are, which stays over every import, or open it again (`accepted` false)."""
        incident = incident_for(request.user, reference, "edit")
        body = AcceptSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        if data["accepted"]:
            measuring.accept_finding(actor=request.user, incident=incident, key=data["key"], reason=data["reason"])
        else:
            measuring.reopen_finding(actor=request.user, incident=incident, key=data["key"])
        return Response(report_of(incident))


def report_of(incident: Incident) -> dict[str, Any]:
    report = QualityReport.objects.filter(incident=incident).first()
    accepted = {
        row.key: {"reason": row.reason, "by": row.accepted_by.username if row.accepted_by else "", "at": row.accepted_at.isoformat()}
        for row in Acceptance.objects.filter(incident=incident).select_related("accepted_by")
    }
    findings = [finding | {"accepted": accepted.get(finding["key"])} for finding in (report.findings if report else [])]
    data = {"open": incident.open_findings, "measured_at": report.measured_at if report else None, "findings": findings}
    return dict(QualitySerializer(data).data)


class FusionSerializer(serializers.ModelSerializer[Fusion]):
    """Two events that are, may be, or are not the same fact."""

    first = serializers.IntegerField(source="first_id", read_only=True)
    second = serializers.IntegerField(source="second_id", read_only=True)
    decided_by = serializers.CharField(source="decided_by.username", read_only=True, default="", help_text="Empty for a rule.")

    class Meta:
        model = Fusion
        fields = ["id", "first", "second", "decision", "rule", "reason", "confidence", "decided_by", "decided_at"]
        read_only_fields = fields


class JoinSerializer(serializers.Serializer[Any]):
    events = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), min_length=2, max_length=50)


class DecidePairSerializer(serializers.Serializer[Any]):
    decision = serializers.ChoiceField(choices=Fusion.Decision.choices, help_text="“proposed” takes a word back.")


class FusionsView(APIView):
    pagination_class = Pages

    @extend_schema(operation_id="incidents_fusions_list", responses=FusionSerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """Return the pairs, in the order in which they were found."""
        incident = incident_for(request.user, reference)
        pages = self.pagination_class()
        page = pages.paginate_queryset(Fusion.objects.filter(incident=incident).select_related("decided_by"), request, view=self)
        return pages.get_paginated_response(FusionSerializer(page, many=True).data)

    @extend_schema(operation_id="incidents_fusions_create", request=JoinSerializer, responses={201: FusionSerializer(many=True)})
    def post(self, request: Request, reference: str) -> Response:
        """Say that events are one fact, whether a rule saw it or not."""
        incident = incident_for(request.user, reference, "edit")
        body = JoinSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        events = body.validated_data["events"]
        fusing.join(actor=request.user, incident=incident, events=events)
        rows = Fusion.objects.filter(incident=incident, first__in=events, second__in=events).select_related("decided_by")
        return Response(FusionSerializer(rows, many=True).data, status=status.HTTP_201_CREATED)


class FusionView(APIView):
    @extend_schema(operation_id="incidents_fusions_decide", request=DecidePairSerializer, responses=FusionSerializer)
    def patch(self, request: Request, reference: str, pk: int) -> Response:
        """Fuse a pair, keep or take it apart, or take the word on it back. A pair of which nothing speaks any more is gone then (404)."""
        incident = incident_for(request.user, reference, "edit")
        if not Fusion.objects.filter(incident=incident, pk=pk).exists():
            raise Http404
        body = DecidePairSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        act = {"accepted": fusing.accept, "dismissed": fusing.dismiss, "proposed": fusing.reopen}[body.validated_data["decision"]]
        act(actor=request.user, incident=incident, pks=[pk])
        row = Fusion.objects.filter(incident=incident, pk=pk).select_related("decided_by").first()
        if row is None:
            raise Http404
        return Response(FusionSerializer(row).data)


class ClockSerializer(serializers.ModelSerializer[SourceClock]):
    class Meta:
        model = SourceClock
        fields = ["source", "offset", "decided_at", "version"]
        read_only_fields = fields


class SuggestionSerializer(serializers.Serializer[Any]):
    source: Any = serializers.CharField()
    reference = serializers.CharField()
    offset = serializers.IntegerField(help_text="Seconds to add.")
    pairs = serializers.IntegerField()
    low = serializers.IntegerField()
    high = serializers.IntegerField()


class ClocksSerializer(serializers.Serializer[Any]):
    clocks = ClockSerializer(many=True)
    suggestions = SuggestionSerializer(many=True)


class OffsetSerializer(serializers.Serializer[Any]):
    offset = serializers.IntegerField(min_value=-fusing.LONGEST_OFFSET, max_value=fusing.LONGEST_OFFSET, help_text="Seconds to add; 0 keeps the times.")


class ClocksView(APIView):
    @extend_schema(operation_id="incidents_clocks_list", responses=ClocksSerializer)
    def get(self, request: Request, reference: str) -> Response:
        """Return what was decided about the clocks of sources, and what the facts that two of them saw suggest."""
        incident = incident_for(request.user, reference)
        report = QualityReport.objects.filter(incident=incident).first()
        rows = SourceClock.objects.filter(incident=incident)
        return Response(ClocksSerializer({"clocks": rows, "suggestions": report.clocks if report else []}).data)


class ClockView(APIView):
    @versioned
    @extend_schema(operation_id="incidents_clocks_set", request=OffsetSerializer, responses=ClockSerializer)
    def put(self, request: Request, reference: str, source: str) -> Response:
        """Move all times of a source, on top of the version in If-Match: "0" while nobody said anything."""
        incident = incident_for(request.user, reference, "edit")
        version = version_sent(request)
        body = OffsetSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            row = fusing.set_clock(
                actor=request.user, incident=incident, source=clean_line(source, limit=40), version=version, offset=body.validated_data["offset"]
            )
        except Conflict as conflict:
            raise PreconditionFailed(ClockSerializer(conflict.current).data if conflict.current else None) from conflict
        return tagged(ClockSerializer(row).data, row.version)

    @versioned
    @extend_schema(operation_id="incidents_clocks_forget", responses={204: None})
    def delete(self, request: Request, reference: str, source: str) -> Response:
        """Take the word on a clock back, on top of the version in If-Match."""
        incident = incident_for(request.user, reference, "edit")
        version = version_sent(request)
        try:
            fusing.forget_clock(actor=request.user, incident=incident, source=clean_line(source, limit=40), version=version)
        except Conflict as conflict:
            raise PreconditionFailed(ClockSerializer(conflict.current).data if conflict.current else None) from conflict
        return Response(status=status.HTTP_204_NO_CONTENT)
