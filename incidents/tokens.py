"""Writes. Personal API tokens: made by a person for one of their programs, revoked at any time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from incidents.models import ApiToken, AuditEvent, User

#: A forgotten token must end by itself.
LONGEST_DAYS = 365


@transaction.atomic
def issue(*, user: User, name: str, scope: str, days: int, now: datetime) -> tuple[ApiToken, str]:
    """Make a token and return it with its secret, which nobody can read again."""
    token, secret = ApiToken.issue(user=user, name=name, scope=scope, expires_at=now + timedelta(days=min(days, LONGEST_DAYS)))
    AuditEvent.record(user, "token.issue", f"token-{token.pk}", name=name, scope=scope)
    return token, secret


@transaction.atomic
def revoke(*, token: ApiToken, actor: User) -> None:
    AuditEvent.record(actor, "token.revoke", f"token-{token.pk}", name=token.name)
    token.delete()
