"""Writes. What a tool posts: checked, kept byte for byte with its id in one transaction, and answered before any work is done.

The view has looked at size, method and content type already. A request that is not let in is answered the same whether
the endpoint is unknown, switched off or has another secret; the reason is kept for administrators.
"""

from __future__ import annotations

import hashlib
import io
import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from incidents import endpoints, jobs, senders, storing
from incidents.intake_report import Report
from incidents.lib import sealing, signing, strict_json
from incidents.lib.text import clean_line
from incidents.models import AuditEvent, Delivery, Endpoint
from incidents.senders import Handshake
from incidents.sources.drafts import SourceError

log = logging.getLogger(__name__)

LIMIT = 2 * 1024 * 1024
MAX_VALUES = 200_000
FAILURES_A_MINUTE = 60  # of one endpoint and address; later ones are neither counted nor logged
RETRIES = timedelta(minutes=5)  # within which the same bytes without an id are a retry, though they state no time
State = Delivery.State

JSON, FORM, TEXT = "json", "form", "text"


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any] = field(default_factory=dict)


REFUSED = Answer(401, {"title": "Unauthorized", "detail": "This endpoint is unknown, or the request is not signed as it expects."})
TOO_OFTEN = Answer(429, {"title": "Too Many Requests", "detail": "Too many refused requests. Try again in a minute."})
ACCEPTED = Answer(202, {"status": "accepted"})
DUPLICATE = Answer(200, {"status": "duplicate"})


def receive(*, source: str, key: str, request: signing.Request, form: str, ip: str) -> Answer:
    """Take a request whose body has the form "json", "form" or "text"."""
    endpoint = endpoint_of(source, key)
    if endpoint is None:
        return turned_away(None, f"{source}/{key}", ip, "unknown or disabled")
    try:
        signing.verify(
            endpoint.scheme, request, endpoints.active_secrets(endpoint), now=time.time(), names=signing.Names(endpoint.header, endpoint.timestamp_header)
        )
    except signing.SignatureError as error:
        return turned_away(endpoint, f"{source}/{key}", ip, str(error))
    except sealing.SealError as error:
        log.error("The secrets of endpoint %s cannot be opened: %s", endpoint.pk, error)
        return turned_away(endpoint, f"{source}/{key}", ip, str(error))
    try:
        document = parsed(request.body, form, senders.sender_of(endpoint.source).takes_text)
    except strict_json.JsonError as error:
        return unreadable(endpoint, request, form, error)
    headers = request.headers
    dedupe_key = senders.delivery_id(endpoint.source, endpoint.scheme, headers, document, request.body)
    handshake = senders.handshake_of(endpoint.scheme, headers, document)
    kept = keep(endpoint, request.body, form, dedupe_key, handshake=handshake)
    if handshake is not None:
        return Answer(200, dict(handshake.answer or {"status": "ok"}))
    return ACCEPTED if kept else DUPLICATE


def endpoint_of(source: str, key: str) -> Endpoint | None:
    try:
        return Endpoint.objects.filter(key=UUID(key), source=source, is_enabled=True).first()
    except ValueError:
        return None


def parsed(body: bytes, form: str, takes_text: bool) -> Any:
    """Return the JSON that was sent, None for plain lines. Raises JsonError."""
    if form == FORM:
        body = storing.form_payload(body)
        if not body:
            raise strict_json.JsonError("It is no form with fields in it.")
    if body.count(b",") > MAX_VALUES:
        raise strict_json.JsonError(f"It has more than {MAX_VALUES:,} values.")
    try:
        return strict_json.loads(body)
    except strict_json.JsonError:
        if form == TEXT and takes_text and body.strip() and b"\x00" not in body:
            return None
        raise


def keep(endpoint: Endpoint, body: bytes, form: str, dedupe_key: str, *, handshake: Handshake | None = None, error: str = "") -> bool:
    """Store the body and its row, once. Returns False when it was there already."""
    now = timezone.now()
    earlier = Delivery.objects.filter(endpoint=endpoint, dedupe_key=dedupe_key).first()
    if earlier is not None and not outlived(earlier, now):
        return False
    stored = storing.keep(io.BytesIO(body), limit=LIMIT)
    fields: dict[str, Any] = {"state": State.RECEIVED}
    if handshake is not None:
        fields = {"state": State.IGNORED, "decision": {"action": "handshake", "why": handshake.why, "link": handshake.link}, "finished_at": now}
    elif error:
        report = Report()
        report.refuse(SourceError(error))
        fields = {"state": State.REFUSED, "report": report.as_json(), "finished_at": now}
    try:
        with transaction.atomic():
            if earlier is not None:  # the key is that of the latest with these bytes
                Delivery.objects.filter(pk=earlier.pk).update(dedupe_key="")
            delivery = Delivery.objects.create(
                endpoint=endpoint,
                dedupe_key=dedupe_key,
                channel=Delivery.Channel.WEBHOOK,
                file_name=clean_line(f"{endpoint.name}.{'txt' if form == TEXT else 'json'}", limit=255),
                sha256=stored.sha256,
                size=stored.size,
                stored_as=stored.name,
                options={"received": now.isoformat()} | ({"wrapping": storing.FORM} if form == FORM else {}),
                **fields,
            )
            if delivery.state == State.RECEIVED:
                jobs.enqueue("route", delivery.pk)
    except IntegrityError:  # the same delivery, at the same moment
        return False
    # Not with every one of a burst: its deliveries would wait for each other's row.
    stale = Q(last_received_at=None) | Q(last_received_at__lt=now - timedelta(seconds=5))
    Endpoint.objects.filter(stale, pk=endpoint.pk).update(last_received_at=now)
    return True


def outlived(earlier: Delivery, now: datetime) -> bool:
    """Tell whether the same bytes are news again: a monitor that goes down a second time sends what it sent the first time.

    Only what states no time can be: else its events are the same again, whenever it comes. A retry comes soon, and before anything else about its incident.
    """
    facts = earlier.facts if earlier.dedupe_key.startswith("sha256:") else {}
    if not facts.get("is_untimed"):
        return False
    if now - earlier.received_at > RETRIES:
        return True
    since = Delivery.objects.filter(endpoint=earlier.endpoint_id, pk__gt=earlier.pk, facts__key=facts.get("key", ""))
    return bool(facts.get("key")) and since.exclude(sha256=earlier.sha256).exists()


def unreadable(endpoint: Endpoint, request: signing.Request, form: str, error: strict_json.JsonError) -> Answer:
    """Keep what a known sender sent although it is no JSON: somebody must see it."""
    reason = f"It is no JSON: {error.message}"
    if keep(endpoint, request.body, form, f"sha256:{hashlib.sha256(request.body).hexdigest()}", error=reason):
        fail(endpoint, reason)
    return Answer(400, {"title": "Bad Request", "detail": error.message})


def fail(endpoint: Endpoint, reason: str) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(failures=F("failures") + 1, last_failure=clean_line(reason), last_failure_at=timezone.now())


def minute() -> int:
    return int(time.time() // 60)


def turned_away(endpoint: Endpoint | None, name: str, ip: str, reason: str) -> Answer:
    """Count and log a refused request, without its body, and at most so many a minute."""
    window = f"webhook-failures:{hashlib.sha256(f'{name} {ip}'.encode('utf-8', 'surrogatepass')).hexdigest()}:{minute()}"
    cache.add(window, 0, 120)
    try:
        count = cache.incr(window)
    except ValueError:  # it expired in between
        count = 1
    if count > FAILURES_A_MINUTE:
        return TOO_OFTEN
    log.warning("A webhook was refused: %s, from %s: %s", clean_line(name, limit=100), clean_line(ip, limit=60), reason)
    if endpoint is not None:
        fail(endpoint, reason)
        if count == 1:
            AuditEvent.record(None, "webhook refused", f"endpoint-{endpoint.pk}", reason=reason, ip=clean_line(ip, limit=60))
    return REFUSED
