"""The page on which a facilitator looks at what would be published, and publishes it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods

from incidents.access import may
from incidents.lib.conflict import Conflict
from postmortems import coaching, evidence, overview, publishing, reviewing, states
from postmortems.access import check_open, postmortem_for
from postmortems.approvals import Approvals
from postmortems.document import build
from postmortems.forms.publishing import PublishForm
from postmortems.models import Audience, Postmortem
from postmortems.rendering import html


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, reference: str) -> HttpResponse:
    postmortem = postmortem_for(request.user, reference, "publish")
    check_open(postmortem)
    if request.method != "POST":
        audience = request.GET.get("audience", Audience.INTERNAL)
        return page(request, postmortem, audience if audience in Audience else Audience.INTERNAL)
    form = PublishForm(request.POST)
    if not form.is_valid():
        return page(request, postmortem, Audience.INTERNAL, form=form, status=422)
    given = form.cleaned_data
    postmortem.version = given["version"] or postmortem.version
    try:
        revision = publishing.publish(actor=request.user, postmortem=postmortem, **{name: given[name] for name in ("audience", "note", "seen", "reason")})
    except (reviewing.ApprovalMissing, states.NoSuchMove) as error:
        form.add_error("reason" if getattr(error, "may_override", False) else None, str(error))
        return page(request, postmortem, given["audience"], form=form, status=422)
    except Conflict:
        fresh = postmortem_for(request.user, reference, "publish")
        return page(request, fresh, given["audience"], note=given["note"], changed=True, status=409)
    messages.success(request, f"Revision {revision.number} is published. Its PDF is being prepared.")
    return redirect(revision)


def page(
    request: HttpRequest, postmortem: Postmortem, audience: str, *, note: str = "", form: PublishForm | None = None, changed: bool = False, status: int = 200
) -> HttpResponse:
    """Show the preview, and the form that publishes exactly what it shows."""
    document = build(postmortem, audience, timezone.now())
    filled = PublishForm(initial={"audience": audience, "note": note, "seen": publishing.fingerprint(document), "version": postmortem.version})
    context: dict[str, Any] = {
        "postmortem": postmortem,
        "form": form or filled,
        "audience": audience,
        "audiences": Audience.choices,
        "audience_name": Audience(audience).label,
        "document": document,
        "body": mark_safe(html.body(document)),  # noqa: S308 - from templates and nh3
        "left_out": [section.title for section in postmortem.sections.all() if section.key not in {one["key"] for one in document["sections"]}],
        "completeness": overview.completeness_of(postmortem),
        "evidence": evidence.review(postmortem),
        "wording": coaching.counts(postmortem, [one["key"] for one in document["sections"]]),
        "previous": postmortem.revisions.defer("document", "html").first(),
        "changed": changed,
        "approvals": Approvals(postmortem, audience),
        "may_override": may(request.user, "configure"),
    }
    return render(request, "postmortems/publish.html", context, status=status)
