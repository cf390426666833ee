"""Pages: the contributing factors of a post-mortem as list and graph, one of them, their order, and the trigger."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents.access import may, require
from incidents.forms.saving import on_top_of, refuse
from incidents.lib.conflict import Conflict
from incidents.lib.text import whole
from postmortems import chains, discussion, document_factors, factoring, factors, overview, parts
from postmortems.access import require_open
from postmortems.forms.factors import FactorForm, MoveForm, TriggerForm, offered_leaves
from postmortems.models import Factor, Postmortem, SectionKind
from postmortems.rendering.factor_graph import factor_graph
from postmortems.views.postmortems import draft_for

SUGGESTED_FROM = 2000  # characters of a text that suggestions read


@login_required
@require_GET
def factor_list(request: HttpRequest, reference: str) -> HttpResponse:
    postmortem = draft_for(request.user, reference)
    return render(request, "postmortems/factor_list.html", list_context(request, postmortem))


def list_context(request: HttpRequest, postmortem: Postmortem) -> dict[str, Any]:
    rows, facts = factor_rows(postmortem)
    minimum = next((section.minimum for section in postmortem.sections.all() if section.kind == SectionKind.FACTORS), "")
    frozen = document_factors.rows(postmortem, ZoneInfo(postmortem.incident.time_zone), internal=True) if rows else []
    return {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "rows": rows,
        "gaps": factors.gaps_together(facts, minimum) if rows else [],
        "hints": factors.hints_for(facts),
        "graph": factor_graph({"title": postmortem.title, "factors": frozen}),
        "trigger_form": TriggerForm(initial={"trigger": postmortem.trigger, "version": postmortem.version}),
        "may_edit": may(request.user, "draft") and not postmortem.is_read_only,
        "may_compare": may(request.user, "publish"),
    }


def factor_rows(postmortem: Postmortem) -> tuple[list[dict[str, Any]], list[factors.Facts]]:
    """Return each factor with its number, what it leads to and what it lacks, and the facts of all."""
    found = overview.factors_of(postmortem)
    numbers = {factor.pk: number for number, factor in enumerate(found, start=1)}
    led = chains.chains_in(postmortem.sections.all())
    facts = [overview.facts_of(factor) for factor in found]
    rows = []
    for factor, one in zip(found, facts, strict=True):
        number = numbers[factor.pk]
        links = [(link.get_relation_display(), numbers.get(link.target_id)) for link in factor.links.all()]
        near = {"before": number - 1, "after": number + 1 if number < len(found) else 0}
        rows.append(
            {
                "factor": factor,
                "number": number,
                "links": links,
                "gaps": factors.gaps_of(one),
                "polarity": factors.POLARITY.get(factor.kind, ""),
                "chains": led.get(factor.pk, []),
            }
            | near
        )
    return rows, facts


@login_required
@require_http_methods(["GET", "POST"])
def factor_add(request: HttpRequest, reference: str) -> HttpResponse:
    postmortem = draft_for(request.user, reference)
    require_open(request.user, postmortem)
    form = FactorForm(request.POST or None, postmortem=postmortem, actor=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            added = factoring.add(actor=request.user, postmortem=postmortem, **form.values())
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "The factor is added.")
            return redirect(after_saving(request, postmortem, added))
    return form_page(request, postmortem, form, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
def factor(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    postmortem = draft_for(request.user, reference)
    found = factor_of(postmortem, pk)
    form = FactorForm(request.POST or None, postmortem=postmortem, actor=request.user, factor=found)
    status, theirs = 200, None
    if request.method == "POST":
        require(request.user, "draft")
        status = 422
        if form.is_valid():
            try:
                factoring.change(actor=request.user, factor=found, version=form.cleaned_data["version"] or 0, **form.values())
            except ValidationError as error:
                refuse(form, error)
            except Conflict as conflict:
                if conflict.current is None:
                    return gone(request, postmortem)
                status, theirs = 409, conflict.current
            else:
                messages.success(request, "The factor is saved.")
                return redirect(after_saving(request, postmortem, found))
    return form_page(request, postmortem, form, status=status, theirs=theirs)


def factor_of(postmortem: Postmortem, pk: int) -> Factor:
    rows = postmortem.factors.select_related("leaf__group").prefetch_related("events", "actions", "links")
    return get_object_or_404(rows, pk=pk)


def form_page(request: HttpRequest, postmortem: Postmortem, form: FactorForm, *, status: int, theirs: Factor | None = None) -> HttpResponse:
    changes = differences(form, theirs) if theirs else []
    context = {"postmortem": postmortem, "incident": postmortem.incident, "form": form, "factor": form.factor, "theirs": theirs, "changes": changes}
    statement = str(form["statement"].value() or "")
    one = overview.facts_of(form.factor) if form.factor else None
    context |= {
        "gaps": factors.gaps_of(one) if one else [],
        "suggestions": suggestions(statement, form) if not form["leaf"].value() else [],
        "leaf": next((leaf for leaf in form.leaves if leaf.key == form["leaf"].value()), None),
        "may_edit": may(request.user, "draft") and not postmortem.is_read_only,
    }
    if form.factor:
        context["chains"] = chains.chains_in(postmortem.sections.all()).get(form.factor.pk, [])
        section = next((one for one in postmortem.sections.all() if one.kind == SectionKind.FACTORS), None)
        context |= discussion.of_part(request.user, postmortem, section, f"{parts.FACTOR}:{form.factor.pk}")
    return render(request, "postmortems/factor.html", context, status=status)


def suggestions(statement: str, form: FactorForm | None = None) -> list[factors.Suggestion]:
    leaves = form.leaves if form else offered_leaves()
    return factors.suggest(statement, [factors.Leaf(leaf.key, leaf.name, leaf.use_when, leaf.question) for leaf in leaves])


def differences(form: FactorForm, theirs: Factor) -> list[tuple[str, str, str]]:
    """Each field in which what was typed differs from what somebody else saved: label, theirs, mine. Saving again is then a decision."""
    mine, rows = form.values(), []
    words = {True: "yes", False: "no", None: "", "": ""}
    for name in factoring.EDITABLE:
        pair = [getattr(theirs, name), mine[name]]
        if (pair[0] or None) != (pair[1] or None):
            labels = dict(getattr(form.fields[name], "choices", ())) if name in ("kind", "stage", "confidence") else {}
            other, own = (str(labels.get(value) or words.get(value, value)) for value in pair)
            rows.append((str(form.fields[name].label), other, own))
    for name in ("events", "actions"):
        saved, chosen = {row.pk for row in getattr(theirs, name).all()}, {row.pk for row in mine[name]}
        if saved != chosen:
            rows.append((str(form.fields[name].label), f"{len(saved)} chosen", f"{len(chosen)} chosen"))
    if {link.target_id: link.relation for link in theirs.links.all()} != mine["links"]:
        rows.append(("What it led to", f"{theirs.links.count()} links", f"{len(mine['links'])} links"))
    on_top_of(form, theirs.version)
    return rows


def after_saving(request: HttpRequest, postmortem: Postmortem, saved: Factor) -> str:
    if "another" in request.POST:
        return reverse("postmortems:factor_add", args=[postmortem.reference])
    return f"{reverse('postmortems:factor_list', args=[postmortem.reference])}#factor-{saved.pk}"


def gone(request: HttpRequest, postmortem: Postmortem) -> HttpResponse:
    messages.warning(request, "Somebody removed this factor meanwhile.")
    return redirect("postmortems:factor_list", postmortem.reference)


@login_required
@require_POST
def factor_remove(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    postmortem = draft_for(request.user, reference)
    found = factor_of(postmortem, pk)
    try:
        factoring.remove(actor=request.user, factor=found, version=whole(request.POST.get("version", "")) or 0)
    except Conflict as conflict:
        if conflict.current is None:
            return gone(request, postmortem)
        messages.warning(request, "Somebody changed this factor meanwhile. Look at it before you remove it.")
        return redirect(found)
    messages.success(request, "The factor is removed.")
    return redirect("postmortems:factor_list", postmortem.reference)


@login_required
@require_POST
def factor_move(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Put a factor at another place; with htmx the answer is the list, so that the button keeps the focus."""
    postmortem = draft_for(request.user, reference)
    found = factor_of(postmortem, pk)
    form = MoveForm(request.POST)
    require(request.user, "draft")
    if not form.is_valid():
        return HttpResponse("Say the place as a number.", status=422, content_type="text/plain; charset=utf-8")
    try:
        place = factoring.move(actor=request.user, factor=found, place=form.cleaned_data["place"])
    except Conflict:
        return gone(request, postmortem)
    if request.htmx:  # type: ignore[attr-defined]
        moved = {"moved": f"Moved to place {place}."}
        return render(request, "postmortems/_factors.html", list_context(request, postmortem) | moved)
    return redirect(f"{reverse('postmortems:factor_list', args=[postmortem.reference])}#factor-{found.pk}")


@login_required
@require_POST
def trigger(request: HttpRequest, reference: str) -> HttpResponse:
    postmortem = draft_for(request.user, reference)
    form = TriggerForm(request.POST)
    require(request.user, "draft")
    status = 422
    if form.is_valid():
        try:
            factoring.set_trigger(actor=request.user, postmortem=postmortem, version=form.cleaned_data["version"], trigger=form.cleaned_data["trigger"])
        except Conflict as conflict:
            status, postmortem = 409, conflict.current
            now = postmortem.get_trigger_display() or "not said"
            form = TriggerForm({"trigger": form.cleaned_data["trigger"], "version": postmortem.version})
            form.add_error(None, f"Somebody changed the post-mortem meanwhile; its trigger is now: {now}. Save again to set yours.")
        else:
            messages.success(request, "The trigger is saved.")
            return redirect("postmortems:factor_list", postmortem.reference)
    return render(request, "postmortems/factor_list.html", list_context(request, postmortem) | {"trigger_form": form}, status=status)


@login_required
@require_POST
def suggest(request: HttpRequest, reference: str) -> HttpResponse:
    """Which kinds of the catalogue the words suggest; nothing is stored."""
    draft_for(request.user, reference)
    found = suggestions(request.POST.get("statement", "")[:SUGGESTED_FROM])
    return render(request, "postmortems/_factor_suggestions.html", {"suggestions": found})
