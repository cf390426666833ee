"""Writes. What a published revision gives to the index; the engines keep theirs by themselves."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from incidents.lib.markdown import plain
from postmortems.models import FactorLeaf, Postmortem, Revision, SearchEntry
from postmortems.rendering.changes import texts_of


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


def rebuild() -> int:
    """Index the latest revision of every published post-mortem anew; return how many."""
    done = 0
    for postmortem in Postmortem.objects.filter(published_at__isnull=False).exclude(status=Postmortem.Status.ARCHIVED).iterator():
        add(postmortem.revisions.latest("number"))
        done += 1
    return done
