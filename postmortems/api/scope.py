"""Near misses in one call, and the further incidents of a post-mortem, over the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.access import incident_for, require
from incidents.api.fields import Named
from incidents.api.serializers import ValuesField
from incidents.models import Incident, Service
from postmortems import access, covering, near_misses
from postmortems.api.serializers import CoverSerializer, RelatedSerializer
from postmortems.models import NearMiss, Postmortem
from postmortems.near_misses import BY, TEXT_LIMIT


class NewNearMissSerializer(serializers.Serializer[Any]):
    """A report. Title, what was noticed and what stopped it are enough."""

    kind = serializers.ChoiceField(choices=[Incident.Kind.NEAR_MISS.value, Incident.Kind.GOOD_CATCH.value], default=Incident.Kind.NEAR_MISS.value)
    title = serializers.CharField(max_length=300)
    noticed = serializers.CharField(max_length=TEXT_LIMIT)
    stopped = serializers.CharField(max_length=TEXT_LIMIT, help_text="What stopped it; one a line.")
    stopped_by = serializers.ChoiceField(choices=list(BY), required=False, allow_blank=True, default="")
    unfolded = serializers.CharField(max_length=TEXT_LIMIT, required=False, allow_blank=True, default="", help_text="How it could have unfolded.")
    at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="When; without one, now.")
    services = Named(slug_field="key", queryset=Service.objects.all(), many=True, required=False, default=list)
    fields: Any = ValuesField(source="values", required=False, default=dict)
    tags = serializers.ListField(child=serializers.SlugField(max_length=60), required=False, max_length=50, default=list)
    credit = serializers.ChoiceField(
        choices=NearMiss.Credit.choices,
        default=NearMiss.Credit.NAMED,
        help_text="named: the document may name you. team: only who works on it knows you. unnamed: your name is kept nowhere.",
    )
    thanks_to = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    thanks_agreed = serializers.BooleanField(default=False, help_text="They agreed to be named in the document.")


class NearMissSerializer(serializers.ModelSerializer[NearMiss]):
    incident = serializers.CharField(source="postmortem.incident.reference", read_only=True)
    postmortem = serializers.CharField(source="postmortem.reference", read_only=True)
    kind = serializers.CharField(source="postmortem.incident.kind", read_only=True)
    title = serializers.CharField(source="postmortem.title", read_only=True)
    state = serializers.ChoiceField(choices=NearMiss.State.choices, read_only=True)

    class Meta:
        model = NearMiss
        fields = ["incident", "postmortem", "kind", "title", "state", "reported_at", "thanked_at"]
        read_only_fields = fields


class NearMissView(APIView):
    @extend_schema(operation_id="near_misses_report", request=NewNearMissSerializer, responses={201: NearMissSerializer})
    def post(self, request: Request) -> Response:
        """Report a near miss or good catch in one call: it makes a light incident and its document. Every role may."""
        require(request.user, "report")
        body = NewNearMissSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        made = near_misses.report(actor=request.user, told=near_misses.Report(**body.validated_data))
        return Response(NearMissSerializer(made.near_miss).data, status=status.HTTP_201_CREATED)


class RelatedView(APIView):
    @extend_schema(operation_id="postmortems_incidents_list", responses=RelatedSerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """Return the further incidents that it covers."""
        return self.answer(access.postmortem_for(request.user, reference))

    @extend_schema(operation_id="postmortems_incidents_add", request=CoverSerializer, responses=RelatedSerializer(many=True))
    def post(self, request: Request, reference: str) -> Response:
        """Cover a further incident. The post-mortem is then seen only by those who may see all of its incidents."""
        postmortem = access.postmortem_for(request.user, reference, "draft")
        body = CoverSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        incident = incident_for(request.user, body.validated_data["incident"])
        covering.cover(actor=request.user, postmortem=postmortem, incidents=[incident])
        return self.answer(postmortem)

    def answer(self, postmortem: Postmortem) -> Response:
        return Response(RelatedSerializer(postmortem.related.select_related("incident"), many=True).data)


class RelatedOneView(APIView):
    @extend_schema(operation_id="postmortems_incidents_remove", responses={204: None})
    def delete(self, request: Request, reference: str, incident: str) -> Response:
        """Take a further incident out again, unless a revision tells of it."""
        postmortem = access.postmortem_for(request.user, reference, "draft")
        other = incident_for(request.user, incident)
        covering.uncover(actor=request.user, postmortem=postmortem, incident=other)
        return Response(status=status.HTTP_204_NO_CONTENT)
