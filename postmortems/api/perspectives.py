"""Perspectives over the API: those the caller may read, what they write down themselves, and their own account."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.api.concurrency import PreconditionFailed, tagged, version_sent, versioned, versioned_later
from incidents.api.fields import Named
from incidents.lib.conflict import Conflict
from incidents.models import User
from postmortems import perspectives
from postmortems.access import review_for
from postmortems.api.meetings import sensible
from postmortems.facilitation.texts import ACCOUNT, PERSPECTIVE, PRIVATE_QUESTION
from postmortems.models import Difference, Perspective, PrivateNote, Shared, WrittenAccount

GIVEN = ("user", "name", "role", "at", "until", "state", *PERSPECTIVE)
PK = OpenApiParameter("pk", int, OpenApiParameter.PATH)


def person_of(request: Request) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - for the type checker
    return request.user


class PerspectiveSerializer(serializers.ModelSerializer[Perspective]):
    """What one person saw and knew at a moment; `version` is also its ETag. `events` are ids of entries of the timeline."""

    user: Any = Named(slug_field="username", read_only=True, allow_null=True)
    author: Any = Named(slug_field="username", read_only=True, allow_null=True)
    events: Any = serializers.PrimaryKeyRelatedField(many=True, read_only=True)
    differs_from = serializers.SerializerMethodField(help_text="Ids of perspectives that a person found to differ.")

    class Meta:
        model = Perspective
        fields = ["id", *GIVEN, "events", "differs_from", "author", "created_at", "updated_at", "version"]
        read_only_fields = fields

    def get_differs_from(self, row: Perspective) -> list[int]:
        found: list[int] = self.context.get("differing", {}).get(row.pk, [])
        return found


class PerspectiveTextSerializer(serializers.ModelSerializer[Perspective]):
    """What may be given; for a change, every field may be left out. Without `user` and `name` it is the caller's own."""

    user = Named(slug_field="username", queryset=User.objects.filter(is_active=True), required=False, allow_null=True)
    name = serializers.CharField(max_length=150, required=False, allow_blank=True)
    at = serializers.DateTimeField(validators=[sensible])
    until = serializers.DateTimeField(required=False, allow_null=True, validators=[sensible])
    state = serializers.ChoiceField(choices=Shared.choices, required=False)
    events = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**53), max_length=30, required=False)

    class Meta:
        model = Perspective
        fields = [*GIVEN, "events"]


def shown(request: Request, rows: list[Perspective]) -> list[dict[str, Any]]:
    """Return the rows with the marks between those that the caller may read."""
    readable = Perspective.objects.readable_by(request.user).filter(postmortem__in={row.postmortem_id for row in rows})
    ids = set(readable.values_list("pk", flat=True))
    differing: dict[int, list[int]] = {}
    for first, second in Difference.objects.filter(first__in=ids, second__in=ids).values_list("first", "second"):
        differing.setdefault(first, []).append(second)
        differing.setdefault(second, []).append(first)
    return list(PerspectiveSerializer(rows, many=True, context={"differing": differing}).data)


def perspective_for(request: Request, reference: str, pk: int) -> Perspective:
    postmortem = review_for(request.user, reference)
    rows = Perspective.objects.readable_by(request.user).filter(postmortem=postmortem).select_related("user", "author", "postmortem__incident")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


class PerspectiveListView(APIView):
    @extend_schema(operation_id="postmortems_perspectives_list", responses=PerspectiveSerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """Return the perspectives that the caller may read, by moment. What is private is listed for its author and the facilitators it is addressed to."""
        postmortem = review_for(request.user, reference)
        rows = Perspective.objects.readable_by(request.user).filter(postmortem=postmortem)
        return Response(shown(request, list(rows.select_related("user", "author").prefetch_related("events"))))

    @extend_schema(operation_id="postmortems_perspectives_create", request=PerspectiveTextSerializer, responses={201: PerspectiveSerializer})
    def post(self, request: Request, reference: str) -> Response:
        """Write one down: the caller's own, or that of another person by `user` or `name`."""
        postmortem = review_for(request.user, reference)
        body = PerspectiveTextSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        if not given.get("user") and not given.get("name"):
            given |= {"user": request.user}
        row = perspectives.save_perspective(actor=request.user, postmortem=postmortem, **given)
        return tagged(shown(request, [row])[0], row.version, status.HTTP_201_CREATED)


class PerspectiveView(APIView):
    @extend_schema(operation_id="postmortems_perspectives_retrieve", parameters=[PK], responses=PerspectiveSerializer)
    def get(self, request: Request, reference: str, pk: int) -> Response:
        row = perspective_for(request, reference, pk)
        return tagged(shown(request, [row])[0], row.version)

    @versioned
    @extend_schema(operation_id="postmortems_perspectives_update", parameters=[PK], request=PerspectiveTextSerializer, responses=PerspectiveSerializer)
    def patch(self, request: Request, reference: str, pk: int) -> Response:
        """Change it on top of the version in If-Match."""
        row = perspective_for(request, reference, pk)
        version = version_sent(request)
        body = PerspectiveTextSerializer(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        given = {name: getattr(row, name) for name in GIVEN} | {"events": row.events.values_list("pk", flat=True), **body.validated_data}
        try:
            row = perspectives.save_perspective(actor=request.user, postmortem=row.postmortem, perspective=row, version=version, **given)
        except Conflict as conflict:
            raise PreconditionFailed(shown(request, [conflict.current])[0]) from conflict
        return tagged(shown(request, [row])[0], row.version)

    @extend_schema(operation_id="postmortems_perspectives_withdraw", parameters=[PK], responses={204: None})
    def delete(self, request: Request, reference: str, pk: int) -> Response:
        """Withdraw it: it is gone. For its author, and the person it is about."""
        perspectives.withdraw_perspective(actor=request.user, perspective=perspective_for(request, reference, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


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
