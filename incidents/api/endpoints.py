"""Webhook endpoints over the API, for administrators. A secret is in the answer that made it and nowhere else, ever."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import access, assigning, endpoint_reports, endpoints, routing
from incidents.api.concurrency import PreconditionFailed, lost_race, tagged, version_sent, versioned
from incidents.api.fields import Named
from incidents.api.pagination import Pages
from incidents.api.timeline_serializers import DeliverySerializer
from incidents.lib import signing
from incidents.models import Delivery, Endpoint, Incident, Severity, Team
from incidents.models.endpoints import AUTO

DELIVERY = OpenApiParameter("number", int, OpenApiParameter.PATH)


class EndpointSerializer(serializers.ModelSerializer[Endpoint]):
    """An endpoint; `version` is also its ETag, `url` is where the tool sends."""

    team: Any = Named(slug_field="name", read_only=True, allow_null=True)
    severity: Any = Named(slug_field="key", read_only=True, allow_null=True)
    url = serializers.CharField(read_only=True)

    class Meta:
        model = Endpoint
        fields = [
            "id",
            "name",
            "url",
            "source",
            "scheme",
            "header",
            "timestamp_header",
            "mapping",
            "rules",
            "time_zone",
            "team",
            "severity",
            "is_private",
            "quiet_minutes",
            "is_enabled",
            "created_at",
            "last_received_at",
            "failures",
            "last_failure",
            "last_failure_at",
            "version",
        ]
        read_only_fields = fields


class MadeEndpointSerializer(EndpointSerializer):
    secret = serializers.CharField(help_text="Shown this once; empty when one was given, or when the tool has yet to give it.")

    class Meta(EndpointSerializer.Meta):
        fields = [*EndpointSerializer.Meta.fields, "secret"]
        read_only_fields = fields


class EditEndpointSerializer(serializers.Serializer[Any]):
    """What can be changed; fields left out stay as they are. `rules` and `mapping` are replaced as a whole."""

    name = serializers.CharField(max_length=100)
    scheme = serializers.ChoiceField(choices=[(scheme.name, scheme.label) for scheme in signing.SCHEMES.values()], required=False)
    header = serializers.CharField(max_length=60, required=False, allow_blank=True)
    timestamp_header = serializers.CharField(max_length=60, required=False, allow_blank=True)
    mapping = serializers.DictField(child=serializers.CharField(max_length=40, allow_blank=True), required=False)
    rules = serializers.ListField(child=serializers.DictField(), required=False, max_length=routing.MAX_RULES)
    time_zone = serializers.CharField(max_length=64, required=False)
    team = Named(slug_field="name", queryset=Team.objects.all(), required=False, allow_null=True)
    severity = Named(slug_field="key", queryset=Severity.objects.all(), required=False, allow_null=True)
    is_private = serializers.BooleanField(required=False)
    quiet_minutes = serializers.IntegerField(min_value=0, max_value=endpoints.MAX_QUIET, required=False)
    is_enabled = serializers.BooleanField(required=False)


class NewEndpointSerializer(EditEndpointSerializer):
    source: Any = serializers.CharField(max_length=40, default=AUTO, help_text="Name of a source, or “auto”.")
    secret = serializers.CharField(max_length=500, required=False, allow_blank=True, write_only=True)


class RotateSerializer(serializers.Serializer[Any]):
    secret = serializers.CharField(
        max_length=500, required=False, allow_blank=True, default="", help_text="The one that the tool made; empty to have one made."
    )
    overlap_hours = serializers.IntegerField(min_value=0, max_value=endpoints.MAX_OVERLAP_HOURS, default=endpoints.OVERLAP_HOURS)


class HookDeliverySerializer(DeliverySerializer):
    """What came by a webhook: where it was put and why (`decision`), and what the rules saw (`facts`)."""

    incident = serializers.SerializerMethodField()

    class Meta(DeliverySerializer.Meta):
        fields = [*DeliverySerializer.Meta.fields, "incident", "facts", "decision"]
        read_only_fields = fields

    def get_incident(self, delivery: Delivery) -> str | None:
        return f"INC-{delivery.incident_id}" if delivery.incident_id else None


class AssignSerializer(serializers.Serializer[Any]):
    """The incident that gets it; without one an incident is opened, with `title` if given."""

    incident = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    title = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class EndpointViewSet(viewsets.GenericViewSet[Endpoint]):
    serializer_class = EndpointSerializer
    queryset = Endpoint.objects.none()  # for the schema
    lookup_value_regex = "[0-9]{1,12}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        access.require(request.user, "configure")

    def get_queryset(self) -> Any:
        return Endpoint.objects.select_related("team", "severity")

    @extend_schema(responses=EndpointSerializer(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(EndpointSerializer(page, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        endpoint = access.endpoint_for(request.user, int(pk))
        return tagged(EndpointSerializer(endpoint).data, endpoint.version)

    @extend_schema(request=NewEndpointSerializer, responses={201: MadeEndpointSerializer})
    def create(self, request: Request) -> Response:
        """Make an endpoint; `secret` is shown this once."""
        body = NewEndpointSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        sent = dict(body.validated_data)
        later = {name: sent.pop(name) for name in ("rules", "mapping", "is_enabled") if name in sent}
        with transaction.atomic():
            endpoint, secret = endpoints.create(actor=request.user, **sent)
            endpoint = self.change(request, endpoint, later)
        return tagged(EndpointSerializer(endpoint).data | {"secret": secret}, endpoint.version, status.HTTP_201_CREATED)

    @versioned
    @extend_schema(request=EditEndpointSerializer, responses=EndpointSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change it on top of the version in If-Match."""
        endpoint = access.endpoint_for(request.user, int(pk))
        version = version_sent(request)
        body = EditEndpointSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        if endpoint.version != version:
            raise PreconditionFailed(EndpointSerializer(endpoint).data)
        with lost_race(EndpointSerializer), transaction.atomic():
            endpoint = self.change(request, endpoint, dict(body.validated_data))
        return tagged(EndpointSerializer(endpoint).data, endpoint.version)

    def change(self, request: Request, endpoint: Endpoint, sent: dict[str, Any]) -> Endpoint:
        actor: Any = request.user
        try:
            if "rules" in sent:
                endpoint = endpoints.set_rules(actor=actor, endpoint=endpoint, version=endpoint.version, rules=sent.pop("rules"))
        except routing.RuleError as error:
            raise serializers.ValidationError({"rules": [f"Rule {error.number}: {error.message}"]}) from None
        if "mapping" in sent:
            endpoint = endpoints.set_mapping(actor=actor, endpoint=endpoint, version=endpoint.version, given=sent.pop("mapping"))
        if "is_enabled" in sent:
            endpoints.switch(actor=actor, endpoint=endpoint, is_enabled=sent.pop("is_enabled"))
            endpoint.refresh_from_db()
        return endpoints.edit(actor=actor, endpoint=endpoint, version=endpoint.version, **sent) if sent else endpoint

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete it with what waits in its inbox."""
        endpoints.remove(actor=request.user, endpoint=access.endpoint_for(request.user, int(pk)))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=RotateSerializer, responses=MadeEndpointSerializer)
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        """Give it a new secret; the old one is taken for `overlap_hours` more."""
        endpoint = access.endpoint_for(request.user, int(pk))
        body = RotateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        secret = endpoints.rotate(actor=request.user, endpoint=endpoint, **body.validated_data)
        return Response(EndpointSerializer(endpoint).data | {"secret": secret})

    @extend_schema(operation_id="endpoints_deliveries_list", responses=HookDeliverySerializer(many=True))
    @action(detail=True, methods=["get"])
    def deliveries(self, request: Request, pk: str) -> Response:
        """Return what it received, newest first, but for what belongs to private incidents you are not on."""
        endpoint = access.endpoint_for(request.user, int(pk))
        pages = Pages()
        page = pages.paginate_queryset(endpoint_reports.deliveries(request.user, endpoint), request, view=self)
        return pages.get_paginated_response(HookDeliverySerializer(page, many=True).data)

    @extend_schema(operation_id="endpoints_deliveries_replay", request=None, responses={202: HookDeliverySerializer}, parameters=[DELIVERY])
    @action(detail=True, methods=["post"], url_path=r"deliveries/(?P<number>[0-9]{1,12})/replay")
    def replay(self, request: Request, pk: str, number: str) -> Response:
        """Route it once more with the rules of now, or read it once more into its incident."""
        delivery = self.delivery_for(request, pk, number)
        again = assigning.again(actor=request.user, delivery=delivery)
        again.refresh_from_db()
        return Response(HookDeliverySerializer(again).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(operation_id="endpoints_deliveries_assign", request=AssignSerializer, responses={202: HookDeliverySerializer}, parameters=[DELIVERY])
    @action(detail=True, methods=["post"], url_path=r"deliveries/(?P<number>[0-9]{1,12})/assign")
    def assign(self, request: Request, pk: str, number: str) -> Response:
        """Take it out of the inbox: into an incident, or a new one."""
        delivery = self.delivery_for(request, pk, number)
        body = AssignSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        reference, incident = body.validated_data["incident"], None
        if reference:
            match = routing.REFERENCE.fullmatch(reference.upper())
            incident = Incident.objects.visible_to(request.user).filter(pk=match.group(1)).first() if match else None
            if incident is None:
                raise serializers.ValidationError({"incident": ["There is no such incident."]})
        try:
            assigning.assign(actor=request.user, delivery=delivery, incident=incident, title=body.validated_data["title"])
        except assigning.AlreadyAssigned:
            raise serializers.ValidationError({"incident": ["It does not wait in the inbox."]}) from None
        delivery.refresh_from_db()
        return Response(HookDeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)

    def delivery_for(self, request: Request, pk: str, number: str) -> Delivery:
        endpoint = access.endpoint_for(request.user, int(pk))
        delivery = endpoint_reports.deliveries(request.user, endpoint).filter(pk=int(number)).first()
        if delivery is None:
            raise Http404
        return delivery
