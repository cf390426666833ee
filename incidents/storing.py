"""Writes. Bytes that came in, kept by their content: the same bytes are one file, and a file appears complete or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import parse_qs

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage

CHUNK = 256 * 1024
FORM = "form"


class TooLarge(Exception):
    """More bytes came than are taken. The message is for people."""


@dataclass(frozen=True)
class Stored:
    name: str
    sha256: str
    size: int


def name_of(sha256: str) -> str:
    return f"deliveries/{sha256[:2]}/{sha256}"


def keep(file: Any, *, limit: int) -> Stored:
    """Stream the bytes to the storage under their hash. Raises TooLarge beyond `limit`."""
    storage: Any = default_storage
    local = isinstance(getattr(storage, "_wrapped", storage), FileSystemStorage)
    folder = Path(storage.path("deliveries")) if local else None  # the same file system, so that the rename is one step
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".incoming-", delete=False) as temporary:
        path = Path(temporary.name)
        try:
            digest, size = hashlib.sha256(), 0
            for chunk in blocks(file):
                size += len(chunk)
                if size > limit:
                    raise TooLarge(f"The file is larger than {limit // (1024 * 1024)} MiB, which is the limit.")
                digest.update(chunk)
                temporary.write(chunk)
            temporary.flush()
            os.fsync(temporary.fileno())
            stored = Stored(name_of(digest.hexdigest()), digest.hexdigest(), size)
            if not (storage.exists(stored.name) and storage.size(stored.name) == size):
                if folder is not None:
                    target = Path(storage.path(stored.name))
                    target.parent.mkdir(parents=True, exist_ok=True)
                    path.replace(target)
                else:
                    temporary.seek(0)
                    storage.save(stored.name, File(temporary))
        finally:
            path.unlink(missing_ok=True)
    return stored


def blocks(file: Any) -> Iterator[bytes]:
    if hasattr(file, "chunks"):
        yield from file.chunks(CHUNK)
        return
    while block := file.read(CHUNK):
        yield block


@contextmanager
def opened(name: str, wrapping: str = "") -> Iterator[BinaryIO]:
    """Open a kept file for reading; it is seekable whatever the storage. `wrapping` "form" reads what a form holds as JSON."""
    with default_storage.open(name, "rb") as file:
        inner: Any = file
        raw: Any = getattr(inner, "file", inner)
        yield raw if wrapping != FORM else io.BytesIO(form_payload(raw.read()))


def form_payload(body: bytes) -> bytes:
    """Return what a form has in its field “payload”, else an object of its fields, as the monitors send them that know no JSON; empty when there is none.

    What is no form but JSON is sent under the name of a form by everybody who forgets to say what it is.
    """
    if body.lstrip()[:1] in (b"{", b"["):
        return body
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=100, errors="surrogateescape")
    except ValueError:
        return b""
    if "payload" in fields:
        return fields["payload"][0].encode("utf-8", "surrogateescape")
    told = {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
    return json.dumps(told).encode() if any(told.values()) else b""
