"""The people before the meeting over the API: the caller's own account, conversations, the shared draft, the check on how people are."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.access import require
from incidents.api.concurrency import PreconditionFailed, lost_race, tagged, version_sent, versioned, versioned_later
from incidents.api.fields import Named
from incidents.lib.conflict import Conflict
from incidents.models import User
from postmortems import calibrating, caring, hearing, perspectives, talking
from postmortems.access import review_for
from postmortems.facilitation.texts import ACCOUNT, PRIVATE_QUESTION
from postmortems.models import Conversation, Participant, PrivateNote, Reading, Shared, SharedDraft, WelfareCheck, WrittenAccount
from postmortems.views.postmortems import draft_for

PK = OpenApiParameter("pk", int, OpenApiParameter.PATH)


def person_of(request: Request) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - for the type checker
    return request.user


# The written account --------------------------------------------------------------------------------------


class AccountSerializer(serializers.ModelSerializer[WrittenAccount]):
    """The caller's own written account; `version` is also its ETag, and null before the first save."""

    private = serializers.CharField(read_only=True, help_text=PRIVATE_QUESTION)
    version: Any = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = WrittenAccount
        fields = [*ACCOUNT, "private", "state", "version"]
        read_only_fields = fields


class AccountTextSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=Shared.choices, default=Shared.REVIEW)
    private = serializers.CharField(
        max_length=5_000, required=False, allow_blank=True, help_text=f"{PRIVATE_QUESTION} Left out, it stays; empty, it is taken back."
    )

    def get_fields(self) -> dict[str, Any]:
        answers = {
            name: serializers.CharField(max_length=5_000, required=False, allow_blank=True, default="", help_text=text) for name, text in ACCOUNT.items()
        }
        return {**answers, **super().get_fields()}


class AccountView(APIView):
    def shown(self, request: Request, reference: str) -> tuple[dict[str, Any], int | None]:
        postmortem, person = review_for(request.user, reference), person_of(request)
        mine = WrittenAccount.objects.readable_by(person).filter(postmortem=postmortem, author=person).first()
        note = PrivateNote.objects.readable_by(person).filter(postmortem=postmortem, author=person).first()
        row = {name: getattr(mine, name, "") for name in ACCOUNT}
        version = mine.version if mine else None
        return {**row, "private": note.text if note else "", "state": mine.state if mine else Shared.REVIEW, "version": version}, version

    @extend_schema(operation_id="postmortems_account_retrieve", responses=AccountSerializer)
    def get(self, request: Request, reference: str) -> Response:
        """Return the caller's own account and note; that of others is told nowhere else than on the page of perspectives."""
        data, version = self.shown(request, reference)
        return tagged(data, version) if version else Response(data)

    @versioned_later
    @extend_schema(operation_id="postmortems_account_save", request=AccountTextSerializer, responses=AccountSerializer)
    def put(self, request: Request, reference: str) -> Response:
        """Keep the caller's own account: the first time without, then on top of the version in If-Match."""
        postmortem, person = review_for(request.user, reference), person_of(request)
        perspectives.require_voice(person, postmortem)
        exists = WrittenAccount.objects.readable_by(person).filter(postmortem=postmortem, author=person).exists()
        version = version_sent(request) if exists else None
        body = AccountTextSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        private = given.pop("private", None)
        answers = {name: given[name] for name in ACCOUNT}
        try:
            if exists or any(answers.values()) or not (private or "").strip():
                perspectives.save_account(actor=person, postmortem=postmortem, version=version, state=given["state"], **answers)
        except Conflict as conflict:
            raise PreconditionFailed(self.shown(request, reference)[0]) from conflict
        if private is not None:
            perspectives.confide(actor=person, postmortem=postmortem, text=private)
        return self.get(request, reference)

    @extend_schema(operation_id="postmortems_account_withdraw", responses={204: None})
    def delete(self, request: Request, reference: str) -> Response:
        """Withdraw the caller's own account and note. They are deleted."""
        perspectives.withdraw_account(actor=request.user, postmortem=review_for(request.user, reference))
        return Response(status=status.HTTP_204_NO_CONTENT)


# Conversations --------------------------------------------------------------------------------------------


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


# The shared draft -----------------------------------------------------------------------------------------


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


# The check on how people are ------------------------------------------------------------------------------


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
