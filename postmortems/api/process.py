"""Steps and participants of a retrospective over the API. Thin: each view fetches through access, calls one function, answers."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.access import require
from incidents.api.concurrency import lost_race, tagged, version_sent, versioned
from incidents.api.fields import Named
from incidents.models import User
from postmortems import access, participating, stepping
from postmortems.models import Participant, Postmortem, Step
from postmortems.participating import DECLARATIONS


class RetrospectiveStepSerializer(serializers.ModelSerializer[Step]):
    """A step; `version` is also its ETag. `rule` names what completes it by itself, `by_itself` says that it did."""

    owner: Any = Named(slug_field="username", read_only=True, allow_null=True)
    settled_by: Any = Named(slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = Step
        fields = [
            "key",
            "position",
            "title",
            "guidance",
            "role",
            "owner",
            "mandatory",
            "state",
            "due_on",
            "due_by_hand",
            "rule",
            "by_itself",
            "by_hand_only",
            "note",
            "settled_at",
            "settled_by",
            "version",
        ]
        read_only_fields = fields


class StepChangeSerializer(serializers.Serializer[Any]):
    due_on = serializers.DateField(required=False, allow_null=True, help_text="null: counted in working days again.")
    owner = Named(slug_field="username", queryset=User.objects.filter(is_active=True), required=False, allow_null=True)


class StepNoteSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="", help_text="For skipping: why. Needed there.")


class ParticipantSerializer(serializers.ModelSerializer[Participant]):
    user: Any = Named(slug_field="username", read_only=True, allow_null=True)
    answered_by: Any = Named(slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = Participant
        fields = ["id", "role", "user", "name", "state", "reason", "asks_to_be_unnamed", *DECLARATIONS, "answered_at", "answered_by", "created_at", "version"]
        read_only_fields = fields


class InviteSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=Participant.Role.choices, default=Participant.Role.PARTICIPANT)
    user = Named(slug_field="username", queryset=User.objects.filter(is_active=True), required=False, allow_null=True)
    name = serializers.CharField(max_length=150, required=False, allow_blank=True, default="", help_text="For somebody without an account.")
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="", help_text="Needed for a facilitator who was a responder.")
    asks_to_be_unnamed = serializers.BooleanField(default=False)


class AnswerSerializer(serializers.Serializer[Any]):
    accept = serializers.BooleanField()
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    was_no_responder = serializers.BooleanField(default=False, help_text=DECLARATIONS["was_no_responder"])
    manages_nobody = serializers.BooleanField(default=False, help_text=DECLARATIONS["manages_nobody"])
    has_the_hours = serializers.BooleanField(default=False, help_text=DECLARATIONS["has_the_hours"])


class UnnamedSerializer(serializers.Serializer[Any]):
    asks_to_be_unnamed = serializers.BooleanField()


class EveryoneSerializer(serializers.Serializer[Any]):
    asked = serializers.IntegerField(read_only=True)


def draft(request: Request, reference: str, *, write: bool = False) -> Postmortem:
    """Return a post-mortem whose working matter the actor may read; for viewers there is none."""
    postmortem = access.postmortem_for(request.user, reference)
    if not access.may_read_draft(request.user):
        raise Http404
    if write:
        require(request.user, "draft")
    return postmortem


class StepListView(APIView):
    @extend_schema(operation_id="postmortems_steps_list", responses=RetrospectiveStepSerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """Return every step in order."""
        return Response(RetrospectiveStepSerializer(draft(request, reference).steps.select_related("owner", "settled_by"), many=True).data)


def step_for(request: Request, reference: str, key: str, *, write: bool = False) -> Step:
    step = draft(request, reference, write=write).steps.select_related("owner", "settled_by").filter(key=key).first()
    if step is None:
        raise Http404
    return step


class StepView(APIView):
    @extend_schema(operation_id="postmortems_steps_retrieve", responses=RetrospectiveStepSerializer)
    def get(self, request: Request, reference: str, key: str) -> Response:
        step = step_for(request, reference, key)
        return tagged(RetrospectiveStepSerializer(step).data, step.version)

    @versioned
    @extend_schema(operation_id="postmortems_steps_change", request=StepChangeSerializer, responses=RetrospectiveStepSerializer)
    def patch(self, request: Request, reference: str, key: str) -> Response:
        """Set the date or the person, on top of the version in If-Match."""
        step = step_for(request, reference, key, write=True)
        version = version_sent(request)
        body = StepChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = {"due_on": step.due_on, "owner": step.owner, **body.validated_data}
        with lost_race(RetrospectiveStepSerializer):
            step = stepping.change(actor=request.user, step=step, version=version, **given)
        return tagged(RetrospectiveStepSerializer(step).data, step.version)


class StepVerbView(APIView):
    """Base of the three verbs; `verb` is a function of stepping.py and `word` the argument that takes the note."""

    verb: Any
    word = "note"

    def act(self, request: Request, reference: str, key: str) -> Response:
        step = step_for(request, reference, key, write=True)
        version = version_sent(request)
        body = StepNoteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with lost_race(RetrospectiveStepSerializer):
            step = self.verb(actor=request.user, step=step, version=version, **{self.word: body.validated_data["note"]})
        return tagged(RetrospectiveStepSerializer(step).data, step.version)


class CompleteView(StepVerbView):
    verb = staticmethod(stepping.complete)

    @versioned
    @extend_schema(operation_id="postmortems_steps_complete", request=StepNoteSerializer, responses=RetrospectiveStepSerializer)
    def post(self, request: Request, reference: str, key: str) -> Response:
        """Say that the step is done."""
        return self.act(request, reference, key)


class SkipView(StepVerbView):
    verb = staticmethod(stepping.skip)
    word = "reason"

    @versioned
    @extend_schema(operation_id="postmortems_steps_skip", request=StepNoteSerializer, responses=RetrospectiveStepSerializer)
    def post(self, request: Request, reference: str, key: str) -> Response:
        """Leave the step out; `note` says why."""
        return self.act(request, reference, key)


class ReopenView(StepVerbView):
    verb = staticmethod(stepping.reopen)

    @versioned
    @extend_schema(operation_id="postmortems_steps_reopen", request=StepNoteSerializer, responses=RetrospectiveStepSerializer)
    def post(self, request: Request, reference: str, key: str) -> Response:
        """Open a settled step again."""
        return self.act(request, reference, key)


class ParticipantListView(APIView):
    @extend_schema(operation_id="postmortems_participants_list", responses=ParticipantSerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """Return who takes part, in the order in which they were asked."""
        return Response(ParticipantSerializer(draft(request, reference).participants.select_related("user", "answered_by"), many=True).data)

    @extend_schema(operation_id="postmortems_participants_invite", request=InviteSerializer, responses={201: ParticipantSerializer})
    def post(self, request: Request, reference: str) -> Response:
        """Ask somebody, by account or by name only."""
        postmortem = draft(request, reference, write=True)
        body = InviteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        unnamed = given.pop("asks_to_be_unnamed")
        row = participating.invite(actor=request.user, postmortem=postmortem, unnamed=unnamed, **given)
        return tagged(ParticipantSerializer(row).data, row.version, status.HTTP_201_CREATED)


class EveryoneView(APIView):
    @extend_schema(operation_id="postmortems_participants_invite_everyone", request=None, responses=EveryoneSerializer)
    def post(self, request: Request, reference: str) -> Response:
        """Ask everyone found on the incident who has no part yet."""
        return Response({"asked": participating.invite_everyone(actor=request.user, postmortem=draft(request, reference, write=True))})


def participant_for(request: Request, reference: str, number: int, *, write: bool = False) -> Participant:
    row = draft(request, reference, write=write).participants.select_related("user", "answered_by").filter(pk=number).first()
    if row is None:
        raise Http404
    return row


class ParticipantView(APIView):
    @extend_schema(operation_id="postmortems_participants_retrieve", responses=ParticipantSerializer)
    def get(self, request: Request, reference: str, number: int) -> Response:
        row = participant_for(request, reference, number)
        return tagged(ParticipantSerializer(row).data, row.version)

    @versioned
    @extend_schema(operation_id="postmortems_participants_change", request=UnnamedSerializer, responses=ParticipantSerializer)
    def patch(self, request: Request, reference: str, number: int) -> Response:
        """Leave the person unnamed in what is published, or name them again."""
        row = participant_for(request, reference, number, write=True)
        version = version_sent(request)
        body = UnnamedSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with lost_race(ParticipantSerializer):
            row = participating.set_unnamed(actor=request.user, participant=row, version=version, unnamed=body.validated_data["asks_to_be_unnamed"])
        return tagged(ParticipantSerializer(row).data, row.version)

    @versioned
    @extend_schema(operation_id="postmortems_participants_remove", responses={204: None})
    def delete(self, request: Request, reference: str, number: int) -> Response:
        """Take somebody off a role."""
        row = participant_for(request, reference, number, write=True)
        with lost_race(ParticipantSerializer):
            participating.remove(actor=request.user, participant=row, version=version_sent(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class AnswerView(APIView):
    @versioned
    @extend_schema(operation_id="postmortems_participants_answer", request=AnswerSerializer, responses=ParticipantSerializer)
    def post(self, request: Request, reference: str, number: int) -> Response:
        """Accept or decline. A facilitator declares; with a “no” among the declarations accepting wants a reason."""
        row = participant_for(request, reference, number, write=True)
        version = version_sent(request)
        body = AnswerSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with lost_race(ParticipantSerializer):
            row = participating.answer(actor=request.user, participant=row, version=version, **body.validated_data)
        return tagged(ParticipantSerializer(row).data, row.version)
