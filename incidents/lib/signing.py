"""Pure. Who sent a webhook: each vendor's scheme as one row of a table, checked over the raw bytes before anything is parsed.

`verify` raises SignatureError with a reason that administrators see; the sender is told nothing. All secrets and all
signatures are compared whatever matches first, so that the time says nothing either. A secret that is empty opens nothing.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from incidents.lib import strict_json

TOLERANCE = 300  # seconds that a signed timestamp may be off
MAX_HEADER = 4096
MAX_SIGNATURES = 10

HEX = re.compile(r"([0-9a-f]{64})")
SHA256 = re.compile(r"sha256=([0-9a-f]{64})")
SHA256_OR_BARE = re.compile(r"(?:sha256=)?([0-9a-f]{64})")
SLACK = re.compile(r"v0=([0-9a-f]{64})")
VERSIONED = re.compile(r"v[0-9]+=[0-9A-Za-z+/=]+(?:, ?v[0-9]+=[0-9A-Za-z+/=]+)*")
ROOTLY = re.compile(r"t=([0-9]{10}),v1=([0-9a-f]{64})")
STANDARD = re.compile(r"v[0-9]+a?,[A-Za-z0-9+/=]+(?: v[0-9]+a?,[A-Za-z0-9+/=]+)*")
STANDARD_ONE = re.compile(r"v1,([A-Za-z0-9+/]{43}=)")
BEARER = re.compile(r"[Bb]earer ([\x21-\x7e]{1,512})")
BASIC = re.compile(r"[Bb]asic ([A-Za-z0-9+/]{1,1024}={0,2})")
TOKEN = re.compile(r"([\x21-\x7e]{1,512})")
SECONDS = re.compile(r"[0-9]{1,12}")
MESSAGE_ID = re.compile(r"[\x21-\x2d\x2f-\x7e]{1,256}")  # no full stop: it joins what is signed


class SignatureError(Exception):
    """The request is not known to come from the vendor. The message is for administrators."""


@dataclass(frozen=True)
class Request:
    """What a sender gave. `headers` have lower-case names; `path_token` is the last part of the address, if it has one."""

    headers: Mapping[str, str]
    body: bytes
    path_token: str = ""


@dataclass(frozen=True)
class Names:
    """The names of headers where a vendor lets them be chosen; "" is the scheme's own."""

    header: str = ""
    timestamp: str = ""


@dataclass(frozen=True)
class Proof:
    """What the request offers: signatures or tokens, and what they should have been made from (None for a plain token)."""

    offered: list[bytes]
    message: bytes | None
    timestamp: float | None = None


@dataclass(frozen=True)
class Scheme:
    """One way of signing. `given_by_vendor`: the tool makes the secret and shows it; else it is typed in there."""

    name: str
    label: str
    prove: Callable[[Request, Names], Proof]
    encoding: str = "hex"
    given_by_vendor: bool = False


def header_of(request: Request, name: str) -> str:
    value = request.headers.get(name.lower(), "").strip()
    if not value:
        raise SignatureError(f"There is no header {name}.")
    if len(value) > MAX_HEADER:
        raise SignatureError(f"The header {name} is too long.")
    return value


def matched(request: Request, name: str, pattern: re.Pattern[str]) -> re.Match[str]:
    match = pattern.fullmatch(header_of(request, name))
    if match is None:
        raise SignatureError(f"The header {name} has not the form of this scheme.")
    return match


def seconds_of(request: Request, name: str) -> str:
    return matched(request, name, SECONDS).group()


def body_hmac(header: str, pattern: re.Pattern[str] = HEX) -> Callable[[Request, Names], Proof]:
    """One signature of the body alone."""
    return lambda request, names: Proof([matched(request, names.header or header, pattern).group(1).encode()], request.body)


def pagerduty(request: Request, names: Names) -> Proof:
    value = matched(request, "X-PagerDuty-Signature", VERSIONED).group()
    parts = [part.strip() for part in value.split(",")]
    return Proof([part[3:].encode() for part in parts if part.startswith("v1=") and HEX.fullmatch(part[3:])], request.body)


def slack(request: Request, names: Names) -> Proof:
    stamp = seconds_of(request, "X-Slack-Request-Timestamp")
    signature = matched(request, "X-Slack-Signature", SLACK).group(1)
    return Proof([signature.encode()], b"v0:" + stamp.encode() + b":" + request.body, float(stamp))


def grafana(request: Request, names: Names) -> Proof:
    signature = matched(request, names.header or "X-Grafana-Alerting-Signature", HEX).group(1)
    if not names.timestamp:
        return Proof([signature.encode()], request.body)
    stamp = seconds_of(request, names.timestamp)
    return Proof([signature.encode()], stamp.encode() + b":" + request.body, float(stamp))


def rootly(request: Request, names: Names) -> Proof:
    stamp, signature = matched(request, "X-Rootly-Signature", ROOTLY).groups()
    if not request.body.startswith(b"{"):  # the two are joined without a sign between: a body of digits would make it ambiguous
        raise SignatureError("The body of a Rootly webhook begins with “{”.")
    return Proof([signature.encode()], stamp.encode() + request.body, float(stamp))


def linear(request: Request, names: Names) -> Proof:
    signature = matched(request, "Linear-Signature", HEX).group(1)
    return Proof([signature.encode()], request.body)


def standard(request: Request, names: Names) -> Proof:
    prefix = "svix" if "webhook-signature" not in request.headers and "svix-signature" in request.headers else "webhook"
    stamp = seconds_of(request, f"{prefix}-timestamp")
    ident = matched(request, f"{prefix}-id", MESSAGE_ID).group()
    parts = matched(request, f"{prefix}-signature", STANDARD).group().split(" ")
    offered = [match.group(1).encode() for part in parts if (match := STANDARD_ONE.fullmatch(part))]
    if len(parts) > MAX_SIGNATURES:
        raise SignatureError("There are too many signatures.")
    return Proof(offered, f"{ident}.{stamp}.".encode() + request.body, float(stamp))


def bearer(request: Request, names: Names) -> Proof:
    return Proof([matched(request, "Authorization", BEARER).group(1).encode()], None)


def basic(request: Request, names: Names) -> Proof:
    """The password is the secret; the user name may be any."""
    try:
        pair = base64.b64decode(matched(request, "Authorization", BASIC).group(1), validate=True)
    except (binascii.Error, ValueError):
        raise SignatureError("The header Authorization has not the form of this scheme.") from None
    return Proof([pair.partition(b":")[2]], None)


def header_token(request: Request, names: Names) -> Proof:
    return Proof([matched(request, names.header or "X-Webhook-Token", TOKEN).group(1).encode()], None)


def path_token(request: Request, names: Names) -> Proof:
    if not request.path_token:
        raise SignatureError("The address lacks its last part, the token.")
    return Proof([request.path_token.encode()], None)


SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("standard", "Standard Webhooks (Svix, incident.io)", standard, encoding="base64", given_by_vendor=True),
        Scheme("pagerduty", "PagerDuty v3 signature", pagerduty, given_by_vendor=True),
        Scheme("slack", "Slack signing secret", slack, given_by_vendor=True),
        Scheme("github", "GitHub signature (SHA-256)", body_hmac("X-Hub-Signature-256", SHA256)),
        Scheme("jira", "Jira signature (SHA-256)", body_hmac("X-Hub-Signature", SHA256)),
        Scheme("sentry", "Sentry client secret", body_hmac("Sentry-Hook-Signature"), given_by_vendor=True),
        Scheme("linear", "Linear signature", linear, given_by_vendor=True),
        Scheme("rootly", "Rootly signature", rootly, given_by_vendor=True),
        Scheme("firehydrant", "FireHydrant signature", body_hmac("fh-signature"), given_by_vendor=True),
        Scheme("grafana", "Grafana HMAC signature", grafana),
        Scheme("hmac", "HMAC-SHA256 of the body in a header", body_hmac("X-Signature", SHA256_OR_BARE)),
        Scheme("bearer", "Bearer token", bearer),
        Scheme("basic", "Basic authentication (any user name)", basic),
        Scheme("header", "Token in a header of its own", header_token),
        Scheme("path", "Token in the address", path_token),
    )
}


def verify(scheme: str, request: Request, secrets: Sequence[str], *, now: float, names: Names | None = None) -> None:
    """Raise SignatureError unless one of the secrets vouches for the request, and its signed time, if it has one, is near `now`."""
    rule = SCHEMES[scheme]
    keys = [key for secret in secrets if (key := key_of(secret, scheme))]
    if not keys:
        raise SignatureError("No secret is set.")
    proof = rule.prove(request, names or Names())
    if len(proof.offered) > MAX_SIGNATURES:
        raise SignatureError("There are too many signatures.")
    good = False
    for key in keys:
        wanted = key if proof.message is None else signature(key, proof.message, rule.encoding)
        for offered in proof.offered:
            good |= hmac.compare_digest(wanted, offered)
    if not good:
        raise SignatureError("The signature is wrong." if proof.message is not None else "The token is wrong.")
    stamp = proof.timestamp if scheme != "linear" else linear_time(request.body)
    if stamp is not None and abs(now - stamp) > TOLERANCE:
        raise SignatureError(f"It was signed {abs(now - stamp):.0f} seconds {'ago' if stamp < now else 'ahead of the clock'}; {TOLERANCE} are allowed.")


def linear_time(body: bytes) -> float:
    """Return when Linear sent it: within the body, so signed with it, in milliseconds. Looked for only after the signature was right."""
    try:
        found = strict_json.loads(body)
    except strict_json.JsonError:
        raise SignatureError("The body has no webhookTimestamp.") from None
    stamp = found.get("webhookTimestamp") if isinstance(found, dict) else None
    if isinstance(stamp, bool) or not isinstance(stamp, (int, float)) or not 0 <= stamp < 1e15:
        raise SignatureError("The body has no webhookTimestamp.")
    return stamp / 1000


def signature(key: bytes, message: bytes, encoding: str = "hex") -> bytes:
    digest = hmac.digest(key, message, "sha256")
    return base64.b64encode(digest) if encoding == "base64" else digest.hex().encode()


def key_of(secret: str, scheme: str) -> bytes:
    """Return the bytes that sign; empty for a secret that is none."""
    if scheme != "standard":
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return b""
    return key if 24 <= len(key) <= 64 else b""
