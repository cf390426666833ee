"""Saved mappings over the API: what the columns of a format mean, applied to every later file with exactly these columns."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import mappings
from incidents.access import require
from incidents.models import Mapping


class NewMappingSerializer(serializers.Serializer[Any]):
    """`fields` names each column of the file, as the import lists them, and the field that it holds; "" leaves it out."""

    name = serializers.CharField(max_length=100)
    source = serializers.CharField(max_length=40)  # type: ignore[assignment]  # named so in the contract
    fields: Any = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=40))


class MappingSerializer(serializers.ModelSerializer[Mapping]):
    fields: Any = serializers.DictField(child=serializers.CharField(), read_only=True)
    created_by: Any = serializers.SlugRelatedField(slug_field="username", read_only=True, allow_null=True)

    class Meta:
        model = Mapping
        fields = ["id", "name", "source", "fields", "created_by", "saved_at"]
        read_only_fields = ["name", "source", "saved_at"]


class MappingViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet[Mapping]):
    """For whoever may import. Deleting is for who saved it and for administrators."""

    serializer_class = MappingSerializer
    queryset = Mapping.objects.select_related("created_by")
    lookup_value_regex = "[0-9]{1,12}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        require(request.user, "import")

    @extend_schema(request=NewMappingSerializer, responses={201: MappingSerializer})
    def create(self, request: Request) -> Response:
        """Save a mapping; one's own of the same name and columns is replaced."""
        body = NewMappingSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        mapping = mappings.save(actor=request.user, **body.validated_data)
        return Response(MappingSerializer(mapping).data, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: Mapping) -> None:
        mappings.delete(actor=self.request.user, mapping=instance)
