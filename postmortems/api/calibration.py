"""The shared draft by API, what those who were there say of it, and the check on how people are."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.api.concurrency import PreconditionFailed, lost_race, tagged, version_sent, versioned, versioned_later
from incidents.api.fields import Named
from incidents.lib.conflict import Conflict
from postmortems import calibrating, caring, hearing
from postmortems.access import review_for
from postmortems.api.perspectives import person_of
from postmortems.models import Participant, Reading, Shared, SharedDraft, WelfareCheck
from postmortems.views.postmortems import draft_for

PK = OpenApiParameter("pk", int, OpenApiParameter.PATH)


class SharedDraftSerializer(serializers.Serializer[Any]):
    shared_at = serializers.DateTimeField(allow_null=True)
    asked = serializers.IntegerField(help_text="How many are asked. How many, not who.")
    answered = serializers.IntegerField()


class ReadingSerializer(serializers.ModelSerializer[Reading]):
    """What somebody said of the draft; `version` is also its ETag."""

    author: Any = Named(slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = Reading
        fields = ["id", "author", "verdict", "words", "state", "answered_at", "taken_up_at", "version"]
        read_only_fields = fields


class ReadingTextSerializer(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=Reading.Verdict.choices)
    words = serializers.CharField(max_length=5_000, required=False, allow_blank=True, default="")
    state = serializers.ChoiceField(choices=Shared.choices, default=Shared.REVIEW)
    unnamed = serializers.BooleanField(default=False, help_text="Leave my name out of what is published.")


class TakenUpSerializer(serializers.Serializer[Any]):
    taken_up = serializers.BooleanField()


class SharedDraftView(APIView):
    @extend_schema(operation_id="postmortems_shared_draft_retrieve", responses=SharedDraftSerializer)
    def get(self, request: Request, reference: str) -> Response:
        """Return when the draft was shared, and how many have answered since."""
        postmortem = draft_for(request.user, reference)
        shared = SharedDraft.objects.filter(postmortem=postmortem).first()
        heard = hearing.readers(postmortem, Participant.objects.filter(postmortem=postmortem), shared)
        data = {"shared_at": shared.shared_at if shared else None, "asked": heard.asked, "answered": heard.answered}
        return Response(SharedDraftSerializer(data).data)

    @extend_schema(operation_id="postmortems_shared_draft_share", request=None, responses=SharedDraftSerializer)
    def post(self, request: Request, reference: str) -> Response:
        """Share the draft with those who take part, or ask them anew."""
        calibrating.share(actor=request.user, postmortem=draft_for(request.user, reference))
        return self.get(request, reference)


class ReadingListView(APIView):
    @extend_schema(operation_id="postmortems_readings_list", responses=ReadingSerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """Return the answers that the caller may read, their own among them."""
        rows = Reading.objects.readable_by(request.user).filter(postmortem=review_for(request.user, reference))
        return Response(ReadingSerializer(rows.select_related("author"), many=True).data)

    @versioned_later
    @extend_schema(operation_id="postmortems_readings_answer", request=ReadingTextSerializer, responses=ReadingSerializer)
    def put(self, request: Request, reference: str) -> Response:
        """Say what the caller thinks of the draft: the first time without, then on top of the version in If-Match."""
        postmortem, person = review_for(request.user, reference), person_of(request)
        exists = Reading.objects.readable_by(person).filter(postmortem=postmortem, author=person).exists()
        version = version_sent(request) if exists else None
        body = ReadingTextSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with lost_race(ReadingSerializer):
            row = calibrating.answer(actor=person, postmortem=postmortem, version=version, **body.validated_data)
        return tagged(ReadingSerializer(row).data, row.version)


class ReadingView(APIView):
    @versioned
    @extend_schema(operation_id="postmortems_readings_take_up", parameters=[PK], request=TakenUpSerializer, responses=ReadingSerializer)
    def patch(self, request: Request, reference: str, pk: int) -> Response:
        """Say that the draft follows what was asked, on top of the version in If-Match."""
        postmortem = draft_for(request.user, reference)
        row = Reading.objects.readable_by(request.user).filter(postmortem=postmortem, pk=pk).first()
        if row is None:
            raise Http404
        version = version_sent(request)
        body = TakenUpSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        with lost_race(ReadingSerializer):
            row = calibrating.take_up(actor=request.user, reading=row, version=version, done=body.validated_data["taken_up"])
        return tagged(ReadingSerializer(row).data, row.version)


class WelfareSerializer(serializers.Serializer[Any]):
    reached = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**53), max_length=300, help_text="Ids of participants.")
    is_done = serializers.BooleanField(help_text="Everybody who was close to it has been reached.")


class WelfareView(APIView):
    def shown(self, check: WelfareCheck) -> Response:
        reached = sorted(check.reached.values_list("pk", flat=True)) if check.pk else []
        return tagged(WelfareSerializer({"reached": reached, "is_done": check.is_done}).data, check.version)

    @extend_schema(operation_id="postmortems_welfare_retrieve", responses=WelfareSerializer)
    def get(self, request: Request, reference: str) -> Response:
        """Return whom the facilitators spoke to in person. For everybody else there is no such list."""
        postmortem = draft_for(request.user, reference)
        if not caring.may_look(request.user, postmortem):
            raise Http404
        return self.shown(caring.check_of(postmortem))

    @versioned
    @extend_schema(operation_id="postmortems_welfare_save", request=WelfareSerializer, responses=WelfareSerializer)
    def put(self, request: Request, reference: str) -> Response:
        """Keep the list on top of the version in If-Match."""
        postmortem = draft_for(request.user, reference)
        if not caring.may_look(request.user, postmortem):
            raise Http404
        version = version_sent(request)
        body = WelfareSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            check = caring.tick(actor=request.user, postmortem=postmortem, version=version, **body.validated_data)
        except Conflict as conflict:
            raise PreconditionFailed({"version": conflict.current.version}) from conflict
        return self.shown(check)
