"""Writes. Pictures of a post-mortem: taken in and encoded anew, frozen with the revisions that show them, deleted when nothing does."""

from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from incidents.access import Actor
from incidents.lib.text import clean_line
from incidents.models import AuditEvent, User
from postmortems.access import require_open
from postmortems.models import Picture, PictureUse, Postmortem, Revision, Section
from postmortems.models.pictures import SUFFIXES
from postmortems.rendering.recoding import NoPicture, recode

MOST = 200
#: Bytes of pictures in one printed or one-file document; the others stand there as their words.
MOST_PRINTED = 16 << 20
ADDRESS = re.compile(r"/media/a/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(?:png|jpg)")


def add(*, actor: Actor, postmortem: Postmortem, content: bytes, alt: str) -> Picture:
    """Take a picture in. Raises ValidationError, for whoever sent it, when it is none, too large, or without words for who cannot see it."""
    require_open(actor, postmortem)
    alt = clean_line(alt)
    if not alt:
        raise ValidationError({"alt": "Say in a few words what the picture shows."})
    if postmortem.pictures.count() >= MOST:
        raise ValidationError({"file": f"A post-mortem has at most {MOST} pictures. Delete some that no text shows."})
    try:
        found = recode(content)
    except NoPicture as error:
        raise ValidationError({"file": str(error)}) from error
    key = uuid.uuid4()
    stored_as = default_storage.save(f"pictures/{key.hex[:2]}/{key}.{SUFFIXES[found.content_type]}", ContentFile(found.content))
    with transaction.atomic():
        picture = Picture.objects.create(
            key=key,
            postmortem=postmortem,
            alt=alt,
            content_type=found.content_type,
            width=found.width,
            height=found.height,
            size=len(found.content),
            sha256=hashlib.sha256(found.content).hexdigest(),
            stored_as=stored_as,
            created_by=actor if isinstance(actor, User) else None,
        )
        AuditEvent.record(actor, "picture.added", postmortem.reference, picture=str(key), sha256=picture.sha256)
    return picture


@transaction.atomic
def delete(*, actor: Actor, picture: Picture) -> None:
    """Delete a picture that nothing shows. Raises ValidationError while a revision or a section does."""
    require_open(actor, picture.postmortem_id)
    Postmortem.objects.select_for_update().get(pk=picture.postmortem_id)  # no publication in between
    revisions = list(picture.uses.order_by("revision__number").values_list("revision__number", flat=True))
    if revisions:
        raise ValidationError(f"Revision {', '.join(map(str, revisions))} shows it, and what was published stays.")
    shown = Section.objects.filter(postmortem=picture.postmortem, body__contains=picture.get_absolute_url()).values_list("title", flat=True)
    if shown:
        raise ValidationError(f"“{shown[0]}” shows it. Take it out of the text first.")
    AuditEvent.record(actor, "picture.deleted", picture.postmortem.reference, picture=str(picture.key))
    stored_as = picture.stored_as
    picture.delete()
    transaction.on_commit(lambda: default_storage.delete(stored_as))


def shown_in(postmortem: Postmortem, bodies: Iterable[str]) -> list[dict[str, Any]]:
    """Return the post-mortem's own pictures that texts show, as a document names them. The hash seals what they look like."""
    keys = list(dict.fromkeys(found[1] for body in bodies for found in ADDRESS.finditer(body)))
    rows = {str(picture.key): picture for picture in Picture.objects.filter(postmortem=postmortem, key__in=keys)} if keys else {}
    return [
        {"key": key, "path": row.get_absolute_url(), "sha256": row.sha256, "width": row.width, "height": row.height} for key in keys if (row := rows.get(key))
    ]


def freeze(revision: Revision) -> None:
    """Hold the pictures that a new revision shows. Called in its transaction."""
    keys = [row["key"] for row in revision.document.get("pictures", ())]
    if keys:
        held = Picture.objects.filter(postmortem=revision.postmortem, key__in=keys)
        PictureUse.objects.bulk_create(PictureUse(picture=picture, revision=revision) for picture in held)


def contents(document: Mapping[str, Any]) -> dict[str, tuple[str, bytes]]:
    """Return type and bytes of a document's pictures by their address, as far as they fit into one file."""
    keys = [row["key"] for row in document.get("pictures", ())]
    found, left = {}, MOST_PRINTED
    for picture in Picture.objects.filter(key__in=keys, postmortem_id=int(document["reference"].partition("-")[2])) if keys else ():
        if picture.size > left:
            continue
        try:
            with default_storage.open(picture.stored_as) as file:
                found[picture.get_absolute_url()] = (picture.content_type, file.read())
        except FileNotFoundError:
            continue
        left -= picture.size
    return found


def embedded(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the pictures as data: addresses, for a page that is one file."""
    return {path: f"data:{kind};base64,{base64.b64encode(content).decode()}" for path, (kind, content) in contents(document).items()}
