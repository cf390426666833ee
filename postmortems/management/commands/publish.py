"""manage.py publish PM-12: the next revision of a post-mortem."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError
from django.http import Http404

from incidents.access import SYSTEM
from incidents.jobs import GiveUp
from incidents.lib.conflict import Conflict
from postmortems import pictures, publishing, reviewing, states
from postmortems.access import postmortem_for
from postmortems.models import Audience, Revision
from postmortems.rendering import html, pdf


class Command(BaseCommand):
    help = "Publish the next revision of a post-mortem, and write it as PDF or as one HTML file."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("reference", metavar="REF", help="such as PM-12")
        parser.add_argument("--audience", choices=Audience.values, default=Audience.INTERNAL)
        parser.add_argument("--note", default="", help="what changed since the revision before")
        parser.add_argument("--reason", default="", help="why it goes out although approvals are missing; kept in its history")
        parser.add_argument("--pdf", metavar="FILE", help="render the PDF now and write it here")
        parser.add_argument("--html", metavar="FILE", help="write the page here, as one file that needs no other")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            postmortem = postmortem_for(SYSTEM, options["reference"])
        except Http404:
            raise CommandError(f"There is no post-mortem {options['reference']}.") from None
        for name in ("pdf", "html"):
            if options[name]:
                check_target(options[name])
        try:
            revision = publishing.publish(actor=SYSTEM, postmortem=postmortem, audience=options["audience"], note=options["note"], reason=options["reason"])
        except reviewing.ApprovalMissing as error:
            raise CommandError(f"{error} Get them, or say with --reason why it goes out without them.") from None
        except states.NoSuchMove as error:
            raise CommandError(str(error)) from None
        except Conflict:
            raise CommandError(f"{postmortem.reference} changed while it was published. Try again.") from None
        try:
            self.write_files(revision, options)
        except (GiveUp, pdf.RenderError, OSError) as error:
            raise CommandError(f"Revision {revision.number} is published, but its file is not written: {error}") from None
        self.report(revision, options)

    def write_files(self, revision: Revision, options: dict[str, Any]) -> None:
        if options["html"]:
            page = html.standalone(
                revision.document,
                body=revision.html,
                base_url=settings.BASE_URL,
                published=revision.document["published"],
                number=revision.number,
                sha256=revision.sha256,
                pictures=pictures.embedded(revision.document),
            )
            publishing.write_whole(Path(options["html"]).resolve(), page.encode())
        if options["pdf"]:
            publishing.render_pdf(revision.pk)
            revision.refresh_from_db(fields=["pdf_stored_as", "pdf_sha256"])
            with default_storage.open(revision.pdf_stored_as) as file:
                publishing.write_whole(Path(options["pdf"]).resolve(), file.read())

    def report(self, revision: Revision, options: dict[str, Any]) -> None:
        url = publishing.url_of(revision)
        if not options["json"]:
            self.stdout.write(f"{revision.postmortem.reference} revision {revision.number} ({revision.audience}): {url}")
            return
        result = {
            "postmortem": revision.postmortem.reference,
            "revision": revision.number,
            "audience": revision.audience,
            "sha256": revision.sha256,
            "previous_sha256": revision.previous_sha256,
            "published_at": revision.document["published_at"],
            "url": url,
            "pdf": options["pdf"],
            "pdf_sha256": revision.pdf_sha256 or None,
            "html": options["html"],
        }
        self.stdout.write(json.dumps(result, ensure_ascii=False))


def check_target(name: str) -> None:
    """Raise CommandError when no file can be written there: a revision is for ever, a slip in a path must not make one."""
    path = Path(name).resolve()
    if not path.parent.is_dir():
        raise CommandError(f"There is no folder for {name}.")
    if path.is_dir():
        raise CommandError(f"{name} is a folder. Name a file.")
    if not os.access(path.parent, os.W_OK):
        raise CommandError(f"{name} cannot be written.")
