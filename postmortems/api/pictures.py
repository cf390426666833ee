"""Pictures over the API."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from postmortems import pictures
from postmortems.api.comments import CommentViews
from postmortems.models import Picture
from postmortems.rendering.recoding import LARGEST


class PictureSerializer(serializers.ModelSerializer[Picture]):
    url = serializers.CharField(source="get_absolute_url", read_only=True)
    markdown = serializers.CharField(read_only=True, help_text="What puts it into a text.")

    class Meta:
        model = Picture
        fields = ["key", "url", "markdown", "alt", "content_type", "width", "height", "size", "sha256", "created_at"]
        read_only_fields = fields


class NewPictureSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(help_text="PNG, JPEG, GIF or WebP of at most 10 MB; it is encoded anew.")
    alt = serializers.CharField(max_length=300, help_text="What it shows, for who cannot see it.")

    def validate_file(self, file: Any) -> Any:
        if file.size > LARGEST:
            raise serializers.ValidationError(f"A picture has at most {LARGEST >> 20} MB.")
        return file


class PictureListView(CommentViews):
    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="postmortems_pictures_list", responses=PictureSerializer(many=True))
    def get(self, request: Request, reference: str) -> Response:
        """Return the pictures of a post-mortem, newest first."""
        return Response(PictureSerializer(self.postmortem_for(request, reference).pictures.all(), many=True).data)

    @extend_schema(operation_id="postmortems_pictures_create", request={"multipart/form-data": NewPictureSerializer}, responses={201: PictureSerializer})
    def post(self, request: Request, reference: str) -> Response:
        """Take a picture in. Its bytes never change; what was published with it keeps it."""
        postmortem = self.postmortem_for(request, reference, "draft")
        body = NewPictureSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        picture = pictures.add(actor=request.user, postmortem=postmortem, content=given["file"].read(), alt=given["alt"])
        return Response(PictureSerializer(picture).data, status=status.HTTP_201_CREATED)


class PictureView(CommentViews):
    @extend_schema(operation_id="postmortems_pictures_delete", responses={204: None})
    def delete(self, request: Request, reference: str, key: str) -> Response:
        """Delete a picture that no text and no revision shows."""
        picture = self.postmortem_for(request, reference, "draft").pictures.filter(key=key).first()
        if picture is None:
            raise Http404
        pictures.delete(actor=request.user, picture=picture)
        return Response(status=status.HTTP_204_NO_CONTENT)
