"""People and teams, and the tokens with which their programs act for them."""

from __future__ import annotations

import hashlib
import secrets
import string
from datetime import datetime
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models

ALPHABET = string.ascii_letters + string.digits


def check_zone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA time zone."""
    if name not in available_timezones():
        raise ValidationError(f"“{name}” is not a time zone; use a name such as Europe/Paris or UTC.")


class User(AbstractUser):
    """A person who can sign in. `is_staff` opens the Django admin; `role` decides what they may do in the product."""

    class Role(models.TextChoices):
        ADMIN = "admin", "Administrator"
        FACILITATOR = "facilitator", "Facilitator"
        RESPONDER = "responder", "Responder"
        VIEWER = "viewer", "Viewer"

    role = models.CharField(max_length=20, choices=Role, default=Role.VIEWER)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[check_zone], help_text="Times are shown in this zone.")

    class Meta(AbstractUser.Meta):
        ordering = ["username"]

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Team(models.Model):
    name = models.CharField(max_length=100, unique=True)
    members = models.ManyToManyField(User, related_name="teams", blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """A personal token. Only its SHA-256 is kept: with 256 random bits a plain hash is enough (ASVS 6.5.2)."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        WRITE = "write", "Read and write"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, help_text="Where it is used, so that you know what to revoke.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.READ)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def digest_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    @classmethod
    def issue(cls, *, user: User, name: str, scope: str, expires_at: datetime) -> tuple[ApiToken, str]:
        """Make a token and return it with its secret, which is shown once and kept nowhere."""
        secret = "pm_" + "".join(secrets.choice(ALPHABET) for _ in range(43))
        return cls.objects.create(user=user, name=name, scope=scope, expires_at=expires_at, digest=cls.digest_of(secret)), secret
