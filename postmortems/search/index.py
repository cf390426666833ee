"""Writes. What a published revision gives to the index; the engines keep theirs by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from incidents.lib.batches import by_key
from incidents.lib.markdown import plain
from postmortems.models import FactorLeaf, Postmortem, Revision, SearchEntry
from postmortems.rendering.changes import texts_of
from postmortems.search import sqlite


@transaction.atomic
def add(revision: Revision) -> None:
    """Index the revision in place of an earlier one of its post-mortem."""
    document: dict[str, Any] = revision.document
    about = [f"{row['reference']} {row['title']}" for row in document.get("related", [])]
    sections = [f"{section['title']}\n{words}" for section in document["sections"] if (words := " ".join(plain(text) for text in texts_of(section)))]
    factors = document.get("factors") or []  # revisions from before factors have none
    sections += ["\n".join(f"{row['statement']} {row['mechanism']}".strip() for row in factors)] if factors else []
    sections += [line["text"] for line in (document.get("look_back") or {}).get("lines", ())]
    entry, _is_new = SearchEntry.objects.update_or_create(
        postmortem=revision.postmortem,
        defaults={
            "incident": revision.postmortem.incident,
            "revision": revision,
            "published_at": revision.published_at,
            "title": document["title"],
            "body": "\n\n".join([*sections, *about]),
            "timeline": "\n".join(f"{entry['actor']} {entry['text']}".strip() for entry in document["timeline"]),
            "actions": "\n".join(item["title"] for item in document["actions"]),
        },
    )
    entry.leaves.set(FactorLeaf.objects.filter(key__in={row["leaf"]["key"] for row in factors if row["leaf"]}))


def rebuild() -> Iterator[bool]:
    """Index the latest revision of every published post-mortem anew, archived ones too; yield once for each, and whether it is indexed."""
    if connection.vendor == "sqlite":  # PostgreSQL's vector is a column of the row
        sqlite.renew()
    published = Postmortem.objects.filter(published_at__isnull=False)
    SearchEntry.objects.exclude(postmortem__in=published.order_by().values("pk")).delete()
    for postmortem in by_key(published.only("pk")):
        yield add_latest(postmortem.pk)


@transaction.atomic
def add_latest(postmortem_id: int) -> bool:
    """Index what is published now: holding the post-mortem, so that a revision that comes meanwhile is not put behind its predecessor."""
    postmortem = Postmortem.objects.select_for_update().filter(pk=postmortem_id).first()
    latest = postmortem.revisions.defer("html").order_by("-number").first() if postmortem else None
    if latest:
        add(latest)
    return latest is not None
