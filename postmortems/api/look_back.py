"""Looking back over the API."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.access import require
from incidents.api.concurrency import lost_race, tagged, version_sent, versioned_later
from incidents.api.fields import Named
from postmortems import looking_back
from postmortems.facilitation.texts import LOOK_BACK
from postmortems.models import LookBack
from postmortems.views.postmortems import draft_for


class LookBackSerializer(serializers.ModelSerializer[LookBack]):
    """Three lines, three months later; `version` is also its ETag."""

    written_by: Any = Named(slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = LookBack
        fields = [*LOOK_BACK, "written_at", "written_by", "version"]
        read_only_fields = fields


class LookBackTextSerializer(serializers.Serializer[Any]):
    helped = serializers.CharField(max_length=looking_back.LIMIT, help_text=LOOK_BACK["helped"][0])
    surprised = serializers.CharField(max_length=looking_back.LIMIT, required=False, allow_blank=True, default="", help_text=LOOK_BACK["surprised"][0])
    follows = serializers.CharField(max_length=looking_back.LIMIT, required=False, allow_blank=True, default="", help_text=LOOK_BACK["follows"][0])


class LookBackView(APIView):
    @extend_schema(operation_id="postmortems_look_back_retrieve", responses=LookBackSerializer)
    def get(self, request: Request, reference: str) -> Response:
        """Return the note, once there is one."""
        row = LookBack.objects.visible_to(request.user).filter(postmortem=draft_for(request.user, reference)).select_related("written_by").first()
        if row is None:
            raise Http404
        return tagged(LookBackSerializer(row).data, row.version)

    @versioned_later
    @extend_schema(operation_id="postmortems_look_back_write", request=LookBackTextSerializer, responses=LookBackSerializer)
    def put(self, request: Request, reference: str) -> Response:
        """Write the note: the first time without, then on top of the version in If-Match."""
        postmortem = draft_for(request.user, reference)
        require(request.user, "draft")
        exists = LookBack.objects.visible_to(request.user).filter(postmortem=postmortem).exists()
        version = version_sent(request) if exists else None
        body = LookBackTextSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with lost_race(LookBackSerializer):
            row = looking_back.write(actor=request.user, postmortem=postmortem, version=version, **body.validated_data)
        return tagged(LookBackSerializer(row).data, row.version)
