"""Pages and files of published revisions. They are read by everybody who may see the incident; nothing here asks for the draft."""

from __future__ import annotations

from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from incidents import access as incident_access
from incidents.access import Actor
from postmortems import looking_back, publishing
from postmortems.access import may_read_draft, postmortem_for
from postmortems.models import LookBack, Postmortem, Revision
from postmortems.rendering import html
from postmortems.rendering.changes import compare
from postmortems.rendering.markdown import markdown

Answer = TypeVar("Answer", bound=HttpResponseBase)
RETRY_AFTER = "3"  # seconds


def revision_for(actor: Actor, reference: str, number: int | None = None) -> Revision:
    """Return a revision, by default the latest. Raises Http404 for what is not published, unknown or hidden."""
    postmortem = postmortem_for(actor, reference)
    revisions = Revision.objects.visible_to(actor).filter(postmortem=postmortem).select_related("postmortem__incident", "published_by")
    revision = revisions.order_by("-number").first() if number is None else revisions.filter(number=number).first()
    if revision is None:
        raise Http404
    return revision


def is_withdrawn(postmortem: Postmortem) -> bool:
    return postmortem.status == Postmortem.Status.ARCHIVED


@login_required
@require_safe
def revision(request: HttpRequest, reference: str, number: int | None = None) -> HttpResponse:
    shown = revision_for(request.user, reference, number)
    postmortem = shown.postmortem
    revisions = list(postmortem.revisions.defer("document", "html").select_related("published_by"))
    latest = revisions[0]
    # Until a revision tells it, it stands beside the latest for those who work on the text.
    told = shown != latest or "look_back" in shown.document
    written = None if told else LookBack.objects.visible_to(request.user).filter(postmortem=postmortem).select_related("written_by").first()
    context: dict[str, Any] = {
        "look_back": written,
        "look_back_lines": looking_back.lines_of(written),
        "revision": shown,
        "postmortem": postmortem,
        "document": shown.document,
        "parts": html.contents(shown.document),
        "body": mark_safe(shown.html),  # noqa: S308 - rendered from templates and nh3 when it was published
        "revisions": revisions,
        "latest": latest,
        "previous": next((row for row in revisions if row.number < shown.number), None),
        "audience": html.AUDIENCES[shown.audience],
        "may_edit": may_read_draft(request.user),
        "may_publish": incident_access.may(request.user, "publish"),
        "withdrawn": is_withdrawn(postmortem),
        "unprinted": "" if shown.pdf_stored_as else publishing.given_up(shown),
    }
    return private(render(request, "postmortems/revision.html", context))


@login_required
@require_safe
def revision_file(request: HttpRequest, reference: str, suffix: str, number: int | None = None) -> HttpResponseBase:
    shown = revision_for(request.user, reference, number)
    name = f"{shown.postmortem.reference}-r{shown.number}.{suffix}"
    if suffix == "json":
        fields = {"document": shown.document, "sha256": shown.sha256, "previous_sha256": shown.previous_sha256}
        return private(JsonResponse(fields, json_dumps_params={"ensure_ascii": False, "indent": 2}))
    if suffix == "md":
        return private(
            HttpResponse(
                markdown(shown.document, settings.BASE_URL),
                content_type="text/markdown; charset=utf-8",
                headers={"Content-Disposition": f'inline; filename="{name}"'},
            )
        )
    return pdf_of(shown, name) or unprinted(request, shown)


def pdf_of(shown: Revision, name: str) -> FileResponse | None:
    """Return the PDF of a revision as an answer; None while there is none."""
    if not shown.pdf_stored_as:
        return None
    try:
        file = default_storage.open(shown.pdf_stored_as)
    except FileNotFoundError:
        return None
    return private(FileResponse(file, content_type="application/pdf", filename=name))


def unprinted(request: HttpRequest, shown: Revision) -> HttpResponse:
    """Say that the PDF is being made, or why it is not and how to try again."""
    reason = publishing.given_up(shown)
    context = {"revision": shown, "postmortem": shown.postmortem, "reason": reason, "may_publish": incident_access.may(request.user, "publish")}
    answer = private(render(request, "postmortems/revision_waiting.html", context, status=409 if reason else 202))
    if not reason:
        answer["Refresh"] = answer["Retry-After"] = RETRY_AFTER
    return answer


@login_required
@require_POST
def print_again(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """Try again to print what was given up, and go to where it will be."""
    shown = revision_for(request.user, reference, number)
    publishing.print_again(actor=request.user, revision=shown)
    return redirect("postmortems:revision_pdf", shown.postmortem.reference, shown.number)


@login_required
@require_safe
def diff(request: HttpRequest, reference: str, old: int, new: int) -> HttpResponse:
    before, after = revision_for(request.user, reference, old), revision_for(request.user, reference, new)
    context = {
        "old": before,
        "new": after,
        "postmortem": after.postmortem,
        "changes": compare(before.document, after.document),
        "revisions": after.postmortem.revisions.defer("document", "html"),
    }
    return private(render(request, "postmortems/revision_diff.html", context))


def private(response: Answer) -> Answer:
    response["Cache-Control"] = "private, no-store"
    return response
