"""Pages: writing one section, its versions, and what happens when two people save at once."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents.access import Actor, require
from incidents.forms import saving
from incidents.lib.text import clean_text, whole
from incidents.lib.worddiff import word_diff
from postmortems import chaining, coaching, covering, discussion, document, document_fields, drafting, kinds, overview, parts, presence
from postmortems import rows as section_rows
from postmortems.fields import spell_out
from postmortems.forms.sections import SectionForm
from postmortems.models import Dismissal, Postmortem, Section, SectionVersion
from postmortems.rendering import html
from postmortems.views.evidence import prose_with_citations
from postmortems.views.merging import conflict_page
from postmortems.views.postmortems import draft_for
from postmortems.views.section_kinds import kind_context


@login_required
@require_http_methods(["GET", "POST"])
def section(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Write one section. Autosave posts the same form and gets JSON; without JavaScript the answer is a page."""
    postmortem = draft_for(request.user, reference)
    found = section_of(postmortem, key)
    zone = ZoneInfo(postmortem.incident.time_zone)
    form = SectionForm(request.POST or None, section=found, zone=zone, blank=blank_row(request))
    by_script = "X-Autosave" in request.headers
    if postmortem.is_read_only:
        return laid_by(request, postmortem, found, form, by_script)
    if request.method == "GET":
        return render(request, "postmortems/section.html", section_context(request, postmortem, found, form))
    require(request.user, "draft")
    if not form.is_valid():
        if by_script:
            return JsonResponse({"errors": {name: list(errors) for name, errors in form.errors.items()}, "reason": saving.first_problem(form)}, status=422)
        return render(request, "postmortems/section.html", section_context(request, postmortem, found, form), status=422)
    body, values, place = form.after(request.POST.get("rows", ""))
    here = reverse("postmortems:section", args=[postmortem.reference, key]) + place
    if "rows" in request.POST and is_stored(found, form.cleaned_data["version"], body, values):
        return redirect(here)  # one more empty row is no version
    try:
        saved = drafting.save_section(actor=request.user, section=found, version=form.cleaned_data["version"], body=body, values=values)
    except drafting.SectionConflict as conflict:
        if by_script:
            by = str(conflict.current.updated_by or "Somebody")
            url = reverse("postmortems:section_conflict", args=[postmortem.reference, key, conflict.lost.pk])
            return JsonResponse({"url": url, "by": by, "at": clock(conflict.current, zone), "version": conflict.current.version}, status=409)
        return conflict_page(request, postmortem, conflict.current, conflict.lost)
    presence.sign(actor=request.user, section=saved, is_typing=True, now=timezone.now())
    if by_script:
        return JsonResponse(saved_answer(postmortem, saved, zone))
    if "coach" in request.POST:
        coaching.decide(actor=request.user, postmortem=postmortem, section=saved, body=saved.body, rows=form.texts(), decision=request.POST["coach"])
    if "chain" in request.POST:
        return lead_to_factor(request, postmortem, saved, form)
    if "rows" in request.POST:
        return redirect(here)
    messages.success(request, f"“{saved.title}” is saved.")
    return redirect(next_url(request, postmortem, saved))


def laid_by(request: HttpRequest, postmortem: Postmortem, found: Section, form: SectionForm, by_script: bool) -> HttpResponse:
    """A section of an archived post-mortem, to be read. Whoever was writing when that happened gets their words back, to keep elsewhere."""
    if by_script:
        return JsonResponse({"reason": "this post-mortem was archived meanwhile"}, status=403)
    told = prose_with_citations(postmortem, kinds.texts_of(found))
    zone = ZoneInfo(postmortem.incident.time_zone)
    part = html.part(document.section_row(found, zone, internal=True, of_incident=of_incidents(postmortem, found)), told=told)
    context = section_context(request, postmortem, found, form) | {"part": part}
    context["typed"] = clean_text(request.POST.get("body", ""), limit=drafting.BODY_LIMIT)
    return render(request, "postmortems/section_archived.html", context, status=403 if request.method == "POST" else 200)


def lead_to_factor(request: HttpRequest, postmortem: Postmortem, saved: Section, form: SectionForm) -> HttpResponse:
    """Make a factor of the row whose button was pressed; the section has just been saved as it stands there."""
    keys = [str(key) for key, _row in form.rows.given()] if form.rows else []
    key = request.POST["chain"]
    saved.postmortem = postmortem
    try:
        made = chaining.make_factor(actor=request.user, section=saved, version=saved.version, place=keys.index(key) if key in keys else -1)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except drafting.SectionConflict:
        messages.error(request, "Somebody else saved this section at the same moment. Look at it, and press again.")
    else:
        messages.success(request, f"A contributing factor is made of it: “{made.statement[:80]}”. Say more about it under Factors.")
    return redirect(reverse("postmortems:section", args=[postmortem.reference, saved.key]) + "#rows")


def is_stored(section: Section, version: int, body: str, values: dict[str, Any]) -> bool:
    given = (version, clean_text(body, limit=drafting.BODY_LIMIT), drafting.accepted(section, values))
    return given == (section.version, section.body, section.values)


def blank_row(request: HttpRequest) -> tuple[int, int] | None:
    """Where the page has one more empty row, and how deep: what "Add a row" leads to."""
    place, depth = whole(request.GET.get("row", ""), 3), whole(request.GET.get("depth", "0"), 3)
    return None if place is None or depth is None else (place, min(depth, section_rows.DEEPEST))


def section_of(postmortem: Postmortem, key: str) -> Section:
    return get_object_or_404(postmortem.sections.select_related("updated_by"), key=key)


def clock(section: Section, zone: ZoneInfo) -> str:
    return f"{section.updated_at.astimezone(zone):%H:%M}"


def saved_answer(postmortem: Postmortem, saved: Section, zone: ZoneInfo) -> dict[str, Any]:
    completeness = overview.completeness_of(postmortem)
    check = completeness.of(saved.key)
    return {"version": saved.version, "at": saved.updated_at.isoformat(), "state": check.state, "gaps": check.gaps, "done": completeness.done}


def next_url(request: HttpRequest, postmortem: Postmortem, saved: Section) -> str:
    """Where "Save and continue" leads: the next section, or the overview after the last."""
    if "continue" not in request.POST:
        return reverse("postmortems:section", args=[postmortem.reference, saved.key])
    after = postmortem.sections.filter(Q(position__gt=saved.position) | Q(position=saved.position, pk__gt=saved.pk)).first()
    return reverse("postmortems:section", args=[postmortem.reference, after.key]) if after else postmortem.get_absolute_url()


def section_context(request: HttpRequest, postmortem: Postmortem, found: Section, form: SectionForm) -> dict[str, Any]:
    sections = list(postmortem.sections.all())
    completeness = overview.completeness_of(postmortem, sections)
    place = next(number for number, one in enumerate(sections) if one.pk == found.pk)
    kind, together = kind_context(postmortem, found), together_context(request.user, postmortem, found, sections)
    said = discussion.by_part(together["threads"])
    form.mark(said)
    for row in kind.get("factor_rows", ()):
        row["threads"] = said.get(f"{parts.FACTOR}:{row['factor'].pk}", [])
    for item in kind.get("action_items", ()):
        item.threads = said.get(f"{parts.ACTION}:{item.pk}", [])
    return {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "section": found,
        "rows": list(zip(sections, completeness.checks, strict=True)),
        "form": form,
        "check": completeness.of(found.key),
        "completeness": completeness,
        "previous": sections[place - 1] if place else None,
        "following": sections[place + 1] if place + 1 < len(sections) else None,
        "number": place + 1,
        "enough": spell_out(found.minimum) if found.minimum != "optional" else "",
        "advice": coaching.advise(postmortem, found, form["body"].value() or "", form.texts()),
        "reasons": Dismissal.Reason.choices,
        "lost": found.versions.filter(is_lost=True, number__gte=found.version - 1).select_related("saved_by").first(),
        **kind,
        **together,
    }


def together_context(actor: Actor, postmortem: Postmortem, found: Section, sections: list[Section]) -> dict[str, Any]:
    """What others say about the section, and how much of that waits in each of them."""
    discussion.count_open(postmortem, sections)
    here = presence.others(actor, postmortem, timezone.now())
    return {**discussion.of_section(actor, postmortem, found), "here": presence.at_section(here, found)}


@login_required
@require_POST
def coach(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Say what the coach would ask about the text as it stands in the editor, after doing what one of its buttons says."""
    postmortem = draft_for(request.user, reference)
    require(request.user, "draft")
    found = section_of(postmortem, key)
    body = clean_text(request.POST.get("body", ""), limit=drafting.BODY_LIMIT)
    rows = SectionForm(request.POST, section=found, zone=ZoneInfo(postmortem.incident.time_zone)).texts()
    coaching.decide(actor=request.user, postmortem=postmortem, section=found, body=body, rows=rows, decision=request.POST.get("coach", ""))
    context = {"advice": coaching.advise(postmortem, found, body, rows), "reasons": Dismissal.Reason.choices}
    return render(request, "postmortems/_coach.html", context)


@login_required
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Markdown from the editor as it will be read; with the citations of the post-mortem that `of` names."""
    require(request.user, "draft")
    body = clean_text(request.POST.get("body", ""), limit=drafting.BODY_LIMIT)
    of = request.GET.get("of")
    told = prose_with_citations(draft_for(request.user, of), [body])(body) if of else ""
    return render(request, "postmortems/_preview.html", {"body": body, "html": told})


@login_required
@require_POST
def section_preview(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """A section as it stands in the editor, as it will be read: fields, rows and text. What is not valid in it is named instead."""
    postmortem = draft_for(request.user, reference)
    require(request.user, "draft")
    found = section_of(postmortem, key)
    zone = ZoneInfo(postmortem.incident.time_zone)
    form = SectionForm({"version": found.version, **request.POST.dict()}, section=found, zone=zone)
    if not form.is_valid():
        return render(request, "postmortems/_preview.html", {"errors": saving.told(form.errors)})
    found.body = form.cleaned_data["body"]
    found.values = drafting.accepted(found, form.values())
    told = prose_with_citations(postmortem, kinds.texts_of(found))
    row = document.section_row(found, zone, internal=True, of_incident=of_incidents(postmortem, found))
    return render(request, "postmortems/_preview.html", {"part": html.part(row, told=told)})


def of_incidents(postmortem: Postmortem, found: Section) -> list[document_fields.OfIncident]:
    """Return what the incidents say with their custom fields, for a section that shows it."""
    return document_fields.of(covering.incidents_of(postmortem)) if kinds.fields_of_incident(found) is not None else []


# Versions --------------------------------------------------------------------------------------------


@login_required
@require_GET
def section_versions(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """Every version of a section, and what one of them changed."""
    postmortem = draft_for(request.user, reference)
    found = section_of(postmortem, key)
    versions = list(found.versions.select_related("saved_by").defer("body", "values")[:200])
    if not versions:
        raise Http404
    chosen = version_of(found, request.GET.get("v", "")) or version_of(found, str(versions[0].pk))
    if chosen is None:
        raise Http404
    # A saved version is compared with the one before it, a lost one with the one it was based on, unless another is named.
    before = version_of(found, request.GET.get("with", ""))
    if before is None:
        before = found.versions.filter(number=chosen.number if chosen.is_lost else chosen.number - 1, is_lost=False).select_related("saved_by").first()
    zone = ZoneInfo(postmortem.incident.time_zone)
    context = {"postmortem": postmortem, "incident": postmortem.incident, "section": found, "versions": versions, "chosen": chosen, "before": before}
    old, new = (kinds.as_text(found, one.values, one.body, zone) if one else "" for one in (before, chosen))
    context |= {"pieces": word_diff(old, new)}
    return render(request, "postmortems/section_versions.html", context)


def version_of(section: Section, sent: str) -> SectionVersion | None:
    """Return the version with an id from an address. Raises Http404 for one that is not this section's; nothing named is None."""
    if not sent:
        return None
    return get_object_or_404(section.versions.select_related("saved_by"), pk=whole(sent, 18))


@login_required
@require_POST
def section_restore(request: HttpRequest, reference: str, key: str, version_id: int) -> HttpResponse:
    """Save an earlier version anew, on top of the newest."""
    postmortem = draft_for(request.user, reference)
    found = section_of(postmortem, key)
    old = get_object_or_404(found.versions, pk=version_id)
    version = whole(request.POST.get("version", "")) or 0
    try:
        drafting.save_section(actor=request.user, section=found, version=version, body=old.body, values=old.values)
    except drafting.SectionConflict as conflict:
        return conflict_page(request, postmortem, conflict.current, conflict.lost)
    what = f"The text based on version {old.number} is taken over" if old.is_lost else f"Version {old.number} is restored"
    messages.success(request, f"{what}. What was there before is kept as a version.")
    return redirect("postmortems:section", postmortem.reference, key)
