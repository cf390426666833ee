"""One's own tokens. A secret is in the answer that made it and nowhere else, ever."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import tokens
from incidents.api.serializers import ApiTokenSerializer
from incidents.models import ApiToken


class NewTokenSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    scope = serializers.ChoiceField(choices=ApiToken.Scope.choices, default=ApiToken.Scope.READ)
    days = serializers.IntegerField(min_value=1, max_value=tokens.LONGEST_DAYS, default=90)


class IssuedTokenSerializer(ApiTokenSerializer):
    secret = serializers.CharField()

    class Meta(ApiTokenSerializer.Meta):
        fields = [*ApiTokenSerializer.Meta.fields, "secret"]


class TokenViewSet(mixins.ListModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet[ApiToken]):
    serializer_class = ApiTokenSerializer
    queryset = ApiToken.objects.none()  # for the schema; `get_queryset` gives the rows
    lookup_value_regex = "[0-9]+"

    def get_queryset(self) -> Any:
        return ApiToken.objects.filter(user=self.request.user.pk)

    @extend_schema(request=NewTokenSerializer, responses={201: IssuedTokenSerializer})
    def create(self, request: Request) -> Response:
        """Make a token; `secret` is shown this once."""
        body = NewTokenSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        user: Any = request.user  # authenticated, by the default permission
        token, secret = tokens.issue(user=user, now=timezone.now(), **body.validated_data)
        return Response(ApiTokenSerializer(token).data | {"secret": secret}, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: ApiToken) -> None:
        tokens.revoke(token=instance, actor=instance.user)
