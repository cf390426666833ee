"""Incidents, their timeline, milestones and imports over the API. Thin: each view fetches through access, calls one function, answers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import Prefetch
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents import lifecycle, measuring, timeline_query
from incidents.access import incident_for, require
from incidents.api import filters
from incidents.api import serializers as shapes
from incidents.api import timeline_serializers as entries
from incidents.api.concurrency import PreconditionFailed, lost_race, tagged, version_sent, versioned
from incidents.api.pagination import EventPages
from incidents.lib.conflict import Conflict
from incidents.models import CustomField, Incident, IncidentType, Milestone, Service, Severity, TimelineEvent


class ServiceViewSet(viewsets.ReadOnlyModelViewSet[Service]):
    queryset = Service.objects.select_related("team")
    serializer_class = shapes.ServiceSerializer
    lookup_field = "key"


class SeverityViewSet(viewsets.ReadOnlyModelViewSet[Severity]):
    queryset = Severity.objects.all()
    serializer_class = shapes.SeveritySerializer
    lookup_field = "key"


class IncidentTypeViewSet(viewsets.ReadOnlyModelViewSet[IncidentType]):
    """Types of incidents, retired ones too."""

    queryset = IncidentType.objects.all()
    serializer_class = shapes.IncidentTypeSerializer
    lookup_field = "key"


class CustomFieldViewSet(viewsets.ReadOnlyModelViewSet[CustomField]):
    """The fields that administrators added to incidents; the values are with each incident, under `fields`."""

    queryset = CustomField.objects.prefetch_related("options", "types")
    serializer_class = shapes.CustomFieldSerializer
    lookup_field = "key"


class IncidentViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Incident]):
    """Incidents. Private ones exist only for their members."""

    serializer_class = shapes.IncidentSerializer
    filterset_class = filters.IncidentFilter
    lookup_field = "reference"
    lookup_value_regex = "[Ii][Nn][Cc]-[0-9]+"
    queryset = Incident.objects.none()  # for the schema; `get_queryset` gives the rows

    def filter_queryset(self, queryset: Any) -> Any:
        return filters.with_fields(super().filter_queryset(queryset), self.request.query_params)

    @extend_schema(parameters=filters.FIELD_PARAMETERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        visible = Incident.objects.visible_to(self.request.user)
        if "kind" not in self.request.query_params:
            visible = visible.happened()  # near misses are asked for
        return visible.select_related("severity", "type", "team", "lead").prefetch_related("services", "tags")

    @extend_schema(request=shapes.NewIncidentSerializer, responses={201: shapes.IncidentSerializer})
    def create(self, request: Request) -> Response:
        require(request.user, "declare")
        body = shapes.NewIncidentSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        incident = lifecycle.declare(actor=request.user, **body.validated_data)
        return tagged(shapes.IncidentSerializer(incident).data, incident.version, status.HTTP_201_CREATED)

    def retrieve(self, request: Request, reference: str) -> Response:
        incident = incident_for(request.user, reference)
        return tagged(shapes.IncidentSerializer(incident).data, incident.version)

    @versioned
    @extend_schema(request=shapes.EditIncidentSerializer, responses=shapes.IncidentSerializer)
    def partial_update(self, request: Request, reference: str) -> Response:
        """Change what the incident says about itself, on top of the version in If-Match."""
        incident = incident_for(request.user, reference, "edit")
        version = version_sent(request)
        body = shapes.EditIncidentSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        with lost_race(shapes.IncidentSerializer):
            incident = lifecycle.edit(actor=request.user, incident=incident, version=version, **body.validated_data)
        return tagged(shapes.IncidentSerializer(incident).data, incident.version)


class TimelineView(APIView):
    pagination_class = EventPages

    @extend_schema(operation_id="incidents_timeline_list", responses=entries.TimelineEventSerializer(many=True), parameters=filters.TIMELINE_PARAMETERS)
    def get(self, request: Request, reference: str) -> Response:
        """Return the timeline in order, a cursor page at a time: one entry for each fact with all its `evidence`, and what people said about it.

        With `known`, only what was known at that moment; what people wrote later is left out too.
        """
        incident = incident_for(request.user, reference)
        known = filters.known(request.query_params, incident)
        events = TimelineEvent.objects.committed(incident).visible_to(request.user).as_curated().defer("raw")
        events = events.unfused() if known is None else timeline_query.known_by(events, known)
        further = TimelineEvent.objects.filter(incident=incident, fused_into__isnull=False)
        shown = further.filter(at__lte=known) if known else further
        events = events.prefetch_related(Prefetch("fused", shown.defer("raw").order_by("at", "sequence", "pk")))
        pages = self.pagination_class()
        page = pages.paginate_queryset(filters.timeline(events, request.query_params, further), request, view=self)
        return pages.get_paginated_response(entries.TimelineEventSerializer(page, many=True, context={"known": known}).data)

    @extend_schema(operation_id="incidents_timeline_create", request=entries.NewEventSerializer, responses={201: entries.TimelineEventSerializer})
    def post(self, request: Request, reference: str) -> Response:
        """Add an entry by hand."""
        incident = incident_for(request.user, reference, "edit")
        body = entries.NewEventSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        event = lifecycle.add_entry(actor=request.user, incident=incident, who=fields.pop("actor"), **fields)
        return Response(entries.TimelineEventSerializer(event).data, status=status.HTTP_201_CREATED)


class TimelineEventView(APIView):
    def event_for(self, request: Request, reference: str, pk: int, verb: str = "read") -> TimelineEvent:
        incident = incident_for(request.user, reference, verb)
        event = TimelineEvent.objects.committed(incident).visible_to(request.user).as_curated().filter(pk=pk).first()
        if event is None:
            raise Http404
        return event

    @extend_schema(operation_id="incidents_timeline_retrieve", responses=entries.EvidenceSerializer)
    def get(self, request: Request, reference: str, pk: int) -> Response:
        """Return one event with the original as received. Its ETag is the version of its curation, 0 while nobody said anything."""
        event = self.event_for(request, reference, pk)
        return tagged(entries.EvidenceSerializer(event).data, curation_version(event))

    @versioned
    @extend_schema(operation_id="incidents_timeline_curate", request=entries.CurateSerializer, responses=entries.TimelineEventSerializer)
    def patch(self, request: Request, reference: str, pk: int) -> Response:
        """Hide, highlight, retitle, annotate or correct the time, on top of the version in If-Match. The evidence stays as it is."""
        event = self.event_for(request, reference, pk, "edit")
        version = version_sent(request)
        body = entries.CurateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            lifecycle.curate(actor=request.user, event=event, version=version, **body.validated_data)
        except Conflict as conflict:
            raise PreconditionFailed(entries.TimelineEventSerializer(self.event_for(request, reference, pk)).data) from conflict
        event = self.event_for(request, reference, pk)
        return tagged(entries.TimelineEventSerializer(event).data, curation_version(event))


def curation_version(event: TimelineEvent) -> int:
    return event.curated.version if event.curated else 0


class MilestonesView(APIView):
    @extend_schema(
        operation_id="incidents_milestones_list",
        parameters=filters.KNOWN,
        responses=inline_serializer(
            "Milestones", {"milestones": entries.MilestoneSerializer(many=True), "metrics": serializers.ListField(child=serializers.DictField())}
        ),
    )
    def get(self, request: Request, reference: str) -> Response:
        """Return the milestones, and the metrics that follow: each recorded, pending, not_applicable or invalid, with the reason.

        With `known`, as they would have been proposed and were decided at that moment. A near miss has none.
        """
        incident = incident_for(request.user, reference)
        known = filters.known(request.query_params, incident)
        if not incident.has_happened:
            return Response({"milestones": [], "metrics": []})
        rows = list(Milestone.objects.visible_to(request.user).filter(incident=incident).select_related("kind"))
        if known:
            rows = measuring.as_known(incident, rows, known)
        measures = [asdict(measure) for measure in measuring.measures(rows, known or timezone.now())]
        return Response({"milestones": entries.MilestoneSerializer(rows, many=True).data, "metrics": measures})


class MilestoneView(APIView):
    def milestone_for(self, request: Request, reference: str, kind: str, verb: str = "read") -> Milestone:
        incident = incident_for(request.user, reference, verb)
        milestone = Milestone.objects.visible_to(request.user).filter(incident=incident, kind__key=kind).select_related("kind", "incident").first()
        if milestone is None:
            raise Http404
        return milestone

    @extend_schema(operation_id="incidents_milestones_retrieve", responses=entries.MilestoneSerializer)
    def get(self, request: Request, reference: str, kind: str) -> Response:
        milestone = self.milestone_for(request, reference, kind)
        return tagged(entries.MilestoneSerializer(milestone).data, milestone.version)

    @versioned
    @extend_schema(operation_id="incidents_milestones_decide", request=entries.DecideSerializer, responses=entries.MilestoneSerializer)
    def patch(self, request: Request, reference: str, kind: str) -> Response:
        """Confirm the proposal, set the time by hand, or say that it does not apply, on top of the version in If-Match."""
        milestone = self.milestone_for(request, reference, kind, "edit")
        version = version_sent(request)
        body = entries.DecideSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with lost_race(entries.MilestoneSerializer):
            milestone = measuring.decide(actor=request.user, milestone=milestone, version=version, **body.validated_data)
        return tagged(entries.MilestoneSerializer(milestone).data, milestone.version)
