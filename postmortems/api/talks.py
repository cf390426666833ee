"""Conversations before the meeting by API: noted, confirmed by the person who was asked."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.access import require
from incidents.api.concurrency import lost_race, tagged, version_sent, versioned
from incidents.api.fields import Named
from incidents.models import User
from postmortems import talking
from postmortems.access import review_for
from postmortems.models import Conversation, Shared
from postmortems.views.postmortems import draft_for

PK = OpenApiParameter("pk", int, OpenApiParameter.PATH)


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    """Notes of a conversation; `version` is also its ETag. `confirmed_at` is null until the person confirmed them."""

    user: Any = Named(slug_field="username", read_only=True, allow_null=True)
    author: Any = Named(slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = Conversation
        fields = ["id", "user", "name", "held_on", "notes", "state", "confirmed_at", "author", "version"]
        read_only_fields = fields


class ConversationTextSerializer(serializers.Serializer[Any]):
    user = Named(slug_field="username", queryset=User.objects.filter(is_active=True), required=False, allow_null=True)
    name = serializers.CharField(max_length=150, required=False, allow_blank=True, default="", help_text="For somebody without an account.")
    held_on = serializers.DateField()
    notes = serializers.CharField(max_length=20_000)


class ConversationChangeSerializer(serializers.Serializer[Any]):
    held_on = serializers.DateField(required=False)
    notes = serializers.CharField(max_length=20_000, required=False)


class ConfirmSerializer(serializers.Serializer[Any]):
    notes = serializers.CharField(max_length=20_000, required=False, help_text="As they are to read; left out, they stay.")
    state = serializers.ChoiceField(choices=Shared.choices, required=False)


class ConversationListView(APIView):
    @extend_schema(operation_id="postmortems_conversations_list", responses=ConversationSerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """Return the conversations whose notes the caller may read."""
        rows = Conversation.objects.readable_by(request.user).filter(postmortem=review_for(request.user, reference))
        return Response(ConversationSerializer(rows.select_related("user", "author"), many=True).data)

    @extend_schema(operation_id="postmortems_conversations_note", request=ConversationTextSerializer, responses={201: ConversationSerializer})
    def post(self, request: Request, reference: str) -> Response:
        """Record that a conversation was held, with its notes."""
        postmortem = draft_for(request.user, reference)
        require(request.user, "draft")
        body = ConversationTextSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row = talking.note(actor=request.user, postmortem=postmortem, **body.validated_data)
        return tagged(ConversationSerializer(row).data, row.version, status.HTTP_201_CREATED)


class ConversationView(APIView):
    def found(self, request: Request, reference: str, pk: int) -> Conversation:
        postmortem = review_for(request.user, reference)
        row = (
            Conversation.objects.readable_by(request.user).filter(postmortem=postmortem, pk=pk).select_related("user", "author", "postmortem__incident").first()
        )
        if row is None:
            raise Http404
        return row

    @extend_schema(operation_id="postmortems_conversations_retrieve", parameters=[PK], responses=ConversationSerializer)
    def get(self, request: Request, reference: str, pk: int) -> Response:
        row = self.found(request, reference, pk)
        return tagged(ConversationSerializer(row).data, row.version)

    @versioned
    @extend_schema(operation_id="postmortems_conversations_change", parameters=[PK], request=ConversationChangeSerializer, responses=ConversationSerializer)
    def patch(self, request: Request, reference: str, pk: int) -> Response:
        """Change the notes on top of the version in If-Match; the person confirms them anew."""
        row = self.found(request, reference, pk)
        require(request.user, "draft")
        version = version_sent(request)
        body = ConversationChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = {"held_on": row.held_on, "notes": row.notes, **body.validated_data}
        with lost_race(ConversationSerializer):
            row = talking.change(actor=request.user, conversation=row, version=version, **given)
        return tagged(ConversationSerializer(row).data, row.version)

    @extend_schema(operation_id="postmortems_conversations_withdraw", parameters=[PK], responses={204: None})
    def delete(self, request: Request, reference: str, pk: int) -> Response:
        """Delete the notes: for the two who talked."""
        talking.withdraw(actor=request.user, conversation=self.found(request, reference, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ConfirmView(ConversationView):
    http_method_names = ["post", "options"]

    @versioned
    @extend_schema(operation_id="postmortems_conversations_confirm", parameters=[PK], request=ConfirmSerializer, responses=ConversationSerializer)
    def post(self, request: Request, reference: str, pk: int) -> Response:
        """Confirm the notes, on top of the version in If-Match, and say who may read them: for the person who was asked."""
        row = self.found(request, reference, pk)
        version = version_sent(request)
        body = ConfirmSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = {"notes": row.notes, "state": row.state, **body.validated_data}
        with lost_race(ConversationSerializer):
            row = talking.confirm(actor=request.user, conversation=row, version=version, **given)
        return tagged(ConversationSerializer(row).data, row.version)
