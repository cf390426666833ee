"""Imports over the API: send files or text, watch what comes of them, answer what they leave open."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

from django.http import Http404, QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents import intake
from incidents.access import incident_for
from incidents.api.pagination import Pages
from incidents.api.parsers import StrictJSONParser
from incidents.api.timeline_serializers import DeliverySerializer, ImportOptionsSerializer, ImportSerializer
from incidents.lib import strict_json
from incidents.models import Delivery


class ImportsView(APIView):
    parser_classes = [MultiPartParser, FormParser, StrictJSONParser]
    pagination_class = Pages

    @extend_schema(operation_id="incidents_imports_list", responses=DeliverySerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """Return what came in for the incident, newest first."""
        incident = incident_for(request.user, reference)
        pages = self.pagination_class()
        deliveries = Delivery.objects.visible_to(request.user).filter(incident=incident)
        page = pages.paginate_queryset(deliveries, request, view=self)
        return pages.get_paginated_response(DeliverySerializer(page, many=True).data)

    @extend_schema(operation_id="incidents_imports_create", request=ImportSerializer, responses={202: DeliverySerializer(many=True)})
    def post(self, request: Request, reference: str) -> Response:
        """Take files (multipart `files`) or pasted `text`. They are stored before the answer and imported after it: read each `id` until its state is final."""
        incident = incident_for(request.user, reference, "import")
        given: Any = request.data
        body = ImportSerializer(data={**of_form(given), "files": request.FILES.getlist("files")} if isinstance(given, QueryDict) else given)
        body.is_valid(raise_exception=True)
        sent = dict(body.validated_data)
        files: list[tuple[Any, str, str]] = [(file, file.name, Delivery.Channel.API) for file in sent.pop("files", [])]
        if text := sent.pop("text", ""):
            files.append((io.BytesIO(text.encode("utf-8", "surrogatepass")), "pasted.txt", Delivery.Channel.PASTE))
        deliveries = [
            intake.receive(actor=request.user, incident=incident, file=file, name=name, channel=channel, options=sent) for file, name, channel in files
        ]
        for delivery in deliveries:
            delivery.refresh_from_db()
        return Response(DeliverySerializer(deliveries, many=True).data, status=status.HTTP_202_ACCEPTED)


def of_form(form: QueryDict) -> dict[str, Any]:
    """Return the fields of a form, which are texts: the mapping is one of JSON. What is none stays as it is, for the serializer to refuse."""
    fields: dict[str, Any] = form.dict()
    with suppress(KeyError, strict_json.JsonError):
        fields["mapping"] = strict_json.loads(fields["mapping"])
    return fields


class ImportView(APIView):
    def delivery_for(self, request: Request, reference: str, pk: int, verb: str = "read") -> Delivery:
        incident = incident_for(request.user, reference, verb)
        delivery = Delivery.objects.visible_to(request.user).filter(incident=incident, pk=pk).first()
        if delivery is None:
            raise Http404
        return delivery

    @extend_schema(operation_id="incidents_imports_retrieve", responses=DeliverySerializer)
    def get(self, request: Request, reference: str, pk: int) -> Response:
        """Return the state of one import and its report: counts, what was rejected where and why, what is needed."""
        return Response(DeliverySerializer(self.delivery_for(request, reference, pk)).data)

    @extend_schema(operation_id="incidents_imports_replay", request=ImportOptionsSerializer, responses={202: DeliverySerializer})
    def post(self, request: Request, reference: str, pk: int) -> Response:
        """Read the stored bytes again with other options: the date or zone that was asked for, a corrected mapping."""
        delivery = self.delivery_for(request, reference, pk, "import")
        body = ImportOptionsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        delivery = intake.replay(actor=request.user, delivery=delivery, options=body.validated_data)
        delivery.refresh_from_db()
        return Response(DeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)
