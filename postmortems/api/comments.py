"""Comments on working texts over the API."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.access import require
from incidents.api.concurrency import lost_race, tagged, version_sent, versioned
from incidents.api.fields import Named
from postmortems import access, commenting, discussion, parts
from postmortems.anchors import LONGEST
from postmortems.models import Comment, Postmortem


class SaidSerializer(serializers.ModelSerializer[Comment]):
    """One comment or reply; `version` is also its ETag. A deleted one has an empty body."""

    author: Any = Named(slug_field="username", read_only=True, allow_null=True)
    thread = serializers.IntegerField(source="thread_id", read_only=True, allow_null=True, help_text="The first comment, for a reply.")

    class Meta:
        model = Comment
        fields = ["id", "thread", "author", "body", "created_at", "edited_at", "deleted_at", "version"]
        read_only_fields = fields


class ThreadSerializer(serializers.Serializer[Any]):
    """A thread with where its passage stands in the section's text as it is now."""

    id = serializers.IntegerField(source="root.pk")
    section = serializers.CharField(source="root.section.key")
    part = serializers.SerializerMethodField(
        help_text="The field, row, factor or action item it is about: “row:3” is a place in the stored rows now. Empty for the text."
    )
    is_lost = serializers.BooleanField(help_text="The passage was changed, or the row is gone; `quote` is what it said.")
    quote = serializers.CharField(source="root.quote", help_text="Empty for the whole section.")
    start = serializers.SerializerMethodField(help_text="Offset of the passage in characters; null when it was changed, or for the whole section.")
    end = serializers.SerializerMethodField()
    resolved_at = serializers.DateTimeField(source="root.resolved_at", allow_null=True)
    comments = SaidSerializer(many=True)

    def get_part(self, row: discussion.Thread) -> str:
        return discussion.key_of(row.root)

    def get_start(self, row: discussion.Thread) -> int | None:
        return row.span[0] if row.span else None

    def get_end(self, row: discussion.Thread) -> int | None:
        return row.span[1] if row.span else None


class WordsSerializer(serializers.Serializer[Any]):
    body = serializers.CharField(max_length=commenting.BODY_LIMIT, help_text="Markdown; @username asks somebody who may read it.")


class NewCommentSerializer(WordsSerializer):
    section = serializers.SlugField(max_length=60)
    quote = serializers.CharField(
        max_length=LONGEST, required=False, allow_blank=True, default="", help_text="Words of the section as it is stored; with a row, of one of its cells."
    )
    part = serializers.RegexField(
        parts.KEY,
        max_length=90,
        required=False,
        allow_blank=True,
        default="",
        help_text="“field:<name>”, “row:<place from 0>”, “factor:<id>” or “action_item:<id>”.",
    )
    near = serializers.IntegerField(
        min_value=0, max_value=10**6, required=False, default=0, help_text="Offset that tells which of several such words are meant."
    )


class CommentViews(APIView):
    """Base of the comments' views: for viewers there is no working text, so nothing is said about it."""

    def postmortem_for(self, request: Request, reference: str, verb: str = "read") -> Postmortem:
        postmortem = access.postmortem_for(request.user, reference)
        if not access.may_read_draft(request.user):
            raise Http404
        if verb != "read":
            require(request.user, verb)
        return postmortem

    def comment_for(self, request: Request, reference: str, pk: int, verb: str = "read") -> Comment:
        postmortem = self.postmortem_for(request, reference, verb)
        rows = Comment.objects.visible_to(request.user).filter(section__postmortem=postmortem, pk=pk)
        said = rows.select_related("author", "section__postmortem__incident", "thread__section__postmortem__incident").first()
        if said is None:
            raise Http404
        return said


class CommentListView(CommentViews, GenericAPIView[Comment]):
    serializer_class = ThreadSerializer
    queryset = Comment.objects.none()  # for the schema

    @extend_schema(
        operation_id="postmortems_comments_list",
        parameters=[OpenApiParameter("state", str, enum=discussion.STATES, description="By default open."), OpenApiParameter("section", str)],
        responses=ThreadSerializer(many=True),
    )
    def get(self, request: Request, reference: str) -> Response:
        """Return the threads, in the order of the sections; `mentions` are those that wait for an answer of yours."""
        postmortem = self.postmortem_for(request, reference)
        state, section = request.query_params.get("state", "open"), request.query_params.get("section", "")
        if state not in discussion.STATES or not section.replace("-", "").replace("_", "").isalnum() and section:
            raise ValidationError({"state": [f"One of {', '.join(discussion.STATES)}."]})
        page = self.paginate_queryset(discussion.roots(request.user, postmortem, state, section).values_list("pk", flat=True)) or []
        rows = discussion.with_replies(discussion.roots(request.user, postmortem, state, section).filter(pk__in=page))
        return self.get_paginated_response(ThreadSerializer(rows, many=True).data)

    @extend_schema(operation_id="postmortems_comments_create", request=NewCommentSerializer, responses={201: SaidSerializer})
    def post(self, request: Request, reference: str) -> Response:
        """Begin a thread about some words of a section, or about the whole of it."""
        postmortem = self.postmortem_for(request, reference, "draft")
        given = valid(NewCommentSerializer, request)
        section = postmortem.sections.filter(key=given.pop("section")).first()
        if section is None:
            raise ValidationError({"section": ["There is no such section."]})
        said = commenting.comment(actor=request.user, section=section, **given)
        return tagged(SaidSerializer(said).data, said.version, status.HTTP_201_CREATED)


class CommentView(CommentViews):
    @extend_schema(operation_id="postmortems_comments_retrieve", responses=SaidSerializer)
    def get(self, request: Request, reference: str, pk: int) -> Response:
        said = self.comment_for(request, reference, pk)
        return tagged(SaidSerializer(said).data, said.version)

    @versioned
    @extend_schema(operation_id="postmortems_comments_update", request=WordsSerializer, responses=SaidSerializer)
    def patch(self, request: Request, reference: str, pk: int) -> Response:
        """Change your own words, on top of the version in If-Match."""
        said = self.comment_for(request, reference, pk, "draft")
        version = version_sent(request)
        given = valid(WordsSerializer, request)
        with lost_race(SaidSerializer):
            said = commenting.edit(actor=request.user, said=said, version=version, **given)
        return tagged(SaidSerializer(said).data, said.version)

    @extend_schema(operation_id="postmortems_comments_delete", responses={204: None})
    def delete(self, request: Request, reference: str, pk: int) -> Response:
        """Delete your own words; their place in the thread stays."""
        commenting.delete(actor=request.user, said=self.comment_for(request, reference, pk, "draft"))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReplyView(CommentViews):
    @extend_schema(operation_id="postmortems_comments_reply", request=WordsSerializer, responses={201: SaidSerializer})
    def post(self, request: Request, reference: str, pk: int) -> Response:
        """Answer in a thread; a resolved one is opened again by it."""
        thread = self.comment_for(request, reference, pk, "draft")
        given = valid(WordsSerializer, request)
        said = commenting.reply(actor=request.user, thread=thread, **given)
        return tagged(SaidSerializer(said).data, said.version, status.HTTP_201_CREATED)


class ResolveView(CommentViews):
    @extend_schema(operation_id="postmortems_comments_resolve", request=None, responses={204: None})
    def post(self, request: Request, reference: str, pk: int) -> Response:
        """Resolve the thread of a comment."""
        commenting.settle(actor=request.user, thread=self.comment_for(request, reference, pk, "draft"), resolved=True)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReopenView(CommentViews):
    @extend_schema(operation_id="postmortems_comments_reopen", request=None, responses={204: None})
    def post(self, request: Request, reference: str, pk: int) -> Response:
        """Open a resolved thread again."""
        commenting.settle(actor=request.user, thread=self.comment_for(request, reference, pk, "draft"), resolved=False)
        return Response(status=status.HTTP_204_NO_CONTENT)


def valid(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
