"""Personal tokens: `Authorization: Bearer pm_…`. A token acts as its owner, with the owner's rights of this moment."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from incidents.models import ApiToken, User

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        now = timezone.now()
        token = ApiToken.objects.select_related("user").filter(digest=ApiToken.digest_of(secret.strip()), expires_at__gt=now, user__is_active=True).first()
        if token is None:
            raise AuthenticationFailed("This token is unknown, expired or revoked.")
        if request.method not in SAFE_METHODS and token.scope != ApiToken.Scope.WRITE:
            raise PermissionDenied("This token may only read; make one with the scope “Read and write”.")
        # Once a minute is enough to see whether a token is still in use, and keeps reads from writing.
        if token.last_used_at is None or now - token.last_used_at > timedelta(minutes=1):
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes a personal token."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A personal token, made on the settings page."}
