"""Writes. Webhook endpoints: made, changed and switched by administrators; their secrets made, rotated and sealed anew.

A secret is returned by the call that made it and can be read by nobody afterwards. Functions that change what a person
saw take the version they saw and raise Conflict.
"""

from __future__ import annotations

import base64
import re
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents import endpoint_mapping, routing, sources
from incidents.access import Actor
from incidents.lib import sealing, signing
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line
from incidents.models import AuditEvent, Delivery, Endpoint, EndpointSecret, Incident, User
from incidents.models.endpoints import AUTO
from incidents.senders import sender_of

OVERLAP_HOURS = 24
MAX_OVERLAP_HOURS = 7 * 24
FIELDS = ("name", "scheme", "header", "timestamp_header", "time_zone", "team", "severity", "is_private", "quiet_minutes")
HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
SECRET = re.compile(r"[\x21-\x7e]{8,500}")
PATH_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,200}")
MAX_QUIET = 7 * 24 * 60


@transaction.atomic
def create(*, actor: Actor, name: str, source: str = AUTO, scheme: str = "", secret: str = "", **fields: Any) -> tuple[Endpoint, str]:
    """Make an endpoint. Returns it with the secret that was made, "" when one was given or the tool has yet to give it."""
    sender = sender_of(source)
    fields.setdefault("header", sender.header)
    endpoint = Endpoint(
        source=source, created_by=actor if isinstance(actor, User) else None, **cleaned({**fields, "name": name, "scheme": scheme or sender.scheme})
    )
    check(endpoint)
    endpoint.save()
    AuditEvent.record(actor, "endpoint made", f"endpoint-{endpoint.pk}", name=endpoint.name, source=source, scheme=endpoint.scheme)
    made = ""
    if secret or not signing.SCHEMES[endpoint.scheme].given_by_vendor:
        made = keep_secret(endpoint, secret)
    return endpoint, made


@transaction.atomic
def edit(*, actor: Actor, endpoint: Endpoint, version: int, **fields: Any) -> Endpoint:
    """Change what the endpoint is. Raises Conflict when somebody else saved since `version`."""
    if unknown := set(fields) - set(FIELDS):
        raise TypeError(f"Not a field of an endpoint that people edit: {', '.join(sorted(unknown))}")
    current = locked(endpoint, version)
    changed = [name for name, value in cleaned(fields).items() if getattr(current, name) != value]
    for name in changed:
        setattr(current, name, cleaned(fields)[name])
    check(current)
    return saved(actor, current, "endpoint edited", {name: getattr(current, name) for name in changed}, fields=changed)


@transaction.atomic
def set_rules(*, actor: Actor, endpoint: Endpoint, version: int, rules: Any) -> Endpoint:
    """Replace the rules. Raises RuleError for one that is none, Conflict when somebody else saved since `version`."""
    parsed = routing.parse_rules(rules)
    current = locked(endpoint, version)
    before = {rule.incident for rule in routing.parse_rules(current.rules)}
    for number, rule in enumerate(parsed, start=1):
        # Another administrator may have named a private incident, which stays although this one cannot see it.
        if rule.incident and rule.incident not in before and not Incident.objects.visible_to(actor).happened().filter(pk=rule.incident).exists():
            raise routing.RuleError(number, f"There is no incident INC-{rule.incident}.")
    return saved(actor, current, "endpoint rules changed", {"rules": [rule.as_json() for rule in parsed]}, count=len(parsed))


@transaction.atomic
def set_mapping(*, actor: Actor, endpoint: Endpoint, version: int, given: Any) -> Endpoint:
    """Say what the keys of the JSON mean. Raises ValidationError, or Conflict when somebody else saved since `version`."""
    try:
        found = endpoint_mapping.cleaned(given)
    except ValueError as error:
        raise ValidationError({"mapping": str(error)}) from None
    return saved(actor, locked(endpoint, version), "endpoint mapping changed", {"mapping": found})


@transaction.atomic
def switch(*, actor: Actor, endpoint: Endpoint, is_enabled: bool) -> None:
    """Let it take deliveries, or answer as if it were not there."""
    Endpoint.objects.filter(pk=endpoint.pk).update(is_enabled=is_enabled, version=F("version") + 1)
    AuditEvent.record(actor, "endpoint enabled" if is_enabled else "endpoint disabled", f"endpoint-{endpoint.pk}", name=endpoint.name)


@transaction.atomic
def rotate(*, actor: Actor, endpoint: Endpoint, secret: str = "", overlap_hours: int = OVERLAP_HOURS) -> str:
    """Give it a new secret; the old one is taken for `overlap_hours` more. Returns the new one if it was made here."""
    current = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if not secret and signing.SCHEMES[current.scheme].given_by_vendor:
        raise ValidationError({"secret": "Paste the secret that the tool shows."})
    check_secret(current.scheme, secret)
    now = timezone.now()
    hours = min(max(overlap_hours, 0), MAX_OVERLAP_HOURS)
    current.secrets.filter(expires_at__lte=now).delete()
    current.secrets.filter(expires_at=None).update(expires_at=now + timedelta(hours=hours))
    made = keep_secret(current, secret)
    AuditEvent.record(actor, "endpoint secret rotated", f"endpoint-{current.pk}", name=current.name, overlap_hours=hours)
    return made


@transaction.atomic
def remove(*, actor: Actor, endpoint: Endpoint) -> None:
    """Delete it with what waits in its inbox; what incidents have of it stays with them."""
    AuditEvent.record(actor, "endpoint deleted", f"endpoint-{endpoint.pk}", name=endpoint.name)
    Delivery.objects.filter(endpoint=endpoint, incident=None).delete()
    endpoint.delete()


def locked(endpoint: Endpoint, version: int) -> Endpoint:
    current = Endpoint.objects.select_for_update().get(pk=endpoint.pk)
    if current.version != version:
        raise Conflict(current)
    return current


def saved(actor: Actor, current: Endpoint, verb: str, values: dict[str, Any], **detail: Any) -> Endpoint:
    if not Endpoint.objects.filter(pk=current.pk, version=current.version).update(version=F("version") + 1, **values):
        raise Conflict(Endpoint.objects.get(pk=current.pk))
    AuditEvent.record(actor, verb, f"endpoint-{current.pk}", name=current.name, **detail)
    current.refresh_from_db()
    return current


def cleaned(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: clean_line(value, limit=100) if isinstance(value, str) else value for name, value in fields.items()}


def check(endpoint: Endpoint) -> None:
    """Raise ValidationError for what would never work."""
    problems: dict[str, str] = {}
    if endpoint.source != AUTO and endpoint.source not in sources.registered():
        problems["source"] = f"There is no source “{clean_line(endpoint.source, limit=40)}”. Known: {AUTO}, {', '.join(sources.registered())}."
    if Endpoint.objects.filter(name=endpoint.name).exclude(pk=endpoint.pk).exists():
        problems["name"] = "Another webhook has this name."
    for name in ("header", "timestamp_header"):
        if (value := getattr(endpoint, name)) and not HEADER.fullmatch(value):
            problems[name] = "The name of a header has letters, digits and hyphens only."
    if endpoint.quiet_minutes > MAX_QUIET:
        problems["quiet_minutes"] = f"At most {MAX_QUIET} minutes, which is a week."
    if problems:
        raise ValidationError(problems)
    endpoint.full_clean(exclude=["team", "severity", "created_by", "mapping", "rules"])


def check_secret(scheme: str, secret: str) -> None:
    if not secret:
        return
    if scheme == "standard" and not signing.key_of(secret, scheme):
        raise ValidationError({"secret": "A secret of Standard Webhooks is whsec_ and 24 to 64 bytes in base64. Copy all of it."})
    if scheme == "path" and not PATH_TOKEN.fullmatch(secret):
        raise ValidationError({"secret": "A token for the address has at least 16 letters, digits, hyphens and underscores."})
    if not SECRET.fullmatch(secret):
        raise ValidationError({"secret": "A secret has 8 to 500 letters, digits and signs, without spaces."})


def keep_secret(endpoint: Endpoint, given: str) -> str:
    """Seal the secret. Returns it if it was made here."""
    check_secret(endpoint.scheme, given)
    made = "" if given else new_secret(endpoint.scheme)
    EndpointSecret.seal(endpoint, given or made).save()
    return made


def new_secret(scheme: str) -> str:
    """Return 256 random bits in the form of the scheme."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}" if scheme == "standard" else secrets.token_urlsafe(32)


def active_secrets(endpoint: Endpoint) -> list[str]:
    return [row.reveal(endpoint) for row in endpoint.secrets.active(timezone.now())]


@transaction.atomic
def reseal() -> int:
    """Seal every secret with the first of the field keys; return how many. Raises SealError for one that none of them opens."""
    count = 0
    for row in EndpointSecret.objects.select_for_update(of=("self",)).select_related("endpoint"):
        secret = row.reveal(row.endpoint)
        row.sealed = sealing.seal(secret, keys=settings.FIELD_KEYS, context=EndpointSecret.context(row.endpoint))
        row.save(update_fields=["sealed"])
        count += 1
    return count
