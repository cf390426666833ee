"""The meeting, its invitation and its parking lot over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.access import require
from incidents.api.concurrency import lost_race, tagged, version_sent, versioned
from incidents.api.fields import Named
from incidents.api.files import AsAddressed
from incidents.lib.conflict import Conflict
from postmortems import console, meetings, parking
from postmortems.api.serializers import ActionItemSerializer, ActionItemTextSerializer
from postmortems.models import AgendaBlock, Meeting, ParkedIdea, Postmortem
from postmortems.views.meetings import calendar_answer
from postmortems.views.postmortems import draft_for

SENT = ("starts_at", "minutes", "place", "link")
IDEA_ID = OpenApiParameter("pk", int, OpenApiParameter.PATH)


def sensible(at: datetime) -> None:
    """Refuse years that no meeting is in and that calendars cannot convert."""
    if not 1970 <= at.year <= 2199:
        raise serializers.ValidationError("Give a year between 1970 and 2199.")


class BlockSerializer(serializers.ModelSerializer[AgendaBlock]):
    class Meta:
        model = AgendaBlock
        fields = ["position", "title", "minutes", "spent", "notes"]
        read_only_fields = fields


class MeetingSerializer(serializers.ModelSerializer[Meeting]):
    """The meeting of a post-mortem; `version` is also its ETag. `sequence` is the one of the calendar entry."""

    outcome = serializers.ChoiceField(choices=["planned", "held", "waived"], read_only=True)
    agenda = serializers.SerializerMethodField()
    soak_ends_at = serializers.SerializerMethodField()
    soak_is_over = serializers.SerializerMethodField()

    class Meta:
        model = Meeting
        fields = [
            *SENT,
            "outcome",
            "began_at",
            "held_at",
            "waived_at",
            "reason",
            "agenda",
            "soak_ends_at",
            "soak_is_over",
            "soak_reason",
            "sequence",
            "version",
        ]
        read_only_fields = fields

    def get_agenda(self, meeting: Meeting) -> list[dict[str, Any]]:
        return list(BlockSerializer(console.blocks_of(meeting), many=True).data)

    def soak(self, meeting: Meeting) -> console.Soak:
        return console.soak_of(meeting, timezone.now())

    def get_soak_ends_at(self, meeting: Meeting) -> datetime | None:
        return self.soak(meeting).ends_at

    def get_soak_is_over(self, meeting: Meeting) -> bool:
        return self.soak(meeting).is_over


class MeetingChangeSerializer(serializers.Serializer[Any]):
    starts_at = serializers.DateTimeField(required=False, allow_null=True, validators=[sensible])
    minutes = serializers.IntegerField(required=False, min_value=5, max_value=480)
    place = serializers.CharField(required=False, allow_blank=True, max_length=200)
    link = serializers.URLField(required=False, allow_blank=True, max_length=500)
    outcome = serializers.ChoiceField(choices=["planned", "held", "waived"], required=False)
    held_at = serializers.DateTimeField(required=False, validators=[sensible], help_text="With “held”; else it is now.")
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300, help_text="With “waived”: why no meeting is needed.")
    soak_reason = serializers.CharField(required=False, max_length=300, help_text="Ends the soak time now, for this reason.")

    def validate_link(self, link: str) -> str:
        if link and not link.lower().startswith(("https://", "http://")):
            raise serializers.ValidationError("Give an address that begins with https://.")
        return link


class MeetingView(APIView):
    @extend_schema(operation_id="postmortems_meeting_retrieve", responses=MeetingSerializer)
    def get(self, request: Request, reference: str) -> Response:
        """Return the meeting; before anything was planned, as it would be."""
        meeting = console.meeting_of(draft_for(request.user, reference))
        return tagged(MeetingSerializer(meeting).data, meeting.version)

    @versioned
    @extend_schema(operation_id="postmortems_meeting_update", request=MeetingChangeSerializer, responses=MeetingSerializer)
    def patch(self, request: Request, reference: str) -> Response:
        """Plan it, say that it was held or is waived, or end the soak time, on top of the version in If-Match."""
        postmortem = draft_for(request.user, reference)
        require(request.user, "draft")
        version = version_sent(request)
        body = MeetingChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with lost_race(MeetingSerializer):
            meeting = change(request.user, postmortem, version, body.validated_data)
        return tagged(MeetingSerializer(meeting).data, meeting.version)


@transaction.atomic
def change(actor: Any, postmortem: Postmortem, version: int, given: dict[str, Any]) -> Meeting:
    """Do all that was sent, or nothing."""
    meeting = meetings.ensure(postmortem)
    if meeting.version != version:
        raise Conflict(meeting)
    if set(SENT) & set(given):
        plan = {name: given.get(name, getattr(meeting, name)) for name in SENT}
        meeting = meetings.plan(actor=actor, postmortem=postmortem, version=meeting.version, **plan)
    if "outcome" in given:
        said = {"outcome": given["outcome"], "at": given.get("held_at"), "reason": given.get("reason", "")}
        meeting = meetings.settle(actor=actor, postmortem=postmortem, version=meeting.version, **said)
    if "soak_reason" in given:
        meeting = meetings.end_soak(actor=actor, postmortem=postmortem, version=meeting.version, reason=given["soak_reason"])
    return meeting


class InvitationView(APIView):
    content_negotiation_class = AsAddressed

    @extend_schema(operation_id="postmortems_meeting_invitation", responses={(200, "text/calendar"): OpenApiTypes.BINARY})
    def get(self, request: Request, reference: str) -> HttpResponseBase:
        """Return the invitation as iCalendar, a cancellation once the meeting is waived; 404 before it has a time."""
        return calendar_answer(request._request, draft_for(request.user, reference))


# The parking lot ------------------------------------------------------------------------------------------


class IdeaSerializer(serializers.ModelSerializer[ParkedIdea]):
    """An idea of the parking lot; `version` is also its ETag."""

    added_by: Any = Named(slug_field="username", read_only=True, allow_null=True)
    action_item = serializers.CharField(source="action_item.reference", read_only=True, default=None, allow_null=True)

    class Meta:
        model = ParkedIdea
        fields = ["id", "text", "said_by", "in_meeting", "state", "reason", "action_item", "added_at", "added_by", "decided_at", "version"]
        read_only_fields = fields


class NewIdeaSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=500)
    said_by = serializers.CharField(max_length=150, required=False, allow_blank=True, default="")


class IdeaDecisionSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=["left", "parked"])
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class ParkingView(APIView):
    @extend_schema(operation_id="postmortems_parking_list", responses=IdeaSerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """Return every idea, in the order they were parked."""
        rows = ParkedIdea.objects.visible_to(request.user).filter(postmortem=draft_for(request.user, reference))
        return Response(IdeaSerializer(rows.select_related("added_by", "action_item"), many=True).data)

    @extend_schema(operation_id="postmortems_parking_create", request=NewIdeaSerializer, responses={201: IdeaSerializer})
    def post(self, request: Request, reference: str) -> Response:
        """Park an idea."""
        postmortem = draft_for(request.user, reference)
        body = NewIdeaSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        idea = parking.park(actor=request.user, postmortem=postmortem, **body.validated_data)
        return tagged(IdeaSerializer(idea).data, idea.version, status.HTTP_201_CREATED)


def idea_for(request: Request, reference: str, pk: int) -> ParkedIdea:
    postmortem = draft_for(request.user, reference)
    rows = ParkedIdea.objects.visible_to(request.user).filter(postmortem=postmortem).select_related("postmortem__incident", "added_by", "action_item")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


class IdeaView(APIView):
    @extend_schema(operation_id="postmortems_parking_retrieve", parameters=[IDEA_ID], responses=IdeaSerializer)
    def get(self, request: Request, reference: str, pk: int) -> Response:
        idea = idea_for(request, reference, pk)
        return tagged(IdeaSerializer(idea).data, idea.version)

    @versioned
    @extend_schema(operation_id="postmortems_parking_decide", parameters=[IDEA_ID], request=IdeaDecisionSerializer, responses=IdeaSerializer)
    def patch(self, request: Request, reference: str, pk: int) -> Response:
        """Leave an idea with a reason, or park it again, on top of the version in If-Match."""
        idea = idea_for(request, reference, pk)
        version = version_sent(request)
        body = IdeaDecisionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with lost_race(IdeaSerializer):
            if body.validated_data["state"] == "left":
                idea = parking.leave(actor=request.user, idea=idea, version=version, reason=body.validated_data["reason"])
            else:
                idea = parking.bring_back(actor=request.user, idea=idea, version=version)
        return tagged(IdeaSerializer(idea).data, idea.version)


class IdeaActionView(APIView):
    @versioned
    @extend_schema(operation_id="postmortems_parking_act", parameters=[IDEA_ID], request=ActionItemTextSerializer, responses={201: ActionItemSerializer})
    def post(self, request: Request, reference: str, pk: int) -> Response:
        """Turn an idea into an action item, once the soak time is over. Without a title the idea's words are taken."""
        idea = idea_for(request, reference, pk)
        version = version_sent(request)
        body = ActionItemTextSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        fields = {"title": idea.text[:300], **body.validated_data}
        with lost_race(IdeaSerializer):
            item = parking.act(actor=request.user, idea=idea, version=version, **fields)
        return tagged(ActionItemSerializer(item).data, item.version, status.HTTP_201_CREATED)
