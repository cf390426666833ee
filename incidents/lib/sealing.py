"""Pure. Secrets at rest: AES-GCM under a ring of keys, bound to what they belong to. The first key seals, all of them open.

A failure raises: a wrong key must never pass for a wrong secret.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = "v1"
NONCE = 12


class SealError(Exception):
    """None of the keys opens it, or it is not ours."""


def seal(text: str, *, keys: Sequence[str], context: str) -> str:
    """Return `text` sealed for `context`, such as "endpoint_secret:<key>"; moved elsewhere it does not open."""
    if not keys:
        raise SealError("There is no key to seal with.")
    nonce = os.urandom(NONCE)
    sealed = AESGCM(_key(keys[0])).encrypt(nonce, text.encode(), context.encode())
    return f"{VERSION}:{base64.b64encode(nonce + sealed).decode()}"


def unseal(token: str, *, keys: Sequence[str], context: str) -> str:
    """Return the text. Raises SealError."""
    version, _, data = token.partition(":")
    try:
        raw = base64.b64decode(data, validate=True)
    except ValueError:
        raise SealError("This was not sealed here.") from None
    if version != VERSION or len(raw) <= NONCE:
        raise SealError("This was not sealed here.")
    for key in keys:
        try:
            return AESGCM(_key(key)).decrypt(raw[:NONCE], raw[NONCE:], context.encode()).decode()
        except InvalidTag:
            continue
    raise SealError("None of the field keys opens this. Restore the key file that belongs to this database.")


def _key(text: str) -> bytes:
    """Keys are long random texts; a plain hash makes 256 bits of one."""
    return hashlib.sha256(b"debrief field key\0" + text.encode()).digest()
