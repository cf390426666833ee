"""Writes. A document becomes revision n+1: immutable, hashed, chained to the one before, indexed; its PDF follows as a job.

The page of a revision is there with the commit. The PDF is rendered outside any transaction, by a worker, into a file
named by its content; the row learns of it last, so that what the row names is always whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from incidents import jobs
from incidents.access import Actor, require
from incidents.lib.batches import by_key
from incidents.lib.conflict import Conflict
from incidents.lib.text import clean_line, clean_text
from incidents.models import AuditEvent, User
from postmortems import covering, pictures, reviewing, stepping
from postmortems.document import Document, build, local
from postmortems.models import Audience, Postmortem, Revision
from postmortems.rendering import html, pdf
from postmortems.search import index
from postmortems.signals import revision_published

#: What is said of a PDF that will not come, where its own job left no words.
LOST = "Its file is no longer in the file storage."
UNTOLD = "It was given up; an administrator finds the job under Administration, Jobs."


def canonical(document: Document) -> bytes:
    """Return the one form of the document that is hashed: sorted keys, no spaces, UTF-8."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(document: Document, previous: str) -> str:
    """Return the hash of a revision: over the hash before it and its own document."""
    return hashlib.sha256(previous.encode() + b"\n" + canonical(document)).hexdigest()


def fingerprint(document: Document) -> str:
    """Return what tells whether two documents say the same, whenever they were built."""
    return hashlib.sha256(canonical({**document, "generated_at": None})).hexdigest()


def publish(
    *,
    actor: Actor,
    postmortem: Postmortem,
    audience: str = Audience.INTERNAL,
    note: str = "",
    seen: str = "",
    reason: str = "",
    now: datetime | None = None,
) -> Revision:
    """Publish the post-mortem as it is now, and return the new revision.

    `seen` is the fingerprint of the preview that the person approved. Raises Conflict when what would be published is no
    longer that, or when title, owner or status changed since `postmortem` was read (another publication does that too), and
    ApprovalMissing when a rule asks for approvals that are not there; an administrator publishes without them by giving a `reason`.
    """
    require(actor, "publish")
    now = now or timezone.now()
    draft = build(postmortem, audience, now)
    body = html.body(draft)  # before the transaction: a long timeline takes a second, and nobody else should wait for it
    with transaction.atomic():
        locked = Postmortem.objects.select_for_update().filter(pk=postmortem.pk).first()
        if locked is None or locked.version != postmortem.version:
            raise Conflict(locked)
        document = build(locked, audience, now)
        if seen and fingerprint(document) != seen:
            raise Conflict(locked)
        if fingerprint(document) != fingerprint(draft):
            body = html.body(document)
        reason = clean_text(reason).strip()
        approvals = reviewing.check_clear(actor, locked, audience, reason)
        revision = record(actor, locked, document, body, clean_line(note), now)
        detail = {"revision": revision.number, "audience": revision.audience, "approvals": approvals.snapshot()}
        reviewing.move(actor, locked, "publish", note=reason if approvals.missing else "", detail=detail, columns={"published_at": now})
        reviewing.close(locked)
        return revision


def record(actor: Actor, postmortem: Postmortem, document: Document, body: str, note: str, now: datetime) -> Revision:
    """Write the revision and all that follows from it. Called in the transaction that holds the post-mortem."""
    previous = postmortem.revisions.order_by("-number").only("number", "sha256").first()
    number = previous.number + 1 if previous else 1
    document |= {"revision": number, "published_at": document["generated_at"], "published": local(now, zone_of(document)), "note": note}
    before = previous.sha256 if previous else ""
    revision = Revision.objects.create(
        postmortem=postmortem,
        number=number,
        audience=document["audience"],
        document=document,
        previous_sha256=before,
        sha256=digest(document, before),
        note=note,
        html=body,
        published_at=now,
        published_by=actor if isinstance(actor, User) else None,
    )
    pictures.freeze(revision)
    index.add(revision)
    covering.seal(postmortem)
    AuditEvent.record(actor, "postmortem.published", postmortem.reference, revision=number, audience=revision.audience, sha256=revision.sha256)
    jobs.enqueue("pdf", revision.pk)
    stepping.follow(postmortem.pk)
    transaction.on_commit(lambda: revision_published.send(sender=Revision, revision_id=revision.pk))
    return revision


def zone_of(document: Document) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(document["zone"])


def verify(postmortem: Postmortem) -> list[str]:
    """Check the chain of revisions; return what is wrong with it, in words."""
    problems, before, number = [], "", 0
    for revision in postmortem.revisions.order_by("number").only("number", "sha256", "previous_sha256").iterator(chunk_size=100):
        number += 1
        if revision.number != number:
            problems.append(f"Revision {number} is missing.")
            number = revision.number
        if revision.previous_sha256 != before:
            problems.append(f"Revision {revision.number} does not continue the one before it.")
        if not is_as_published(revision):
            problems.append(f"The document of revision {revision.number} is not what was published.")
        before = revision.sha256
    if number == 0 and postmortem.published_at:
        problems.append("It was published, and no revision is there.")
    return problems


def is_as_published(revision: Revision) -> bool:
    try:  # the document is read here, one at a time: it may be megabytes
        return revision.sha256 == digest(revision.document, revision.previous_sha256)
    except ValueError:  # no longer JSON, or no text
        return False


def verify_all() -> Iterator[tuple[str, list[str]]]:
    """Check what was ever published; yield the reference of each post-mortem with what is wrong. Holds one document at a time."""
    published = Postmortem.objects.filter(Q(published_at__isnull=False) | Exists(Revision.objects.filter(postmortem=OuterRef("pk"))))
    for postmortem in by_key(published.only("published_at")):
        yield postmortem.reference, verify(postmortem)


# The PDF ------------------------------------------------------------------------------------------


def url_of(revision: Revision) -> str:
    return settings.BASE_URL + revision.get_absolute_url()


def printable(revision: Revision, shown: Mapping[str, str] | None = None) -> str:
    """Return the print document of a revision; `shown` are the addresses under which it may load its pictures."""
    document = revision.document
    return html.printable(
        document,
        url=url_of(revision),
        base_url=settings.BASE_URL,
        sha256=revision.sha256,
        number=revision.number,
        published=document["published"],
        stamp=document["published_at"][:19] + "Z",
        pictures=shown,
    )


def given_up(revision: Revision) -> str:
    """Return why a PDF that is not there will not come by itself; "" while a worker has it to do."""
    if jobs.under_way("pdf", revision.pk):
        return ""
    return revision.pdf_error or (LOST if revision.pdf_stored_as else UNTOLD)


def print_again(*, actor: Actor, revision: Revision) -> None:
    """Have the PDF of a revision made again after it was given up. Asking twice is asking once, and a PDF that is there stays as it is."""
    require(actor, "publish")
    if is_printed(revision) or jobs.under_way("pdf", revision.pk):
        return
    with transaction.atomic():
        Revision.objects.filter(pk=revision.pk).update(pdf_error="")
        jobs.again("pdf", revision.pk)
        AuditEvent.record(actor, "postmortem.printed_again", revision.postmortem.reference, revision=revision.number)


def is_printed(revision: Revision) -> bool:
    return bool(revision.pdf_stored_as) and default_storage.exists(revision.pdf_stored_as)


@jobs.handles("pdf", on=Revision)
def render_pdf(revision_id: int) -> None:
    """Render the PDF of a revision and keep it. Doing it again changes nothing."""
    revision = Revision.objects.select_related("postmortem").filter(pk=revision_id).first()
    if revision is None or is_printed(revision):
        return
    row = Revision.objects.filter(pk=revision.pk)
    try:
        loaded = pictures.contents(revision.document)
        shown = {path: pdf.asset_key(content) for path, (_, content) in loaded.items()}
        content = pdf.render(printable(revision, shown), {shown[path]: content for path, (_, content) in loaded.items()})
        name = store(content)
    except pdf.RenderError as error:
        row.update(pdf_error=str(error)[:300])
        raise jobs.GiveUp(str(error)) from error if error.permanent else error
    except OSError as error:
        row.update(pdf_error="The file could not be written.")
        raise error
    row.update(pdf_stored_as=name, pdf_sha256=hashlib.sha256(content).hexdigest(), pdf_error="")


def store(content: bytes) -> str:
    """Keep the file under a name made of its content, whole or not at all, and return the name."""
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"pdf/{sha256[:2]}/{sha256}.pdf"
    if default_storage.exists(name) and default_storage.size(name) == len(content):
        return name
    if isinstance(default_storage._wrapped if hasattr(default_storage, "_wrapped") else default_storage, FileSystemStorage):
        write_whole(Path(default_storage.path(name)), content)
        return name
    return default_storage.save(name, ContentFile(content))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that its name holds all of it or what it held before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
